// Ops that slide a window over images, NHWC: convolution and pooling.

// Calls visit(n, y, x, i, j, row, column): output place (y, x), place (i, j) in the window, and the input place it covers.
function forEachWindow(input, [height, width], [strideY, strideX], padding, visit) {
  const [batch, rows, columns] = input;
  const outRows = windowCount(rows, height, strideY, padding),
    outColumns = windowCount(columns, width, strideX, padding);
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
    const [, rows, columns] = x.shape,
      step = strides.slice(1, 3);
    const y = filled(windowShape(x, [height, width], step, padding, outputs), 0);
    forEachWindow(x.shape, [height, width], step, padding, (n, a, b, i, j, row, column) => {
      const to = ((n * y.shape[1] + a) * y.shape[2] + b) * outputs,
        from = ((n * rows + row) * columns + column) * inputs;
      for (let c = 0; c < inputs; c++) {
        for (let o = 0; o < outputs; o++) y.data[to + o] += x.data[from + c] * filter.data[((i * width + j) * inputs + c) * outputs + o];
      }
    });
    return [y];
  },
  backward([x, filter], [y], [g], { strides, padding }) {
    const [height, width, inputs, outputs] = filter.shape;
    const [, rows, columns] = x.shape;
    const dx = filled(x.shape, 0),
      df = filled(filter.shape, 0);
    forEachWindow(x.shape, [height, width], strides.slice(1, 3), padding, (n, a, b, i, j, row, column) => {
      const to = ((n * y.shape[1] + a) * y.shape[2] + b) * outputs,
        from = ((n * rows + row) * columns + column) * inputs;
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
      return [
        array(
          shape,
          covered.map((places) => forWindow(places, x.data).reduce((sum, [place, share]) => sum + share * x.data[place], 0)),
        ),
      ];
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
