// Arrays of numbers: {shape, data}, data flat in row-major order. All arithmetic is in double precision.

const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);

function array(shape, data) {
  return { shape, data };
}

function filled(shape, value) {
  return array(shape, new Array(sizeOf(shape)).fill(value));
}

// What the page was given; null when it only holds a summary.
function unpacked(packed) {
  return packed && packed.data && packed.dtype !== "string" ? array(packed.shape, packed.data.map(Number)) : null;
}

function stridesOf(shape) {
  const strides = new Array(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

function broadcastShape(a, b) {
  const rank = Math.max(a.length, b.length);
  const shape = [];
  for (let axis = 0; axis < rank; axis++) {
    const one = a[axis - rank + a.length] ?? 1;
    const other = b[axis - rank + b.length] ?? 1;
    shape.push(one === 1 ? other : one);
  }
  return shape;
}

// For each place of `shape`, the place of an array of shape `from` that is stretched to it.
function stretchedPlaces(from, shape) {
  const strides = stridesOf(from);
  const offset = shape.length - from.length;
  const steps = shape.map((_, axis) => (axis < offset || from[axis - offset] === 1 ? 0 : strides[axis - offset]));
  return placesOf(shape, steps);
}

// Row-major over `shape`, the sums of index times step.
function placesOf(shape, steps) {
  const count = sizeOf(shape);
  const places = new Array(count);
  const index = new Array(shape.length).fill(0);
  let place = 0;
  for (let i = 0; i < count; i++) {
    places[i] = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      place += steps[axis];
      if (index[axis] < shape[axis]) break;
      place -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return places;
}

function sameShape(a, b) {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

function broadcastTo(x, shape) {
  return sameShape(x.shape, shape)
    ? x
    : array(
        shape,
        stretchedPlaces(x.shape, shape).map((place) => x.data[place]),
      );
}

// The sum over everything along which an array of `shape` was stretched.
function sumTo(x, shape) {
  if (sameShape(x.shape, shape)) return x;
  const sum = filled(shape, 0);
  stretchedPlaces(shape, x.shape).forEach((place, i) => (sum.data[place] += x.data[i]));
  return sum;
}

function mapped(f, ...arrays) {
  const shape = arrays.map((x) => x.shape).reduce(broadcastShape);
  const data = arrays.map((x) => broadcastTo(x, shape).data);
  const result = new Array(sizeOf(shape));
  for (let i = 0; i < result.length; i++) result[i] = data.length === 1 ? f(data[0][i]) : f(...data.map((one) => one[i]));
  return array(shape, result);
}

function added(x, y) {
  return x ? mapped((a, b) => a + b, x, y) : y;
}

function transposed(x, order) {
  const strides = stridesOf(x.shape);
  const shape = order.map((axis) => x.shape[axis]);
  return array(
    shape,
    placesOf(
      shape,
      order.map((axis) => strides[axis]),
    ).map((place) => x.data[place]),
  );
}

// The matrix product over the last two axes; the axes before them are stretched to each other.
function matrixProduct(a, b, transposeA, transposeB) {
  const swapped = (x) => transposed(x, [...x.shape.keys()].slice(0, -2).concat(x.shape.length - 1, x.shape.length - 2));
  if (transposeA) a = swapped(a);
  if (transposeB) b = swapped(b);
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape[b.shape.length - 1];
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const left = broadcastTo(a, [...batch, rows, inner]).data;
  const right = broadcastTo(b, [...batch, inner, columns]).data;
  const result = filled([...batch, rows, columns], 0);
  for (let n = 0; n < sizeOf(batch); n++) {
    for (let i = 0; i < rows; i++) {
      for (let k = 0; k < inner; k++) {
        const factor = left[(n * rows + i) * inner + k];
        if (factor === 0) continue;
        for (let j = 0; j < columns; j++) {
          result.data[(n * rows + i) * columns + j] += factor * right[(n * inner + k) * columns + j];
        }
      }
    }
  }
  return result;
}

// Shape, extremes and mean of numbers, as the page is given them for larger arrays.
function summaryOf(x) {
  let min = Infinity,
    max = -Infinity,
    sum = 0,
    squares = 0,
    odd = 0;
  for (const value of x.data) {
    if (!Number.isFinite(value)) {
      odd++;
      continue;
    }
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    squares += value * value;
  }
  const count = x.data.length - odd;
  return count ? { min, max, mean: sum / count, rms: Math.sqrt(squares / count), odd } : { odd };
}
