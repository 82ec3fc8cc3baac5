"""`Session`: runs a graph and holds its variables."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.errors import NotFoundError
from autograd_lite.core.export import export
from autograd_lite.core.facade import method_from
from autograd_lite.core.release import release
from autograd_lite.graph import operation as operations, tensor as tensors
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.kernels import memory, philox as compiled_samplers
from autograd_lite.runtime import functions, servers, threads  # noqa: F401 - functions makes what nodes with functions call
from autograd_lite.runtime.devices import DeviceAttributes, check_placement, local_devices, log_placement
from autograd_lite.runtime.feeds import flat_feeds
from autograd_lite.runtime.fetches import read_fetches
from autograd_lite.runtime.growth import GrowthWatch
from autograd_lite.runtime.options import run_with_options, time_limit
from autograd_lite.runtime.partial import PartialRuns
from autograd_lite.runtime.plan_report import RunPlan, plan_run
from autograd_lite.runtime.resources import Store
from autograd_lite.runtime.runner import MAX_STEPS_KEPT, Runner

MAX_RUNNERS = 512  # combinations of fetches and feeds that a session keeps ready

_sessions: weakref.WeakSet[BaseSession] = weakref.WeakSet()

compiled_samplers.use()  # large random arrays are drawn by compiled code, where llvmlite is installed


class _SessionStack(threading.local):
    def __init__(self) -> None:
        self.sessions: list[Any] = []


_stack = _SessionStack()


@export("get_default_session")
def get_default_session() -> Any:
    """The session that `Tensor.eval` and `Operation.run` use in this thread: the innermost `with session:`, or None.

    >>> get_default_session() is None
    True
    """
    return _stack.sessions[-1] if _stack.sessions else None


class _AsDefault:
    """The context in which a session is the default one of its thread."""

    def __init__(self, session: Any, enforce_nesting: bool = True) -> None:
        self._session = session
        self._enforce_nesting = enforce_nesting

    def __enter__(self) -> Any:
        _stack.sessions.append(self._session)
        return self._session

    def __exit__(self, *error: Any) -> None:
        sessions = _stack.sessions
        if sessions and sessions[-1] is self._session:
            sessions.pop()
            return
        if self._enforce_nesting:
            raise AssertionError(f"Nesting violated for default stack of {type(self._session)} objects")
        if self._session in sessions:
            sessions.reverse()
            sessions.remove(self._session)
            sessions.reverse()


class BaseSession:
    """What `Session` and `InteractiveSession` have in common."""

    def __init__(self, target: Any = "", graph: Graph | None = None, config: Any = None) -> None:
        if target is not None and not isinstance(target, str | bytes):
            help_line = "\n  Name the argument: Session(graph=...)." if isinstance(target, Graph) else ""
            raise TypeError(f'Argument `target` must be a string, but got "{type(target).__name__}"{help_line}')
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f'Argument `graph` must be a tf.Graph, but got "{type(graph).__name__}"')
        if config is not None and not hasattr(config, "allow_soft_placement"):
            raise TypeError(f'Argument `config` must be a tf.ConfigProto, but got "{type(config).__name__}"')
        self._target = target.encode() if isinstance(target, str) else target or b""
        _check_target(self._target)
        self._graph = get_default_graph() if graph is None else graph
        self._config = config
        self._time_limit = time_limit(config)
        threads.follow(config)
        shared = servers.store_at(self._target)
        self._owns_store = shared is None
        self._store = Store() if shared is None else shared
        self._closed = False
        self._lock = threading.RLock()
        self._plain: dict[Any, Runner] = {}  # fetches -> runner, for runs without feeds
        self._fed: dict[Any, Runner] = {}  # (fetches, *keys of feed_dict) -> runner
        self._by_elements: dict[Any, Runner] = {}  # (tensors and operations, fed tensors) -> runner: what nested fetches come down to
        self._growth = GrowthWatch(self._graph)
        self._seen_nodes = self._graph._next_id
        self._seen_shapes = self._graph.version_of_shapes
        self._placed: set[Any] = set()  # the nodes of which it was told where they run
        self._partial = PartialRuns(self._graph, self._store)
        _sessions.add(self)

    # ---------------------------------------------------------------- what it is

    @property
    def graph(self) -> Graph:
        """The graph that this session runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a GraphDef message."""
        return self._graph.as_graph_def()

    @property
    def sess_str(self) -> bytes:
        """The target that the session was made for."""
        return self._target

    def list_devices(self) -> list[DeviceAttributes]:
        """The devices on which nodes can run."""
        self._check_open()
        return local_devices(self._config)

    _repr_html_ = method_from("teach.notebook:session_html")

    def __repr__(self) -> str:
        state = ", closed" if self._closed else ""
        return f"<autograd_lite {type(self).__name__}: graph of {len(self._graph.get_operations())} operations{state}>"

    # ---------------------------------------------------------------- running

    def run(self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None) -> Any:
        """Compute `fetches` and return their values, in a structure of the same form.

        Args:
          fetches: a tensor, operation, variable, name, or any nesting of lists, tuples, namedtuples, dicts and attrs classes of them.
            Operations are run for what they do; their value is None.
          feed_dict: values for tensors (placeholders or any others), which are then not computed.
          options: a RunOptions message. run_metadata: a RunMetadata message that is filled with what was asked for there.

        Returns:
          NumPy arrays (NumPy scalars for rank 0, bytes for strings). They are the caller's own: nothing in the session shares their memory.

        Raises:
          RuntimeError: when the session is closed or its graph empty.
          TypeError, ValueError: when fetches or feeds are not in the graph, or values do not fit.
          OpError: when a node fails; the message names it and the line that made it.

        >>> x = placeholder(float32, name="x")
        >>> with Session() as session:
        ...     print(session.run(x * 2.0, {x: 21.0}))
        42.0
        """
        graph = self._graph
        if graph._next_id != self._seen_nodes or graph.version_of_shapes != self._seen_shapes:
            self._graph_changed()
        if options is not None or run_metadata is not None or self._time_limit is not None:
            return run_with_options(self, fetches, feed_dict, options, run_metadata)
        try:
            kind = fetches.__class__
            key = (kind, *fetches) if kind is list or kind is tuple else fetches
            if feed_dict:
                runner, values = self._fed.get((key, *feed_dict)), feed_dict.values()
            else:
                runner, values = self._plain.get(key), ()
        except (TypeError, AttributeError):  # not hashable: a dict, nested lists; a feed_dict that is none
            runner = None
        if runner is not None:
            return runner.run(values)
        return self._run_first(fetches, feed_dict)

    def _run_first(self, fetches: Any, feed_dict: Any) -> Any:
        """A run for which no runner is ready under a quick key."""
        runner, values = self._runner(fetches, feed_dict)
        return runner.run(values)

    def _runner(self, fetches: Any, feed_dict: Any) -> tuple[Runner, Sequence[Any]]:
        self._check_open()
        self._check_graph()
        feeds, values = flat_feeds(self._graph, feed_dict) if feed_dict else ([], [])
        found = read_fetches(self._graph, fetches)
        check_placement(self._config, found.elements, feeds)
        what = (tuple(found.elements), tuple(feeds))
        runner = self._by_elements.get(what)
        if runner is None:
            log_placement(self._config, found.elements, feeds, self._placed)
            runner = Runner(self._graph, self._store, found.elements, feeds, None)
            self._keep(self._by_elements, what, runner)
        runner = runner.in_form(found.pack if type(fetches) is not list or not found.is_flat else None)
        if found.is_flat:
            key = (type(fetches), *fetches) if isinstance(fetches, list | tuple) else fetches
            if not feeds:
                self._keep(self._plain, key, runner)
            elif len(feeds) == len(feed_dict):
                self._keep(self._fed, (key, *feed_dict), runner)
        return runner, values

    def _keep(self, table: dict[Any, Runner], key: Any, runner: Runner) -> None:
        with self._lock:
            if self._closed:
                return
            while table and (len(table) >= MAX_RUNNERS or sum(other.size for other in table.values()) > MAX_STEPS_KEPT):
                table.pop(next(iter(table)))
            table[key] = runner

    def _graph_changed(self) -> None:
        with self._lock:
            graph = self._graph
            if graph.version_of_shapes != self._seen_shapes:
                self._seen_shapes = graph.version_of_shapes
                self._plain, self._fed, self._by_elements = {}, {}, {}
            if graph._next_id != self._seen_nodes:
                self._seen_nodes = graph._next_id
                self._growth.graph_grew()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError(
                "Attempted to use a closed Session.\n  It was closed by close() or at the end of its `with` block; make a new one."
            )

    def _check_graph(self) -> None:
        if self._graph._next_id == 0:
            space = "  " if release().older_error_texts else " "
            raise RuntimeError(
                f"The Session graph is empty.{space}Add operations to the graph before calling run().\n"
                "  A session runs the graph that was the default when it was made, or graph=...; yours may be in another one."
            )

    def make_callable(self, fetches: Any, feed_list: Sequence[Any] | None = None, accept_options: bool = False) -> Callable[..., Any]:
        """A function that does the same as `run(fetches, {feed_list[0]: first argument, ...})`, with less to look up.

        Args:
          accept_options: the function takes `options=` and `run_metadata=` too.
        """
        self._check_open()
        keys = list(feed_list or ())
        tensors_fed = flat_feeds(self._graph, dict.fromkeys(keys))[0] if keys else []

        def call(*values: Any, options: Any = None, run_metadata: Any = None) -> Any:
            if len(values) > len(keys):
                raise ValueError(
                    f"This function takes {len(keys)} values (for {[tensor.name for tensor in tensors_fed]}), got {len(values)}"
                )
            if (options is not None or run_metadata is not None) and not accept_options:
                raise TypeError("make_callable(..., accept_options=True) makes a function that takes options and run_metadata")
            return self.run(fetches, dict(zip(keys, values)), options, run_metadata)

        return call

    def partial_run_setup(self, fetches: Any, feeds: Any = None) -> str:
        """Announce a run in several pieces: all that will be fetched and fed. Returns the handle for `partial_run`."""
        self._check_open()
        return self._partial.set_up(fetches, feeds)

    def partial_run(self, handle: str, fetches: Any, feed_dict: Any = None) -> Any:
        """Continue a run: feed some more, fetch some more. What was computed before is not computed again.

        Raises:
          InvalidArgumentError: when the handle is not one that `partial_run_setup` gave.
        """
        self._check_open()
        return self._partial.run(handle, fetches, feed_dict)

    # ---------------------------------------------------------------- explaining

    def explain(self, fetches: Any, feed_dict: Any = None) -> str:
        """How a run of `fetches` is carried out: the program after every pass, the code, the memory.

        >>> with Session() as session:
        ...     print(session.explain(constant(1.0) + 2.0).splitlines()[0])
        after prune:
        """
        runner, values = self._runner(fetches, feed_dict)
        return runner.explain(values)

    def plan(self, fetches: Any, feed_dict: Any = None, trace: bool | None = None) -> RunPlan:
        """How a run of `fetches` would be carried out: passes, steps, fusion, memory, and the time of every step.

        The times are those of a few runs on copies of the variables and random streams: the session is left as it was.

        Args:
          fetches, feed_dict: as for `run`.
          trace: whether to make these runs. None makes them unless the run uses queues, iterators, files or Python functions, of which
            there are no copies; True runs once even then.

        Returns:
          An object to print; `.save("plan.html")` makes a page of it, `.save_timeline("trace.json")` a file for `chrome://tracing` and
          Perfetto.

        Raises: what `run` would raise.

        >>> x = placeholder(float32, [None, 3], name="x")
        >>> with Session() as session:
        ...     plan = session.plan(reduce_sum(x * x), {x: [[1.0, 2.0, 3.0]]})
        >>> plan.passes[0][0], plan.seconds < 1.0
        ('prune', True)
        """
        return plan_run(self, fetches, feed_dict, trace)

    # ---------------------------------------------------------------- contexts and the end

    def as_default(self) -> Any:
        """A context in which this is the default session; leaving it does not close the session."""
        return _AsDefault(self)

    def close(self) -> None:
        """Free the variables. A closed session cannot run; blocked runs of other threads are cancelled."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._plain, self._fed, self._by_elements = {}, {}, {}
        if self._owns_store:  # else the server keeps the variables for other sessions
            self._store.close()
        memory.release()


