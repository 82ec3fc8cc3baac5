"""The op table: importing this package declares every op, one family a file."""

from autograd_lite.ops import (
    arithmetic,
    comparison,
    complex_numbers,
    constants,
    identity,
    indexing,
    joining,
    math_unary,
    moving,
    shapes,
    slicing,
    trigonometry,
)

__all__ = [
    "arithmetic",
    "comparison",
    "complex_numbers",
    "constants",
    "identity",
    "indexing",
    "joining",
    "math_unary",
    "moving",
    "shapes",
    "slicing",
    "trigonometry",
]
