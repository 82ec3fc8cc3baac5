"""Iterators: what gives the elements of a dataset to the rest of a graph, one at each run."""

from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np

from autograd_lite.core import deadline
from autograd_lite.core.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError, OutOfRangeError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.function import CallsFunctions
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.datasets import TYPED, Dataset, Element, Failure, Pass, as_int, caught, check_element, unless_failed

_HANDLES: weakref.WeakValueDictionary[bytes, Iterator] = weakref.WeakValueDictionary()  # of all sessions
_IN_A_SESSION = "its iterator lives in a session; tests/lib/data show it"
_LIVES: dict[str, Any] = {"samples": _IN_A_SESSION, "no_gradient": "an element is read, not computed"}
NOT_STARTED = (
    "GetNext() failed because the iterator has not been initialized. Ensure that you have run the initializer operation for this iterator "
    "before getting the next element."
)


class Iterator:
    """Where one is in a dataset. Several threads may take elements; each element goes to one of them."""

    def __init__(self, attrs: dict[str, Any]) -> None:
        self.attrs = attrs
        self._lock = threading.Lock()
        self._pass = Pass()
        self._elements: Any = None
        self._dataset: Any = None
        self.position = 0  # how many elements were taken
        self.handle = f"iterator_{id(self)}".encode()
        _HANDLES[self.handle] = self

    def begin(self, dataset: Dataset) -> None:
        """Start a new pass; the one before ends."""
        self._pass.end()
        with self._lock:
            self._pass, self._dataset, self.position = Pass(), dataset, 0
            self._elements = caught(dataset.start(self._pass))

    def seek(self, position: int) -> None:
        """Begin anew and pass over elements, so that the next one is that number `position` of the same order."""
        if self._dataset is None:
            raise FailedPreconditionError(None, None, NOT_STARTED)
        self.begin(self._dataset)
        with self._lock:
            while self.position < position and next(self._elements, None) is not None:
                deadline.check()
                self.position += 1

    @property
    def has_begun(self) -> bool:
        """Whether a pass was started."""
        return self._elements is not None

    def next(self) -> Element | None:
        """The next element, or None when there are no more."""
        with self._lock:
            if self._elements is None:
                raise FailedPreconditionError(None, None, NOT_STARTED)
            element = next(self._elements, None)
            self.position += element is not None
        if element.__class__ is Failure:
            raise element.error
        return element

    def cancel(self) -> None:
        """End the pass, threads included."""
        self._pass.end()
        if self._elements is not None and self._lock.acquire(blocking=False):  # else a run that waits is ended just so
            try:
                self._elements.close()
            finally:
                self._lock.release()


class OneShot(Iterator):
    """An iterator that makes its own dataset on first use."""

    def __init__(self, functions: dict[str, Any]) -> None:
        super().__init__({})
        self._make = functions["dataset_factory"]
        self._begun = threading.Lock()

    def _begin_once(self) -> None:
        with self._begun:
            if not self.has_begun:
                self.begin(self._make.instantiate()()[0])

    def next(self) -> Element | None:
        """The next element, or None when there are no more."""
        self._begin_once()
        return super().next()

    def seek(self, position: int) -> None:
        """Begin anew and pass over elements, so that the next one is that number `position` of the same order."""
        self._begin_once()
        super().seek(position)


@op(
    f"IteratorV2(*, shared_name: string, container: string, {TYPED}) -> handle: resource",
    shape=rules.scalar,
    state=Iterator,
    **_LIVES,
)
def iterator_v2(xp, state):
    """Make an iterator, which its initializer begins."""
    return state


@op(
    f"OneShotIterator(*, dataset_factory: func, {TYPED}, container: string = '', shared_name: string = '') -> handle: resource",
    shape=rules.scalar,
    state=CallsFunctions("dataset_factory", made_into=OneShot),
    **_LIVES,
)
def one_shot_iterator(xp, state):
    """Make an iterator that begins by itself and goes through its dataset once."""
    return state


@op("MakeIterator(dataset: variant, iterator: resource)", stateful=True, **_LIVES)
def make_iterator(xp, dataset, iterator):
    """Begin a pass over a dataset."""
    iterator.begin(dataset)


def _element_shapes(c: Any) -> Any:
    return list(c.attrs["output_shapes"])


@op(f"IteratorGetNext(iterator: resource, *, {TYPED}) -> components: list(output_types)", shape=_element_shapes, stateful=True, **_LIVES)
def iterator_get_next(xp, iterator, output_types, output_shapes):
    """Take the next element."""
    element = iterator.next()
    if element is None:
        raise OutOfRangeError(None, None, "End of sequence")
    return list(check_element(element, output_types, output_shapes, "The next element"))


