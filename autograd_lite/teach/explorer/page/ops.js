// The commonest ops once more, for sliders: forward and backward, compared with the library's own kernels by a test.
// Every op: {forward(inputs, attributes) -> outputs, backward(inputs, outputs, gradients, attributes) -> gradient or null per input}.

function unary(f, slope) {
  return {
    forward: ([x]) => [mapped(f, x)],
    backward: ([x], [y], [g]) => [mapped((dy, a, b) => dy * slope(a, b), g, x, y)],
  };
}

function binary(f, slopeX, slopeY) {
  return {
    forward: ([x, y]) => [mapped(f, x, y)],
    backward: ([x, y], [z], [g]) => [
      sumTo(mapped((dz, a, b, c) => dz * slopeX(a, b, c), g, x, y, z), x.shape),
      sumTo(mapped((dz, a, b, c) => dz * slopeY(a, b, c), g, x, y, z), y.shape),
    ],
  };
}

const withoutGradient = (forward) => ({ forward, backward: (inputs) => inputs.map(() => null) });
const comparison = (f) => withoutGradient(([x, y]) => [mapped((a, b) => Number(f(a, b)), x, y)]);
const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const SELU_SCALE = 1.0507009873554805, SELU_ALPHA = 1.6732632423543772;

function erf(x) {
  const size = Math.abs(x);
  if (size < 2.5) {
    let term = size, sum = size;
    for (let n = 1; n < 60; n++) {
      term *= (-size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction));
}

// ---------------------------------------------------------------- sums and their kin along axes

function axesOf(x, axes) {
  return axes.data.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
}

function keptShape(x, axes) {
  return x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

function reduction(start, combine, finish, spread) {
  const reduced = (x, axes) => {
    const shape = keptShape(x, axes);
    const result = filled(shape, start);
    stretchedPlaces(shape, x.shape).forEach((place, i) => (result.data[place] = combine(result.data[place], x.data[i])));
    const count = x.data.length / Math.max(result.data.length, 1);
    return array(shape, result.data.map((value) => finish(value, count)));
  };
  return {
    forward([x, indices], attributes) {
      const axes = axesOf(x, indices);
      const y = reduced(x, axes);
      return [attributes.keep_dims ? y : array(x.shape.filter((_, axis) => !axes.includes(axis)), y.data)];
    },
    backward([x, indices], [y], [g]) {
      const shape = keptShape(x, axesOf(x, indices));
      return [spread(x, array(shape, y.data), array(shape, g.data)), null];
    },
  };
}

function spreadToExtremes(x, y, g) {
  const places = stretchedPlaces(y.shape, x.shape);
  const ties = filled(y.shape, 0);
  places.forEach((place, i) => (ties.data[place] += Number(x.data[i] === y.data[place])));
  return array(x.shape, x.data.map((value, i) => (value === y.data[places[i]] ? g.data[places[i]] / ties.data[places[i]] : 0)));
}

function spreadProduct(x, y, g) {
  const places = stretchedPlaces(y.shape, x.shape);
  return array(x.shape, x.data.map((_, i) => places.reduce(
    (product, place, k) => (place === places[i] && k !== i ? product * x.data[k] : product), g.data[places[i]])));
}

// ---------------------------------------------------------------- softmax and cross-entropy, over the last axis

function eachRow(x, f) {
  const width = x.shape[x.shape.length - 1];
  const data = [];
  for (let start = 0; start < x.data.length; start += width) data.push(...f(x.data.slice(start, start + width), start / width));
  return data;
}

function softmaxRow(row) {
  const largest = Math.max(...row);
  const powers = row.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function logSumExp(row) {
  const largest = Math.max(...row);
  return largest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}

const softmax = (x) => array(x.shape, eachRow(x, softmaxRow));
const logSoftmax = (x) => array(x.shape, eachRow(x, (row) => { const total = logSumExp(row); return row.map((value) => value - total); }));

function rowSums(x) {
  return array([...x.shape.slice(0, -1), 1], eachRow(x, (row) => [row.reduce((a, b) => a + b, 0)]));
}

function crossEntropy(features, labels) {
  const shape = broadcastShape(features.shape, labels.shape);
  features = broadcastTo(features, shape);
  labels = broadcastTo(labels, shape);
  const terms = mapped((p, log) => (p === 0 ? 0 : -p * log), labels, logSoftmax(features));
  return [array(shape.slice(0, 1), rowSums(terms).data), mapped((p, y) => p - y, softmax(features), labels)];
}

function oneHotRows(labels, width) {
  const result = filled([labels.data.length, width], 0);
  labels.data.forEach((label, row) => (result.data[row * width + label] = 1));
  return result;
}

function scaledRows(matrix, factors) {
  return mapped((value, factor) => value * factor, matrix, array([factors.data.length, 1], factors.data));
}

// ---------------------------------------------------------------- windows: convolution and pooling, NHWC

// Calls visit(n, y, x, i, j, row, column): output place (y, x), place (i, j) in the window, and the input place it covers.
function forEachWindow(input, [height, width], [strideY, strideX], padding, visit) {
  const [batch, rows, columns] = input;
  const outRows = windowCount(rows, height, strideY, padding), outColumns = windowCount(columns, width, strideX, padding);
  const top = padding === "SAME" ? Math.floor(Math.max((outRows - 1) * strideY + height - rows, 0) / 2) : 0;
  const left = padding === "SAME" ? Math.floor(Math.max((outColumns - 1) * strideX + width - columns, 0) / 2) : 0;
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outRows; y++) {
      for (let x = 0; x < outColumns; x++) {
        for (let i = 0; i < height; i++) {
          const row = y * strideY - top + i;
          if (row < 0 || row >= rows) continue;
          for (let j = 0; j < width; j++) {
            const column = x * strideX - left + j;
            if (column >= 0 && column < columns) visit(n, y, x, i, j, row, column);
          }
        }
      }
    }
  }
}

function windowCount(length, size, stride, padding) {
  return padding === "SAME" ? Math.ceil(length / stride) : Math.floor((length - size) / stride) + 1;
}

function windowShape(x, [height, width], [strideY, strideX], padding, channels) {
  return [x.shape[0], windowCount(x.shape[1], height, strideY, padding), windowCount(x.shape[2], width, strideX, padding), channels];
}

const convolution = {
  forward([x, filter], { strides, padding }) {
    const [height, width, inputs, outputs] = filter.shape;
    const [, rows, columns] = x.shape, step = strides.slice(1, 3);
    const y = filled(windowShape(x, [height, width], step, padding, outputs), 0);
    forEachWindow(x.shape, [height, width], step, padding, (n, a, b, i, j, row, column) => {
      const to = ((n * y.shape[1] + a) * y.shape[2] + b) * outputs, from = ((n * rows + row) * columns + column) * inputs;
      for (let c = 0; c < inputs; c++) {
        for (let o = 0; o < outputs; o++) y.data[to + o] += x.data[from + c] * filter.data[((i * width + j) * inputs + c) * outputs + o];
      }
    });
    return [y];
  },
  backward([x, filter], [y], [g], { strides, padding }) {
    const [height, width, inputs, outputs] = filter.shape;
    const [, rows, columns] = x.shape;
    const dx = filled(x.shape, 0), df = filled(filter.shape, 0);
    forEachWindow(x.shape, [height, width], strides.slice(1, 3), padding, (n, a, b, i, j, row, column) => {
      const to = ((n * y.shape[1] + a) * y.shape[2] + b) * outputs, from = ((n * rows + row) * columns + column) * inputs;
      for (let c = 0; c < inputs; c++) {
        for (let o = 0; o < outputs; o++) {
          const place = ((i * width + j) * inputs + c) * outputs + o;
          dx.data[from + c] += g.data[to + o] * filter.data[place];
          df.data[place] += g.data[to + o] * x.data[from + c];
        }
      }
    });
    return [dx, df];
  },
};

function pooling(forWindow) {
  const windows = (x, { ksize, strides, padding }) => {
    const channels = x.shape[3];
    const shape = windowShape(x, ksize.slice(1, 3), strides.slice(1, 3), padding, channels);
    const covered = Array.from({ length: sizeOf(shape) }, () => []);
    forEachWindow(x.shape, ksize.slice(1, 3), strides.slice(1, 3), padding, (n, a, b, i, j, row, column) => {
      for (let c = 0; c < channels; c++) {
        covered[((n * shape[1] + a) * shape[2] + b) * channels + c].push(((n * x.shape[1] + row) * x.shape[2] + column) * channels + c);
      }
    });
    return [shape, covered];
  };
  return {
    forward([x], attributes) {
      const [shape, covered] = windows(x, attributes);
      return [array(shape, covered.map((places) => forWindow(places, x.data).reduce((sum, [place, share]) => sum + share * x.data[place], 0)))];
    },
    backward([x], outputs, [g], attributes) {
      const dx = filled(x.shape, 0);
      windows(x, attributes)[1].forEach((places, i) => {
        for (const [place, share] of forWindow(places, x.data)) dx.data[place] += share * g.data[i];
      });
      return [dx];
    },
  };
}

// ---------------------------------------------------------------- moving elements

const reshaping = (shapeOf) => ({
  forward: (inputs, attributes) => [array(shapeOf(inputs, attributes), inputs[0].data)],
  backward: (inputs, outputs, [g]) => [array(inputs[0].shape, g.data), ...inputs.slice(1).map(() => null)],
});

function reshaped([x, shape]) {
  const known = shape.data.reduce((product, length) => (length < 0 ? product : product * length), 1);
  return shape.data.map((length) => (length < 0 ? x.data.length / known : length));
}

function squeezed([x], { squeeze_dims: dims }) {
  const axes = (dims || []).map((axis) => (axis < 0 ? axis + x.shape.length : axis));
  return x.shape.filter((length, axis) => (axes.length ? !axes.includes(axis) : length !== 1));
}

function expanded([x, dim]) {
  const axis = dim.data[0] < 0 ? dim.data[0] + x.shape.length + 1 : dim.data[0];
  return [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
}

// Joins arrays along an axis, and takes a gradient apart in the same way.
function joined(parts, axis) {
  const shape = [...parts[0].shape];
  shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis], 0);
  const outer = sizeOf(shape.slice(0, axis)), data = [];
  for (let i = 0; i < outer; i++) {
    for (const part of parts) {
      const width = part.data.length / outer;
      data.push(...part.data.slice(i * width, (i + 1) * width));
    }
  }
  return array(shape, data);
}

