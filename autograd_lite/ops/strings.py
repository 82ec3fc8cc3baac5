"""Ops on strings, which are bytes: joining, splitting, cutting, changing case, base64, numbers as text and back. They run on the host."""

from __future__ import annotations

import base64
import binascii
import functools
import math
import re
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample, several
from autograd_lite.ops.type_lists import INDEX

_WORDS = np.array([b"Hello World", b" a b ", "caf\u00e9".encode(), b""], object)
_NOT_A_NUMBER = "text has no slope"
_UNITS = "unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'"


def each(function: Callable[..., Any], *arrays: Any, dtype: Any = object) -> Any:
    """The function of every element of arrays that broadcast, as one array."""
    if len(arrays) == 1:
        shape = np.shape(arrays[0])
        return np.fromiter(map(function, np.ravel(arrays[0]).tolist()), dtype, math.prod(shape)).reshape(shape)
    results = np.frompyfunc(function, len(arrays), 1)(*arrays)
    whole = np.empty(np.shape(results), dtype)
    whole[...] = results
    return whole


def as_bytes(text: str | bytes) -> bytes:
    """The bytes of an attribute, which is text wherever it is UTF-8."""
    return text if isinstance(text, bytes) else text.encode()


_TEXT: dict[str, Any] = {"shape": rules.unchanged, "samples": [sample(_WORDS), sample(_WORDS[0])], "no_gradient": _NOT_A_NUMBER}


@op("StringStrip(input: string) -> output: string", names=["string_strip", "strings.strip"], **_TEXT)
def string_strip(xp, input):
    """Remove white space from both ends of every string.

    >>> tf.Session().run(tf.strings.strip([" a b "]))
    array([b'a b'], dtype=object)
    """
    return each(bytes.strip, input)


def _changed_case(name: str, input: Any, encoding: str) -> Any:
    """Upper or lower case: of the letters of ASCII, or of all when the strings are UTF-8."""
    if encoding not in ("", "utf-8"):
        raise invalid("only utf-8 or '' (no encoding) is supported for encoding. ")
    if not encoding:
        return each(getattr(bytes, name), input)
    return each(lambda x: getattr(x.decode("utf-8", "replace"), name)().encode(), input)


@op("StringUpper(input: string, *, encoding: string = '') -> output: string", names=["strings.upper"], **_TEXT)
def string_upper(xp, input, encoding):
    """Turn letters into upper case: those of ASCII, or with encoding "utf-8" all.

    >>> tf.Session().run(tf.strings.upper(["abc"]))
    array([b'ABC'], dtype=object)
    """
    return _changed_case("upper", input, encoding)


@op("StringLower(input: string, *, encoding: string = '') -> output: string", names=["strings.lower"], **_TEXT)
def string_lower(xp, input, encoding):
    """Turn letters into lower case: those of ASCII, or with encoding "utf-8" all.

    >>> tf.Session().run(tf.strings.lower(["ABC"]))
    array([b'abc'], dtype=object)
    """
    return _changed_case("lower", input, encoding)


def _letters(word: bytes) -> int:
    """How many characters of UTF-8 begin in these bytes."""
    return sum((byte & 0xC0) != 0x80 for byte in word)


@op(f"StringLength(input: string, *, {_UNITS}) -> output: int32", **_TEXT)
def string_length(xp, input, unit):
    """Count the bytes, or the characters of UTF-8, of every string."""
    return each(len if unit == "BYTE" else _letters, input, dtype=np.int32)


@op("EncodeBase64(input: string, *, pad: bool = False) -> output: string", names=["encode_base64", "io.encode_base64"], **_TEXT)
def encode_base64(xp, input, pad):
    """Write every string in the web-safe base64 alphabet (RFC 4648); `pad` fills it up with `=`.

    >>> tf.Session().run(tf.encode_base64(["a"]))
    array([b'YQ'], dtype=object)
    """

    def encoded(word):
        written = base64.urlsafe_b64encode(word)
        return written if pad else written.rstrip(b"=")

    return each(encoded, input)


_BASE64 = re.compile(rb"[A-Za-z0-9_-]*={0,2}\Z")


def _decoded(word: bytes) -> bytes:
    bare = word.rstrip(b"=")
    if not _BASE64.match(word) or len(bare) % 4 == 1:
        raise invalid("Invalid character found in base64.")
    try:
        return base64.urlsafe_b64decode(bare + b"=" * (-len(bare) % 4))
    except binascii.Error:
        raise invalid("Invalid character found in base64.") from None


