"""`tf.CriticalSection`: parts of a graph of which one runs at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_lite.api import control
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, nest
from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import add_to_collection, control_dependencies, get_collection
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.ops.identity import identity
from autograd_lite.ops.mutexes import consume_mutex_lock, mutex_lock, mutex_v2

EXECUTIONS = "critical_section_executions"


class Execution(NamedTuple):
    """One part of a graph that was put into a critical section."""

    op: Operation
    handle: Tensor
    resources: list[Tensor]
    exclusive_resource_access: bool


@export("CriticalSection")
class CriticalSection:
    """Lets functions that change the same variables run one after the other, however many sessions' runs and threads there are.

    Args:
      name: of the mutex' node. shared_name: sections of one session with this name are one section.
      critical_section_def, import_scope: there is no such definition to make one from.

    Raises:
      ValueError: `critical_section_def` was given.

    >>> import autograd_lite as tf
    >>> count = tf.get_variable("count", initializer=0, use_resource=True)
    >>> section = tf.CriticalSection(name="counting")
    >>> new = section.execute(lambda: tf.assign(count, count.read_value() + 1))
    >>> with tf.Session() as session:
    ...     session.run(tf.global_variables_initializer())
    ...     print([int(session.run(new)) for _ in range(3)])
    [1, 2, 3]
    """

    def __init__(self, name: str | None = None, shared_name: str | None = None, critical_section_def: Any = None,
                 import_scope: str | None = None) -> None:  # fmt: skip
        if critical_section_def is not None:
            raise ValueError("critical_section_def is not supported.")
        with building(name, "CriticalSection", []) as scope:
            self._handle: Tensor = mutex_v2(shared_name=shared_name or "", container="", name=scope)
        self._running = False

    @property
    def name(self) -> str:
        """The name of the mutex' node."""
        return self._handle.op.name

    def execute(self, fn: Callable[[], Any], exclusive_resource_access: bool = True, name: str | None = None) -> Any:
        """Put what `fn` builds into the section, and return what `fn` returns: it is there when the section was left.

        Args:
          fn: a function without arguments; it returns tensors in any structure.
          exclusive_resource_access: nothing else may touch the resources (variables, queues) that `fn` uses in another section.

        Raises:
          ValueError: `fn` calls `execute` of the same section, which would wait for itself; or another section uses a resource of which
            one of them is to have exclusive access.
        """
        if self._running:
            raise ValueError(
                f"Attempting to lock a CriticalSection (signature={self.name!r}) in which we are already running. This is illegal and may "
                "cause deadlocks."
            )
        graph = get_default_graph()
        with building(name, "critical_section_execute", []):
            lock = mutex_lock(self._handle)
            before = len(graph.get_operations())
            self._running = True
            try:
                with control_dependencies([lock]):
                    result = fn()
            finally:
                self._running = False
            made = graph.get_operations()[before:]
            self._wait_for_what_is_used(graph, lock.op, made)
            resources = self._resources(made)
            self._check_others(resources, exclusive_resource_access)
            outputs = self._after(lock, result)
        add_to_collection(EXECUTIONS, Execution(lock.op, self._handle, resources, exclusive_resource_access))
        return outputs

    def _wait_for_what_is_used(self, graph: Graph, lock: Operation, made: list[Operation]) -> None:
        """Take the mutex only when everything from outside is there."""
        inside = {*made, lock}
        outside = dict.fromkeys(tensor.op for op in made for tensor in op.inputs if tensor.op not in inside and tensor is not self._handle)
        if outside:
            with graph.control_dependencies(None):
                lock._add_control_inputs([control.group(*outside)])

    def _resources(self, made: list[Operation]) -> list[Tensor]:
        """What of variables, queues and the like the section touches."""
        found = dict.fromkeys(tensor for op in made for tensor in op.inputs if tensor.dtype is dtypes.resource)
        found.pop(self._handle, None)
        return list(found)

    def _check_others(self, resources: list[Tensor], exclusive: bool) -> None:
        for other in get_collection(EXECUTIONS):
            if other.handle.name == self._handle.name or not (exclusive or other.exclusive_resource_access):
                continue
            shared = [tensor for tensor in resources if tensor in other.resources]
            if shared:
                raise ValueError(
                    f"This execution would access resources: {shared}. Either this lock (CriticalSection: {self._handle}) or lock "
                    f"'{other}' (CriticalSection: {other.handle}) requested exclusive resource access of this resource. Did you mean to "
                    "call execute with keyword argument exclusive_resource_access=False?"
                )

    def _after(self, lock: Tensor, result: Any) -> Any:
        """What the function returned, all of it together, once the mutex is given back."""
        flat = nest.flatten(result)
        passed = [item if item is None or isinstance(item, Operation) else identity(item) for item in flat]
        with control_dependencies([item for item in passed if item is not None]):
            with get_default_graph().colocate_with(self._handle.op):
                done = consume_mutex_lock(lock)
            if any(item is not None for item in passed):  # whoever wants one of the results gets all of them done
                passed = control.tuple([item if isinstance(item, Tensor) else other for item, other in zip(flat, passed)])
        with control_dependencies([done]):
            outputs = [self._given(item) for item in passed]
        return nest.pack_sequence_as(result, outputs)

    @staticmethod
    def _given(item: Any) -> Any:
        if item is None:
            return None
        return control.group(item) if isinstance(item, Operation) else identity(item)

    def __repr__(self) -> str:
        return f"<tf.CriticalSection {self.name!r}>"
