// How ops work that are alike: element by element, along axes, over the rows of a softmax.
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
      sumTo(
        mapped((dz, a, b, c) => dz * slopeX(a, b, c), g, x, y, z),
        x.shape,
      ),
      sumTo(
        mapped((dz, a, b, c) => dz * slopeY(a, b, c), g, x, y, z),
        y.shape,
      ),
    ],
  };
}

const withoutGradient = (forward) => ({ forward, backward: (inputs) => inputs.map(() => null) });
const comparison = (f) => withoutGradient(([x, y]) => [mapped((a, b) => Number(f(a, b)), x, y)]);
const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const SELU_SCALE = 1.0507009873554805,
  SELU_ALPHA = 1.6732632423543772;

const orZero = (factor, value) => (factor === 0 ? 0 : value);

// The nearest whole number; of two that are as near, the even one.
function toEven(x) {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (below % 2 ? 1 : 0) : Math.round(x);
}

function erf(x) {
  const size = Math.abs(x);
  if (size < 2.5) {
    let term = size,
      sum = size;
    for (let n = 1; n < 60; n++) {
      term *= (-size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  return Math.sign(x) * (1 - erfcFar(size));
}

function erfcFar(x) {
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

const erfc = (x) => (x < 2.5 ? 1 - erf(x) : erfcFar(x));

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
    return array(
      shape,
      result.data.map((value) => finish(value, count)),
    );
  };
  return {
    forward([x, indices], attributes) {
      const axes = axesOf(x, indices);
      const y = reduced(x, axes);
      return [
        attributes.keep_dims
          ? y
          : array(
              x.shape.filter((_, axis) => !axes.includes(axis)),
              y.data,
            ),
      ];
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
  return array(
    x.shape,
    x.data.map((value, i) => (value === y.data[places[i]] ? g.data[places[i]] / ties.data[places[i]] : 0)),
  );
}

function spreadProduct(x, y, g) {
  const places = stretchedPlaces(y.shape, x.shape);
  return array(
    x.shape,
    x.data.map((_, i) =>
      places.reduce((product, place, k) => (place === places[i] && k !== i ? product * x.data[k] : product), g.data[places[i]]),
    ),
  );
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
const logSoftmax = (x) =>
  array(
    x.shape,
    eachRow(x, (row) => {
      const total = logSumExp(row);
      return row.map((value) => value - total);
    }),
  );

function rowSums(x) {
  return array(
    [...x.shape.slice(0, -1), 1],
    eachRow(x, (row) => [row.reduce((a, b) => a + b, 0)]),
  );
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
