// The story as a list of steps: forward through the operations, the seed, backward, and the update at the end.

class Steps {
  constructor(data) {
    this.data = data;
    const forward = data.nodes.filter((node) => !isLeaf(node)).map((node) => ({ phase: "forward", node: node.id }));
    const backward = data.backward.map((node) => ({ phase: "backward", node }));
    this.forwardCount = forward.length;
    this.all = [...forward];
    if (data.results[data.loss].gradient) this.all.push({ phase: "seed", node: data.results[data.loss].node }, ...backward);
    if (data.updates.length) this.all.push({ phase: "update", node: data.updates[0].variable });
    this.turnForward = new Map(forward.map((step, k) => [step.node, k + 1]));
    this.turnBackward = new Map(backward.map((step, k) => [step.node, forward.length + 2 + k]));
    this.now = 0;
  }

  get last() {
    return this.all.length;
  }

  get current() {
    return this.all[this.now - 1] || null;
  }

  get isUpdated() {
    return this.current !== null && this.current.phase === "update";
  }

  get isSeeded() {
    return this.now > this.forwardCount;
  }

  // Whether a node's value is known by now.
  hasValue(node) {
    const turn = this.turnForward.get(node);
    return turn === undefined || turn <= this.now;
  }

  // Whether a node has passed its gradient on by now.
  hasPassed(node) {
    const turn = this.turnBackward.get(node);
    return turn !== undefined && turn <= this.now;
  }

  // How far the gradient of a result is: "never", "none", "part" or "full".
  gradientOf(number) {
    const result = this.data.results[number];
    if (!result.gradient) return "never";
    if (number === this.data.loss) return this.isSeeded ? "full" : "none";
    const there = result.terms.filter((term) => this.hasPassed(term.consumer)).length;
    return there === 0 ? "none" : there < result.terms.length ? "part" : "full";
  }

  // The next step at which something else than `seen(step)` is shown; steps inside one folded box count as one.
  onward(shown) {
    if (this.now >= this.last) return this.now;
    let next = this.now + 1;
    const same = (a, b) => a && b && a.phase === b.phase && shown(a.node) === shown(b.node);
    while (next < this.last && same(this.all[next - 1], this.all[next])) next++;
    return next;
  }

  backward(shown) {
    if (this.now === 0) return 0;
    let previous = this.now - 1;
    const same = (a, b) => a && b && a.phase === b.phase && shown(a.node) === shown(b.node);
    while (previous > 0 && same(this.all[previous - 1], this.all[previous])) previous--;
    return previous;
  }
}

function isLeaf(node) {
  return node.kind === "placeholder" || node.kind === "variable" || node.kind === "constant";
}
