"""Values that stay in a session between runs: the handle that a run gives, and the nodes that read and delete through it."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import leaves_no_trace
from autograd_lite.backends.contract import to_host
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.ops.session_handles import forget, kept_value


class TensorHandle:
    """The handle of a value that a session keeps: what a fetched `tf.get_session_handle` gives.

    It may be fed, for the string that it is or for the value that it means. The value goes when the handle is deleted or no longer used.
    """

    def __init__(self, handle: str, dtype: dtypes.DType) -> None:
        self._handle = handle
        self._dtype = dtype
        weakref.finalize(self, forget, handle)

    @property
    def handle(self) -> str:
        """The string that names the value."""
        return self._handle

    def __str__(self) -> str:
        return self._handle

    def eval(self) -> Any:
        """The value.

        Raises:
          InvalidArgumentError: it was deleted.
        """
        return to_host(kept_value(self._handle)).copy()

    def to_numpy_array(self) -> np.ndarray:
        """The value."""
        return self.eval()

    def get_raw_handle(self) -> str:
        """The string that names the value."""
        return self._handle

    def delete(self) -> None:
        """Forget the value."""
        kept_value(self._handle)
        forget(self._handle)


def handle_of(op: Operation, value: Any) -> TensorHandle:
    """What is given for a fetched node of type GetSessionHandle."""
    return TensorHandle(np.asarray(value, object).item().decode(), op.inputs[0].dtype.base_dtype)


@export("get_session_handle")
@leaves_no_trace
def get_session_handle(data: Any, name: str | None = None) -> Tensor:
    """Keep a value in the session: fetching this tensor gives a handle, which later runs can be fed.

    Raises:
      TypeError: `data` is no tensor.

    >>> import autograd_lite as tf
    >>> x = tf.placeholder(tf.float32)
    >>> with tf.Session() as session:
    ...     handle = session.run(tf.get_session_handle(tf.constant([1., 2.])))
    ...     print(session.run(x * 2, {x: handle}))
    [2. 4.]
    """
    if not isinstance(data, Tensor):
        raise TypeError("`data` must be of type Tensor.")
    with data.graph.colocate_with(data.op):
        return raw.GetSessionHandle(data, name=name)


@export("get_session_tensor")
@leaves_no_trace
def get_session_tensor(handle: Any, dtype: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Make the nodes that read a value kept in the session.

    Args:
      handle: the string of a handle; where the value is, not which one. dtype: its type.

    Returns:
      A placeholder for the string of a handle, and the value.

    >>> import autograd_lite as tf
    >>> with tf.Session() as session:
    ...     handle = session.run(tf.get_session_handle(tf.constant([1., 2.])))
    ...     name, value = tf.get_session_tensor(handle.handle, tf.float32)
    ...     print(session.run(value * 2, {name: handle.handle}))
    [2. 4.]
    """
    holder = raw.Placeholder(dtype=dtypes.string, shape=None)
    return holder, raw.GetSessionTensor(holder, dtype=dtype, name=name)


@export("delete_session_tensor")
@leaves_no_trace
def delete_session_tensor(handle: Any, name: str | None = None) -> tuple[Tensor, Operation]:
    """Make the nodes that delete a value kept in the session.

    Args:
      handle: the string of a handle; where the value is, not which one.

    Returns:
      A placeholder for the string of a handle, and the operation that deletes the value.

    >>> import autograd_lite as tf
    >>> name, delete = tf.delete_session_tensor("of any handle")
    >>> delete.type
    'DeleteSessionTensor'
    """
    holder = raw.Placeholder(dtype=dtypes.string, shape=None)
    return holder, raw.DeleteSessionTensor(holder, name=name)


def fed_value(handle: TensorHandle, dtype: dtypes.DType) -> Any:
    """What a fed handle stands for: its name where a string is wanted, else the value that it means."""
    return handle.handle.encode() if dtype == dtypes.string and handle._dtype != dtypes.string else handle.eval()
