"""The ops that savers are made of: what they write, read and refuse, in TensorFlow's words."""

import os

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.wire.bundle import BundleReader

W = np.arange(6, dtype=np.float32).reshape(3, 2)


@pytest.fixture(autouse=True)
def fresh_graph():
    tf.reset_default_graph()
    yield
    tf.reset_default_graph()


def run(fetch):
    with tf.Session() as session:
        return session.run(fetch)


def save(prefix, names=("w",), slices=("",), tensors=(W,)):
    run(tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=list(names), shape_and_slices=list(slices), tensors=list(tensors)))
    return str(prefix)


def restore(prefix, name="w", spec="", dtype=tf.float32):
    return run(tf.raw_ops.RestoreV2(prefix=str(prefix), tensor_names=[name], shape_and_slices=[spec], dtypes=[dtype])[0])


def test_what_is_saved_is_restored(tmp_path):
    assert restore(save(tmp_path / "m")).tolist() == W.tolist()


def test_tensors_are_written_in_the_order_of_their_names(tmp_path):
    prefix = save(tmp_path / "m", ["b", "a"], ["", ""], [np.float32(2), np.float32(1)])
    assert (tmp_path / "m.data-00000-of-00001").read_bytes() == np.array([1, 2], np.float32).tobytes()
    assert restore(prefix, "b") == 2


def test_a_part_is_restored_with_the_shape_that_is_known_before(tmp_path):
    save(tmp_path / "m")
    part = tf.raw_ops.RestoreV2(prefix=str(tmp_path / "m"), tensor_names=["w"], shape_and_slices=["3 2 1,2:-"], dtypes=[tf.float32])[0]
    assert part.shape.as_list() == [2, 2]
    assert run(part).tolist() == W[1:].tolist()


@pytest.mark.parametrize(("arguments", "message"), [
    ({"name": "q"}, "Key q not found in checkpoint"),
    ({"dtype": tf.float64}, "tensor_name = w; expected dtype double does not equal original dtype float"),
    ({"spec": "4 2 0,1:-"}, r"tensor_name = w; shape in shape_and_slice spec \[4,2\] does not match the shape stored in"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(arguments, message, tmp_path):
    save(tmp_path / "m")
    with pytest.raises(tf.OpError, match=message):
        restore(tmp_path / "m", **arguments)


def test_a_part_outside_of_the_whole_is_refused_when_the_graph_is_built():
    with pytest.raises(ValueError, match=r"Extent in dimension 0 out of bounds: shape = \[3,2\], slice = 0,9:-"):
        tf.raw_ops.RestoreV2(prefix="m", tensor_names=["w"], shape_and_slices=["3 2 0,9:-"], dtypes=[tf.float32])


def test_as_many_names_as_tensors_are_wanted():
    with pytest.raises(ValueError, match="Dimension"):
        tf.raw_ops.SaveV2(prefix="m", tensor_names=["a", "b"], shape_and_slices=["", ""], tensors=[W])


def test_a_missing_checkpoint_is_not_found(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="Failed to find any matching files for"):
        restore(tmp_path / "none")


def test_names_of_shards_are_counted():
    assert run(tf.raw_ops.ShardedFilename(basename="a", shard=1, num_shards=3)) == b"a-00001-of-00003"
    assert run(tf.raw_ops.ShardedFilespec(basename="a", num_shards=3)) == b"a-?????-of-00003"


def test_shards_are_merged_and_their_folder_removed(tmp_path):
    for shard, name in enumerate("ab"):
        save(tmp_path / f"parts/{shard}", [name], [""], [np.full(2, shard, np.float32)])
    parts = [str(tmp_path / "parts/0"), str(tmp_path / "parts/1")]
    run(tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(tmp_path / "m")))
    assert BundleReader(str(tmp_path / "m")).names() == ["a", "b"]
    assert not (tmp_path / "parts").exists()


def test_a_missing_shard_is_refused_unless_that_is_allowed(tmp_path):
    save(tmp_path / "0")
    parts = [str(tmp_path / "0"), str(tmp_path / "1")]
    with pytest.raises(tf.errors.InvalidArgumentError, match="allow_missing_files was set to false"):
        run(tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(tmp_path / "m")))
    run(tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(tmp_path / "m"), allow_missing_files=True))
    assert restore(tmp_path / "m").tolist() == W.tolist()


def test_format_v1_is_written_and_read(tmp_path):
    file = str(tmp_path / "old")
    run(tf.raw_ops.Save(filename=file, tensor_names=["w", "n"], data=[W, np.array([1, 2], np.int32)]))
    assert os.listdir(tmp_path) == ["old"]
    assert run(tf.raw_ops.Restore(file_pattern=file, tensor_name="n", dt=tf.int32)).tolist() == [1, 2]
    part = tf.raw_ops.RestoreSlice(file_pattern=file, tensor_name="w", shape_and_slice="3 2 1,2:-", dt=tf.float32)
    assert part.shape.as_list() == [2, 2]
    assert run(part).tolist() == W[1:].tolist()
    assert restore(file).tolist() == W.tolist()


@pytest.mark.parametrize(("arguments", "message"), [
    ({"tensor_name": "zz", "dt": tf.float32}, 'Tensor name "zz" not found in checkpoint files'),
    ({"tensor_name": "w", "dt": tf.float64}, "Expected to restore a tensor of type double, got a tensor of type float instead"),
])  # fmt: skip
def test_format_v1_tells_what_does_not_fit(arguments, message, tmp_path):
    file = str(tmp_path / "old")
    run(tf.raw_ops.SaveSlices(filename=file, tensor_names=["w"], shapes_and_slices=[""], data=[W]))
    with pytest.raises(tf.OpError, match=message):
        run(tf.raw_ops.Restore(file_pattern=file, **arguments))
