// Computes the recorded graph anew when a leaf was moved: forwards, backwards, local derivatives and differences.

class Engine {
  constructor(data) {
    this.data = data;
    this.moved = new Map(); // result -> array, for leaves that a slider has moved
    this.backwardSet = new Set(data.backward);
    this.recorded = data.results.map((result) => unpacked(result.value));
  }

  get isMoved() {
    return this.moved.size > 0;
  }

  inputsOf(node, values) {
    return node.inputs.map((input) =>
      typeof input === "number" ? values[node.arguments[input].result] : unpacked(node.parameters[input]),
    );
  }

  // The value of every result; `moved` overrides leaves.
  forward(moved = this.moved) {
    const values = new Array(this.data.results.length);
    const outputs = new Array(this.data.nodes.length);
    this.data.nodes.forEach((node, id) => {
      if (node.kind !== "operation" || node.frozen) {
        node.results.forEach((result) => (values[result] = moved.get(result) || this.recorded[result]));
        return;
      }
      outputs[id] = OPS[node.type].forward(this.inputsOf(node, values), node.attributes);
      node.results.forEach((result) => (values[result] = outputs[id][this.data.results[result].index]));
    });
    return { values, outputs };
  }

  loss(moved) {
    return this.forward(moved).values[this.data.loss].data.reduce((sum, value) => sum + value, 0);
  }

  // Everything: {values, gradients, terms}; terms[result][k] is the array that term k adds.
  run() {
    const { values, outputs } = this.forward();
    const gradients = new Array(values.length).fill(null);
    const terms = this.data.results.map(() => []);
    gradients[this.data.loss] = filled(values[this.data.loss].shape, 1);
    for (const id of this.data.backward) {
      const node = this.data.nodes[id];
      const passed = this.passedBack(node, values, outputs[id], this.gradientsOf(node, outputs[id], gradients));
      passed.forEach((gradient, position) => {
        const argument = node.inputs[position];
        if (!gradient || typeof argument !== "number") return;
        const { result } = node.arguments[argument];
        const number = this.data.results[result].terms.findIndex((term) => term.consumer === id && term.argument === argument);
        if (number < 0) return;
        terms[result][number] = gradient;
        gradients[result] = added(gradients[result], gradient);
      });
    }
    return { values, gradients, terms, outputs };
  }

  gradientsOf(node, outputs, gradients) {
    const upstream = outputs.map(() => null);
    node.results.forEach((result) => (upstream[this.data.results[result].index] = gradients[result]));
    return upstream.map((gradient, k) => gradient || filled(outputs[k].shape, 0));
  }

  passedBack(node, values, outputs, upstream) {
    return OPS[node.type].backward(this.inputsOf(node, values), outputs, upstream, node.attributes);
  }

  // The local derivative with respect to one argument: {kind, array} as in the recorded story, or null where it would be too large.
  local(node, argument, state) {
    const inputs = this.inputsOf(node, state.values);
    const { backward, forward } = OPS[node.type];
    const position = node.inputs.indexOf(argument);
    const outputs = state.outputs[node.id];
    if (node.results.length !== 1) return null;
    const place = this.data.results[node.results[0]].index;
    const output = outputs[place];
    const withSeed = (seed) => outputs.map((other, k) => (k === place ? seed : filled(other.shape, 0)));
    if (output.shape.length === 0) {
      return { kind: "whole", array: backward(inputs, outputs, withSeed(filled([], 1)), node.attributes)[position] };
    }
    if (this.data.types[node.type].elementwise) {
      const stretched = inputs.map((input) => broadcastTo(input, output.shape));
      const results = forward(stretched, node.attributes);
      return { kind: "elementwise", array: backward(stretched, results, [filled(output.shape, 1)], node.attributes)[position] };
    }
    const width = inputs[position].data.length;
    if (output.data.length > 12 || output.data.length * width > 144) return null;
    const rows = output.data.map((_, k) => {
      const seed = filled(output.shape, 0);
      seed.data[k] = 1;
      return backward(inputs, outputs, withSeed(seed), node.attributes)[position].data;
    });
    return { kind: "jacobian", array: array([output.data.length, width], rows.flat()) };
  }

  // (loss(x + step) - loss(x - step)) / (2 step) for one element of a leaf.
  difference(result, element) {
    const here = this.moved.get(result) || this.recorded[result];
    const step = 1e-5 * Math.max(1, Math.abs(here.data[element]));
    const at = (offset) => {
      const data = [...here.data];
      data[element] += offset;
      return this.loss(new Map(this.moved).set(result, array(here.shape, data)));
    };
    return (at(step) - at(-step)) / (2 * step);
  }

  move(result, element, value) {
    const here = this.moved.get(result) || this.recorded[result];
    const data = [...here.data];
    data[element] = value;
    this.moved.set(result, array(here.shape, data));
  }

  // What the training operation would make of a variable now; null where only the recorded update is known.
  updated(update, state) {
    const rule = UPDATES[update.type.replace(/^(Resource)?Apply/, "").replace("AssignSubVariableOp", "AssignSub")];
    const result = this.data.nodes[update.variable].results[0];
    const gradient = state.gradients[result];
    if (!rule || !update.same || !gradient) return null;
    const inputs = {};
    for (const [name, packed] of Object.entries(update.inputs)) {
      const value = unpacked(packed);
      if (!value) return null;
      inputs[name] = value.shape.length === 0 && !["accum", "m", "v", "ms", "mom"].includes(name) ? value.data[0] : value;
    }
    return rule(state.values[result], inputs, gradient, update.attributes || {});
  }
}
