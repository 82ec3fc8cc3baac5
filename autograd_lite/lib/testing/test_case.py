"""`tf.test.TestCase`: a test with a graph and a session of its own."""

from __future__ import annotations

import contextlib
import random
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.core.device import DeviceSpec
from autograd_lite.core.errors import OpError
from autograd_lite.core.export import export
from autograd_lite.graph.graph import Graph, get_default_graph, reset_default_graph
from autograd_lite.graph.seed import DEFAULT_GRAPH_SEED, set_random_seed
from autograd_lite.lib.testing.comparisons import ArrayComparisons
from autograd_lite.lib.testing.environment import get_temp_dir
from autograd_lite.runtime.session import Session, get_default_session
from autograd_lite.wire import messages


class CheckedThread:
    """A thread whose failure is raised by `join`, in the test that waits for it."""

    def __init__(self, test_case: TestCase, target: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self._test_case = test_case
        self._target = target
        self._args, self._kwargs = args, kwargs
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._joined = False

    def _run(self) -> None:
        try:
            self._target(*self._args, **self._kwargs)
        except BaseException as error:
            self._error = error

    def start(self) -> None:
        """Start it."""
        self._thread.start()

    def join(self) -> None:
        """Wait for its end; fail with what it raised."""
        self._joined = True
        self._thread.join()
        if self._error is not None:
            self._test_case.fail(f"Error in checkedThread: {self._error}")

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    def check_termination(self) -> None:
        """Fail if it still runs or nobody waited for it."""
        if self.is_alive():
            self._test_case.fail("A checked thread was still running when the test ended: join() it.")
        if not self._joined:
            self._test_case.fail("A checked thread was not joined, so its failure would not be seen: join() it.")


@export("test.TestCase")
class TestCase(ArrayComparisons):
    """A unittest.TestCase for graphs: each test starts with an empty default graph and fixed seeds, and may compare arrays.

    `session()` makes a session that is the default inside its `with` block; `cached_session()` gives the same one each time within a
    test. `evaluate(tensors)` runs tensors in the default session or in a cached one.

    >>> import autograd_lite as tf
    >>> class SquareTest(tf.test.TestCase):
    ...     def test_square(self):
    ...         with self.session():
    ...             self.assertAllClose([4.0, 9.0], tf.square([2.0, 3.0]).eval())
    >>> SquareTest("test_square").run().wasSuccessful()
    True
    """

    def __init__(self, methodName: str = "runTest") -> None:
        super().__init__(methodName)
        self._threads: list[CheckedThread] = []
        self._temp_dir: str | None = None
        self._cached: Session | None = None
        self._cached_with: tuple[Any, ...] = ()

    def setUp(self) -> None:
        """Seed Python's, NumPy's and the graph's random numbers, and make the default graph anew."""
        self._close_cached_session()
        random.seed(DEFAULT_GRAPH_SEED)
        np.random.seed(DEFAULT_GRAPH_SEED)
        reset_default_graph()
        set_random_seed(DEFAULT_GRAPH_SEED)

    def tearDown(self) -> None:
        """Close the session of the test; its threads must have ended."""
        for thread in self._threads:
            thread.check_termination()
        self._threads = []
        self._close_cached_session()

    def _close_cached_session(self) -> None:
        if self._cached is not None:
            self._cached.close()
            self._cached = None

    def get_temp_dir(self) -> str:
        """A folder for the files of this test: the same at each call."""
        if self._temp_dir is None:
            self._temp_dir = tempfile.mkdtemp(dir=get_temp_dir())
        return self._temp_dir

    @contextlib.contextmanager
    def session(self, graph: Graph | None = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False) -> Iterator[Session]:
        """A new session, the default one in its `with` block, as its graph is; nodes made there are for the CPU unless `use_gpu`."""
        with Session(graph=graph, config=self._config(config, force_gpu)) as session, self._placed(session, use_gpu, force_gpu):
            yield session

    @contextlib.contextmanager
    def cached_session(
        self, graph: Graph | None = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False
    ) -> Iterator[Session]:
        """The session that this test already used, so that values stay from one `with` block to the next.

        Raises:
          ValueError: other arguments than before within the same test.
        """
        chosen = (graph, config, force_gpu)
        if self._cached is None:
            self._cached = Session(graph=graph, config=self._config(config, force_gpu))
            self._cached_with = chosen
        elif self._cached_with[0] is not graph:
            raise ValueError(
                "The graph used to get the cached session is different than the one that was used to create the session. "
                "Maybe create a new session with self.session()"
            )
        elif self._cached_with[1] is not config:
            raise ValueError(
                "The config used to get the cached session is different than the one that was used to create the session. "
                "Maybe create a new session with self.session()"
            )
        elif self._cached_with[2] is not force_gpu:
            raise ValueError(
                "The force_gpu value used to get the cached session is different than the one that was used to create the session. "
                "Maybe create a new session with self.session()"
            )
        with self._placed(self._cached, use_gpu, force_gpu):
            yield self._cached

    def test_session(self, graph: Graph | None = None, config: Any = None, use_gpu: bool = False, force_gpu: bool = False) -> Any:
        """`cached_session` without a graph, `session` with one."""
        if self._testMethodName == "test_session":
            self.skipTest("Not a test.")  # those who collect tests by their names take it for one
        if graph is None:
            return self.cached_session(graph, config, use_gpu, force_gpu)
        return self.session(graph, config, use_gpu, force_gpu)

    @staticmethod
    def _config(config: Any, force_gpu: bool) -> Any:
        made = messages.ConfigProto()
        if config is not None:
            made.CopyFrom(config)
        made.allow_soft_placement = not force_gpu
        return made

    @staticmethod
    @contextlib.contextmanager
    def _placed(session: Session, use_gpu: bool, force_gpu: bool) -> Iterator[None]:
        if force_gpu:
            place: Any = session.graph.device("/device:GPU:0")
        else:
            place = contextlib.nullcontext() if use_gpu else session.graph.device("/device:CPU:0")
        with session.graph.as_default(), session.as_default(), place:
            yield

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors, in the structure in which they are given: from the default session, or else from `test_session()`."""
        session = get_default_session()
        if session is not None:
            return session.run(tensors)
        with self.test_session() as session:
            return session.run(tensors)

    def checkedThread(self, target: Callable[..., Any], args: Sequence[Any] | None = None, kwargs: Any = None) -> CheckedThread:
        """A thread that fails the test which joins it if `target` raised something."""
        thread = CheckedThread(self, target, args or (), kwargs or {})
        self._threads.append(thread)
        return thread

    @contextlib.contextmanager
    def assertRaisesWithPredicateMatch(self, exception_type: Any, expected_err_re_or_predicate: Any) -> Iterator[None]:
        """Fail unless the block raises this exception, and its message matches a regular expression or satisfies a function."""
        try:
            yield
        except exception_type as error:
            if callable(expected_err_re_or_predicate):
                matches, wanted = expected_err_re_or_predicate(error), "what was wanted"
            else:
                text = error.message if isinstance(error, OpError) else str(error)
                if isinstance(error, OpError) and error.op is not None:
                    text = f"{text}\nCaused by: {error.op.name}"
                matches, wanted = re.search(expected_err_re_or_predicate, text), repr(expected_err_re_or_predicate)
            if not matches:
                raise AssertionError(f"Exception of type {type(error)}: {error}\ndoes not match {wanted}") from error
            return
        self.fail(f"{getattr(exception_type, '__name__', exception_type)} not raised")

    def assertRaisesOpError(self, expected_err_re_or_predicate: Any) -> Any:
        """Fail unless the block raises an error of an op whose message matches."""
        return self.assertRaisesWithPredicateMatch(OpError, expected_err_re_or_predicate)

    def assertDeviceEqual(self, device1: Any, device2: Any, msg: str | None = None) -> None:
        """Fail unless two devices are the same, in whatever way they are written."""
        one, other = (DeviceSpec.from_string(device).to_string() if isinstance(device, str) else device for device in (device1, device2))
        self.assertEqual(one, other, msg or f"Devices {device1} and {device2} are not equal.")

    def assertProtoEqualsVersion(
        self, expected: str, actual: Any, producer: int | None = None, min_consumer: int | None = None, msg: str | None = None
    ) -> None:
        """Fail unless a GraphDef equals a text to which the version of graphs is added."""
        versions = get_default_graph().graph_def_versions
        numbers = [f"producer: {versions.producer if producer is None else producer}"]
        if min_consumer or versions.min_consumer:
            numbers.append(f"min_consumer: {versions.min_consumer if min_consumer is None else min_consumer}")
        self.assertProtoEquals(f"versions {{ {' '.join(numbers)} }}\n{expected}", actual, msg)
