// Which box stands for a node: itself, or the outermost folded scope around it.

class Scopes {
  constructor(data) {
    this.data = data;
    this.open = new Set(data.groups.flatMap((group, id) => (group.open ? [id] : [])));
  }

  // The scopes around a node, outermost first.
  around(group) {
    const chain = [];
    for (; group >= 0; group = this.data.groups[group].parent) chain.unshift(group);
    return chain;
  }

  // The key of the box that shows a node: "n12", or "g3" for a folded scope.
  boxOf(node) {
    const folded = this.around(this.data.nodes[node].group).find((group) => !this.open.has(group));
    return folded === undefined ? `n${node}` : `g${folded}`;
  }

  // The innermost open scope in which a box is drawn: its key, or null.
  scopeOf(key) {
    const parent = key[0] === "n" ? this.data.nodes[key.slice(1)].group : this.data.groups[key.slice(1)].parent;
    return parent < 0 ? null : `g${parent}`;
  }

  // The open scopes that are drawn as frames, outer ones first.
  frames() {
    return this.data.groups.flatMap((group, id) =>
      this.around(id).every((one) => this.open.has(one))
        ? [{ key: `g${id}`, parent: group.parent < 0 ? null : `g${group.parent}`, title: group.label }]
        : [],
    );
  }

  membersOf(group) {
    return this.data.nodes.flatMap((node, id) => (this.around(node.group).includes(group) ? [id] : []));
  }

  // What is folded, in a sentence.
  summary() {
    const boxes = this.data.groups.flatMap((group, id) =>
      !this.open.has(id) && this.around(group.parent).every((outer) => this.open.has(outer)) ? [group] : [],
    );
    const hidden = boxes.reduce((sum, group) => sum + group.size, 0);
    return hidden
      ? `${hidden} nodes are folded into ${boxes.length === 1 ? "1 box" : `${boxes.length} boxes`}; open a box to see them.`
      : "";
  }

  toggle(group) {
    if (this.open.has(group)) this.open.delete(group);
    else this.open.add(group);
  }

  foldAll() {
    this.open.clear();
  }

  unfoldAll() {
    this.data.groups.forEach((_, id) => this.open.add(id));
  }
}