@op(
    "DecodeBase64(input: string) -> output: string",
    names=["decode_base64", "io.decode_base64"],
    shape=rules.unchanged,
    samples=[sample(np.array([b"SGk", b"SGk=", b""], object))],
    no_gradient=_NOT_A_NUMBER,
)
def decode_base64(xp, input):
    """Read every string as web-safe base64 (RFC 4648), padded or not.

    >>> tf.Session().run(tf.decode_base64(["YQ"]))
    array([b'a'], dtype=object)
    """
    return each(_decoded, input)


def _joined_shape(c):
    shape: Any = ()
    for index in range(c.count):
        one = c.shape(index)
        if one is None:
            return None
        if one:
            shape = one if not shape else rules.merge(c, shape, one)
    return shape


@op(
    "StringJoin(inputs: N * string, *, separator: string = '') -> output: string",
    shape=_joined_shape,
    samples=[sample(several(_WORDS, _WORDS), separator="-"), sample(several(_WORDS, _WORDS[0]))],
    no_gradient=_NOT_A_NUMBER,
)
def string_join(xp, inputs, separator):
    """Join the strings of several tensors, element by element; a scalar goes with every element."""
    shapes = [one.shape for one in inputs if one.ndim]
    for shape in shapes[1:]:
        if shape != shapes[0]:
            raise invalid(f"Input shapes do not match: {text(shapes[0])} vs. {text(shape)}")
    between = as_bytes(separator)
    return each(lambda *words: between.join(words), *inputs)


def _cut_shape(c):
    if c.shape(0) is None or c.shape(1) is None or c.shape(2) is None:
        return None
    rules.merge(c, c.shape(1), c.shape(2))
    return rules.broadcast_shapes(c, c.shape(0), c.shape(1))


@op(
    f"Substr(input: string, pos: T, len: T, *, {_UNITS}) -> output: string",
    types={"T": INDEX},
    shape=_cut_shape,
    samples=[sample(_WORDS[:2], ints(1, -2), ints(3, 2)), sample(_WORDS[:3], 1, 2), sample(_WORDS[:3], 1, 2, unit="UTF8_CHAR")],
    no_gradient=_NOT_A_NUMBER,
)
def substr(xp, input, pos, len, unit):
    """Cut `len` bytes or characters out of every string from `pos` on; a negative `pos` counts from the end."""
    if pos.shape != len.shape:
        raise invalid(f"pos and len should have the same shape, got: {text(pos.shape)} vs. {text(len.shape)}")
    if unit == "BYTE" and np.ndim(pos) == 0:
        return _cut_alike(input, int(pos), int(len))
    words, starts, lengths = np.broadcast_arrays(input, pos, len)
    result = np.empty(words.shape, object)
    for index, (word, start, length) in enumerate(zip(words.flat, starts.ravel().tolist(), lengths.ravel().tolist())):
        result.flat[index] = _cut(word, start, length, unit, index)
    return result


def _cut_alike(words: Any, start: int, length: int) -> Any:
    """The same bytes of every string."""
    flat = np.ravel(words).tolist()
    shortest = min(map(len, flat), default=0)
    if not -shortest <= start <= shortest:
        index = next(index for index, word in enumerate(flat) if not -len(word) <= start <= len(word))
        raise _out_of_range(start, flat[index], index)
    stop = start + max(length, 0)
    cut = slice(start, None if start < 0 <= stop else stop)
    return each(lambda word: word[cut], words)


def _out_of_range(start: int, word: bytes, index: int) -> Exception:
    return invalid(f"pos {start} out of range for string b'{word.decode('latin-1')}' at index {index}")


def _cut(word: bytes, start: int, length: int, unit: str, index: int) -> bytes:
    edges = range(len(word) + 1)
    if unit != "BYTE":
        edges = [at for at, byte in enumerate(word) if (byte & 0xC0) != 0x80] + [len(word)]  # type: ignore[assignment]
    count = len(edges) - 1
    if not -count <= start <= count:
        raise _out_of_range(start, word, index)
    start = start + count if start < 0 else start
    return word[edges[start] : edges[min(start + max(length, 0), count)]]


# ------------------------------------------------------------------ splitting


def _pieces_shape(c):
    rules.with_rank(c, c.shape(0), 1)
    return [(None, 2), (None,), (2,)]


def _as_sparse(pieces: list[list[bytes]]) -> tuple[Any, Any, Any]:
    """Lists of different lengths as the three parts of a sparse matrix."""
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    rows = np.repeat(np.arange(len(pieces)), lengths)
    columns = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    stored = np.fromiter(chain.from_iterable(pieces), object, len(rows))
    shape = np.array([len(pieces), max(lengths.tolist(), default=0)], np.int64)
    return np.stack([rows, columns], axis=1).astype(np.int64), stored, shape


