// How arrays are shown beside the picture: small ones as a table whose cells are shaded, larger ones as a heat map with what sums them up.

function shade(value, low, high) {
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (!Number.isFinite(value) || size === 0) return "transparent";
  return `rgba(var(--${value < 0 ? "low" : "high"}), ${((0.45 * Math.abs(value)) / size).toFixed(3)})`;
}

function tableOf(shown) {
  const { shape, dtype } = shown;
  const data = dtype === "string" ? shown.data : shown.data.map(Number);
  const columns = shape.length ? shape[shape.length - 1] : 1;
  const rows = columns ? data.length / columns : 0;
  const finite = dtype === "string" ? [] : data.filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const text = (value) => (dtype === "string" ? value : dtype === "bool" ? String(Boolean(value)) : numberText(value));
  const cell = (value) => element("td", { style: dtype === "string" ? null : `background: ${shade(value, low, high)}` }, text(value));
  const blocks = [];
  const perBlock = shape.length > 2 ? shape[shape.length - 2] : rows;
  for (let start = 0; start < rows; start += Math.max(perBlock, 1)) {
    if (shape.length > 2)
      blocks.push(
        element(
          "div",
          { class: "small soft" },
          `[${indexOf(start * columns, shape)
            .slice(0, -2)
            .join(", ")}, :, :]`,
        ),
      );
    blocks.push(
      element(
        "table",
        { class: "numbers" },
        element(
          "tbody",
          {},
          Array.from({ length: Math.min(perBlock, rows - start) }, (_, row) =>
            element("tr", {}, data.slice((start + row) * columns, (start + row + 1) * columns).map(cell)),
          ),
        ),
      ),
    );
  }
  return element("div", { class: "scroll" }, blocks);
}

function indexOf(place, shape) {
  return stridesOf(shape).map((step, axis) => Math.floor(place / step) % shape[axis]);
}

function heatMap(heat) {
  const cells = Uint8Array.from(atob(heat.cells), (letter) => letter.charCodeAt(0));
  return painted(heat.rows, heat.columns, heat.low, heat.high, (k) => heat.low + (cells[k] / 255) * (heat.high - heat.low));
}

function painted(rows, columns, low, high, valueAt) {
  const canvas = element("canvas", {
    class: "heat",
    width: columns,
    height: rows,
    role: "img",
    "aria-label": `heat map, ${rows} by ${columns} cells`,
  });
  const size = Math.max(4, Math.min(14, Math.floor(360 / columns), Math.floor(240 / rows)));
  canvas.style.width = `${columns * size}px`;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const base = low >= 0 ? low : 0;
  for (let k = 0; k < rows * columns; k++) {
    const value = valueAt(k);
    const strength = low >= 0 ? (value - base) / (high - base || 1) : Math.abs(value) / reach;
    const [red, green, blue] = value < 0 ? [37, 99, 235] : [200, 30, 58];
    image.data.set([red, green, blue, Math.round(255 * strength)], 4 * k); // the weaker, the more of the page shows through
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// A single number as text, a small array as a table, a larger one as a heat map.
function arrayView(shown) {
  if (!shown) return element("p", { class: "notyet" }, "A run cannot give this value.");
  const count = shown.shape.reduce((a, b) => a * b, 1);
  const about = `${shown.dtype || "number"} ${shapeText(shown.shape)}`;
  if (count === 1 && shown.data) {
    const text =
      shown.dtype === "string" ? shown.data[0] : shown.dtype === "bool" ? String(Boolean(shown.data[0])) : numberText(shown.data[0], 7);
    return element("figure", { class: "figure" }, element("b", {}, text), " ", element("span", { class: "soft small" }, about));
  }
  const stats = shown.dtype === "string" || !count ? null : shown.data ? summaryOf({ data: shown.data.map(Number) }) : shown;
  const parts = [about];
  if (stats && stats.min !== undefined)
    parts.push(`min ${numberText(stats.min)}`, `mean ${numberText(stats.mean)}`, `max ${numberText(stats.max)}`);
  if (stats && stats.odd) parts.push(`${stats.odd} not finite`);
  if (shown.of) parts.push(shown.of);
  const isSmall = shown.data && count <= 64;
  let picture = null;
  if (isSmall && count) picture = tableOf(shown);
  else if (shown.data && shown.dtype !== "string") picture = heatOfData(shown, stats);
  else if (shown.heat) picture = heatMap(shown.heat);
  const what = shown.heat && shown.heat.what ? element("div", { class: "small soft" }, `shown: ${shown.heat.what}`) : null;
  return element("figure", { class: "figure" }, picture, what, element("figcaption", {}, parts.join(" · ")));
}

function heatOfData(shown, stats) {
  const { rows, columns, at } = asPicture(shown);
  const [down, right] = [Math.ceil(rows / 48), Math.ceil(columns / 64)];
  const [height, width] = [Math.ceil(rows / down), Math.ceil(columns / right)];
  return painted(height, width, stats.min, stats.max, (k) => Number(at(Math.floor(k / width) * down, (k % width) * right)));
}

// A matrix that shows an array of any rank: of images the first, its channels side by side.
function asPicture({ shape, data }) {
  const sizes = shape.filter((length) => length !== 1).slice(-3);
  if (sizes.length < 2) return { rows: 1, columns: data.length, at: (row, column) => data[column] };
  if (sizes.length === 2) return { rows: sizes[0], columns: sizes[1], at: (row, column) => data[row * sizes[1] + column] };
  const [height, width, channels] = sizes;
  if (height < 4 || width < 4) return { rows: width, columns: channels, at: (row, column) => data[row * channels + column] };
  const shown = Math.min(channels, 4);
  return {
    rows: height,
    columns: shown * (width + 1) - 1,
    at: (row, column) =>
      column % (width + 1) === width ? 0 : data[(row * width + (column % (width + 1))) * channels + Math.floor(column / (width + 1))],
  };
}
