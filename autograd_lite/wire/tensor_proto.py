"""Arrays and static shapes as TensorProto and TensorShapeProto messages, and back.

A TensorProto holds its values either as raw little-endian bytes or as a list in the field of its type. A list that is too
short means that its last value repeats, so that a large array of zeros costs a few bytes. Here such an array is a view
whose strides are all 0: it stays small in memory, and is written back as one value.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.core import dtypes, errors, shapes
from autograd_lite.core.dtypes import DType
from autograd_lite.core.export import export
from autograd_lite.wire import messages

MAX_REPEATED_BYTES = 2**34  # more than this is not unfolded from one repeated value
VALUES_FIELD = {
    "float16": "half_val", "bfloat16": "half_val", "float32": "float_val", "float64": "double_val", "int32": "int_val",
    "uint8": "int_val", "int16": "int_val", "int8": "int_val", "uint16": "int_val", "qint8": "int_val", "quint8": "int_val",
    "qint16": "int_val", "quint16": "int_val", "qint32": "int_val", "string": "string_val", "complex64": "scomplex_val",
    "int64": "int64_val", "bool": "bool_val", "complex128": "dcomplex_val", "uint32": "uint32_val", "uint64": "uint64_val",
}  # fmt: skip
_WRITTEN_AS_LIST = frozenset({"uint16", "bool", "complex64", "complex128", "string"})  # TensorFlow never writes raw bytes for these
_HALVES = frozenset({"float16", "bfloat16"})  # their bit patterns are stored as integers
_REAL_PART: dict[str, np.dtype[Any]] = {"complex64": np.dtype(np.float32), "complex128": np.dtype(np.float64)}


def shape_to_proto(shape: shapes.Shape) -> Any:
    """A static shape as a TensorShapeProto message.

    >>> shape_to_proto((2, None)).dim[1].size
    -1
    """
    proto = messages.TensorShapeProto()
    if shape is None:
        proto.unknown_rank = True
    else:
        for size in shape:
            proto.dim.add().size = -1 if size is None else size
    return proto


shapes._proto_factory[0] = shape_to_proto  # for TensorShape.as_proto


def shape_from_proto(proto: Any) -> shapes.Shape:
    """The static shape that a TensorShapeProto message tells.

    Raises:
      ValueError: when a size is negative (other than -1 = unknown) or there would be more than 2**63 - 1 elements.
    """
    if proto.unknown_rank:
        return None
    sizes = [dim.size for dim in proto.dim]
    shape = tuple([None if size == -1 else size for size in sizes])
    if any(size < -1 for size in sizes):
        raise ValueError(f"Shape [{','.join(map(str, sizes))}] has dimensions with values below -1 (where -1 means unknown)")
    if math.prod(size for size in sizes if size > 0) > shapes.MAX_ELEMENTS:
        raise ValueError(f"Shape [{','.join(map(str, sizes))}] is too large (more than 2**63 - 1 entries)")
    return shape


def _is_one_value_repeated(array: np.ndarray) -> bool:
    return array.size > 1 and not any(array.strides)


def list_of_values(values: np.ndarray, dtype: DType) -> Any:
    """The flat `values` as the entries of the field of their type."""
    if dtype.name in _HALVES:
        return values.view(np.uint16).tolist()
    if dtype.name in _REAL_PART:
        return np.ascontiguousarray(values).view(_REAL_PART[dtype.name]).tolist()
    return values.tolist()


def array_to_proto(array: np.ndarray, dtype: DType | None = None, shape: shapes.Shape = None) -> Any:
    """The TensorProto message of an array, encoded as TensorFlow does.

    Args:
      array: the values; text is an object array of bytes.
      dtype: its element type, when the NumPy type does not tell (quantized types).
      shape: the shape to write when `array` holds only the first of the values and the last of them repeats.

    Raises:
      ValueError: when the content is larger than a protobuf message can be (2 GB).
    """
    array = np.asarray(array)
    dtype = dtypes.as_dtype(array.dtype) if dtype is None else dtype.base_dtype
    full_shape = array.shape if shape is None else shape
    proto = messages.TensorProto(dtype=dtype.as_datatype_enum)
    proto.tensor_shape.CopyFrom(shape_to_proto(full_shape))  # also of a scalar: the field is there, and empty
    if _is_one_value_repeated(array):
        array = array.reshape(-1)[:1] if array.size < 2 else np.asarray(array[(0,) * array.ndim]).reshape(1)
    if array.nbytes >= 2**31:
        raise ValueError(
            "Cannot create a tensor proto whose content is larger than 2GB.\n"
            f"  This array of shape {shapes.python_text(array.shape)} takes {array.nbytes} bytes; keep it in a variable or feed it."
        )
    if 1 < array.size == math.prod(full_shape) and dtype.name not in _WRITTEN_AS_LIST:
        proto.tensor_content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    elif array.size:
        getattr(proto, VALUES_FIELD[dtype.name]).extend(list_of_values(array.reshape(-1), dtype))
    return proto


def _bad(text: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"Cannot parse tensor from proto: {text}")


def _checked_shape(proto: Any) -> tuple[int, ...]:
    """The shape of a TensorProto, which must be fully known and not absurd."""
    shape = proto.tensor_shape
    sizes = tuple([dim.size for dim in shape.dim])
    if shape.unknown_rank or any(size < 0 for size in sizes):
        text = "<unknown>" if shape.unknown_rank else f"[{','.join(map(str, sizes))}]"
        raise ValueError(f"Shape {text} is not fully defined")
    if len(sizes) > 254:
        raise _bad(f"the shape has {len(sizes)} dimensions, at most 254 are allowed")
    if math.prod(size for size in sizes if size) > shapes.MAX_ELEMENTS:
        raise _bad(f"shape {shapes.text(sizes)} has more than 2**63 - 1 elements")
    return sizes


def _read_lengths(content: bytes, count: int) -> tuple[list[int], int]:
    """`count` numbers in base-128 form and the position after them."""
    lengths: list[int] = []
    position = 0
    while len(lengths) < count:
        length = shift = 0
        while True:
            if position >= len(content) or shift > 63:
                raise _bad("the lengths of its strings are cut short")
            byte = content[position]
            position += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        lengths.append(length)
    return lengths, position


def _strings_from_content(content: bytes, count: int) -> np.ndarray:
    """Strings that are stored as their lengths followed by their bytes."""
    if count > len(content):
        raise _bad(f"{count} strings do not fit into {len(content)} bytes")
    lengths, position = _read_lengths(content, count)
    if position + sum(lengths) != len(content):
        raise _bad("the lengths of its strings do not add up")
    values = np.empty(count, dtype=object)
    for index, length in enumerate(lengths):
        values[index] = content[position : position + length]
        position += length
    return values


def _from_content(content: bytes, dtype: DType, count: int) -> np.ndarray:
    if dtype is dtypes.string:
        return _strings_from_content(content, count)
    numpy = dtype.numpy
    if len(content) != count * numpy.itemsize:
        raise _bad(f"{count} values of type {dtype.name} need {count * numpy.itemsize} bytes, but {len(content)} are given")
    values = np.frombuffer(content, dtype=numpy.newbyteorder("<")).astype(numpy, copy=False)
    if dtype is dtypes.bool_ and len(content) and values.view(np.uint8).max() > 1:
        return values.view(np.uint8) != 0  # any other byte would be neither True nor False
    return values


def _from_list(field: Any, dtype: DType) -> np.ndarray:
    numpy = dtype.numpy
    if dtype is dtypes.string:
        values = np.empty(len(field), dtype=object)
        values[:] = list(field)
        return values
    if dtype.name in _HALVES:
        return np.array(field, dtype=np.int64).astype(np.uint16).view(numpy)
    if dtype.name in _REAL_PART:
        if len(field) % 2:
            raise _bad(f"{len(field)} numbers are no list of complex values")
        return np.array(field, dtype=_REAL_PART[dtype.name]).view(numpy)
    if numpy.kind in "iu" and numpy.itemsize < 4:
        return np.array(field, dtype=np.int64).astype(numpy)
    return np.array(field, dtype=numpy)


def _fill(values: np.ndarray, shape: tuple[int, ...], count: int, dtype: DType) -> np.ndarray:
    """`values` in `shape`; the last value repeats when there are too few, and no value at all means zeros."""
    if values.size == count:
        return values.reshape(shape)
    if values.size > count:
        raise _bad(f"{values.size} values are too many for shape {shapes.text(shape)}")
    if not values.size:
        values = np.array([b"" if dtype is dtypes.string else 0], dtype=dtype.numpy)
    if count * values.itemsize > MAX_REPEATED_BYTES:
        raise _bad(
            f"shape {shapes.text(shape)} has {count} elements, which is too many to repeat a value\n"
            f"  {values.size} value(s) of type {dtype.name} are given; at most {MAX_REPEATED_BYTES} bytes are unfolded from them."
        )
    if values.size == 1:
        return np.broadcast_to(values.reshape(()), shape)
    full = np.empty(count, dtype=values.dtype)
    full[: values.size], full[values.size :] = values, values[-1]
    return full.reshape(shape)


def proto_to_array(proto: Any) -> np.ndarray:
    """The array that a TensorProto message holds. It may share memory with the message: do not write to it.

    A message in which one value repeats gives a view with strides of 0, which needs the memory of one value.

    Raises:
      InvalidArgumentError: when values, shape and element type do not fit together.
      ValueError: when the shape is not fully known.
      TypeError: when values of this type cannot be held in an array.
    """
    try:
        dtype = dtypes.as_dtype(proto.dtype).base_dtype if proto.dtype else None
    except TypeError:
        dtype = None
    if dtype is None or dtype.name not in VALUES_FIELD:
        named = proto.dtype if dtype is None else dtype.proto_name
        raise TypeError(
            f"Unsupported tensor type: {named}. See https://www.tensorflow.org/api_docs/python/tf/dtypes for supported TF dtypes."
        )
    shape = _checked_shape(proto)
    count = math.prod(shape)
    if proto.tensor_content:
        return _from_content(proto.tensor_content, dtype, count).reshape(shape)
    field = getattr(proto, VALUES_FIELD[dtype.name])
    if len(field) > count * (2 if dtype.name in _REAL_PART else 1):
        raise _bad(f"{len(field)} values are too many for shape {shapes.text(shape)}")
    return _fill(_from_list(field, dtype), shape, count, dtype)


@export("make_ndarray", "contrib.util.make_ndarray")
def MakeNdarray(tensor: Any) -> np.ndarray:
    """Turn a TensorProto message into a NumPy array.

    The array has the proto's shape and element type; text becomes an object array of bytes.

    Raises:
      TypeError: when values of this type cannot be held in an array.
      InvalidArgumentError: when values, shape and element type do not fit together.

    >>> MakeNdarray(messages.TensorProto(dtype=3, tensor_shape={"dim": [{"size": 3}]}, int_val=[7]))
    array([7, 7, 7], dtype=int32)
    """
    return np.array(proto_to_array(tensor), order="C")
