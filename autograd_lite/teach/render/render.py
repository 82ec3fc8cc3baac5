"""`render(graph, path)`: a picture of a graph in a file, by the best means that this machine has."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from autograd_lite.core import optional
from autograd_lite.core.export import export
from autograd_lite.core.safe_write import replacing
from autograd_lite.graph.graph import Graph
from autograd_lite.teach.render.dot import to_dot
from autograd_lite.teach.render.engines import CannotDraw, TooSlow, draw_by_dot, draw_by_pygraphviz
from autograd_lite.teach.render.layout import DIRECTIONS
from autograd_lite.teach.render.numbers import compute
from autograd_lite.teach.render.page import to_page
from autograd_lite.teach.render.picture import GRADIENTS, SHOW, Picture, describe
from autograd_lite.teach.render.plot import draw
from autograd_lite.teach.render.selection import Selection, select
from autograd_lite.teach.render.svg import to_svg
from autograd_lite.teach.render.words import clean

FORMATS = ("svg", "png", "pdf", "html", "dot", "gv")
ENGINES = ("dot", "pygraphviz", "own")
_HOW_TO_MEND = """
  pip install "autograd_lite[draw]"       # Graphviz inside of a Python package: Linux, macOS, Windows
  or: pip install "autograd_lite[plot]"   # matplotlib
  or: apt install graphviz | brew install graphviz | winget install graphviz
