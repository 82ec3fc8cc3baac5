"""Iterators in checkpoints."""

import types

import pytest

import autograd_lite as tf
from autograd_lite.api.raw import raw

Dataset = tf.data.Dataset


def pipeline():
    return Dataset.range(7).shuffle(5, seed=3).repeat().map(lambda x: x * 10).batch(2).prefetch(2)


def test_an_iterator_goes_on_where_it_was_saved(tmp_path):
    iterator = pipeline().make_initializable_iterator()
    element = iterator.get_next()
    saver = tf.train.Saver([tf.data.experimental.make_saveable_from_iterator(iterator)])
    with tf.Session() as session:
        session.run(iterator.initializer)
        for _ in range(5):
            session.run(element)
        path = saver.save(session, str(tmp_path / "place"))
        expected = [session.run(element).tolist() for _ in range(9)]
        saver.restore(session, path)
        assert [session.run(element).tolist() for _ in range(9)] == expected
    with tf.Session() as session:
        with pytest.raises(tf.errors.FailedPreconditionError, match="has not been initialized"):
            saver.restore(session, path)
        session.run(iterator.initializer)
        saver.restore(session, path)
        assert [session.run(element).tolist() for _ in range(9)] == expected


def test_an_unseeded_order_is_found_again_in_the_same_session(tmp_path):
    iterator = Dataset.range(40).shuffle(40).make_one_shot_iterator()
    element = iterator.get_next()
    saver = tf.train.Saver([tf.data.experimental.make_saveable_from_iterator(iterator)])
    with tf.Session() as session:
        session.run(element)
        path = saver.save(session, str(tmp_path / "place"))
        expected = [session.run(element) for _ in range(39)]
        saver.restore(session, path)
        assert [session.run(element) for _ in range(39)] == expected


def test_a_place_behind_the_end_is_the_end():
    iterator = Dataset.range(2).make_one_shot_iterator()
    element, seek = iterator.get_next(), raw.SeekIterator(iterator._iterator_resource, 5)
    with tf.Session() as session:
        session.run(seek)
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(element)


def test_only_iterators_have_a_place():
    with pytest.raises(TypeError, match="An iterator is wanted"):
        tf.data.experimental.make_saveable_from_iterator(Dataset.range(2))


def trained(folder, steps):
    """The elements of some steps of training under the hook."""
    estimator = types.SimpleNamespace(
        model_dir=folder, config=types.SimpleNamespace(save_checkpoints_secs=None, save_checkpoints_steps=3)
    )
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        iterator = pipeline().make_initializable_iterator()
        tf.add_to_collection(tf.GraphKeys.TABLE_INITIALIZERS, iterator.initializer)
        element, count = iterator.get_next(), tf.assign_add(step, 1)
        hook = tf.data.experimental.CheckpointInputPipelineHook(estimator)
        with tf.train.MonitoredSession(hooks=[hook]) as session:
            return [session.run([element, count])[0].tolist() for _ in range(steps)]


def test_training_that_goes_on_reads_on(tmp_path):
    whole = trained(str(tmp_path / "whole"), 12)
    parts = trained(str(tmp_path / "parts"), 5) + trained(str(tmp_path / "parts"), 7)
    assert parts == whole


def test_a_graph_without_an_iterator_is_refused():
    estimator = types.SimpleNamespace(model_dir=".", config=types.SimpleNamespace(save_checkpoints_secs=1, save_checkpoints_steps=None))
    with tf.Graph().as_default():
        tf.train.get_or_create_global_step()
        with pytest.raises(ValueError, match="has no iterator"):
            tf.data.experimental.CheckpointInputPipelineHook(estimator).begin()
