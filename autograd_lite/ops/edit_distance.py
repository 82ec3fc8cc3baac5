"""The edit distance: how many insertions, deletions and replacements turn one sequence into another (Levenshtein, 1965)."""

from __future__ import annotations

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample


def _distances_shape(c):
    first, second = c.value(2), c.value(5)
    for place in (2, 5):
        rules.with_rank(c, c.shape(place), 1)
    if first is None or second is None:
        return None
    return tuple([max(a, b) for a, b in zip(first.tolist()[:-1], second.tolist()[:-1])])


def _checked(name, indices, elements, shape):
    """One sparse tensor: rank and number of entries agree, and every index lies inside."""
    if indices.ndim != 2:
        raise invalid(f"{name}_indices should be a matrix, but got shape: {rules.shape_text(indices.shape)}")
    if elements.ndim != 1 or shape.ndim != 1:
        part, array = ("values", elements) if elements.ndim != 1 else ("shape", shape)
        raise invalid(f"{name}_{part} should be a vector, but got shape: {rules.shape_text(array.shape)}")
    if len(indices) != len(elements):
        raise invalid(
            f"Expected {name}_values.NumElements == #rows({name}_indices), their shapes are: {rules.shape_text(elements.shape)} and "
            f"{rules.shape_text(indices.shape)}"
        )
    if indices.shape[1] != len(shape):
        raise invalid(
            f"Expected {name}_shape.NumElements == #cols({name}_indices), their shapes are: {rules.shape_text(shape.shape)} and "
            f"{rules.shape_text(indices.shape)}"
        )
    outside = np.argwhere((indices < 0) | (indices >= shape))
    if len(outside):
        raise invalid(f"{name}_indices[{','.join(map(str, outside[0]))}] is out of bounds: {indices[tuple(outside[0])]}")


def _padded(numbers, rows, codes):
    """Sequences [number of sequences, longest] and their lengths, from elements that belong to `rows`."""
    lengths = np.bincount(rows, minlength=numbers)
    order = np.argsort(rows, kind="stable")
    starts = np.cumsum(lengths) - lengths
    check_room((numbers, int(lengths.max(initial=0))), 8)
    table = np.zeros((numbers, int(lengths.max(initial=0))), np.int64)
    table[rows[order], np.arange(len(rows)) - starts[rows[order]]] = codes[order]
    return table, lengths


def _levenshtein(first, first_lengths, second, second_lengths):
    """The distances of pairs of sequences, all pairs at once: one row of the table of partial distances per element of `first`."""
    columns = np.arange(second.shape[1] + 1)
    row = np.broadcast_to(columns, (len(first), len(columns)))
    for place in range(first.shape[1]):
        replaced = row[:, :-1] + (first[:, place, None] != second)
        fresh = np.concatenate([row[:, :1] + 1, np.minimum(row[:, 1:] + 1, replaced)], axis=1)
        fresh = np.minimum.accumulate(fresh - columns, axis=1) + columns  # insertions, from left to right
        row = np.where((place < first_lengths)[:, None], fresh, row)
    return row[np.arange(len(first)), second_lengths]


@op(
    "EditDistance(hypothesis_indices: int64, hypothesis_values: T, hypothesis_shape: int64, truth_indices: int64, truth_values: T, "
    "truth_shape: int64, *, normalize: bool = True) -> output: float",
    shape=_distances_shape,
    host=("hypothesis_shape", "truth_shape"),
    no_gradient="the distance is a whole number",
    samples=[
        sample(
            np.array([[0, 0], [0, 1], [1, 0]]), ints(1, 2, 3), np.array([2, 2]),
            np.array([[0, 0], [1, 0], [1, 1]]), ints(1, 3, 4), np.array([2, 2]),
        )
    ],
)  # fmt: skip
def edit_distance(
    xp, hypothesis_indices, hypothesis_values, hypothesis_shape, truth_indices, truth_values, truth_shape, normalize
):  # fmt: skip
    """Find, for each pair of sequences (the last axis of two sparse tensors), how many edits turn one into the other."""
    parts = [to_host(each) for each in (hypothesis_indices, hypothesis_values, hypothesis_shape, truth_indices, truth_values, truth_shape)]
    _checked("hypothesis", *parts[:3])
    _checked("truth", *parts[3:])
    indices, elements, shape, other_indices, other_elements, other_shape = parts
    if len(shape) != len(other_shape):
        raise invalid(
            f"Expected truth and hypothesis to have matching ranks, but their shapes are: {rules.shape_text(tuple(shape.tolist()))} and "
            f"{rules.shape_text(tuple(other_shape.tolist()))}"
        )
    outer = tuple(np.maximum(shape, other_shape)[:-1].tolist())
    check_room(outer, 4)
    both = np.concatenate([indices[:, :-1], other_indices[:, :-1]])
    places = np.ravel_multi_index(tuple(both.T), outer) if outer else np.zeros(len(both), np.int64)
    pairs, rows = np.unique(places, return_inverse=True)
    codes = np.unique(np.concatenate([elements, other_elements]), return_inverse=True)[1]
    first, first_lengths = _padded(len(pairs), rows[: len(indices)], codes[: len(indices)])
    second, second_lengths = _padded(len(pairs), rows[len(indices) :], codes[len(indices) :])
    distances = _levenshtein(first, first_lengths, second, second_lengths).astype(np.float32)
    if normalize:
        with np.errstate(divide="ignore"):
            distances = distances / second_lengths.astype(np.float32)
    result = np.zeros(outer, np.float32)
    result.reshape(-1)[pairs] = distances
    return xp.asarray(result)
