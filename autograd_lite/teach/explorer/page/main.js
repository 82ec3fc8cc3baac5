// Brings the parts together: the data, the step, the selection, the keys.

const FLAT = 0.05,
  MANY = 0.5,
  NEARLY_ALL = 0.9,
  PLAY_PAUSE = 1100;

class App {
  constructor(data) {
    this.data = data;
    data.nodes.forEach((node, id) => (node.id = id));
    this.engine = data.problem ? null : new Engine(data);
    this.state = null; // what the engine computed, once a slider was moved
    this.steps = new Steps(data);
    this.scopes = new Scopes(data);
    this.selected = null;
    this.borders = new Map();
  }

  async start() {
    this.viz = await Viz.instance();
    this.drawing = new Drawing(this);
    this.panel = new Panel(this);
    this.sliders = new Sliders(this);
    this.legend();
    document.getElementById("waiting").remove();
    this.drawing.layOut();
    this.drawing.fit(true);
    this.controls();
    this.refresh(true);
    document.documentElement.dataset.ready = "true";
  }

  // ------------------------------------------------------------ numbers, recorded or computed here

  shown(computed, packed) {
    return computed ? { ...computed, dtype: (packed && packed.dtype) || "float32" } : packed;
  }

  valueOf(result) {
    return this.shown(this.state && this.state.values[result], this.data.results[result].value);
  }

  gradientOf(result) {
    const packed = this.data.results[result].gradient;
    return packed ? this.shown(this.state && this.state.gradients[result], packed) : null;
  }

  termOf(result, consumer, argument) {
    return this.data.results[result].terms.find((term) => term.consumer === consumer && term.argument === argument) || null;
  }

  termValue(result, consumer, argument) {
    const { terms, gradient } = this.data.results[result];
    const number = terms.findIndex((term) => term.consumer === consumer && term.argument === argument);
    const packed = terms[number].value || gradient;
    return this.shown(this.state && this.state.terms[result][number], packed);
  }

  localOf(term) {
    const consumer = this.data.nodes[term.consumer];
    return this.state ? this.engine.local(consumer, term.argument, this.state) : term.local;
  }

  partialSum(result) {
    const there = this.data.results[result].terms.filter((term) => this.steps.hasPassed(term.consumer));
    const arrays = there.map((term) => unpacked(this.termValue(result, term.consumer, term.argument)));
    return arrays.every(Boolean) ? briefly(arrays.reduce(added), true) : "a sum";
  }

  differencesOf(result) {
    if (!this.engine || !this.state) return this.data.differences.filter((item) => item.result === result);
    const shape = this.data.results[result].value.shape;
    const gradient = this.state.gradients[result];
    if (!isLeaf(this.data.nodes[this.data.results[result].node]) || !gradient) return [];
    return gradient.data.slice(0, 6).map((analytic, k) => {
      const numeric = this.engine.difference(result, k);
      return {
        index: indexOf(k, shape),
        analytic,
        numeric,
        agrees: Math.abs(analytic - numeric) <= 1e-6 + 1e-3 * Math.abs(analytic),
        kink: false,
      };
    });
  }

  afterUpdate(update) {
    if (!this.state) return update.after;
    const after = this.engine.updated(update, this.state);
    return after && this.shown(after, update.after);
  }

  hintsOf(id) {
    if (!this.state) return this.steps.hasValue(id) ? this.data.nodes[id].hints || [] : [];
    if (!this.steps.hasValue(id)) return [];
    if (!this.state.hints.has(id)) this.state.hints.set(id, this.hintsNow(id));
    return this.state.hints.get(id);
  }

  // What is to be remarked at the values that were moved.
  hintsNow(id) {
    const node = this.data.nodes[id];
    const passed = node.arguments.map(({ result }, argument) => this.termOf(result, id, argument)).filter(Boolean);
    if (!this.data.types[node.type]?.elementwise || passed.length !== 1) return [];
    const local = this.engine.local(node, passed[0].argument, this.state);
    const share = (test) => local.array.data.filter(test).length / Math.max(local.array.data.length, 1);
    const [zero, flat] = [share((slope) => slope === 0), share((slope) => Math.abs(slope) < FLAT)];
    if (zero === 1) return ["Dead: its input lies where the curve is flat, the local derivative is 0, so no gradient passes."];
    if (zero >= NEARLY_ALL) return [`${Math.round(100 * zero)}% of its elements have the local derivative 0: the gradient stops there.`];
    if (flat >= MANY && flat > zero)
      return [
        `Saturated: ${Math.round(100 * flat)}% of its inputs lie where the curve is nearly flat (slope below ${FLAT}): little gradient passes.`,
      ];
    return [];
  }

  // ------------------------------------------------------------ boxes

