"""Ops that put strings together: templates with tensors in them, n-grams, and joining by segments. They run on the host."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample
from autograd_lite.ops.strings import as_bytes
from autograd_lite.ops.type_lists import INDEX

_NO_SLOPE = "text has no slope"
_WORDS = np.array([b"a", b"b", b"c", b"d"], object)
_DIGITS = {"float16": 5, "bfloat16": 6, "float32": 9, "float64": 17}


def _element(value: Any, kind: str, name: str) -> str:
    """One element as `StringFormat` writes it."""
    if kind == "O":
        return '"' + value.decode("utf-8", "surrogateescape") + '"'
    if kind == "b":
        return str(int(value))
    if kind == "f":
        short = f"{value:.6g}" if name in ("float16", "float32") else f"{value:.17g}"
        return short if name == "float64" or np.float32(short) == np.float32(value) else f"{value:.{_DIGITS[name]}g}"
    return "?" if kind == "c" else str(value)


def written(array: Any, summarize: int) -> str:
    """A tensor as text: rows in brackets, of each axis the first and last `summarize` elements (-1: all)."""
    array = np.asarray(array)
    kind, name = array.dtype.kind, array.dtype.name
    if not array.ndim:
        return _element(array.item(), kind, name)
    rows = array.reshape(math.prod(array.shape[:-1]), array.shape[-1])
    shown = {}  # row -> its text, of the rows that are shown
    for row in _shown_rows(array.shape[:-1], summarize):
        line = rows[row]
        places, gap = _kept(len(line), summarize)
        pieces = [_element(line[at].item() if kind != "O" else line[at], kind, name) for at in places]
        shown[row] = "[" + " ".join(pieces[:gap] + ["..."] * (gap < len(pieces)) + pieces[gap:]) + "]"
    return _nested(array.shape[:-1], shown, summarize)


def _kept(size: int, summarize: int) -> tuple[list[int], int]:
    """The places that are shown on an axis, and how many of them come before the dots."""
    if summarize < 0 or size <= 2 * summarize:
        return list(range(size)), size
    return [*range(summarize), *range(size - summarize, size)], summarize


def _shown_rows(outer: tuple[int, ...], summarize: int) -> list[int]:
    numbers = np.zeros(1, np.int64)
    for size in outer:
        numbers = (numbers[:, None] * size + np.array(_kept(size, summarize)[0], np.int64)).reshape(-1)
    return numbers.tolist()


def _nested(outer: tuple[int, ...], shown: dict[int, str], summarize: int) -> str:
    """The rows put into brackets, from the innermost axis outwards."""
    pieces = list(shown.values())
    for depth in range(len(outer), 0, -1):
        places, gap = _kept(outer[depth - 1], summarize)
        between = "\n" * (len(outer) - depth + 1) + " " * depth
        grouped = []
        for start in range(0, len(pieces), max(len(places), 1)):
            group = pieces[start : start + len(places)]
            grouped.append("[" + between.join(group[:gap] + ["..."] * (gap < len(group)) + group[gap:]) + "]")
        pieces = grouped or ["[]"]
    return pieces[0]


@op(
    "StringFormat(inputs: list(T), *, template: string = '%s', placeholder: string = '%s', summarize: int = 3) -> output: string",
    shape=rules.scalar,
    samples="it takes a list of tensors of different types; tests/ops/test_string_building.py shows it",
    no_gradient=_NO_SLOPE,
)
def string_format(xp, inputs, template, placeholder, summarize):
    """Put tensors into the places of a template."""
    pieces = as_bytes(template).split(as_bytes(placeholder))
    if len(pieces) != len(inputs) + 1:
        raise invalid(f"num placeholders in template and num inputs must match: {len(pieces) - 1} vs. {len(inputs)}")
    texts = [written(each, summarize).encode("utf-8", "surrogateescape") for each in inputs]
    result = np.empty((), object)
    result[()] = b"".join([part for pair in zip(pieces, texts) for part in pair]) + pieces[-1]
    return result


# ------------------------------------------------------------------ n-grams


def _ngrams_shape(c):
    rules.with_rank(c, c.shape(0), 1)
    return [(None,), rules.with_rank(c, c.shape(1), 1)]


@op(
    "StringNGrams(data: string, data_splits: Tsplits, *, separator: string, ngram_widths: list(int), left_pad: string, right_pad: string, "
    "pad_width: int, preserve_short_sequences: bool) -> ngrams: string, ngrams_splits: Tsplits",
    types={"Tsplits": INDEX},
    type_defaults={"Tsplits": "int64"},
    shape=_ngrams_shape,
    host=("data_splits",),
    samples=[sample(_WORDS, np.array([0, 3, 3, 4]), separator=" ", ngram_widths=[2, 1], left_pad="L", right_pad="R", pad_width=width,
                    preserve_short_sequences=width == 0) for width in (0, -1)],
    no_gradient=_NO_SLOPE,
)  # fmt: skip
def string_ngrams(xp, data, data_splits, separator, ngram_widths, left_pad, right_pad, pad_width, preserve_short_sequences):
    """Join every run of `ngram_widths` strings that stand side by side in a row; rows may be padded at both ends."""
    edges = np.asarray(data_splits).tolist()
    words, between = data.tolist(), as_bytes(separator)
    if edges and (edges[0] != 0 or edges[-1] != len(words) or any(end < start for start, end in zip(edges, edges[1:]))):
        raise invalid(f"Invalid split value: splits must ascend from 0 to the number of strings, {len(words)}")
    pads = as_bytes(left_pad), as_bytes(right_pad)
    found: list[bytes] = []
    splits = [0] * bool(edges)
    for start, end in zip(edges, edges[1:]):
        row = words[start:end]
        before = len(found)
        for width in ngram_widths:
            found += _grams(row, width, pads, width - 1 if pad_width < 0 else min(pad_width, width - 1), between)
        if preserve_short_sequences and len(found) == before and row:
            padded = [pads[0]] * max(pad_width, 0) + row + [pads[1]] * max(pad_width, 0)
            found.append(between.join(padded))
        splits.append(len(found))
    grams = np.empty(len(found), object)
    grams[:] = found
    return grams, np.array(splits, np.asarray(data_splits).dtype)


def _grams(row: list[bytes], width: int, pads: tuple[bytes, bytes], count: int, between: bytes) -> list[bytes]:
    """The n-grams of one width."""
    padded = [pads[0]] * count + row + [pads[1]] * count
    return [between.join(padded[at : at + width]) for at in range(len(padded) - width + 1)]


# ------------------------------------------------------------------ segments


def _segment_shape(c):
    data, ids = c.shape(0), c.shape(1)
    rules.merge_prefix(c, data, ids)
    count = rules.scalar_size(c, 2)
    return None if data is None or ids is None else (count, *data[len(ids) :])


@op(
    "UnsortedSegmentJoin(inputs: string, segment_ids: Tindices, num_segments: Tnumsegments, *, separator: string = '') -> output: string",
    types={"Tindices": INDEX, "Tnumsegments": INDEX},
    type_defaults={"Tnumsegments": "int32"},
    names=["strings.unsorted_segment_join"],
    shape=_segment_shape,
    host=("segment_ids", "num_segments"),
    samples=[
        sample(_WORDS, ints(1, 0, 1, 0), 3, separator="-"),
        sample(_WORDS.reshape(2, 2), ints(1, 1), 2),
        sample(_WORDS.reshape(2, 2), np.array([[0, 1], [1, 0]]), 2),
    ],
    no_gradient=_NO_SLOPE,
)
def unsorted_segment_join(xp, inputs, segment_ids, num_segments, separator):
    """Join the strings that have one number; those with the same number are joined in their order.

    >>> tf.Session().run(tf.strings.unsorted_segment_join(["a", "b", "c"], [0, 1, 0], 2, separator="-"))
    array([b'a-c', b'b'], dtype=object)
    """
    ids, count = np.asarray(segment_ids), int(num_segments)
    if inputs.shape[: ids.ndim] != ids.shape:
        raise invalid(f"segment_ids shape {text(ids.shape)} must be a prefix of the shape of inputs, {text(inputs.shape)}")
    if count < 0 or np.any((ids < 0) | (ids >= count)):
        raise invalid("segment_ids are not allowed to exceed num_segments or to have negative values.")
    inner = inputs.shape[ids.ndim :]
    check_room((count, *inner), 8)
    order = np.argsort(ids, axis=None, kind="stable")
    rows = inputs.reshape(ids.size, int(np.prod(inner)))[order]
    edges = np.searchsorted(ids.reshape(-1)[order], np.arange(count + 1)).tolist()
    between = as_bytes(separator)
    result = np.empty((count, rows.shape[1]), object)
    for column in range(rows.shape[1]):
        words = rows[:, column].tolist()
        result[:, column] = [between.join(words[start:end]) for start, end in zip(edges, edges[1:])]
    return result.reshape(count, *inner)
