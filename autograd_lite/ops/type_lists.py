"""Lists of the element types that ops admit, in TensorFlow's order (error messages print them in this order)."""

from __future__ import annotations

NUMBERS = (
    "float double int32 uint8 int16 int8 complex64 int64 qint8 quint8 qint32 bfloat16 qint16 quint16 uint16 complex128 half uint32 uint64"
)
REALS = "float double int32 uint8 int16 int8 int64 bfloat16 uint16 half uint32 uint64"
REALS_AND_QUANTIZED = REALS + " qint8 quint8 qint32 qint16 quint16"
FLOATS = "bfloat16 half float double"
HALF_FIRST = "half bfloat16 float double"
FLOATS_AND_COMPLEX = "bfloat16 half float double complex64 complex128"
SIGNED = "bfloat16 half float double int8 int16 int32 int64 complex64 complex128"
SIGNED_REALS = "bfloat16 half float double int8 int16 int32 int64"
INTEGERS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64"
ARITHMETIC = "bfloat16 half float double uint8 int8 uint16 int16 int32 uint32 uint64 int64 complex64 complex128"
INDEX = "int32 int64"
SMALL_INDEX = "int16 int32 int64"
COMPLEX = "complex64 complex128"
