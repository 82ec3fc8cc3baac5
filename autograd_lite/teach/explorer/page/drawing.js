// The picture: boxes with name, op, value and gradient; edges that turn red when a gradient has come back along them.

const MARGIN = 24,
  LEGEND = 20,
  LARGEST = 1.35,
  READABLE = 0.62,
  MOST_IN_BOTH_WAYS = 90;

class Drawing {
  constructor(app) {
    this.app = app;
    this.svg = document.getElementById("picture");
    this.frames = drawn("g");
    this.edges = drawn("g");
    this.nodes = drawn("g");
    this.tags = drawn("g", { "aria-hidden": "true" });
    this.svg.append(this.frames, this.edges, this.nodes, this.tags);
    this.boxes = new Map();
    this.elements = new Map();
    this.direction = null;
    this.window = { x: 0, y: 0, scale: 1 };
    this.listen();
  }

  // ------------------------------------------------------------ layout

  // Lay out what is visible, and draw it; boxes that were there move to their new places.
  layOut() {
    const { app } = this;
    const keys = [...new Set(app.data.nodes.map((_, id) => app.scopes.boxOf(id)))];
    this.boxes = new Map(
      keys.map((key) => {
        const lines = app.linesOf(key, true);
        return [key, { key, ...boxSize(lines.map((line) => line.text)), scope: app.scopes.scopeOf(key) }];
      }),
    );
    this.links = this.linksBetween();
    const started = performance.now();
    const ways = this.direction ? [this.direction] : this.boxes.size <= MOST_IN_BOTH_WAYS ? ["LR", "TB"] : ["TB"];
    const places = ways.map((way) => ({ way, ...placed(app.viz, this.boxes, app.scopes.frames(), this.links, way) }));
    this.place = places.reduce((best, other) => (this.scaleFor(other) > this.scaleFor(best) * 1.05 ? other : best));
    this.layoutTime = performance.now() - started;
    this.drawFrames();
    this.drawEdges();
    this.drawNodes();
  }

  linksBetween() {
    const { data, scopes } = this.app;
    const links = new Map();
    data.nodes.forEach((node, id) => {
      const to = scopes.boxOf(id);
      node.arguments.forEach(({ result }, argument) => {
        const from = scopes.boxOf(data.results[result].node);
        if (from === to) return;
        const key = `${from}>${to}`;
        if (!links.has(key)) links.set(key, { key, from, to, parts: [] });
        links.get(key).parts.push({ result, consumer: id, argument });
      });
    });
    return [...links.values()];
  }

