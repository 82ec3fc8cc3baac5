"""Static shapes: plain tuples inside the engine, `TensorShape` and `Dimension` for users.

A static shape is a tuple whose entries are sizes or `None` (size unknown); `None` in place of the tuple means that even
the rank is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Union

from autograd_lite.core.export import export

Shape = Union[tuple["int | None", ...], None]
MAX_ELEMENTS = 2**63 - 1


class ShapeMismatch(ValueError):
    """Two static shapes (or sizes) that cannot be the same."""


def size_of(value: Any) -> int | None:
    """One dimension from an int, a `Dimension` or None.

    Raises:
      ValueError: when the size is negative.
      TypeError: when `value` is no size.
    """
    if value is None or type(value) is int and value >= 0:
        return value
    if isinstance(value, Dimension):
        return value.value
    if isinstance(value, str | bytes | float) or not hasattr(value, "__index__"):
        raise TypeError(
            f"Dimension value must be integer or None or have an __index__ method, got value '{value!r}' with type '{type(value)!r}'"
        )
    size = value.__index__()
    if size < 0:
        raise ValueError(f"Dimension {size} must be >= 0")
    return size


def as_shape(value: Any) -> Shape:
    """A static shape from a TensorShape, a shape proto, a size, None or a sequence of sizes."""
    if value is None:
        return None
    if type(value) is tuple:
        return tuple([size_of(size) for size in value])
    if isinstance(value, TensorShape):
        return value.dims_tuple
    if hasattr(value, "unknown_rank"):  # a TensorShapeProto
        return None if value.unknown_rank else tuple([None if d.size == -1 else size_of(d.size) for d in value.dim])
    if isinstance(value, str | bytes):
        raise TypeError(f"A shape cannot be made from the string {value!r}")
    if isinstance(value, Iterable):
        return tuple([size_of(size) for size in value])
    return (size_of(value),)


def is_defined(shape: Shape) -> bool:
    """Whether rank and every size are known."""
    return shape is not None and None not in shape


def num_elements(shape: Shape) -> int | None:
    """The number of elements, or None when it is not known.

    Raises:
      ValueError: when there would be more than 2**63 - 1 elements.
    """
    if shape is None or None in shape:
        return None
    count = 1
    for size in shape:
        count *= size  # type: ignore[operator]
    if count > MAX_ELEMENTS:
        raise ValueError(f"Shape {text(shape)} would have more than 2**63 - 1 elements")
    return count


def text(shape: Shape) -> str:
    """The shape as kernels print it: `[2,?]`, or `<unknown>`."""
    if shape is None:
        return "<unknown>"
    return "[" + ",".join("?" if size is None else str(size) for size in shape) + "]"


def python_text(shape: Shape) -> str:
    """The shape as TF1's Python prints it: `(2, ?)`, or `<unknown>`."""
    if shape is None:
        return "<unknown>"
    sizes = ["?" if size is None else str(size) for size in shape]
    return f"({sizes[0]},)" if len(sizes) == 1 else "(" + ", ".join(sizes) + ")"


def compatible(a: Shape, b: Shape) -> bool:
    """Whether some fully known shape could be both."""
    if a is None or b is None:
        return True
    return len(a) == len(b) and all(x == y or x is None or y is None for x, y in zip(a, b))


def merge(a: Shape, b: Shape) -> Shape:
    """The most that is known of a shape that is both `a` and `b`.

    Raises:
      ShapeMismatch: when nothing can be both, in TensorFlow's words.
    """
    if a is None or a == b:
        return b
    if b is None:
        return a
    if len(a) != len(b):
        raise ShapeMismatch(f"Shapes must be equal rank, but are {len(a)} and {len(b)}")
    for index, (x, y) in enumerate(zip(a, b)):
        if x != y and x is not None and y is not None:
            raise ShapeMismatch(f"Dimension {index} in both shapes must be equal, but are {x} and {y}. Shapes are {text(a)} and {text(b)}.")
    return tuple([y if x is None else x for x, y in zip(a, b)])


def broadcast(a: Shape, b: Shape) -> Shape:
    """The static shape of an elementwise op on shapes `a` and `b`.

    Raises:
      ShapeMismatch: when the shapes do not broadcast.
    """
    if a == b and a is not None and None not in a:
        return a
    if a is None or b is None:
        return None
    if len(a) < len(b):
        a = (1,) * (len(b) - len(a)) + a
    elif len(b) < len(a):
        b = (1,) * (len(a) - len(b)) + b
    result: list[int | None] = []
    for x, y in zip(a, b):
        if x == y or y == 1:
            result.append(x)
        elif x == 1:
            result.append(y)
        elif x is None:
            result.append(y)  # y > 1 (or 0): x must be 1 or y
        elif y is None:
            result.append(x)
        else:
            raise ShapeMismatch(f"Dimensions must be equal, but are {x} and {y}")
    return tuple(result)


