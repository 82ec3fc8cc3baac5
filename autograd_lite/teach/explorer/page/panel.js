// What is told of the selected box: its rule, its value, where its gradient comes from, what it passes back.

class Panel {
  constructor(app) {
    this.app = app;
    this.place = document.getElementById("panel");
    this.opened = new Set(); // rows that the reader has opened
  }

  show() {
    const { app } = this;
    const key = app.selected;
    this.place.replaceChildren(
      ...(key === null ? this.welcome() : key[0] === "g" ? this.ofGroup(Number(key.slice(1))) : this.ofNode(Number(key.slice(1)))),
    );
  }

  welcome() {
    return [
      element("h2", {}, "Step through the graph"),
      element(
        "p",
        {},
        "Press → to compute node after node, then to send the gradient back. " +
          "Click a box to see its numbers; ↑ and ↓ walk through the boxes.",
      ),
    ];
  }

  heading(name, kind, type) {
    return element("h2", {}, name, " ", element("span", { class: `badge ${kind}` }, type));
  }

  linkTo(node, text) {
    return element(
      "button",
      { type: "button", class: "linklike", onclick: () => this.app.selectNode(node) },
      text || this.app.data.nodes[node].name,
    );
  }

  // ------------------------------------------------------------ one node

  ofNode(id) {
    const { app } = this;
    const node = app.data.nodes[id];
    const type = app.data.types[node.type] || {};
    const parts = [this.heading(node.name, node.kind, node.kind === "operation" ? node.type : node.kind)];
    if (type.about) parts.push(element("p", {}, type.about));
    if (node.members > 1) parts.push(element("p", { class: "soft" }, `It stands for ${node.members} operations.`));
    parts.push(...app.hintsOf(id).map((hint) => element("p", { class: "hint" }, hint)));
    if (type.rule) parts.push(element("h3", {}, "Rule"), formula(type.rule), this.argumentTable(node));
    else if (node.arguments.length) parts.push(element("h3", {}, "Takes"), this.argumentTable(node));
    for (const result of node.results) parts.push(...this.ofResult(node, id, result));
    if (!isLeaf(node)) parts.push(...this.passesBack(node, id));
    parts.push(...this.update(id));
    parts.push(element("p", { class: "soft small" }, `made at ${node.where}`));
    return parts;
  }

