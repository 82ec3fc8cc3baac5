"""Parsing Examples: values, errors and nodes as TensorFlow gives them."""

import numpy as np
import pytest

import autograd_lite as tf

FIXED, VARYING, SEQUENCE, SPARSE = tf.FixedLenFeature, tf.VarLenFeature, tf.FixedLenSequenceFeature, tf.SparseFeature


@pytest.fixture(autouse=True, params=["1.15", "2.21"])
def release(request):
    tf.set_release(request.param)
    with tf.Graph().as_default():
        yield request.param
    tf.set_release("1.15")


def example(**features):
    made = tf.train.Example()
    for key, values in features.items():
        feature = made.features.feature[key]
        if values is not None:
            kind = {bytes: feature.bytes_list, float: feature.float_list, int: feature.int64_list}[type(values[0])]
            kind.value.extend(values)
    return made.SerializeToString()


def _run(serialized, features, parse=tf.parse_example, **options):
    return tf.Session().run(parse(tf.placeholder_with_default(np.array(serialized, object), None), features, **options))


def _complaint(serialized, features, parse=tf.parse_example, **options):
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        _run(serialized, features, parse, **options)
    return str(caught.value).split("\n")[0]


def test_fixed_features_have_their_shape_and_defaults_fill_in():
    batch = [example(a=[1.0, 2.0], b=[b"x"]), example(b=[b"y"])]
    parsed = _run(batch, {"a": FIXED([2], tf.float32, [8.0, 9.0]), "b": FIXED([], tf.string)})
    assert parsed["a"].tolist() == [[1, 2], [8, 9]]
    assert parsed["b"].tolist() == [b"x", b"y"]


def test_features_of_any_length_become_sparse():
    parsed = _run([example(a=[1, 2]), example(), example(a=[3])], {"a": VARYING(tf.int64)})["a"]
    assert parsed.indices.tolist() == [[0, 0], [0, 1], [2, 0]]
    assert parsed.values.tolist() == [1, 2, 3]
    assert parsed.dense_shape.tolist() == [3, 2]


def test_sequences_are_filled_up_to_the_longest():
    batch = [example(a=[1, 2]), example(a=[4]), example()]
    assert _run(batch, {"a": SEQUENCE([], tf.int64, True, 9)})["a"].tolist() == [[1, 2], [4, 9], [9, 9]]
    batch = [example(a=[1, 2, 3, 4]), example(a=[4, 5])]
    assert _run(batch, {"a": SEQUENCE([2], tf.int64, True)})["a"].tolist() == [[[1, 2], [3, 4]], [[4, 5], [0, 0]]]


def test_sparse_features_put_positions_and_values_together():
    parsed = _run([example(i=[3, 0], j=[1, 1], v=[1.0, 2.0])], {"s": SPARSE(["i", "j"], "v", tf.float32, [6, 2])})["s"]
    assert parsed.indices.tolist() == [[0, 0, 1], [0, 3, 1]]
    assert parsed.values.tolist() == [2, 1]
    assert parsed.dense_shape.tolist() == [1, 6, 2]


def test_one_example_has_no_batch_axis():
    features = {"a": VARYING(tf.int64), "b": VARYING(tf.string), "c": SEQUENCE([], tf.float32, True), "d": FIXED([], tf.int64)}
    parsed = _run(example(a=[1, 2], c=[0.5], d=[7]), features, tf.parse_single_example)
    assert parsed["a"].indices.tolist() == [[0], [1]] and parsed["a"].dense_shape.tolist() == [2]
    assert parsed["b"].indices.shape == (0, 1)
    assert parsed["c"].tolist() == [0.5] and parsed["d"] == 7


def test_no_examples_give_empty_tensors():
    parsed = _run([], {"a": FIXED([2], tf.int64), "v": VARYING(tf.int64)})
    assert parsed["a"].shape == (0, 2)
    assert parsed["v"].dense_shape.tolist() == [0, 0]


@pytest.mark.parametrize(("serialized", "feature", "text"), [
    ([example()], FIXED([], tf.float32), "Name: <unknown>, Feature: a (data type: float) is required but could not be found."),
    ([example(a=None)], FIXED([], tf.int64), "Name: <unknown>, Feature: a (data type: int64) is required but could not be found."),
    ([example(a=[1.0]), example(a=[3])], FIXED([], tf.float32),
     "Name: <unknown>, Key: a, Index: 1.  Data types don't match. Data type: int64 but expected type: float"),
    ([example(a=[3])], VARYING(tf.float32),
     "Name: <unknown>, Key: a, Index: 0.  Data types don't match. Expected type: float, Actual type: int64"),
    ([example(a=[3.0, 4.0])], FIXED([], tf.float32),
     "Name: <unknown>, Key: a, Index: 0.  Number of float values != expected.  Values size: 2 but output shape: []"),
    ([example(a=[b"x", b"y"])], FIXED([], tf.string), "Name: <unknown>, Key: a, Index: 0.  Can't parse serialized Example."),
    ([example(a=[1, 2, 3])], SEQUENCE([2], tf.int64, True),
     "Name: <unknown>, Key: a, Index: 0.  Number of int64 values is not a multiple of stride length. "
     "Saw 3 values but output shape is: [?,2]"),
    ([b"\x0a\x05abc"], VARYING(tf.int64), "Could not parse example input, value: '\\n\\x05abc'"),
])  # fmt: skip
def test_what_is_wrong_with_one_of_a_batch_is_said(serialized, feature, text):
    assert _complaint(serialized, {"a": feature}) == text


