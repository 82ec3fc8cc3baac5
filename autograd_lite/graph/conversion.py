"""Turning Python values, arrays and other objects into tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core import dtypes, shapes
from autograd_lite.core.dtypes import DType
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.core.names import check_node_name
from autograd_lite.core.release import release
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.table import TABLE
from autograd_lite.graph.tensor import Tensor

MAX_CONSTANT_BYTES = 2**31 - 1
_MOST_AXES = 64 if int(np.__version__.partition(".")[0]) >= 2 else 32  # of an array of NumPy; TensorFlow has 254
_FUNCTIONS: list[tuple[int, int, tuple[type, ...], Callable[..., Any]]] = []  # (priority, order, types, function)
_BY_TYPE: dict[type, list[Callable[..., Any]]] = {}


def register_tensor_conversion_function(base_type: Any, conversion_func: Callable[..., Any], priority: int = 100) -> None:
    """Make `convert_to_tensor` accept objects of `base_type` (a type or a tuple of types).

    `conversion_func(value, dtype=None, name=None, as_ref=False)` returns a tensor, or NotImplemented to let the next one try;
    lower priorities come first.

    Raises:
      TypeError: when `base_type` is no type or `conversion_func` cannot be called.
    """
    types = base_type if isinstance(base_type, tuple) else (base_type,)
    if not all(isinstance(kind, type) for kind in types):
        raise TypeError(f"base_type must be a type or a tuple of types, got {base_type!r}.")
    if not callable(conversion_func):
        raise TypeError("conversion_func must be callable.")
    _FUNCTIONS.append((priority, len(_FUNCTIONS), types, conversion_func))
    _FUNCTIONS.sort(key=lambda entry: entry[:2])
    _BY_TYPE.clear()


def _functions_for(kind: type) -> list[Callable[..., Any]]:
    found = _BY_TYPE.get(kind)
    if found is None:
        found = [function for _, _, types, function in _FUNCTIONS if issubclass(kind, types)]
        if len(_BY_TYPE) > 1000:
            _BY_TYPE.clear()
        _BY_TYPE[kind] = found
    return found


def convert_to_tensor(value: Any, dtype: Any = None, name: str | None = None, preferred_dtype: Any = None, as_ref: bool = False) -> Tensor:
    """The tensor that `value` stands for; numbers, lists and arrays become constants.

    Raises:
      TypeError: when nothing is known that converts `value`.
      ValueError: when `value` is a tensor of another type than `dtype`, or None.
    """
    if isinstance(value, Tensor):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value._dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with dtype {value._dtype.name}: {value!r}"
            )
        return value
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype).base_dtype
    for function in _functions_for(type(value)):
        result = NotImplemented
        if dtype is None and preferred_dtype is not None:
            try:
                result = function(value, dtype=dtypes.as_dtype(preferred_dtype).base_dtype, name=name, as_ref=as_ref)
            except (TypeError, ValueError):
                result = NotImplemented
        if result is NotImplemented:
            result = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if result is NotImplemented:
            continue
        if not isinstance(result, Tensor):
            raise RuntimeError(f"{_subject(name)}Conversion function {function!r} for type {type(value)} returned non-Tensor: {result!r}")
        if dtype is not None and not dtype.is_compatible_with(result._dtype):
            raise RuntimeError(
                f"{_subject(name)}Conversion function {function!r} for type {type(value)} returned incompatible dtype: "
                f"requested = {dtype.name}, actual = {result._dtype.name}"
            )
        return result
    if dtype is None and preferred_dtype is not None:
        try:
            return constant_node(make_array(value, dtypes.as_dtype(preferred_dtype).base_dtype), name)
        except (TypeError, ValueError):
            pass
    return constant_node(make_array(value, dtype), name)


def _subject(name: str | None) -> str:
    return f"{name}: " if name else ""


def constant_node(array: Any, name: str | None = None, dtype: DType | None = None) -> Tensor:
    """A Const node in the default graph that holds `array`, which is not copied and must never change."""
    graph = get_default_graph()
    graph._check_not_finalized()
    array = np.asarray(array)
    if any(array.strides):
        _check_size(array, array.dtype)
    array.flags.writeable = False
    scope = graph._scopes
    if name and name[-1] == "/":
        full = name[:-1]
    else:
        if name:
            check_node_name(name)
        full = graph.unique_name(name or "Const")
    dtype = dtype or dtypes.as_dtype(array.dtype)
    op = graph.add_node(TABLE["Const"], full, (), {"dtype": dtype, "value": array}, [])
    tensor = Tensor(op, 0, dtype, array.shape)
    op.outputs.append(tensor)
    if op._control_flow_context is not None:
        op._control_flow_context.AddOp(op)
    if not scope.depth:
        graph._name_journal.clear()
    return tensor


def _check_size(array: np.ndarray, dtype: np.dtype[Any]) -> None:
    """Refuse a constant that no GraphDef can hold, before it is copied."""
    if array.size * dtype.itemsize > MAX_CONSTANT_BYTES:
        raise ValueError(
            "Cannot create a tensor proto whose content is larger than 2GB.\n"
            f"  A constant is part of the graph; feed an array of shape {array.shape} through a placeholder."
        )


def make_array(value: Any, dtype: DType | None = None, shape: Any = None) -> np.ndarray:
    """A fresh array with TensorFlow's typing: Python floats are float32, ints int32 (int64 when too large), text is bytes.

    Raises:
      ValueError: for None, ragged lists, or too many values for `shape`.
      TypeError: when the values do not fit `dtype`.
    """
    if value is None:
        raise ValueError("None values not supported.")
    if isinstance(value, np.ndarray | np.generic):
        array = _from_numpy(value, dtype)
    else:
        if dtype is not None:
            check_elements(value, dtype)
        array = _from_python(value, dtype)
    return array if shape is None else fill_shape(array, shapes.as_shape(shape))


def _from_numpy(value: Any, dtype: DType | None) -> np.ndarray:
    value = np.asarray(value)
    if dtype is dtypes.string or value.dtype.kind in "SUO":
        if dtype not in (None, dtypes.string):
            if value.dtype.kind == "O":
                return _from_python(value.tolist(), dtype)
            raise _not_expected(dtype, value.ravel().tolist()[0] if value.size else value, "str")
        return bytes_array(value)
    dtypes.as_dtype(value.dtype)  # refuses dates and records
    wanted = value.dtype.newbyteorder("=") if dtype is None else dtype.numpy
    _check_size(value, wanted)
    return np.array(value, dtype=wanted, order="C")


def _from_python(value: Any, dtype: DType | None) -> np.ndarray:
    if dtype is dtypes.string:
        return bytes_array(value)
    try:
        array = np.array(value, dtype=None if dtype is None else dtype.numpy)
    except OverflowError as error:
        if dtype is None or not dtype.is_integer:
            raise TypeError(f"{value!r} is too large for {dtype.name if dtype else 'int64'}") from error
        array = np.array(value).astype(dtype.numpy)  # TF wraps Python ints that are too large
    except TypeError as error:
        raise TypeError(_cannot_convert(value)) from error
    if dtype is not None:
        return array
    kind = array.dtype.kind
    if kind == "f":
        return array.astype(np.float32) if array.dtype == np.float64 else array
    if kind == "i" and array.dtype == np.int64:
        small = array.astype(np.int32)
        return small if np.array_equal(small, array) else array
    if kind in "SUO":
        if not _all_text(value):
            raise TypeError(_cannot_convert(value))
        return bytes_array(value)
    return array


def _cannot_convert(value: Any) -> str:
    return (
        f"Failed to convert elements of {value} to Tensor. Consider casting elements to a supported type. "
        "See https://www.tensorflow.org/api_docs/python/tf/dtypes for supported TF dtypes."
    )


def _leaves(value: Any) -> Any:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, list | tuple):
            stack.extend(reversed(item))
        else:
            yield item


def _all_text(value: Any) -> bool:
    return all(
        isinstance(item, str | bytes | np.str_ | np.bytes_) or isinstance(item, np.ndarray) and item.dtype.kind in "SUO"
        for item in _leaves(value)
    )


def bytes_array(value: Any) -> np.ndarray:
    """An object array of bytes from text, bytes, or nested lists or arrays of them."""
    source = np.array(value, dtype=object)
    flat = np.empty(source.size, dtype=object)
    for index, item in enumerate(source.ravel()):
        if isinstance(item, str):
            item = item.encode("utf-8")
        elif not isinstance(item, bytes):
            raise _not_expected(dtypes.string, item)
        flat[index] = bytes(item)
    return flat.reshape(source.shape)


def _not_expected(dtype: DType, item: Any, kind: str | None = None) -> TypeError:
    """The error of a Python value that cannot be an element of `dtype`."""
    kind = kind or type(item).__name__
    if release().older_error_texts:
        return TypeError(f"Expected {dtype.name}, got {item!r} of type '{kind}' instead.")
    return TypeError(f"Expected {dtype.name}, but got {item} of type '{kind}'.")


_ACCEPTED: dict[str, tuple[Any, ...]] = {
    "f": (int, float, np.integer, np.floating),
    "i": (int, np.integer),
    "u": (int, np.integer),
    "q": (int, np.integer),
    "c": (int, float, complex, np.number),
    "b": (bool, np.bool_),
    "s": (str, bytes),
}


def check_elements(value: Any, dtype: DType) -> None:
    """Raise TypeError unless all Python values inside `value` may become elements of `dtype`."""
    accepted = _ACCEPTED.get(dtype.kind)
    if accepted is None:
        raise TypeError(f"Constants of type {dtype.name} do not exist.")
    for item in _leaves(value):
        if isinstance(item, np.ndarray):
            continue
        if isinstance(item, bool | np.bool_) and dtype.kind not in "b":
            raise _not_expected(dtype, item, "bool")
        if not isinstance(item, accepted) and not (hasattr(item, "__array__") or hasattr(item, "__index__") and dtype.kind in "iuf"):
            if item is None:
                raise _not_expected(dtype, None) if isinstance(value, list | tuple) else ValueError("None values not supported.")
            raise _not_expected(dtype, item)


def check_axes(shape: shapes.Shape) -> None:
    """Raise InvalidArgumentError when an array cannot have as many axes as `shape`."""
    if shape is not None and len(shape) > _MOST_AXES:
        raise InvalidArgumentError(None, None, f"Too many dimensions\n  An array has at most {_MOST_AXES}; this shape has {len(shape)}.")


def fill_shape(array: np.ndarray, shape: shapes.Shape) -> np.ndarray:
    """`array` in this shape, its last value repeated when there are too few.

    One value repeated is a view whose strides are 0: it takes the memory of one value, here and in a GraphDef.

    Raises:
      ValueError: when there are too many values, or `shape` is not known.
      InvalidArgumentError: when `shape` has more dimensions than an array can have.
    """
    check_axes(shape)
    count = shapes.num_elements(shape)
    if count is None or shape is None:
        raise ValueError(f"A constant needs a fully defined shape, got {shapes.python_text(shape)}")
    if array.shape == shape:
        return array
    if array.size > count:
        raise ValueError(f"Too many elements provided. Takes at most {count}, but got {array.size}")
    flat = array.reshape(-1)
    if array.size < count:
        if not array.size:
            raise ValueError(f"Cannot fill shape {shapes.python_text(shape)} from no values")
        if array.size == 1:
            return np.broadcast_to(array.reshape(()), tuple(size or 0 for size in shape))  # an element alone would lose the type object
        full = np.empty(count, dtype=array.dtype)
        full[: flat.size] = flat
        full[flat.size :] = flat[-1]
        flat = full
    return flat.reshape(shape)


def _shape_constant(sizes: tuple[Any, ...], described: str, array_shape: tuple[int, ...], dtype: DType | None, name: str | None) -> Tensor:
    if dtype not in (None, dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert {described} to dtype <dtype: '{dtype.name}'>. Allowed dtypes are tf.int32 and tf.int64.")
    wanted = dtype or (dtypes.int64 if any(size >= 2**31 for size in sizes) else dtypes.int32)
    return constant_node(np.array(sizes, wanted.numpy).reshape(array_shape), name or "shape_as_tensor")


def _convert_shape(value: shapes.TensorShape, dtype: DType | None = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    sizes = value.dims_tuple
    if sizes is None or not shapes.is_defined(sizes):
        raise ValueError(
            f"Cannot convert a partially known TensorShape {value} to a Tensor.\n"
            "  tf.shape(x) gives the shape as the graph runs, also where it is not known before."
        )
    return _shape_constant(sizes, f"TensorShape {value}", (len(sizes),), dtype, name)


def _convert_dimension(value: shapes.Dimension, dtype: DType | None = None, name: str | None = None, as_ref: bool = False) -> Tensor:
    if value.value is None:
        raise ValueError(
            f"Cannot convert unknown Dimension {value} to a Tensor.\n"
            "  tf.shape(x)[i] gives the size as the graph runs, also where it is not known before."
        )
    return _shape_constant((value.value,), f"Dimension {value}", (), dtype, name)


register_tensor_conversion_function(shapes.TensorShape, _convert_shape)
register_tensor_conversion_function(shapes.Dimension, _convert_dimension)
