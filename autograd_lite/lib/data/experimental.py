"""`tf.data.experimental`: transformations for `Dataset.apply`, and functions of datasets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.api.random import random_uniform
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export, export_constant
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.type_specs import SparseTensorSpec, TensorSpec
from autograd_lite.lib.data import structure as structures
from autograd_lite.lib.data.base import DatasetBase
from autograd_lite.lib.data.dataset import Dataset
from autograd_lite.lib.data.functions import traced
from autograd_lite.lib.data.maps import known_batch, traced_state
from autograd_lite.lib.data.orders import number
from autograd_lite.lib.data.readers import RandomDataset
from autograd_lite.lib.data.seeds import dataset_seeds

Transformation = Callable[[Any], Any]

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2
for _name in ("AUTOTUNE", "INFINITE_CARDINALITY", "UNKNOWN_CARDINALITY"):
    export_constant(__name__, _name, f"data.experimental.{_name}")


@export("data.experimental.Counter", "contrib.data.Counter")
def counter(start: Any = 0, step: Any = 1, dtype: Any = dtypes.int64) -> Dataset:
    """Numbers without an end: `start`, `start + step` and so on.

    >>> print(tf.Session().run(tf.data.experimental.Counter(4).make_one_shot_iterator().get_next()))
    4
    """
    first, apart = convert_to_tensor(start, dtype, "start"), convert_to_tensor(step, dtype, "step")
    forever = Dataset.from_tensors(convert_to_tensor(0, dtype)).repeat()
    return forever.apply(scan(first, lambda state, _: (raw.Add(state, apart), state)))


@export("data.experimental.shuffle_and_repeat", "contrib.data.shuffle_and_repeat")
def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Transformation:
    """Shuffle and repeat in one, with one buffer: elements of one epoch may stand beside those of the next.

    >>> both = tf.data.Dataset.range(8).apply(tf.data.experimental.shuffle_and_repeat(8, count=2, seed=4))
    """

    def apply(dataset: Dataset) -> Dataset:
        size, times = number(buffer_size, "buffer_size"), number(count, "count")
        made = raw.ShuffleAndRepeatDataset(dataset._variant_tensor, size, *dataset_seeds(seed), times, **dataset._kept())
        return dataset._new(made, dataset._structure)

    return apply


@export("data.experimental.map_and_batch", "contrib.data.map_and_batch", "data.experimental.map_and_batch_with_legacy_function")
def map_and_batch(map_func: Callable[..., Any], batch_size: Any, num_parallel_batches: int | None = None, drop_remainder: Any = False,
                  num_parallel_calls: Any = None) -> Transformation:  # fmt: skip
    """Map and batch in one.

    Raises:
      ValueError: when both num_parallel_batches and num_parallel_calls are given.

    >>> tf.data.Dataset.range(4).apply(tf.data.experimental.map_and_batch(lambda x: x * x, 2)).output_types
    tf.int64
    """
    if num_parallel_batches is not None and num_parallel_calls is not None:
        raise ValueError("`map_and_batch` allows only one of `num_parallel_batches` and `num_parallel_calls` to be set, but both were set.")
    calls = num_parallel_calls
    if calls is None:
        calls = 1 if num_parallel_batches is None else batch_size * num_parallel_batches

    def apply(dataset: Dataset) -> Dataset:
        function = traced("map_and_batch", map_func, dataset._structure)
        size, threads = number(batch_size, "batch_size"), number(calls, "num_parallel_calls")
        drops = convert_to_tensor(drop_remainder, dtypes.bool_, "drop_remainder")
        structure = structures.batched(function.structure, known_batch(size, drops))
        made = raw.MapAndBatchDataset(
            dataset._variant_tensor, function.captured, size, threads, drops, f=function.name, preserve_cardinality=True,
            **structures.typed(structure),
        )  # fmt: skip
        return dataset._new(made, structure)

    return apply


@export("data.experimental.unbatch", "contrib.data.unbatch")
def unbatch() -> Transformation:
    """Take the rows of each element apart: `Dataset.unbatch` for `apply`."""
    return lambda dataset: dataset.unbatch()


@export("data.experimental.enumerate_dataset", "contrib.data.enumerate_dataset")
def enumerate_dataset(start: Any = 0) -> Transformation:
    """Number the elements: `Dataset.enumerate` for `apply`."""
    return lambda dataset: dataset.enumerate(start)


@export("data.experimental.ignore_errors", "contrib.data.ignore_errors")
def ignore_errors() -> Transformation:
    """Pass over the elements that cannot be made, such as damaged images.

    >>> dataset = tf.data.Dataset.from_tensor_slices([1.0, 0.0]).map(lambda x: tf.check_numerics(1.0 / x, "division"))
    >>> dataset = dataset.apply(tf.data.experimental.ignore_errors())
    """
    return lambda dataset: dataset._new(raw.IgnoreErrorsDataset(dataset._variant_tensor, **dataset._kept()), dataset._structure)


@export("data.experimental.unique", "contrib.data.unique")
def unique() -> Transformation:
    """Give each different element once."""
    return lambda dataset: dataset._new(raw.UniqueDataset(dataset._variant_tensor, **dataset._kept()), dataset._structure)


@export("data.experimental.take_while")
def take_while(predicate: Callable[..., Any]) -> Transformation:
    """End the dataset before the first element for which a function gives False.

    >>> few = tf.data.Dataset.range(9).apply(tf.data.experimental.take_while(lambda x: x < 4))
    """

    def apply(dataset: Dataset) -> Dataset:
        function = traced("take_while", predicate, dataset._structure)
        made = raw.TakeWhileDataset(dataset._variant_tensor, function.captured, predicate=function.name, **dataset._kept())
        return dataset._new(made, dataset._structure)

    return apply


@export("data.experimental.scan", "contrib.data.scan")
def scan(initial_state: Any, scan_func: Callable[..., Any]) -> Transformation:
    """Map with a memory: a function takes a state and an element and gives the next state and an output.

    >>> sums = tf.data.Dataset.range(6).apply(tf.data.experimental.scan(np.int64(0), lambda total, x: (total + x, total + x)))
    """

    def apply(dataset: Dataset) -> Dataset:
        state = structures.normalized(initial_state)
        spec = structures.mapped(structures.spec_of, state)
        function, _ = traced_state("scan", scan_func, spec, dataset._structure, _state_of_pair)
        output = function.structure[1]
        made = raw.ScanDataset(
            dataset._variant_tensor, structures.to_tensors(state), function.captured, f=function.name, preserve_cardinality=True,
            **structures.typed(output),
        )  # fmt: skip
        return dataset._new(made, output)

    return apply


def _state_of_pair(structure: Any) -> Any:
    if not isinstance(structure, tuple) or len(structure) != 2:
        raise TypeError("The scan function must return a pair comprising the new state and the output value.")
    return structure[0]


@export("data.experimental.group_by_window", "contrib.data.group_by_window")
def group_by_window(key_func: Callable[..., Any], reduce_func: Callable[..., Any], window_size: Any = None,
                    window_size_func: Callable[..., Any] | None = None) -> Transformation:  # fmt: skip
    """Collect elements by key, and make a dataset of each window of enough elements of one key.

    Args:
      key_func: gives the int64 key of an element.
      reduce_func: takes a key and the dataset of a window, and gives a dataset.
      window_size, window_size_func: how many elements make a window, as a number or as a function of the key.

    Raises:
      ValueError: unless exactly one of window_size and window_size_func is given.

    >>> even_odd = tf.data.Dataset.range(8).apply(
    ...     tf.data.experimental.group_by_window(lambda x: x % 2, lambda key, window: window.batch(3), window_size=3))
    """
    if (window_size is None) == (window_size_func is None):
        raise ValueError("Must pass either `window_size` or `window_size_func`.")
    size_of = window_size_func or (lambda key: convert_to_tensor(window_size, dtypes.int64))
    key_spec = TensorSpec([], dtypes.int64)

    def apply(dataset: Dataset) -> Dataset:
        key = traced("group_by_window", lambda *parts: raw.Cast(convert_to_tensor(key_func(*parts)), DstT=dtypes.int64), dataset._structure)
        window = structures.DatasetSpec(dataset._structure)
        reduced = traced("group_by_window", lambda key, rows: reduce_func(key, rows), key_spec, window, unpacks=False)
        if not isinstance(reduced.structure, structures.DatasetSpec):
            raise TypeError("`reduce_func` must return a `Dataset` object.")
        sizes = traced("group_by_window", lambda key: raw.Cast(convert_to_tensor(size_of(key)), DstT=dtypes.int64), key_spec)
        inner = reduced.structure.element_spec
        made = raw.GroupByWindowDataset(
            dataset._variant_tensor, key.captured, reduced.captured, sizes.captured, key_func=key.name, reduce_func=reduced.name,
            window_size_func=sizes.name, **structures.typed(inner),
        )  # fmt: skip
        return dataset._new(made, inner)

    return apply


@export("data.experimental.Reducer", "contrib.data.Reducer")
class Reducer:
    """How to fold elements: a first state from a key, a new state from a state and an element, a result from the last state."""

    def __init__(self, init_func: Callable[..., Any], reduce_func: Callable[..., Any], finalize_func: Callable[..., Any]) -> None:
        self._functions = init_func, reduce_func, finalize_func

    @property
    def init_func(self) -> Callable[..., Any]:
        """Gives the first state of a key."""
        return self._functions[0]

    @property
    def reduce_func(self) -> Callable[..., Any]:
        """Gives the new state of a state and an element."""
        return self._functions[1]

    @property
    def finalize_func(self) -> Callable[..., Any]:
        """Gives the result of the last state."""
        return self._functions[2]


@export("data.experimental.group_by_reducer", "contrib.data.group_by_reducer")
def group_by_reducer(key_func: Callable[..., Any], reducer: Reducer) -> Transformation:
    """Fold all elements of each key into one.

    >>> count = tf.data.experimental.Reducer(lambda key: np.int64(0), lambda state, x: state + 1, lambda state: state)
    >>> counts = tf.data.Dataset.range(8).apply(tf.data.experimental.group_by_reducer(lambda x: x % 3, count))
    """
    key_spec = TensorSpec([], dtypes.int64)

    def apply(dataset: Dataset) -> Dataset:
        key = traced("group_by_reducer", key_func, dataset._structure)
        first = traced("group_by_reducer", reducer.init_func, key_spec)
        folded, state = traced_state("group_by_reducer", reducer.reduce_func, first.structure, dataset._structure, lambda given: given)
        result = traced("group_by_reducer", reducer.finalize_func, state)
        made = raw.GroupByReducerDataset(
            dataset._variant_tensor, key.captured, first.captured, folded.captured, result.captured, key_func=key.name,
            init_func=first.name, reduce_func=folded.name, finalize_func=result.name, **structures.typed(result.structure),
        )  # fmt: skip
        return dataset._new(made, result.structure)

    return apply


@export("data.experimental.bucket_by_sequence_length", "contrib.data.bucket_by_sequence_length")
def bucket_by_sequence_length(element_length_func: Callable[..., Any], bucket_boundaries: Sequence[int], bucket_batch_sizes: Sequence[int],
                              padded_shapes: Any = None, padding_values: Any = None, pad_to_bucket_boundary: bool = False,
                              no_padding: bool = False, drop_remainder: bool = False) -> Transformation:  # fmt: skip
    """Batch sequences of similar length together, so that little is filled up.

    Args:
      element_length_func: gives the length of an element.
      bucket_boundaries: the upper ends of the buckets. bucket_batch_sizes: the batch size of each, one more than boundaries.
      padded_shapes, padding_values, drop_remainder: see `Dataset.padded_batch`.
      pad_to_bucket_boundary: fill up to the end of the bucket. no_padding: do not fill up (for sparse elements).

    Raises:
      ValueError: when there is not one batch size more than boundaries.
    """
    if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
        raise ValueError("len(bucket_batch_sizes) must equal len(bucket_boundaries) + 1")
    boundaries, sizes = np.array(bucket_boundaries, np.int64), np.array(bucket_batch_sizes, np.int64)

    def bucket_of(*element: Any) -> Tensor:
        length = raw.Cast(convert_to_tensor(element_length_func(*element)), DstT=dtypes.int64)
        return raw.Sum(raw.Cast(raw.LessEqual(boundaries, length), DstT=dtypes.int64), [0])

    def size_of(bucket: Tensor) -> Tensor:
        return raw.GatherV2(sizes, bucket, 0)

    def batch(bucket: Tensor, window: Dataset) -> Dataset:
        if no_padding:
            return window.batch(size_of(bucket), drop_remainder)
        wanted = padded_shapes
        if wanted is None:
            wanted = structures.mapped(lambda shape: list(shape.as_list()), window.output_shapes)
        if pad_to_bucket_boundary:
            end = raw.Sub(raw.GatherV2(np.append(boundaries, np.iinfo(np.int64).max), bucket, 0), np.int64(1))
            wanted = structures.mapped(lambda shape: _filled_up(shape, end), _as_lists(wanted, window._structure))
        return window.padded_batch(size_of(bucket), wanted, padding_values, drop_remainder)

    return group_by_window(bucket_of, batch, window_size_func=size_of)


def _as_lists(wanted: Any, structure: Any) -> Any:
    return structures.mapped(lambda _, shape: _Shape(shape), structure, wanted) if structures.is_structure(structure) else _Shape(wanted)


class _Shape:
    def __init__(self, sizes: Any) -> None:
        self.sizes = list(sizes)


def _filled_up(shape: _Shape, end: Tensor) -> Any:
    """A shape in which unknown sizes are the end of the bucket."""
    if not shape.sizes:
        return []
    return raw.Pack([end if size in (None, -1) else convert_to_tensor(int(size), dtypes.int64) for size in shape.sizes])


@export("data.experimental.dense_to_sparse_batch", "contrib.data.dense_to_sparse_batch")
def dense_to_sparse_batch(batch_size: Any, row_shape: Any) -> Transformation:
    """Put elements of different sizes together as a sparse tensor.

    >>> ragged = tf.data.Dataset.range(1, 4).map(lambda x: tf.fill([x], x))
    >>> ragged.apply(tf.data.experimental.dense_to_sparse_batch(2, [5])).output_classes
    <class 'autograd_lite.graph.composite.SparseTensor'>
    """

    def apply(dataset: Dataset) -> Dataset:
        sizes = [-1 if size is None else int(size) for size in row_shape]
        structure = SparseTensorSpec([None, *[None if size < 0 else size for size in sizes]], structures.flat(dataset._structure)[0].dtype)
        made = raw.DenseToSparseBatchDataset(
            dataset._variant_tensor, number(batch_size, "batch_size"), np.array(sizes, np.int64), **structures.typed(structure)
        )
        return dataset._new(made, structure)

    return apply


@export("data.experimental.parallel_interleave", "contrib.data.parallel_interleave")
def parallel_interleave(map_func: Callable[..., Any], cycle_length: Any, block_length: Any = 1, sloppy: Any = False,
                        buffer_output_elements: Any = None, prefetch_input_elements: Any = None) -> Transformation:  # fmt: skip
    """Interleave datasets that threads read ahead: `Dataset.interleave` with `num_parallel_calls`, for `apply`."""

    def apply(dataset: Dataset) -> Dataset:
        return dataset.interleave(map_func, cycle_length, block_length, num_parallel_calls=cycle_length)

    return apply


# -------------------------------------------------------------------- several datasets


@export("data.experimental.choose_from_datasets", "contrib.data.choose_from_datasets")
def choose_from_datasets(datasets: Sequence[Dataset], choice_dataset: Dataset) -> Dataset:
    """Take each element from the dataset whose number another dataset tells.

    Raises:
      TypeError: when the choices are no scalar int64, or the datasets differ in structure.
    """
    if not choice_dataset._structure == TensorSpec([], dtypes.int64):
        raise TypeError("`choice_dataset` must be a dataset of scalar `tf.int64` tensors.")
    return _directed(choice_dataset, datasets)


def _directed(choices: Dataset, datasets: Sequence[Dataset]) -> Dataset:
    first = datasets[0]
    for dataset in datasets[1:]:
        if structures.legacy_types(dataset._structure) != structures.legacy_types(first._structure):
            raise TypeError(f"Datasets to interleave must have the same type: {first.output_types!r} and {dataset.output_types!r}")
    structure = first._structure
    for dataset in datasets[1:]:
        structure = structures.mapped(lambda a, b: a.most_specific_compatible_type(b), structure, dataset._structure)
    inputs = [dataset._variant_tensor for dataset in datasets]
    return Dataset._from_variant(raw.DirectedInterleaveDataset(choices._variant_tensor, inputs, **structures.typed(structure)), structure)


@export("data.experimental.sample_from_datasets", "contrib.data.sample_from_datasets")
def sample_from_datasets(datasets: Sequence[Dataset], weights: Any = None, seed: int | None = None) -> Dataset:
    """Draw each element from a dataset chosen at random.

    Args:
      weights: how likely each dataset is; alike unless given. A dataset of such vectors lets them change.

    Raises:
      ValueError: when there are not as many weights as datasets.
    """
    if weights is None:
        weights = [1.0 / len(datasets)] * len(datasets)
    seeds = RandomDataset(seed).batch(2)
    if isinstance(weights, DatasetBase):
        return _directed(Dataset.zip((weights, seeds)).map(lambda weight, pair: _drawn(raw.Log(weight), pair)), datasets)
    vector = convert_to_tensor(weights, name="weights")
    if not vector.shape.is_compatible_with([len(datasets)]):
        raise ValueError("`weights` must be a vector of length `len(datasets)`.")
    host = np.asarray(weights, np.float64) if not isinstance(weights, Tensor) else None
    logits = raw.Log(vector) if host is None else np.log(host).astype(np.float32)
    return _directed(seeds.map(lambda pair: _drawn(logits, pair)), datasets)


def _drawn(logits: Any, pair: Tensor) -> Tensor:
    rows = raw.ExpandDims(convert_to_tensor(logits), 0)
    return raw.Squeeze(raw.StatelessMultinomial(rows, 1, pair), squeeze_dims=[0, 1])


_CLASSES_AT_ONCE = 32  # of so many elements classes are counted before the estimate of their distribution is renewed
_SEEN_BEFORE = 10  # so many elements of each class the estimate begins with


@export("data.experimental.rejection_resample", "contrib.data.rejection_resample")
def rejection_resample(class_func: Callable[..., Any], target_dist: Any, initial_dist: Any = None,
                       seed: int | None = None) -> Transformation:  # fmt: skip
    """Leave elements out at random until the classes are distributed as wanted; gives pairs of class and element.

    Args:
      class_func: gives the class of an element, an int32 scalar. target_dist: the wanted probabilities of the classes.
      initial_dist: the present ones; estimated from what has come so far when None.

    >>> fair = tf.data.experimental.rejection_resample(lambda x: tf.cast(x % 2, tf.int32), [0.5, 0.5], [0.5, 0.5])
    >>> tf.data.Dataset.range(8).apply(fair).output_types
    (tf.int32, tf.int64)
    """
    target = convert_to_tensor(target_dist, name="target_dist")

    def apply(dataset: Dataset) -> Dataset:
        labels = dataset.map(class_func)
        if initial_dist is None:
            chances = _estimated_distributions(labels, int(target.shape[0])).map(lambda initial: _chances(initial, target))
            untouched = None
        else:
            initial = convert_to_tensor(initial_dist, name="initial_dist")
            chances = Dataset.from_tensors(_chances(initial, target)).repeat()
            known = constant_value(initial), constant_value(target)
            untouched = None if known[0] is None or known[1] is None else float(np.min(known[1] / known[0]))
        labelled = Dataset.zip((labels, dataset))
        sifted = _sifted(labels, dataset, chances.map(lambda accepted, _: accepted), seed)
        if untouched in (0.0, 1.0):
            return labelled if untouched else sifted
        weights = chances.map(lambda _, share: raw.Pack([share, raw.Sub(convert_to_tensor(1, share.dtype), share)]))
        return sample_from_datasets([labelled, sifted], weights, seed)

    return apply


def _chances(initial: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """How likely an element of each class should be accepted, and which share of the elements is taken as they come.

    Sifting all would waste many: as many elements as the scarcest class allows come untouched, and only what they lack is sifted.
    """
    ratio = raw.RealDiv(target, raw.Add(initial, convert_to_tensor(np.finfo(initial.dtype.numpy).tiny, initial.dtype)))
    most, least = raw.Max(ratio, [0]), raw.Min(ratio, [0])
    return raw.RealDiv(raw.Sub(ratio, least), raw.Sub(most, least)), least


def _estimated_distributions(labels: Dataset, classes: int) -> Dataset:
    """For each element how the classes of those so far are distributed."""

    def count(seen: Tensor, batch: Tensor) -> tuple[Tensor, Tensor]:
        seen = raw.Add(seen, raw.Sum(raw.OneHot(batch, classes, np.int64(1), np.int64(0)), [0]))
        parts = [raw.Cast(value, DstT=dtypes.float64) for value in (seen, raw.Sum(seen, [0]))]
        shares = raw.Cast(raw.RealDiv(*parts), DstT=dtypes.float32)
        return seen, raw.Tile(raw.ExpandDims(shares, 0), [_CLASSES_AT_ONCE, 1])

    return labels.batch(_CLASSES_AT_ONCE).apply(scan(np.full(classes, _SEEN_BEFORE, np.int64), count)).unbatch()


def _sifted(labels: Dataset, dataset: Dataset, accepted: Dataset, seed: int | None) -> Dataset:
    """Pairs of class and element, each left out unless a number drawn at random is below the chance of its class."""
    chances = Dataset.zip((accepted, labels)).map(lambda chance, label: raw.GatherV2(chance, label, 0))
    triples = Dataset.zip((labels, chances, dataset))
    kept = triples.filter(lambda _, chance, element: raw.Less(random_uniform([], dtype=chance.dtype, seed=seed), chance))
    return kept.map(lambda label, _, element: (label, element)).prefetch(3)


# -------------------------------------------------------------------- single elements, sizes, structure


@export("data.experimental.get_single_element", "contrib.data.get_single_element")
def get_single_element(dataset: Dataset) -> Any:
    """The only element of a dataset, as tensors.

    Raises:
      TypeError: when it is no dataset. In a run: InvalidArgumentError unless there is exactly one element.

    >>> print(tf.Session().run(tf.data.experimental.get_single_element(tf.data.Dataset.range(5, 6))))
    5
    """
    if not isinstance(dataset, DatasetBase):
        raise TypeError("`dataset` must be a `tf.data.Dataset` object.")
    return structures.from_tensors(dataset._structure, raw.DatasetToSingleElement(dataset._variant_tensor, **dataset._kept()))


@export("data.experimental.cardinality")
def cardinality(dataset: Dataset) -> Tensor:
    """How many elements a dataset has: -1 for infinitely many, -2 when that is not known.

    >>> print(tf.Session().run(tf.data.experimental.cardinality(tf.data.Dataset.range(42))))
    42
    """
    return raw.ExperimentalDatasetCardinality(dataset._variant_tensor)


@export("data.experimental.get_structure")
def get_structure(dataset_or_iterator: Any) -> Any:
    """The nested specifications of an element.

    >>> tf.data.experimental.get_structure(tf.data.Dataset.range(3))
    TensorSpec(shape=(), dtype=tf.int64, name=None)
    """
    return dataset_or_iterator.element_spec


@export("data.experimental.to_variant")
def to_variant(dataset: Dataset) -> Tensor:
    """The tensor that stands for a dataset."""
    return dataset._variant_tensor


@export("data.experimental.from_variant")
def from_variant(variant: Tensor, structure: Any) -> Dataset:
    """The dataset that a tensor stands for, with elements of this structure."""
    return Dataset._from_variant(variant, structure)


@export("data.experimental.copy_to_device", "contrib.data.copy_to_device")
def copy_to_device(target_device: str, source_device: str = "/cpu:0") -> Transformation:
    """Give the elements on another device: plans move arrays as they are needed, so the dataset stays as it is."""
    return lambda dataset: dataset


@export("data.experimental.prefetch_to_device", "contrib.data.prefetch_to_device")
def prefetch_to_device(device: str, buffer_size: int | None = None) -> Transformation:
    """Make elements before they are asked for; plans move arrays to the device as they are needed."""
    return lambda dataset: dataset.prefetch(1 if buffer_size is None else buffer_size)


@export("data.get_output_types")
def get_output_types(dataset_or_iterator: Any) -> Any:
    """The nested element types of an element.

    >>> tf.data.get_output_types(tf.data.Dataset.range(3))
    tf.int64
    """
    return dataset_or_iterator.output_types


@export("data.get_output_shapes")
def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """The nested static shapes of an element.

    >>> tf.data.get_output_shapes(tf.data.Dataset.range(3).batch(2))
    TensorShape([Dimension(None)])
    """
    return dataset_or_iterator.output_shapes


@export("data.get_output_classes")
def get_output_classes(dataset_or_iterator: Any) -> Any:
    """The nested Python types of an element's parts."""
    return dataset_or_iterator.output_classes
