"""Graphs with their variables, collections and savers in files, and back."""

import pytest

import autograd_lite as tf
from autograd_lite.wire import messages


def model():
    """A small trained model; gives the path of its checkpoint."""
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.get_variable("w", initializer=[[1.0], [2.0]])
    y = tf.matmul(x, w, name="y")
    tf.add_to_collection("outputs", y)
    tf.add_to_collection("rates", 0.5)
    tf.add_to_collection("sizes", 7)
    tf.add_to_collection("words", "abc")
    return w


@pytest.fixture
def path(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        w = model()
        tf.train.AdamOptimizer().minimize(tf.reduce_sum(w), global_step=tf.train.get_or_create_global_step())
        session.run(tf.global_variables_initializer())
        return tf.train.Saver().save(session, str(tmp_path / "m"))


def test_an_imported_graph_is_restored_and_used(path):
    with tf.Session() as session:
        tf.train.import_meta_graph(path + ".meta").restore(session, path)
        assert session.run(tf.get_collection("outputs")[0], {"x:0": [[1.0, 1.0]]}).tolist() == [[3.0]]
        w = tf.trainable_variables()[0]
        session.run(w.assign_add([[1.0], [1.0]]))
        assert session.run(w).tolist() == [[2.0], [3.0]]
    assert tf.get_collection("rates") == [0.5]
    assert tf.get_collection("sizes") == [7]
    assert tf.get_collection("words") == [b"abc"]
    assert tf.train.get_global_step().name == "global_step:0"


def test_a_variable_in_several_collections_is_one(path):
    tf.train.import_meta_graph(path + ".meta")
    assert tf.trainable_variables()[0] is tf.global_variables()[0]


def test_training_goes_on_after_import(path):
    with tf.Session() as session:
        saver = tf.train.import_meta_graph(path + ".meta")
        saver.restore(session, path)
        session.run("Adam")
        assert session.run(tf.train.get_global_step()) == 1
        assert saver.save(session, path + "-next") == path + "-next"


def test_a_scope_goes_before_all_names(path):
    with tf.Session() as session:
        first = tf.train.import_meta_graph(path + ".meta", import_scope="net")
        second = tf.train.import_meta_graph(path + ".meta", import_scope="net")
        assert [variable.op.name for variable in tf.trainable_variables()] == ["net/w", "net_1/w"]
        first.restore(session, path)
        second.restore(session, path)
        assert session.run("net_1/y:0", {"net_1/x:0": [[0.0, 1.0]]}).tolist() == [[2.0]]


def test_a_part_of_a_graph_is_exported_without_its_scope():
    with tf.Graph().as_default():
        with tf.variable_scope("net"):
            tf.get_variable("w", [2])
        tf.get_variable("other", [3])
        meta = tf.train.export_meta_graph(export_scope="net")
    assert {node.name.partition("/")[0] for node in meta.graph_def.node} == {"w"}
    assert tf.train.import_meta_graph(meta, import_scope="copy") is not None
    assert [variable.op.name for variable in tf.global_variables()] == ["copy/w"]


def test_devices_can_be_forgotten(tmp_path):
    with tf.Graph().as_default(), tf.device("/gpu:3"):
        model()
        tf.train.export_meta_graph(str(tmp_path / "g.meta"))
    tf.train.import_meta_graph(str(tmp_path / "g.meta"), clear_devices=True)
    assert {op.device for op in tf.get_default_graph().get_operations() if not op.name.startswith("save")} == {""}


def test_text_files_are_read_as_well(tmp_path):
    with tf.Graph().as_default():
        model()
        tf.train.export_meta_graph(str(tmp_path / "g.pbtxt"), as_text=True)
    assert tf.train.import_meta_graph(str(tmp_path / "g.pbtxt")) is not None
    assert (tmp_path / "g.pbtxt").read_text().startswith("meta_info_def")


def test_the_message_tells_ops_versions_and_collections():
    model()
    meta = tf.train.Saver().export_meta_graph(strip_default_attrs=True)
    assert [op.name for op in meta.meta_info_def.stripped_op_list.op] == sorted({node.op for node in meta.graph_def.node})
    assert meta.meta_info_def.tensorflow_version == tf.VERSION
    assert meta.meta_info_def.stripped_default_attrs
    (product,) = [node for node in meta.graph_def.node if node.name == "y"]
    assert "transpose_a" not in product.attr
    assert set(meta.collection_def) == {"variables", "trainable_variables", "outputs", "rates", "sizes", "words"}
    assert meta.saver_def.restore_op_name == "save/restore_all"


def test_what_cannot_be_written_is_left_out():
    tf.constant(0)
    tf.add_to_collection("objects", object())
    assert dict(tf.train.export_meta_graph().collection_def) == {}


@pytest.mark.parametrize("keyword", ["graph", "graph_def", "saver_def", "meta_info_def"])
def test_arguments_of_another_kind_are_refused(keyword):
    with pytest.raises(TypeError, match="must be of type"):
        tf.train.export_meta_graph(**{keyword: 3})


def test_a_graph_without_variables_has_no_saver(tmp_path):
    with tf.Graph().as_default():
        tf.constant(1, name="c")
        tf.train.export_meta_graph(str(tmp_path / "g.meta"))
    assert tf.train.import_meta_graph(str(tmp_path / "g.meta")) is None
    assert tf.get_default_graph().get_operation_by_name("c").type == "Const"


@pytest.mark.parametrize("content", [b"", b"\xff" * 20, b"hello"])
def test_a_file_of_another_kind_adds_nothing(content, tmp_path):
    (tmp_path / "g.meta").write_bytes(content)
    try:
        tf.train.import_meta_graph(str(tmp_path / "g.meta"))
    except OSError as error:
        assert str(tmp_path / "g.meta") in str(error)
    assert tf.get_default_graph().get_operations() == []


def test_a_graph_that_is_wrong_adds_nothing(path):
    meta = messages.MetaGraphDef.FromString(open(path + ".meta", "rb").read())
    meta.collection_def["outputs"].node_list.value.append("no_such_node:0")
    with pytest.raises(KeyError):
        tf.train.import_meta_graph(meta)
    assert tf.get_default_graph().get_operations() == []
    assert tf.get_default_graph().get_all_collection_keys() == []


def test_an_imported_saver_writes_only_where_it_is_told(path, tmp_path):
    meta = messages.MetaGraphDef.FromString(open(path + ".meta", "rb").read())
    for node in meta.graph_def.node:
        if node.name == "save/SaveV2":
            node.input[0] = "elsewhere"
    node = meta.graph_def.node.add(name="elsewhere", op="Const")
    node.attr["dtype"].type = tf.string.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(str(tmp_path / "stolen")))
    with tf.Session() as session:
        saver = tf.train.import_meta_graph(meta)
        saver.restore(session, path)
        with pytest.raises(tf.errors.PermissionDeniedError, match="would read or write files"):
            saver.save(session, str(tmp_path / "again"))
    assert not (tmp_path / "stolen.index").exists()
