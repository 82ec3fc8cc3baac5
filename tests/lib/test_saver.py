"""`tf.train.Saver`: what it builds, saves, keeps, restores and refuses."""

import errno
import os
import time

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.core import safe_write
from autograd_lite.lib.saveables import SaveableObject, SaveSpec


def saved(folder, build, **arguments):
    """The path of a checkpoint of a graph of its own."""
    with tf.Graph().as_default(), tf.Session() as session:
        build()
        session.run(tf.global_variables_initializer())
        return tf.train.Saver().save(session, str(folder / "model"), **arguments)


def two_variables():
    tf.Variable([1.0, 2.0], name="a")
    tf.Variable(3, name="b")


def nodes(prefix="save"):
    return [[op.name, op.type, *(tensor.name for tensor in op.inputs)] for op in tf.get_default_graph().get_operations()
            if op.name.startswith(prefix) and op.type != "Const"]  # fmt: skip


@pytest.fixture
def session():
    with tf.Session() as opened:
        yield opened


def test_restored_variables_need_no_initializer(tmp_path, session):
    path = saved(tmp_path, two_variables)
    two_variables()
    tf.train.Saver().restore(session, path)
    assert session.run("a:0").tolist() == [1.0, 2.0]
    assert session.run("b:0") == 3


def test_the_files_and_the_state_file_are_those_of_tensorflow(tmp_path):
    path = saved(tmp_path, two_variables, global_step=7)
    assert path == str(tmp_path / "model-7")
    assert sorted(os.listdir(tmp_path)) == ["checkpoint", "model-7.data-00000-of-00001", "model-7.index", "model-7.meta"]
    line = f'model_checkpoint_path: "{path}"\n'
    assert (tmp_path / "checkpoint").read_text() == line + "all_" + line.replace("path:", "paths:")


def test_only_the_newest_checkpoints_are_kept(tmp_path, session):
    v = tf.Variable(0.0, name="v")
    saver = tf.train.Saver(max_to_keep=2)
    session.run(v.initializer)
    for step in range(4):
        saver.save(session, str(tmp_path / "m"), global_step=step)
    assert sorted(os.listdir(tmp_path)) == sorted(
        ["checkpoint"] + [f"m-{step}{ending}" for step in (2, 3) for ending in (".data-00000-of-00001", ".index", ".meta")]
    )
    assert saver.last_checkpoints == [str(tmp_path / "m-2"), str(tmp_path / "m-3")]
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "m-3")


def test_one_checkpoint_in_so_many_hours_is_kept_for_ever(tmp_path, session, monkeypatch):
    v = tf.Variable(0.0, name="v")
    saver = tf.train.Saver(max_to_keep=1, keep_checkpoint_every_n_hours=1)
    session.run(v.initializer)
    start = time.time()
    for half_hours in range(6):
        monkeypatch.setattr(time, "time", lambda moment=start + 1 + 1800 * half_hours: moment)
        saver.save(session, str(tmp_path / "m"), global_step=half_hours, write_meta_graph=False)
    kept = sorted(name for name in os.listdir(tmp_path) if name.endswith(".index"))
    assert kept == ["m-2.index", "m-4.index", "m-5.index"]


def test_without_a_limit_all_are_kept(tmp_path, session):
    v = tf.Variable(0.0, name="v")
    saver = tf.train.Saver(max_to_keep=0)
    session.run(v.initializer)
    for step in range(7):
        saver.save(session, str(tmp_path / "m"), global_step=step, write_meta_graph=False)
    assert len([name for name in os.listdir(tmp_path) if name.endswith(".index")]) == 7
    assert saver.last_checkpoints == []


def test_a_saver_of_a_later_run_takes_up_the_checkpoints_of_the_earlier(tmp_path, session):
    v = tf.Variable(0.0, name="v")
    session.run(v.initializer)
    first = tf.train.Saver(max_to_keep=2)
    paths = [first.save(session, str(tmp_path / "m"), global_step=step) for step in range(2)]
    second = tf.train.Saver(max_to_keep=2)
    second.recover_last_checkpoints([*paths, str(tmp_path / "gone")])
    assert second.last_checkpoints == paths
    second.save(session, str(tmp_path / "m"), global_step=2)
    assert not (tmp_path / "m-0.index").exists()
    second.set_last_checkpoints(paths)
    assert second.last_checkpoints == paths