function apart(g, shapes, axis) {
  const outer = sizeOf(g.shape.slice(0, axis));
  const results = shapes.map((shape) => array(shape, []));
  let place = 0;
  for (let i = 0; i < outer; i++) {
    for (const result of results) {
      const width = sizeOf(result.shape) / outer;
      result.data.push(...g.data.slice(place, place + width));
      place += width;
    }
  }
  return results;
}

const joining = (split) => ({
  forward(inputs) {
    const [parts, axis] = split(inputs);
    return [joined(parts, axis)];
  },
  backward(inputs, outputs, [g]) {
    const [parts, axis] = split(inputs);
    const results = apart(g, parts.map((part) => part.shape), axis);
    return inputs.map((input) => (parts.includes(input) ? results[parts.indexOf(input)] : null));
  },
});

const positive = (axis, rank) => (axis < 0 ? axis + rank : axis);

const packing = {
  forward(inputs, { axis }) {
    const at = positive(axis, inputs[0].shape.length + 1);
    return [joined(inputs.map((x) => array([...x.shape.slice(0, at), 1, ...x.shape.slice(at)], x.data)), at)];
  },
  backward(inputs, outputs, [g], { axis }) {
    const at = positive(axis, inputs[0].shape.length + 1);
    const shape = [...inputs[0].shape.slice(0, at), 1, ...inputs[0].shape.slice(at)];
    return apart(g, inputs.map(() => shape), at).map((part) => array(inputs[0].shape, part.data));
  },
};

