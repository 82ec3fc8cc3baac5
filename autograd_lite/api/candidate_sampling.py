"""Samplers of classes as TensorFlow 1 calls them."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.seed import get_seed
from autograd_lite.graph.tensor import Tensor

Candidates = tuple[Tensor, Tensor, Tensor]


def _seeds(seed: int | None) -> dict[str, int]:
    """The two seed attributes of a random op made now."""
    first, second = get_seed(seed)
    return {"seed": first or 0, "seed2": second or 0}


def _ranged(
    op: Any, true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int | None, name: str | None
) -> Candidates:
    return op(true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, range_max=range_max, name=name, **_seeds(seed))


@export("nn.uniform_candidate_sampler", "random.uniform_candidate_sampler")
def uniform_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int | None = None, name: str | None = None
) -> Candidates:
    """Draw classes from [0, range_max), all alike.

    Args:
      true_classes: [batch, num_true], int64.
      num_sampled: how many classes are drawn, for the whole batch.
      unique: whether they must differ.

    Returns:
      The drawn classes, and how often the true classes and the drawn ones are expected among them.

    >>> import autograd_lite as tf
    >>> tf.nn.uniform_candidate_sampler(tf.constant([[1]], tf.int64), 1, 4, True, 20, seed=1)[0].shape.as_list()
    [4]
    """
    return _ranged(raw.UniformCandidateSampler, true_classes, num_true, num_sampled, unique, range_max, seed, name)


@export("nn.log_uniform_candidate_sampler", "random.log_uniform_candidate_sampler")
def log_uniform_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int | None = None, name: str | None = None
) -> Candidates:
    """Draw classes from [0, range_max), the first ones most often (Zipf's law), for classes ordered from frequent to rare.

    >>> import autograd_lite as tf
    >>> tf.nn.log_uniform_candidate_sampler(tf.constant([[1]], tf.int64), 1, 4, True, 20, seed=1)[1].shape.as_list()
    [1, 1]
    """
    return _ranged(raw.LogUniformCandidateSampler, true_classes, num_true, num_sampled, unique, range_max, seed, name)


@export("nn.learned_unigram_candidate_sampler", "random.learned_unigram_candidate_sampler")
def learned_unigram_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int, seed: int | None = None, name: str | None = None
) -> Candidates:
    """Draw classes by how often they were true classes so far, in all runs of the session.

    >>> import autograd_lite as tf
    >>> tf.nn.learned_unigram_candidate_sampler(tf.constant([[1]], tf.int64), 1, 4, True, 20, seed=1)[2].shape.as_list()
    [4]
    """
    return _ranged(raw.LearnedUnigramCandidateSampler, true_classes, num_true, num_sampled, unique, range_max, seed, name)


@export("nn.fixed_unigram_candidate_sampler", "random.fixed_unigram_candidate_sampler")
def fixed_unigram_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int, vocab_file: str = "", distortion: float = 1.0,
    num_reserved_ids: int = 0, num_shards: int = 1, shard: int = 0, unigrams: Any = (), seed: int | None = None, name: str | None = None,
) -> Candidates:  # fmt: skip
    """Draw classes by given weights.

    Args:
      true_classes, num_true, num_sampled, unique, range_max: as for `tf.nn.uniform_candidate_sampler`.
      vocab_file: a file with one class per line, its weight after the last comma.
      distortion: the power to which the weights are raised.
      num_reserved_ids: how many classes with weight 0 stand in front.
      num_shards, shard: take only every num_shards-th class, from `shard` on.
      unigrams: the weights, when there is no `vocab_file`.

    >>> import autograd_lite as tf
    >>> classes = tf.constant([[1]], tf.int64)
    >>> tf.nn.fixed_unigram_candidate_sampler(classes, 1, 3, True, 4, unigrams=[1., 2., 3., 4.], seed=1)[0].shape.as_list()
    [3]
    """
    return raw.FixedUnigramCandidateSampler(
        true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        vocab_file=vocab_file,
        distortion=distortion,
        num_reserved_ids=num_reserved_ids,
        num_shards=num_shards,
        shard=shard,
        unigrams=[float(weight) for weight in unigrams],
        name=name,
        **_seeds(seed),
    )


@export("nn.all_candidate_sampler", "random.all_candidate_sampler")
def all_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, seed: int | None = None, name: str | None = None
) -> Candidates:
    """Every class once, in order: turns a sampled loss into the full one.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.nn.all_candidate_sampler(tf.constant([[1]], tf.int64), 1, 4, True)[0])
    array([0, 1, 2, 3])
    """
    return raw.AllCandidateSampler(true_classes, num_true=num_true, num_sampled=num_sampled, unique=unique, name=name, **_seeds(seed))


@export("nn.compute_accidental_hits")
def compute_accidental_hits(
    true_classes: Any, sampled_candidates: Any, num_true: int, seed: int | None = None, name: str | None = None
) -> Candidates:
    """Where drawn classes happen to be true classes.

    Returns:
      The rows of the batch, the places among the drawn classes, and weights (-3.4e38) that cancel a logit when they are added.

    >>> import autograd_lite as tf
    >>> true, drawn = tf.constant([[0, 1], [2, 3]], tf.int64), tf.constant([1, 3, 4], tf.int64)
    >>> tf.Session().run(tf.nn.compute_accidental_hits(true, drawn, 2)[:2])
    (array([0, 1], dtype=int32), array([0, 1]))
    """
    return raw.ComputeAccidentalHits(true_classes, sampled_candidates, num_true=num_true, name=name, **_seeds(seed))