def test_the_step_may_be_a_tensor_and_be_padded(tmp_path, session):
    step = tf.train.create_global_step()
    session.run(step.initializer)
    saver = tf.train.Saver(pad_step_number=True)
    assert saver.save(session, str(tmp_path / "m"), global_step=step) == str(tmp_path / "m-00000000")


def test_relative_paths_let_a_folder_be_moved(tmp_path, session):
    v = tf.Variable(1.0, name="v")
    session.run(v.initializer)
    (tmp_path / "here").mkdir()
    tf.train.Saver(save_relative_paths=True).save(session, str(tmp_path / "here" / "m"))
    (tmp_path / "here").rename(tmp_path / "there")
    assert tf.train.latest_checkpoint(str(tmp_path / "there")) == str(tmp_path / "there" / "m")


def test_names_in_the_checkpoint_may_differ(tmp_path, session):
    path = saved(tmp_path, two_variables)
    c = tf.Variable([0.0, 0.0], name="c")
    tf.train.Saver({"a": c}).restore(session, path)
    assert session.run(c).tolist() == [1.0, 2.0]


def test_resource_variables_and_parts_are_saved_and_restored(tmp_path, session):
    def build():
        tf.get_variable("r", initializer=[1.0, 2.0], use_resource=True)
        tf.get_variable("p", initializer=np.arange(12.0).reshape(6, 2), partitioner=tf.fixed_size_partitioner(3))
        tf.get_variable("q", initializer=np.arange(6.0), partitioner=tf.fixed_size_partitioner(2), use_resource=True)

    path = saved(tmp_path, build)
    assert tf.train.list_variables(path) == [("p", [6, 2]), ("q", [6]), ("r", [2])]
    p = tf.get_variable("p", [6, 2], tf.float64, partitioner=tf.fixed_size_partitioner(2))
    q = tf.get_variable("q", [6], tf.float64, use_resource=True)
    tf.train.Saver([p, q]).restore(session, path)
    assert session.run(p.as_tensor()).tolist() == np.arange(12.0).reshape(6, 2).tolist()
    assert session.run(q).tolist() == list(range(6))


def test_with_reshape_another_shape_is_restored(tmp_path, session):
    path = saved(tmp_path, lambda: tf.Variable(np.arange(6.0), name="w"))
    w = tf.Variable(np.zeros((2, 3)), name="w")
    tf.train.Saver(reshape=True).restore(session, path)
    assert session.run(w).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("version", [tf.train.SaverDef.V1, tf.train.SaverDef.V2])
@pytest.mark.parametrize("sharded", [False, True])
def test_both_formats_and_shards_are_restored(version, sharded, tmp_path):
    with tf.device("/cpu:0"):
        a = tf.Variable([1.0, 2.0], name="a")
    with tf.device("/cpu:1"):
        b = tf.Variable(3, name="b")
    saver = tf.train.Saver(sharded=sharded, write_version=version)
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
        session.run(tf.global_variables_initializer())
        path = saver.save(session, str(tmp_path / "m"), global_step=1)
        session.run([a.assign([0.0, 0.0]), b.assign(0)])
        saver.restore(session, path)
        assert session.run([a, b])[0].tolist() == [1.0, 2.0]
    assert tf.train.checkpoint_exists(path)
    assert len([name for name in os.listdir(tmp_path) if "-of-00002" in name]) == (2 if sharded else 0)
    assert not [name for name in os.listdir(tmp_path) if "temp" in name]