@pytest.mark.parametrize(("serialized", "feature", "text"), [
    (example(), FIXED([], tf.float32), "Feature: a (data type: float) is required but could not be found."),
    (example(a=[3]), FIXED([], tf.float32), "Key: a.  Data types don't match. Data type: int64 but expected type: float"),
    (example(a=[1.0]), FIXED([2], tf.float32), "Key: a.  Can't parse serialized Example: Some float_list slice was not parsed."),
    (example(a=[1, 2, 3]), SEQUENCE([2], tf.int64, True),
     "Error while parsing feature with key a: number of elements should be divisible by 2, found 3 instead"),
])  # fmt: skip
def test_what_is_wrong_with_one_example_is_said(serialized, feature, text):
    assert _complaint(serialized, {"a": feature}, tf.parse_single_example) == text


def test_examples_may_have_names():
    text = "Name: n2, Feature: a (data type: float) is required but could not be found."
    assert _complaint([example(a=[1.0]), example()], {"a": FIXED([], tf.float32)}, example_names=["n1", "n2"]) == text


@pytest.mark.parametrize(("feature", "error", "text"), [
    (FIXED([], None), ValueError, "Missing type for feature a."),
    (FIXED(None, tf.float32), ValueError, "Missing shape for feature a."),
    (FIXED([None, 2], tf.float32), ValueError, "First dimension of shape for feature a unknown. Consider using FixedLenSequenceFeature."),
    (SEQUENCE([], tf.float32), ValueError, "Unsupported: FixedLenSequenceFeature requires allow_missing to be True."),
    (SPARSE("i", None, tf.float32, 3), ValueError, "Missing value_key for SparseFeature"),
    (VARYING(tf.int32), TypeError, "Value passed to parameter 'sparse_types' has DataType int32 not in list of allowed values"),
])  # fmt: skip
def test_incomplete_descriptions_are_refused_and_leave_nothing_behind(feature, error, text):
    serialized = tf.placeholder(tf.string, [None])
    with pytest.raises(error, match=text):
        tf.parse_example(serialized, {"a": feature})
    assert len(tf.get_default_graph().get_operations()) == 1


def test_each_release_has_its_nodes(release):
    serialized = tf.placeholder(tf.string, [], name="s")
    features = {"a": FIXED([1], tf.float32, [9.0]), "b": FIXED([], tf.int64)}
    tf.parse_single_example(serialized, features)
    tf.parse_example(tf.reshape(serialized, [1]), features)
    names = {op.name: op.type for op in tf.get_default_graph().get_operations()}
    if release == "1.15":
        assert names["ParseSingleExample/ParseSingleExample"] == "ParseSingleExample"
        assert names["ParseExample/ParseExample"] == "ParseExample"
        assert {"ParseSingleExample/key_a", "ParseSingleExample/Const", "ParseExample/ParseExample/dense_keys_0"} <= set(names)
    else:
        assert names["ParseSingleExample/ParseExample/ParseExampleV2"] == "ParseExampleV2"
        assert names["ParseExample/ParseExampleV2/dense_keys"] == "Const"


def test_ragged_features_can_be_read_by_the_raw_op():
    parsed = tf.raw_ops.ParseExampleV2(
        serialized=[example(a=[1, 2]), example(), example(a=[3])], names=[], sparse_keys=[], dense_keys=[], ragged_keys=["a"],
        dense_defaults=[], num_sparse=0, sparse_types=[], ragged_value_types=[tf.int64], ragged_split_types=[tf.int32], dense_shapes=[],
    )  # fmt: skip
    values, splits = tf.Session().run([parsed.ragged_values[0], parsed.ragged_row_splits[0]])
    assert values.tolist() == [1, 2, 3] and splits.tolist() == [0, 2, 2, 3] and splits.dtype == np.int32


def test_json_becomes_serialized_examples():
    text = '{"features": {"feature": {"a": {"int64List": {"value": [1, 2]}}}}}'
    parsed = tf.parse_example(tf.decode_json_example([text]), {"a": FIXED([2], tf.int64)})
    assert tf.Session().run(parsed)["a"].tolist() == [[1, 2]]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Error while parsing JSON"):
        tf.Session().run(tf.decode_json_example(['{"no": 3}']))