@export("Dimension")
class Dimension:
    """One size of a tensor's shape: a number, or unknown (`Dimension(None)`).

    Arithmetic with an unknown size is unknown; comparing with one gives None.

    >>> Dimension(3) + 1, Dimension(None) * 2, Dimension(3) == Dimension(None)
    (Dimension(4), Dimension(None), None)
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = size_of(value)

    @property
    def value(self) -> int | None:
        """The size, or None when it is unknown."""
        return self._value

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both sizes are equal or one is unknown."""
        other = as_dimension(other)
        return self._value == other._value or self._value is None or other._value is None

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless the sizes are compatible."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {as_dimension(other)} are not compatible")

    def merge_with(self, other: Any) -> Dimension:
        """The known one of two compatible sizes."""
        other = as_dimension(other)
        self.assert_is_compatible_with(other)
        return other if self._value is None else self

    def __repr__(self) -> str:
        return f"Dimension({self._value})"

    def __str__(self) -> str:
        return "?" if self._value is None else str(self._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __int__(self) -> int:
        return self._value  # type: ignore[return-value]

    def __long__(self) -> int:
        return int(self)

    def __index__(self) -> int:
        return self._value  # type: ignore[return-value]

    def _combine(self, other: Any, function: Any, swapped: bool = False) -> Any:
        try:
            other = as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._value is None or other._value is None:
            return Dimension(None)
        pair = (other._value, self._value) if swapped else (self._value, other._value)
        return Dimension(function(*pair))

    def _compare(self, other: Any, function: Any) -> Any:
        try:
            other = as_dimension(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._value is None or other._value is None:
            return None
        return function(self._value, other._value)

    def __eq__(self, other: object) -> Any:
        return self._compare(other, lambda a, b: a == b)

    def __ne__(self, other: object) -> Any:
        return self._compare(other, lambda a, b: a != b)

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, lambda a, b: a < b)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, lambda a, b: a >= b)

    def __add__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a + b)

    def __radd__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a + b, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a - b, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a * b)

    def __rmul__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a * b, swapped=True)

    def __floordiv__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a // b)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a // b, swapped=True)

    def __div__(self, other: Any) -> Any:
        return self // other

    def __truediv__(self, other: Any) -> Any:
        raise TypeError(f"unsupported operand type(s) for /: 'Dimension' and '{type(other).__name__}', please use // instead")

    def __rtruediv__(self, other: Any) -> Any:
        raise TypeError(f"unsupported operand type(s) for /: '{type(other).__name__}' and 'Dimension', please use // instead")

    def __mod__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a % b)

    def __rmod__(self, other: Any) -> Any:
        return self._combine(other, lambda a, b: a % b, swapped=True)

    def __reduce__(self) -> tuple[Any, ...]:
        return Dimension, (self._value,)


def as_dimension(value: Any) -> Dimension:
    """`value` itself when it is a Dimension, else a new one."""
    return value if isinstance(value, Dimension) else Dimension(value)