def test_resource_variables_are_restored_by_the_nodes_of_tensorflow():
    def constants(name):
        return f"save/{name}/tensor_names:0", f"save/{name}/shape_and_slices:0"

    tf.get_variable("a", [2], use_resource=True)
    tf.train.Saver()
    assert nodes() == [
        ["save/filename", "PlaceholderWithDefault", "save/filename/input:0"],
        ["save/Const", "PlaceholderWithDefault", "save/filename:0"],
        ["save/SaveV2", "SaveV2", "save/Const:0", *constants("SaveV2"), "a/Read/ReadVariableOp:0"],
        ["save/control_dependency", "Identity", "save/Const:0"],
        ["save/RestoreV2", "RestoreV2", "save/Const:0", *constants("RestoreV2")],
        ["save/Identity", "Identity", "save/RestoreV2:0"],
        ["save/AssignVariableOp", "AssignVariableOp", "a:0", "save/Identity:0"],
        ["save/restore_all", "NoOp"],
    ]


def test_format_v1_has_the_nodes_of_tensorflow():
    tf.get_variable("b", [4, 3], partitioner=tf.fixed_size_partitioner(2))
    tf.train.Saver(write_version=tf.train.SaverDef.V1)
    assert [name for name, *_ in nodes()] == [
        "save/filename", "save/Const", "save/save", "save/control_dependency", "save/RestoreV2", "save/Assign", "save/Assign_1",
        "save/restore_all",
    ]  # fmt: skip
    assert tf.get_default_graph().get_operation_by_name("save/save").inputs[2].name == "save/save/shapes_and_slices:0"


def test_a_second_saver_gets_a_scope_of_its_own():
    two_variables()
    tf.train.Saver()
    definition = tf.train.Saver(name=None).as_saver_def()
    assert definition.filename_tensor_name == "save_1/Const:0"
    assert tf.train.Saver([tf.Variable(0.0)], name="mine").as_saver_def().restore_op_name == "mine/restore_all"


def test_a_saver_can_be_made_of_its_message(tmp_path, session):
    path = saved(tmp_path, two_variables)
    two_variables()
    definition = tf.train.Saver().to_proto()
    tf.train.Saver.from_proto(definition).restore(session, path)
    assert session.run("b:0") == 3
    assert tf.train.Saver(name="net/save").to_proto("net").save_tensor_name == "save/control_dependency:0"


def test_a_put_off_saver_is_built_later(tmp_path, session):
    saver = tf.train.Saver(defer_build=True)
    v = tf.Variable(1.0)
    with pytest.raises(RuntimeError, match="`build\\(\\)` should be called before save"):
        saver.save(session, str(tmp_path / "m"))
    saver.build()
    session.run(v.initializer)
    assert saver.save(session, str(tmp_path / "m")) == str(tmp_path / "m")


def test_an_empty_saver_does_nothing_if_that_is_allowed(tmp_path, session):
    with pytest.raises(ValueError, match="No variables to save"):
        tf.train.Saver()
    tf.constant(0)
    saver = tf.train.Saver(allow_empty=True)
    assert saver.save(session, str(tmp_path / "m")) is None
    saver.restore(session, "anything")


def test_a_failed_saver_leaves_the_graph_as_it_was():
    a = tf.Variable(1.0, name="a")
    before = len(tf.get_default_graph().get_operations())
    with pytest.raises(ValueError, match="two variables have the same name"):
        tf.train.Saver([a, a])
    with pytest.raises(ValueError, match="The same saveable will be restored with two names"):
        tf.train.Saver({"x": a, "y": a})
    assert len(tf.get_default_graph().get_operations()) == before
    assert tf.train.Saver().as_saver_def().filename_tensor_name == "save/Const:0"


def test_an_error_while_saving_loses_nothing(tmp_path, session, monkeypatch):
    v = tf.Variable([1.0, 2.0], name="v")
    saver = tf.train.Saver()
    session.run(v.initializer)
    path = saver.save(session, str(tmp_path / "m"))
    before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    session.run(v.assign([3.0, 4.0]))

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(safe_write.os, "fsync", full)
    with pytest.raises(tf.errors.ResourceExhaustedError, match="No space left on device"):
        saver.save(session, str(tmp_path / "m"))
    monkeypatch.undo()
    assert {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)} == before
    saver.restore(session, path)
    assert session.run(v).tolist() == [1.0, 2.0]


