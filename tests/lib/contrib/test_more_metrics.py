"""Streaming metrics that only contrib has, against NumPy."""

import numpy as np
import pytest

import autograd_lite as tf

metrics = tf.contrib.metrics
RANDOM = np.random.RandomState(0)
X, Y, W = RANDOM.randn(3, 4).astype(np.float32), RANDOM.randn(3, 4).astype(np.float32), RANDOM.rand(3, 4).astype(np.float32)


def streamed(make, *batches):
    """The value after each batch, by the update and by the value itself."""
    with tf.Graph().as_default(), tf.Session() as session:
        places = [tf.placeholder(tf.as_dtype(array.dtype), array.shape[1:]) for array in batches]
        value, update = make(*places)
        session.run(tf.local_variables_initializer())
        found = []
        for rows in zip(*batches):
            updated = session.run(update, dict(zip(places, rows)))
            np.testing.assert_array_equal(updated, session.run(value))
            found.append(updated)
        return found


@pytest.mark.parametrize("weighted", [False, True])
def test_covariance_and_correlation(weighted):
    batches = (X + 100.0, Y, W) if weighted else (X + 100.0, Y)
    covariance = streamed(metrics.streaming_covariance, *batches)[-1]
    correlation = streamed(metrics.streaming_pearson_correlation, *batches)[-1]
    x, y, w = X.ravel().astype(float), Y.ravel().astype(float), W.ravel().astype(float) if weighted else np.ones(12)
    x, y = x - np.average(x, weights=w), y - np.average(y, weights=w)
    np.testing.assert_allclose(covariance, (w * x * y).sum() / (w.sum() - 1), rtol=1e-4)
    np.testing.assert_allclose(correlation, (w * x * y).sum() / np.sqrt((w * x * x).sum() * (w * y * y).sum()), rtol=1e-4)


def test_a_covariance_of_one_is_not_known():
    assert np.isnan(streamed(metrics.streaming_covariance, X[:1, :1], Y[:1, :1])[0])


def test_everything_is_kept_or_as_much_as_wanted():
    assert streamed(metrics.streaming_concat, X)[-1].tolist() == X.ravel().tolist()
    kept = streamed(lambda values: metrics.streaming_concat(values, axis=1, max_size=5), X.reshape(3, 2, 2))[-1]
    np.testing.assert_array_equal(kept, np.concatenate(X.reshape(3, 2, 2), axis=1)[:, :5])
    with pytest.raises(ValueError, match="must have known statically known rank"):
        metrics.streaming_concat(tf.placeholder(tf.float32))
    with pytest.raises(ValueError, match=r"axis = 2 not in \[-1, 1\)"):
        metrics.streaming_concat([1.0], axis=2)


def test_counts_and_rates():
    assert streamed(metrics.count, X) == [4.0, 8.0, 12.0]
    np.testing.assert_allclose(streamed(metrics.count, X, W)[-1], W.sum(), rtol=1e-6)
    guesses, truth = X > 0, Y > 0
    np.testing.assert_allclose(
        streamed(metrics.streaming_false_positive_rate, guesses, truth)[-1], (guesses & ~truth).sum() / (~truth).sum(), rtol=1e-6
    )
    np.testing.assert_allclose(
        streamed(metrics.streaming_false_negative_rate, guesses, truth)[-1], (~guesses & truth).sum() / truth.sum(), rtol=1e-6
    )


def test_guesses_by_number_give_what_the_best_scores_give():
    scores = RANDOM.rand(2, 3, 6).astype(np.float32)
    labels = RANDOM.randint(0, 6, (2, 3, 2))
    best = np.argsort(-scores, -1, kind="stable")[..., :3]
    for of_best, of_scores in (
        (metrics.streaming_sparse_precision_at_top_k, metrics.streaming_sparse_precision_at_k),
        (metrics.streaming_sparse_average_precision_at_top_k, metrics.streaming_sparse_average_precision_at_k),
    ):
        assert streamed(of_best, best, labels) == streamed(lambda s, y, of_scores=of_scores: of_scores(s, y, 3), scores, labels)


@pytest.mark.parametrize("weighted", [False, True])
def test_agreement_beyond_chance(weighted):
    labels, guesses = RANDOM.randint(0, 3, (2, 20)), RANDOM.randint(0, 3, (2, 20))
    w = RANDOM.rand(2, 20).astype(np.float32) if weighted else np.ones((2, 20), np.float32)
    found = streamed(lambda y, x, *more: metrics.cohen_kappa(y, x, 3, *more), labels, guesses, *([w] if weighted else []))
    table = np.zeros((3, 3))
    np.add.at(table, (labels.ravel(), guesses.ravel()), w.ravel())
    agreed, expected = np.trace(table) / table.sum(), (table.sum(0) * table.sum(1)).sum() / table.sum() ** 2
    np.testing.assert_allclose(found[-1], (agreed - expected) / (1 - expected), rtol=1e-4)


def test_sets_and_the_table_of_confusions_are_here_too():
    assert metrics.set_size is tf.sets.size and metrics.set_union is tf.sets.union
    assert metrics.set_intersection is tf.sets.intersection and metrics.set_difference is tf.sets.difference
    assert metrics.confusion_matrix is tf.confusion_matrix
