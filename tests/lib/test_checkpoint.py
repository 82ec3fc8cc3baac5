"""`tf.train.Checkpoint` and its manager: what TensorFlow wrote is read, what is written equals it."""

import os

import pytest

import autograd_lite as tf
from autograd_lite.lib.object_names import read_object_graph

RECORDED = os.path.join(os.path.dirname(__file__), os.pardir, "golden", "data", "checkpoints", "object_based", "ck-1")


def read(path):
    with open(path, "rb") as file:
        return file.read()


@pytest.fixture
def session():
    with tf.Session() as opened:
        yield opened


def trained():
    """A checkpoint of a variable with an Adam optimizer."""
    w = tf.get_variable("ww", [2], use_resource=True, initializer=tf.ones_initializer())
    optimizer = tf.train.AdamOptimizer()
    step = optimizer.minimize(tf.reduce_sum(w * w))
    return w, step, tf.train.Checkpoint(model=tf.train.Checkpoint(w=w, l=[w]), opt=optimizer)


def test_a_checkpoint_of_tensorflow_is_restored(session):
    a = tf.Variable([0.0, 0.0], use_resource=True)
    tf.train.Checkpoint(a=a).restore(RECORDED).assert_consumed().run_restore_ops(session)
    assert session.run(a).tolist() == [1.0, 2.0]


def test_the_files_are_those_of_tensorflow_byte_for_byte(session, tmp_path):
    a = tf.Variable([1.0, 2.0], use_resource=True)
    session.run(a.initializer)
    assert tf.train.Checkpoint(a=a).save(str(tmp_path / "ck")) == str(tmp_path / "ck-1")
    for ending in ("-1.index", "-1.data-00000-of-00001"):
        assert read(tmp_path / f"ck{ending}") == read(RECORDED[: -len("-1")] + ending)
    assert read(tmp_path / "checkpoint") == b'model_checkpoint_path: "ck-1"\nall_model_checkpoint_paths: "ck-1"\n'


def test_objects_and_the_variables_of_optimizers_have_tensorflows_keys(session, tmp_path):
    _, step, checkpoint = trained()
    session.run(tf.global_variables_initializer())
    session.run(step)
    path = checkpoint.save(str(tmp_path / "m"))
    ending = "/.ATTRIBUTES/VARIABLE_VALUE"
    slot = "model/w/.OPTIMIZER_SLOT/opt/"
    assert [name for name, _ in tf.train.list_variables(path)] == ["_CHECKPOINTABLE_OBJECT_GRAPH"] + [
        name + ending for name in ("model/w", slot + "m", slot + "v", "opt/beta1_power", "opt/beta2_power", "save_counter")
    ]
    children = [[(child.local_name, child.node_id) for child in node.children] for node in read_object_graph(path).nodes]
    assert children[:3] == [[("model", 1), ("opt", 2), ("save_counter", 3)], [("l", 4), ("w", 5)], [("beta1_power", 6), ("beta2_power", 7)]]


def test_training_goes_on_where_it_stood(session, tmp_path):
    w, step, checkpoint = trained()
    session.run(tf.global_variables_initializer())
    session.run(step)
    path = checkpoint.save(str(tmp_path / "m"))
    session.run(step)
    wanted = session.run(w).tolist()
    nodes = len(tf.get_default_graph().get_operations())
    checkpoint.restore(path).assert_consumed().run_restore_ops()
    session.run(step)
    assert session.run(w).tolist() == wanted
    assert len(tf.get_default_graph().get_operations()) == nodes


def test_what_the_checkpoint_does_not_have_is_initialized(session, tmp_path):
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    session.run(a.initializer)
    path = tf.train.Checkpoint(a=a).save(str(tmp_path / "m"))
    session.run(a.assign(0.0))
    status = tf.train.Checkpoint(a=a, b=b).restore(path)
    with pytest.raises(AssertionError, match="Found 1 Python objects that were not bound to checkpointed values"):
        status.assert_existing_objects_matched()
    status.expect_partial().initialize_or_restore(session)
    assert session.run([a, b]) == [1.0, 2.0]


def test_what_the_objects_do_not_have_is_told(session, tmp_path):
    a, b = tf.Variable(1.0), tf.Variable(2.0)
    session.run(tf.global_variables_initializer())
    path = tf.train.Checkpoint(a=a, b=b).save(str(tmp_path / "m"))
    with pytest.raises(AssertionError, match=r"Unresolved object in checkpoint \(root\).b"):
        tf.train.Checkpoint(a=a).restore(path).assert_consumed()
    with pytest.raises(AssertionError, match="Nothing to load"):
        tf.train.Checkpoint(c=[a]).restore(path).assert_nontrivial_match()


def test_wrong_shapes_and_missing_files_are_refused(session, tmp_path):
    a = tf.Variable([1.0, 2.0])
    session.run(a.initializer)
    path = tf.train.Checkpoint(a=a).save(str(tmp_path / "m"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="in the checkpoint is float32 of shape"):
        tf.train.Checkpoint(a=tf.Variable([1.0])).restore(path).run_restore_ops()
    with pytest.raises(tf.errors.NotFoundError, match="Failed to find any matching files"):
        tf.train.Checkpoint(a=a).restore(str(tmp_path / "none"))
    with pytest.raises(AssertionError, match="No checkpoint specified"):
        tf.train.Checkpoint(a=a).restore(None).assert_consumed()
    with pytest.raises(ValueError, match="was expecting a trackable object"):
        tf.train.Checkpoint(a=3)


def test_each_kind_reads_the_checkpoints_of_the_other(session, tmp_path):
    a = tf.Variable(1.0, name="a")
    session.run(a.initializer)
    by_name = tf.train.Saver().save(session, str(tmp_path / "named"))
    by_object = tf.train.Checkpoint(x=a).save(str(tmp_path / "object"))
    saver = tf.train.Saver([a])
    for restore in (lambda: tf.train.Checkpoint(x=a).restore(by_name).assert_consumed().run_restore_ops(),
                    lambda: saver.restore(session, by_object)):  # fmt: skip
        session.run(a.assign(0.0))
        restore()
        assert session.run(a) == 1.0


def test_a_manager_keeps_the_newest(session, tmp_path):
    a = tf.Variable(1.0)
    session.run(a.initializer)
    checkpoint = tf.train.Checkpoint(a=a)
    manager = tf.train.CheckpointManager(checkpoint, str(tmp_path / "d"), max_to_keep=2)
    assert manager.latest_checkpoint is None
    for _ in range(3):
        manager.save()
    assert sorted(os.listdir(tmp_path / "d")) == [
        "checkpoint", "ckpt-2.data-00000-of-00001", "ckpt-2.index", "ckpt-3.data-00000-of-00001", "ckpt-3.index",
    ]  # fmt: skip
    again = tf.train.CheckpointManager(checkpoint, str(tmp_path / "d"), max_to_keep=2)
    assert again.checkpoints == manager.checkpoints
    assert again.save(checkpoint_number=9).endswith("ckpt-9")
    assert tf.train.latest_checkpoint(str(tmp_path / "d")).endswith("ckpt-9")
    with pytest.raises(ValueError, match="Expected a positive integer or `None`"):
        tf.train.CheckpointManager(checkpoint, str(tmp_path), max_to_keep=0)