  drawFrames() {
    this.frames.replaceChildren(
      ...this.app.scopes.frames().flatMap((frame) => {
        const box = this.place.scopes.get(frame.key);
        if (!box) return [];
        const group = Number(frame.key.slice(1));
        const fold = () => this.app.toggle(group);
        const label = `${frame.title} −`;
        return [
          drawn(
            "g",
            { class: "scope" },
            drawn("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 10 }),
            drawn(
              "g",
              {
                class: "handle",
                role: "button",
                tabindex: 0,
                "aria-expanded": "true",
                "aria-label": `Fold the scope ${frame.title}`,
                onclick: fold,
                onkeydown: (event) => {
                  if (event.key === "Enter" || event.key === " ") {
                    event.preventDefault();
                    event.stopPropagation();
                    fold();
                  }
                },
              },
              drawn("rect", { x: box.x + 6, y: box.y + 5, width: textWidth(label, false) + 12, height: 20, rx: 5 }),
              drawn("text", { x: box.x + 12, y: box.y + 19 }, label),
            ),
          ),
        ];
      }),
    );
  }

  drawEdges() {
    this.edges.replaceChildren(
      ...this.links.map((link) => {
        const points = this.place.routes.get(link.key);
        if (!points) return "";
        link.middle = points[Math.floor(points.length / 2)];
        link.points = points;
        link.element = drawn("g", { class: "edge fresh" }, drawn("path", { d: pathOf(points) }), drawn("path", { class: "tip" }));
        return link.element;
      }),
    );
    requestAnimationFrame(() => this.edges.querySelectorAll(".fresh").forEach((edge) => edge.classList.remove("fresh")));
  }

  drawNodes() {
    const before = this.elements;
    this.elements = new Map();
    for (const [key, box] of this.boxes) {
      const made = before.get(key) || this.newNode(key);
      const { x, y } = this.place.boxes.get(key);
      made.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
      this.elements.set(key, made);
      this.fill(key, box);
    }
    this.nodes.replaceChildren(...this.elements.values());
  }

  newNode(key) {
    return drawn("g", {
      role: "button",
      tabindex: -1,
      onclick: () => this.app.select(key),
      ondblclick: () => this.app.unfoldBox(key),
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          event.stopPropagation();
          this.app.activate(key);
        }
      },
    });
  }

  // ------------------------------------------------------------ what the step shows

  fill(key, box) {
    const { app } = this;
    const made = this.elements.get(key);
    const lines = app.linesOf(key, false);
    const { width, height } = box;
    const look = app.lookOf(key);
    made.setAttribute("class", `node ${look.join(" ")}`);
    made.setAttribute("aria-label", app.spoken(key));
    made.setAttribute("tabindex", app.selected === key ? 0 : -1);
    if (key[0] === "g") made.setAttribute("aria-expanded", "false");
    const rect = (attributes) => drawn("rect", { x: -width / 2, y: -height / 2, width, height, rx: 8, ...attributes });
    const top = -height / 2 + PAD_Y + 12;
    made.replaceChildren(
      drawn("title", {}, app.nameOf(key)),
      ...(key[0] === "g" ? [rect({ class: "behind", x: -width / 2 + 4, y: -height / 2 - 4 })] : []),
      rect({ class: "halo", x: -width / 2 - 3, y: -height / 2 - 3, width: width + 6, height: height + 6, rx: 10 }),
      rect({ class: "body" }),
      ...lines.map((line, k) => drawn("text", { x: -width / 2 + PAD_X, y: top + k * LINE, class: line.look }, line.text)),
      ...(app.hasHint(key) ? [drawn("text", { x: width / 2 - 15, y: top, class: "warning" }, "!")] : []),
    );
  }

  // Bring everything up to date with the step, without a new layout.
  update() {
    for (const [key, box] of this.boxes) this.fill(key, box);
    const { app } = this;
    const now = app.steps.current;
    const tags = [];
    for (const link of this.links) {
      if (!link.element) continue;
      const back = link.parts.filter((part) => app.termOf(part.result, part.consumer, part.argument) && app.steps.hasPassed(part.consumer));
      const done = link.parts.some((part) => app.steps.hasValue(part.consumer));
      const active =
        now !== null &&
        (now.phase === "forward" || now.phase === "backward") &&
        link.to === app.scopes.boxOf(now.node) &&
        link.parts.some((part) => part.consumer === now.node && (now.phase === "forward" || back.includes(part)));
      link.element.setAttribute(
        "class",
        ["edge", done && "done", back.length && "back", active && "active", active && now.phase === "forward" && "ahead"]
          .filter(Boolean)
          .join(" "),
      );
      const { points } = link;
      const last = points.length - 1;
      link.element.lastChild.setAttribute("d", back.length ? tipOf(points[0], points[1]) : tipOf(points[last], points[last - 1]));
      if (active && now.phase === "backward")
        tags.push(
          this.tag(
            link,
            back.filter((part) => part.consumer === now.node),
          ),
        );
    }
    this.tags.replaceChildren(...tags);
  }

  // What is passed back along an edge in this step.
  tag(link, parts) {
    const text = parts.map((part) => briefly(this.app.termValue(part.result, part.consumer, part.argument), true)).join(" and ");
    const width = textWidth(text, false) + 14;
    return drawn(
      "g",
      { class: "tag", transform: `translate(${link.middle.x.toFixed(1)} ${link.middle.y.toFixed(1)})` },
      drawn("rect", { x: -width / 2, y: -10, width, height: 20, rx: 10 }),
      drawn("text", { x: 0, y: 4, "text-anchor": "middle" }, text),
    );
  }

  // ------------------------------------------------------------ zooming and moving

  // How large a layout can be drawn so that all of it shows.
  scaleFor(place) {
    const { clientWidth: width, clientHeight: height } = this.svg;
    return Math.min((width - 2 * MARGIN) / Math.max(place.width, 1), (height - 2 * MARGIN - LEGEND) / Math.max(place.height, 1), LARGEST);
  }

  // Show all of the graph; with `readable`, its beginning if the text of all of it would be too small.
  fit(readable) {
    const { clientWidth: width, clientHeight: height } = this.svg;
    if (!width || !this.place) return;
    const onPaper = matchMedia("print").matches;
    const scale = Math.max(this.scaleFor(this.place), readable && !onPaper ? READABLE : 0);
    const centred = (room, size) => Math.max((room / scale - size) / 2, MARGIN / scale);
    this.window = { scale, x: centred(width, this.place.width), y: centred(height - LEGEND, this.place.height) };
    this.show();
  }

  show() {
    const { x, y, scale } = this.window;
    const { clientWidth: width, clientHeight: height } = this.svg;
    this.svg.setAttribute("viewBox", `${-x} ${-y} ${width / scale} ${height / scale}`);
  }

  zoom(factor, at) {
    const { clientWidth: width, clientHeight: height } = this.svg;
    const point = at || { x: width / 2, y: height / 2 };
    const before = this.window.scale;
    const scale = Math.min(Math.max(before * factor, 0.03), 4);
    this.window = { scale, x: this.window.x + point.x / scale - point.x / before, y: this.window.y + point.y / scale - point.y / before };
    this.show();
  }

  // Move the window so that a box is in it.
  reveal(key) {
    const at = this.place && this.place.boxes.get(key);
    if (!at) return;
    const { clientWidth: width, clientHeight: height } = this.svg;
    const { scale } = this.window;
    const [x, y] = [(at.x + this.window.x) * scale, (at.y + this.window.y) * scale];
    const margin = 70;
    if (x >= margin && x <= width - margin && y >= margin && y <= height - margin) return;
    if (this.place.width * scale < width && this.place.height * scale < height) return;
    this.window.x = this.within(width / 2 / scale - at.x, width / scale, this.place.width, scale);
    this.window.y = this.within(height / 2 / scale - at.y, height / scale, this.place.height, scale);
    this.show();
  }

  // An offset that leaves no more room beside the graph than there must be.
  within(offset, room, size, scale) {
    if (size <= room) return (room - size) / 2;
    return Math.min(MARGIN / scale, Math.max(offset, room - size - (MARGIN + LEGEND) / scale));
  }

  listen() {
    const { svg } = this;
    let from = null;
    svg.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".node, .handle")) {
        from = event;
        svg.setPointerCapture(event.pointerId);
        svg.classList.add("dragged");
      }
    });
    svg.addEventListener("pointermove", (event) => {
      if (!from) return;
      this.window.x += (event.clientX - from.clientX) / this.window.scale;
      this.window.y += (event.clientY - from.clientY) / this.window.scale;
      from = event;
      this.show();
    });
    const stop = () => {
      from = null;
      svg.classList.remove("dragged");
    };
    svg.addEventListener("pointerup", stop);
    svg.addEventListener("pointercancel", stop);
    svg.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const { left, top } = svg.getBoundingClientRect();
        this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), { x: event.clientX - left, y: event.clientY - top });
      },
      { passive: false },
    );
    new ResizeObserver(() => this.fit(true)).observe(svg);
  }
}
