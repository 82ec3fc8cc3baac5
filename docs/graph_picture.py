"""Draw docs/images/quadratic.svg: the graph of the README's program, gradients included.

python docs/graph_picture.py      # needs the extra `draw`
"""

from __future__ import annotations

from pathlib import Path

import graphviz

import autograd_lite as tf
from autograd_lite.core.optional import load

PICTURE = Path(__file__).resolve().parent / "images" / "quadratic.svg"

# name of the box -> (how the nodes in it are named, colour)
_PARTS = {
    "cost": (None, "#e8f1fb"),
    "gradients": ("gradients/", "#fdf0e3"),
    "update": ("GradientDescent", "#e9f6ea"),
}


def build() -> tf.Graph:
    """The graph of the quadratic."""
    graph = tf.Graph()
    with graph.as_default():
        w = tf.Variable(0, dtype=tf.float32, name="w")
        cost = tf.identity(w**2 - 10 * w + 25, name="cost")
        tf.train.GradientDescentOptimizer(0.01).minimize(cost)
    return graph


def part_of(name: str) -> str:
    """In which box a node is drawn."""
    return next((part for part, (beginning, _) in _PARTS.items() if beginning and name.startswith(beginning)), "cost")


def drawing(graph: tf.Graph) -> graphviz.Digraph:
    """The graph as a drawing: constants small, one box for each part, values flow down."""
    dot = graphviz.Digraph(node_attr={"fontname": "Helvetica", "fontsize": "11"}, edge_attr={"color": "#667788", "arrowsize": "0.6"})
    dot.attr(rankdir="TB", nodesep="0.25", ranksep="0.35", fontname="Helvetica")
    for part, (_, colour) in _PARTS.items():
        with dot.subgraph(name=f"cluster_{part}") as box:
            box.attr(label=part, style="rounded,filled", color=colour, fillcolor=colour, fontcolor="#556677")
            for op in graph.get_operations():
                if part_of(op.name) == part:
                    _draw(box, op)
    for op in graph.get_operations():
        for tensor in op.inputs:
            dot.edge(tensor.op.name, op.name)
        for before in op.control_inputs:
            dot.edge(before.name, op.name, style="dashed")
    return dot


def _draw(box: graphviz.Digraph, op: tf.Operation) -> None:
    leaf = op.name.rpartition("/")[2]
    if op.type == "Const":
        value = tf.contrib.util.constant_value(op.outputs[0])
        text = f"{leaf}\n{value}" if value is not None and value.size == 1 else leaf
        box.node(op.name, text, shape="plaintext", fontsize="9", fontcolor="#445566")
    else:
        label = op.type if leaf == op.type else f"{leaf}\n{op.type}"
        is_state = op.type.startswith("Variable")
        style = {"fillcolor": "#ffe9a8" if is_state else "white", "shape": "cylinder" if is_state else "box"}
        box.node(op.name, label, style="filled,rounded" if not is_state else "filled", color="#8899aa", **style)


def main() -> None:
    """Write the picture."""
    layout = load("pygraphviz").AGraph(string=drawing(build()).source)
    PICTURE.parent.mkdir(exist_ok=True)
    layout.draw(str(PICTURE), format="svg", prog="dot")


if __name__ == "__main__":
    main()
