"""What a dataset is while a graph runs: a recipe for a sequence of elements. The ops of datasets make and combine such recipes."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core.dtypes import DType
from autograd_lite.core.shapes import Shape, text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.ops.checks import invalid

Element = Any  # a tuple: one array (or dataset) per component; or a Failure
Elements = Generator[Element, None, None]


class Failure:
    """In the place of an element that could not be made: the error, raised for whoever asks for the element. The next one may follow."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


def made(make: Callable[..., Any], element: Element, others: Sequence[Any]) -> Element:
    """`make` of the components of an element and of the others; a Failure when it fails, or when the element is one."""
    if element.__class__ is Failure:
        return element
    try:
        return make(*element, *others)
    except Exception as error:
        return Failure(error)


def unless_failed(elements: Iterable[Element]) -> Elements:
    """The elements; the error of the first that could not be made is raised."""
    for element in elements:
        if element.__class__ is Failure:
            raise element.error
        yield element


# How every op that makes a dataset is declared.
MAKES_DATASET: dict[str, Any] = {
    "shape": rules.scalar,
    "stateful": True,
    "samples": "a dataset is no array; tests/lib/data show it",
    "no_gradient": "a dataset is read, not computed",
}
TYPED = "output_types: list(type) >= 1, output_shapes: list(shape) >= 1"
_METADATA: dict[str, Any] = {"metadata": ("string", "")}


def release_attrs(**more: Any) -> dict[str, Any]:
    """The attributes that release 2.21 alone writes: `metadata`, and those given as name=(kind, default)."""
    return {"release_attrs": {"2.21": {**_METADATA, **more}}}


