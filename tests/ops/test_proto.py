"""Protobuf messages as tensors of their fields; the values are TensorFlow's."""

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


WORDS = [tf.train.FloatList(value=values).SerializeToString() for values in ([1.0, 2.0], [3.0], [])]


def decoded(session, *arguments, **more):
    return session.run(list(tf.io.decode_proto(*arguments, **more)))


def test_repeated_fields_are_filled_up(session):
    sizes, (values,) = decoded(session, WORDS, "tensorflow.FloatList", ["value"], [tf.float32])
    assert sizes.tolist() == [[2], [1], [0]]
    assert values.tolist() == [[1.0, 2.0], [3.0, 0.0], [0.0, 0.0]]
    found = tf.io.decode_proto(tf.constant([WORDS[:2]]), "tensorflow.FloatList", ["value"], [tf.float32])
    assert found.sizes.shape.as_list() == [1, 2, 1] and found.values[0].shape.as_list() == [1, 2, None]
    assert session.run(found.values[0]).tolist() == [[[1.0, 2.0], [3.0, 0.0]]]


def test_texts_messages_and_maps_are_strings(session):
    node = tf.NodeDef(name="a", input=["x", "y"])
    node.attr["k"].i = 3
    sizes, (name, inputs, attr) = decoded(
        session, [node.SerializeToString(), b""], "tensorflow.NodeDef", ["name", "input", "attr"], [tf.string] * 3
    )
    assert sizes.tolist() == [[1, 2, 1], [0, 0, 0]]
    assert name.tolist() == [[b"a"], [b""]]
    assert inputs.tolist() == [[b"x", b"y"], [b"", b""]]
    assert attr[0, 0] == b"\x0a\x01k\x12\x02\x18\x03"


def test_messages_may_be_text(session):
    sizes, _ = decoded(session, [b"value: [1, 2]"], "tensorflow.FloatList", ["value"], [tf.float32], message_format="text")
    assert sizes.tolist() == [[2]]


def test_messages_are_put_together_from_fields(session):
    words = tf.io.encode_proto([[2], [1]], [tf.constant([[1.0, 2.0], [3.0, 0.0]])], ["value"], "tensorflow.FloatList")
    assert session.run(words).tolist() == WORDS[:2]
    node = tf.io.encode_proto([[1, 2]], [tf.constant([[b"nm"]]), tf.constant([[b"x", b"y"]])], ["name", "input"], "tensorflow.NodeDef")
    assert session.run(node).tolist() == [b"\x0a\x02nm\x1a\x01x\x1a\x01y"]
    twice = tf.io.encode_proto([[2]], [tf.constant([[b"nm", b"q"]])], ["name"], "tensorflow.NodeDef")
    assert session.run(twice).tolist() == [b"\x0a\x02nm\x0a\x01q"]


def descriptors():
    from_pool = pytest.importorskip("google.protobuf.descriptor_pb2")
    files = from_pool.FileDescriptorSet()
    file = files.file.add(name="mine.proto", package="mine", syntax="proto2")
    message = file.message_type.add(name="Point")
    message.field.add(name="x", number=1, type=5, label=1, default_value="7")
    message.field.add(name="far", number=2, type=4, label=3)
    message.field.add(name="inner", number=3, type=11, label=1, type_name=".mine.Point")
    return files.SerializeToString()


def test_a_program_may_bring_its_own_messages(session, tmp_path):
    file = tmp_path / "mine.bin"
    file.write_bytes(descriptors())
    made = tf.io.encode_proto(
        [[1, 2, 1]], [tf.constant([[5]]), tf.constant([[1, -1]], tf.int64), tf.constant([[b"\x08\x02"]])], ["x", "far", "inner"],
        "mine.Point", descriptor_source=str(file),
    )  # fmt: skip
    word = session.run(made)
    sizes, (x, far, inner) = decoded(
        session, np.array([word[0], b""], object), "mine.Point", ["x", "far", "inner"], [tf.int32, tf.int64, tf.string],
        descriptor_source=str(file),
    )  # fmt: skip
    assert sizes.tolist() == [[1, 2, 1], [0, 0, 0]]
    assert x.tolist() == [[5], [7]]
    assert far.tolist() == [[1, -1], [0, 0]]
    assert inner.tolist() == [[b"\x08\x02"], [b""]]
    by_value = descriptors()
    assert decoded(session, word, "mine.Point", ["x"], [tf.int32], descriptor_source=b"bytes://" + by_value)[1][0].tolist() == [[5]]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("tensorflow.FloatList", ["nope"], [tf.float32]), "Unknown field: nope in message type tensorflow.FloatList"),
        (("tensorflow.Nope", ["value"], [tf.float32]), "No descriptor found for message type tensorflow.Nope"),
        (("tensorflow.FloatList", ["value"], [tf.int32]), "Incompatible type for field value.  Saw dtype: int32 but field type is: float"),
        (("tensorflow.FloatList", ["value"], [tf.float32], "/nowhere"), "Source does not represent serialized file descriptor set proto"),
    ],
)
def test_what_does_not_fit_is_an_error_of_the_run(session, arguments, text):
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        decoded(session, WORDS, *arguments)


def test_bytes_that_are_no_message_and_wrong_sizes_are_errors(session):
    with pytest.raises(tf.errors.DataLossError, match="Failed to consume entire buffer"):
        decoded(session, [b"\xff"], "tensorflow.FloatList", ["value"], [tf.float32])
    values = [tf.constant([[1.0, 2.0]])]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Size to write must not be larger than value tensor; but saw: 3 > 2"):
        session.run(tf.io.encode_proto([[3]], values, ["value"], "tensorflow.FloatList"))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Saw: \[2,1\] but expected: \[1,1\]"):
        session.run(tf.io.encode_proto([[1], [1]], values, ["value"], "tensorflow.FloatList"))


def test_an_imported_node_does_not_read_a_file_of_descriptors_unless_allowed(session, tmp_path):
    with tf.Graph().as_default() as graph:
        tf.io.decode_proto(["x"], "mine.Point", ["x"], [tf.int32], descriptor_source=str(tmp_path / "mine.bin"), name="d")
    (sizes,) = tf.import_graph_def(graph.as_graph_def(), return_elements=["d:0"], name="")
    with pytest.raises(Exception, match="allow_io"):
        session.run(sizes)