  // Results that enter and leave a scope.
  borderOf(group) {
    if (!this.borders.has(group)) {
      const inside = new Set(this.scopes.membersOf(group));
      const into = new Set(),
        out = new Set();
      this.data.nodes.forEach((node, id) =>
        node.arguments.forEach(({ result }) => {
          const from = inside.has(this.data.results[result].node);
          if (inside.has(id) && !from) into.add(result);
          if (!inside.has(id) && from) out.add(result);
        }),
      );
      if (inside.has(this.data.results[this.data.loss].node)) out.add(this.data.loss);
      this.borders.set(group, { into: [...into], out: [...out] });
    }
    return this.borders.get(group);
  }

  nameOf(key) {
    return key[0] === "n" ? this.data.nodes[key.slice(1)].name : this.data.groups[key.slice(1)].label;
  }

  // The lines in a box; with `widest`, those of the last step, for which there must be room.
  linesOf(key, widest) {
    if (key[0] === "g") {
      const { label, size } = this.data.groups[key.slice(1)];
      const { out } = this.borderOf(Number(key.slice(1)));
      return [
        { text: cut(label, 30), look: "name" },
        { text: `${size} nodes, folded`, look: "type" },
        ...(out.length === 1 ? this.numberLines(out[0], widest) : [{ text: `${out.length} results go out`, look: "quiet" }]),
      ];
    }
    const node = this.data.nodes[key.slice(1)];
    const lines = [
      { text: cut(node.label, 26), look: "name" },
      { text: node.kind === "operation" ? node.type : node.kind, look: "type" },
    ];
    return node.results.length ? [...lines, ...this.numberLines(node.results[0], widest)] : lines;
  }

  numberLines(result, widest) {
    const { gradient, node, terms } = this.data.results[result];
    const pending = "not computed yet";
    const known = widest || this.steps.hasValue(node);
    const value = briefly(this.valueOf(result)) || "no value";
    const isNumber = this.valueOf(result) && !this.valueOf(result).shape.length;
    const lines = [{ text: known ? `${isNumber ? "= " : ""}${value}` : pending, look: known ? "value" : "quiet" }];
    if (!gradient) return lines;
    const status = widest ? "full" : this.steps.gradientOf(result);
    if (status === "full") lines.push({ text: `∂ ${briefly(this.gradientOf(result), true)}`, look: "gradient" });
    else if (status === "part") lines.push({ text: `∂ ${this.partialSum(result)} so far`, look: "gradient" });
    else lines.push({ text: `∂ ${pending}`, look: "gradient quiet" });
    if (widest) {
      const last = lines[lines.length - 1];
      const others = [`∂ ${pending}`, terms.length > 1 ? `${last.text} so far` : ""];
      last.text = others.reduce((longest, text) => (text.length > longest.length ? text : longest), last.text);
    }
    return lines;
  }

  lookOf(key) {
    const now = this.steps.current;
    const look = [key[0] === "g" ? "group" : this.data.nodes[key.slice(1)].kind];
    if (key === this.selected) look.push("selected");
    if (now && this.scopes.boxOf(now.node) === key) look.push(`now-${now.phase}`);
    if (now && now.phase === "update" && key[0] === "n" && this.data.updates.some((update) => update.variable === Number(key.slice(1))))
      look.push("now-update");
    if (key[0] === "n" && !this.steps.hasValue(Number(key.slice(1)))) look.push("pending");
    return look;
  }

  hasHint(key) {
    return key[0] === "n" && this.hintsOf(Number(key.slice(1))).length > 0;
  }

  spoken(key) {
    const [name, type, value, gradient] = this.linesOf(key, false).map((line) => line.text);
    const full = this.nameOf(key);
    return [full || name, type, value && `value ${value}`, gradient && gradient.replace("∂", "gradient")].filter(Boolean).join(", ");
  }

  // ------------------------------------------------------------ selecting, folding, stepping, moving

  select(key) {
    this.selected = key;
    this.refresh(true);
  }

  selectNode(id) {
    const key = this.scopes.boxOf(id);
    if (key[0] === "g") {
      this.scopes.around(this.data.nodes[id].group).forEach((group) => this.scopes.open.add(group));
      this.folded();
    }
    this.select(`n${id}`);
    this.drawing.reveal(`n${id}`);
  }

  activate(key) {
    if (key[0] === "g") this.toggle(Number(key.slice(1)));
    else this.select(key);
  }

  unfoldBox(key) {
    if (key[0] === "g") this.toggle(Number(key.slice(1)));
  }

  toggle(group) {
    this.scopes.toggle(group);
    if (!this.scopes.open.has(group)) this.selected = `g${group}`;
    else if (this.selected === `g${group}`) this.selected = null;
    this.folded();
    this.refresh(true);
  }

  folded() {
    if (this.selected !== null && this.selected[0] === "n") this.selected = this.scopes.boxOf(Number(this.selected.slice(1)));
    this.drawing.layOut();
    this.drawing.fit(true);
    this.drawing.update();
  }

