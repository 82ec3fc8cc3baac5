"""`tf.data.Dataset`: where datasets begin."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.api.control import control_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building, leaves_no_trace
from autograd_lite.core import dtypes, shapes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.conversion import convert_to_tensor, make_array
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.type_specs import TensorSpec
from autograd_lite.lib.data import structure as structures
from autograd_lite.lib.data.base import DatasetBase
from autograd_lite.lib.data.functions import traced
from autograd_lite.lib.data.maps import Maps
from autograd_lite.lib.data.orders import Orders, number
from autograd_lite.lib.python_functions import py_func

_WANTS_DATASETS = "Invalid input to `zip`. Inputs are expected to be (nested) structures of `tf.data.Dataset` objects."


@export("data.Dataset")
class Dataset(Maps, Orders):
    """A sequence of elements: how an input pipeline is described.

    An element is a tensor, or a nested tuple or dict of them. A dataset is made from a source (`from_tensor_slices`, `range`,
    `tf.data.TextLineDataset`, ...) and transformed (`map`, `shuffle`, `batch`, `repeat`, ...); an iterator hands its elements to the graph.

    >>> dataset = tf.data.Dataset.from_tensor_slices(([1, 2, 3], ["a", "b", "c"])).batch(2)
    >>> numbers, letters = dataset.make_one_shot_iterator().get_next()
    >>> with tf.Session() as session:
    ...     print(session.run([numbers, letters]))
    [array([1, 2], dtype=int32), array([b'a', b'b'], dtype=object)]
    """

    @staticmethod
    @leaves_no_trace
    def from_tensors(tensors: Any) -> Dataset:
        """A dataset of one element.

        >>> tf.data.Dataset.from_tensors([1, 2]).output_shapes
        TensorShape([Dimension(2)])
        """
        element = structures.normalized(tensors)
        structure = structures.mapped(structures.spec_of, element)
        flat = structures.to_tensors(element)
        return Dataset._from_variant(raw.TensorDataset(flat, output_shapes=structures.shapes_of(structure)), structure)

    @staticmethod
    @leaves_no_trace
    def from_tensor_slices(tensors: Any) -> Dataset:
        """A dataset with an element for each index of the first axis of the tensors.

        Raises:
          ValueError: when a tensor is a scalar, or the first axes differ in size.

        >>> tf.data.Dataset.from_tensor_slices({"x": [[1, 2], [3, 4]], "y": [0, 1]}).output_shapes["x"]
        TensorShape([Dimension(2)])
        """
        element = structures.normalized(tensors)
        batch = structures.mapped(structures.spec_of, element)
        size: Any = shapes.Dimension(None)
        for spec in structures.flat(batch):
            if spec.shape.ndims == 0:
                raise ValueError("Unbatching a tensor is only supported for rank >= 1\n  from_tensor_slices takes rows apart.")
            if spec.shape.ndims is not None:
                if not size.is_compatible_with(spec.shape[0]):
                    raise ValueError(
                        f"Dimensions {size} and {spec.shape[0]} are not compatible\n"
                        "  from_tensor_slices takes tensors with first axes of one size."
                    )
                size = size.merge_with(spec.shape[0])
        structure = structures.unbatched(batch)
        flat = structures.to_batched_tensors(element)
        return Dataset._from_variant(raw.TensorSliceDataset(flat, output_shapes=structures.shapes_of(structure)), structure)

    @staticmethod
    def from_sparse_tensor_slices(sparse_tensor: SparseTensor) -> Dataset:
        """A dataset with an element for each row of a sparse tensor, as its three parts.

        Raises:
          TypeError: when it is no SparseTensor.
        """
        if not isinstance(sparse_tensor, SparseTensor):
            raise TypeError(f"`sparse_tensor` must be a `tf.SparseTensor` object. Was {sparse_tensor}.")
        rank = sparse_tensor.shape.ndims
        inner = None if rank is None else rank - 1
        structure = (
            TensorSpec([None, inner], dtypes.int64),
            TensorSpec([None], sparse_tensor.dtype),
            TensorSpec([inner], dtypes.int64),
        )
        parts = sparse_tensor.indices, sparse_tensor.values, sparse_tensor.dense_shape
        return Dataset._from_variant(raw.SparseTensorSliceDataset(*parts), structure)

    @staticmethod
    def range(*args: Any) -> Dataset:
        """The integers from 0 to before `stop`; or from `start` to before `stop`, in steps of `step`.

        Raises:
          ValueError: when there are not one to three arguments.

        >>> print(tf.Session().run(tf.data.Dataset.range(2, 9, 3).make_one_shot_iterator().get_next()))
        2
        """
        if not 1 <= len(args) <= 3:
            raise ValueError(f"Invalid arguments to RangeDataset: {args}\n  range(stop), range(start, stop) or range(start, stop, step).")
        start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3]
        structure = TensorSpec([], dtypes.int64)
        numbers = number(start, "start"), number(stop, "stop"), number(step, "step")
        return Dataset._from_variant(raw.RangeDataset(*numbers, **structures.typed(structure)), structure)

    @staticmethod
    def zip(datasets: Any) -> Dataset:
        """Elements of several datasets side by side, until one of them ends.

        Args:
          datasets: a nested tuple or dict of datasets; elements have the same nesting.

        Raises:
          TypeError: when something else is among them.

        >>> tf.data.Dataset.zip((tf.data.Dataset.range(3), tf.data.Dataset.range(3, 6))).output_types
        (tf.int64, tf.int64)
        """
        parts = structures.flat(datasets)
        if not all(isinstance(part, DatasetBase) for part in parts):
            if any(isinstance(part, list) for part in parts):
                raise TypeError(
                    f"{_WANTS_DATASETS} Python `list` is not supported and you should use `tuple` instead."
                )
            raise TypeError(
                f"{_WANTS_DATASETS} Encountered object of type {next(type(part) for part in parts if not isinstance(part, DatasetBase))}."
            )
        structure = structures.mapped(lambda dataset: dataset._structure, datasets)
        return Dataset._from_variant(raw.ZipDataset([part._variant_tensor for part in parts], **structures.typed(structure)), structure)

    def enumerate(self, start: Any = 0) -> Dataset:
        """Each element together with its number, which begins with `start`."""
        most = np.iinfo(np.int64).max
        return Dataset.zip((Dataset.range(start, most), self))

    @staticmethod
    def list_files(file_pattern: Any, shuffle: bool | None = None, seed: Any = None) -> Dataset:
        """The names of the files that match one or more patterns.

        Args:
          shuffle: in an order drawn at random (unless False).

        Raises:
          InvalidArgumentError: in a run, when nothing matches.
        """
        with building("list_files"):
            pattern = convert_to_tensor(file_pattern, dtypes.string, "file_pattern")
            matching = raw.MatchingFiles(pattern)
            found = raw.Greater(raw.StridedSlice(raw.Shape(matching), [0], [1], [1], shrink_axis_mask=1), 0, name="match_not_empty")
            names = raw.ReduceJoin(pattern, [] if pattern.shape.ndims == 0 else [0], separator=", ")
            message = raw.StringJoin([convert_to_tensor("No files matched pattern: ", name="message"), names])
            with control_dependencies([raw.Assert(found, [message], summarize=1, name="assert_not_empty/Assert")]):
                matching = raw.Identity(matching)
            dataset = Dataset.from_tensor_slices(matching)
            if shuffle is None or shuffle:
                count = raw.StridedSlice(raw.Shape(matching, out_type=dtypes.int64), [0], [1], [1], shrink_axis_mask=1)
                dataset = dataset.shuffle(raw.Maximum(count, convert_to_tensor(1, dtypes.int64)), seed=seed)
            return dataset

    @staticmethod
    def from_generator(generator: Callable[..., Any], output_types: Any, output_shapes: Any = None, args: Any = None) -> Dataset:
        """The elements that a Python generator gives.

        Args:
          generator: a function that gives something to iterate over; it is called anew for each pass.
          output_types, output_shapes: nested element types and static shapes of an element.
          args: tensors whose values are passed to `generator`.

        Raises:
          TypeError: when `generator` cannot be called.

        >>> def count():
        ...     yield from (1, 2)
        >>> n = tf.data.Dataset.from_generator(count, tf.int32, []).make_one_shot_iterator().get_next()
        >>> print(tf.Session().run(n))
        1
        """
        if not callable(generator):
            raise TypeError("`generator` must be callable.")
        structure = structures.from_legacy(output_types, output_shapes)
        state = _Generators(generator, structure)
        given = tuple(convert_to_tensor(value) for value in args or ())

        def one_pass(_: Any) -> Dataset:
            return Dataset._from_variant(_generated(state, given, structure), structure)

        return Dataset.from_tensors(np.int64(0)).flat_map(one_pass)


DatasetBase._plain = Dataset
structures.DatasetSpec._dataset = Dataset


class _Generators:
    """The generators at work for a dataset, by number: each pass has its own."""

    def __init__(self, generator: Callable[..., Any], structure: Any) -> None:
        self._generator, self._structure = generator, structure
        self._running: dict[int, Any] = {}
        self._next_number = 0

    def begin(self, *args: Any) -> Any:
        """Start a generator; gives its number."""
        self._next_number += 1
        self._running[self._next_number] = iter(self._generator(*args))
        return np.int64(self._next_number)

    def following(self, key: Any) -> Any:
        """The next element of a generator, as flat arrays."""
        return self._flat(next(self._running[int(key)]))  # StopIteration ends the dataset

    def _flat(self, element: Any) -> list[Any]:
        specs = structures.flat(self._structure)
        try:
            values = structures.flat(structures.mapped(lambda _, value: _Leaf(value), self._structure, element))
            arrays = [make_array(value.value, spec.dtype) for value, spec in builtins.zip(values, specs)]
        except (TypeError, ValueError):
            raise TypeError(
                "`generator` yielded an element that did not match the expected structure. The expected structure was "
                f"{self._structure!r}, but the yielded element was {element}."
            ) from None
        for array, spec in builtins.zip(arrays, specs):
            if not spec.shape.is_compatible_with(array.shape):
                raise TypeError(
                    f"`generator` yielded an element of shape {array.shape} where an element of shape {spec.shape} was expected."
                )
        return arrays

    def finish(self, key: Any) -> Any:
        """Forget a generator."""
        running = self._running.pop(int(key), None)
        if hasattr(running, "close"):
            running.close()
        return np.int64(0)


class _Leaf:
    def __init__(self, value: Any) -> None:
        self.value = value


def _generated(state: _Generators, args: tuple[Tensor, ...], structure: Any) -> Tensor:
    """The node of a dataset that asks a generator for its elements."""
    key_spec, types = TensorSpec([], dtypes.int64), structures.types_of(structure)

    def begin(*values: Any) -> Any:
        key = py_func(state.begin, list(values), dtypes.int64)
        key.set_shape([])
        return key

    def following(key: Any) -> Any:
        values = py_func(state.following, [key], types)
        flat = [values] if isinstance(values, Tensor) else list(values)
        for value, shape in builtins.zip(flat, structures.shapes_of(structure)):
            value.set_shape(shape)
        return structures.from_tensors(structure, flat)

    def finish(key: Any) -> Any:
        return py_func(state.finish, [key], dtypes.int64)

    inputs = tuple(structures.spec_of(value) for value in args)
    first, second, third = (
        traced("Dataset.from_generator()", begin, inputs),
        traced("Dataset.from_generator()", following, key_spec),
        traced("Dataset.from_generator()", finish, key_spec),
    )
    own = [get_default_graph().capture(value) for value in args]
    return raw.GeneratorDataset(
        [*own, *first.captured], second.captured, third.captured, init_func=first.name, next_func=second.name, finalize_func=third.name,
        **structures.typed(structure),
    )  # fmt: skip
