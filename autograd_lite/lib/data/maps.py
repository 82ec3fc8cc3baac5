"""Transformations that call functions, and those that put elements together or take them apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.type_specs import SparseTensorSpec, TensorSpec
from autograd_lite.lib.data import structure as structures
from autograd_lite.lib.data.base import DatasetBase
from autograd_lite.lib.data.functions import traced
from autograd_lite.lib.data.orders import number


class Maps(DatasetBase):
    """Mapping, filtering, interleaving, reducing, batching."""

    def map(self, map_func: Callable[..., Any], num_parallel_calls: Any = None) -> Any:
        """What a function makes of each element.

        Args:
          map_func: takes the parts of an element as tensors and gives a tensor, or a nested tuple or dict of them. It is called once, to
            build nodes; use `tf.py_func` in it for what only Python can do.
          num_parallel_calls: how many elements are worked on at a time (-1: as many as seem good).

        Raises:
          TypeError: when it gives something that is no tensor.

        >>> squares = tf.data.Dataset.range(3).map(lambda x: x * x).make_one_shot_iterator().get_next()
        >>> with tf.Session() as session:
        ...     print([int(session.run(squares)) for _ in range(3)])
        [0, 1, 4]
        """
        function = traced("Dataset.map()", map_func, self._structure)
        kinds = structures.typed(function.structure)
        if num_parallel_calls is None:
            mapped = raw.MapDataset(self._variant_tensor, function.captured, f=function.name, **kinds)
        elif release().maps_in_parallel_v2:
            calls = number(num_parallel_calls, "num_parallel_calls")
            mapped = raw.ParallelMapDatasetV2(self._variant_tensor, function.captured, calls, f=function.name, **kinds)
        else:
            calls = convert_to_tensor(num_parallel_calls, dtypes.int32, "num_parallel_calls")
            mapped = raw.ParallelMapDataset(self._variant_tensor, function.captured, calls, f=function.name, **kinds)
        return self._new(mapped, function.structure)

    def map_with_legacy_function(self, map_func: Callable[..., Any], num_parallel_calls: Any = None) -> Any:
        """The same as `map`."""
        return self.map(map_func, num_parallel_calls)

    def filter(self, predicate: Callable[..., Any]) -> Any:
        """The elements for which a function gives True.

        Raises:
          ValueError: when it gives something else than a scalar bool.
        """
        function = traced("Dataset.filter()", predicate, self._structure)
        spec = function.structure
        if not isinstance(spec, TensorSpec) or spec.dtype is not dtypes.bool_ or not spec.shape.is_compatible_with([]):
            raise ValueError(f"`predicate` return type must be convertible to a scalar boolean tensor. Was {spec}.")
        kept = raw.FilterDataset(self._variant_tensor, function.captured, predicate=function.name, **self._kept())
        return self._new(kept, self._structure)

    def filter_with_legacy_function(self, predicate: Callable[..., Any]) -> Any:
        """The same as `filter`."""
        return self.filter(predicate)

    def flat_map(self, map_func: Callable[..., Any]) -> Any:
        """The elements of the datasets that a function makes of each element, one dataset after the other.

        Raises:
          TypeError: when the function gives no dataset.
        """
        function, inner = self._datasets("Dataset.flat_map()", map_func)
        flat = raw.FlatMapDataset(self._variant_tensor, function.captured, f=function.name, **structures.typed(inner))
        return self._new(flat, inner)

    def _datasets(self, what: str, map_func: Callable[..., Any]) -> tuple[Any, Any]:
        function = traced(what, map_func, self._structure)
        if not isinstance(function.structure, structures.DatasetSpec):
            raise TypeError(f"`map_func` must return a `Dataset` object. Got {function.structure}")
        return function, function.structure.element_spec

    def interleave(self, map_func: Callable[..., Any], cycle_length: Any = -1, block_length: Any = 1,
                   num_parallel_calls: Any = None) -> Any:  # fmt: skip
        """Elements of several datasets in turn: `cycle_length` datasets, made by a function, are open at a time.

        Args:
          block_length: how many elements of one dataset come before the turn passes to the next.
          num_parallel_calls: fetch elements ahead with threads.
        """
        function, inner = self._datasets("Dataset.interleave()", map_func)
        numbers = [number(cycle_length, "cycle_length"), number(block_length, "block_length")]
        given = {"f": function.name, **structures.typed(inner)}
        if num_parallel_calls is None:
            return self._new(raw.InterleaveDataset(self._variant_tensor, function.captured, *numbers, **given), inner)
        if release().maps_in_parallel_v2:
            numbers += [number(-1, "buffer_output_elements"), number(-1, "prefetch_input_elements")]
        numbers.append(number(num_parallel_calls, "num_parallel_calls"))
        make = raw.ParallelInterleaveDatasetV4 if release().maps_in_parallel_v2 else raw.ParallelInterleaveDatasetV2
        return self._new(make(self._variant_tensor, function.captured, *numbers, **given), inner)

    def reduce(self, initial_state: Any, reduce_func: Callable[..., Any]) -> Any:
        """Fold the whole dataset into one value.

        Args:
          initial_state: a tensor, or a nested tuple or dict of them.
          reduce_func: takes the state and an element, and gives the new state, of the same structure.

        >>> total = tf.data.Dataset.range(5).reduce(np.int64(0), lambda total, x: total + x)
        >>> print(tf.Session().run(total))
        10
        """
        with building("initial_state"):
            state = structures.normalized(initial_state)
        spec = structures.mapped(structures.spec_of, state)
        function, spec = traced_state("reduce()", reduce_func, spec, self._structure, lambda given: given)
        results = raw.ReduceDataset(
            self._variant_tensor, structures.to_tensors(state), function.captured, f=function.name, **structures.typed(spec)
        )
        return structures.from_tensors(spec, results)

    # ---------------------------------------------------------------- batches

    def batch(self, batch_size: Any, drop_remainder: Any = False) -> Any:
        """Put `batch_size` elements together, along a new first axis.

        Args:
          drop_remainder: leave out the last batch if it is smaller; then the size of the batch is known in the static shape.

        >>> tf.data.Dataset.range(10).batch(4, drop_remainder=True).output_shapes
        TensorShape([Dimension(4)])
        """
        size = number(batch_size, "batch_size")
        drops = convert_to_tensor(drop_remainder, dtypes.bool_, "drop_remainder")
        structure = structures.batched(self._structure, known_batch(size, drops))
        return self._new(raw.BatchDatasetV2(self._variant_tensor, size, drops, **structures.typed(structure)), structure)

    def padded_batch(self, batch_size: Any, padded_shapes: Any, padding_values: Any = None, drop_remainder: Any = False) -> Any:
        """Put elements of different sizes together: they are filled up to one shape first.

        Args:
          padded_shapes: nested shapes, like an element; None or -1 in one means the largest of the batch.
          padding_values: nested scalars to fill with; 0 or "" unless given.

        Raises:
          ValueError: when a shape is smaller than what is known of the element's.
        """
        size = number(batch_size, "batch_size")
        wanted = structures.mapped(_checked_padding, self._structure, _nested_shapes(self._structure, padded_shapes))
        sizes = [padding.tensor for padding in structures.flat(wanted)]
        values = structures.flat(structures.mapped(_padding_value, self._structure, _nested_values(self._structure, padding_values)))
        drops = convert_to_tensor(drop_remainder, dtypes.bool_, "drop_remainder")
        first = known_batch(size, drops)
        structure = structures.mapped(lambda spec, padding: TensorSpec((first, *padding.sizes), spec.dtype), self._structure, wanted)
        made = raw.PaddedBatchDatasetV2(
            self._variant_tensor, size, sizes, values, drops, output_shapes=structures.shapes_of(structure)
        )
        return self._new(made, structure)

    def unbatch(self) -> Any:
        """The rows of each element as elements of their own."""
        structure = structures.unbatched(self._structure)
        return self._new(raw.UnbatchDataset(self._variant_tensor, **structures.typed(structure)), structure)

    def window(self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: Any = False) -> Any:
        """Datasets of `size` elements each; they begin `shift` elements after one another and take every `stride`-th element.

        >>> windows = tf.data.Dataset.range(7).window(3, shift=2).flat_map(lambda window: window.batch(3))
        """
        length = number(size, "size")
        numbers = length, number(size if shift is None else shift, "shift"), number(stride, "stride")
        drops = convert_to_tensor(drop_remainder, dtypes.bool_, "drop_remainder")
        structure = structures.mapped(lambda spec: structures.DatasetSpec(spec), self._structure)
        return self._new(raw.WindowDataset(self._variant_tensor, *numbers, drops, **structures.typed(structure)), structure)


def traced_state(what: str, function: Callable[..., Any], state: Any, element: Any, state_of: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Trace a function that hands a state on to itself, until the static shape of the state no longer changes.

    Args:
      state_of: takes the structure that the function gives and picks the part that is the state.
    """
    for _ in range(10):
        found = traced(what, lambda *values: function(*values), state, element, unpacks=False)
        given = state_of(found.structure)
        if structures.legacy_types(given) != structures.legacy_types(state):
            raise TypeError(
                f"The element types for the new state must match the initial state. Expected {structures.legacy_types(state)!r}; got "
                f"{structures.legacy_types(given)!r}."
            )
        weaker = structures.mapped(lambda a, b: a.most_specific_compatible_type(b), state, given)
        if weaker == state:
            break
        state = weaker
    return found, state