def test_a_folder_that_cannot_be_written_is_told(tmp_path, session):
    v = tf.Variable(1.0, name="v")
    session.run(v.initializer)
    with pytest.raises(ValueError, match="Parent directory of .* doesn't exist, can't save"):
        tf.train.Saver().save(session, str(tmp_path / "no" / "such" / "m"))
    with pytest.raises(tf.errors.NotFoundError, match="No such file or directory"):
        tf.train.Saver().save(session, "/proc/self/m")


def test_an_uninitialized_variable_is_not_saved(tmp_path, session):
    tf.Variable(1.0, name="w")
    with pytest.raises(tf.errors.FailedPreconditionError, match="Attempting to use uninitialized value w"):
        tf.train.Saver().save(session, str(tmp_path / "m"))
    assert os.listdir(tmp_path) == []


def test_a_damaged_checkpoint_changes_no_variable(tmp_path, session):
    path = saved(tmp_path, two_variables)
    data = tmp_path / "model.data-00000-of-00001"
    data.write_bytes(b"\xff" + data.read_bytes()[1:])
    two_variables()
    session.run(tf.global_variables_initializer())
    session.run(tf.global_variables()[1].assign(9))
    with pytest.raises(tf.errors.DataLossError, match="Checksum does not match"):
        tf.train.Saver().restore(session, path)
    assert session.run("b:0") == 9


@pytest.mark.parametrize(("build", "error", "cause"), [
    (lambda: tf.Variable([1.0], name="fresh"), tf.errors.NotFoundError, "Key fresh not found in checkpoint"),
    (lambda: tf.Variable([1.0, 2.0, 3.0], name="a"), tf.errors.InvalidArgumentError, "shapes of both tensors to match"),
    (lambda: tf.Variable([1, 2], name="a"), tf.errors.InvalidArgumentError, "expected dtype int32 does not equal original dtype float"),
])  # fmt: skip
def test_what_does_not_fit_is_explained(build, error, cause, tmp_path, session):
    path = saved(tmp_path, two_variables)
    build()
    with pytest.raises(error, match="^Restoring from checkpoint failed. This is most likely due to") as caught:
        tf.train.Saver().restore(session, path)
    assert cause in str(caught.value)


def test_the_state_file_must_lie_in_the_folder(tmp_path, session):
    v = tf.Variable(1.0)
    session.run(v.initializer)
    saver = tf.train.Saver()
    with pytest.raises(ValueError, match="'latest_filename' must not contain path components"):
        saver.save(session, str(tmp_path / "m"), latest_filename="a/b")
    with pytest.raises(ValueError, match="'latest_filename' collides with 'save_path'"):
        saver.save(session, str(tmp_path / "checkpoint"))


def test_an_object_with_state_of_its_own_is_saved(tmp_path, session):
    class Counter(SaveableObject):
        def __init__(self, variable):
            super().__init__(variable, [SaveSpec(variable + 1.0, "", "counter")], "counter")

        def restore(self, restored_tensors, restored_shapes):
            return self.op.assign(restored_tensors[0])

    v = tf.Variable(1.0, trainable=False, collections=[], name="hidden")
    tf.add_to_collection(tf.GraphKeys.SAVEABLE_OBJECTS, Counter(v))
    saver = tf.train.Saver()
    session.run(v.initializer)
    path = saver.save(session, str(tmp_path / "m"))
    saver.restore(session, path)
    assert session.run(v) == 2.0


def test_restored_scalars_are_reshaped_with_one_constant(release_2_21):
    w = tf.get_variable("w", initializer=1.0)
    tf.train.Saver([w], reshape=True)
    names = [op.name for op in tf.get_default_graph().get_operations() if "Reshape" in op.name]
    assert names == ["save/Reshape/shape", "save/Reshape"]
