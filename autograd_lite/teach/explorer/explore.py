"""`explore(loss, feed_dict)`: a graph that can be stepped through, forwards and backwards, in a browser."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.core.safe_write import replacing
from autograd_lite.teach.explorer.page import page
from autograd_lite.teach.explorer.page_data import page_data
from autograd_lite.teach.explorer.static_picture import static_picture
from autograd_lite.teach.story.model import Story
from autograd_lite.teach.story.record import record

LARGEST_PAGE = 800_000  # bytes
_MOST_FRUGAL = 8
_HEIGHT = 760  # of the frame in a notebook, in pixels


@export("explore")
def explore(
    loss: Any,
    feed_dict: Mapping[Any, Any] | None = None,
    session: Any = None,
    wrt: Iterable[Any] | None = None,
    train_op: Any = None,
    title: str | None = None,
) -> Explorer:
    """Step through your own graph: every value forwards, then every gradient backwards, in one page that works offline.

    The page shows at each node its value, its rule, the local derivative, the gradient that arrives, one row for each node that uses it
    and their sum, and at the end what the optimizer makes of the variables. Sliders move small inputs and variables. Nothing is changed by
    it: the graph gets no nodes, the variables keep their values.

    Args:
      loss: a floating point tensor (or its name); the gradient of one that is no scalar is that of its sum.
      feed_dict: as for `session.run`.
      session: the session whose variables count; the default session unless given.
      wrt: where the backward pass ends; all variables and fed floating point values unless given.
      train_op: the training operation whose update is the last step; found by itself where there is one.
      title: the page's title; the loss's name unless given.

    Returns:
      An object with `save(path)`, which shows itself in a notebook.

    Raises:
      TypeError: `loss` is no tensor, or of a type through which no gradient flows.
      ValueError: there is no session, or it runs another graph.
      OpError: what `session.run` raises: a placeholder is not fed, a variable is not initialized.

    >>> import tempfile, autograd_lite as tf
    >>> w = tf.Variable(3.0, name="w")
    >>> with tf.Session() as session:
    ...     session.run(w.initializer)
    ...     explorer = explore(w**2 - 10 * w + 25, session=session)
    >>> explorer
    <Explorer of 'add': 8 nodes, 9 steps>
    >>> explorer.save(os.path.join(tempfile.mkdtemp(), "quadratic.html"))
    """
    story = record(loss, feed_dict, session, wrt, train_op)
    return Explorer(story, title or story.loss.name)


class Explorer:
    """A recorded run as a page. `story` holds its numbers as arrays (see `autograd_lite.teach.story`)."""

    def __init__(self, story: Story, title: str) -> None:
        self.story = story
        self._title = title
        self._page: bytes | None = None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page into a file. It needs nothing else: no network, no other file.

        Raises:
          ValueError: the name does not end in .html or .htm.
          OSError: the file cannot be written; then nothing is there that was not there before.
        """
        if os.path.splitext(os.fspath(path))[1].lower() not in (".html", ".htm"):
            raise ValueError(f"{os.fspath(path)!r} does not end in .html: the explorer is a page for a browser; tf.render makes pictures.")
        content = self.html()
        with replacing(path) as file:
            file.write(content)

    def html(self) -> bytes:
        """The page as UTF-8 text."""
        if self._page is None:
            picture = static_picture(self.story)
            for frugal in range(_MOST_FRUGAL):
                self._page = page(page_data(self.story, self._title, frugal), picture)
                if len(self._page) < LARGEST_PAGE:
                    break
        return self._page  # type: ignore[return-value]

    def _repr_html_(self) -> str:
        """A frame with the page, for notebooks; its scripts cannot reach the notebook."""
        content = escape(self.html().decode("utf-8"), quote=True)
        label = escape(f"explorer of {self._title}", quote=True)
        style = f"width:100%;height:{_HEIGHT}px;border:1px solid #ccc"
        return f'<iframe srcdoc="{content}" sandbox="allow-scripts" title="{label}" style="{style}"></iframe>'

    def __repr__(self) -> str:
        story = self.story
        forward = sum(not node.kind.is_leaf for node in story.nodes)
        steps = forward + bool(story.backward) + len(story.backward) + bool(story.updates)
        return f"<Explorer of {story.loss.name!r}: {len(story.nodes)} nodes, {steps} steps>"
