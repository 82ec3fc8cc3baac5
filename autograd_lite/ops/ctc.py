"""Connectionist temporal classification: the probability of a label sequence when its alignment in time is not known.

Source: A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber, "Connectionist temporal classification", 2006. Everything is computed for a whole
batch at once; the loops run over time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.core import errors
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import ints, sample, values

_SEARCH = "it chooses a path, which changes in jumps"
_T: dict[str, Any] = {"types": {"T": "float double"}, "type_defaults": {"T": "float32"}}


def _log_softmax(xp: Any, x: Any) -> Any:
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))


def _check_inputs(inputs: Any, sequence_length: Any, error: Any) -> np.ndarray:
    """The lengths of the batch's sequences on the host, checked."""
    if inputs.ndim != 3:
        raise invalid("inputs is not a 3-Tensor")
    lengths = to_host(sequence_length)
    if lengths.ndim != 1:
        raise invalid("sequence_length is not a vector")
    if inputs.shape[2] == 0 or inputs.shape[1] != len(lengths):
        raise errors.FailedPreconditionError(
            None, None, f"len(sequence_length) != batch_size.  len(sequence_length):  {len(lengths)} batch_size: {inputs.shape[1]}"
        )
    for row in np.flatnonzero((lengths > inputs.shape[0]) | (lengths < 0)):
        raise error(None, None, f"sequence_length({row}) <= {inputs.shape[0]}")
    return lengths


# -------------------------------------------------------------------- the loss


class _Targets(NamedTuple):
    """Label sequences with a blank before, between and after labels; shorter ones are filled with blanks."""

    states: np.ndarray  # [batch, 2 * longest + 1]: the class of each state
    counts: np.ndarray  # [batch]: labels
    skipped: np.ndarray  # [batch] bool: sequences that do not fit their time and may be ignored