  argumentTable(node) {
    const { app } = this;
    const rows = node.arguments.map(({ name, result }) => {
      const source = app.data.results[result];
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, name),
        element("td", {}, this.linkTo(source.node, source.name)),
        element(
          "td",
          {},
          app.steps.hasValue(source.node) ? briefly(app.valueOf(result)) : element("span", { class: "notyet" }, "not computed yet"),
        ),
      );
    });
    for (const [name, packed] of Object.entries(node.parameters || {})) {
      rows.push(
        element(
          "tr",
          {},
          element("th", { scope: "row" }, name),
          element("td", { class: "soft" }, "fixed"),
          element(
            "td",
            {},
            packed.data ? (packed.shape.length ? `[${packed.data.join(", ")}]` : String(packed.data[0])) : shapeText(packed.shape),
          ),
        ),
      );
    }
    return rows.length ? element("div", { class: "scroll" }, element("table", {}, element("tbody", {}, rows))) : null;
  }

  ofResult(node, id, number) {
    const { app } = this;
    const result = app.data.results[number];
    const many = node.results.length > 1 ? ` of ${result.name}` : "";
    const parts = [element("h3", {}, "Value", element("span", { class: "asis" }, many))];
    parts.push(app.steps.hasValue(id) ? arrayView(app.valueOf(number)) : element("p", { class: "notyet" }, "not computed yet"));
    parts.push(element("h3", {}, "Gradient: ", element("span", { class: "asis" }, `∂loss / ∂${shortName(result.name)}`)));
    const status = app.steps.gradientOf(number);
    if (status === "never") parts.push(element("p", { class: "soft" }, `It has none. ${result.why || ""}`));
    else if (status === "none") parts.push(element("p", { class: "notyet" }, "not computed yet"));
    else if (status === "full") parts.push(arrayView(app.gradientOf(number)));
    if (status !== "never") parts.push(...this.terms(number, status), ...this.differences(number, status));
    return parts;
  }

  // One row per consumer, and their sum.
  terms(number, status) {
    const { app } = this;
    const { data, steps } = app;
    const result = data.results[number];
    const rows = result.terms.map((term) => {
      const consumer = data.nodes[term.consumer];
      const name =
        consumer.arguments.length > 1
          ? [this.linkTo(term.consumer), ` (${consumer.arguments[term.argument].name})`]
          : this.linkTo(term.consumer);
      if (!steps.hasPassed(term.consumer)) {
        return element(
          "tr",
          { class: "hidden-term" },
          element("td", { class: "who" }, name),
          element("td", { colspan: 3 }, "not computed yet"),
        );
      }
      const upstream = consumer.results
        .map((one) => briefly(app.gradientOf(one), true))
        .filter(Boolean)
        .join(", ");
      const contribution = app.termValue(number, term.consumer, term.argument);
      return [
        element(
          "tr",
          {},
          element("td", { class: "who" }, name),
          element("td", { class: "number" }, upstream),
          element("td", { class: "number" }, this.localText(term)),
          element("td", { class: "number" }, briefly(contribution, true)),
        ),
        this.inFull(term, contribution),
      ];
    });
    if (number === data.loss) {
      rows.unshift(
        element(
          "tr",
          {},
          element("td", { colspan: 3 }, "the start: ∂loss / ∂loss"),
          element("td", { class: "number" }, steps.isSeeded ? "1" : "not computed yet"),
        ),
      );
    }
    if (!rows.length) return [];
    const there = result.terms.filter((term) => steps.hasPassed(term.consumer)).length;
    const sum =
      status === "full"
        ? briefly(app.gradientOf(number), true)
        : status === "part"
          ? `${app.partialSum(number)} so far (${there} of ${result.terms.length})`
          : "not computed yet";
    return [
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
              ["used by", "its gradient", "× local derivative", "= contribution"].map((head) => element("th", { scope: "col" }, head)),
            ),
          ),
          element(
            "tbody",
            {},
            rows,
            element("tr", { class: "total" }, element("th", { colspan: 3, scope: "row" }, "sum"), element("td", { class: "number" }, sum)),
          ),
        ),
      ),
    ];
  }

  // The numbers of one row, where they are more than one and can be told.
  inFull(term, contribution) {
    const { app } = this;
    const local = app.localOf(term);
    const arrays = [
      ...app.data.nodes[term.consumer].results.map((result) => ["its gradient", app.gradientOf(result)]),
      [local && local.kind === "jacobian" ? "× Jacobian" : "× local derivative", local && local.array],
      ["= contribution", contribution],
    ];
    if (!contribution.data || !contribution.shape.some((length) => length > 1)) return null;
    const key = `${term.consumer}.${term.argument}`;
    const details = element(
      "details",
      { open: this.opened.has(key) },
      element("summary", {}, "in numbers"),
      arrays.flatMap(([what, shown]) => (shown ? [element("div", { class: "small soft" }, what), arrayView(shown)] : [])),
    );
    details.addEventListener("toggle", () => (details.open ? this.opened.add(key) : this.opened.delete(key)));
    return element("tr", {}, element("td", { colspan: 4 }, details));
  }

  localText(term) {
    const local = this.app.localOf(term);
    if (!local) return element("span", { class: "soft" }, "by its rule");
    const text = briefly({ ...local.array }, true);
    return local.kind === "jacobian" ? `Jacobian ${local.array.shape.join("×")}` : text;
  }

  differences(number, status) {
    const { app } = this;
    if (status !== "full") return [];
    const found = app.differencesOf(number);
    if (!found.length) return [];
    const rows = found.map((item) =>
      element(
        "tr",
        {},
        element("td", {}, item.index.length ? `[${item.index.join(", ")}]` : ""),
        element("td", { class: "number" }, numberText(item.analytic, 6)),
        element("td", { class: "number" }, numberText(item.numeric, 6)),
        element(
          "td",
          { class: item.agrees ? "good" : "bad" },
          item.kink ? "a kink lies within the step" : item.agrees ? "✓ agree" : "✗ differ",
        ),
      ),
    );
    return [
      element("h3", {}, "Checked by differences"),
      element("p", { class: "small soft" }, "(loss(x + h) − loss(x − h)) / 2h, beside the gradient"),
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
              ["element", "gradient", "difference", ""].map((head) => element("th", { scope: "col" }, head)),
            ),
          ),
          element("tbody", {}, rows),
        ),
      ),
    ];
  }

  // For every argument the local derivative, and what goes back to it.
  passesBack(node, id) {
    const { app } = this;
    const parts = [];
    const { derivative, stops } = app.data.types[node.type] || {};
    if (derivative) parts.push(formula(derivative));
    if (derivative && derivative.replace(/<mfrac>.*?<\/mfrac>/g, "").includes(">dy<")) {
      parts.push(element("p", { class: "small soft" }, "dy stands for the gradient that arrives."));
    }
    if (stops) parts.push(element("p", { class: "soft" }, `No gradient passes: ${stops}.`));
    node.arguments.forEach(({ name, result }, argument) => {
      const term = app.termOf(result, id, argument);
      if (!term) return;
      const source = app.data.results[result];
      parts.push(element("p", {}, element("b", {}, name), " ← ", this.linkTo(source.node, source.name)));
      if (!app.steps.hasValue(id)) {
        parts.push(element("p", { class: "notyet" }, "not computed yet"));
        return;
      }
      const local = app.localOf(term);
      if (local) {
        const kinds = {
          elementwise: "local derivative, element by element:",
          whole: "local derivative:",
          jacobian: "Jacobian, one row per output element:",
        };
        parts.push(element("div", { class: "small soft" }, kinds[local.kind]), arrayView(local.array));
      }
      parts.push(element("div", { class: "small soft" }, "passes back:"));
      parts.push(
        app.steps.hasPassed(id) ? arrayView(app.termValue(result, id, argument)) : element("p", { class: "notyet" }, "not computed yet"),
      );
    });
    return parts.length ? [element("h3", {}, "Derivative: what it passes back"), ...parts] : [];
  }

  update(id) {
    const { app } = this;
    const update = app.data.updates.find((one) => one.variable === id);
    if (!update) return [];
    const parts = [element("h3", {}, "Update"), element("p", {}, update.about)];
    if (update.rule) parts.push(formula(update.rule));
    if (!app.steps.isUpdated) return [...parts, element("p", { class: "notyet" }, "not computed yet: it is the last step")];
    const after = app.afterUpdate(update);
    const rows = Object.entries(update.inputs).map(([name, packed]) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, name),
        element(
          "td",
          { class: "number" },
          name === update.gradient
            ? briefly(app.state && update.same ? app.gradientOf(app.data.nodes[id].results[0]) : packed, false)
            : briefly(packed),
        ),
      ),
    );
    parts.push(element("div", { class: "scroll" }, element("table", {}, element("tbody", {}, rows))));
    if (!update.same)
      parts.push(
        element(
          "p",
          { class: "small soft" },
          "What the optimizer takes is not this gradient as it stands: it takes some rows of it, or the program changes it before (clipping, scaling).",
        ),
      );
    if (!after)
      return [
        ...parts,
        element("p", { class: "soft" }, "This page does not compute this rule anew; the recorded update returns with “as recorded”."),
      ];
    return [
      ...parts,
      element("div", { class: "small soft" }, "before:"),
      arrayView(app.valueOf(app.data.nodes[id].results[0])),
      element("div", { class: "small soft" }, "after:"),
      arrayView(after),
    ];
  }

  // ------------------------------------------------------------ a folded scope

  ofGroup(group) {
    const { app } = this;
    const { data, steps } = app;
    const members = app.scopes.membersOf(group);
    const inside = new Set(members);
    const { into, out } = app.borderOf(group);
    const parts = [
      this.heading(data.groups[group].label, "group", `${members.length} nodes, folded`),
      element("p", {}, element("button", { type: "button", onclick: () => app.toggle(group) }, "unfold")),
    ];
    const value = (result) => (steps.hasValue(data.results[result].node) ? briefly(app.valueOf(result)) : "not computed yet");
    const gradient = (result) =>
      ({ never: "none", none: "not computed yet", part: "in part", full: briefly(app.gradientOf(result), true) })[steps.gradientOf(result)];
    const table = (title, heads, rows) =>
      rows.length
        ? [
            element("h3", {}, title),
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
                    heads.map((head) => element("th", { scope: "col" }, head)),
                  ),
                ),
                element("tbody", {}, rows),
              ),
            ),
          ]
        : [];
    const row = (...cells) =>
      element(
        "tr",
        {},
        cells.map((cell) => element("td", {}, cell)),
      );
    const back = (result) => {
      const terms = data.results[result].terms.filter((term) => inside.has(term.consumer));
      if (!terms.length) return "nothing";
      if (!terms.some((term) => steps.hasPassed(term.consumer))) return "not computed yet";
      return terms
        .filter((term) => steps.hasPassed(term.consumer))
        .map((term) => briefly(app.termValue(result, term.consumer, term.argument), true))
        .join(" + ");
    };
    parts.push(
      ...table(
        "What comes in",
        ["result", "value", "gradient it passes back"],
        into.map((result) => row(this.linkTo(data.results[result].node, data.results[result].name), value(result), back(result))),
      ),
    );
    parts.push(
      ...table(
        "What goes out",
        ["result", "value", "gradient that arrives"],
        out.map((result) => row(this.linkTo(data.results[result].node, data.results[result].name), value(result), gradient(result))),
      ),
    );
    const shown = members.slice(0, 60);
    parts.push(
      ...table(
        "Inside",
        ["node", "op", "value", "gradient"],
        shown.map((id) => {
          const node = data.nodes[id];
          return row(
            this.linkTo(id),
            node.kind === "operation" ? node.type : node.kind,
            node.results.map(value).join(", "),
            node.results.map(gradient).join(", "),
          );
        }),
      ),
    );
    if (shown.length < members.length) parts.push(element("p", { class: "soft" }, `… and ${members.length - shown.length} more`));
    return parts;
  }
}
