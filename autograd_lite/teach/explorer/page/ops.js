// The commonest ops once more, for sliders; compared with the library's own kernels by a test.

const one = () => 1,
  minusOne = () => -1,
  zero = () => 0;

const OPS = {
  Identity: unary((x) => x, one),
  StopGradient: withoutGradient(([x]) => [x]),
  Add: binary((x, y) => x + y, one, one),
  AddV2: binary((x, y) => x + y, one, one),
  Sub: binary((x, y) => x - y, one, minusOne),
  Mul: binary(
    (x, y) => x * y,
    (x, y) => y,
    (x) => x,
  ),
  RealDiv: binary(
    (x, y) => x / y,
    (x, y) => 1 / y,
    (x, y) => -x / (y * y),
  ),
  DivNoNan: binary(
    (x, y) => orZero(y, x / y),
    (x, y) => orZero(y, 1 / y),
    (x, y) => orZero(y, -x / (y * y)),
  ),
  Xdivy: binary(
    (x, y) => orZero(x, x / y),
    (x, y) => orZero(x, 1 / y),
    (x, y) => orZero(x, -x / (y * y)),
  ),
  Xlogy: binary(
    (x, y) => orZero(x, x * Math.log(y)),
    (x, y) => orZero(x, Math.log(y)),
    (x, y) => orZero(x, x / y),
  ),
  FloorDiv: withoutGradient(([x, y]) => [mapped((a, b) => Math.floor(a / b), x, y)]),
  FloorMod: binary(
    (x, y) => x - y * Math.floor(x / y),
    one,
    (x, y) => -Math.floor(x / y),
  ),
  Atan2: binary(
    Math.atan2,
    (y, x) => x / (x * x + y * y),
    (y, x) => -y / (x * x + y * y),
  ),
  Pow: binary(
    Math.pow,
    (x, y) => y * Math.pow(x, y - 1),
    (x, y, z) => (x > 0 ? z * Math.log(x) : 0),
  ),
  Maximum: binary(
    Math.max,
    (x, y) => Number(x >= y),
    (x, y) => Number(x < y),
  ),
  Minimum: binary(
    Math.min,
    (x, y) => Number(x <= y),
    (x, y) => Number(x > y),
  ),
  SquaredDifference: binary(
    (x, y) => (x - y) ** 2,
    (x, y) => 2 * (x - y),
    (x, y) => -2 * (x - y),
  ),
  Neg: unary((x) => -x, minusOne),
  Abs: unary(Math.abs, Math.sign),
  Sign: unary(Math.sign, zero),
  Square: unary(
    (x) => x * x,
    (x) => 2 * x,
  ),
  Sqrt: unary(Math.sqrt, (x, y) => 0.5 / y),
  Rsqrt: unary(
    (x) => 1 / Math.sqrt(x),
    (x, y) => -0.5 * y ** 3,
  ),
  Reciprocal: unary(
    (x) => 1 / x,
    (x, y) => -y * y,
  ),
  Inv: unary(
    (x) => 1 / x,
    (x, y) => -y * y,
  ),
  Exp: unary(Math.exp, (x, y) => y),
  Expm1: unary(Math.expm1, Math.exp),
  Log: unary(Math.log, (x) => 1 / x),
  Log1p: unary(Math.log1p, (x) => 1 / (1 + x)),
  Sin: unary(Math.sin, Math.cos),
  Cos: unary(Math.cos, (x) => -Math.sin(x)),
  Tan: unary(Math.tan, (x, y) => 1 + y * y),
  Sinh: unary(Math.sinh, Math.cosh),
  Cosh: unary(Math.cosh, Math.sinh),
  Asin: unary(Math.asin, (x) => 1 / Math.sqrt(1 - x * x)),
  Acos: unary(Math.acos, (x) => -1 / Math.sqrt(1 - x * x)),
  Atan: unary(Math.atan, (x) => 1 / (1 + x * x)),
  Asinh: unary(Math.asinh, (x, y) => 1 / Math.cosh(y)),
  Acosh: unary(Math.acosh, (x, y) => 1 / Math.sinh(y)),
  Atanh: unary(Math.atanh, (x) => 1 / (1 - x * x)),
  Floor: withoutGradient(([x]) => [mapped(Math.floor, x)]),
  Ceil: withoutGradient(([x]) => [mapped(Math.ceil, x)]),
  Rint: withoutGradient(([x]) => [mapped(toEven, x)]),
  Round: withoutGradient(([x]) => [mapped(toEven, x)]),
  Erf: unary(erf, (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)),
  Erfc: unary(erfc, (x) => (-2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)),
  Tanh: unary(Math.tanh, (x, y) => 1 - y * y),
  Sigmoid: unary(sigmoid, (x, y) => y * (1 - y)),
  Softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), sigmoid),
  Softsign: unary(
    (x) => x / (1 + Math.abs(x)),
    (x) => 1 / (1 + Math.abs(x)) ** 2,
  ),
  Relu: unary(
    (x) => Math.max(x, 0),
    (x) => Number(x > 0),
  ),
  Relu6: unary(
    (x) => Math.min(Math.max(x, 0), 6),
    (x) => Number(x > 0 && x < 6),
  ),
  Elu: unary(
    (x) => (x > 0 ? x : Math.expm1(x)),
    (x, y) => (x > 0 ? 1 : y + 1),
  ),
  Selu: unary(
    (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
    (x, y) => (x > 0 ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA),
  ),
  LeakyRelu: {
    forward: ([x], { alpha }) => [mapped((value) => (value > 0 ? value : alpha * value), x)],
    backward: ([x], outputs, [g], { alpha }) => [mapped((dy, value) => (value > 0 ? dy : alpha * dy), g, x)],
  },
  MatMul: multiplying("transpose_a", "transpose_b"),
  BatchMatMul: multiplying("adj_x", "adj_y"),
  BatchMatMulV2: multiplying("adj_x", "adj_y"),
  BiasAdd: binary((x, y) => x + y, one, one),
  Sum: reduction(
    0,
    (a, b) => a + b,
    (sum) => sum,
    (x, y, g) => broadcastTo(g, x.shape),
  ),
  Mean: reduction(
    0,
    (a, b) => a + b,
    (sum, count) => sum / count,
    (x, y, g) =>
      broadcastTo(
        mapped((dy) => (dy * y.data.length) / x.data.length, g),
        x.shape,
      ),
  ),
  Prod: reduction(
    1,
    (a, b) => a * b,
    (product) => product,
    spreadProduct,
  ),
  Max: reduction(-Infinity, Math.max, (value) => value, spreadToExtremes),
  Min: reduction(Infinity, Math.min, (value) => value, spreadToExtremes),
  EuclideanNorm: reduction(
    0,
    (sum, value) => sum + value * value,
    Math.sqrt,
    (x, y, g) => mapped((value, norm, dy) => (dy * value) / norm, x, y, g),
  ),
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
      return [
        sumTo(scaledRows(slope, g), features.shape),
        sumTo(
          scaledRows(
            mapped((log) => -log, logSoftmax(features)),
            g,
          ),
          labels.shape,
        ),
      ];
    },
  },
  SparseSoftmaxCrossEntropyWithLogits: {
    forward: ([features, labels]) => crossEntropy(features, oneHotRows(labels, features.shape[1])),
    backward: (inputs, [, slope], [g]) => [scaledRows(slope, g), null],
  },
  Conv2D: convolution,
  MaxPool: pooling((places, data) => [[places.reduce((best, place) => (data[place] > data[best] ? place : best), places[0]), 1]]),
  AvgPool: pooling((places) => places.map((place) => [place, 1 / places.length])),
  Reshape: reshaping(reshaped),
  Squeeze: reshaping(squeezed),
  ExpandDims: reshaping(expanded),
  Transpose: transposing,
  Tile: picking(tiled),
  GatherV2: picking(gathered),
  Slice: picking(sliced),
  Pad: padding,
  StridedSlice: picking(stridedSliced),
  Split: cutting(([dim, x], { num_split: count }) => [x, positive(dim.data[0], x.shape.length), count], true),
  Unpack: cutting(([x], { axis, num }) => [x, positive(axis, x.shape.length), num], false),
  ConcatV2: joining((inputs) => [inputs.slice(0, -1), positive(inputs[inputs.length - 1].data[0], inputs[0].shape.length)]),
  Concat: joining((inputs) => [inputs.slice(1), positive(inputs[0].data[0], inputs[1].shape.length)]),
  Pack: packing,
  Select: selecting,
  SelectV2: selectingV2,
  Equal: comparison((x, y) => x === y),
  NotEqual: comparison((x, y) => x !== y),
  Less: comparison((x, y) => x < y),
  LessEqual: comparison((x, y) => x <= y),
  Greater: comparison((x, y) => x > y),
  GreaterEqual: comparison((x, y) => x >= y),
  IsFinite: withoutGradient(([x]) => [mapped((value) => Number(Number.isFinite(value)), x)]),
  IsInf: withoutGradient(([x]) => [mapped((value) => Number(Math.abs(value) === Infinity), x)]),
  IsNan: withoutGradient(([x]) => [mapped((value) => Number(Number.isNaN(value)), x)]),
  LogicalAnd: comparison((x, y) => x && y),
  LogicalOr: comparison((x, y) => x || y),
  LogicalNot: withoutGradient(([x]) => [mapped((value) => Number(!value), x)]),
  Cast: {
    forward: casting,
    backward: (inputs, outputs, [g], { DstT, SrcT }) => [[DstT, SrcT].every((name) => name.includes("float")) ? g : null],
  },
  ArgMax: withoutGradient(argMax),
  OneHot: withoutGradient(oneHot),
  Fill: { forward: ([dims, value]) => [filled(dims.data, value.data[0])], backward: (inputs, outputs, [g]) => [null, sumTo(g, [])] },
  OnesLike: withoutGradient(([x]) => [filled(x.shape, 1)]),
  ZerosLike: withoutGradient(([x]) => [filled(x.shape, 0)]),
};

