"""`render(graph, path)`: a picture of a graph in a file, by the best means that this machine has."""

from __future__ import annotations

import os
import shutil

from autograd_lite.core import optional
from autograd_lite.core.export import export
from autograd_lite.core.safe_write import replacing
from autograd_lite.graph.graph import Graph
from autograd_lite.teach.render.dot import to_dot
from autograd_lite.teach.render.picture import Picture, describe
from autograd_lite.teach.render.plot import draw
from autograd_lite.teach.render.svg import to_svg

FORMATS = ("dot", "gv", "svg", "png", "pdf")


@export("render")
def render(graph: Graph, path: str | os.PathLike[str], everything: bool = False) -> None:
    """Draw a graph into a file; the ending of `path` says how: .svg, .png, .pdf or .dot.

    Green boxes are variables, blue ones placeholders, grey ones constants, white ones operations, red ones gradients, yellow ones updates.
    Graphviz's `dot` draws if it is installed. Without it `.svg` is drawn by this library itself, `.png` and `.pdf` by matplotlib.

    Args:
      graph: for example `tf.get_default_graph()`.
      path: the file to write.
      everything: show the initializers of variables too, and each reading of a variable as a box.

    Raises:
      ValueError: the ending is none of these.
      ImportError: neither `dot` nor matplotlib is there for `.png` or `.pdf`.

    >>> import tempfile, autograd_lite as tf
    >>> with tf.Graph().as_default() as graph:
    ...     y = tf.square(tf.placeholder(tf.float32, [], name="x"))
    >>> picture = os.path.join(tempfile.mkdtemp(), "square.svg")
    >>> render(graph, picture)
    >>> os.path.getsize(picture) > 1000
    True
    """
    file_format = os.path.splitext(os.fspath(path))[1][1:].lower()
    if file_format not in FORMATS:
        raise ValueError(f"{os.fspath(path)!r} does not end in one of {', '.join('.' + name for name in FORMATS)}")
    content = _drawn(describe(graph, everything), file_format)
    with replacing(path) as file:
        file.write(content)


def _drawn(picture: Picture, file_format: str) -> bytes:
    if file_format in ("dot", "gv"):
        return to_dot(picture).encode()
    if shutil.which("dot") is not None and optional.available("graphviz"):
        return optional.load("graphviz").Source(to_dot(picture)).pipe(format=file_format)
    if file_format == "svg":
        return to_svg(picture).encode()
    if not optional.available("matplotlib"):
        raise ImportError(
            f"A .{file_format} picture needs Graphviz's `dot` (not on PATH) or matplotlib (not installed).\n"
            '  pip install "autograd_lite[plot]"\n'
            "  or: apt install graphviz | brew install graphviz | winget install graphviz\n"
            "  .svg and .dot pictures need neither."
        )
    return draw(picture, file_format)
