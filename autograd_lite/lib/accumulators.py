"""`tf.ConditionalAccumulator`: gathers gradients from several workers and gives their mean when enough have come."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.casting import cast
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import leaves_no_trace
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor


@export("ConditionalAccumulatorBase")
class ConditionalAccumulatorBase:
    """What dense and sparse accumulators have in common.

    Args:
      dtype: the type of the gradients.
      shape: their shape, or None.
      accumulator_ref: the handle.
    """

    def __init__(self, dtype: Any, shape: Any, accumulator_ref: Tensor) -> None:
        self._dtype = dtypes.as_dtype(dtype)
        self._shape = shapes.TensorShape(shape)
        self._accumulator_ref = accumulator_ref
        self._name = accumulator_ref.op.name.split("/")[-1]

    @property
    def accumulator_ref(self) -> Tensor:
        """The handle."""
        return self._accumulator_ref

    @property
    def name(self) -> str:
        """The name of the node, without its scope."""
        return self._name

    @property
    def dtype(self) -> dtypes.DType:
        """The type of the gradients."""
        return self._dtype

    def num_accumulated(self, name: str | None = None) -> Tensor:
        """How many gradients wait, an int32 scalar."""
        return self._on_handle("AccumulatorNumAccumulated", name=f"{self._name}_NumAccumulated" if name is None else name)

    @leaves_no_trace
    def set_global_step(self, new_global_step: Any, name: str | None = None) -> Operation:
        """An operation that says which step it is: gradients of older ones will be dropped."""
        return self._on_handle("AccumulatorSetGlobalStep", cast(convert_to_tensor(new_global_step), dtypes.int64), name=name)

    def _on_handle(self, kind: str, *inputs: Any, **more: Any) -> Any:
        """A node on the handle: of the kind that takes a resource or a reference, as the handle is one."""
        handle = self._accumulator_ref
        if handle.dtype is dtypes.resource:
            return getattr(raw, f"Resource{kind}")(handle, *inputs, **more)
        return getattr(raw, kind)(handle, *inputs, **more)


@export("ConditionalAccumulator")
class ConditionalAccumulator(ConditionalAccumulatorBase):
    """Gathers dense gradients and gives their mean (or sum). A gradient that was computed at an older step is dropped.

    Args:
      dtype: the type of the gradients.
      shape: their shape, as far as it is known.
      shared_name: accumulators with the same one are one.
      name: the name of the node.
      reduction_type: "MEAN" or "SUM".

    >>> import autograd_lite as tf
    >>> accumulator = ConditionalAccumulator(tf.float32, shape=[2])
    >>> add = accumulator.apply_grad([1.0, 3.0]), accumulator.apply_grad([3.0, 5.0])
    >>> mean = accumulator.take_grad(2)
    >>> with tf.Session() as session:
    ...     _ = session.run(add)
    ...     print(session.run(mean))
    [2. 4.]
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "conditional_accumulator",
        reduction_type: str = "MEAN",
    ) -> None:
        handle = raw.ResourceConditionalAccumulator(
            dtype=dtypes.as_dtype(dtype), shape=shapes.as_shape(shape), shared_name=shared_name or "", name=name,
            reduction_type=reduction_type,
        )  # fmt: skip
        super().__init__(dtype, shape, handle)

    @leaves_no_trace
    def apply_grad(self, grad: Any, local_step: Any = 0, name: str | None = None) -> Operation:
        """An operation that adds a gradient.

        Args:
          grad: the gradient.
          local_step: the step at which it was computed.
          name: a name for the operation.

        Raises:
          ValueError: when the shape does not fit.
        """
        grad = convert_to_tensor(grad, self._dtype)
        grad.get_shape().assert_is_compatible_with(self._shape)
        step = cast(convert_to_tensor(local_step), dtypes.int64)
        return self._on_handle("AccumulatorApplyGradient", step, grad, name=name)

    @leaves_no_trace
    def take_grad(self, num_required: Any, name: str | None = None) -> Tensor:
        """The mean (or sum) of the gradients; waits until `num_required` have come. After it the next step begins."""
        taken = self._on_handle("AccumulatorTakeGradient", num_required, dtype=self._dtype, name=name)
        taken.set_shape(self._shape)
        return taken


@export("SparseConditionalAccumulator", "sparse.SparseConditionalAccumulator")
class SparseConditionalAccumulator(ConditionalAccumulatorBase):
    """Gathers gradients of some rows. The mean of a row is that of the gradients that have this row.

    Args:
      dtype, shape, shared_name, name, reduction_type: as for ConditionalAccumulator; `shape` is that of the whole variable.

    >>> import autograd_lite as tf
    >>> accumulator = SparseConditionalAccumulator(tf.float32, shape=[3, 1])
    >>> add = [accumulator.apply_grad([0, 2], [[1.0], [2.0]]), accumulator.apply_grad([2], [[4.0]])]
    >>> mean = accumulator.take_indexed_slices_grad(2)
    >>> with tf.Session() as session:
    ...     _ = session.run(add)
    ...     print(session.run(mean).values)
    [[1.]
     [3.]]
    """

    def __init__(
        self,
        dtype: Any,
        shape: Any = None,
        shared_name: str | None = None,
        name: str = "sparse_conditional_accumulator",
        reduction_type: str = "MEAN",
    ) -> None:
        handle = raw.SparseConditionalAccumulator(
            dtype=dtypes.as_dtype(dtype), shape=shapes.as_shape(shape), shared_name=shared_name or "", name=name,
            reduction_type=reduction_type,
        )  # fmt: skip
        super().__init__(dtype, shape, handle)

    def apply_indexed_slices_grad(self, grad: IndexedSlices, local_step: Any = 0, name: str | None = None) -> Operation:
        """An operation that adds a gradient given as IndexedSlices, computed at `local_step`."""
        return self.apply_grad(grad.indices, grad.values, grad.dense_shape, local_step, name)

    @leaves_no_trace
    def apply_grad(
        self, grad_indices: Any, grad_values: Any, grad_shape: Any = None, local_step: Any = 0, name: str | None = None
    ) -> Operation:
        """An operation that adds a gradient of some rows.

        Args:
          grad_indices: the numbers of the rows, a vector.
          grad_values: the rows.
          grad_shape: the shape of the whole, if it is to be checked.
          local_step: the step at which it was computed.
          name: a name for the operation.
        """
        step = cast(convert_to_tensor(local_step), dtypes.int64)
        indices = cast(grad_indices, dtypes.int64)
        shape = cast([] if grad_shape is None else grad_shape, dtypes.int64)
        return raw.SparseAccumulatorApplyGradient(
            self._accumulator_ref, step, indices, grad_values, shape, has_known_shape=grad_shape is not None, name=name
        )

    def take_grad(self, num_required: Any, name: str | None = None) -> Any:
        """The mean (or sum) as a namedtuple of `indices`, `values` and `shape`; waits until `num_required` gradients have come."""
        return raw.SparseAccumulatorTakeGradient(self._accumulator_ref, num_required, dtype=self._dtype, name=name)

    def take_indexed_slices_grad(self, num_required: Any, name: str | None = None) -> IndexedSlices:
        """The mean (or sum) as IndexedSlices; waits until `num_required` gradients have come."""
        taken = self.take_grad(num_required, name)
        return IndexedSlices(taken.values, taken.indices, taken.shape)
