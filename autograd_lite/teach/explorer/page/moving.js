// Ops that move elements: reshape, join, cut, slice, gather, select; and matrix products.

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
  const outer = sizeOf(shape.slice(0, axis)),
    data = [];
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
    const results = apart(
      g,
      parts.map((part) => part.shape),
      axis,
    );
    return inputs.map((input) => (parts.includes(input) ? results[parts.indexOf(input)] : null));
  },
});

const positive = (axis, rank) => (axis < 0 ? axis + rank : axis);

const packing = {
  forward(inputs, { axis }) {
    const at = positive(axis, inputs[0].shape.length + 1);
    return [
      joined(
        inputs.map((x) => array([...x.shape.slice(0, at), 1, ...x.shape.slice(at)], x.data)),
        at,
      ),
    ];
  },
  backward(inputs, outputs, [g], { axis }) {
    const at = positive(axis, inputs[0].shape.length + 1);
    const shape = [...inputs[0].shape.slice(0, at), 1, ...inputs[0].shape.slice(at)];
    return apart(
      g,
      inputs.map(() => shape),
      at,
    ).map((part) => array(inputs[0].shape, part.data));
  },
};

// An op whose every output element is one element of its first input: placesFor gives the shape, and for each element the place it is from.
const picking = (placesFor) => ({
  forward(inputs, attributes) {
    const [shape, places] = placesFor(inputs, attributes);
    return [
      array(
        shape,
        places.map((place) => inputs[0].data[place]),
      ),
    ];
  },
  backward(inputs, outputs, [g], attributes) {
    const dx = filled(inputs[0].shape, 0);
    placesFor(inputs, attributes)[1].forEach((place, i) => (dx.data[place] += g.data[i]));
    return [dx, ...inputs.slice(1).map(() => null)];
  },
});

function tiled([x, multiples]) {
  const strides = stridesOf(x.shape);
  const split = x.shape.flatMap((length, axis) => [multiples.data[axis], length]);
  return [
    x.shape.map((length, axis) => length * multiples.data[axis]),
    placesOf(
      split,
      split.map((_, k) => (k % 2 ? strides[(k - 1) / 2] : 0)),
    ),
  ];
}

function gathered([x, indices, at]) {
  const axis = positive(at.data[0], x.shape.length);
  const inner = sizeOf(x.shape.slice(axis + 1)),
    outer = sizeOf(x.shape.slice(0, axis)),
    places = [];
  for (let i = 0; i < outer; i++) {
    for (const index of indices.data) {
      for (let k = 0; k < inner; k++) places.push((i * x.shape[axis] + index) * inner + k);
    }
  }
  return [[...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], places];
}

// The places of a box in an array: along each axis from `begin` in steps of `step`, `length` times.
function boxed(x, begin, step, length) {
  const strides = stridesOf(x.shape);
  const start = strides.reduce((sum, stride, axis) => sum + stride * begin[axis], 0);
  return placesOf(
    length,
    strides.map((stride, axis) => stride * step[axis]),
  ).map((place) => place + start);
}

// Zeros around an array: `paddings` has the numbers before and after for each axis.
const padded = (x, paddings) => {
  const shape = x.shape.map((length, axis) => length + paddings.data[2 * axis] + paddings.data[2 * axis + 1]);
  const before = x.shape.map((_, axis) => paddings.data[2 * axis]);
  return [
    shape,
    boxed(
      { shape },
      before,
      before.map(() => 1),
      x.shape,
    ),
  ];
};

const padding = {
  forward([x, paddings]) {
    const [shape, places] = padded(x, paddings);
    const result = filled(shape, 0);
    places.forEach((place, i) => (result.data[place] = x.data[i]));
    return [result];
  },
  backward([x, paddings], outputs, [g]) {
    const places = padded(x, paddings)[1];
    return [
      array(
        x.shape,
        places.map((place) => g.data[place]),
      ),
      null,
    ];
  },
};

function sliced([x, begin, size]) {
  const length = size.data.map((count, axis) => (count < 0 ? x.shape[axis] - begin.data[axis] : count));
  return [
    length,
    boxed(
      x,
      begin.data,
      length.map(() => 1),
      length,
    ),
  ];
}

