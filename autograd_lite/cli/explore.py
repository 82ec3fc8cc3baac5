"""`autograd-lite explore script.py`: run a program and step through its graph, with the values that its last session had."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd_lite.cli.loss import loss_of_program
from autograd_lite.cli.run import run
from autograd_lite.core.errors import OpError
from autograd_lite.runtime.session import BaseSession
from autograd_lite.teach.explorer.explore import Explorer, explore

_FEEDS_KEPT = 8  # of one session: training, testing, ... feed different placeholders


def run_and_explore(
    script: str, arguments: list[str], output: str | None = None, loss: str | None = None, release: str | None = None
) -> int:  # fmt: skip
    """Run a program to its end, then write the page of what was differentiated in it.

    Args:
      script, arguments, release: as for `autograd-lite run`.
      output: the page; None names it after the script, with .html.
      loss: the tensor to go back from, by its name in the program or in its graph; None finds it, as for `autograd-lite check`.

    Values are those of the program's last session when it was closed; what it fed last is fed again.
    """
    page = output or os.path.splitext(os.path.basename(script))[0] + ".html"
    if not page.lower().endswith((".html", ".htm")):
        print(f"autograd-lite: {page!r} does not end in .html", file=sys.stderr)
        return 2
    with _watched(loss) as seen:
        status = _status(script, arguments, release)
        for session in list(seen.feeds):
            seen.look(session)
    if status:
        return status
    if seen.explorer is None:
        print(f"autograd-lite: {seen.problem or f'{script} has run no session'}", file=sys.stderr)
        return 1
    try:
        seen.explorer.save(page)
    except OSError as error:
        print(f"autograd-lite: {error}", file=sys.stderr)
        return 1
    print(f"{seen.explorer} written to {page}", file=sys.stderr)
    return 0


def _status(script: str, arguments: list[str], release: str | None) -> int:
    try:
        return run(script, arguments, release)
    except SystemExit as leaving:  # tf.app.run always leaves so
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        print(leaving.code, file=sys.stderr)
        return 1


class _Seen:
    """What was seen of a program's sessions."""

    def __init__(self, loss: str | None) -> None:
        self._loss = loss
        self.feeds: dict[BaseSession, list[Any]] = {}  # open sessions that have run, and what was fed to them, latest last
        self.explorer: Explorer | None = None
        self.problem = ""
        self._is_looking = False  # then the runs are not the program's

    def ran(self, session: BaseSession, feed_dict: Any) -> None:
        """Remember what was fed: of runs that feed the same placeholders, the latest."""
        if self._is_looking:
            return
        kept = self.feeds.setdefault(session, [])
        if feed_dict:
            keys = set(feed_dict)
            kept[:] = [*(feeds for feeds in kept if set(feeds) != keys), feed_dict][-_FEEDS_KEPT:]

    def look(self, session: BaseSession) -> None:
        """Record the story of a session before it is closed."""
        kept = None if self._is_looking else self.feeds.pop(session, None)
        if kept is None:
            return
        self._is_looking = True
        try:
            self._explore(session, kept)
        finally:
            self._is_looking = False

    def _explore(self, session: BaseSession, kept: list[Any]) -> None:
        """Try what was fed, the latest first, until it is what the loss needs."""
        loss, problem = loss_of_program(session.graph, self._loss)
        if loss is None:
            self.problem = problem
            return
        for feeds in (*reversed(kept), {}):
            try:
                self.explorer = explore(loss, feeds, session)
                return
            except (OpError, ValueError, TypeError, KeyError, LookupError) as error:
                self.problem = self.problem or str(error)


@contextmanager
def _watched(loss: str | None) -> Iterator[_Seen]:
    """Watch the sessions that run in this context."""
    seen = _Seen(loss)
    run_as_it_is, close_as_it_is = BaseSession.run, BaseSession.close

    def watched_run(self: BaseSession, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        result = run_as_it_is(self, fetches, feed_dict, options, run_metadata)
        seen.ran(self, feed_dict)
        return result

    def watched_close(self: BaseSession) -> None:
        seen.look(self)
        close_as_it_is(self)

    BaseSession.run = watched_run  # type: ignore[method-assign]
    BaseSession.close = watched_close  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        BaseSession.run = run_as_it_is  # type: ignore[method-assign]
        BaseSession.close = close_as_it_is  # type: ignore[method-assign]
