"""`tf.summary`: the names, tags and collections of summary nodes."""

import pytest

import autograd_lite as tf


def _tag(summary):
    return summary.op.inputs[0].op.attrs["value"].item()


def _names():
    return [op.name for op in tf.get_default_graph().get_operations()]


def test_a_family_comes_before_name_and_tag():
    with tf.name_scope("s"):
        summary = tf.summary.scalar("n", 1.0, family="f/g")
    assert summary.op.name == "s/f/g/n" and _tag(summary) == b"f/g/s/f/g/n"


def test_names_that_no_node_can_have_are_changed():
    assert tf.summary.scalar("a b", 1.0, family="f").op.name == "f/a_b"
    first, second = tf.summary.scalar("/x/:y", 1.0), tf.summary.scalar("/x/:y", 1.0)
    assert (first.op.name, second.op.name, _tag(second)) == ("x/_y", "x/_y_1", b"x/_y_1")


def test_summaries_are_listed_where_they_are_wanted():
    usual, other = tf.summary.histogram("h", [1.0]), tf.summary.scalar("n", 1.0, collections=["c"])
    assert tf.get_collection("summaries") == [usual] and tf.get_collection("c") == [other]
    merged = tf.summary.merge([other], collections=["q"])
    assert tf.get_collection("q") == [merged] and tf.get_collection("summaries") == [usual]


def test_merging_makes_one_node_in_a_scope_of_its_own():
    summary = tf.summary.scalar("a", 1.0)
    merges = [tf.summary.merge([summary], name="mm"), tf.summary.merge([summary]), tf.summary.merge_all(name="all")]
    assert [merged.op.name for merged in merges] == ["mm/mm", "Merge/MergeSummary", "all/all"]


def test_all_of_a_collection_or_a_scope_are_merged():
    with tf.name_scope("left"):
        left = tf.summary.scalar("a", 1.0)
    right = tf.summary.scalar("a", 1.0)
    assert list(tf.summary.merge_all().op.inputs) == [left, right]
    assert list(tf.summary.merge_all(scope="left/").op.inputs) == [left]
    assert tf.summary.merge_all("empty") is None


def test_pictures_and_sounds_have_their_nodes():
    tf.summary.image("i", tf.zeros([1, 2, 2, 1], name="z"), 2)
    tf.summary.audio("au", tf.zeros([1, 10], name="s"), 8000)
    assert _names() == ["z", "i/tag", "i", "s", "au/sample_rate", "au/tag", "au"]
    assert tf.get_default_graph().get_operation_by_name("i").get_attr("max_images") == 2


def test_text_is_a_tensor_for_the_plugin_of_that_name():
    summary = tf.summary.text("t", tf.constant(["hello"]))
    (value,) = tf.Summary.FromString(tf.Session().run(summary)).value
    assert (value.metadata.plugin_data.plugin_name, tf.make_ndarray(value.tensor).tolist()) == ("text", [b"hello"])
    with pytest.raises(ValueError, match="^Expected tensor n:0 to have dtype string, got <dtype: 'int32'>"):
        tf.summary.text("t", tf.constant(1, name="n"))


def test_the_metadata_of_a_tensor_are_its_own_copy():
    given = tf.SummaryMetadata(display_name="before")
    summary = tf.summary.tensor_summary("t", [1.0], "told", summary_metadata=given, family="fa", display_name="title")
    (value,) = tf.Summary.FromString(tf.Session().run(summary)).value
    assert (value.tag, value.metadata.display_name, value.metadata.summary_description) == ("fa/fa/t", "title", "told")
    assert given == tf.SummaryMetadata(display_name="before")


def test_calls_that_fail_leave_nothing_behind():
    with pytest.raises(TypeError, match="has DataType string not in list of allowed values: float32, float64"):
        tf.summary.scalar("x", "text")
    with pytest.raises(TypeError, match="name of a summary must be a string, got 3"):
        tf.summary.scalar(3, 1.0)
    with pytest.raises(ValueError, match="^List argument 'inputs' to 'MergeSummary' Op with length 0 shorter than minimum length 1."):
        tf.summary.merge([])
    with pytest.raises(ValueError, match="^Attr 'max_outputs' of 'AudioSummaryV2' Op passed 0 less than minimum 1."):
        tf.summary.audio("au", [[0.0]], 8000, 0)
    assert _names() == [] and tf.get_collection("summaries") == []


def test_there_is_nothing_to_initialize():
    with pytest.raises(RuntimeError, match="^No default tf.contrib.summary.SummaryWriter found"):
        tf.summary.initialize()
    assert tf.summary.all_v2_summary_ops() == []


def test_only_old_tensor_summaries_describe_themselves():
    with pytest.raises(ValueError, match="^Can't get_summary_description on Const"):
        tf.summary.get_summary_description(tf.constant(1).op.node_def)