function stridedSliced([x, from, to, by], { begin_mask: fromStart, end_mask: toEnd, new_axis_mask: added_, shrink_axis_mask: shrunk }) {
  const begin = [],
    step = [],
    length = [],
    shape = [];
  const has = (mask, k) => Boolean((mask >> k) & 1);
  for (let k = 0; k < from.data.length; k++) {
    if (has(added_, k)) {
      shape.push(1);
      continue;
    }
    const size = x.shape[begin.length],
      stride = has(shrunk, k) ? 1 : by.data[k];
    const [low, high] = stride > 0 ? [0, size] : [-1, size - 1];
    const within = (place) => Math.min(Math.max(place < 0 ? place + size : place, low), high);
    const first = has(fromStart, k) && !has(shrunk, k) ? (stride > 0 ? 0 : size - 1) : within(from.data[k]);
    const last = has(toEnd, k) ? (stride > 0 ? size : -1) : within(to.data[k]);
    begin.push(first);
    step.push(stride);
    length.push(has(shrunk, k) ? 1 : Math.max(0, Math.ceil((last - first) / stride)));
    if (!has(shrunk, k)) shape.push(length[length.length - 1]);
  }
  for (const size of x.shape.slice(begin.length)) {
    begin.push(0);
    step.push(1);
    length.push(size);
    shape.push(size);
  }
  return [shape, boxed(x, begin, step, length)];
}

// Ops that cut an array into parts; `kept` says whether the axis stays.
const cutting = (arrange, kept) => ({
  forward(inputs, attributes) {
    const [x, axis, count] = arrange(inputs, attributes);
    const width = x.shape[axis] / count;
    const shape = x.shape.map((length, k) => (k === axis ? width : length));
    const parts = apart(
      x,
      Array.from({ length: count }, () => shape),
      axis,
    );
    return kept
      ? parts
      : parts.map((part) =>
          array(
            part.shape.filter((_, k) => k !== axis),
            part.data,
          ),
        );
  },
  backward(inputs, outputs, gradients, attributes) {
    const [x, axis] = arrange(inputs, attributes);
    const whole = kept ? gradients : gradients.map((g) => array([...g.shape.slice(0, axis), 1, ...g.shape.slice(axis)], g.data));
    return inputs.map((input) => (input === x ? joined(whole, axis) : null));
  },
});

const transposing = {
  forward: ([x, order]) => [transposed(x, order.data)],
  backward: ([, order], outputs, [g]) => [
    transposed(
      g,
      order.data.map((_, axis) => order.data.indexOf(axis)),
    ),
    null,
  ],
};

const selecting = {
  condition: (condition, shape) =>
    condition.shape.length === 1 && shape.length > 1 // Select: a vector chooses rows
      ? array([condition.shape[0], ...shape.slice(1).map(() => 1)], condition.data)
      : condition,
  forward: ([condition, x, y]) => [mapped((chosen, a, b) => (chosen ? a : b), selecting.condition(condition, x.shape), x, y)],
  backward([condition, x, y], outputs, [g]) {
    const chosen = selecting.condition(condition, x.shape);
    return [
      null,
      sumTo(
        mapped((c, dz) => (c ? dz : 0), chosen, g),
        x.shape,
      ),
      sumTo(
        mapped((c, dz) => (c ? 0 : dz), chosen, g),
        y.shape,
      ),
    ];
  },
};

const selectingV2 = {
  forward: ([condition, x, y]) => [mapped((chosen, a, b) => (chosen ? a : b), condition, x, y)],
  backward: ([condition, x, y], outputs, [g]) => [
    null,
    sumTo(
      mapped((c, dz) => (c ? dz : 0), condition, g),
      x.shape,
    ),
    sumTo(
      mapped((c, dz) => (c ? 0 : dz), condition, g),
      y.shape,
    ),
  ],
};

const multiplying = (nameA, nameB) => ({
  forward: ([a, b], attributes) => [matrixProduct(a, b, attributes[nameA], attributes[nameB])],
  backward([a, b], outputs, [g], attributes) {
    const ta = Boolean(attributes[nameA]),
      tb = Boolean(attributes[nameB]);
    const da = ta ? matrixProduct(b, g, tb, true) : matrixProduct(g, b, false, !tb);
    const db = tb ? matrixProduct(g, a, true, ta) : matrixProduct(a, g, !ta, false);
    return [sumTo(da, a.shape), sumTo(db, b.shape)];
  },
});

function argMax([x, dimension]) {
  const axis = positive(dimension.data[0], x.shape.length);
  const inner = sizeOf(x.shape.slice(axis + 1)),
    length = x.shape[axis];
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
  const at = positive(axis, indices.shape.length + 1),
    width = depth.data[0];
  const inner = sizeOf(indices.shape.slice(at));
  const shape = [...indices.shape.slice(0, at), width, ...indices.shape.slice(at)];
  return [
    array(
      shape,
      Array.from({ length: sizeOf(shape) }, (_, i) => {
        const outer = Math.floor(i / (width * inner)),
          k = Math.floor(i / inner) % width;
        return indices.data[outer * inner + (i % inner)] === k ? on.data[0] : off.data[0];
      }),
    ),
  ];
}

function casting([x], { DstT: wanted, SrcT: given }) {
  if (wanted === "bool") return [mapped((value) => Number(value !== 0), x)];
  return [wanted.includes("int") && !given.includes("int") ? mapped(Math.trunc, x) : x];
}