def _rows_of_labels(indices: Any, labels: Any, batch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The labels with the row of each, and how many each row has, checked."""
    indices, labels = to_host(indices), to_host(labels)
    if indices.ndim != 2 or indices.shape[1] != 2:
        raise invalid("labels_indices is not a matrix with two columns")
    if labels.ndim != 1 or len(labels) != len(indices):
        raise invalid("labels_indices and labels_values must contain the same number of rows, but saw shapes: "
                      f"{rules.shape_text(indices.shape)} vs. {rules.shape_text(labels.shape)}")  # fmt: skip
    rows = indices[:, 0]
    if len(rows) and (rows.min() < 0 or rows.max() >= batch):
        wrong = int(rows[(rows < 0) | (rows >= batch)][0])
        raise invalid(f"labels batch index must be between 0 and {batch} but saw: {wrong}")
    if (np.diff(rows) < 0).any():
        raise invalid("labels_indices are out of order: rows must not go back")
    return rows, labels, np.bincount(rows, minlength=batch) if len(rows) else np.zeros(batch, np.int64)


def _targets(indices: Any, labels: Any, lengths: np.ndarray, classes: int, collapse: bool, ignore_longer: bool) -> _Targets:
    batch, blank = len(lengths), classes - 1
    rows, labels, counts = _rows_of_labels(indices, labels, batch)
    for row in np.flatnonzero(counts == 0):
        raise invalid(f"Labels length is zero in batch {row}")
    places = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]  # of each label in its row
    dense = np.full((batch, int(counts.max(initial=0))), blank, np.int64)
    dense[rows, places] = labels
    negative, over = (dense < 0).any(axis=1), dense >= blank
    for row in np.flatnonzero(negative):
        raise invalid(f"All labels must be nonnegative integers, batch: {row} labels: {','.join(map(str, dense[row, : counts[row]]))}")
    null = over & (np.arange(dense.shape[1]) < counts[:, None])
    for row in np.flatnonzero((null[:, :-1] & ~over[:, 1:]).any(axis=1)):
        raise invalid(
            f"Saw a non-null label (index >= num_classes - 1) following a null label, batch: {row} num_classes: {classes} "
            f"labels: {','.join(map(str, dense[row, : counts[row]]))}"
        )
    kept = ~over
    if collapse and dense.shape[1]:
        kept[:, 1:] &= dense[:, 1:] != dense[:, :-1]
    counts = kept.sum(axis=1)
    dense = np.where(kept, dense, blank)
    dense = np.take_along_axis(dense, np.argsort(~kept, axis=1, kind="stable"), axis=1)[:, : int(counts.max(initial=0))]
    skipped = counts > lengths
    for row in np.flatnonzero(skipped) if not ignore_longer else ():
        raise invalid(
            f"Not enough time for target transition sequence (required: {counts[row]}, available: {lengths[row]}){row}"
            "You can turn this error into a warning by using the flag ignore_longer_outputs_than_inputs"
        )
    states = np.full((batch, 2 * dense.shape[1] + 1), blank, np.int64)
    states[:, 1::2] = dense
    return _Targets(states, counts, skipped)


def _later(xp: Any, scores: Any, steps: int) -> Any:
    """Scores moved `steps` states on.  scores: [batch, states]"""
    moved = xp.full(scores.shape, -xp.inf, dtype=scores.dtype)
    moved[:, steps:] = scores[:, : scores.shape[1] - steps]
    return moved


def _earlier(xp: Any, scores: Any, steps: int) -> Any:
    """Scores moved `steps` states back."""
    return _later(xp, scores[:, ::-1], steps)[:, ::-1]


def _forward_backward(xp: Any, emitted: Any, targets: _Targets, lengths: np.ndarray, blank: int, merge: bool) -> tuple[Any, Any]:
    """Log-probabilities of the labels, and of each state at each time together with them.

    emitted: [time, batch, states], the log-probability of each state's class -> [batch], [time, batch, states]
    """
    states = targets.states
    time, batch, count = emitted.shape
    no = -xp.inf
    stays = xp.asarray((states == blank) | merge)
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != blank) & ~((states[:, 2:] == states[:, :-2]) & merge)
    jumps = xp.asarray(skips)
    number = np.arange(count)
    last = 2 * targets.counts[:, None]
    ends = xp.asarray((number == last) | (number == last - 1))
    runs = [xp.asarray(step < lengths)[:, None] for step in range(time)]
    forward = xp.full(emitted.shape, no, dtype=emitted.dtype)
    forward[0, :, :2] = emitted[0, :, :2]
    for step in range(1, time):
        before = forward[step - 1]
        reached = xp.logaddexp(xp.where(stays, before, no), _later(xp, before, 1))
        reached = xp.logaddexp(reached, xp.where(jumps, _later(xp, before, 2), no)) + emitted[step]
        forward[step] = xp.where(runs[step], reached, before)
    total = xp.where(ends, forward[time - 1], no)
    total = _log_sum(xp, total)
    backward = xp.where(ends, xp.zeros((), dtype=emitted.dtype), no)
    for step in range(time - 1, 0, -1):
        forward[step] += backward
        to_here = backward + emitted[step]
        left = xp.logaddexp(xp.where(stays, to_here, no), _earlier(xp, to_here, 1))
        left = xp.logaddexp(left, _earlier(xp, xp.where(jumps, to_here, no), 2))
        backward = xp.where(runs[step], left, backward)
    forward[0] += backward
    return total, forward


def _log_sum(xp: Any, x: Any) -> Any:
    """The logarithm of the sum of exp(x) over the second axis; -inf where all are."""
    top = x.max(axis=1, keepdims=True)
    safe = xp.where(xp.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        return xp.log(xp.exp(x - safe).sum(axis=1)) + safe[:, 0]


def _loss_and_gradient(xp: Any, inputs: Any, targets: _Targets, lengths: np.ndarray, merge: bool) -> tuple[Any, Any]:
    time, batch, classes = inputs.shape
    scores = _log_softmax(xp, inputs)
    states = xp.asarray(targets.states)
    emitted = xp.take_along_axis(scores, xp.broadcast_to(states, (time, *states.shape)), axis=2)
    total, joint = _forward_backward(xp, emitted, targets, lengths, classes - 1, merge)
    possible = xp.isfinite(total)
    share = xp.exp(joint - xp.where(possible, total, 0)[:, None])
    share = xp.where(possible[:, None] & xp.isfinite(joint), share, 0)  # [time, batch, states]
    expected = xp.zeros(inputs.shape, dtype=inputs.dtype)
    when, row = xp.arange(time)[:, None, None], xp.arange(batch)[:, None]
    xp.add.at(expected, (when, row, states[:, 1::2]), share[:, :, 1::2])
    expected[:, :, classes - 1] += share[:, :, ::2].sum(axis=2)
    runs = np.arange(time)[:, None] < lengths
    counts = runs & ~targets.skipped
    gradient = xp.where(xp.asarray(counts)[:, :, None], xp.exp(scores) - expected, 0)
    silent = xp.asarray(targets.skipped | (lengths == 0))
    return xp.where(silent, 0, -total).astype(inputs.dtype, copy=False), gradient.astype(inputs.dtype, copy=False)


def _loss_shape(c: Any) -> Any:
    inputs = rules.with_rank(c, c.shape(0), 3)
    indices = rules.with_rank(c, c.shape(1), 2)
    rules.merge_size(c, indices[0], rules.with_rank(c, c.shape(2), 1)[0])
    batch = rules.merge_size(c, inputs[1], rules.with_rank(c, c.shape(3), 1)[0])
    return [(batch,), (inputs[0], batch, inputs[2])]


_LABELS = np.array([[0, 0], [0, 1], [1, 0]], np.int64)


@op(
    "CTCLoss(inputs: T, labels_indices: int64, labels_values: int32, sequence_length: int32, *, "
    "preprocess_collapse_repeated: bool = False, ctc_merge_repeated: bool = True, ignore_longer_outputs_than_inputs: bool = False) "
    "-> loss: T, gradient: T",
    shape=_loss_shape,
    host=("labels_indices", "labels_values", "sequence_length"),
    samples=[
        sample(values((4, 2, 3), dtype="float32"), _LABELS, ints(0, 1, 1), ints(4, 3)),
        sample(values((4, 2, 3), dtype="float32"), _LABELS, ints(0, 0, 1), ints(4, 3), ctc_merge_repeated=False),
        sample(values((3, 1, 3), dtype="float32"), np.zeros((1, 2), np.int64), ints(1), ints(1), preprocess_collapse_repeated=True),
    ],
    formula="d input = softmax(input) minus how often each class is expected at each time, given the labels",
    **_T,
)
def ctc_loss(
    xp, inputs, labels_indices, labels_values, sequence_length, preprocess_collapse_repeated, ctc_merge_repeated,
    ignore_longer_outputs_than_inputs,
):  # fmt: skip
    """The negative log-probability of label sequences, all alignments together, and its gradient; the last class is the blank."""
    lengths = _check_inputs(inputs, sequence_length, errors.InvalidArgumentError)
    targets = _targets(
        labels_indices, labels_values, lengths, inputs.shape[2], preprocess_collapse_repeated, ignore_longer_outputs_than_inputs
    )
    if not inputs.size:
        return xp.zeros((inputs.shape[1],), dtype=inputs.dtype), xp.zeros(inputs.shape, dtype=inputs.dtype)
    return _loss_and_gradient(xp, inputs, targets, lengths, ctc_merge_repeated)


@ctc_loss.gradient
def ctc_loss_gradient(g, op, dloss, dgradient):
    if dgradient is not None:
        raise LookupError(
            "Gradient explicitly disabled. Reason: Currently there is no way to take the second derivative of ctc_loss due to the fused "
            "implementation's interaction with tf.gradients()"
        )
    return None if dloss is None else g.mul(g.expand_dims(dloss, -1), op.outputs[1]), None, None, None


# -------------------------------------------------------------------- decoders


def _sparse_rows(sequences: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sequences, one per row of a batch, as indices, values and shape of a sparse matrix."""
    sizes = np.array([len(sequence) for sequence in sequences], np.int64)
    rows = np.repeat(np.arange(len(sequences), dtype=np.int64), sizes)
    columns = np.arange(int(sizes.sum()), dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    flat = np.concatenate(sequences).astype(np.int64) if sequences else np.empty(0, np.int64)
    return np.stack([rows, columns], axis=1), flat, np.array([len(sequences), sizes.max(initial=0)], np.int64)


def _decoder_shapes(c: Any, paths: int) -> Any:
    inputs = rules.with_rank(c, c.shape(0), 3)
    batch = rules.merge_size(c, inputs[1], rules.with_rank(c, c.shape(1), 1)[0])
    return [*[(None, 2)] * paths, *[(None,)] * paths, *[(2,)] * paths, (batch, paths)]


@op(
    "CTCGreedyDecoder(inputs: T, sequence_length: int32, *, merge_repeated: bool = False) "
    "-> decoded_indices: int64, decoded_values: int64, decoded_shape: int64, log_probability: T",
    shape=lambda c: _decoder_shapes(c, 1),
    host=("sequence_length",),
    release_attrs={"2.21": {"blank_index": ("int", -1)}},
    no_gradient=_SEARCH,
    samples=[
        sample(values((4, 2, 3), dtype="float32"), ints(4, 3), merge_repeated=True),
        sample(values((4, 2, 3)), ints(4, 0)),
    ],
    **_T,
)
def ctc_greedy_decoder(xp, inputs, sequence_length, merge_repeated):
    """The best class at each time, blanks (the last class) left out; repeated classes count once if `merge_repeated`."""
    lengths = _check_inputs(inputs, sequence_length, errors.FailedPreconditionError)
    time, batch, classes = inputs.shape
    runs = np.arange(time)[:, None] < lengths  # [time, batch]
    best = to_host(inputs.argmax(axis=2))
    kept = runs & (best != classes - 1)
    if merge_repeated and time:
        kept[1:] &= best[1:] != best[:-1]
    log_probability = -xp.where(xp.asarray(runs), inputs.max(axis=2), 0).sum(axis=0)[:, None]
    indices, flat, shape = _sparse_rows([best[kept[:, row], row] for row in range(batch)])
    return xp.asarray(indices), xp.asarray(flat), xp.asarray(shape), log_probability.astype(inputs.dtype, copy=False)


_BLOCK = 1 << 22  # elements compared at once


class _Beams(NamedTuple):
    """The best prefixes so far, [batch, width] each, as log-probabilities at the last time."""

    blank: np.ndarray  # that the prefix was read and a blank came last
    label: np.ndarray  # that it was read and its last label came last
    last: np.ndarray  # its last label; -1 for the empty prefix
    key: np.ndarray  # a 64-bit hash of the prefix
    parent: np.ndarray  # that of the prefix without its last label

    @property
    def total(self) -> np.ndarray:
        return np.logaddexp(self.blank, self.label)


def _child_keys(keys: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The hashes of prefixes with one more label (the mixing function of splitmix64)."""
    mixed = (keys + (labels.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)) ^ (keys >> np.uint64(29))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _first_beams(batch: int, dtype: Any) -> _Beams:
    """Only the empty prefix."""
    zero = np.zeros((batch, 1), np.uint64)
    return _Beams(np.zeros((batch, 1), dtype), np.full((batch, 1), -np.inf, dtype), np.full((batch, 1), -1), zero + np.uint64(1), zero)


def _extend(beams: _Beams, scores: np.ndarray, width: int) -> tuple[_Beams, np.ndarray, np.ndarray]:
    """One step in time.

    Args:
      scores: [batch, classes], log-probabilities; the last class is the blank.

    Returns:
      The new beams; for each, the beam it comes from and the label it got (-1: none).
    """
    batch, count = beams.last.shape
    labels = scores.shape[1] - 1
    total = beams.total
    rows = np.arange(batch)[:, None]
    child = beams.parent[:, :, None] == beams.key[:, None, :]  # [batch, child, parent]
    source = child.argmax(axis=2)
    has_parent = child.any(axis=2) & (beams.last >= 0)
    before = np.where(beams.last == beams.last[rows, source], beams.blank[rows, source], total[rows, source])
    kept_label = np.logaddexp(beams.label, np.where(has_parent, before, -np.inf))
    kept_label = np.where(beams.last >= 0, kept_label + scores[rows, np.maximum(beams.last, 0)], -np.inf)
    kept_blank = total + scores[:, -1:]
    grown = np.repeat(total[:, :, None], labels, axis=2)  # [batch, beam, label]
    where = np.nonzero(beams.last >= 0)
    grown[where[0], where[1], beams.last[where]] = beams.blank[where]
    grown = grown + scores[:, None, :-1]
    known = np.nonzero(has_parent)
    grown[known[0], source[known], beams.last[known]] = -np.inf  # prefixes that are there already
    kept = np.logaddexp(kept_blank, kept_label)
    grown = np.where(_lost(kept, grown, source, beams.last, has_parent, width)[:, :, None], -np.inf, grown)
    everything = np.concatenate([kept, grown.reshape(batch, -1)], axis=1)
    best = np.argsort(-everything, axis=1, kind="stable")[:, :width]
    stays = best < count
    origin = np.where(stays, best, (best - count) // max(labels, 1))
    added = np.where(stays, -1, (best - count) % max(labels, 1))
    value = everything[rows, best]
    own = np.where(stays, best, 0)
    alive = value > -np.inf  # the others only fill the width; they must not pass for a prefix
    new = _Beams(
        np.where(stays, kept_blank[rows, own], -np.inf),
        np.where(stays, kept_label[rows, own], value),
        np.where(alive, np.where(stays, beams.last[rows, origin], added), -1),
        np.where(alive, np.where(stays, beams.key[rows, origin], _child_keys(beams.key[rows, origin], np.maximum(added, 0))), 0),
        np.where(alive, np.where(stays, beams.parent[rows, origin], beams.key[rows, origin]), 0),
    )
    return new, origin, added


def _lost(kept: np.ndarray, grown: np.ndarray, source: np.ndarray, last: np.ndarray, has_parent: np.ndarray, width: int) -> np.ndarray:
    """Which beams get no longer prefixes.  -> [batch, beam]

    TensorFlow grows the beams one after the other, the best first. When it comes to a prefix that was itself a beam, and that better ones
    have meanwhile pushed out, it forgets that prefix, which is then not grown in its turn. Whom that befalls depends on what was grown
    before, so it is worked out again until nothing changes.

    Args:
      kept: [batch, beam] the beams at this step. grown: [batch, beam, label] the longer prefixes.
      source, last: [batch, beam] the beam without its last label, where `has_parent`, and that label.
    """
    batch, count, labels = grown.shape
    lost = np.zeros((batch, count), bool)
    better_kept = (kept[:, None, :] > kept[:, :, None]).sum(axis=2)
    turn = source * labels + last  # when its parent comes to it
    asked = np.argwhere(has_parent & (source < np.arange(count)))
    for _ in range(count):
        alive = np.where(lost[:, :, None], -np.inf, grown).reshape(batch, -1)
        found = np.zeros_like(lost)
        block = max(1, _BLOCK // max(count * labels, 1))
        for start in range(0, len(asked), block):
            row, beam = asked[start : start + block].T
            before = np.arange(count * labels) < turn[row, beam][:, None]
            better_grown = (before & (alive[row] > kept[row, beam][:, None])).sum(axis=1)
            found[row, beam] = better_kept[row, beam] + better_grown >= width
        if (found == lost).all():
            break
        lost = found
    return lost


def _paths(steps: list[tuple[np.ndarray, np.ndarray]], batch: int, paths: int) -> np.ndarray:
    """The labels that were added on the way to the best beams.  -> [time, batch, paths], -1 where none was"""
    beam = np.broadcast_to(np.arange(paths), (batch, paths))
    rows = np.arange(batch)[:, None]
    found = np.full((len(steps), batch, paths), -1, np.int64)
    for number in range(len(steps) - 1, -1, -1):
        origin, added = steps[number]
        found[number] = added[rows, beam]
        beam = origin[rows, beam]
    return found


def _search(scores: np.ndarray, lengths: np.ndarray, width: int) -> tuple[_Beams, list[tuple[np.ndarray, np.ndarray]]]:
    """All steps in time; sequences that have ended keep their beams."""
    time, batch, _ = scores.shape
    beams = _first_beams(batch, scores.dtype)
    steps = []
    for step in range(time):
        new, origin, added = _extend(beams, scores[step], width)
        runs = (step < lengths)[:, None]
        if not runs.all():
            grown = new.last.shape[1] - beams.last.shape[1]
            old = _Beams(*[np.pad(part, [(0, 0), (0, grown)], constant_values=filler)
                           for part, filler in zip(beams, (-np.inf, -np.inf, -1, 0, 0))])  # fmt: skip
            new = _Beams(*[np.where(runs, fresh, kept) for fresh, kept in zip(new, old)])
            origin, added = np.where(runs, origin, np.arange(origin.shape[1])), np.where(runs, added, -1)
        steps.append((np.minimum(origin, beams.last.shape[1] - 1), added))
        beams = new
    return beams, steps


@op(
    "CTCBeamSearchDecoder(inputs: T, sequence_length: int32, *, beam_width: int >= 1, top_paths: int >= 1, merge_repeated: bool = True) "
    "-> decoded_indices: top_paths * int64, decoded_values: top_paths * int64, decoded_shape: top_paths * int64, log_probability: T",
    shape=lambda c: _decoder_shapes(c, c.attrs["top_paths"]),
    host=("sequence_length",),
    no_gradient=_SEARCH,
    samples=[
        sample(values((4, 2, 3), dtype="float32"), ints(4, 3), beam_width=4, top_paths=2),
        sample(values((3, 1, 3)), ints(3), beam_width=2, top_paths=1, merge_repeated=False),
    ],
    **_T,
)
def ctc_beam_search_decoder(xp, inputs, sequence_length, beam_width, top_paths, merge_repeated):
    """The most probable label sequences, found among the best `beam_width` prefixes; the last class is the blank."""
    lengths = _check_inputs(inputs, sequence_length, errors.FailedPreconditionError)
    if top_paths > beam_width:
        raise invalid("requested more paths than the beam width.")
    batch = inputs.shape[1]
    with np.errstate(invalid="ignore"):
        beams, steps = _search(_log_softmax(np, to_host(inputs)), lengths, beam_width)
        total = beams.total
    if total.shape[1] < top_paths or (batch and not (total[:, :top_paths] > -np.inf).all()):
        raise invalid("Less leaves in the beam search than requested.")
    found = _paths(steps, batch, top_paths)
    results = [_sparse_rows([_labels(found[:, row, path], merge_repeated) for row in range(batch)]) for path in range(top_paths)]
    lists = [[xp.asarray(result[part]) for result in results] for part in range(3)]
    return (*lists, xp.asarray(total[:, :top_paths].astype(inputs.dtype, copy=False)))


def _labels(path: np.ndarray, merge_repeated: bool) -> np.ndarray:
    """The labels of a path; neighbours that are equal count once if `merge_repeated`."""
    labels = path[path >= 0]
    return labels[np.concatenate([[True], labels[1:] != labels[:-1]])] if merge_repeated and len(labels) else labels
