"""Iterators of datasets: their nodes, and the tensors that are a new element at each run."""

from __future__ import annotations

import warnings
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import add_to_collection, colocate_with
from autograd_lite.graph.function import FunctionGraph, add_function, unused_function_name
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.data import structure as structures
from autograd_lite.lib.data.statistics import timed, watched

GLOBAL_ITERATORS = "iterators"
MANY_CALLS = 32
MANY_CALLS_TEXT = (
    "An unusually high number of `Iterator.get_next()` calls was detected. This often indicates that `Iterator.get_next()` is being "
    "called inside a training loop, which will cause gradual slowdown and eventual resource exhaustion. If this is the case, restructure "
    "your code to call `next_element = iterator.get_next()` once outside the loop, and use `next_element` as the input to some computation "
    "that is invoked inside the loop."
)


@export("data.Iterator")
class Iterator:
    """Where one is in a dataset. `get_next()` gives tensors that are the next element at each run.

    Make one with `Dataset.make_one_shot_iterator()`, `make_initializable_iterator()`, `Iterator.from_structure()` or
    `Iterator.from_string_handle()`.

    >>> numbers = tf.data.Dataset.range(3).make_one_shot_iterator().get_next()
    >>> with tf.Session() as session:
    ...     print(session.run(numbers), session.run(numbers))
    0 1
    """

    def __init__(self, iterator_resource: Tensor, initializer: Operation | None, output_types: Any, output_shapes: Any = None,
                 output_classes: Any = None, *, structure: Any = None) -> None:  # fmt: skip
        self._iterator_resource = iterator_resource
        self._initializer = initializer
        if structure is None:
            structure = structures.from_legacy(output_types, output_shapes, output_classes)
        self._structure = structure
        self._string_handle = raw.IteratorToStringHandle(iterator_resource)
        self._get_next_calls = 0
        add_to_collection(GLOBAL_ITERATORS, iterator_resource)

    @staticmethod
    def from_structure(output_types: Any, output_shapes: Any = None, shared_name: str | None = None,
                       output_classes: Any = None) -> Iterator:  # fmt: skip
        """An iterator that any dataset of this structure can begin: see `make_initializer`.

        Args:
          output_types, output_shapes, output_classes: nested element types, static shapes and Python types of an element.
          shared_name: iterators of one name are one iterator.

        >>> iterator = tf.data.Iterator.from_structure(tf.int64, [])
        >>> start = iterator.make_initializer(tf.data.Dataset.range(5))
        """
        structure = structures.from_legacy(output_types, output_shapes, output_classes)
        resource = raw.IteratorV2(container="", shared_name=shared_name or "", **structures.typed(structure))
        return Iterator(resource, None, None, structure=structure)

    @staticmethod
    def from_string_handle(string_handle: Any, output_types: Any, output_shapes: Any = None, output_classes: Any = None) -> Iterator:
        """The iterator for which a text stands, usually a fed one: see `string_handle`."""
        structure = structures.from_legacy(output_types, output_shapes, output_classes)
        handle = convert_to_tensor(string_handle, dtypes.string)
        return Iterator(raw.IteratorFromStringHandleV2(handle, **structures.typed(structure)), None, None, structure=structure)

    @property
    def initializer(self) -> Operation:
        """The operation that begins the iterator.

        Raises:
          ValueError: when there is none.
        """
        if self._initializer is None:
            raise ValueError("Iterator does not have an initializer.\n  Use make_initializer(dataset), or it needs none (one-shot).")
        return self._initializer

    def make_initializer(self, dataset: Any, name: str | None = None) -> Operation:
        """An operation that begins this iterator with a dataset of the same structure.

        Raises:
          TypeError: when element types or structure differ.
          ValueError: when static shapes do not fit.
        """
        _check_compatible(self._structure, dataset)
        with colocate_with(self._iterator_resource):
            return raw.MakeIterator(optimized(dataset), self._iterator_resource, name=name or "make_initializer")

    def get_next(self, name: str | None = None) -> Any:
        """Tensors, in the structure of an element, that are the next element at each run.

        A run raises OutOfRangeError when there are no more elements. Call this once, outside of the loop.
        """
        self._get_next_calls += 1
        if self._get_next_calls > MANY_CALLS:
            warnings.warn(MANY_CALLS_TEXT)
        with colocate_with(self._iterator_resource):
            tensors = raw.IteratorGetNext(self._iterator_resource, name=name, **structures.typed(self._structure))
            return structures.from_tensors(self._structure, tensors)

    def string_handle(self, name: str | None = None) -> Tensor:
        """A text tensor that stands for this iterator; its value can be fed to an iterator made by `from_string_handle`."""
        return self._string_handle if name is None else raw.IteratorToStringHandle(self._iterator_resource, name=name)

    @property
    def output_types(self) -> Any:
        """The nested element types of an element."""
        return structures.legacy_types(self._structure)

    @property
    def output_shapes(self) -> Any:
        """The nested static shapes of an element."""
        return structures.legacy_shapes(self._structure)

    @property
    def output_classes(self) -> Any:
        """The nested Python types of an element's parts."""
        return structures.legacy_classes(self._structure)

    @property
    def element_spec(self) -> Any:
        """The nested specifications of an element."""
        return self._structure


