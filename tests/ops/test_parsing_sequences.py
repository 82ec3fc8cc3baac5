"""Parsing SequenceExamples: values and errors as TensorFlow gives them."""

import numpy as np
import pytest

import autograd_lite as tf

FIXED, VARYING, SEQUENCE = tf.FixedLenFeature, tf.VarLenFeature, tf.FixedLenSequenceFeature
CONTEXT = {"n": FIXED([], tf.int64), "m": VARYING(tf.string)}


@pytest.fixture(autouse=True, params=["1.15", "2.21"])
def release(request):
    tf.set_release(request.param)
    with tf.Graph().as_default():
        yield request.param
    tf.set_release("1.15")


def _fill(feature, values):
    kind = feature.float_list if values and isinstance(values[0], float) else feature.int64_list
    kind.value.extend(values)


def sequence(context=None, **lists):
    made = tf.train.SequenceExample()
    for key, values in (context or {}).items():
        _fill(made.context.feature[key], values)
    for key, steps in lists.items():
        for values in steps:
            _fill(made.feature_lists.feature_list[key].feature.add(), values)
    return made.SerializeToString(deterministic=True)


def _run(parse, serialized, *features):
    return tf.Session().run(parse(tf.placeholder_with_default(np.array(serialized, object), np.shape(serialized)), *features))


WHOLE = sequence({"n": [2]}, t=[[1, 2], [3]], u=[[1.0], [2.0]])


def test_one_sequence_gives_context_and_steps():
    lists = {"t": VARYING(tf.int64), "u": SEQUENCE([], tf.float32), "w": SEQUENCE([], tf.float32, allow_missing=True)}
    context, steps = _run(tf.parse_single_sequence_example, WHOLE, CONTEXT, lists)
    assert context["n"] == 2 and context["m"].dense_shape.tolist() == [0]
    assert steps["t"].indices.tolist() == [[0, 0], [0, 1], [1, 0]]
    assert steps["t"].values.tolist() == [1, 2, 3] and steps["t"].dense_shape.tolist() == [2, 2]
    assert steps["u"].tolist() == [1, 2] and steps["w"].tolist() == []


def test_a_batch_is_filled_up_and_tells_its_lengths():
    batch = [WHOLE, sequence({"n": [5]}, t=[[7]], u=[[9.0]])]
    lists = {"t": VARYING(tf.int64), "u": SEQUENCE([], tf.float32)}
    context, steps, lengths = _run(tf.io.parse_sequence_example, batch, CONTEXT, lists)
    assert context["n"].tolist() == [2, 5] and context["m"].dense_shape.tolist() == [2, 0]
    assert steps["t"].indices.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert steps["t"].dense_shape.tolist() == [2, 2, 2]
    assert steps["u"].tolist() == [[1, 2], [9, 0]] and lengths["u"].tolist() == [2, 1]


def test_missing_context_takes_its_default():
    context, _ = _run(tf.parse_single_sequence_example, sequence({"n": [2]}), {"n": FIXED([], tf.int64), "d": FIXED([], tf.int64, 5)})
    assert context == {"n": 2, "d": 5}


@pytest.mark.parametrize(("serialized", "context", "lists", "text"), [
    (WHOLE, {}, {"x": SEQUENCE([], tf.float32)}, "Name: <unknown>, Feature list 'x' is required but could not be found."),
    (WHOLE, {"n": FIXED([], tf.float32)}, {}, "Name: <unknown>, Context feature: n.  Data types don't match. Expected type: float"),
    (WHOLE, {}, {"t": VARYING(tf.float32)}, "Name: <unknown>, Feature list: t, Index: 0.  Data types don't match. Expected type: float"),
    (b"\x0a\x05abc", {}, {"t": VARYING(tf.int64)}, "Invalid protocol message input, example id: <unknown>"),
], ids=["missing_list", "wrong_context", "wrong_step", "no_message"])  # fmt: skip
def test_what_is_wrong_is_said(serialized, context, lists, text):
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        _run(tf.parse_single_sequence_example, serialized, context, lists)
    assert str(caught.value).startswith(text)


def test_steps_of_another_size_and_missing_context_are_told_in_the_words_of_the_release(release):
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        _run(tf.parse_single_sequence_example, WHOLE, {}, {"t": SEQUENCE([2], tf.int64)})
    old, new = "Key: t, Index: 1.  Number of int64 values != expected.", "Feature list 't' has an unexpected number of values."
    assert (old if release == "1.15" else new) in str(caught.value)
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        _run(tf.parse_single_sequence_example, sequence(), CONTEXT, {})
    old, new = "Context feature 'n' is required but could not be found.", "Inconsistent max number of elements for feature n: expected 1"
    assert (old if release == "1.15" else new) in str(caught.value)


def test_nothing_to_parse_is_refused():
    with pytest.raises(ValueError, match="Missing features|Both context_features and sequence_features are None"):
        tf.parse_single_sequence_example(b"")


def test_ragged_lists_can_be_read_by_the_raw_op():
    parsed = tf.raw_ops.ParseSequenceExampleV2(
        serialized=[WHOLE, sequence(t=[[7]])], debug_name=[], context_sparse_keys=[], context_dense_keys=[], context_ragged_keys=["n"],
        feature_list_sparse_keys=[], feature_list_dense_keys=[], feature_list_ragged_keys=["t"],
        feature_list_dense_missing_assumed_empty=np.zeros(0, bool), context_dense_defaults=[], context_ragged_value_types=[tf.int64],
        context_ragged_split_types=[tf.int64], feature_list_ragged_value_types=[tf.int64], feature_list_ragged_split_types=[tf.int64],
    )  # fmt: skip
    fetched = tf.Session().run([
        parsed.context_ragged_row_splits[0], parsed.feature_list_ragged_values[0], parsed.feature_list_ragged_outer_splits[0],
        parsed.feature_list_ragged_inner_splits[0],
    ])  # fmt: skip
    assert [part.tolist() for part in fetched] == [[0, 1, 1], [1, 2, 3, 7], [0, 2, 3], [0, 2, 3, 4]]