const tiling = {
  places(x, multiples) {
    const shape = x.shape.map((length, axis) => length * multiples.data[axis]);
    const strides = stridesOf(x.shape);
    const split = x.shape.flatMap((length, axis) => [multiples.data[axis], length]);
    return [shape, placesOf(split, split.map((_, k) => (k % 2 ? strides[(k - 1) / 2] : 0)))];
  },
  forward([x, multiples]) {
    const [shape, places] = tiling.places(x, multiples);
    return [array(shape, places.map((place) => x.data[place]))];
  },
  backward([x, multiples], outputs, [g]) {
    const dx = filled(x.shape, 0);
    tiling.places(x, multiples)[1].forEach((place, i) => (dx.data[place] += g.data[i]));
    return [dx, null];
  },
};

const gathering = {
  places(x, indices, axis) {
    const inner = sizeOf(x.shape.slice(axis + 1)), outer = sizeOf(x.shape.slice(0, axis)), places = [];
    for (let i = 0; i < outer; i++) {
      for (const index of indices.data) {
        for (let k = 0; k < inner; k++) places.push((i * x.shape[axis] + index) * inner + k);
      }
    }
    return places;
  },
  forward([x, indices, at]) {
    const axis = positive(at.data[0], x.shape.length);
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return [array(shape, gathering.places(x, indices, axis).map((place) => x.data[place]))];
  },
  backward([x, indices, at], outputs, [g]) {
    const dx = filled(x.shape, 0);
    gathering.places(x, indices, positive(at.data[0], x.shape.length)).forEach((place, i) => (dx.data[place] += g.data[i]));
    return [dx, null, null];
  },
};

