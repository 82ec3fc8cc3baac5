"""`tf.compat`: text and bytes, and the numeric types of Python and NumPy by kind."""

from __future__ import annotations

import numbers
import os
from typing import Any

import numpy as np

from autograd_lite.core.export import export, export_constant
from autograd_lite.core.shapes import Dimension, TensorShape

bytes_or_text_types = (bytes, str)
integral_types = (numbers.Integral, np.integer)
real_types = (numbers.Real, np.integer, np.floating)
complex_types = (numbers.Complex, np.number)
for _types in ("bytes_or_text_types", "integral_types", "real_types", "complex_types"):
    export_constant(__name__, _types, f"compat.{_types}")


@export("compat.as_bytes")
def as_bytes(bytes_or_text: str | bytes | bytearray, encoding: str = "utf-8") -> bytes:
    """Text as bytes; bytes as they are.

    Raises:
      TypeError: the argument is neither.

    >>> as_bytes("caf\\u00e9")
    b'caf\\xc3\\xa9'
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, (bytes, bytearray)):
        return bytes(bytes_or_text)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@export("compat.as_text", "compat.as_str")
def as_text(bytes_or_text: str | bytes, encoding: str = "utf-8") -> str:
    """Bytes as text; text as it is.

    Raises:
      TypeError: the argument is neither.
      UnicodeDecodeError: the bytes are not text in this encoding.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@export("compat.as_str_any")
def as_str_any(value: Any) -> str:
    """Anything as text: bytes decoded, other values by `str`."""
    return as_text(value) if isinstance(value, bytes) else str(value)


@export("compat.path_to_str")
def path_to_str(path: Any) -> Any:
    """A path object as text; anything else as it is."""
    return as_str_any(os.fspath(path)) if hasattr(path, "__fspath__") else path


@export("dimension_value", "compat.dimension_value")
def dimension_value(dimension: Dimension | int | None) -> int | None:
    """The number of a `tf.Dimension`; a number or None as it is.

    >>> dimension_value(Dimension(3)), dimension_value(None)
    (3, None)
    """
    return dimension.value if isinstance(dimension, Dimension) else dimension


@export("dimension_at_index", "compat.dimension_at_index")
def dimension_at_index(shape: TensorShape, index: int) -> Dimension:
    """The dimension at a place of a shape, unknown if the rank is."""
    return Dimension(None) if shape.dims is None else shape.dims[index]
