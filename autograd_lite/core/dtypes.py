"""Element types of tensors, with the names, numbers and limits that TensorFlow gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import optional
from autograd_lite.core.export import export, export_constant

_REF_OFFSET = 100  # DataType numbers of reference types are those of the value types plus 100


@export("DType", "dtypes.DType")
class DType:
    """The element type of a tensor, such as `tf.float32`.

    A *reference* type (`float32_ref`) marks the output of a variable: an op may write through it.
    """

    __slots__ = ("_base", "_numpy", "_ref", "as_datatype_enum", "cpp_name", "is_ref", "kind", "name", "proto_name", "size")

    def __init__(self, name: str, number: int, kind: str, cpp_name: str, proto_name: str, numpy: Any, size: int) -> None:
        self.name = name
        self.as_datatype_enum = number
        self.kind = kind  # one of: f(loat) i(nteger) u(nsigned) c(omplex) b(ool) s(tring) q(uantized) r(esource) v(ariant)
        self.cpp_name = cpp_name
        self.proto_name = proto_name
        self.size = size
        self.is_ref = False
        self._numpy = numpy
        self._base = self
        self._ref: DType | None = None

    @property
    def numpy(self) -> np.dtype:
        """The NumPy type in which values of this type are stored."""
        if self._numpy is None:
            if self._base is not self:
                self._numpy = self._base.numpy
            elif self.name == "bfloat16":
                self._numpy = np.dtype(optional.load("ml_dtypes").bfloat16)
            else:
                raise TypeError(f"{self!r} has no NumPy equivalent")
        return self._numpy

    @property
    def as_numpy_dtype(self) -> type:
        """The NumPy scalar type, for example `numpy.float32`."""
        return self.numpy.type

    @property
    def base_dtype(self) -> DType:
        """The value type of a reference type; a value type itself."""
        return self._base

    @property
    def real_dtype(self) -> DType:
        """The type of the real part of a complex type; any other type itself."""
        base = self._base
        return {"complex64": float32, "complex128": float64}.get(base.name, self)

    @property
    def _is_ref_dtype(self) -> bool:
        return self.is_ref

    @property
    def _as_ref(self) -> DType:
        return self if self.is_ref else reference_type(self)

    @property
    def is_bool(self) -> bool:
        """Whether this is the boolean type."""
        return self.kind == "b"

    @property
    def is_integer(self) -> bool:
        """Whether this is a (non-quantized) integer type."""
        return self.kind in "iu"

    @property
    def is_unsigned(self) -> bool:
        """Whether this is an integer type without negative numbers."""
        return self.kind == "u"

    @property
    def is_floating(self) -> bool:
        """Whether this is a real floating-point type."""
        return self.kind == "f"

    @property
    def is_complex(self) -> bool:
        """Whether this is a complex type."""
        return self.kind == "c"

    @property
    def is_quantized(self) -> bool:
        """Whether this is a quantized type."""
        return self.kind == "q"

    @property
    def is_numpy_compatible(self) -> bool:
        """Whether values of this type can be held in a NumPy array."""
        return self.kind not in "rv"

    @property
    def min(self) -> Any:
        """The smallest finite value that this type can hold."""
        return self._limit("min")

    @property
    def max(self) -> Any:
        """The largest finite value that this type can hold."""
        return self._limit("max")

    @property
    def limits(self) -> tuple[Any, Any]:
        """The range of intensities of an image of this type: (0, 1) for floats, else (min, max)."""
        if self.is_bool:
            return False, True
        if self.is_floating:
            return 0, 1
        return self.min, self.max

    def _limit(self, which: str) -> Any:
        if self.is_bool:
            return which == "max"
        if self.is_integer:
            return getattr(np.iinfo(self.numpy), which)
        if self.is_floating:
            if self._base.name == "bfloat16":
                return getattr(optional.load("ml_dtypes").finfo(self.numpy), which)
            return getattr(np.finfo(self.numpy), which)
        raise TypeError(f"Cannot find {which}imum value of {self}.")

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor of type `other` can be used where this type is wanted."""
        other = as_dtype(other)
        return self is other or self is other._base

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if other is None or isinstance(other, DType):
            return False
        try:
            return as_dtype(other) is self
        except TypeError:
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return self.as_datatype_enum

    def __int__(self) -> int:
        return self.as_datatype_enum

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: '{self.name}'>"

    def __reduce__(self) -> tuple[Any, ...]:
        return as_dtype, (self.name,)


_BY_KEY: dict[Any, DType] = {}
_BY_NAME: dict[str, DType] = {}
_BY_NUMBER: dict[int, DType] = {}


def _make(name: str, number: int, kind: str, cpp_name: str, proto_name: str, numpy: Any, size: int) -> DType:
    dtype = DType(name, number, kind, cpp_name, proto_name, None if numpy is None else np.dtype(numpy), size)
    _BY_NAME[name] = _BY_NUMBER[number] = dtype
    if numpy is not None and kind != "q":
        _BY_KEY[np.dtype(numpy)] = dtype
        _BY_KEY[np.dtype(numpy).type] = dtype
    return dtype


