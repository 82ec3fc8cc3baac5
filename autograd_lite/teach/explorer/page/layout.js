// Where the boxes go. Graphviz gets boxes of the sizes that their text has here, and gives positions only.

const LINE = 16,
  PAD_X = 12,
  PAD_Y = 8,
  POINT = 72;
const pen = document.createElement("canvas").getContext("2d");

function textWidth(text, isName) {
  pen.font = isName ? '600 13px system-ui, "Segoe UI", Roboto, Arial, sans-serif' : '12px system-ui, "Segoe UI", Roboto, Arial, sans-serif';
  return pen.measureText(text).width;
}

function boxSize(lines) {
  const width = Math.max(84, ...lines.map((line, k) => textWidth(line, k === 0))) + 2 * PAD_X;
  return { width: Math.ceil(width), height: lines.length * LINE + 2 * PAD_Y };
}

function inches(pixels) {
  return (pixels / POINT).toFixed(4);
}

// boxes: Map key -> {width, height, scope}; scopes: [{key, parent, title}]; links: [{from, to}].
function dotOf(boxes, scopes, links, direction) {
  const lines = [
    `digraph{rankdir=${direction};nodesep=${direction === "LR" ? 0.22 : 0.32};ranksep=0.5;node[shape=box,fixedsize=true,label=""];edge[arrowhead=none];`,
  ];
  const inside = (parent) => {
    for (const [key, box] of boxes) {
      if (box.scope === parent) lines.push(`${key}[width=${inches(box.width)},height=${inches(box.height)}];`);
    }
    for (const scope of scopes) {
      if (scope.parent !== parent) continue;
      const width = Math.ceil(textWidth(scope.title, false)) + 26;
      lines.push(
        `subgraph cluster_${scope.key}{margin=10;label=<<TABLE BORDER="0" FIXEDSIZE="TRUE" WIDTH="${width}" HEIGHT="20"><TR><TD></TD></TR></TABLE>>;`,
      );
      inside(scope.key);
      lines.push("}");
    }
  };
  inside(null);
  links.forEach((link) => lines.push(`${link.from}->${link.to};`));
  return `${lines.join("\n")}}`;
}

// Positions: {width, height, boxes: Map key -> {x, y}, scopes: Map key -> {x, y, width, height}, routes: Map "from>to" -> points}.
function placed(viz, boxes, scopes, links, direction) {
  const found = viz.renderJSON(dotOf(boxes, scopes, links, direction));
  const [left, bottom, right, top] = (found.bb || "0,0,0,0").split(",").map(Number);
  const point = (text) => {
    const [x, y] = text.split(",").map(Number);
    return { x: x - left, y: top - y };
  };
  const result = { width: right - left, height: top - bottom, boxes: new Map(), scopes: new Map(), routes: new Map() };
  const names = new Map();
  for (const object of found.objects || []) {
    names.set(object._gvid, object.name);
    if (object.pos) result.boxes.set(object.name, point(object.pos));
    else if (object.bb && object.name.startsWith("cluster_")) {
      const [x0, y0, x1, y1] = object.bb.split(",").map(Number);
      result.scopes.set(object.name.slice(8), { x: x0 - left, y: top - y1, width: x1 - x0, height: y1 - y0 });
    }
  }
  for (const edge of found.edges || []) {
    const key = `${names.get(edge.tail)}>${names.get(edge.head)}`;
    const points = (edge.pos || "")
      .split(" ")
      .filter((part) => !/^[se],/.test(part))
      .map(point);
    if (points.length) result.routes.set(key, points);
  }
  return result;
}

function pathOf(points) {
  const [first, ...rest] = points;
  let path = `M${first.x.toFixed(1)} ${first.y.toFixed(1)}`;
  for (let k = 0; k + 2 < rest.length; k += 3) {
    path += `C${rest
      .slice(k, k + 3)
      .map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`)
      .join(" ")}`;
  }
  return path;
}

// The head of an arrow at the last of some points, coming from the one before it.
function tipOf(end, before) {
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const [dx, dy] = [(end.x - before.x) / length, (end.y - before.y) / length];
  const [x, y] = [end.x - 8 * dx, end.y - 8 * dy];
  return `M${end.x.toFixed(1)} ${end.y.toFixed(1)}L${(x - 4 * dy).toFixed(1)} ${(y + 4 * dx).toFixed(1)}L${(x + 4 * dy).toFixed(1)} ${(y - 4 * dx).toFixed(1)}z`;
}