@export("Session")
class Session(BaseSession):
    """Runs the operations of a graph and holds the values of its variables.

    Args:
      target: "" for this process.
      graph: the graph to run; the default graph unless given.
      config: a ConfigProto message.

    Raises:
      TypeError: when `graph` is not a Graph.
      NotFoundError: when there is no such target.

    >>> c = constant(30.0) + 12.0
    >>> with Session() as session:
    ...     print(session.run(c))
    42.0
    """

    def __init__(self, target: Any = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._contexts: list[tuple[Any, Any]] = []

    def __enter__(self) -> Session:
        graph_context, session_context = self._graph.as_default(), self.as_default()
        graph_context.__enter__()
        session_context.__enter__()
        self._contexts.append((graph_context, session_context))
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        graph_context, session_context = self._contexts.pop()
        try:
            session_context.__exit__(kind, value, traceback)
        finally:
            graph_context.__exit__(kind, value, traceback)
            self.close()

    @staticmethod
    def reset(target: Any, containers: Sequence[str] | None = None, config: Any = None) -> None:
        """Forget the variables of all sessions of this process (or those in `containers`) and close the sessions."""
        for session in list(_sessions):
            session._store.clear(containers)
            session.close()


@export("InteractiveSession")
class InteractiveSession(BaseSession):
    """A session that makes itself the default one when it is made, for notebooks and shells.

    >>> session = InteractiveSession()
    >>> print((constant(40.0) + 2.0).eval())
    42.0
    >>> session.close()
    """

    def __init__(self, target: Any = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._explicit_graph = graph
        self._graph_context = self._graph.as_default() if graph is not None else None
        if self._graph_context is not None:
            self._graph_context.__enter__()
        self._session_context = _AsDefault(self, enforce_nesting=False)
        self._session_context.__enter__()

    def close(self) -> None:
        """Free the variables and stop being the default session."""
        if self._closed:
            return
        super().close()
        self._session_context.__exit__(None, None, None)
        if self._graph_context is not None:
            self._graph_context.__exit__(None, None, None)


def _check_target(target: bytes) -> None:
    if target not in (b"", b"local") and not servers.is_open(target):
        raise NotFoundError(
            None, None,
            f'No session factory registered for the given session options: {{target: "{target.decode(errors="replace")}" config: }} '
            "Registered factories are {DIRECT_SESSION}.\n  Leave target empty to run in this process.",
        )  # fmt: skip


# ---------------------------------------------------------------- Tensor.eval and Operation.run


def _default_session_for(graph: Graph, verb: str, what: str, name: str, usage: str) -> Any:
    session = get_default_session()
    if session is None:
        raise ValueError(
            f"Cannot {verb} using `{name}()`: No default session is registered. "
            f"Use {usage} or pass an explicit session to `{name}(session=sess)`"
        )
    if session.graph is not graph:
        raise ValueError(
            f"Cannot use the default session to {verb}: the {what}'s graph is different from the session's graph. "
            f"Pass an explicit session to `{name}(session=sess)`."
        )
    return session


def _evaluate(tensor: Tensor, feed_dict: Any, session: Any) -> Any:
    if session is None:
        session = _default_session_for(tensor.graph, "evaluate tensor", "tensor", "eval", "`with sess.as_default()`")
    elif session.graph is not tensor.graph:
        raise ValueError("Cannot use the given session to evaluate tensor: the tensor's graph is different from the session's graph.")
    return session.run(tensor, feed_dict)


def _run(op: Operation, feed_dict: Any, session: Any) -> None:
    if session is None:
        session = _default_session_for(op.graph, "execute operation", "operation", "run", "`with sess.as_default():`")
    elif session.graph is not op.graph:
        raise ValueError("Cannot use the given session to execute operation: the operation's graph is different from the session's graph.")
    session.run(op, feed_dict)


tensors._evaluate.append(_evaluate)
operations._run.append(_run)