def _one_string(value: Any, name: str) -> bytes:
    if np.ndim(value):
        raise invalid(f"{name} must be a scalar, got shape: {text(np.shape(value))}")
    return np.asarray(value, object).item()


def _check_vector(input: Any) -> None:
    if input.ndim != 1:
        raise invalid(f"input must be a vector, got shape: {text(input.shape)}")


@op(
    "StringSplit(input: string, delimiter: string, *, skip_empty: bool = True) -> indices: int64, values: string, shape: int64",
    shape=_pieces_shape,
    samples=[sample(_WORDS, " "), sample(_WORDS, "", skip_empty=False)],
    no_gradient=_NOT_A_NUMBER,
)
def string_split(xp, input, delimiter, skip_empty):
    """Split every string wherever one of the bytes of `delimiter` stands; an empty one splits it into bytes."""
    _check_vector(input)
    marks = _one_string(delimiter, "delimiter")

    words, mark = input.tolist(), marks[:1]
    if not marks:
        return _as_sparse([[word[at : at + 1] for at in range(len(word))] for word in words])
    for other in marks[1:]:
        words = [word.replace(bytes([other]), mark) for word in words]
    if skip_empty:
        return _as_sparse([list(filter(None, word.split(mark))) for word in words])
    return _as_sparse([word.split(mark) for word in words])


@op(
    "StringSplitV2(input: string, sep: string, *, maxsplit: int = -1) -> indices: int64, values: string, shape: int64",
    shape=_pieces_shape,
    samples=[sample(_WORDS, " "), sample(_WORDS, "", maxsplit=1)],
    no_gradient=_NOT_A_NUMBER,
)
def string_split_v2(xp, input, sep, maxsplit):
    """Split every string at `sep` as Python's `split` does: an empty one stands for any white space."""
    _check_vector(input)
    mark = _one_string(sep, "sep") or None
    return _as_sparse([word.split(mark, maxsplit) for word in input.tolist()])


# ------------------------------------------------------------------ numbers


@op(
    "AsString(input: T, *, precision: int = -1, scientific: bool = False, shortest: bool = False, width: int = -1, "
    "fill: string = '') -> output: string",
    types={"T": "float double int32 uint8 int16 int8 int64 bfloat16 uint16 half uint32 uint64 complex64 complex128 bool variant string"},
    names=["as_string", "dtypes.as_string", "strings.as_string"],
    shape=rules.unchanged,
    host=("input",),
    samples=[sample(ints(1, -2)), sample(np.array([1.5, -2.25])), sample(np.array([1 + 2j])), sample(np.array([True, False]))],
    no_gradient=_NOT_A_NUMBER,
)
def as_string(xp, input, precision, scientific, shortest, width, fill):
    """Write every number as text, as C's printf does; `width` and `fill` bring it to a length.

    >>> tf.Session().run(tf.as_string([1.5, 3.0], precision=1))
    array([b'1.5', b'3.0'], dtype=object)
    """
    kind = np.asarray(input).dtype.kind
    if scientific and shortest:
        raise invalid("Cannot select both scientific and shortest notation")
    if kind not in "fc" and (precision > -1 or scientific or shortest):
        raise invalid("scientific, shortest and precision are for floating point numbers only")
    if len(fill) > 1:
        raise invalid(f"Fill string must be one or fewer characters: {fill}")
    length = "" if width < 0 else str(width)
    form = f"%{fill}{length}" + ("" if precision < 0 else f".{precision}")
    form += "d" if kind in "iu" else "s" if kind in "bO" else "e" if scientific else "g" if shortest else "f"
    if kind == "b":
        return each(lambda x: (form % ("true" if x else "false")).encode(), input)
    if kind == "c":
        return each(lambda x: f"({form % x.real},{form % x.imag})".encode(), input)
    if kind == "O":
        return each(lambda x: x.rjust(max(width, 0)), input)
    return each(form.encode().__mod__, input)


_NUMBER = re.compile(rb"\s*[-+]?((\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|inf(inity)?|nan)\s*\Z", re.IGNORECASE)
_INTEGER = re.compile(rb"\s*[-+]?\d{1,30}\s*\Z")


@functools.cache
def number_reader(dtype: Any) -> Callable[[bytes], Any]:
    """A function that gives the number of this type that a text is, or None."""
    if dtype.is_floating:
        return lambda word: float(word) if _NUMBER.match(word) else None
    smallest, largest = dtype.min, dtype.max

    def integer_of(word: bytes) -> int | None:
        number = int(word) if _INTEGER.match(word) else None
        return number if number is not None and smallest <= number <= largest else None

    return integer_of