const transposing = {
  forward: ([x, order]) => [transposed(x, order.data)],
  backward: ([, order], outputs, [g]) => [transposed(g, order.data.map((_, axis) => order.data.indexOf(axis))), null],
};

const selecting = {
  condition: (condition, shape) => (condition.shape.length === 1 && shape.length > 1 // Select: a vector chooses rows
    ? array([condition.shape[0], ...shape.slice(1).map(() => 1)], condition.data) : condition),
  forward: ([condition, x, y]) => [mapped((chosen, a, b) => (chosen ? a : b), selecting.condition(condition, x.shape), x, y)],
  backward([condition, x, y], outputs, [g]) {
    const chosen = selecting.condition(condition, x.shape);
    return [null, sumTo(mapped((c, dz) => (c ? dz : 0), chosen, g), x.shape), sumTo(mapped((c, dz) => (c ? 0 : dz), chosen, g), y.shape)];
  },
};

const selectingV2 = {
  forward: ([condition, x, y]) => [mapped((chosen, a, b) => (chosen ? a : b), condition, x, y)],
  backward: ([condition, x, y], outputs, [g]) => [
    null, sumTo(mapped((c, dz) => (c ? dz : 0), condition, g), x.shape), sumTo(mapped((c, dz) => (c ? 0 : dz), condition, g), y.shape),
  ],
};

const multiplying = (nameA, nameB) => ({
  forward: ([a, b], attributes) => [matrixProduct(a, b, attributes[nameA], attributes[nameB])],
  backward([a, b], outputs, [g], attributes) {
    const ta = Boolean(attributes[nameA]), tb = Boolean(attributes[nameB]);
    const da = ta ? matrixProduct(b, g, tb, true) : matrixProduct(g, b, false, !tb);
    const db = tb ? matrixProduct(g, a, true, ta) : matrixProduct(a, g, !ta, false);
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  },
});

function argMax([x, dimension]) {
  const axis = positive(dimension.data[0], x.shape.length);
  const inner = sizeOf(x.shape.slice(axis + 1)), length = x.shape[axis];
  const shape = x.shape.filter((_, k) => k !== axis);
  const data = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const start = Math.floor(i / inner) * length * inner + (i % inner);
    let best = 0;
    for (let k = 1; k < length; k++) if (x.data[start + k * inner] > x.data[start + best * inner]) best = k;
    return best;
  });
  return [array(shape, data)];
}

function oneHot([indices, depth, on, off], { axis }) {
  const at = positive(axis, indices.shape.length + 1), width = depth.data[0];
  const inner = sizeOf(indices.shape.slice(at));
  const shape = [...indices.shape.slice(0, at), width, ...indices.shape.slice(at)];
  return [array(shape, Array.from({ length: sizeOf(shape) }, (_, i) => {
    const outer = Math.floor(i / (width * inner)), k = Math.floor(i / inner) % width;
    return indices.data[outer * inner + (i % inner)] === k ? on.data[0] : off.data[0];
  }))];
}

function casting([x], { DstT: wanted, SrcT: given }) {
  if (wanted === "bool") return [mapped((value) => Number(value !== 0), x)];
  return [wanted.includes("int") && !given.includes("int") ? mapped(Math.trunc, x) : x];
}

const one = () => 1, minusOne = () => -1, zero = () => 0;

