"""What lives between the runs of a session: variables, and the objects of stateful nodes (random streams, queues, tables)."""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np

from autograd_lite.backends.registry import get_backend
from autograd_lite.compiler.program import DEFAULT_CONTAINER, place_of
from autograd_lite.core.errors import CancelledError
from autograd_lite.graph.function import CallsFunctions
from autograd_lite.graph.operation import Operation
from autograd_lite.kernels.arrays import HAS_GLOBAL_LOCK

_functions_of: list[Any] = []  # runtime.functions puts its function here


class Cell:
    """The place of one variable's array. `value` is None until the variable is initialised.

    Arrays in cells are never shared: what a run stores here is copied if anybody else could hold it, and what is fetched is a copy.
    """

    __slots__ = ("__weakref__", "container", "is_ref", "lock", "name", "value")

    def __init__(self, name: str, container: str = DEFAULT_CONTAINER, is_ref: bool = True) -> None:
        self.name = name
        self.container = container
        self.is_ref = is_ref
        self.value: Any = None
        self.lock = threading.RLock()  # held by updates with use_locking, and by every update of a resource variable

    def __repr__(self) -> str:
        return f"<Cell {self.name}: {'empty' if self.value is None else f'{self.value.dtype}{list(self.value.shape)}'}>"


class Store:
    """The cells and objects of one session, by container and name; nodes with the same shared_name share one."""

    def __init__(self) -> None:
        self.backend = get_backend()  # what computes for this session
        self._lock = threading.RLock()
        self._cells: dict[tuple[str, str, bool], Cell] = {}
        self._states: dict[tuple[str, str, Any], Any] = {}
        self._closed = False

    def cell(self, node: Operation) -> Cell:
        """The cell of a variable node; it is made, empty, on first use."""
        container, name = place_of(node)
        key = (container, name, node.outputs[0].dtype.is_ref)
        with self._lock:
            found = self._cells.get(key)
            if found is None:
                found = self._cells[key] = Cell(name, container, is_ref=key[2])
            return found

    def state(self, node: Operation) -> Any:
        """The object that belongs to a node declared with `state=`; it is made on first use.

        Raises:
          CancelledError: the session was closed.
        """
        container, name = place_of(node)
        key = (container, name, node.opdef.state)  # ops declared with one function share the object
        with self._lock:
            if key not in self._states:
                if self._closed:  # nobody would ever wake who waits for this object
                    raise CancelledError(None, node, "Session has been closed.")
                self._states[key] = made = self.new_state(node)
                if hasattr(made, "name"):  # what it is called in error messages
                    made.name = node.attrs.get("shared_name") or f"_{len(self._states) - 1}_{name}"
            return self._states[key]

    def new_state(self, node: Operation) -> Any:
        """A new object for a node declared with `state=`."""
        make = node.opdef.state
        if isinstance(make, CallsFunctions):
            functions = _functions_of[0](node, make.attributes, self)
            return functions if make.made_into is None else make.made_into(functions)
        return make(node.attrs)  # type: ignore[misc]

    def cells(self) -> list[Cell]:
        """All cells, empty ones included."""
        with self._lock:
            return list(self._cells.values())

    def clear(self, containers: Any = None) -> None:
        """Forget everything, or everything in the named containers; whoever waits for an object in them is woken."""
        with self._lock:
            for place in [place for place in self._cells if not containers or place[0] in containers]:
                self._cells.pop(place).value = None
            dropped = [self._states.pop(key) for key in list(self._states) if not containers or key[0] in containers]
        for state in dropped:
            cancel = getattr(state, "cancel", None)
            if cancel is not None:
                cancel()

    def close(self) -> None:
        """Forget everything, and make no new objects."""
        with self._lock:
            self._closed = True
        self.clear()

    def has_content(self) -> bool:
        """Whether any variable has a value."""
        return any(cell.value is not None for cell in self.cells())


def _references_of_an_exclusive_array() -> int:
    cell = Cell("probe")
    cell.value = np.zeros(1)
    return sys.getrefcount(cell.value)


_EXCLUSIVE = _references_of_an_exclusive_array()  # how many references getrefcount counts for `cell.value` when only the cell holds it


def exclusive(cell: Cell) -> Any:
    """The array of a cell for an update that writes into it: the array itself when nobody else holds it, else a copy.

    Others may hold it: a run in another thread that has read the variable, or a view made of it.
    """
    if cell.value is None:
        return None
    if cell.value.__class__ is not np.ndarray:  # a NumPy scalar, or an array of a device
        return np.array(cell.value) if isinstance(cell.value, np.generic) else cell.value.copy()
    if HAS_GLOBAL_LOCK and sys.getrefcount(cell.value) <= _EXCLUSIVE and cell.value.base is None and cell.value.flags.writeable:
        return cell.value
    return cell.value.copy()
