"""`autograd-lite render script.py`: run a program and draw the graph that it has built."""

from __future__ import annotations

import os
import sys
from typing import Any

from autograd_lite.cli.run import run
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.teach.render.render import FORMATS, RenderError, render


def run_and_draw(
    script: str, arguments: list[str], output: str | None = None, release: str | None = None, scope: str | None = None, **how: Any
) -> int:
    """Run a program to its end, then draw its graph.

    Args:
      script, arguments, release: as for `autograd-lite run`.
      output: the picture; None names it after the script, with .svg.
      scope: the name scope to draw; None draws all.
      how: options of `tf.render`.

    The graph is the default one, or that of a variable of the program if it is larger.
    """
    picture = output or os.path.splitext(os.path.basename(script))[0] + ".svg"
    if not picture.lower().endswith(tuple(f".{name}" for name in FORMATS)):
        print(f"autograd-lite: {picture!r} does not end in one of {', '.join('.' + name for name in FORMATS)}", file=sys.stderr)
        return 2
    try:
        status = run(script, arguments, release)
    except SystemExit as leaving:  # tf.app.run always leaves so
        status = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
        if status and not isinstance(leaving.code, int):
            print(leaving.code, file=sys.stderr)
    if status:
        return status
    graph = _largest_graph()
    if not graph.get_operations():
        print(f"autograd-lite: {script} has built no graph", file=sys.stderr)
        return 1
    try:
        render(graph if scope is None else scope, picture, graph=graph, **how)
    except (RenderError, OSError, KeyError, ValueError) as error:
        print(f"autograd-lite: {error}", file=sys.stderr)
        return 1
    print(f"{len(graph.get_operations())} operations drawn in {picture}", file=sys.stderr)
    return 0


def _largest_graph() -> Graph:
    own = [value for value in vars(sys.modules["__main__"]).values() if isinstance(value, Graph)]
    return max([get_default_graph(), *own], key=lambda graph: len(graph.get_operations()))