  go(step) {
    this.steps.now = Math.max(0, Math.min(step, this.steps.last));
    const now = this.steps.current;
    this.selected = now ? this.scopes.boxOf(now.node) : null;
    this.refresh(true);
    if (now) this.drawing.reveal(this.selected);
    if (this.steps.now === this.steps.last) this.stop();
  }

  forward() {
    this.go(this.steps.onward((node) => this.scopes.boxOf(node)));
  }

  backward() {
    this.go(this.steps.backward((node) => this.scopes.boxOf(node)));
  }

  move(result, place, value) {
    this.engine.move(result, place, value);
    this.state = { ...this.engine.run(), hints: new Map() };
    this.refresh(false);
  }

  asRecorded() {
    this.engine.moved.clear();
    this.state = null;
    this.refresh(true);
  }

  refresh(withSliders) {
    const { now, last } = this.steps;
    const scrub = document.getElementById("scrub");
    scrub.max = last;
    scrub.value = now;
    document.getElementById("count").textContent = `${now} / ${last}`;
    for (const [id, off] of [
      ["back", now === 0],
      ["reset", now === 0],
      ["next", now === last],
      ["end", now === last],
    ]) {
      document.getElementById(id).disabled = off;
    }
    document.getElementById("now").replaceChildren(...this.narration());
    scrub.setAttribute("aria-valuetext", document.getElementById("now").textContent);
    const folded = this.scopes.summary();
    document
      .getElementById("notes")
      .replaceChildren(...[...this.data.notes, ...(folded ? [folded] : [])].map((note) => element("p", {}, note)));
    this.drawing.update();
    this.panel.show();
    if (withSliders) this.sliders.show();
    if (document.getElementById("all").open) this.table();
  }

  narration() {
    const now = this.steps.current;
    if (!now) return ["Before the first step: the leaves have their values, nothing is computed yet. Press → (or play)."];
    const node = this.data.nodes[now.node];
    const word = element("b", { class: now.phase }, now.phase);
    const box = this.scopes.boxOf(now.node);
    const name = element("b", {}, box[0] === "g" ? `${this.nameOf(box)} (folded)` : node.name);
    const value = node.results.length ? briefly(this.valueOf(node.results[0])) : "";
    if (now.phase === "forward")
      return [word, ": ", name, box[0] === "g" ? " is computed" : ` computes ${node.type}${value ? ` = ${value}` : ""}`];
    if (now.phase === "seed") return [word, ": the backward pass starts at ", name, " with ∂loss / ∂loss = 1"];
    if (now.phase === "update")
      return [word, ": the optimizer would change ", this.data.updates.map((update) => this.data.nodes[update.variable].name).join(", ")];
    if (box[0] === "g") return [word, ": ", name, " passes its gradient on"];
    const parts = node.arguments.flatMap(({ result }, argument) =>
      this.termOf(result, now.node, argument)
        ? [`${this.data.results[result].name} gets ${briefly(this.termValue(result, now.node, argument), true)}`]
        : [],
    );
    return [
      word,
      ": ",
      name,
      ` has its gradient ${node.results.map((result) => briefly(this.gradientOf(result), true)).join(", ")}; ${parts.join(", ")}`,
    ];
  }

  // ------------------------------------------------------------ play, keys, buttons

  play() {
    if (this.timer) {
      this.stop();
      return;
    }
    if (this.steps.now === this.steps.last) this.go(0);
    this.timer = setInterval(() => this.forward(), PLAY_PAUSE);
    const button = document.getElementById("play");
    button.textContent = "⏸ pause";
    button.setAttribute("aria-pressed", "true");
    button.setAttribute("aria-label", "Pause");
    this.forward();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    const button = document.getElementById("play");
    button.textContent = "▶ play";
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", "Play");
  }

