"""The few functions that a plan's code calls besides kernels: about variables, and about what is handed to the caller."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core import shapes
from autograd_lite.core.deadline import check
from autograd_lite.core.errors import FailedPreconditionError, InvalidArgumentError
from autograd_lite.core.release import release
from autograd_lite.runtime.resources import Cell, exclusive


class UninitializedError(FailedPreconditionError):
    """A variable was read before it got a value. Users see its base class; the runtime knows it by this one."""


def empty(cell: Cell) -> None:
    """Complain that a variable has no value."""
    raise UninitializedError(None, None, cell.name)


def mismatch(cell: Cell, wanted: tuple[int, ...], got: tuple[int, ...]) -> None:
    """Complain that a value does not have the variable's shape."""
    text = f"Assign requires shapes of both tensors to match. lhs shape= {shapes.text(wanted)} rhs shape= {shapes.text(got)}"
    raise InvalidArgumentError(None, None, text)


def decision(value: Any) -> bool:
    """Whether a condition holds whose rank was not known before."""
    if value.ndim:
        raise InvalidArgumentError(None, None, f"The second input must be a scalar, but it has shape {shapes.text(value.shape)}")
    return bool(value)


def own(array: Any) -> Any:
    """An array that nobody else holds, with the content of `array`, for a variable's cell."""
    if isinstance(array, np.ndarray):
        return array[()] if array.ndim == 0 and array.dtype != object else array.copy()
    return array


def settle(array: Any) -> Any:
    """A fresh array in the form in which cells keep it: rank 0 as a NumPy scalar."""
    return array[()] if isinstance(array, np.ndarray) and array.ndim == 0 and array.dtype != object else array


def give(value: Any) -> Any:
    """A result as TF1 hands it out: an array, or a NumPy scalar (bytes for a string) of rank 0."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def give_copy(value: Any) -> Any:
    """The same, when others hold the array."""
    if not isinstance(value, np.ndarray):
        return value
    return value[()] if value.ndim == 0 else value.copy()


def uninitialized_text(cell: Cell, others_exist: bool) -> str:
    """TensorFlow's words for a variable without a value."""
    if cell.is_ref:
        return f"Attempting to use uninitialized value {cell.name}"
    place = f"{cell.container}/{cell.name}"
    missing = (
        f"Resource {place}/N10tensorflow3VarE does not exist."
        if others_exist
        else f"Container {cell.container} does not exist. (Could not find resource: {place})"
    )
    if release().older_error_texts:
        return (
            f"Error while reading resource variable {cell.name} from Container: {cell.container}. "
            f"This could mean that the variable was uninitialized. Not found: {missing}"
        )
    return (
        f"Could not find variable {cell.name}. This could mean that the variable has been deleted. In TF1, it can also mean the variable "
        f"is uninitialized. Debug info: container={cell.container}, status error message={missing}"
    )


HELPERS: dict[str, Any] = {
    "check": check, "decision": decision, "empty": empty, "exclusive": exclusive, "give": give,
    "give_copy": give_copy, "mismatch": mismatch, "own": own, "settle": settle,
}  # fmt: skip
