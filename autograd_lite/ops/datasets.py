"""What a dataset is while a graph runs: a recipe for a sequence of elements. The ops of datasets make and combine such recipes."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core import deadline
from autograd_lite.core.dtypes import DType
from autograd_lite.core.errors import CancelledError, DeadlineExceededError
from autograd_lite.core.shapes import Shape, text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.ops.checks import invalid

ENDED = "The pass over the dataset was ended while an element was waited for"
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


def no_elements() -> Elements:
    """Nothing, as elements."""
    yield from ()


def caught(elements: Elements) -> Elements:
    """The elements, for whoever must not fail with them: an error of their source is a Failure, and the end."""
    try:
        yield from elements
    except Exception as error:
        yield Failure(error)
    finally:
        elements.close()


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


class _Key:
    """Something to keep a thing under."""


_INNER, _OUTER = _Key(), _Key()


class Pass:
    """One pass over a dataset. Whatever works in threads of its own for it hears when the pass is over."""

    is_optimized = True
    note: Callable[[str, float], None] | None = None  # takes what is worth knowing of elements, by name

    def __init__(self) -> None:
        self._is_over = False
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._kept: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()

    @property
    def is_over(self) -> bool:
        """Whether the pass has ended."""
        return self._is_over

    def kept(self, owner: Any, make: Callable[[], Any]) -> Any:
        """What a dataset keeps for as long as the pass lasts; `make` makes it on first use. A new pass begins with nothing."""
        with self._lock:
            if owner not in self._kept:
                self._kept[owner] = make()
            return self._kept[owner]

    def branches(self, owner: Any, count: int) -> list[Pass]:
        """A branch for each of several inputs of a dataset, the same ones whenever the owner asks."""
        return self.kept(owner, lambda: [Branch(self) for _ in range(count)])

    def inner(self) -> Pass:
        """The branch for the datasets that functions make."""
        return self.kept(_INNER, lambda: Branch(self, is_shared=True))

    def outer(self) -> Pass:
        """The branch for the datasets that functions use from outside."""
        return self.kept(_OUTER, lambda: Branch(self, is_shared=True, is_optimized=False))

    def on_end(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the pass ends; at once if it has ended."""
        with self._lock:
            if not self._is_over:
                self._listeners.append(listener)
                return
        listener()

    def forget(self, listener: Callable[[], None]) -> None:
        """Do not call a listener any more."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def end(self) -> None:
        """End the pass: wake and stop all that works for it, and let go of what it kept."""
        with self._lock:
            self._is_over, listeners, self._listeners = True, self._listeners, []
            self._kept.clear()
        for listener in listeners:
            listener()


class Branch(Pass):
    """A part of a pass, which ends with it: what a dataset keeps for one of its uses is not kept for the others.

    TensorFlow writes datasets down and reads them again, optimized, before it begins. A dataset that several others use then becomes
    several datasets, each with random orders of its own. What functions make while they run is optimized but stays one dataset however
    often it is used; what functions use from outside is neither written down nor optimized.

    Args:
      is_shared: all uses of a dataset are one. is_optimized: repeats are joined with what they repeat.
    """

    def __init__(self, whole: Pass, is_shared: bool = False, is_optimized: bool = True) -> None:
        super().__init__()
        self._whole, self._is_shared, self.is_optimized, self.note = whole, is_shared, is_optimized, whole.note

    @property
    def is_over(self) -> bool:
        """Whether the whole pass has ended."""
        return self._whole.is_over

    def branches(self, owner: Any, count: int) -> list[Pass]:
        """A branch for each of several inputs of a dataset, the same ones whenever the owner asks."""
        return [self] * count if self._is_shared else super().branches(owner, count)

    def inner(self) -> Pass:
        """The branch for the datasets that functions make."""
        return self if self._is_shared else super().inner()

    def outer(self) -> Pass:
        """The branch for the datasets that functions use from outside: one for the whole pass."""
        return self._whole.outer() if self.is_optimized else self

    def on_end(self, listener: Callable[[], None]) -> None:
        """Call `listener` when the whole pass ends."""
        self._whole.on_end(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """Do not call a listener any more."""
        self._whole.forget(listener)


def interruption(of: Pass) -> Failure | None:
    """What sources without an end ask now and then, since whoever takes from them may drop every element: a failure if time is over.

    Raises:
      CancelledError: the pass has ended.
    """
    if of.is_over:
        raise CancelledError(None, None, ENDED)
    try:
        deadline.check()
    except DeadlineExceededError as error:
        return Failure(error)
    return None


class Dataset:
    """A recipe for elements. It must hold no reference to itself: functions make datasets for every element, with that in them.

    Args:
      generate: a generator function that takes the Pass and the elements of each input; None where `start` is written anew.
      inputs: the datasets of which this one is made and which begin with it.
      size: the number of elements where it is known without reading them; None for unknown, -1 for infinite.
    """

    __slots__ = ("__weakref__", "_generate", "_inputs", "size")

    def __init__(self, generate: Callable[..., Elements] | None, *inputs: Dataset, size: int | None = None) -> None:
        self._generate: Any = generate
        self._inputs = inputs
        self.size = size

    def start(self, of: Pass) -> Elements:
        """Begin to give the elements one by one; random orders are settled now. A dataset among several inputs is used for itself."""
        inputs = self._inputs
        if len(inputs) < 2:
            return self._generate(of, *[dataset.start(of) for dataset in inputs])
        branches = of.branches(self, len(inputs))
        return self._generate(of, *[dataset.start(branch) for dataset, branch in zip(inputs, branches)])

    def reordered(self, transformation: Callable[[Dataset], Dataset]) -> Dataset:
        """What a transformation makes of this dataset that only decides which elements come when, and never looks at them."""
        return transformation(self)

    def batched(self, size: int, drop_remainder: bool) -> Dataset:
        """A dataset of batches of `size` elements, put together along a new first axis."""

        def stack(*rows: Element) -> Element:
            return tuple([stacked(column, number) for number, column in enumerate(zip(*rows))])

        return self.joined(size, drop_remainder, stack)

    def joined(self, size: int, drop_remainder: bool, join: Callable[..., Element]) -> Dataset:
        """A dataset of what `join` makes of `size` elements each; the last ones may be fewer."""

        def generate(of: Pass, source: Elements) -> Elements:
            return several(caught(source), size, drop_remainder, join)

        return Dataset(generate, self, size=batches(self.size, size, drop_remainder))

    def __repr__(self) -> str:
        return f"<dataset of {'unknown size' if self.size is None else 'infinite size' if self.size < 0 else f'{self.size} elements'}>"


class Numbers(Dataset):
    """The numbers from 0 to before `count`, as bare ints: the places of the rows of arrays. To read them takes no time and cannot fail."""

    __slots__ = ()

    def __init__(self, count: int) -> None:
        super().__init__(lambda of: (number for number in range(count)), size=count)


class Picked(Dataset):
    """Rows of arrays, by their numbers. Reordering it reorders the numbers, and a batch is gathered at once.

    Args:
      arrays: their first axes are of one size. numbers: a dataset whose elements are ints.
    """

    __slots__ = ("_arrays", "_numbers")

    def __init__(self, arrays: Sequence[np.ndarray], numbers: Dataset) -> None:
        super().__init__(None, size=numbers.size)
        self._arrays, self._numbers = arrays, numbers

    def start(self, of: Pass) -> Elements:
        """Begin to give the rows."""
        return self._rows(self._numbers.start(of))

    def _rows(self, numbers: Elements) -> Elements:
        rows = [row_getter(array) for array in self._arrays]
        for number in numbers:
            yield number if number.__class__ is Failure else tuple([row(number) for row in rows])

    def reordered(self, transformation: Callable[[Dataset], Dataset]) -> Dataset:
        """The same rows in the order that a transformation gives the numbers."""
        return Picked(self._arrays, transformation(self._numbers))

    def batched(self, size: int, drop_remainder: bool) -> Dataset:
        """A dataset of batches of `size` rows."""

        def generate(of: Pass, order: Elements) -> Elements:
            held: list[Any] = []
            while numbers := held + list(itertools.islice(order, size - len(held))):
                held = []
                if len(numbers) == size or not drop_remainder:
                    try:
                        results: list[Element] = [tuple([array.take(numbers, axis=0) for array in self._arrays])]
                    except TypeError:  # the time was over: a failure is among the numbers
                        results = [next(number for number in numbers if number.__class__ is Failure)]
                        held = [number for number in numbers if number.__class__ is not Failure]
                    yield results.pop()

        return Dataset(generate, self._numbers, size=batches(self.size, size, drop_remainder))


def from_outside(of: Pass, values: Sequence[Any]) -> list[Any]:
    """What a function uses from outside: datasets among it are passed over on a branch of their own, whoever begins that."""

    def kept_apart(dataset: Dataset) -> Dataset:
        return Dataset(lambda _: dataset.start(of.outer()), size=dataset.size)

    return [kept_apart(value) if isinstance(value, Dataset) else value for value in values]


def several(elements: Elements, size: int, drop_remainder: bool, join: Callable[..., Element]) -> Elements:
    """What `join` makes of `size` elements each; the last may be fewer. A failure takes the place of those among which it stands."""
    rows: list[Element] = []
    for element in elements:
        if element.__class__ is Failure:
            yield element
            rows = rows if isinstance(element.error, DeadlineExceededError) else []  # the time was over: the next try goes on
            continue
        rows.append(element)
        if len(rows) == size:
            results = [made(join, rows, ())]
            rows = []
            yield results.pop()  # neither what was joined nor the result is held meanwhile
    if rows and not drop_remainder:
        yield made(join, rows, ())


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
    if not hasattr(rows[0], "dtype") or rows[0].dtype.hasobject:
        shape = _shape_of_all([np.shape(row) for row in rows], component)
        result = np.empty((len(rows), *shape), dtype=object)
        for number, row in enumerate(rows):
            result[number, ...] = row
        return result
    shape = _shape_of_all([row.shape for row in rows], component)
    return np.concatenate(rows).reshape(len(rows), *shape) if shape else np.array(rows)


def _shape_of_all(shapes: Sequence[tuple[int, ...]], component: int) -> tuple[int, ...]:
    """The one shape that all elements of a batch have."""
    first = shapes[0]
    if shapes.count(first) != len(shapes):
        number, other = next((number, shape) for number, shape in enumerate(shapes) if shape != first)
        raise invalid(
            f"Cannot batch tensors with different shapes in component {component}. First element had shape {text(first)} and "
            f"element {number} had shape {text(other)}."
        )
    return first


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