  controls() {
    const on = (id, action) => document.getElementById(id).addEventListener("click", action);
    const byHand = (action) => () => {
      this.stop();
      action();
    };
    on(
      "next",
      byHand(() => this.forward()),
    );
    on(
      "back",
      byHand(() => this.backward()),
    );
    on(
      "reset",
      byHand(() => this.go(0)),
    );
    on(
      "end",
      byHand(() => this.go(this.steps.last)),
    );
    on("play", () => this.play());
    on("fit", () => this.drawing.fit());
    on("larger", () => this.drawing.zoom(1.25));
    on("smaller", () => this.drawing.zoom(0.8));
    on("fold", () => {
      this.scopes.foldAll();
      this.folded();
      this.refresh(true);
    });
    on("unfold", () => {
      this.scopes.unfoldAll();
      this.folded();
      this.refresh(true);
    });
    on("turn", () => {
      this.drawing.direction = this.drawing.place.way === "LR" ? "TB" : "LR";
      this.folded();
    });
    on("theme", () => {
      DARK.removeEventListener("change", followTheSystem);
      setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    });
    for (const id of ["fold", "unfold"]) document.getElementById(id).hidden = !this.data.groups.length;
    document.getElementById("scrub").addEventListener("input", (event) => {
      this.stop();
      this.go(Number(event.target.value));
    });
    document.getElementById("all").addEventListener("toggle", () => this.table());
    document.addEventListener("keydown", (event) => this.key(event));
    const table = document.getElementById("all");
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = { theme: document.documentElement.dataset.theme, open: table.open };
      setTheme("light"); // on paper
      table.open = true;
      this.table();
      this.drawing.fit();
    });
    window.addEventListener("afterprint", () => {
      setTheme(before.theme);
      table.open = before.open;
    });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const onButton = event.target.closest("button, summary");
    const actions = {
      ArrowRight: () => this.forward(),
      ArrowLeft: () => this.backward(),
      Home: () => this.go(0),
      End: () => this.go(this.steps.last),
      ArrowDown: () => this.walk(1),
      ArrowUp: () => this.walk(-1),
      "+": () => this.drawing.zoom(1.25),
      "-": () => this.drawing.zoom(0.8),
      0: () => this.drawing.fit(),
    };
    if (!onButton) actions[" "] = () => this.play();
    const action = actions[event.key];
    if (!action || (event.key.startsWith("Arrow") && event.target.closest("#side") && ["ArrowUp", "ArrowDown"].includes(event.key))) return;
    event.preventDefault();
    if (event.key !== " " && (event.key.startsWith("ArrowR") || event.key.startsWith("ArrowL"))) this.stop();
    action();
  }

  // Select the next box in the order of computation, and put the focus on it.
  walk(step) {
    const keys = [...this.drawing.boxes.keys()];
    const place = keys.indexOf(this.selected);
    const key = keys[Math.max(0, Math.min(place < 0 ? 0 : place + step, keys.length - 1))];
    this.select(key);
    this.drawing.reveal(key);
    this.drawing.elements.get(key).focus();
  }

  legend() {
    const kinds = new Set(this.data.nodes.map((node) => node.kind));
    const names = { loop: "loop", conditional: "conditional" };
    document.getElementById("legend").append(
      ...["placeholder", "variable", "constant", "operation", "loop", "conditional"]
        .filter((kind) => kinds.has(kind))
        .map((kind) => {
          const colour = kind === "conditional" ? "loop" : kind;
          return element(
            "li",
            {},
            element("i", { style: `background: var(--${colour}); border-color: var(--${colour}-line)` }),
            names[kind] || kind,
          );
        }),
    );
  }

  table() {
    const { data, steps } = this;
    const rows = data.nodes.map((node, id) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, node.name),
        element("td", {}, node.kind === "operation" ? node.type : node.kind),
        element("td", {}, steps.hasValue(id) ? node.results.map((result) => briefly(this.valueOf(result))).join("; ") : "not computed yet"),
        element(
          "td",
          {},
          node.results
            .map(
              (result) =>
                ({ never: "none", none: "not computed yet", part: "in part", full: briefly(this.gradientOf(result), true) })[
                  steps.gradientOf(result)
                ],
            )
            .join("; "),
        ),
        element(
          "td",
          {},
          node.results
            .flatMap((result) =>
              data.results[result].terms
                .filter((term) => steps.hasPassed(term.consumer))
                .map((term) => `${data.nodes[term.consumer].name}: ${briefly(this.termValue(result, term.consumer, term.argument), true)}`),
            )
            .join("; "),
        ),
      ),
    );
    document.getElementById("table").replaceChildren(
      element(
        "div",
        { class: "scroll" },
        element(
          "table",
          {},
          element(
            "thead",
            {},
            element(
              "tr",
              {},
              ["node", "op", "value", "gradient", "made of"].map((head) => element("th", { scope: "col" }, head)),
            ),
          ),
          element("tbody", {}, rows),
        ),
      ),
    );
  }
}

const DARK = matchMedia("(prefers-color-scheme: dark)");

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

// Until the reader chooses.
function followTheSystem() {
  setTheme(DARK.matches ? "dark" : "light");
}

async function unzipped(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent.trim()), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

async function begin() {
  followTheSystem();
  DARK.addEventListener("change", followTheSystem);
  const data = JSON.parse(await unzipped("story"));
  const script = document.createElement("script");
  script.textContent = await unzipped("graphviz");
  document.head.append(script);
  const app = new App(data);
  window.explorer = app;
  await app.start();
}

begin().catch((error) => {
  const waiting = document.getElementById("waiting");
  if (waiting) waiting.textContent = `This page could not be drawn: ${error.message}`;
  throw error;
});