// ---------------------------------------------------------------- update rules: value, inputs by name, gradient -> new value

const UPDATES = {
  GradientDescent: (w, { alpha }, g) => mapped((a, b) => a - alpha * b, w, g),
  AssignSub: (w, inputs, g) => mapped((a, b) => a - b, w, g),
  Momentum: (w, { lr, momentum, accum }, g, { use_nesterov: nesterov }) =>
    mapped(
      (a, b, m) => {
        const next = m * momentum + b;
        return a - lr * (nesterov ? b + next * momentum : next);
      },
      w,
      g,
      accum,
    ),
  Adagrad: (w, { lr, accum }, g) => mapped((a, b, s) => a - (lr * b) / Math.sqrt(s + b * b), w, g, accum),
  RMSProp: (w, { lr, rho, momentum, epsilon, ms, mom }, g) =>
    mapped((a, b, s, m) => a - (m * momentum + (lr * b) / Math.sqrt(s + (b * b - s) * (1 - rho) + epsilon)), w, g, ms, mom),
  Adam: (w, { lr, beta1, beta2, epsilon, beta1_power: p1, beta2_power: p2, m, v }, g) => {
    const rate = (lr * Math.sqrt(1 - p2)) / (1 - p1);
    return mapped(
      (a, b, first, second) => a - (rate * (first * beta1 + b * (1 - beta1))) / (Math.sqrt(second * beta2 + b * b * (1 - beta2)) + epsilon),
      w,
      g,
      m,
      v,
    );
  },
};
