"""Tensors that stay in a session between runs, known by a handle: a string."""

from __future__ import annotations

import itertools
import threading
import weakref
from typing import Any

import numpy as np

from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid

_DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"
_numbers = itertools.count()


class _Kept:
    """What one node keeps in one session; it goes with the session."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.lock = threading.Lock()

    def keep(self, value: Any) -> str:
        handle = f"GetSessionHandle;{next(_numbers)};{_DEVICE}"
        with self.lock:
            self.values[handle] = value
        _keepers[handle] = self
        return handle


_keepers: weakref.WeakValueDictionary[str, _Kept] = weakref.WeakValueDictionary()


def kept_value(handle: Any) -> Any:
    """The value behind a handle.

    Raises:
      InvalidArgumentError: it was deleted, or its session is closed.
    """
    name = handle.decode() if isinstance(handle, bytes) else handle
    keeper = _keepers.get(name)
    values = {} if keeper is None else keeper.values
    if name not in values:
        raise invalid(f"The tensor with handle '{name}' is not in the session store.")
    return values[name]


def forget(handle: Any) -> None:
    """Drop the value behind a handle; nothing happens when it is gone already."""
    name = handle.decode() if isinstance(handle, bytes) else handle
    keeper = _keepers.pop(name, None)
    if keeper is not None:
        with keeper.lock:
            keeper.values.pop(name, None)


def _handle(handle: Any) -> Any:
    if np.ndim(handle):
        raise invalid("handle must be scalar")
    return handle.item() if isinstance(handle, np.ndarray) else handle


@op(
    "GetSessionHandle(value: T) -> handle: string",
    shape=rules.scalar,
    stateful=True,
    state=lambda attrs: _Kept(),
    no_gradient="a handle is a name",
    samples="what it keeps lives in a session",
)
def get_session_handle(xp, value, state):
    """Keep a tensor in the session, and give the handle by which later runs find it."""
    return np.array(state.keep(xp.array(value)).encode(), object)


def _scalar_handle(c):
    rules.with_rank(c, c.shape(0), 0)


@op(
    "GetSessionTensor(handle: string, *, dtype: type) -> value: dtype",
    shape=_scalar_handle,
    stateful=True,
    no_gradient="its input is a name",
    samples="what it gives lives in a session",
)
def get_session_tensor(xp, handle, dtype):
    """Give the tensor that an earlier run kept in the session."""
    value = kept_value(_handle(handle))
    if value.dtype != dtype.numpy:
        raise invalid(f"Output 0 type {value.dtype.name} of the tensor kept under this handle is not the wanted type {dtype.name}")
    return value.copy()


@op(
    "DeleteSessionTensor(handle: string)",
    stateful=True,
    no_gradient="it has no outputs",
    samples="what it deletes lives in a session",
)
def delete_session_tensor(xp, handle):
    """Forget a tensor that an earlier run kept in the session."""
    name = _handle(handle)
    kept_value(name)
    forget(name)