@op(
    f"IteratorGetNextSync(iterator: resource, *, {TYPED}) -> components: list(output_types)", shape=_element_shapes, stateful=True, **_LIVES
)
def iterator_get_next_sync(xp, iterator, output_types, output_shapes):
    """Take the next element."""
    return iterator_get_next.kernel(xp, iterator, output_types, output_shapes)


@op(
    "IteratorToStringHandle(resource_handle: resource) -> string_handle: string",
    shape=rules.scalar,
    stateful=True,
    **_LIVES,
)
def iterator_to_string_handle(xp, resource_handle):
    """A text that stands for an iterator and can be fed."""
    return np.array(resource_handle.handle, dtype=object)


@op(
    "IteratorFromStringHandleV2(string_handle: string, *, output_types: list(type) = [], output_shapes: list(shape) = []) "
    "-> resource_handle: resource",
    shape=rules.scalar,
    host=("string_handle",),
    stateful=True,
    **_LIVES,
)
def iterator_from_string_handle_v2(xp, string_handle, output_types, output_shapes):
    """The iterator that a text stands for."""
    handle = np.asarray(string_handle, dtype=object)
    if handle.ndim:
        raise invalid("string_handle must be a scalar")
    iterator = _HANDLES.get(handle.item())
    if iterator is None:
        raise NotFoundError(None, None, f"Resource {handle.item()!r} does not exist: no iterator of an open session has this handle.")
    _check_types(iterator, output_types)
    return iterator


@op("IteratorPosition(iterator: resource) -> position: int64", shape=rules.scalar, stateful=True, **_LIVES)
def iterator_position(xp, iterator):
    """Tell how many elements were taken: what a checkpoint keeps of an iterator, where TensorFlow keeps its buffers."""
    return np.int64(iterator.position)


@op("SeekIterator(iterator: resource, position: int64)", host=("position",), stateful=True, **_LIVES)
def seek_iterator(xp, iterator, position):
    """Go to where an iterator was when it had given so many elements."""
    iterator.seek(as_int(position, "position"))


def _check_types(iterator: Iterator, output_types: Any) -> None:
    own = iterator.attrs.get("output_types")
    if own and output_types and list(own) != list(output_types):
        wanted, found = ([dtype.name for dtype in types] for types in (output_types, own))
        raise InvalidArgumentError(None, None, f"Expected output types {wanted}, but the iterator gives {found}.")


@op(f"DatasetToSingleElement(dataset: variant, *, {TYPED}) -> components: list(output_types)", shape=_element_shapes, stateful=True,
    release_attrs={"2.21": {"metadata": ("string", "")}}, **_LIVES)  # fmt: skip
def dataset_to_single_element(xp, dataset, output_types, output_shapes):
    """The only element of a dataset."""
    of = Pass()
    try:
        elements = unless_failed(dataset.start(of))
        first, second = next(elements, None), next(elements, None)
    finally:
        of.end()
    if first is None:
        raise invalid("Dataset was empty.")
    if second is not None:
        raise invalid("Dataset had more than one element.")
    return list(check_element(first, output_types, output_shapes, "The element"))


@op("ExperimentalDatasetCardinality(input_dataset: variant) -> cardinality: int64", shape=rules.scalar, stateful=True, **_LIVES)
def experimental_dataset_cardinality(xp, input_dataset):
    """How many elements a dataset has: -1 for infinitely many, -2 when that is not known without reading it."""
    return np.int64(-2 if input_dataset.size is None else input_dataset.size)


# -------------------------------------------------------------------- elements that may be missing


class Optional:
    """An element, or nothing."""

    __slots__ = ("element",)

    def __init__(self, element: Element | None) -> None:
        self.element = element


@op(f"IteratorGetNextAsOptional(iterator: resource, *, {TYPED}) -> optional: variant", shape=rules.scalar, stateful=True, **_LIVES)
def iterator_get_next_as_optional(xp, iterator):
    """Take the next element; nothing when there are no more."""
    return Optional(iterator.next())


@op("OptionalFromValue(components: list(Toutput_types)) -> optional: variant", shape=rules.scalar, stateful=True, **_LIVES)
def optional_from_value(xp, components):
    """Something that holds an element."""
    return Optional(tuple(components))


@op("OptionalNone() -> optional: variant", shape=rules.scalar, stateful=True, **_LIVES)
def optional_none(xp):
    """Something that holds nothing."""
    return Optional(None)


@op("OptionalHasValue(optional: variant) -> has_value: bool", shape=rules.scalar, stateful=True, **_LIVES)
def optional_has_value(xp, optional):
    """Whether there is an element."""
    return np.bool_(optional.element is not None)


@op(f"OptionalGetValue(optional: variant, *, {TYPED}) -> components: list(output_types)", shape=_element_shapes, stateful=True, **_LIVES)
def optional_get_value(xp, optional):
    """Take the element out of something that may hold one."""
    if optional.element is None:
        raise invalid("The given optional does not have a value.")
    return list(optional.element)
