"""Datasets of what files hold."""

import gzip
import sqlite3
import zlib

import pytest

import autograd_lite as tf


def elements(dataset):
    element, found = dataset.make_one_shot_iterator().get_next(), []
    with tf.Session() as session:
        while True:
            try:
                found.append(session.run(element))
            except tf.errors.OutOfRangeError:
                return found


def test_lines_lose_their_ends_and_files_may_be_compressed(tmp_path):
    text = b"one\r\ntwo\n\nlast"
    (tmp_path / "plain").write_bytes(text)
    (tmp_path / "gzip").write_bytes(gzip.compress(text))
    (tmp_path / "zlib").write_bytes(zlib.compress(text))
    wanted = [b"one", b"two", b"", b"last"]
    assert elements(tf.data.TextLineDataset(str(tmp_path / "plain"))) == wanted
    assert elements(tf.data.TextLineDataset([str(tmp_path / "plain")] * 2)) == wanted * 2
    assert elements(tf.data.TextLineDataset(str(tmp_path / "gzip"), "GZIP")) == wanted
    assert elements(tf.data.TextLineDataset(str(tmp_path / "zlib"), "ZLIB")) == wanted
    names = tf.data.Dataset.list_files(str(tmp_path / "p*"), shuffle=False)
    assert elements(tf.data.TextLineDataset(names)) == wanted


def test_a_missing_file_is_told_with_its_name(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match=r"absent\.txt"):
        elements(tf.data.TextLineDataset(str(tmp_path / "absent.txt")))
    with pytest.raises(tf.errors.InvalidArgumentError, match="No files matched pattern"):
        elements(tf.data.Dataset.list_files(str(tmp_path / "*.none")))


def test_records_are_read_and_damage_is_noticed(tmp_path):
    path = str(tmp_path / "records")
    with tf.python_io.TFRecordWriter(path) as writer:
        for record in (b"a", b"", b"ccc"):
            writer.write(record)
    assert elements(tf.data.TFRecordDataset(path)) == [b"a", b"", b"ccc"]
    assert sorted(elements(tf.data.TFRecordDataset([path, path], num_parallel_reads=2))) == sorted([b"a", b"", b"ccc"] * 2)
    data = bytearray((tmp_path / "records").read_bytes())
    data[-6] ^= 1
    (tmp_path / "records").write_bytes(data)
    with pytest.raises(tf.errors.DataLossError):
        elements(tf.data.TFRecordDataset(path))


def test_records_of_one_length_have_headers_and_footers(tmp_path):
    (tmp_path / "binary").write_bytes(b"HEAD" + b"abcdef" + b"FT")
    assert elements(tf.data.FixedLengthRecordDataset(str(tmp_path / "binary"), 3, 4, 2)) == [b"abc", b"def"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="multiple of the record length"):
        elements(tf.data.FixedLengthRecordDataset(str(tmp_path / "binary"), 5, 4, 2))


def test_columns_of_csv_files_have_types_and_defaults(tmp_path):
    path = tmp_path / "houses.csv"
    path.write_text('price,rooms,name\n1.5,3,"a, b"\n2.5,,c\n')
    rows = elements(tf.data.experimental.CsvDataset(str(path), [tf.float32, [7], ""], header=True))
    assert rows == [(1.5, 3, b"a, b"), (2.5, 7, b"c")]
    chosen = elements(tf.data.experimental.CsvDataset(str(path), [tf.float32, tf.string], header=True, select_cols=[0, 2]))
    assert chosen == [(1.5, b"a, b"), (2.5, b"c")]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Field 1 is required but missing"):
        elements(tf.data.experimental.CsvDataset(str(path), [tf.float32, tf.int32, tf.string], header=True))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expect 2 fields but have 3"):
        elements(tf.data.experimental.CsvDataset(str(path), [tf.float32, tf.int32], header=True))


def test_rows_of_a_database_are_read(tmp_path):
    path = str(tmp_path / "flowers.db")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE flowers (name TEXT, height REAL)")
        connection.executemany("INSERT INTO flowers VALUES (?, ?)", [("rose", 0.5), ("lily", 1.25)])
    connection.close()
    rows = tf.data.experimental.SqlDataset("sqlite", path, "SELECT name, height FROM flowers ORDER BY height", (tf.string, tf.float64))
    assert elements(rows) == [(b"rose", 0.5), (b"lily", 1.25)]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Failed to execute query"):
        elements(tf.data.experimental.SqlDataset("sqlite", path, "SELECT x FROM nothing", (tf.string,)))
