"""Checkpoints of format V1 are read and written byte for byte, and damage is noticed."""

import random

import numpy as np
import pytest

from autograd_lite.core import dtypes, errors
from autograd_lite.wire.bundle_writer import Item, item_of
from autograd_lite.wire.checkpoint_v1 import TableReader, write_table
from autograd_lite.wire.tensor_slice import TensorSlice
from tests.wire.checkpoints import FOLDER, REFUSED, content, damaged, resealed

SOURCE = FOLDER / "v1_format" / "model.ckpt"


def test_a_checkpoint_of_tensorflow_is_written_again_byte_for_byte(tmp_path):
    reader = TableReader(str(SOURCE))
    write_table(str(tmp_path / "m"), [Item(name, reader.tensor(name), reader.stored(name).dtype) for name in reader.names()])
    assert (tmp_path / "m").read_bytes() == SOURCE.read_bytes()


@pytest.mark.parametrize("name", "float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint16 bool complex64 complex128".split())
def test_every_type_comes_back_bit_for_bit(name, tmp_path):
    dtype = dtypes.as_dtype(name)
    array = np.array([0, 1, 1, 0, 1, 1]).astype(dtype.numpy).reshape(2, 3)
    write_table(str(tmp_path / "m"), [Item("v", array, dtype)])
    found = TableReader(str(tmp_path / "m")).tensor("v")
    assert found.dtype == array.dtype
    assert found.tobytes() == array.tobytes()


def test_parts_in_several_files_make_up_the_whole(tmp_path):
    array = np.arange(10.0).reshape(5, 2)
    write_table(str(tmp_path / "m-00000-of-00002"), [item_of("w", "5 2 0,3:-", array[:3], dtypes.float64)])
    write_table(str(tmp_path / "m-00001-of-00002"), [item_of("w", "5 2 3,2:-", array[3:], dtypes.float64)])
    reader = TableReader(str(tmp_path / "m-?????-of-00002"))
    assert reader.tensor("w").tolist() == array.tolist()
    assert reader.part("w", TensorSlice((2, 0), (2, 2))).tolist() == array[2:4].tolist()


def test_a_name_can_be_saved_once(tmp_path):
    item = Item("w", np.zeros(2), dtypes.float64)
    with pytest.raises(errors.InvalidArgumentError, match="Adding duplicate key: w"):
        write_table(str(tmp_path / "m"), [item, item])


def test_a_missing_file_or_name_is_not_found(tmp_path):
    with pytest.raises(errors.NotFoundError, match="Failed to find any matching files for"):
        TableReader(str(tmp_path / "absent"))
    with pytest.raises(errors.NotFoundError, match='Tensor name "zz" not found in checkpoint files'):
        TableReader(str(SOURCE)).tensor("zz")


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "m").write_text("hello" * 20)
    with pytest.raises(errors.DataLossError, match="Unable to open table file .* not an sstable"):
        TableReader(str(tmp_path / "m"))


def test_damaged_files_give_the_right_error_or_what_was_saved(tmp_path):
    rng = random.Random(3)
    original = SOURCE.read_bytes()
    for _ in range(400):
        (tmp_path / "m").write_bytes(damaged(original, rng) if rng.random() < 0.5 else resealed(original, rng))
        try:
            content(tmp_path / "m")
        except (*REFUSED, errors.InternalError):
            pass
