"""`tf.TensorArray`: a list of tensors that the graph writes and reads element by element, in loops above all."""

from __future__ import annotations

import contextlib
from typing import Any

from autograd_lite.api.arrays import identity, shape
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import range as range_
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor


@export("TensorArray")
class TensorArray:
    """A list of tensors, each of which is written once and, unless `clear_after_read` is false, read once.

    Methods that write give a new TensorArray, which stands for the list after that: go on with what they return.

    Args:
      dtype: of the elements. size: how many, at first or for good.
      dynamic_size: whether writing beyond the end makes it longer.
      clear_after_read: whether an element is forgotten when it is read (the default).
      tensor_array_name: a name for error messages.
      handle, flow: of an existing array, in place of `size`.
      infer_shape: whether all elements have one shape. element_shape: that shape, if it is known.
      colocate_with_first_write_call: put it on the device of the first value that is written.

    Raises:
      ValueError: when arguments for a new and for an existing array are mixed, or neither is given.

    >>> import autograd_lite as tf
    >>> squares = tf.TensorArray(tf.int32, size=3).write(0, 0).write(1, 1).write(2, 4)
    >>> tf.Session().run(squares.stack())
    array([0, 1, 4], dtype=int32)
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        _check_arguments(handle, size, tensor_array_name, dynamic_size, clear_after_read)
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._dynamic_size = bool(dynamic_size)
        self._infer_shape = infer_shape
        self._element_shape = [shapes.as_shape(element_shape)]  # one for all that come from this by writing
        self._colocate = colocate_with_first_write_call
        self._colocate_with: list[Any] = []
        self._size = size
        with building(name, "TensorArray", [handle, size, flow]) as scope:
            if handle is not None:
                self._handle = handle
                if flow is None:
                    raise ValueError("flow must not be None if handle is not None.")
                self._flow = flow
                return
            with get_default_graph().device(None) if colocate_with_first_write_call else contextlib.nullcontext():
                made = raw.TensorArrayV3(
                    size,
                    dtype=self._dtype,
                    element_shape=self._element_shape[0],
                    dynamic_size=self._dynamic_size,
                    clear_after_read=clear_after_read is not False,
                    identical_element_shapes=infer_shape,
                    tensor_array_name=tensor_array_name or "",
                    name=scope,
                )
            self._handle, self._flow = made.handle, made.flow

    # ---------------------------------------------------------------- what it is

    @property
    def dtype(self) -> dtypes.DType:
        """The element type."""
        return self._dtype

    @property
    def handle(self) -> Tensor:
        """The tensor that stands for the list itself."""
        return self._handle

    @property
    def flow(self) -> Tensor:
        """The tensor that tells after which changes this is."""
        return self._flow

    @property
    def dynamic_size(self) -> bool:
        """Whether it grows when an element beyond its end is written."""
        return self._dynamic_size

    @property
    def element_shape(self) -> shapes.TensorShape:
        """The static shape of the elements."""
        return shapes.TensorShape(self._element_shape[0])

    def with_flow(self, flow: Tensor) -> TensorArray:
        """The same list, after the changes that `flow` stands for."""
        other = TensorArray(
            self._dtype, handle=self._handle, flow=flow, infer_shape=self._infer_shape, colocate_with_first_write_call=self._colocate
        )
        other._dynamic_size = self._dynamic_size
        other._element_shape = self._element_shape
        other._colocate_with = self._colocate_with
        other._size = self._size
        return other

    def identity(self) -> TensorArray:
        """The same list, with a flow that waits for the control dependencies in force."""
        return self.with_flow(identity(self._flow))

    def grad(self, source: str, flow: Any = None, name: str | None = None) -> TensorArray:
        """The list that holds the gradient of this one; `source` tells one call of `tf.gradients` from another."""
        flow = self._flow if flow is None else flow
        with building(name, "TensorArrayGrad", [self._handle]), self._handle.graph.colocate_with(self._handle.op):
            handle = raw.TensorArrayGradV3(self._handle, flow, source=source, name=name).grad_handle
            with handle.graph.control_dependencies([handle]):
                flow = identity(flow, name="gradient_flow")
            return TensorArray(
                self._dtype,
                handle=handle,
                flow=flow,
                infer_shape=self._infer_shape,
                element_shape=self._element_shape[0],
                colocate_with_first_write_call=False,
            )

    # ---------------------------------------------------------------- reading

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """Element `index`."""
        value = raw.TensorArrayReadV3(self._handle, index, self._flow, dtype=self._dtype, name=name)
        value.set_shape(self._element_shape[0])
        return value

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """The elements with these indices, stacked along a new first axis."""
        element_shape = self._element_shape[0]
        value = raw.TensorArrayGatherV3(
            self._handle, indices, self._flow, dtype=self._dtype, element_shape=element_shape, name=name or "TensorArrayGatherV3"
        )
        if element_shape is not None:
            value.set_shape([None, *element_shape])
        return value

    def stack(self, name: str | None = None) -> Tensor:
        """All elements, stacked along a new first axis."""
        with self._handle.graph.colocate_with(self._handle.op), building(name, "TensorArrayStack", [self._handle]):
            value = self.gather(range_(0, self.size()), name=name)
            count = None if self._dynamic_size else _static_size(self._size)
            if count is not None and self._element_shape[0] is not None and release().tensor_array_size_is_static:
                value.set_shape([count, *self._element_shape[0]])
            return value

    def concat(self, name: str | None = None) -> Tensor:
        """All elements, one after the other along their first axis."""
        element_shape = self._element_shape[0]
        rest = None if element_shape is None else element_shape[1:]
        value = raw.TensorArrayConcatV3(self._handle, self._flow, dtype=self._dtype, element_shape_except0=rest, name=name).value
        if rest is not None:
            value.set_shape([None, *rest])
        return value

    def size(self, name: str | None = None) -> Tensor:
        """How many elements there are."""
        if not self._dynamic_size and self._size is not None and release().tensor_array_size_is_static:
            return convert_to_tensor(self._size, dtype=dtypes.int32)
        return raw.TensorArraySizeV3(self._handle, self._flow, name=name)

    # ---------------------------------------------------------------- writing

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """The list after element `index` was written."""
        with building(name, "TensorArrayWrite", [self._handle, index, value]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            self._check_element_shape(value.static_shape)
            with self._beside(value):
                return self.with_flow(raw.TensorArrayWriteV3(self._handle, index, value, self._flow, name=name))

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """The list after the parts of `value` along its first axis were written as its elements."""
        with building(name, "TensorArrayUnstack", [self._handle, value]):
            count = shape(value)[0]
            return self.scatter(range_(0, count), value, name=name)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """The list after the parts of `value` along its first axis were written as the elements with these indices."""
        with building(name, "TensorArrayScatter", [self._handle, value, indices]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            if value.static_shape is not None:
                self._check_element_shape(value.static_shape[1:])
            with self._beside(value):
                return self.with_flow(raw.TensorArrayScatterV3(self._handle, indices, value, self._flow, name=name))

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """The list after pieces of `value`, of these lengths along its first axis, were written as its elements."""
        with building(name, "TensorArraySplit", [self._handle, value, lengths]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            with self._beside(value):
                lengths = cast(lengths, dtypes.int64)
                known = constant_value(lengths)
                if value.static_shape is not None and known is not None and known.size and known.max() == known.min():
                    self._check_element_shape((int(known.flat[0]), *value.static_shape[1:]))
                return self.with_flow(raw.TensorArraySplitV3(self._handle, value, lengths, self._flow, name=name))

    def close(self, name: str | None = None) -> Operation:
        """The operation that forgets all elements."""
        return raw.TensorArrayCloseV3(self._handle, name=name)

    def _check_element_shape(self, found: shapes.Shape) -> None:
        known = self._element_shape[0]
        if not shapes.compatible(known, found):
            raise ValueError(
                f"Inconsistent shapes: saw {shapes.python_text(found)} but expected {shapes.python_text(known)}\n"
                "  The elements of a TensorArray have one shape, unless it is made with infer_shape=False."
            )
        if self._infer_shape:
            self._element_shape[0] = shapes.merge(known, found)

    def _beside(self, value: Tensor) -> Any:
        """The device of the first value that was written."""
        if not self._colocate:
            return contextlib.nullcontext()
        if not self._colocate_with or self._colocate_with[0].graph._by_name.get(self._colocate_with[0].op.name) is None:
            self._colocate_with[:] = [value]
        return value.graph.colocate_with(self._colocate_with[0].op)

    def __repr__(self) -> str:
        return f"<tf.TensorArray {self._handle.op.name}: {self._dtype.name} elements of shape {shapes.python_text(self._element_shape[0])}>"


def _check_arguments(handle: Any, size: Any, name: Any, dynamic: Any, clears: Any) -> None:
    """Refuse to mix what makes a new array with what stands for an existing one."""
    if handle is None:
        if size is None:
            raise ValueError("Argument `size` must be provided if handle is not provided.")
        return
    for label, value in (("tensor_array_name", name), ("size", size), ("dynamic_size", dynamic), ("clear_after_read", clears)):
        if value is not None:
            raise ValueError(f"Cannot provide both a `handle` and `{label}` arguments at the same time.")


def _static_size(size: Any) -> int | None:
    value = constant_value(size) if isinstance(size, Tensor) else size
    return None if value is None else int(value)