@export("TensorShape")
class TensorShape:
    """The static shape of a tensor, as far as it is known while the graph is built.

    >>> s = TensorShape([None, 3])
    >>> s, s[1].value, s.as_list(), s.is_fully_defined()
    (TensorShape([Dimension(None), Dimension(3)]), 3, [None, 3], False)
    """

    __slots__ = ("_shape",)

    def __init__(self, dims: Any) -> None:
        try:
            self._shape: Shape = as_shape(dims)
        except ValueError as error:
            raise ValueError(f"Error converting shape to a TensorShape: {error}.") from None
        except TypeError as error:
            raise TypeError(f"Error converting shape to a TensorShape: {error}.") from None

    @property
    def dims_tuple(self) -> Shape:
        """The engine's own form: a tuple of sizes, or None."""
        return self._shape

    @property
    def dims(self) -> list[Dimension] | None:
        """A list of `Dimension`, or None when the rank is unknown."""
        return None if self._shape is None else [Dimension(size) for size in self._shape]

    @property
    def rank(self) -> int | None:
        """The number of dimensions, or None when it is unknown."""
        return None if self._shape is None else len(self._shape)

    @property
    def ndims(self) -> int | None:
        """The same as `rank`."""
        return self.rank

    def num_elements(self) -> int | None:
        """The product of all sizes, or None when it is not known."""
        return num_elements(self._shape)

    def is_fully_defined(self) -> bool:
        """Whether rank and every size are known."""
        return is_defined(self._shape)

    def assert_is_fully_defined(self) -> None:
        """Raise ValueError unless rank and every size are known."""
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def as_list(self) -> list[int | None]:
        """The sizes as a list of ints and Nones; ValueError when the rank is unknown."""
        if self._shape is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._shape)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether some fully known shape could be both."""
        return compatible(self._shape, as_shape(other))

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raise ValueError unless the shapes are compatible."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {TensorShape(other)} are incompatible")

    def assert_same_rank(self, other: Any) -> None:
        """Raise ValueError when both ranks are known and differ."""
        other = as_tensor_shape(other)
        if self.rank is not None and other.rank is not None and self.rank != other.rank:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def assert_has_rank(self, rank: int) -> None:
        """Raise ValueError when the rank is known and is not `rank`."""
        if self.rank not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def merge_with(self, other: Any) -> TensorShape:
        """The most that is known of a shape that is both; ValueError when nothing can be both."""
        other_shape = as_shape(other)
        if not compatible(self._shape, other_shape):
            raise ValueError(f"Shapes {self} and {TensorShape(other_shape)} are not compatible")
        return TensorShape(merge(self._shape, other_shape))

    def with_rank(self, rank: int) -> TensorShape:
        """This shape, known to have rank `rank`; ValueError when it cannot."""
        if self._shape is None:
            return TensorShape((None,) * rank)
        if len(self._shape) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")
        return self

    def with_rank_at_least(self, rank: int) -> TensorShape:
        """This shape; ValueError when it has fewer than `rank` dimensions."""
        if self.rank is not None and self.rank < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank: int) -> TensorShape:
        """This shape; ValueError when it has more than `rank` dimensions."""
        if self.rank is not None and self.rank > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def concatenate(self, other: Any) -> TensorShape:
        """The sizes of this shape followed by those of `other`."""
        other_shape = as_shape(other)
        return TensorShape(None if self._shape is None or other_shape is None else self._shape + other_shape)

    def most_specific_compatible_shape(self, other: Any) -> TensorShape:
        """What both shapes agree on; everything else unknown."""
        other_shape = as_shape(other)
        if self._shape is None or other_shape is None or len(self._shape) != len(other_shape):
            return TensorShape(None)
        return TensorShape(tuple([a if a == b else None for a, b in zip(self._shape, other_shape)]))

    def as_proto(self) -> Any:
        """This shape as a TensorShapeProto message."""
        from_wire = _proto_factory[0]
        return from_wire(self._shape)

    def __len__(self) -> int:
        if self._shape is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return len(self._shape)

    def __bool__(self) -> bool:
        return self._shape is not None

    def __iter__(self) -> Iterator[Dimension]:
        if self._shape is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter([Dimension(size) for size in self._shape])

    def __getitem__(self, key: Any) -> Any:
        if self._shape is not None:
            found = self._shape[key]
            return TensorShape(found) if isinstance(key, slice) else Dimension(found)
        if not isinstance(key, slice):
            return Dimension(None)
        start, stop = key.start or 0, key.stop
        if key.step not in (None, 1):
            raise ValueError("Steps are not yet handled")
        if stop is None or start < 0 or stop < 0:
            return TensorShape(None)
        return TensorShape((None,) * max(stop - start, 0))

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return as_tensor_shape(other).concatenate(self)

    def __eq__(self, other: object) -> bool:
        try:
            return self._shape == as_shape(other)
        except (TypeError, ValueError):
            return NotImplemented

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(self._shape)

    def __repr__(self) -> str:
        return f"TensorShape({self.dims})"

    def __str__(self) -> str:
        return python_text(self._shape)

    def __reduce__(self) -> tuple[Any, ...]:
        return TensorShape, (self._shape,)


def _no_proto(shape: Shape) -> Any:
    raise RuntimeError("wire formats are not loaded")


_proto_factory = [_no_proto]  # wire.tensor_proto puts the real one here: messages live one floor up


def as_tensor_shape(value: Any) -> TensorShape:
    """`value` itself when it is a TensorShape, else a new one."""
    return value if isinstance(value, TensorShape) else TensorShape(value)


def unknown_shape(ndims: int | None = None, rank: int | None = None) -> TensorShape:
    """A shape of which at most the number of dimensions is known."""
    known = ndims if rank is None else rank
    return TensorShape(None if known is None else (None,) * known)
