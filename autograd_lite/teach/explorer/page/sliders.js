// Sliders on small leaves: they move a value, and the page computes everything anew.

const MOST_SLIDERS = 12,
  MOST_IN_ALL = 6,
  SMALL = 2;

class Sliders {
  constructor(app) {
    this.app = app;
    this.place = document.getElementById("sliders");
  }

  leaves() {
    const { data, selected } = this.app;
    const leaf = (id) => isLeaf(data.nodes[id]) && data.nodes[id].kind !== "constant";
    const sizeOfResult = (result) => sizeOf(data.results[result].value.shape);
    const floats = data.nodes.flatMap((node, id) =>
      leaf(id) ? node.results.filter((result) => data.results[result].value.dtype.includes("float")) : [],
    );
    const small = floats.filter((result) => sizeOfResult(result) <= SMALL && sizeOfResult(result) > 0).slice(0, MOST_IN_ALL);
    const chosen =
      selected !== null && selected[0] === "n" && leaf(Number(selected.slice(1)))
        ? data.nodes[Number(selected.slice(1))].results.filter((result) => floats.includes(result) && sizeOfResult(result) <= MOST_SLIDERS)
        : [];
    return [...new Set([...chosen, ...small])];
  }

  show() {
    const { app } = this;
    if (app.data.problem) {
      this.place.hidden = false;
      this.place.replaceChildren(element("p", { class: "small soft" }, `No sliders here: ${app.data.problem}`));
      return;
    }
    const leaves = this.leaves();
    this.place.hidden = !leaves.length;
    this.asRecorded = element("button", { type: "button", disabled: !app.engine.isMoved, onclick: () => app.asRecorded() }, "as recorded");
    this.place.replaceChildren(element("h3", {}, "Move the leaves"), ...leaves.flatMap((result) => this.ofResult(result)), this.asRecorded);
  }

  ofResult(result) {
    const { app } = this;
    const { name, value } = app.data.results[result];
    const now = app.engine.moved.get(result) || app.engine.recorded[result];
    return now.data.map((start, element_) => {
      const label = value.shape.length ? `${shortName(name)}[${indexOf(element_, value.shape).join(", ")}]` : shortName(name);
      const reach = 2 * Math.max(1, Math.abs(app.engine.recorded[result].data[element_]));
      const middle = app.engine.recorded[result].data[element_];
      const range = element("input", {
        type: "range",
        min: middle - reach,
        max: middle + reach,
        step: "any",
        "aria-label": `${name} ${label}`,
      });
      const exact = element("input", { type: "number", step: "any", "aria-label": `${name} ${label} as a number` });
      range.value = start;
      exact.value = Number(start.toPrecision(6));
      const move = (number) => {
        if (!Number.isFinite(number)) return;
        app.move(result, element_, number);
        this.asRecorded.disabled = false;
      };
      range.addEventListener("input", () => {
        exact.value = Number(Number(range.value).toPrecision(6));
        move(Number(range.value));
      });
      exact.addEventListener("input", () => {
        range.value = exact.value;
        if (exact.value !== "") move(Number(exact.value));
      });
      return element("div", { class: "slider" }, element("span", { title: name }, label), range, exact);
    });
  }
}