Works without any of them: .svg, .html and .dot."""


@export("RenderError")
class RenderError(RuntimeError):
    """A picture cannot be drawn on this machine; the message says what was tried and what to install."""


@export("render")
def render(
    what: Any,
    path: str | os.PathLike[str],
    everything: bool = False,
    *,
    graph: Graph | None = None,
    direction: str = "TB",
    depth: int | None = None,
    gradients: str = "show",
    show: str | Collection[str] = ("shapes",),
    feed_dict: Mapping[Any, Any] | None = None,
    session: Any = None,
    engine: str | None = None,
) -> None:
    """Draw a graph, or a part of one, into a file; the ending of `path` says how: .svg, .png, .pdf, .html or .dot.

    Green boxes are variables, blue ones placeholders, grey ones constants, white ones operations, red ones gradients, yellow ones updates.
    Frames are name scopes. Arrows are tensors, dashed ones only say what runs before what. A large picture folds scopes into one box each
    and says so. Graphviz draws if it is there (the program `dot`, or the package pygraphviz); without it this library does, with
    matplotlib for `.png` and `.pdf`.

    Args:
      what: a graph; a tensor, operation, variable or a list of them, for all that they depend on; or the name of a scope.
      path: the file to write.
      everything: show the initializers of variables too, and each reading of a variable as a box.
      graph: where to look for the name of a scope; the default graph unless given.
      direction: "TB" from top to bottom or "LR" from left to right.
      depth: how many levels of name scopes are open, 0 for none. Unless given, all, or as many as keep within 500 boxes.
      gradients: "show" them, "fold" each backward pass into one box, or "hide" them and all that is computed from them.
      show: which of "shapes" and "dtypes" stand at arrows, and whether "values" and "gradients" (of what is drawn, with respect to each
        tensor) stand in boxes.
      feed_dict, session: for these numbers, as for `session.run`; the default session unless given.
      engine: "dot", "pygraphviz" or "own" to let only this one draw.

    Raises:
      ValueError: an argument is none of these, or something belongs to another graph.
      KeyError: there is no such scope or node.
      RenderError: nothing on this machine can draw that format.
      OSError: the file cannot be written.

    >>> import tempfile, autograd_lite as tf
    >>> with tf.Graph().as_default() as graph:
    ...     y = tf.square(tf.placeholder(tf.float32, [], name="x"))
    >>> picture = os.path.join(tempfile.mkdtemp(), "square.svg")
    >>> render(graph, picture)
    >>> os.path.getsize(picture) > 1000
    True
    """
    file_format = _format_of(path)
    shown = (show,) if isinstance(show, str) else tuple(show)
    _check(direction=(direction, DIRECTIONS), gradients=(gradients, GRADIENTS), engine=(engine, (None, *ENGINES)))
    for word in shown:
        _check(show=(word, SHOW))
    if depth is not None and (not isinstance(depth, int) or depth < 0):
        raise ValueError(f"depth must be a whole number from 0, or None, received {depth!r}")
    selection = select(what, graph)
    numbers = compute(selection, shown, feed_dict, session) if {"values", "gradients"} & set(shown) else None
    picture = describe(selection, everything, depth, gradients, shown, numbers)
    write_picture(path, drawn(picture, file_format, direction, engine, title_of(selection)))


def render_graph(graph: Graph, path: str | os.PathLike[str], what: Any = None, **options: Any) -> None:
    """Draw this graph, or `what` of it, into a file; the ending of `path` says how: .svg, .png, .pdf, .html or .dot.

    Args:
      path: the file to write.
      what: all of the graph unless given; else a tensor, operation, variable or a list of them, or the name of a scope.
      options: `everything`, `direction`, `depth`, `gradients`, `show`, `feed_dict`, `session`, `engine`, as for `tf.render`.

    >>> import tempfile, autograd_lite as tf
    >>> with tf.Graph().as_default() as graph:
    ...     y = tf.square(tf.placeholder(tf.float32, [], name="x"))
    >>> folder = tempfile.mkdtemp()
    >>> graph.render(os.path.join(folder, "square.svg"))
    >>> graph.render(os.path.join(folder, "y.html"), y, direction="LR")
    >>> sorted(os.listdir(folder))
    ['square.svg', 'y.html']
    """
    render(graph if what is None else what, path, graph=graph, **options)


def _format_of(path: str | os.PathLike[str]) -> str:
    file_format = os.path.splitext(os.fspath(path))[1][1:].lower()
    if file_format not in FORMATS:
        raise ValueError(f"{os.fspath(path)!r} does not end in one of {', '.join('.' + name for name in FORMATS)}")
    return file_format


def _check(**arguments: tuple[Any, Iterable[Any]]) -> None:
    for name, (value, allowed) in arguments.items():
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(repr(word) for word in allowed)}, received {value!r}")


def title_of(selection: Selection) -> str:
    """What a picture is called."""
    if selection.scope is not None:
        return f"Name scope {selection.scope}"
    names = [target.name for target in selection.targets[:3]]
    return clean(f"Graph of {', '.join(names)}" if names else "Graph")


def drawn(picture: Picture, file_format: str, direction: str = "TB", engine: str | None = None, title: str = "Graph") -> bytes:
    """The content of a file with a picture.

    Raises:
      RenderError: nothing on this machine can draw that format.
    """
    if file_format in ("dot", "gv"):
        return to_dot(picture, direction).encode()
    if file_format == "html":
        return to_page(to_svg(picture, direction), title).encode()
    tried = []
    for name, draw_by in (("dot", draw_by_dot), ("pygraphviz", draw_by_pygraphviz)):
        if engine in (None, name):
            try:
                return draw_by(to_dot(picture, direction), file_format)
            except CannotDraw as problem:
                tried.append(str(problem))
                if isinstance(problem, TooSlow):
                    break
    if engine in (None, "own"):
        if file_format == "svg":
            return to_svg(picture, direction).encode()
        if optional.available("matplotlib"):
            return draw(picture, file_format, direction)
        tried.append("matplotlib (not installed)")
    raise RenderError(f"A .{file_format} picture cannot be drawn. Tried: {', '.join(tried)}.{_HOW_TO_MEND}")


def write_picture(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a picture, whole or not at all.

    Raises:
      OSError: the file cannot be written; the message names it.
    """
    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise OSError(error.errno, f"The picture cannot be written: {error.strerror}", os.fspath(path)) from None