class Pass:
    """One pass over a dataset. Whatever works in threads of its own for it hears when the pass is over."""

    def __init__(self) -> None:
        self.is_over = False
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._kept: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    def kept(self, owner: Any, make: Callable[[], Any]) -> Any:
        """What a dataset keeps for as long as the pass lasts; `make` makes it on first use. A new pass begins with nothing."""
        with self._lock:
            if owner not in self._kept:
                self._kept[owner] = make()
            return self._kept[owner]

    def on_end(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the pass ends; at once if it has ended."""
        with self._lock:
            if not self.is_over:
                self._listeners.append(listener)
                return
        listener()

    def forget(self, listener: Callable[[], None]) -> None:
        """Do not call a listener any more."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def end(self) -> None:
        """End the pass: wake and stop all that works for it."""
        with self._lock:
            self.is_over, listeners, self._listeners = True, self._listeners, []
        for listener in listeners:
            listener()


class Dataset:
    """A recipe: `start(of)` begins a new pass and gives its elements one by one.

    Args:
      start: a generator function that takes the Pass.
      size: the number of elements where it is known without reading them; None for unknown, -1 for infinite.
    """

    __slots__ = ("size", "start")

    def __init__(self, start: Callable[[Pass], Elements], size: int | None = None) -> None:
        self.start = start
        self.size = size

    def elements(self, of: Pass) -> Elements:
        """The elements of a new pass, for whoever must not fail with them: an error of the source is a Failure, and the end."""
        elements = self.start(of)
        try:
            yield from elements
        except Exception as error:
            yield Failure(error)
        finally:
            elements.close()

    def reordered(self, transformation: Callable[[Dataset], Dataset]) -> Dataset:
        """What a transformation makes of this dataset that only decides which elements come when, and never looks at them."""
        return transformation(self)

    def batches(self, size: int, drop_remainder: bool) -> Callable[[Pass], Elements]:
        """Batches of `size` elements, put together along a new first axis: a generator function like `start`."""

        def start(of: Pass) -> Elements:
            for rows in several(self.elements(of), size, drop_remainder):
                yield made(lambda *rows: tuple([stacked(column, number) for number, column in enumerate(zip(*rows))]), rows, ())

        return start

    def __repr__(self) -> str:
        return f"<dataset of {'unknown size' if self.size is None else 'infinite size' if self.size < 0 else f'{self.size} elements'}>"


class Picked(Dataset):
    """Rows of arrays, by their numbers. Reordering it reorders the numbers, and a batch is gathered at once.

    Args:
      arrays: their first axes are of one size. numbers: a dataset whose elements are ints.
    """

    __slots__ = ("_arrays", "_numbers")

    def __init__(self, arrays: Sequence[np.ndarray], numbers: Dataset) -> None:
        super().__init__(self._start, numbers.size)
        self._arrays, self._numbers = arrays, numbers

    def _start(self, of: Pass) -> Elements:
        rows = [row_getter(array) for array in self._arrays]
        for number in self._numbers.start(of):
            yield tuple([row(number) for row in rows])

    def reordered(self, transformation: Callable[[Dataset], Dataset]) -> Dataset:
        """The same rows in the order that a transformation gives the numbers."""
        return Picked(self._arrays, transformation(self._numbers))

    def batches(self, size: int, drop_remainder: bool) -> Callable[[Pass], Elements]:
        """Batches of `size` rows."""

        def start(of: Pass) -> Elements:
            order = self._numbers.start(of)
            while numbers := list(itertools.islice(order, size)):
                if len(numbers) == size or not drop_remainder:
                    yield tuple([array.take(numbers, axis=0) for array in self._arrays])

        return start


def several(elements: Elements, size: int, drop_remainder: bool) -> Elements:
    """Lists of `size` elements; the last one may be shorter. A failure takes the place of the list in which it stands."""
    rows: list[Element] = []
    for element in elements:
        if element.__class__ is Failure:
            yield element
            rows = []
            continue
        rows.append(element)
        if len(rows) == size:
            yield rows
            rows = []
    if rows and not drop_remainder:
        yield rows


def times(size: int | None, count: int) -> int | None:
    """The size of a dataset repeated `count` times (-1: for ever)."""
    if size == 0 or count == 0:
        return 0
    if count < 0 or size == -1:
        return -1
    return None if size is None else size * count


def batches(size: int | None, batch_size: int, drop_remainder: bool) -> int | None:
    """The number of batches."""
    if size is None or size < 0:
        return size
    return size // batch_size if drop_remainder else -(-size // batch_size)


def as_int(value: Any, name: str) -> int:
    """A scalar input as a Python int."""
    array = np.asarray(value)
    if array.ndim:
        raise invalid(f"{name} must be a scalar")
    return int(array)


def as_text(value: Any) -> str:
    """A scalar input of bytes as text."""
    return bytes(np.asarray(value, dtype=object).item()).decode("utf-8", "surrogateescape")


def text_scalar(value: bytes) -> np.ndarray:
    """A text as kernels get it: an array of rank 0."""
    return np.array(value, dtype=object)


def row_getter(array: np.ndarray) -> Callable[[int], Any]:
    """A function that gives a row of an array: a view; of a vector of numbers a scalar, of a vector of texts an array of rank 0."""
    return (lambda row: array[row, ...]) if array.dtype == object else array.__getitem__


def texts(values: Any, name: str = "filenames") -> list[str]:
    """A scalar or vector input of bytes as a list of texts."""
    array = np.asarray(values, dtype=object)
    if array.ndim > 1:
        raise invalid(f"`{name}` must be a scalar or a vector.")
    return [as_text(item) for item in array.reshape(-1)]


def stacked(rows: Sequence[Any], component: int) -> Any:
    """Arrays of one shape as one array with a new first axis."""
    first = np.shape(rows[0])
    for number, row in enumerate(rows):
        if np.shape(row) != first:
            raise invalid(
                f"Cannot batch tensors with different shapes in component {component}. First element had shape {text(first)} and "
                f"element {number} had shape {text(np.shape(row))}."
            )
    if isinstance(rows[0], bytes) or np.asarray(rows[0]).dtype == object:
        result = np.empty((len(rows), *first), dtype=object)
        for number, row in enumerate(rows):
            result[number, ...] = row
        return result
    return np.stack(rows)


def check_element(element: Iterable[Any], output_types: Sequence[DType], output_shapes: Sequence[Shape], what: str) -> Element:
    """The components, after a look at whether they have the types and shapes that were declared."""
    element = tuple(element)
    for value, dtype, shape in zip(element, output_types, output_shapes):
        if isinstance(value, Dataset) or dtype.name == "variant":
            continue
        found = np.shape(value)
        if shape is not None and (len(shape) != len(found) or any(a is not None and a != b for a, b in zip(shape, found))):
            raise invalid(f"{what} has shape {text(found)}, which does not fit {text(shape)}")
    return element
