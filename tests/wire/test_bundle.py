"""Checkpoints of format V2: written byte for byte as TensorFlow does, read back, and no damage leads to anything but the right error."""

import os
import random
import resource
import shutil
import time

import numpy as np
import pytest

from autograd_lite.core import dtypes, errors
from autograd_lite.wire import messages
from autograd_lite.wire.bundle import BundleReader
from autograd_lite.wire.bundle_writer import Item, item_of, merge_bundles, write_bundle
from autograd_lite.wire.table import table_chunks
from autograd_lite.wire.tensor_slice import FULL, TensorSlice
from tests.wire.checkpoints import FOLDER, RECORDED, REFUSED, content, damaged, lying

BY_SAVERS = [case for case in RECORDED if case["id"] not in ("v1_format", "object_based", "sharded")]
EVERY_TYPE = (
    "float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool complex64 complex128 qint8 quint8 qint32"
)


def items_of(reader):
    """The tensors of a checkpoint as they are stored, sorted by name."""
    items = []
    for name in reader.names():
        stored = reader.stored(name)
        if stored.parts:
            items += [Item(name, reader.part(name, part), stored.dtype, stored.shape, part) for part in stored.parts]
        else:
            items.append(Item(name, reader.tensor(name), stored.dtype))
    return items


def save(prefix, **arrays):
    write_bundle(str(prefix), [Item(name, array, dtypes.as_dtype(array.dtype)) for name, array in arrays.items()])


@pytest.fixture
def simple(tmp_path):
    """A copy of a small recorded checkpoint."""
    for file in (FOLDER / "multi_dtype").iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path / "model.ckpt"


@pytest.mark.parametrize("case", BY_SAVERS, ids=[case["id"] for case in BY_SAVERS])
def test_checkpoints_of_tensorflow_are_written_again_byte_for_byte(case, tmp_path):
    source = FOLDER / case["prefix"]
    write_bundle(str(tmp_path / source.name), items_of(BundleReader(str(source))))
    for file in case["files"]:
        if not file.endswith(".meta"):
            assert (tmp_path / file).read_bytes() == (source.parent / file).read_bytes()


@pytest.mark.parametrize("name", EVERY_TYPE.split())
def test_every_type_comes_back_bit_for_bit(name, tmp_path):
    dtype = dtypes.as_dtype(name)
    memory = np.random.default_rng(0).integers(0, 2 if name == "bool" else 256, 6 * dtype.numpy.itemsize, np.uint8)
    array = memory.view(dtype.numpy).reshape(2, 3)
    write_bundle(str(tmp_path / "m"), [Item("v", array, dtype), Item("scalar", array[0, 0].reshape(()), dtype)])
    reader = BundleReader(str(tmp_path / "m"))
    assert reader.stored("v").dtype is dtype
    assert reader.tensor("v").tobytes() == array.tobytes()
    assert reader.tensor("scalar").shape == ()


def test_text_of_any_length_comes_back(tmp_path):
    words = np.empty((2, 2), object)
    words[:] = [[b"", b"\0\xff"], [b"x" * 1000, "ä".encode()]]
    save(tmp_path / "m", words=words, none=np.empty((0, 3), object))
    reader = BundleReader(str(tmp_path / "m"))
    assert reader.tensor("words").tolist() == words.tolist()
    assert reader.tensor("none").shape == (0, 3)


def test_arrays_that_are_not_contiguous_or_of_another_byte_order_are_written_right(tmp_path):
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    save(tmp_path / "m", turned=array.T, every=array[:, ::2], big=array.astype(">f4"))
    reader = BundleReader(str(tmp_path / "m"))
    assert reader.tensor("turned").tolist() == array.T.tolist()
    assert reader.tensor("every").tolist() == array[:, ::2].tolist()
    assert reader.tensor("big").tolist() == array.tolist()


def test_parts_make_up_the_whole_and_any_part_of_it(tmp_path):
    array = np.arange(10.0).reshape(5, 2)
    parts = [("5 2 0,3:-", array[:3]), ("5 2 3,2:-", array[3:])]
    write_bundle(str(tmp_path / "m"), [item_of("w", spec, part, dtypes.float64) for spec, part in parts])
    reader = BundleReader(str(tmp_path / "m"))
    assert reader.names() == ["w"]
    assert reader.tensor("w").tolist() == array.tolist()
    assert reader.part("w", TensorSlice((2, 1), (2, 1))).tolist() == array[2:4, 1:].tolist()
    assert reader.part("w", TensorSlice((4, 0), (1, FULL))).tolist() == array[4:].tolist()


def test_parts_that_leave_something_out_are_refused(tmp_path):
    write_bundle(str(tmp_path / "m"), [item_of("w", "5 2 0,3:-", np.zeros((3, 2)), dtypes.float64)])
    with pytest.raises(errors.InvalidArgumentError, match="Does not have sufficient slices for partitioned tensor w"):
        BundleReader(str(tmp_path / "m")).tensor("w")


