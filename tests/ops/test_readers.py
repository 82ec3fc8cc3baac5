"""Readers and ops on files; the keys and words are TensorFlow's."""

import gzip
import os
import zlib

import numpy as np
import pytest

import autograd_lite as tf


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"h1\nl1\r\nl\r2\n\nlast")
    (tmp_path / "b.txt").write_bytes(b"")
    (tmp_path / "c.txt").write_bytes(b"h\nx\n")
    (tmp_path / "f.bin").write_bytes(b"HH0123456789TT")
    with tf.python_io.TFRecordWriter(str(tmp_path / "t.rec")) as writer:
        for record in (b"a", b"bb", b""):
            writer.write(record)
    return tmp_path


@pytest.fixture
def database(tmp_path):
    lmdb = pytest.importorskip("lmdb")
    with lmdb.open(str(tmp_path / "base"), map_size=1 << 20) as base, base.begin(write=True) as transaction:
        for number in range(3):
            transaction.put(b"key%d" % (2 - number), b"value%d" % number)
    return tmp_path


def _read(reader, folder, names, up_to=None):
    """Everything that a reader gives, with the names of files shortened; and how many records and files it counted."""
    queue = tf.FIFOQueue(10, tf.string, shapes=[[]])
    record = reader.read(queue) if up_to is None else reader.read_up_to(queue, up_to)
    found = []
    with tf.Session() as session:
        session.run(queue.enqueue_many([[str(folder / name) for name in names]]))
        session.run(queue.close())
        with pytest.raises(tf.errors.OutOfRangeError, match=r"is closed and has insufficient elements \(requested 1, current size 0\)"):
            while True:
                found.append([np.array(part, object).ravel().tolist() for part in session.run(record)])
        counts = session.run([reader.num_records_produced(), reader.num_work_units_completed()])
    prefix = os.fsencode(f"{folder}/")
    return [[(key.removeprefix(prefix), value) for key, value in zip(*pair)] for pair in found], counts


def _one_by_one(reader, folder, names):
    found, counts = _read(reader, folder, names)
    return [record for (record,) in found], counts


def test_lines_are_read_without_their_ends(folder):
    found, counts = _one_by_one(tf.TextLineReader(), folder, ["a.txt", "b.txt", "c.txt"])
    assert found == [
        (b"a.txt:1", b"h1"), (b"a.txt:2", b"l1"), (b"a.txt:3", b"l\r2"), (b"a.txt:4", b""), (b"a.txt:5", b"last"),
        (b"c.txt:1", b"h"), (b"c.txt:2", b"x"),
    ]  # fmt: skip
    assert counts == [7, 3]


def test_header_lines_are_left_out_and_counted(folder):
    found, _ = _one_by_one(tf.TextLineReader(skip_header_lines=1), folder, ["c.txt", "b.txt", "c.txt"])
    assert found == [(b"c.txt:2", b"x")] * 2


def test_several_records_at_a_time_are_of_one_file(folder):
    found, counts = _read(tf.TextLineReader(), folder, ["a.txt", "b.txt", "c.txt"], up_to=3)
    assert [len(records) for records in found] == [3, 2, 2] and counts == [7, 3]
    whole, _ = _read(tf.WholeFileReader(), folder, ["b.txt", "c.txt"], up_to=5)
    assert whole == [[(b"b.txt", b"")], [(b"c.txt", b"h\nx\n")]]


def test_whole_files_are_done_with_their_record(folder):
    assert _one_by_one(tf.WholeFileReader(), folder, ["b.txt", "c.txt"]) == ([(b"b.txt", b""), (b"c.txt", b"h\nx\n")], [2, 2])


def test_pieces_of_equal_length(folder):
    found, _ = _one_by_one(tf.FixedLengthRecordReader(3, header_bytes=2, footer_bytes=2), folder, ["f.bin"])
    assert found == [(b"f.bin:0", b"012"), (b"f.bin:1", b"345"), (b"f.bin:2", b"678")]
    found, _ = _one_by_one(tf.FixedLengthRecordReader(3, header_bytes=2, footer_bytes=2, hop_bytes=2), folder, ["f.bin"])
    assert [value for _, value in found] == [b"012", b"234", b"456", b"678"]
    found, _ = _one_by_one(tf.FixedLengthRecordReader(3, header_bytes=2, footer_bytes=2, hop_bytes=5), folder, ["f.bin"])
    assert [value for _, value in found] == [b"012", b"567"]


@pytest.mark.parametrize(("encoding", "packed"), [("ZLIB", zlib.compress), ("GZIP", gzip.compress)])
def test_pieces_of_compressed_files(folder, encoding, packed):
    (folder / "p").write_bytes(packed(b"H" + bytes(range(256)) * 1000 + b"T"))
    found, _ = _one_by_one(tf.FixedLengthRecordReader(256, header_bytes=1, footer_bytes=1, encoding=encoding), folder, ["p"])
    assert len(found) == 1000 and {value for _, value in found} == {bytes(range(256))}


def test_records_are_known_by_their_position(folder):
    found, _ = _one_by_one(tf.TFRecordReader(), folder, ["t.rec"])
    assert found == [(b"t.rec:0", b"a"), (b"t.rec:17", b"bb"), (b"t.rec:35", b"")]


def test_what_is_in_the_queue_itself(folder):
    assert _one_by_one(tf.IdentityReader(), folder, ["x"]) == ([(b"x", os.fsencode(folder / "x"))], [1, 1])


def _first_line(call):
    with pytest.raises(tf.errors.OpError) as error:
        call()
    return type(error.value).__name__, str(error.value).split("\n")[0]


