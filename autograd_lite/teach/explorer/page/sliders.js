// Sliders on small leaves: they move a value, and the page computes everything anew.

const MOST_SLIDERS = 12,
  MOST_IN_ALL = 6,
  SMALL = 2;

class Sliders {
  constructor(app) {
    this.app = app;
    this.place = document.getElementById("sliders");
  }

  // The results of leaves that sliders can move.
  movable() {
    const { data } = this.app;
    const fits = ({ value }) => value.dtype.includes("float") && sizeOf(value.shape) > 0 && sizeOf(value.shape) <= MOST_SLIDERS;
    const leaves = data.nodes.filter((node) => isLeaf(node) && node.kind !== "constant");
    return leaves.flatMap((node) => node.results.filter((result) => fits(data.results[result])));
  }

  // Those that are shown: of the selected leaf, and the smallest.
  leaves(movable) {
    const { data, selected } = this.app;
    const chosen = selected !== null && selected[0] === "n" ? data.nodes[selected.slice(1)].results : [];
    const small = movable.filter((result) => sizeOf(data.results[result].value.shape) <= SMALL).slice(0, MOST_IN_ALL);
    return [...new Set([...chosen.filter((result) => movable.includes(result)), ...small])];
  }

  show() {
    const { app } = this;
    if (app.data.problem) {
      this.place.hidden = false;
      this.place.replaceChildren(element("p", { class: "small soft" }, `No sliders here: ${app.data.problem}`));
      return;
    }
    const movable = this.movable();
    const leaves = this.leaves(movable);
    const names = movable.map((result) => shortName(app.data.results[result].name));
    this.isUnique = (name) => names.filter((other) => other === name).length < 2;
    this.place.hidden = !movable.length;
    this.asRecorded = element("button", { type: "button", disabled: !app.engine.isMoved, onclick: () => app.asRecorded() }, "as recorded");
    this.place.replaceChildren(
      element("h3", {}, "Move the leaves"),
      ...leaves.flatMap((result) => this.ofResult(result)),
      ...(leaves.length < movable.length ? [element("p", { class: "small soft" }, `Choose a leaf of up to ${MOST_SLIDERS} numbers to move it.`)] : []),
      this.asRecorded,
    );
  }

  ofResult(result) {
    const { app } = this;
    const { name, value } = app.data.results[result];
    const now = app.engine.moved.get(result) || app.engine.recorded[result];
    return now.data.map((start, element_) => {
      const short = this.isUnique(shortName(name)) ? shortName(name) : name;
      const label = value.shape.length ? `${short}[${indexOf(element_, value.shape).join(", ")}]` : short;
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