const OPS = {
  Identity: unary((x) => x, one), StopGradient: withoutGradient(([x]) => [x]),
  Add: binary((x, y) => x + y, one, one), AddV2: binary((x, y) => x + y, one, one), Sub: binary((x, y) => x - y, one, minusOne),
  Mul: binary((x, y) => x * y, (x, y) => y, (x) => x),
  RealDiv: binary((x, y) => x / y, (x, y) => 1 / y, (x, y) => -x / (y * y)),
  Pow: binary(Math.pow, (x, y) => y * Math.pow(x, y - 1), (x, y, z) => (x > 0 ? z * Math.log(x) : 0)),
  Maximum: binary(Math.max, (x, y) => Number(x >= y), (x, y) => Number(x < y)),
  Minimum: binary(Math.min, (x, y) => Number(x <= y), (x, y) => Number(x > y)),
  SquaredDifference: binary((x, y) => (x - y) ** 2, (x, y) => 2 * (x - y), (x, y) => -2 * (x - y)),
  Neg: unary((x) => -x, minusOne), Abs: unary(Math.abs, Math.sign), Sign: unary(Math.sign, zero),
  Square: unary((x) => x * x, (x) => 2 * x), Sqrt: unary(Math.sqrt, (x, y) => 0.5 / y),
  Rsqrt: unary((x) => 1 / Math.sqrt(x), (x, y) => -0.5 * y ** 3),
  Reciprocal: unary((x) => 1 / x, (x, y) => -y * y), Inv: unary((x) => 1 / x, (x, y) => -y * y),
  Exp: unary(Math.exp, (x, y) => y), Expm1: unary(Math.expm1, Math.exp), Log: unary(Math.log, (x) => 1 / x),
  Log1p: unary(Math.log1p, (x) => 1 / (1 + x)), Sin: unary(Math.sin, Math.cos), Cos: unary(Math.cos, (x) => -Math.sin(x)),
  Tan: unary(Math.tan, (x, y) => 1 + y * y), Erf: unary(erf, (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)),
  Tanh: unary(Math.tanh, (x, y) => 1 - y * y), Sigmoid: unary(sigmoid, (x, y) => y * (1 - y)),
  Softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), sigmoid),
  Softsign: unary((x) => x / (1 + Math.abs(x)), (x) => 1 / (1 + Math.abs(x)) ** 2),
  Relu: unary((x) => Math.max(x, 0), (x) => Number(x > 0)), Relu6: unary((x) => Math.min(Math.max(x, 0), 6), (x) => Number(x > 0 && x < 6)),
  Elu: unary((x) => (x > 0 ? x : Math.expm1(x)), (x, y) => (x > 0 ? 1 : y + 1)),
  Selu: unary((x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)), (x, y) => (x > 0 ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA)),
  LeakyRelu: {
    forward: ([x], { alpha }) => [mapped((value) => (value > 0 ? value : alpha * value), x)],
    backward: ([x], outputs, [g], { alpha }) => [mapped((dy, value) => (value > 0 ? dy : alpha * dy), g, x)],
  },
  MatMul: multiplying("transpose_a", "transpose_b"), BatchMatMul: multiplying("adj_x", "adj_y"), BatchMatMulV2: multiplying("adj_x", "adj_y"),
  BiasAdd: binary((x, y) => x + y, one, one),
  Sum: reduction(0, (a, b) => a + b, (sum) => sum, (x, y, g) => broadcastTo(g, x.shape)),
  Mean: reduction(0, (a, b) => a + b, (sum, count) => sum / count,
    (x, y, g) => broadcastTo(mapped((dy) => (dy * y.data.length) / x.data.length, g), x.shape)),
  Prod: reduction(1, (a, b) => a * b, (product) => product, spreadProduct),
  Max: reduction(-Infinity, Math.max, (value) => value, spreadToExtremes),
  Min: reduction(Infinity, Math.min, (value) => value, spreadToExtremes),
  L2Loss: {
    forward: ([x]) => [array([], [x.data.reduce((sum, value) => sum + (value * value) / 2, 0)])],
    backward: ([x], outputs, [g]) => [mapped((value, dy) => value * dy, x, g)],
  },
  AddN: {
    forward: (inputs) => [inputs.reduce((sum, x) => mapped((a, b) => a + b, sum, x))],
    backward: (inputs, outputs, [g]) => inputs.map(() => g),
  },
  Softmax: {
    forward: ([x]) => [softmax(x)],
    backward(inputs, [y], [g]) {
      const weighted = rowSums(mapped((dy, p) => dy * p, g, y));
      return [mapped((dy, sum, p) => (dy - sum) * p, g, weighted, y)];
    },
  },
  LogSoftmax: {
    forward: ([x]) => [logSoftmax(x)],
    backward: (inputs, [y], [g]) => [mapped((dy, sum, log) => dy - sum * Math.exp(log), g, rowSums(g), y)],
  },
  SoftmaxCrossEntropyWithLogits: {
    forward: ([features, labels]) => crossEntropy(features, labels),
    backward([features, labels], [, slope], [g]) {
      return [sumTo(scaledRows(slope, g), features.shape), sumTo(scaledRows(mapped((log) => -log, logSoftmax(features)), g), labels.shape)];
    },
  },
  SparseSoftmaxCrossEntropyWithLogits: {
    forward: ([features, labels]) => crossEntropy(features, oneHotRows(labels, features.shape[1])),
    backward: (inputs, [, slope], [g]) => [scaledRows(slope, g), null],
  },
  Conv2D: convolution,
  MaxPool: pooling((places, data) => [[places.reduce((best, place) => (data[place] > data[best] ? place : best), places[0]), 1]]),
  AvgPool: pooling((places) => places.map((place) => [place, 1 / places.length])),
  Reshape: reshaping(reshaped), Squeeze: reshaping(squeezed), ExpandDims: reshaping(expanded), Transpose: transposing, Tile: tiling,
  ConcatV2: joining((inputs) => [inputs.slice(0, -1), positive(inputs[inputs.length - 1].data[0], inputs[0].shape.length)]),
  Concat: joining((inputs) => [inputs.slice(1), positive(inputs[0].data[0], inputs[1].shape.length)]),
  Pack: packing, GatherV2: gathering, Select: selecting, SelectV2: selectingV2,
  Equal: comparison((x, y) => x === y), NotEqual: comparison((x, y) => x !== y), Less: comparison((x, y) => x < y),
  LessEqual: comparison((x, y) => x <= y), Greater: comparison((x, y) => x > y), GreaterEqual: comparison((x, y) => x >= y),
  LogicalAnd: comparison((x, y) => x && y), LogicalOr: comparison((x, y) => x || y),
  LogicalNot: withoutGradient(([x]) => [mapped((value) => Number(!value), x)]),
  Cast: {
    forward: casting,
    backward: (inputs, outputs, [g], { DstT, SrcT }) => [[DstT, SrcT].every((name) => name.includes("float")) ? g : null],
  },
  ArgMax: withoutGradient(argMax), OneHot: withoutGradient(oneHot),
  Fill: { forward: ([dims, value]) => [filled(dims.data, value.data[0])], backward: (inputs, outputs, [g]) => [null, sumTo(g, [])] },
  OnesLike: withoutGradient(([x]) => [filled(x.shape, 1)]), ZerosLike: withoutGradient(([x]) => [filled(x.shape, 0)]),
};

// ---------------------------------------------------------------- update rules: value, inputs by name, gradient -> new value

const UPDATES = {
  GradientDescent: (w, { alpha }, g) => mapped((a, b) => a - alpha * b, w, g),
  AssignSub: (w, inputs, g) => mapped((a, b) => a - b, w, g),
  Momentum: (w, { lr, momentum, accum }, g, { use_nesterov: nesterov }) => mapped((a, b, m) => {
    const next = m * momentum + b;
    return a - lr * (nesterov ? b + next * momentum : next);
  }, w, g, accum),
  Adagrad: (w, { lr, accum }, g) => mapped((a, b, s) => a - (lr * b) / Math.sqrt(s + b * b), w, g, accum),
  Adam: (w, { lr, beta1, beta2, epsilon, beta1_power: p1, beta2_power: p2, m, v }, g) => {
    const rate = (lr * Math.sqrt(1 - p2)) / (1 - p1);
    return mapped((a, b, first, second) => a - (rate * (first * beta1 + b * (1 - beta1)))
      / (Math.sqrt(second * beta2 + b * b * (1 - beta2)) + epsilon), w, g, m, v);
  },
};
