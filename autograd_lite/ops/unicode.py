"""Ops between strings and the code points of their characters. They run on the host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.core.text import encodings
from autograd_lite.core.text.characters import LAST, script_numbers
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import ints, sample
from autograd_lite.ops.strings import each
from autograd_lite.ops.type_lists import INDEX

_WORDS = np.array([b"abc", "\u00e4\u4f60".encode(), b"", b"a\xffb"], object)
_NO_SLOPE = "text has no slope"
_ERRORS = "errors: {'strict', 'replace', 'ignore'} = 'replace', replacement_char: int = 65533"
_CONTROL = "replace_control_characters: bool = False"
_OUTPUT = "output_encoding: {'UTF-8', 'UTF-16-BE', 'UTF-32-BE'}"
_SPLITS: dict[str, Any] = {"types": {"Tsplits": INDEX}, "type_defaults": {"Tsplits": "int64"}}
_FIRST_PRINTABLE = 32


def _codec(name: str) -> str:
    found = encodings.known_encoding(name)
    if found is None:
        raise invalid(f"Could not create converter for input encoding: {name}")
    return found


def _checked_replacement(replacement: int) -> int:
    if not 0 <= replacement <= LAST:
        raise invalid("replacement_char out of unicode codepoint range")
    return replacement


def _characters(word: bytes, codec: str, errors: str, replacement: int, control: bool) -> encodings.Decoded:
    """The characters of a string, with what is no text treated as asked."""
    codes, starts = encodings.decode(word, codec)
    wrong = codes == encodings.MARK
    if np.any(wrong):
        if errors == "strict":
            raise invalid("Invalid formatting on input string")
        if errors == "ignore":
            codes, starts = codes[~wrong], starts[~wrong]
        else:
            codes = np.where(wrong, replacement, codes).astype(np.int32)
    return encodings.Decoded(_controlled(codes, replacement, control), starts)


def _controlled(codes: np.ndarray, replacement: int, control: bool) -> np.ndarray:
    """The characters, with those that only control something replaced if this is asked for."""
    return np.where(codes < _FIRST_PRINTABLE, replacement, codes).astype(np.int32) if control else codes


def _decoded(input: Any, input_encoding: str, errors: str, replacement: int, control: bool, splits: Any) -> tuple[Any, Any, Any]:
    codec, replacement = _codec(input_encoding), _checked_replacement(replacement)
    words = input.ravel().tolist()
    good = encodings.decode_all(words, codec)
    if good is not None:
        (codes, starts), sizes = good
        return np.concatenate([[0], np.cumsum(sizes)]).astype(splits.numpy), _controlled(codes, replacement, control), starts
    found = [_characters(word, codec, errors, replacement, control) for word in words]
    counts = [len(characters.codes) for characters in found]
    row_splits = np.concatenate([[0], np.cumsum(counts)]).astype(splits.numpy)
    codes = np.concatenate([np.zeros(0, np.int32), *[characters.codes for characters in found]])
    return row_splits, codes.astype(np.int32), np.concatenate([np.zeros(0, np.int64), *[characters.starts for characters in found]])


def _decoded_shapes(c):
    count = rules.size_product(c.shape(0)) if c.shape(0) is not None else None
    return [(None if count is None else count + 1,), (None,), (None,)][: len(c.opdef.outputs)]


_DECODE: dict[str, Any] = {
    **_SPLITS,
    "shape": _decoded_shapes,
    "samples": [
        sample(_WORDS, input_encoding="UTF-8"),
        sample(_WORDS, input_encoding="UTF-8", errors="ignore", Tsplits="int32"),
        sample(np.array([b"\0a\0b"], object), input_encoding="UTF-16-BE"),
    ],
    "no_gradient": _NO_SLOPE,
}


@op(
    f"UnicodeDecode(input: string, *, input_encoding: string, {_ERRORS}, {_CONTROL}, Tsplits: type = int64) -> "
    "row_splits: Tsplits, char_values: int32",
    **_DECODE,
)
def unicode_decode(xp, input, input_encoding, errors, replacement_char, replace_control_characters, Tsplits):
    """Turn every string into the code points of its characters: all in a row, and where each string begins in it."""
    return _decoded(input, input_encoding, errors, replacement_char, replace_control_characters, Tsplits)[:2]


@op(
    f"UnicodeDecodeWithOffsets(input: string, *, input_encoding: string, {_ERRORS}, {_CONTROL}, Tsplits: type = int64) -> "
    "row_splits: Tsplits, char_values: int32, char_to_byte_starts: int64",
    **_DECODE,
)
def unicode_decode_with_offsets(xp, input, input_encoding, errors, replacement_char, replace_control_characters, Tsplits):
    """Turn every string into the code points of its characters, and tell the byte at which each character begins."""
    return _decoded(input, input_encoding, errors, replacement_char, replace_control_characters, Tsplits)


def _encoded_shape(c):
    rules.with_rank(c, c.shape(0), 1)
    (count,) = rules.with_rank(c, c.shape(1), 1)
    return (None if count is None else count - 1,)


def _rows(values: Any, splits: Any) -> Iterable[Any]:
    """The rows of values between splits, which must be in order and inside."""
    edges = np.asarray(splits)
    if edges.ndim != 1 or not edges.size:
        raise invalid(f"input_splits should be a vector with at least one element, got shape: {text(edges.shape)}")
    if edges[0] != 0 or np.any(np.diff(edges) < 0) or edges[-1] != len(values):
        raise invalid(f"splits must ascend from 0 to the number of values, {len(values)}; they are {edges[:8].tolist()}")
    bounds = edges.tolist()
    return [values[start:end] for start, end in zip(bounds, bounds[1:])]


@op(
    f"UnicodeEncode(input_values: int32, input_splits: Tsplits, *, {_ERRORS}, {_OUTPUT}) -> output: string",
    **_SPLITS,
    shape=_encoded_shape,
    host=("input_values", "input_splits"),
    samples=[
        sample(ints(97, 233, 0x1F600), np.array([0, 1, 1, 3]), output_encoding="UTF-8"),
        sample(ints(97, -1), ints(0, 2), output_encoding="UTF-16-BE", errors="ignore"),
    ],
    no_gradient=_NO_SLOPE,
)
def unicode_encode(xp, input_values, input_splits, errors, replacement_char, output_encoding):
    """Turn rows of code points into strings."""
    codes = np.asarray(input_values)
    wrong = (codes < 0) | (codes > LAST) | ((codes >= 0xD800) & (codes <= 0xDFFF))
    if errors == "strict" and np.any(wrong):
        raise invalid("Code point is out of range for Unicode, or is a surrogate.")
    result = np.empty(np.size(input_splits) - 1 if np.size(input_splits) else 0, object)
    kept = np.where(wrong, _checked_replacement(replacement_char) if errors == "replace" else -1, codes)
    result[:] = [encodings.encode(row[row >= 0], output_encoding) for row in _rows(kept, input_splits)]
    return result


@op(
    f"UnicodeTranscode(input: string, *, input_encoding: string, {_OUTPUT}, {_ERRORS}, {_CONTROL}) -> output: string",
    names=["strings.unicode_transcode"],
    shape=rules.unchanged,
    samples=[sample(_WORDS, input_encoding="UTF-8", output_encoding="UTF-16-BE"), sample(_WORDS[0], input_encoding="UTF-8",
             output_encoding="UTF-8", replace_control_characters=True)],
    no_gradient=_NO_SLOPE,
)  # fmt: skip
def unicode_transcode(xp, input, input_encoding, output_encoding, errors, replacement_char, replace_control_characters):
    r"""Write every string in another encoding; what is no text becomes the replacement character, is left out, or is an error.

    >>> tf.Session().run(tf.strings.unicode_transcode(["ab"], "UTF-8", "UTF-16-BE"))
    array([b'\x00a\x00b'], dtype=object)
    """
    codec, replacement = _codec(input_encoding), _checked_replacement(replacement_char)

    def written(word: bytes) -> bytes:
        return encodings.encode(_characters(word, codec, errors, replacement, replace_control_characters).codes, output_encoding)

    return each(written, input)


@op(
    "UnicodeScript(input: int32) -> output: int32",
    names=["strings.unicode_script"],
    shape=rules.unchanged,
    host=("input",),
    samples=[sample(ints(97, 0x3B1, 49, -1)), sample(np.array(0x4E00, np.int32))],
    no_gradient="which script a character belongs to does not change smoothly",
)
def unicode_script(xp, input):
    """Tell the script of every code point, by ICU's number; -1 for what is no code point.

    >>> tf.Session().run(tf.strings.unicode_script([97, 0x3b1]))
    array([25, 14], dtype=int32)
    """
    codes = np.asarray(input)
    inside = (codes >= 0) & (codes <= LAST)
    return xp.asarray(np.where(inside, script_numbers()[np.where(inside, codes, 0)], -1).astype(np.int32))