def known_batch(size: Tensor, drop_remainder: Tensor) -> int | None:
    """The size of every batch, when it is known."""
    drops, count = constant_value(drop_remainder), constant_value(size)
    return int(count) if drops is not None and count is not None and bool(drops) else None


def _nested_shapes(structure: Any, given: Any) -> Any:
    """`padded_shapes` as users write them (lists are shapes) in the structure of an element."""
    return given if structures.is_structure(structure) else _One(given)


class _One:
    """A leaf that must not be taken apart."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _nested_values(structure: Any, given: Any) -> Any:
    return structures.mapped(lambda _: None, structure) if given is None else given


class _Padding:
    """The shape that elements are filled up to: its sizes as far as known, and the tensor that tells them."""

    def __init__(self, sizes: tuple[int | None, ...], tensor: Tensor) -> None:
        self.sizes = sizes
        self.tensor = tensor


def _checked_padding(spec: Any, wanted: Any) -> _Padding:
    wanted = wanted.value if isinstance(wanted, _One) else wanted
    if isinstance(spec, SparseTensorSpec):
        raise TypeError("Batching of padded sparse tensors is not currently supported")
    if isinstance(wanted, Tensor):
        tensor = wanted if wanted.dtype is dtypes.int64 else raw.Cast(wanted, DstT=dtypes.int64)
        return _Padding((None,) * ((wanted.static_shape or (0,))[0] or 0), tensor)
    sizes = tuple(None if size in (None, -1) else int(size) for size in _sizes(wanted))
    known = spec.shape.dims_tuple
    if known is not None:
        too_small = any(own is not None and size is not None and own > size for own, size in zip(known, sizes))
        if len(known) != len(sizes) or too_small:
            raise ValueError(
                f"The padded shape {shapes.python_text(sizes)} is not compatible with the corresponding input component shape "
                f"{shapes.python_text(known)}."
            )
    return _Padding(sizes, convert_to_tensor(np.array([-1 if size is None else size for size in sizes], np.int64)))


def _sizes(wanted: Any) -> list[Any]:
    if isinstance(wanted, shapes.TensorShape):
        return wanted.as_list()
    if isinstance(wanted, shapes.Dimension):
        return [wanted.value]
    return [size.value if isinstance(size, shapes.Dimension) else size for size in np.atleast_1d(np.array(wanted, dtype=object)).tolist()]


def _padding_value(spec: Any, value: Any) -> Tensor:
    if value is None:
        value = "" if spec.dtype is dtypes.string else np.zeros((), spec.dtype.numpy)
    tensor = convert_to_tensor(value, name="padding_value")
    if not tensor.shape.is_compatible_with([]):
        raise ValueError("Padding value should be a scalar, but is not.")
    if tensor.dtype != spec.dtype:
        raise TypeError(f"Padding value type ({tensor.dtype}) does not match output type ({spec.dtype})")
    return tensor
