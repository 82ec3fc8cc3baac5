"""SavedModels: written, read, and what is wrong with them told."""

import os

import pytest

import autograd_lite as tf
from autograd_lite.wire import messages


def export(folder, **arguments):
    """A model that multiplies by 3."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, name="x")
        y = tf.multiply(x, tf.Variable(3.0, name="v"), name="y")
        session.run(tf.global_variables_initializer())
        builder = tf.saved_model.Builder(str(folder))
        signatures = {"triple": tf.saved_model.predict_signature_def({"x": x}, {"y": y})}
        builder.add_meta_graph_and_variables(session, ["serve"], signatures, **arguments)
        return builder.save()


def test_a_simple_model_is_loaded_and_run(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        y = tf.matmul(x, tf.Variable([[1.0], [2.0]], name="v"), name="y")
        session.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(session, str(tmp_path / "m"), {"x": x}, {"y": y})
    assert sorted(os.listdir(tmp_path / "m")) == ["saved_model.pb", "variables"]
    assert sorted(os.listdir(tmp_path / "m/variables")) == ["variables.data-00000-of-00001", "variables.index"]
    with tf.Session() as session:
        signature = tf.saved_model.loader.load(session, ["serve"], str(tmp_path / "m")).signature_def["serving_default"]
        assert session.run(signature.outputs["y"].name, {signature.inputs["x"].name: [[1.0, 1.0]]}).tolist() == [[3.0]]
        assert tf.saved_model.is_valid_signature(signature)


@pytest.mark.parametrize("as_text", [False, True])
def test_text_and_binary_models_are_found(as_text, tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        session.run(tf.Variable(1.0).initializer)
        builder = tf.saved_model.builder.SavedModelBuilder(str(tmp_path / "m"))
        builder.add_meta_graph_and_variables(session, ["a", "b"])
        builder.add_meta_graph(["train"])
        builder.save(as_text)
    assert tf.saved_model.maybe_saved_model_directory(str(tmp_path / "m"))
    assert not tf.saved_model.maybe_saved_model_directory(str(tmp_path))
    with tf.Session() as session:
        tf.saved_model.load(session, ["b", "a"], str(tmp_path / "m"))
        assert session.run("Variable:0") == 1.0


def test_a_model_can_be_loaded_under_a_scope(tmp_path):
    export(tmp_path / "m")
    with tf.Session() as session:
        tf.saved_model.load(session, ["serve"], str(tmp_path / "m"), import_scope="net")
        assert session.run("net/y:0", {"net/x:0": 2.0}) == 6.0


def test_the_main_operation_runs_when_the_model_is_loaded(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(1.0, name="v")
        count = tf.Variable(0, name="count", collections=[tf.GraphKeys.LOCAL_VARIABLES])
        session.run(v.initializer)
        builder = tf.saved_model.Builder(str(tmp_path / "m"))
        builder.add_meta_graph_and_variables(session, ["serve"], main_op=tf.group(tf.assign(count, 5)))
        builder.save()
    with tf.Session() as session:
        tf.saved_model.load(session, ["serve"], str(tmp_path / "m"))
        assert session.run("count:0") == 5


def test_files_of_a_model_travel_with_it(tmp_path):
    (tmp_path / "words.txt").write_text("hello")
    with tf.Graph().as_default(), tf.Session() as session:
        file = tf.constant(str(tmp_path / "words.txt"), name="file")
        where = tf.Variable("", name="where", collections=[tf.GraphKeys.LOCAL_VARIABLES])
        session.run(tf.Variable(1.0).initializer)
        builder = tf.saved_model.Builder(str(tmp_path / "m"))
        builder.add_meta_graph_and_variables(session, ["serve"], assets_collection=[file], main_op=tf.group(tf.assign(where, file)))
        builder.save()
    assert (tmp_path / "m/assets/words.txt").read_text() == "hello"
    with tf.Session() as session:
        tf.saved_model.load(session, ["serve"], str(tmp_path / "m"))
        assert session.run("where:0") == os.fsencode(tmp_path / "m/assets/words.txt")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "", "..", "a\0b"])
def test_a_file_outside_of_the_model_is_refused(name, tmp_path):
    export(tmp_path / "m")
    model = messages.SavedModel.FromString((tmp_path / "m/saved_model.pb").read_bytes())
    asset = messages.AssetFileDef(filename=name)
    asset.tensor_info.name = "x:0"
    model.meta_graphs[0].collection_def["saved_model_assets"].any_list.value.add().Pack(asset)
    (tmp_path / "m/saved_model.pb").write_bytes(model.SerializeToString())
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="outside of its folder"):
        tf.saved_model.load(session, ["serve"], str(tmp_path / "m"))


def test_variables_are_written_once(tmp_path):
    with tf.Session() as session:
        session.run(tf.Variable(1.0).initializer)
        builder = tf.saved_model.Builder(str(tmp_path / "m"))
        with pytest.raises(AssertionError, match="Graph state including variables and assets has not been saved yet"):
            builder.add_meta_graph(["serve"])
        builder.add_meta_graph_and_variables(session, ["serve"])
        with pytest.raises(AssertionError, match="has already been saved"):
            builder.add_meta_graph_and_variables(session, ["serve"])


def test_what_does_not_fit_is_refused_and_adds_no_node(tmp_path):
    nameless = tf.saved_model.build_signature_def({"x": tf.TensorInfo()}, {}, "method")
    with tf.Session() as session:
        session.run(tf.Variable(1.0).initializer)
        builder = tf.saved_model.Builder(str(tmp_path / "m"))
        before = len(tf.get_default_graph().get_operations())
        for arguments, error in (
            ({"signature_def_map": {"s": nameless}}, AssertionError), ({"main_op": 3}, TypeError), ({"saver": 3}, TypeError),
            ({"assets_collection": [1]}, TypeError),
        ):  # fmt: skip
            with pytest.raises(error):
                builder.add_meta_graph_and_variables(session, ["serve"], **arguments)
        assert len(tf.get_default_graph().get_operations()) == before


def test_a_tensor_is_found_by_its_description():
    x = tf.placeholder(tf.float32, [3], name="x")
    sparse = tf.sparse_placeholder(tf.float32)
    assert tf.saved_model.get_tensor_from_tensor_info(tf.saved_model.build_tensor_info(x)) is x
    assert tf.saved_model.utils.get_tensor_from_tensor_info(tf.saved_model.build_tensor_info(sparse)).values is sparse.values
    with pytest.raises(ValueError, match=r"Invalid TensorInfo.encoding: None"):
        tf.saved_model.get_tensor_from_tensor_info(tf.TensorInfo())


def test_signatures_name_tensors_of_the_right_types():
    text, labels, numbers = (tf.placeholder(kind, [None]) for kind in (tf.string, tf.string, tf.float32))
    classes = tf.saved_model.classification_signature_def(text, labels, numbers)
    assert set(classes.outputs) == {"classes", "scores"}
    regression = tf.saved_model.regression_signature_def(text, numbers)
    assert all(map(tf.saved_model.is_valid_signature, (classes, regression)))
    regression.outputs["outputs"].dtype = tf.int32.as_datatype_enum
    assert not tf.saved_model.is_valid_signature(regression)
    for wrong in (
        lambda: tf.saved_model.classification_signature_def(None, labels, None),
        lambda: tf.saved_model.classification_signature_def(text, None, None),
        lambda: tf.saved_model.classification_signature_def(numbers, labels, None),
        lambda: tf.saved_model.classification_signature_def(text, numbers, None),
        lambda: tf.saved_model.classification_signature_def(text, None, labels),
        lambda: tf.saved_model.regression_signature_def(None, numbers),
        lambda: tf.saved_model.regression_signature_def(text, None),
        lambda: tf.saved_model.regression_signature_def(numbers, numbers),
        lambda: tf.saved_model.regression_signature_def(text, labels),
        lambda: tf.saved_model.predict_signature_def({}, {"y": numbers}),
        lambda: tf.saved_model.predict_signature_def({"x": numbers}, {}),
    ):
        with pytest.raises(ValueError, match="Classification|Regression|Prediction"):
            wrong()


def test_the_operation_that_initializes_everything_has_tensorflows_nodes():
    tf.Variable(1.0, name="v")
    before = len(tf.get_default_graph().get_operations())
    assert tf.saved_model.main_op.main_op().name == "group_deps"
    assert [op.name for op in tf.get_default_graph().get_operations()[before:]] == ["init", "init_1", "init_all_tables", "group_deps"]
    restore = tf.no_op()
    assert tf.saved_model.main_op_with_restore(restore).control_inputs[-1] is restore
