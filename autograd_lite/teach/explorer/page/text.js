// Text and elements. What comes from a graph reaches the page as text nodes only.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  return filledIn(made, attributes, children);
}

function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  return filledIn(made, attributes, children);
}

function filledIn(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false)
      made.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return made;
}

// A formula of the op table. Only elements of MathML are taken over.
function formula(markup) {
  const source = new DOMParser().parseFromString(
    markup.replace("<math", '<math xmlns="http://www.w3.org/1998/Math/MathML"'),
    "application/xml",
  );
  const tags = new Set(["math", "mi", "mn", "mo", "mrow", "mfrac", "msup", "msqrt", "mspace", "mtext", "mtable", "mtr", "mtd", "mover"]);
  const copied = (from) => {
    const to = document.createElementNS("http://www.w3.org/1998/Math/MathML", from.localName);
    for (const name of ["width", "stretchy", "accent", "columnalign"]) {
      if (from.hasAttribute(name)) to.setAttribute(name, from.getAttribute(name));
    }
    for (const child of from.childNodes) {
      if (child.nodeType === 3) to.append(child.data);
      else if (child.nodeType === 1 && tags.has(child.localName)) to.append(copied(child));
    }
    return to;
  };
  const math = copied(source.documentElement);
  math.setAttribute("displaystyle", "true");
  return element("div", { class: "formula" }, math);
}

function numberText(value, digits = 4) {
  if (typeof value === "boolean") return String(value);
  value = Number(value);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  let text = size >= 1e6 || size < 1e-4 ? value.toExponential(digits - 2) : String(Number(value.toPrecision(digits)));
  text = text.replace(
    /e\+?(-?)(\d+)$/,
    (all, sign, power) => `·10${sign ? "⁻" : ""}${[...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join("")}`,
  );
  return text.replace("-", "−");
}

function shapeText(shape) {
  return shape.length ? `[${shape.join(", ")}]` : "scalar";
}

function shortName(name) {
  return name.split("/").pop();
}

function cut(text, length) {
  return text.length <= length ? text : `${text.slice(0, Math.ceil(length / 2))}…${text.slice(text.length - Math.floor(length / 2) + 1)}`;
}

// An array in a few words, for a box of the picture.
function briefly(shown, isGradient) {
  if (!shown) return "";
  if (shown.dtype === "string") return `strings ${shapeText(shown.shape)}`;
  const count = shown.shape.reduce((a, b) => a * b, 1);
  if (shown.data && count === 1) return shown.dtype === "bool" ? String(Boolean(shown.data[0])) : numberText(shown.data[0]);
  if (shown.data && count <= 3 && shown.shape.length === 1) return `[${shown.data.map((value) => numberText(value, 3)).join(", ")}]`;
  const { mean, rms } = shown.mean === undefined && shown.data ? summaryOf(shown) : shown;
  const what = isGradient ? ` rms ${numberText(rms ?? NaN, 3)}` : mean === undefined ? "" : ` mean ${numberText(mean, 3)}`;
  const size = shown.shape.length === 1 ? `[${shown.shape[0]}]` : shown.shape.join("×");
  return `${size}${count ? what : " empty"}`;
}
