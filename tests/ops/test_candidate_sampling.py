"""Candidate samplers: TensorFlow's classes for the same seeds, and expected counts."""

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.graph.table import TABLE

CLASSES = np.array([[1], [7]], np.int64)
SEEDS = {"seed": 87654321, "seed2": 3}
RANGED = {"num_true": 1, "num_sampled": 5, "range_max": 9}
FIXED = {"unigrams": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], "num_reserved_ids": 2, "distortion": 0.75}
RECORDED = {  # three runs of TensorFlow
    "UniformCandidateSampler": ({"unique": True}, [[6, 4, 0, 8, 3], [3, 4, 5, 0, 8], [3, 6, 4, 8, 7]]),
    "LogUniformCandidateSampler": ({"unique": True}, [[0, 5, 3, 1, 4], [3, 0, 2, 4, 1], [3, 2, 4, 0, 7]]),
    "LearnedUnigramCandidateSampler": ({"unique": False}, [[2, 1, 1, 8, 2], [1, 6, 1, 1, 7], [4, 0, 7, 4, 0]]),
    "FixedUnigramCandidateSampler": ({"unique": True, **FIXED}, [[8, 7, 5, 4, 2], [7, 8, 4, 3, 6], [8, 6, 4, 7, 3]]),
}


def node(name, classes=CLASSES, **attrs):
    return TABLE[name](classes, **{**RANGED, **SEEDS, **attrs})


@pytest.mark.parametrize("name", RECORDED)
def test_classes_are_those_of_tensorflow_run_after_run(name):
    attrs, runs = RECORDED[name]
    drawn = node(name, **attrs).sampled_candidates
    with tf.Session() as session:
        assert [session.run(drawn).tolist() for _ in runs] == runs


@pytest.mark.parametrize("name", RECORDED)
def test_unique_classes_differ_and_sampling_all_of_them_expects_each_about_once(name):
    attrs = {**RECORDED[name][0], "unique": True, "num_sampled": 7}
    with tf.Session() as session:
        drawn, _, expected = session.run(list(node(name, **attrs)))
    assert len(set(drawn.tolist())) == 7
    assert (expected > 0).all()
    assert (expected <= 1).all()


def test_a_repeated_class_is_expected_by_its_probability():
    with tf.Session() as session:
        drawn, true, expected = session.run(list(node("LogUniformCandidateSampler", unique=False, num_sampled=50)))
    probability = np.log((drawn + 2) / (drawn + 1)) / np.log(10)
    np.testing.assert_allclose(expected, 50 * probability, rtol=1e-5)
    np.testing.assert_allclose(true[:, 0], 50 * np.log((CLASSES[:, 0] + 2) / (CLASSES[:, 0] + 1)) / np.log(10), rtol=1e-5)


def test_learned_sampler_prefers_what_it_has_seen():
    classes = np.full((400, 1), 4, np.int64)
    drawn = node("LearnedUnigramCandidateSampler", classes, unique=False, num_sampled=100).sampled_candidates
    with tf.Session() as session:
        session.run(drawn)
        assert (session.run(drawn) == 4).mean() > 0.9


def test_all_classes_are_counted_once():
    with tf.Session() as session:
        drawn, true, expected = session.run(list(TABLE["AllCandidateSampler"](CLASSES, num_true=1, num_sampled=9, unique=True)))
    assert drawn.tolist() == list(range(9))
    assert true.tolist() == [[1.0], [1.0]]
    assert (expected == 1).all()


def test_weights_come_from_the_last_field_of_each_line(tmp_path):
    path = tmp_path / "vocabulary.csv"
    path.write_text("a,1\nb,2\n\nc,3\n")
    common = {"unique": False, "range_max": 3, "num_sampled": 8}
    classes = np.array([[0], [1]], np.int64)
    with tf.Session() as session:
        from_file = node("FixedUnigramCandidateSampler", classes, vocab_file=str(path), **common)
        given = node("FixedUnigramCandidateSampler", classes, unigrams=[1.0, 2.0, 3.0], **common)
        for a, b in zip(session.run(list(from_file)), session.run(list(given)), strict=True):
            np.testing.assert_array_equal(a, b)


def test_an_imported_graph_may_not_read_a_vocabulary(tmp_path):
    (tmp_path / "vocabulary.csv").write_text("a,1\n")
    with tf.Graph().as_default() as graph:
        node("FixedUnigramCandidateSampler", unique=False, range_max=1, vocab_file=str(tmp_path / "vocabulary.csv"))
    with tf.Graph().as_default():
        drawn = tf.import_graph_def(graph.as_graph_def(), return_elements=["FixedUnigramCandidateSampler:0"], name="")[0]
        with tf.Session() as session, pytest.raises(tf.errors.PermissionDeniedError):
            session.run(drawn)


@pytest.mark.parametrize(
    ("classes", "attrs", "message"),
    [
        (CLASSES, {"num_sampled": 10}, "Sampler's range is too small"),
        (CLASSES + 2, {}, r"`true_candidate` out of range \[0, 9\), received 9"),
    ],
)
def test_ranges_that_do_not_fit_are_refused(classes, attrs, message):
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(node("UniformCandidateSampler", classes, unique=True, **attrs)[0])


def test_weights_that_leave_too_few_classes_end_in_an_error():
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="range is too small"):
        session.run(node("FixedUnigramCandidateSampler", unique=True, unigrams=[1.0] + [0.0] * 8)[0])


def test_accidental_hits_name_rows_and_places():
    true, drawn = np.array([[0, 1], [2, 3], [5, 5]], np.int64), np.array([1, 3, 4, 3], np.int64)
    with tf.Session() as session:
        rows, places, weights = session.run(list(TABLE["ComputeAccidentalHits"](true, drawn, num_true=2)))
    assert (rows.tolist(), places.tolist()) == ([0, 1], [0, 3])
    assert (weights == np.finfo(np.float32).min).all()
