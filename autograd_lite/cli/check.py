"""`autograd-lite check script.py`: run a program up to its first training step and check the gradients of its loss there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograd_lite.cli.loss import loss_of_program
from autograd_lite.cli.run import run
from autograd_lite.core.errors import OpError
from autograd_lite.runtime.session import BaseSession
from autograd_lite.teach.check_gradients import GradientCheck, check_gradients

_MOST_TRIES = 200  # runs before the first at which the loss can be computed


class _Checked(SystemExit):
    """Ends the program when the check is done; it is no error of the program."""

    def __init__(self, result: GradientCheck) -> None:
        super().__init__(0 if result.ok else 1)
        self.result = result


def run_and_check(script: str, arguments: list[str], loss: str | None = None, samples: int = 40, release: str | None = None) -> int:
    """Run a program until its loss can be computed, check the gradients there, print a table, and end.

    Args:
      script, arguments, release: as for `autograd-lite run`.
      loss: its name in the program or in its graph; None finds it (a variable named loss or cost, else what was differentiated).
      samples: how many elements of each variable are moved.

    Returns:
      0 when all gradients are right, 1 when some are not, 2 when nothing could be checked.
    """
    watch = _Watch(loss, samples)
    try:
        with _before_each_run(watch):
            status = run(script, arguments, release)
    except _Checked as done:
        print(done.result)
        return 0 if done.result.ok else 1
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
        if status and not isinstance(leaving.code, int):
            print(leaving.code, file=sys.stderr)
    if status:
        return status
    print(f"autograd-lite: {script} ended, and nothing was checked: {watch.problem()}", file=sys.stderr)
    return 2


class _Watch:
    """Looks at each run of a session before it starts, until the loss can be computed from what is fed."""

    def __init__(self, loss: str | None, samples: int) -> None:
        self._loss = loss
        self._samples = samples
        self._tries = 0
        self._last = "it ran no session."

    def problem(self) -> str:
        """Why nothing was checked."""
        return self._last

    def __call__(self, session: Any, feed_dict: Any) -> None:
        if self._tries >= _MOST_TRIES:
            return
        self._tries += 1
        found, problem = loss_of_program(session.graph, self._loss)
        if found is None:
            self._last = problem
            return
        try:
            result = check_gradients(found, feed_dict, session, samples=self._samples)
        except OpError as error:  # not everything is fed, initialized or in the queues yet
            self._last = f"no run gave all that the loss {found.name} needs. The last one: {error.message.splitlines()[0]}"
            return
        except ValueError as error:
            self._last = str(error)
            return
        raise _Checked(result)


@contextmanager
def _before_each_run(watch: Callable[[Any, Any], None]) -> Iterator[None]:
    """Call `watch(session, feed_dict)` before each run of any session; the runs that this leads to are not watched."""
    original = BaseSession.run
    busy = [False]

    def watched(session: Any, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        if not busy[0]:
            busy[0] = True
            try:
                watch(session, feed_dict)
            finally:
                busy[0] = False
        return original(session, fetches, feed_dict, options, run_metadata)

    BaseSession.run = watched  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        BaseSession.run = original  # type: ignore[method-assign]