def reference_type(dtype: DType) -> DType:
    """The reference type of a value type (`float32` -> `float32_ref`)."""
    if dtype._ref is None:
        ref = DType(f"{dtype.name}_ref", dtype.as_datatype_enum + _REF_OFFSET, dtype.kind, f"{dtype.cpp_name}_ref",
                    f"{dtype.proto_name}_REF", dtype._numpy, dtype.size)  # fmt: skip
        ref.is_ref, ref._base, dtype._ref = True, dtype, ref
        _BY_NAME[ref.name] = _BY_NUMBER[ref.as_datatype_enum] = ref
    return dtype._ref


float32 = _make("float32", 1, "f", "float", "DT_FLOAT", np.float32, 4)
float64 = _make("float64", 2, "f", "double", "DT_DOUBLE", np.float64, 8)
int32 = _make("int32", 3, "i", "int32", "DT_INT32", np.int32, 4)
uint8 = _make("uint8", 4, "u", "uint8", "DT_UINT8", np.uint8, 1)
int16 = _make("int16", 5, "i", "int16", "DT_INT16", np.int16, 2)
int8 = _make("int8", 6, "i", "int8", "DT_INT8", np.int8, 1)
string = _make("string", 7, "s", "string", "DT_STRING", np.object_, 1)
complex64 = _make("complex64", 8, "c", "complex64", "DT_COMPLEX64", np.complex64, 8)
int64 = _make("int64", 9, "i", "int64", "DT_INT64", np.int64, 8)
bool_ = _make("bool", 10, "b", "bool", "DT_BOOL", np.bool_, 1)
qint8 = _make("qint8", 11, "q", "qint8", "DT_QINT8", np.int8, 1)
quint8 = _make("quint8", 12, "q", "quint8", "DT_QUINT8", np.uint8, 1)
qint32 = _make("qint32", 13, "q", "qint32", "DT_QINT32", np.int32, 4)
bfloat16 = _make("bfloat16", 14, "f", "bfloat16", "DT_BFLOAT16", None, 2)
qint16 = _make("qint16", 15, "q", "qint16", "DT_QINT16", np.int16, 2)
quint16 = _make("quint16", 16, "q", "quint16", "DT_QUINT16", np.uint16, 2)
uint16 = _make("uint16", 17, "u", "uint16", "DT_UINT16", np.uint16, 2)
complex128 = _make("complex128", 18, "c", "complex128", "DT_COMPLEX128", np.complex128, 16)
float16 = _make("float16", 19, "f", "half", "DT_HALF", np.float16, 2)
resource = _make("resource", 20, "r", "resource", "DT_RESOURCE", None, 1)
variant = _make("variant", 21, "v", "variant", "DT_VARIANT", None, 1)
uint32 = _make("uint32", 22, "u", "uint32", "DT_UINT32", np.uint32, 4)
uint64 = _make("uint64", 23, "u", "uint64", "DT_UINT64", np.uint64, 8)
half, double = float16, float64

VALUE_TYPES = tuple(_BY_NAME.values())
for _dtype in VALUE_TYPES:
    reference_type(_dtype)
    _BY_NAME.setdefault(_dtype.cpp_name, _dtype)
    _BY_NAME.setdefault(f"{_dtype.cpp_name}_ref", reference_type(_dtype))
    _BY_NAME.setdefault(_dtype.proto_name, _dtype)

_BY_KEY.update({float: float32, int: int32, complex: complex64, np.bool_: bool_})
_BY_KEY.update(dict.fromkeys((str, bytes, np.str_, np.bytes_), string))
_BY_KEY[bool] = bool_
_BY_KEY[np.longlong] = int64
_BY_KEY[np.ulonglong] = uint64
QUANTIZED_DTYPES = frozenset(dtype for dtype in VALUE_TYPES if dtype.kind == "q")


@export("as_dtype", "dtypes.as_dtype")
def as_dtype(type_value: Any) -> DType:
    """Turn a name, number, NumPy type or Python type into the `DType` that it means.

    Raises:
      TypeError: when `type_value` means no type.

    >>> as_dtype("float32"), as_dtype(np.int64), as_dtype(1)
    (tf.float32, tf.int64, tf.float32)
    """
    if isinstance(type_value, DType):
        return type_value
    try:
        found = _BY_KEY.get(type_value) or _BY_NAME.get(type_value) or _BY_NUMBER.get(type_value)
    except TypeError:  # not hashable
        found = None
    if found is not None:
        return found
    try:
        numpy_type = None if type_value is None else np.dtype(type_value)
    except (TypeError, ValueError):
        numpy_type = None
    if numpy_type is not None:
        if numpy_type in _BY_KEY:
            return _BY_KEY[numpy_type]
        if numpy_type.kind in "SUO":
            return string
        if numpy_type.name in _BY_NAME:  # bfloat16 of ml_dtypes, byte-swapped types
            return _BY_NAME[numpy_type.name]
    raise TypeError(f"Cannot convert value {type_value!r} to a TensorFlow DType.")


for _dtype in VALUE_TYPES:
    _attribute = "bool_" if _dtype is bool_ else _dtype.name
    export_constant(__name__, _attribute, _dtype.name, f"dtypes.{_dtype.name}")
export_constant(__name__, "float16", "half", "dtypes.half")
export_constant(__name__, "float64", "double", "dtypes.double")
export_constant(__name__, "QUANTIZED_DTYPES", "QUANTIZED_DTYPES", "dtypes.QUANTIZED_DTYPES")
