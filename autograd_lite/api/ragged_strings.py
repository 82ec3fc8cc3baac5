"""Functions on strings whose results are ragged: bytes, characters and n-grams of strings of different lengths."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arrays import shape as shape_of, stack
from autograd_lite.api.ragged import RaggedTensor
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("strings.bytes_split")
def bytes_split(input: Any, name: str | None = None) -> Any:
    """Split every string into its bytes: a ragged tensor with one axis more (a vector, for a scalar).

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.bytes_split(["abc", "d"])).to_list()
    [[b'a', b'b', b'c'], [b'd']]
    """
    with building(name, "StringsByteSplit", [input]):
        return _for_every_rank(input, _split_vector_into_bytes)


def _split_vector_into_bytes(words: Tensor) -> RaggedTensor:
    indices, values, shape = raw.StringSplit(words, "", skip_empty=False)
    return RaggedTensor.from_value_rowids(values, indices[:, 0], shape[0])


def _known_rank(words: Tensor) -> int:
    rank = words.shape.rank
    if rank is None:
        raise ValueError("Rank of `input` must be statically known.")
    return rank


def _for_every_rank(input: Any, of_vector: Any) -> Any:
    """Apply a function of a vector of strings to a scalar, a vector, a tensor of more axes, or a ragged tensor."""
    if isinstance(input, RaggedTensor):
        return input.with_flat_values(_for_every_rank(input.flat_values, of_vector))
    words = convert_to_tensor(input, dtypes.string, "input")
    rank = _known_rank(words)
    if rank == 1:
        return of_vector(words)
    if rank == 0:
        return of_vector(raw.ExpandDims(words, 0)).values
    made = of_vector(raw.Reshape(words, [-1]))
    return _in_rows(made, raw.Shape(words, out_type=dtypes.int64), rank)


def _in_rows(made: RaggedTensor, shape: Tensor, rank: int) -> RaggedTensor:
    """The rows of a ragged tensor put into the axes of a tensor of strings: all rows of an axis have one length."""
    for axis in range(rank - 1, 0, -1):
        count = raw.Prod(shape[:axis], 0)
        made = RaggedTensor.from_row_lengths(made, raw.Fill(raw.Reshape(count, [1]), shape[axis]))
    return made


# ------------------------------------------------------------------ characters


def _decode(input: Any, encoding: str, errors: str, replacement: int, control: bool, with_offsets: bool) -> Any:
    """Code points of the characters of strings, and the byte at which each begins."""
    words = convert_to_tensor(input, dtypes.string, "input")
    rank = _known_rank(words)
    flat = raw.Reshape(words, [-1]) if rank != 1 or words.shape.is_fully_defined() else words
    attrs = {"input_encoding": encoding, "errors": errors, "replacement_char": replacement, "replace_control_characters": control}
    if with_offsets:
        splits, codes, starts = raw.UnicodeDecodeWithOffsets(flat, **attrs)
    else:
        splits, codes = raw.UnicodeDecode(flat, **attrs)
        starts = None
    shape = raw.Shape(words, out_type=dtypes.int64) if rank > 1 else None

    def shaped(values: Tensor) -> Any:
        if rank == 0:
            return values
        made = RaggedTensor(values, splits, internal=True)
        return made if shape is None else _in_rows(made, shape, rank)

    return shaped(codes), None if starts is None else shaped(starts)


@export("strings.unicode_decode")
def unicode_decode(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> Any:
    """Turn every string into the code points of its characters: a ragged tensor with one axis more (a vector, for a scalar).

    Args:
      input: strings whose rank is known. input_encoding: such as "UTF-8".
      errors: what happens to bytes that are no text: "replace" them by `replacement_char`, "ignore" them, or fail ("strict").
      replace_control_characters: also replace characters 0 to 31.

    Raises:
      ValueError: the rank is not known.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.unicode_decode(["hi", "!"], "UTF-8")).to_list()
    [[104, 105], [33]]
    """
    with building(name, "UnicodeDecode", [input]):
        return _decode(input, input_encoding, errors, replacement_char, replace_control_characters, False)[0]


@export("strings.unicode_decode_with_offsets")
def unicode_decode_with_offsets(
    input: Any,
    input_encoding: str,
    errors: str = "replace",
    replacement_char: int = 0xFFFD,
    replace_control_characters: bool = False,
    name: str | None = None,
) -> tuple[Any, Any]:
    """Turn every string into the code points of its characters, and tell the byte at which each begins; see `unicode_decode`.

    >>> import autograd_lite as tf
    >>> codes, starts = tf.strings.unicode_decode_with_offsets(b"a\\xc3\\xa9z", "UTF-8")
    >>> tf.Session().run(starts)
    array([0, 1, 3])
    """
    with building(name, "UnicodeDecodeWithOffsets", [input]):
        return _decode(input, input_encoding, errors, replacement_char, replace_control_characters, True)


@export("strings.unicode_encode")
def unicode_encode(
    input: Any, output_encoding: str, errors: str = "replace", replacement_char: int = 0xFFFD, name: str | None = None
) -> Any:
    """Turn the last axis of code points into strings.

    Args:
      input: int32 code points, a tensor of known rank or a ragged tensor. output_encoding: "UTF-8", "UTF-16-BE" or "UTF-32-BE".
      errors: what happens to numbers that are no characters: "replace" them by `replacement_char`, "ignore" them, or fail ("strict").

    Raises:
      ValueError: the rank is not known, or there is no axis.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.unicode_encode([104, 105], "UTF-8"))
    b'hi'
    """
    attrs = {"output_encoding": output_encoding, "errors": errors, "replacement_char": replacement_char}
    with building(name, "UnicodeEncode", [input]):
        return _encode(input, attrs)


def _encode(input: Any, attrs: dict[str, Any]) -> Any:
    if isinstance(input, RaggedTensor):
        if input.ragged_rank > 1 or (input.flat_values.shape.rank or 1) > 1:
            return input.with_values(_encode(input.values, attrs))
        return raw.UnicodeEncode(input.flat_values, input.row_splits, **attrs)
    codes = convert_to_tensor(input, dtypes.int32, "input")
    rank = codes.shape.rank
    if rank is None:
        raise ValueError("Rank of input_tensor must be statically known.")
    if rank == 0:
        raise ValueError("input_tensor's rank must be at least 1.")
    if rank == 1:
        splits = stack([0, shape_of(codes)[0]])
        with building("UnicodeEncode"):
            made = raw.UnicodeEncode(codes, splits, **attrs)
        return raw.Reshape(made, [])
    shape = raw.Shape(codes)
    rows = raw.Prod(shape[:-1], 0)
    splits = raw.Range(0, rows + 1, 1) * shape[rank - 1]
    return raw.Reshape(raw.UnicodeEncode(raw.Reshape(codes, [-1]), splits, **attrs), shape[:-1])


@export("strings.unicode_split")
def unicode_split(
    input: Any, input_encoding: str, errors: str = "replace", replacement_char: int = 0xFFFD, name: str | None = None
) -> Any:
    """Split every string into its characters, each a string in the same encoding: a ragged tensor with one axis more.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.unicode_split(["ab", "c"], "UTF-8")).to_list()
    [[b'a', b'b'], [b'c']]
    """
    with building(name, "UnicodeSplit", [input]):
        codes, _ = _decode(input, input_encoding, errors, replacement_char, False, False)
        return _each_encoded(codes, input_encoding, errors, replacement_char)


@export("strings.unicode_split_with_offsets")
def unicode_split_with_offsets(
    input: Any, input_encoding: str, errors: str = "replace", replacement_char: int = 0xFFFD, name: str | None = None
) -> tuple[Any, Any]:
    """Split every string into its characters, and tell the byte at which each begins; see `unicode_split`.

    >>> import autograd_lite as tf
    >>> letters, starts = tf.strings.unicode_split_with_offsets("ab", "UTF-8")
    >>> tf.Session().run([letters, starts])
    [array([b'a', b'b'], dtype=object), array([0, 1])]
    """
    with building(name, "UnicodeSplitWithOffsets", [input]):
        codes, starts = _decode(input, input_encoding, errors, replacement_char, False, True)
        return _each_encoded(codes, input_encoding, errors, replacement_char), starts


def _each_encoded(codes: Any, encoding: str, errors: str, replacement: int) -> Any:
    flat = codes.flat_values if isinstance(codes, RaggedTensor) else codes
    attrs = {"output_encoding": encoding, "errors": errors, "replacement_char": replacement}
    letters = _encode(raw.ExpandDims(flat, 1), attrs)
    return codes.with_flat_values(letters) if isinstance(codes, RaggedTensor) else letters


# ------------------------------------------------------------------ n-grams


@export("strings.ngrams")
def ngrams(
    data: Any,
    ngram_width: Any,
    separator: str = " ",
    pad_values: Any = None,
    padding_width: int | None = None,
    preserve_short_sequences: bool = False,
    name: str | None = None,
) -> Any:
    """Join every run of `ngram_width` strings that stand side by side in the last axis.

    Args:
      data: strings: a vector, a matrix or a ragged tensor. ngram_width: a number, or a list of them.
      pad_values: what is put before and behind each row: a string, or a pair of them; nothing when None.
      padding_width: how often at most; `ngram_width - 1` when None.
      preserve_short_sequences: rows too short for any n-gram give one of all that they have.

    Raises:
      TypeError, ValueError: arguments of wrong types or values.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.ngrams(["a", "b", "c"], 2))
    array([b'a b', b'b c'], dtype=object)
    """
    widths = [ngram_width] if isinstance(ngram_width, int) else list(ngram_width)
    left, right = _checked_padding(pad_values, padding_width, widths)
    width = -1 if padding_width is None and pad_values is not None else padding_width or 0
    with building(name, "StringNGrams", [data]):
        ragged = isinstance(data, RaggedTensor)
        rows = data if ragged else convert_to_tensor(data, dtypes.string, "data")
        rank = None if ragged else rows.shape.rank
        if not ragged and rank is None:
            raise ValueError("Rank of data must be known.")
        if rank == 0:
            raise ValueError("Data must have rank>0")
        if not ragged and rank != 1:
            rows = RaggedTensor.from_tensor(rows)
        elif not ragged:
            rows = RaggedTensor.from_row_starts(rows, [0])
        grams, splits = raw.StringNGrams(
            rows.flat_values,
            rows.nested_row_splits[-1],
            separator=separator,
            ngram_widths=widths,
            left_pad=left,
            right_pad=right,
            pad_width=width,
            preserve_short_sequences=preserve_short_sequences,
        )
        if rank == 1:
            return grams
        result: Any = RaggedTensor(grams, splits, internal=True)
        for outer in reversed(rows.nested_row_splits[:-1]):
            result = RaggedTensor(result, outer, internal=True)
        return result


def _checked_padding(pad_values: Any, padding_width: int | None, widths: list[int]) -> tuple[str, str]:
    """What is put before and behind each row.

    Raises:
      TypeError, ValueError: the arguments of `ngrams` do not fit.
    """
    for width in widths:
        if not isinstance(width, int):
            raise TypeError(f"ngram_width must be an integer or a list of them. Got {width!r}")
        if width < 1:
            raise ValueError(f"All ngram_widths must be greater than 0. Got {width}")
    if padding_width is not None and padding_width < 1:
        raise ValueError(f"padding_width must be greater than 0. Got {padding_width}")
    if padding_width is not None and pad_values is None:
        raise ValueError("pad_values must be provided if padding_width is set.")
    if pad_values is None:
        return "", ""
    if isinstance(pad_values, str | bytes):
        return pad_values, pad_values  # type: ignore[return-value]
    if not isinstance(pad_values, tuple) or len(pad_values) != 2 or not all(isinstance(each, str | bytes) for each in pad_values):
        raise TypeError("pad_values must be either a tuple of strings or a single string.")
    return pad_values