def test_a_name_can_be_saved_once(tmp_path):
    item = Item("w", np.zeros(2), dtypes.float64)
    with pytest.raises(errors.InvalidArgumentError, match="Adding duplicate key: w"):
        write_bundle(str(tmp_path / "m"), [item, item])
    assert os.listdir(tmp_path) == []


def test_a_part_of_the_wrong_shape_is_refused():
    with pytest.raises(errors.InvalidArgumentError, match=r"does not match the shape of the tensor to  save: 6 -, tensor: \[3,2\]"):
        item_of("w", "6 -", np.zeros((3, 2)), dtypes.float64)


def test_shards_are_merged_into_one_checkpoint(tmp_path):
    for shard, name in enumerate("ab"):
        (tmp_path / "parts").mkdir(exist_ok=True)
        save(tmp_path / f"parts/{shard}", **{name: np.full(3, float(shard))})
    merge_bundles([str(tmp_path / "parts/0"), str(tmp_path / "parts/1")], str(tmp_path / "m"))
    assert sorted(os.listdir(tmp_path)) == ["m.data-00000-of-00002", "m.data-00001-of-00002", "m.index"]
    reader = BundleReader(str(tmp_path / "m"))
    assert reader.tensor("a").tolist() == [0, 0, 0]
    assert reader.tensor("b").tolist() == [1, 1, 1]


def test_merging_a_missing_shard_changes_nothing(tmp_path):
    save(tmp_path / "0", a=np.zeros(1))
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(errors.InvalidArgumentError, match="allow_missing_files was set to false"):
        merge_bundles([str(tmp_path / "0"), str(tmp_path / "1")], str(tmp_path / "m"))
    assert sorted(os.listdir(tmp_path)) == before


def test_every_flipped_bit_is_noticed(simple):
    wanted = content(simple)
    for ending in (".index", ".data-00000-of-00001"):
        file = simple.parent / (simple.name + ending)
        original = file.read_bytes()
        for bit in range(0, 8 * len(original), 1 if len(original) < 300 else 3):
            changed = bytearray(original)
            changed[bit // 8] ^= 1 << bit % 8
            file.write_bytes(changed)
            try:
                assert content(simple) == wanted, f"bit {bit} of {ending}"
            except REFUSED:
                pass
        file.write_bytes(original)


def _mutants(prefix, count, seed):
    """Damage the files of a checkpoint and read it: the right content or the right error, fast and in little memory."""
    rng = random.Random(seed)
    files = [prefix.parent / (prefix.name + ending) for ending in (".index", ".data-00000-of-00001")]
    originals = [file.read_bytes() for file in files]
    outcomes = {"read": 0, "refused": 0}
    for number in range(count):
        index, data = originals
        kind = rng.randrange(3)
        files[0].write_bytes(damaged(index, rng) if kind == 0 else lying(index, rng) if kind == 1 else index)
        files[1].write_bytes(damaged(data, rng) if kind == 2 else data)
        before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            content(prefix)
            outcomes["read"] += 1
        except REFUSED:
            outcomes["refused"] += 1
        assert time.process_time() - before[0] < 1, f"mutant {number} took too long"
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before[1] < 64 << 10, f"mutant {number} took too much memory"
    assert outcomes["refused"] > count / 2


def test_damaged_checkpoints_give_the_right_error_or_what_was_saved(simple):
    _mutants(simple, 400, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["multi_dtype", "partitioned", "many_variables"])
def test_many_damaged_checkpoints(name, tmp_path):
    for file in (FOLDER / name).iterdir():
        shutil.copy(file, tmp_path)
    _mutants(tmp_path / "model.ckpt", 5000, seed=2)


def test_a_tensor_that_claims_more_than_the_file_holds_is_refused_before_memory_is_taken(tmp_path):
    save(tmp_path / "m", w=np.zeros(4, np.float32))
    entry = messages.BundleEntryProto(dtype=1, size=1 << 42, shape={"dim": [{"size": 1 << 40}]})
    header = messages.BundleHeaderProto(num_shards=1)
    (tmp_path / "m.index").write_bytes(b"".join(table_chunks([(b"", header.SerializeToString()), (b"w", entry.SerializeToString())])))
    with pytest.raises(errors.OutOfRangeError, match="Read less bytes than requested"):
        BundleReader(str(tmp_path / "m")).tensor("w")


@pytest.mark.parametrize(("header", "error"), [
    ({"num_shards": 1, "version": {"min_consumer": 99}}, errors.InvalidArgumentError),
    ({"num_shards": 1, "endianness": 1}, errors.UnimplementedError),
    ({"num_shards": -1}, errors.DataLossError),
])  # fmt: skip
def test_headers_that_cannot_be_used_are_refused(header, error, tmp_path):
    message = messages.BundleHeaderProto(**header)
    (tmp_path / "m.index").write_bytes(b"".join(table_chunks([(b"", message.SerializeToString())])))
    with pytest.raises(error):
        BundleReader(str(tmp_path / "m"))


def test_an_index_without_a_header_is_refused(tmp_path):
    (tmp_path / "m.index").write_bytes(b"".join(table_chunks([(b"a", b"")])))
    with pytest.raises(errors.DataLossError, match="failed to seek to header entry"):
        BundleReader(str(tmp_path / "m"))
