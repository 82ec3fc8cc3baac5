"""Samplers that draw classes for losses over very many classes: the same classes as TensorFlow for the same seeds.

Sources: M. Gutmann, A. Hyvaerinen, "Noise-contrastive estimation", 2010; A. J. Walker, "An efficient method for generating discrete
random variables with general distributions", 1977 (the table of aliases from which weighted classes are drawn).
"""

from __future__ import annotations

import functools
import threading
from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.backends.philox import PhiloxStream, doubles_at, unit_floats, words_at
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid
from autograd_lite.ops.samples import ints, sample
from autograd_lite.wire.files import read_bytes

_WORDS_PER_SAMPLE = 2048  # that TensorFlow sets aside
_ALL_32, _ALL_64 = 2**32 - 1, 2**64 - 1
MOST_IN_TABLE = 1 << 18  # classes, of 8 bytes each
_DRAWN = "the classes are drawn, not computed from the inputs"
_LOWEST = np.finfo(np.float32).min


# -------------------------------------------------------------------- the words of a stream, one after the other


class _Words:
    """The words of a stream from one block on, read in order."""

    def __init__(self, key: int, block: int) -> None:
        self._key, self._block, self._used = key, block, 0

    def take(self, count: int) -> np.ndarray:
        """The next `count` words."""
        skipped = self._used % 4
        words = words_at(self._key, self._block + self._used // 4, skipped + count)[skipped:]
        self._used += count
        return words

    def back(self, count: int) -> None:
        """Give the last `count` words back."""
        self._used -= count

    def below(self, limit: int, count: int) -> np.ndarray:
        """`count` whole numbers in [0, limit), of two words each; the few that would favour small numbers are passed over."""
        kept: list[np.ndarray] = []
        missing = count
        least = 0 if limit & (limit - 1) == 0 else _ALL_64 % limit + 1
        while missing:
            pairs = self.take(2 * missing).reshape(-1, 2).astype(np.uint64)
            numbers = pairs[:, 0] | pairs[:, 1] << np.uint64(32)
            good = numbers[numbers >= np.uint64(least)]
            kept.append((good % np.uint64(limit)).astype(np.int64))
            missing -= len(good)
        return np.concatenate(kept) if kept else np.empty(0, np.int64)

    def below_32(self, limit: int) -> int:
        """One whole number in [0, limit), of one word."""
        least = 0 if limit & (limit - 1) == 0 else _ALL_32 % limit + 1
        while True:
            word = int(self.take(1)[0])
            if word >= least:
                return word % limit

    def doubles(self, count: int) -> np.ndarray:
        """`count` numbers in [0, 1)."""
        if self._used % 4:
            return unit_floats(self.take(2 * count), np.float64)
        self._used += 2 * count
        return doubles_at(self._key, self._block + (self._used - 2 * count) // 4, count)


# -------------------------------------------------------------------- distributions


def _log_of_others(probability: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log1p(-probability)


class _Distribution:
    """How likely each of `limit` classes is."""

    limit: int

    def draw(self, words: _Words, count: int) -> np.ndarray:
        """`count` classes, as the words say."""
        raise NotImplementedError

    def probability(self, classes: np.ndarray) -> np.ndarray:
        """The probability of each of these classes (float32)."""
        raise NotImplementedError

    def log_of_others(self, classes: np.ndarray) -> np.ndarray:
        """For each of these classes, the logarithm of the probability that another one is drawn (float32)."""
        return _log_of_others(self.probability(classes))


class _Uniform(_Distribution):
    """All classes alike."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def draw(self, words: _Words, count: int) -> np.ndarray:
        return words.below(self.limit, count)

    def probability(self, classes: np.ndarray) -> np.ndarray:
        return np.full(classes.shape, np.float32(1.0 / self.limit), np.float32)


class LogUniform(_Distribution):
    """Class k with probability log((k + 2) / (k + 1)) / log(limit + 1): for classes ordered from frequent to rare."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._log_limit = np.log1p(np.float64(limit))

    def draw(self, words: _Words, count: int) -> np.ndarray:
        numbers = words.doubles(count)
        numbers *= self._log_limit
        classes = np.exp(numbers, out=numbers).astype(np.int64)
        classes -= 1
        classes %= self.limit
        return classes

    def probability(self, classes: np.ndarray) -> np.ndarray:
        if self.limit <= MOST_IN_TABLE:
            return log_uniform_table(self.limit)[0][classes]
        return self._probability(classes)

    def log_of_others(self, classes: np.ndarray) -> np.ndarray:
        if self.limit <= MOST_IN_TABLE:
            return log_uniform_table(self.limit)[1][classes]
        return super().log_of_others(classes)

    def _probability(self, classes: np.ndarray) -> np.ndarray:
        numbers = classes.astype(np.float64)
        return (np.log((numbers + 2.0) / (numbers + 1.0)) / self._log_limit).astype(np.float32)

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """What `probability` and `log_of_others` give for each class."""
        probability = self._probability(np.arange(self.limit))
        return probability, _log_of_others(probability)


@functools.lru_cache(maxsize=4)
def log_uniform_table(limit: int) -> tuple[np.ndarray, np.ndarray]:
    """The table of this many classes: a lookup is cheaper than two logarithms, and every step asks again."""
    return LogUniform(limit).table()


class _Weighted(_Distribution):
    """Classes with given weights."""

    def __init__(self, weights: np.ndarray) -> None:
        self.limit = len(weights)
        self._weights = weights  # float32
        self._total = np.cumsum(weights, dtype=np.float32)[-1] if len(weights) else np.float32(0)
        self._shares, self._aliases = _alias_table(weights)

    def draw(self, words: _Words, count: int) -> np.ndarray:
        least = 0 if self.limit & (self.limit - 1) == 0 else _ALL_32 % self.limit + 1
        pairs = words.take(2 * count).reshape(-1, 2)
        if (pairs[:, 1] < least).any():  # once in millions: some number takes a word more
            words.back(2 * count)
            pairs = np.array([(words.take(1)[0], words.below_32(self.limit)) for _ in range(count)], np.uint32).reshape(-1, 2)
        index = pairs[:, 1].astype(np.int64) % self.limit
        return np.where(unit_floats(np.ascontiguousarray(pairs[:, 0])) < self._shares[index], index, self._aliases[index])

    def probability(self, classes: np.ndarray) -> np.ndarray:
        return (self._weights[classes] / self._total).astype(np.float32)


def _alias_table(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Walker's table: class k stands for itself with its share, and otherwise for its alias."""
    shares = weights.astype(np.float64) * len(weights) / weights.astype(np.float64).sum()
    aliases = np.full(len(weights), -1, np.int64)
    low, high = np.flatnonzero(shares < 1.0).tolist(), np.flatnonzero(shares >= 1.0).tolist()
    values = shares.tolist()
    while low and high:
        small, large = low.pop(), high.pop()
        aliases[small] = large
        values[large] -= 1.0 - values[small]
        (low if values[large] < 1.0 else high).append(large)
    result = np.array(values, np.float32)
    rest = low + high  # close to 1 but for rounding
    result[rest], aliases[rest] = 1.0, rest
    return result, aliases


class _Learned(_Distribution):
    """Classes with the frequencies seen so far, each counted once from the start."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._counts = np.ones(limit, np.int64)
        self.lock = threading.Lock()

    def copied(self) -> _Learned:
        """The same frequencies, which then go their own way."""
        other = _Learned(self.limit)
        with self.lock:
            other._counts = self._counts.copy()
        return other

    def draw(self, words: _Words, count: int) -> np.ndarray:
        sums = np.cumsum(self._counts)
        picked = np.array([words.below_32(int(sums[-1])) for _ in range(count)], np.int64)
        return np.searchsorted(sums, picked, side="right")

    def probability(self, classes: np.ndarray) -> np.ndarray:
        return self._counts[classes].astype(np.float32) / np.float32(self._counts.sum())

    def learn(self, classes: np.ndarray) -> None:
        """Count the classes of one batch."""
        np.add.at(self._counts, classes, 1)


# -------------------------------------------------------------------- drawing


def _unique(distribution: _Distribution, words: _Words, count: int) -> tuple[np.ndarray, int]:
    """`count` different classes in the order of their first drawing, and how many drawings that took."""
    drawn = distribution.draw(words, 2 * count)
    while True:
        order = np.argsort(drawn, kind="stable")
        ordered = drawn[order]
        is_new = np.ones(len(drawn), dtype=bool)
        np.not_equal(ordered[1:], ordered[:-1], out=is_new[1:])
        first = np.sort(order[is_new])
        if len(first) >= count:
            return drawn[first[:count]], int(first[count - 1]) + 1
        if len(drawn) > max(1 << 24, 64 * count):
            raise invalid("Sampler's range is too small: too few classes have a probability that lets them be drawn")
        drawn = np.concatenate([drawn, distribution.draw(words, len(drawn))])


def _expected(distribution: _Distribution, classes: np.ndarray, count: int, tries: int) -> np.ndarray:
    """How often each of these classes is expected among the drawn ones."""
    if tries == count:
        return distribution.probability(classes) * np.float32(count)
    return -np.expm1(np.float32(tries) * distribution.log_of_others(classes))


def check(true_classes: Any, num_true: int, num_sampled: int, unique: bool, limit: int) -> np.ndarray:
    """The true classes on the host; what a sampler does not accept is an error."""
    classes = to_host(true_classes)
    if classes.ndim != 2:
        raise invalid("true_classes must be a matrix")
    if classes.shape[1] != num_true:
        raise invalid(f"true_classes must have num_true columns, expected: {num_true} was: {classes.shape[1]}")
    if unique and num_sampled > limit:
        raise invalid(f"Sampler's range is too small: {num_sampled} different classes are wanted out of {limit}")
    if classes.size and not 0 <= classes.min() <= classes.max() < limit:
        outside = classes[(classes < 0) | (classes >= limit)]
        raise invalid(f"`true_candidate` out of range [0, {limit}), received {outside[0]}")
    check_room((num_sampled,), 64)
    return classes


def reserve(stream: PhiloxStream, num_sampled: int) -> int:
    """Set aside what TensorFlow does for so many drawn classes; return the number of the first block."""
    return stream.reserve(-(-_WORDS_PER_SAMPLE * num_sampled // 4))


def _sampled(xp, true_classes, num_true, num_sampled, unique, distribution, stream):
    """The drawn classes, and how often the true and the drawn ones are expected among them."""
    classes = check(true_classes, num_true, num_sampled, unique, distribution.limit)
    return sampled_at(xp, classes, num_sampled, unique, distribution, stream.key, reserve(stream, num_sampled))


def sampled_at(xp, classes, num_sampled, unique, distribution, key, block):
    """The same for classes that are checked and a place in a random stream."""
    words = _Words(key, block)
    if unique:
        drawn, tries = _unique(distribution, words, num_sampled)
    else:
        drawn, tries = distribution.draw(words, num_sampled), num_sampled
    everyone = np.concatenate([classes.reshape(-1), drawn])
    expected = _expected(distribution, everyone, num_sampled, tries)
    results = (drawn, expected[: classes.size].reshape(classes.shape), expected[classes.size :])
    return tuple([xp.asarray(array) for array in results])


def _stream(attrs):
    return PhiloxStream(attrs["seed"], attrs["seed2"])


def _shapes(c: Any) -> Any:
    rows = rules.with_rank(c, c.shape(0), 2)
    count = c.attrs["num_sampled"]
    return [(count,), (rows[0], c.attrs["num_true"]), (count,)]


_SEEDS = "seed: int = 0, seed2: int = 0"
_COUNTS = "num_true: int >= 1, num_sampled: int >= 1, unique: bool"
_OUTPUTS = "sampled_candidates: int64, true_expected_count: float, sampled_expected_count: float"
_RANGE = "range_max: int >= 1"
_CLASSES = np.array([[1], [2]], np.int64)
_SAMPLER: dict[str, Any] = {
    "shape": _shapes,
    "host": ("true_classes",),
    "stateful": True,
    "no_gradient": _DRAWN,
    "samples": [
        sample(_CLASSES, num_true=1, num_sampled=3, unique=True, range_max=5, seed=1, seed2=2),
        sample(_CLASSES, num_true=1, num_sampled=4, unique=False, range_max=5, seed=1, seed2=2),
    ],
}


@op(f"UniformCandidateSampler(true_classes: int64, *, {_COUNTS}, {_RANGE}, {_SEEDS}) -> {_OUTPUTS}", state=_stream, **_SAMPLER)
def uniform_candidate_sampler(xp, true_classes, num_true, num_sampled, unique, range_max, state):
    """Draw classes, all alike."""
    return _sampled(xp, true_classes, num_true, num_sampled, unique, _Uniform(range_max), state)


@op(f"LogUniformCandidateSampler(true_classes: int64, *, {_COUNTS}, {_RANGE}, {_SEEDS}) -> {_OUTPUTS}", state=_stream, **_SAMPLER)
def log_uniform_candidate_sampler(xp, true_classes, num_true, num_sampled, unique, range_max, state):
    """Draw classes, the first ones most often: class k with probability log((k + 2) / (k + 1)) / log(range_max + 1)."""
    return _sampled(xp, true_classes, num_true, num_sampled, unique, LogUniform(range_max), state)


def _learning(attrs):
    check_room((attrs["range_max"],), 8)
    return _Learned(attrs["range_max"]), _stream(attrs)


def _learned(xp, true_classes, num_true, num_sampled, unique, state):
    distribution, stream = state
    with distribution.lock:
        results = _sampled(xp, true_classes, num_true, num_sampled, unique, distribution, stream)
        distribution.learn(to_host(true_classes).reshape(-1))
    return results


@op(f"LearnedUnigramCandidateSampler(true_classes: int64, *, {_COUNTS}, {_RANGE}, {_SEEDS}) -> {_OUTPUTS}", state=_learning, **_SAMPLER)
def learned_unigram_candidate_sampler(xp, true_classes, num_true, num_sampled, unique, state):
    """Draw classes by how often they were true classes so far, in all runs of the session."""
    return _learned(xp, true_classes, num_true, num_sampled, unique, state)


@op(f"ThreadUnsafeUnigramCandidateSampler(true_classes: int64, *, {_COUNTS}, {_RANGE}, {_SEEDS}) -> {_OUTPUTS}", state=_learning,
    **_SAMPLER)  # fmt: skip
def thread_unsafe_unigram_candidate_sampler(xp, true_classes, num_true, num_sampled, unique, state):
    """LearnedUnigramCandidateSampler under its older name (here it is safe with threads, too)."""
    return _learned(xp, true_classes, num_true, num_sampled, unique, state)


def _weights_of_file(path: str) -> list[float]:
    """The last comma-separated field of each line."""
    weights = []
    for number, line in enumerate(read_bytes(path).decode("utf-8", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            weights.append(float(line.rsplit(",", 1)[-1]))
        except ValueError:
            raise invalid(f"Wrong vocabulary format at line {number} of {path!r}: the last field is no number") from None
    return weights


def _fixed(attrs):
    """The distribution of the given weights, and the stream."""
    raw = attrs["unigrams"] or (_weights_of_file(attrs["vocab_file"]) if attrs["vocab_file"] else [])
    if bool(attrs["unigrams"]) == bool(attrs["vocab_file"]):
        raise invalid("Must provide either unigrams or vocab_file, and not both.")
    if attrs["shard"] >= attrs["num_shards"]:
        raise invalid("Shard must be less than num_shards")
    reserved = attrs["num_reserved_ids"]
    check_room((max(reserved, 0) + len(raw),), 64)
    mine = [weight for number, weight in enumerate(raw, start=reserved) if number % attrs["num_shards"] == attrs["shard"]]
    given = np.power(np.array(mine, np.float64), attrs["distortion"]).astype(np.float32)
    weights = np.concatenate([np.zeros(max(reserved, 0), np.float32), given])
    if attrs["range_max"] != len(weights):
        raise invalid(f"range_max is {attrs['range_max']}, but there are {len(weights)} weights, reserved ones included")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise invalid("weights must be finite, not negative, and not all 0")
    return _Weighted(weights), _stream(attrs)


_FIXED = {
    **_SAMPLER,
    "samples": [
        sample(_CLASSES, num_true=1, num_sampled=3, unique=True, range_max=4, unigrams=[1.0, 2.0, 3.0, 4.0], seed=1, seed2=2),
        sample(_CLASSES, num_true=1, num_sampled=3, unique=False, range_max=3, unigrams=[2.0, 3.0], num_reserved_ids=1, seed=1, seed2=2),
    ],
}


@op(
    f"FixedUnigramCandidateSampler(true_classes: int64, *, {_COUNTS}, {_RANGE}, vocab_file: string = '', distortion: float = 1.0, "
    f"num_reserved_ids: int = 0, num_shards: int >= 1 = 1, shard: int >= 0 = 0, unigrams: list(float) = [], {_SEEDS}) -> {_OUTPUTS}",
    state=_fixed,
    **_FIXED,
)
def fixed_unigram_candidate_sampler(xp, true_classes, num_true, num_sampled, unique, state):
    """Draw classes by given weights (of a list, or of a file), each raised to the power `distortion`."""
    return _sampled(xp, true_classes, num_true, num_sampled, unique, *state)


@op(
    f"AllCandidateSampler(true_classes: int64, *, {_COUNTS}, {_SEEDS}) -> {_OUTPUTS}",
    **{**_SAMPLER, "samples": [sample(_CLASSES, num_true=1, num_sampled=4, unique=True)]},
)
def all_candidate_sampler(xp, true_classes, num_true, num_sampled, unique):
    """Every class once, in order: turns a sampled loss into the full one."""
    classes = check(true_classes, num_true, num_sampled, unique, num_sampled)
    return xp.arange(num_sampled, dtype=xp.int64), xp.ones(classes.shape, dtype=xp.float32), xp.ones(num_sampled, dtype=xp.float32)


# -------------------------------------------------------------------- hits


def _hits_shape(c: Any) -> Any:
    rows = rules.with_rank(c, c.shape(0), 2)
    rules.merge_size(c, rows[1], c.attrs["num_true"])
    rules.with_rank(c, c.shape(1), 1)
    return [(None,)] * 3


@op(
    f"ComputeAccidentalHits(true_classes: int64, sampled_candidates: int64, *, num_true: int, {_SEEDS}) "
    "-> indices: int32, ids: int64, weights: float",
    shape=_hits_shape,
    host=("true_classes", "sampled_candidates"),
    no_gradient="it compares whole numbers",
    samples=[sample(np.array([[0, 1], [2, 3]], np.int64), ints(1, 3, 4, dtype="int64"), num_true=2)],
)
def compute_accidental_hits(xp, true_classes, sampled_candidates, num_true):
    """Where drawn classes are true classes of a row: the rows, the places among the drawn ones, and weights that cancel them."""
    classes, drawn = to_host(true_classes), to_host(sampled_candidates)
    if classes.ndim != 2 or classes.shape[1] != num_true:
        raise invalid("true_candidates must be a batch_size * num_true matrix")
    if drawn.ndim != 1:
        raise invalid("sampled_candidates must be a vector, which is typically an output from CandidateSampler")
    if not len(drawn):
        rows, places = np.empty(0, np.int32), np.empty(0, np.int64)
    else:
        order = np.argsort(drawn, kind="stable")
        last = np.searchsorted(drawn[order], classes, side="right") - 1  # of equal ones the last counts
        found = order[np.maximum(last, 0)]
        hit = (last >= 0) & (drawn[found] == classes)
        rows, places = np.nonzero(hit)[0].astype(np.int32), found[hit].astype(np.int64)
    return xp.asarray(rows), xp.asarray(places), xp.full(len(rows), _LOWEST, dtype=xp.float32)