# what almost all columns of numbers look like, a line each; what else is a number is found word by word
_OF_NUMBERS = b"0123456789+-.eE\n"
_PLAIN_INTEGERS = re.compile(rb"(?:[-+]?\d{1,18}\n)*\Z")


def _are_plain(lines: bytes, count: int, dtype: Any) -> bool:
    """Whether there are so many lines, none of them empty, and they look like numbers at first sight."""
    if lines.count(b"\n") != count or lines.startswith(b"\n") or b"\n\n" in lines:
        return False
    return not lines.translate(None, _OF_NUMBERS) if dtype.is_floating else bool(_PLAIN_INTEGERS.match(lines))


def plain_numbers(words: Sequence[bytes], dtype: Any) -> np.ndarray | None:
    """The numbers of this type that texts are, all at once; None when one looks unusual or does not fit the type."""
    lines = b"\n".join([*words, b""])
    if not words or not _are_plain(lines, len(words), dtype):
        return None
    try:
        numbers = np.fromstring(lines, np.float64 if dtype.is_floating else np.int64, sep="\n")
    except (ValueError, DeprecationWarning):
        return None
    if len(numbers) != len(words):  # a word of two numbers, such as 1-2; none is without a number, or reading would have ended there
        return None
    if dtype.is_integer and not dtype.min <= numbers.min() <= numbers.max() <= dtype.max:
        return None
    with np.errstate(over="ignore"):
        return numbers.astype(dtype.numpy, copy=False)


def parsed_number(word: bytes, dtype: Any) -> Any:
    """The number of this type that a text is. Raises: InvalidArgumentError if it is none."""
    number = number_reader(dtype)(word)
    if number is None:
        raise invalid(f"StringToNumberOp could not correctly convert string: {word.decode('latin-1')}")
    return number


@op(
    "StringToNumber(string_tensor: string, *, out_type: type = float) -> output: out_type",
    types={"out_type": "float double int32 int64"},
    shape=rules.unchanged,
    samples=[sample(np.array([b"1.5", b" -2e3"], object)), sample(np.array([b"7", b"-8"], object), out_type="int64")],
    no_gradient=_NOT_A_NUMBER,
)
def string_to_number(xp, string_tensor, out_type):
    """Read every string as a number."""
    plain = plain_numbers(np.ravel(string_tensor).tolist(), out_type)
    if plain is not None:
        return plain.reshape(np.shape(string_tensor))
    with np.errstate(over="ignore"):
        return each(functools.partial(parsed_number, dtype=out_type), string_tensor, dtype=out_type.numpy)


# ------------------------------------------------------------------ joining along axes


def _reduce_join_shape(c):
    shape, axes = c.shape(0), c.value(1)
    if shape is None or axes is None:
        return None
    reduced = rules.reduction_axes(c, len(shape), axes.reshape(-1).tolist() if axes.size else [])
    if c.attrs["keep_dims"]:
        return tuple([1 if axis in reduced else size for axis, size in enumerate(shape)])
    return tuple([size for axis, size in enumerate(shape) if axis not in reduced])


@op(
    "ReduceJoin(inputs: string, reduction_indices: int32, *, keep_dims: bool = False, separator: string = '') -> output: string",
    shape=_reduce_join_shape,
    host=("reduction_indices",),
    samples=[
        sample(_WORDS.reshape(2, 2), 0),
        sample(_WORDS.reshape(2, 2), ints(1, 0), separator="+"),
        sample(_WORDS.reshape(2, 2), ints(-1), keep_dims=True),
    ],
    no_gradient=_NOT_A_NUMBER,
)
def reduce_join(xp, inputs, reduction_indices, keep_dims, separator):
    """Join the strings along axes, in the order in which the axes are named."""
    axes = np.asarray(reduction_indices).reshape(-1).tolist()
    for axis in axes:
        if not -inputs.ndim <= axis < inputs.ndim:
            raise invalid(f"Invalid reduction dimension {axis} for input with {inputs.ndim} dimension(s)")
    axes = [axis % inputs.ndim for axis in axes]
    if len(set(axes)) != len(axes):
        raise invalid(f"Duplicate reduction dimension {max(axes, key=axes.count)}")
    kept = [axis for axis in range(inputs.ndim) if axis not in axes]
    between = as_bytes(separator)
    outer = tuple([inputs.shape[axis] for axis in kept])
    check_room(outer, 8)
    rows = inputs.transpose(kept + axes).reshape(math.prod(outer), math.prod(inputs.shape[axis] for axis in axes))
    result = np.empty(len(rows), object)
    result[:] = [between.join(row) for row in rows]
    return result.reshape([1 if axis in axes else size for axis, size in enumerate(inputs.shape)] if keep_dims else outer)