def test_files_that_cannot_be_read_are_told_and_the_next_one_follows(folder):
    queue = tf.FIFOQueue(10, tf.string, shapes=[[]])
    record = tf.TFRecordReader().read(queue)
    with tf.Session() as session:
        session.run(queue.enqueue_many([[str(folder / name) for name in ("none", "a.txt", "t.rec")]]))
        assert _first_line(lambda: session.run(record)) == ("NotFoundError", f"{folder}/none; No such file or directory")
        assert _first_line(lambda: session.run(record)) == ("DataLossError", "corrupted record at 0 (Is this even a TFRecord file?)")
        assert session.run(record).value == b"a"


def test_a_queue_must_hold_one_string():
    pair = tf.FIFOQueue(10, [tf.string, tf.string], shapes=[[], []])
    number, words = tf.FIFOQueue(10, tf.int32), tf.FIFOQueue(10, tf.string)
    reader = tf.IdentityReader()
    reads = [reader.read(queue) for queue in (pair, number, words)]
    with tf.Session() as session:
        session.run([pair.enqueue(["a", "b"]), number.enqueue(1), words.enqueue([["x", "y"]])])
        texts = [_first_line(lambda read=read: session.run(read))[1] for read in reads]
    assert texts == [
        "Expected single component queue",
        "Expected queue with single string component",
        "Expected to dequeue a one-element string tensor",
    ]


@pytest.mark.parametrize(
    ("make", "supports"), [(tf.TextLineReader, False), (tf.WholeFileReader, True), (tf.IdentityReader, True), (tf.TFRecordReader, False)]
)
def test_a_reader_tells_its_node_and_whether_its_state_can_be_written_down(make, supports):
    reader = make()
    assert isinstance(reader, tf.ReaderBase)
    assert reader.supports_serialize is supports
    assert (reader.reader_ref.op.type, reader.reader_ref.dtype) == (f"{make.__name__}V2", tf.resource)


def test_some_readers_write_down_what_they_counted():
    reader, queue = tf.IdentityReader(), tf.FIFOQueue(10, tf.string)
    state, given = reader.serialize_state(), tf.placeholder(tf.string, [])
    restore, reset, count, read = reader.restore_state(given), reader.reset(), reader.num_records_produced(), reader.read(queue)
    lines = tf.TextLineReader().serialize_state()
    with tf.Session() as session:
        session.run(queue.enqueue_many([["u", "v"]]))
        session.run(read)
        kept = session.run(state)
        assert kept == b'\x08\x01\x10\x01\x18\x01"\x01u'
        session.run(reset)
        assert session.run(count) == 0
        session.run(restore, {given: kept})
        assert session.run(count) == 1
        assert _first_line(lambda: session.run(restore, {given: b"x"}))[1].startswith("Could not parse state for IdentityReader")
        inconsistent = _first_line(lambda: session.run(restore, {given: b"\x08\x02\x10\x01"}))[1]
        assert inconsistent.startswith("Inconsistent work started vs. finished")
        assert _first_line(lambda: session.run(lines)) == ("UnimplementedError", "Reader SerializeState")


# ---------------------------------------------------------------- whole files


def test_files_are_written_read_and_found(tmp_path):
    path = str(tmp_path / "made" / "x.txt")
    with tf.Session() as session:
        session.run(tf.write_file(path, b"ab\0c"))
        assert session.run(tf.read_file(path)) == b"ab\0c"
        session.run(tf.write_file(str(tmp_path / "made" / "b.csv"), ""))
        patterns = [f"{tmp_path}/made/*.txt", f"{tmp_path}/made/[ab].*", f"{tmp_path}/none/*"]
        assert session.run(tf.matching_files(patterns)).tolist() == [os.fsencode(tmp_path / "made" / name) for name in ("b.csv", "x.txt")]
        assert session.run(tf.matching_files(f"{tmp_path}/none/*")).tolist() == []


def test_files_that_cannot_be_opened(tmp_path):
    any_shape = tf.placeholder(tf.string)
    with tf.Session() as session:
        assert _first_line(lambda: session.run(tf.read_file(str(tmp_path)))) == ("FailedPreconditionError", f"{tmp_path}; Is a directory")
        write = tf.write_file(any_shape, "x")
        text = "Input filename tensor must be scalar, but had shape: [1]"
        assert _first_line(lambda: session.run(write, {any_shape: ["a"]}))[1] == text
    with pytest.raises(ValueError, match="^Shape must be rank 0 but is rank 1 for"):
        tf.read_file(["a"])


def test_a_graph_from_elsewhere_may_not_read_files(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.TextLineReader().read(tf.FIFOQueue(1, tf.string), name="line")
        tf.read_file("/etc/hostname", name="file")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(graph.as_graph_def(), name="")
        for name in ("line:0", "file:0"):
            with pytest.raises(tf.errors.PermissionDeniedError, match="would read or write files"):
                session.run(name)


def test_a_database_gives_its_entries_in_the_order_of_their_keys(database):
    found, counts = _read(tf.LMDBReader(), database, ["base"])
    assert found == [[(b"key0", b"value2")], [(b"key1", b"value1")], [(b"key2", b"value0")]]
    assert counts == [3, 1]
    assert _read(tf.LMDBReader(), database, ["base/data.mdb"], up_to=5)[1] == [3, 1]


def test_what_is_no_database_is_refused(tmp_path):
    pytest.importorskip("lmdb")
    queue = tf.FIFOQueue(1, tf.string, shapes=[[]])
    record = tf.LMDBReader().read(queue)
    with tf.Session() as session:
        session.run(queue.enqueue(str(tmp_path / "nothing")))
        with pytest.raises(tf.errors.InvalidArgumentError, match="Error opening LMDB database"):
            session.run(record)