def _check_compatible(structure: Any, dataset: Any) -> None:
    own, other = structures.flat(structure), structures.flat(dataset._structure)
    names = structures.legacy_types(structure), structures.legacy_types(dataset._structure)
    if len(own) != len(other) or [spec.value_type for spec in own] != [spec.value_type for spec in other]:
        raise TypeError(f"Expected output types {names[0]!r} but got dataset with output types {names[1]!r}.")
    for mine, theirs in zip(own, other):
        if mine.dtype != theirs.dtype:
            raise TypeError(f"Expected output types {names[0]!r} but got dataset with output types {names[1]!r}.")
        if not mine.shape.is_compatible_with(theirs.shape):
            raise ValueError(
                f"Expected output shapes compatible with {structures.legacy_shapes(structure)!r} but got dataset with output shapes "
                f"{structures.legacy_shapes(dataset._structure)!r}."
            )


def optimized(dataset: Any) -> Tensor:
    """The tensor of a dataset, after the nodes that release 1.15 puts between a dataset and its iterator."""
    tensor = timed(dataset._variant_tensor) if dataset.options().experimental_stats.latency_all_edges else dataset._variant_tensor
    if not release().optimizes_datasets:
        return watched(tensor, dataset)
    kinds = structures.typed(dataset._structure)
    optimizations = dataset.options()._static_optimizations()
    if optimizations:
        names = convert_to_tensor(optimizations, dtypes.string, "optimizations")
        tensor = raw.OptimizeDataset(tensor, names, **kinds)
    return watched(raw.ModelDataset(tensor, **kinds), dataset)


@export("data.make_initializable_iterator")
def make_initializable_iterator(dataset: Any, shared_name: str | None = None) -> Iterator:
    """An iterator whose `initializer` begins it; it may be run again to start over, with other values fed.

    Args:
      shared_name: iterators of one name are one iterator.

    >>> iterator = tf.data.make_initializable_iterator(tf.data.Dataset.range(2))
    >>> number = iterator.get_next()
    >>> with tf.Session() as session:
    ...     _ = session.run(iterator.initializer)
    ...     print(session.run(number))
    0
    """
    _check_graph(dataset)
    structure, kinds = dataset._structure, structures.typed(dataset._structure)
    if release().optimizes_datasets:
        tensor = optimized(dataset)
        resource = raw.IteratorV2(container="", shared_name=shared_name or "", **kinds)
        with colocate_with(resource):
            initializer = raw.MakeIterator(tensor, resource)
        return Iterator(resource, initializer, None, structure=structure)
    with colocate_with(dataset._variant_tensor):
        resource = raw.IteratorV2(container="", shared_name=shared_name or "", **kinds)
        initializer = raw.MakeIterator(optimized(dataset), resource)
        return Iterator(resource, initializer, None, structure=structure)


@export("data.make_one_shot_iterator")
def make_one_shot_iterator(dataset: Any) -> Iterator:
    """An iterator that needs no initializer and goes through the dataset once.

    Raises:
      ValueError: when the dataset uses variables, tables or placeholders.

    >>> number = tf.data.make_one_shot_iterator(tf.data.Dataset.range(2)).get_next()
    >>> print(tf.Session().run(number))
    0
    """
    _check_graph(dataset)
    graph, structure = get_default_graph(), dataset._structure
    factory = FunctionGraph(unused_function_name(graph, "_make_dataset"), graph)
    try:
        copied = factory.copy_in(dataset._variant_tensor)
        factory.outputs = [_optimized_copy(factory, copied, dataset)]
    except ValueError as error:
        if "Cannot capture a stateful node" in str(error):
            raise ValueError(
                f"{error}: A likely cause of this error is that the dataset for which you are calling `make_one_shot_iterator()` captures "
                "a stateful object, such as a `tf.Variable` or `tf.lookup.StaticHashTable`, which is not supported. Use "
                "`make_initializable_iterator()` instead."
            ) from None
        raise
    factory._functions.update(graph._functions)
    add_function(graph, factory)
    with colocate_with(dataset._variant_tensor):
        resource = raw.OneShotIterator(dataset_factory=factory.name, **structures.typed(structure))
        return Iterator(resource, None, None, structure=structure)


def _optimized_copy(factory: FunctionGraph, tensor: Tensor, dataset: Any) -> Tensor:
    with factory.as_default():
        return optimized(dataset._copy_of(tensor))


def _check_graph(dataset: Any) -> None:
    if dataset._variant_tensor.graph is not get_default_graph() and not get_default_graph().building_function:
        raise ValueError(
            f"Dataset is from a different graph than the current default graph: it was made at {dataset._variant_tensor.op.where}.\n"
            "  Make dataset and iterator under the same `with graph.as_default():`."
        )
