"""Ops that read tensors out of bytes and write them: raw memory, CSV, serialized tensors, compressed text. They run on the host."""

from __future__ import annotations

import base64
import csv
import functools
import itertools
import sys
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import sample, values
from autograd_lite.ops.strings import each, number_reader, plain_numbers
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import array_to_proto, proto_to_array

_BYTES = "bytes have no slope"
_MOST_DECOMPRESSED = 1 << 30
_PLAIN = b"0123456789+-.eE"  # what decimal numbers are made of


def _one_more_axis(c):
    return None if c.shape(0) is None else (*c.shape(0), None)


@op(
    "DecodeRaw(bytes: string, *, out_type: type, little_endian: bool = True) -> output: out_type",
    types={"out_type": "half float double int32 uint16 uint8 int16 int8 int64 complex64 complex128 bool bfloat16"},
    shape=_one_more_axis,
    samples=[sample(np.array([b"\0\1\2\3", b"abcd"], object), out_type="int16"), sample(b"", out_type="int16", little_endian=False)],
    no_gradient=_BYTES,
)
def decode_raw(xp, bytes, out_type, little_endian):
    """Take the bytes of every string as the memory of numbers; all strings must be of one length."""
    words = bytes.ravel().tolist()
    dtype = np.dtype(out_type.numpy)
    length = len(words[0]) if words else 0
    if len(set(map(len, words))) > 1:
        index = next(index for index, word in enumerate(words) if len(word) != length)
        raise invalid(
            f"DecodeRaw requires input strings to all be the same size, but element {index} has size {len(words[index])} != {length}"
        )
    if length % dtype.itemsize:
        raise invalid(f"Input to DecodeRaw has length {length} that is not a multiple of {dtype.itemsize}, the size of {out_type.name}")
    numbers = np.frombuffer(b"".join(words), dtype)
    if little_endian != (sys.byteorder == "little"):
        numbers = numbers.byteswap()
    return numbers.reshape(*bytes.shape, length // dtype.itemsize).copy()


def _columns_shape(c):
    return [c.shape(0)] * (c.count - 1)


@op(
    "DecodeCSV(records: string, record_defaults: list(OUT_TYPE), *, field_delim: string = ',', use_quote_delim: bool = True, "
    "na_value: string = '', select_cols: list(int) = []) -> output: list(OUT_TYPE)",
    types={"OUT_TYPE": "float double int32 int64 string"},
    shape=_columns_shape,
    samples="its defaults are a list of tensors of different types; tests/ops/test_decoding.py shows it",
    no_gradient=_BYTES,
)
def decode_csv(xp, records, record_defaults, field_delim, use_quote_delim, na_value, select_cols):
    """Read every record of comma-separated values (RFC 4180): one output for each column, of the type of its default."""
    if len(field_delim) != 1:
        raise invalid("field_delim should be only 1 char")
    for default in record_defaults:
        if default.size > 1 or default.ndim > 1:
            raise invalid(f"There should only be 1 default per field but field has {default.size}")
    missing = na_value.encode("latin-1")
    if not records.ndim and not select_cols:
        row = _plain_row(records.item(), record_defaults, missing, field_delim)
        if row is not None:
            return row
    lines = records.ravel().tolist()
    if _is_plain(b"".join(lines), field_delim):
        rows = [line.split(field_delim.encode("latin-1")) for line in lines]
    else:
        rows = [_fields(line, field_delim, use_quote_delim, number) for number, line in enumerate(lines)]
    if select_cols:
        rows = [[fields[at] for at in select_cols if at < len(fields)] for fields in rows]
    if set(map(len, rows)) - {len(record_defaults)}:
        number = next(number for number, fields in enumerate(rows) if len(fields) != len(record_defaults))
        raise invalid(f"Expect {len(record_defaults)} fields but have {len(rows[number])} in record {number}")
    columns: Any = zip(*rows) if rows else [()] * len(record_defaults)
    if not records.ndim:
        return [_scalar(field, *rest) for field, *rest in zip(rows[0], record_defaults, itertools.repeat(missing), itertools.count())]
    return [
        _array(fields, default, missing, number).reshape(records.shape)
        for number, (fields, default) in enumerate(zip(columns, record_defaults))
    ]


def _fields(record: bytes, delimiter: str, quotes: bool, number: int) -> list[bytes]:
    """The fields of one record."""
    if not quotes:
        return record.rstrip(b"\n").split(delimiter.encode("latin-1"))
    if _is_plain(record, delimiter):
        return record.split(delimiter.encode("latin-1"))
    line = record.decode("latin-1")  # one character for each byte, and back
    try:
        rows = list(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        raise invalid(f"Unquoted fields cannot have quotes/CRLFs inside in record {number}") from None
    return [field.encode("latin-1") for field in rows[0]] if rows and rows[0] else [b""]


def _is_plain(text: bytes, delimiter: str) -> bool:
    """Whether nothing in a text is quoted, and no line ends in it."""
    return b'"' not in text and b"\r" not in text and b"\n" not in text and delimiter not in " \""


@functools.cache
def _reader_of(kind: np.dtype) -> tuple[Any, Any]:
    """For a column of this type: the function that reads a field, or gives None, and the one that makes a scalar of it."""
    if kind.hasobject:
        return (lambda field: field), (lambda field: np.array(field, dtype=object))
    return number_reader(dtypes.as_dtype(kind)), kind.type


def _value(field: bytes, default: Any, missing: bytes, column: int, record: int) -> Any:
    """What a field says, as a Python value."""
    if not field or field == missing:
        if not default.size:
            raise invalid(f"Field {column} is required but missing in record {record}!")
        return default.item()
    value = _reader_of(default.dtype)[0](field)
    if value is None:
        name = dtypes.as_dtype(default.dtype).name
        raise invalid(f"Field {column} in record {record} is not a valid {name}: {field.decode('latin-1')}")
    return value


@functools.cache
def _delimiter(character: str) -> tuple[bytes, bytes]:
    """What stands between fields, and all that plain records consist of."""
    delimiter = character.encode("latin-1")
    return delimiter, _PLAIN + delimiter if _is_plain(b"", character) else b""


def _integer_of(bits: int) -> Callable[[bytes], int]:
    """A function that reads an integer of so many bits."""
    smallest, largest = -(1 << bits - 1), (1 << bits - 1) - 1

    def read(field: bytes) -> int:
        number = int(field)
        if smallest <= number <= largest:
            return number
        raise ValueError(number)

    return read


# What reads the fields of a plain record, by the character that numpy has for a type of numbers.
_PLAIN_READERS = {
    np.dtype(kind).char: float if np.dtype(kind).kind == "f" else _integer_of(np.dtype(kind).itemsize * 8)
    for kind in (np.float32, np.float64, np.int32, np.int64)
}


def _plain_row(record: bytes, defaults: Sequence[Any], missing: bytes, delimiter: str) -> list[Any] | None:
    """The values of a record that says a number for every column and nothing else, as most do; None when it does not."""
    between, plain = _delimiter(delimiter)
    if record.translate(None, plain):
        return None  # of what is left Python reads no more than is allowed
    fields = record.split(between)
    if len(fields) != len(defaults) or missing in fields:
        return None
    try:
        return [(kind := default.dtype).type(_PLAIN_READERS[kind.char](field)) for field, default in zip(fields, defaults)]
    except (ValueError, KeyError):  # a field is empty, no number, too large, or wanted as text
        return None


def _scalar(field: bytes, default: Any, missing: bytes, column: int) -> Any:
    """The value of a field of the only record."""
    return _reader_of(default.dtype)[1](_value(field, default, missing, column, 0))


def _array(fields: Sequence[bytes], default: Any, missing: bytes, column: int) -> np.ndarray:
    """The values of a column."""
    if b"" not in fields and missing not in fields:
        count, kind = len(fields), default.dtype
        plain = np.fromiter(fields, object, count) if kind.hasobject else plain_numbers(fields, dtypes.as_dtype(kind))
        if plain is not None:
            return plain
    values = np.empty(len(fields), default.dtype)
    values[:] = [_value(field, default, missing, column, record) for record, field in enumerate(fields)]
    return values


@op(
    "SerializeTensor(tensor: T) -> serialized: string",
    names=["serialize_tensor", "io.serialize_tensor"],
    host=("tensor",),
    shape=rules.scalar,
    samples=[sample(values((2,))), sample(np.array([b"a", b"bc"], object))],
    no_gradient=_BYTES,
)
def serialize_tensor(xp, tensor):
    """Write a tensor as the bytes of a TensorProto message.

    >>> tf.Session().run(tf.parse_tensor(tf.serialize_tensor([1, 2]), tf.int32))
    array([1, 2], dtype=int32)
    """
    array = np.asarray(tensor)
    if array.dtype == object:
        proto = array_to_proto(array)
    else:
        proto = array_to_proto(np.zeros(0, array.dtype))
        del proto.tensor_shape.dim[:]
        for size in array.shape:
            proto.tensor_shape.dim.add(size=size)
        proto.tensor_content = array.tobytes()
    written = np.empty((), object)
    written[()] = proto.SerializeToString(deterministic=True)
    return written


@op(
    "ParseTensor(serialized: string, *, out_type: type) -> output: out_type",
    names=["parse_tensor", "io.parse_tensor"],
    shape=rules.unknown,
    samples=[sample(b"\x08\x03\x12\x04\x12\x02\x08\x02\x3a\x02\x05\x07", out_type="int32")],
    no_gradient=_BYTES,
)
def parse_tensor(xp, serialized, out_type):
    """Read a tensor from the bytes of a TensorProto message.

    >>> tf.Session().run(tf.parse_tensor(tf.serialize_tensor([1.5]), tf.float32))
    array([1.5], dtype=float32)
    """
    if np.ndim(serialized):
        raise invalid(f"Expected `serialized` to be a scalar, got shape: {text(np.shape(serialized))}")
    proto = messages.TensorProto()
    content = np.asarray(serialized, object).item()
    try:
        proto.ParseFromString(content)
    except Exception:  # its class depends on the implementation of protobuf
        shown = base64.b64encode(content[:64]).decode()
        raise invalid(f"Could not parse `serialized` as TensorProto, base64: {shown}") from None
    try:
        if not proto.dtype:
            raise ValueError("no element type")
        array = proto_to_array(proto)
    except (InvalidArgumentError, TypeError, ValueError) as error:
        raise invalid("Cannot parse tensor from proto: goo.gle/debugproto") from error
    have = dtypes.as_dtype(proto.dtype)
    if have != out_type.base_dtype:
        raise invalid(f"Type mismatch between parsed tensor ({have.cpp_name}) and dtype ({out_type.cpp_name})")
    return np.array(array)


_WINDOWS = {"ZLIB": 15, "GZIP": 31}


@op(
    "DecodeCompressed(bytes: string, *, compression_type: string = '') -> output: string",
    names=["decode_compressed", "io.decode_compressed"],
    shape=rules.unchanged,
    samples=[sample(np.array([b"plain"], object)), sample(np.array([zlib.compress(b"text")], object), compression_type="ZLIB")],
    no_gradient=_BYTES,
)
def decode_compressed(xp, bytes, compression_type):
    """Decompress every string: "ZLIB", "GZIP", or "" for none. What would become larger than 1 GiB is refused.

    >>> tf.Session().run(tf.decode_compressed(["as it is"]))
    array([b'as it is'], dtype=object)
    """
    if compression_type not in ("", *_WINDOWS):
        raise invalid(f"Only ZLIB, GZIP or NONE are supported compressions, not {compression_type}")
    if not compression_type:
        return bytes.copy()
    return each(lambda word: _decompressed(word, _WINDOWS[compression_type]), bytes)


def _decompressed(word: bytes, window: int) -> bytes:
    reader = zlib.decompressobj(window)
    try:
        content = reader.decompress(word, _MOST_DECOMPRESSED)
    except zlib.error as error:
        raise invalid(f"inflate() failed: {error}") from None
    if not reader.eof:
        raise invalid("Decompressed text is cut off, or larger than 1 GiB")
    return content
