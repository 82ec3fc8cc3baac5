"""The exceptions of `tf.errors`: one class for each way in which running a graph can fail."""

from __future__ import annotations

from typing import Any

from autograd_lite.core.export import export, export_constant

CODES = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
]
OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED = range(8)
RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED = range(8, 13)
INTERNAL, UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED = range(13, 17)


class OpError(Exception):
    """The base of all errors that arise while a graph runs.

    Args:
      node_def: the definition of the node that failed, or None.
      op: the Operation that failed, or None.
      message: what went wrong; its first line is the one people search for.
      error_code: one of the codes of `tf.errors`.
    """

    code_of_class = UNKNOWN

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int | None = None) -> None:
        super().__init__(node_def, op, message)
        self._node_def = node_def
        self._op = op
        self._message = message
        self._error_code = type(self).code_of_class if error_code is None else error_code

    @property
    def message(self) -> str:
        """What went wrong, in words."""
        return self._message

    @property
    def op(self) -> Any:
        """The Operation that failed, or None when it is not known."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The NodeDef of the operation that failed, or None."""
        return self._node_def

    @property
    def error_code(self) -> int:
        """The number of this kind of error."""
        return self._error_code

    def __str__(self) -> str:
        return self._message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (None, None, self._message)


class CancelledError(OpError):
    """The operation was cancelled, for example because its queue or session was closed."""

    code_of_class = CANCELLED


class UnknownError(OpError):
    """Something failed and no better class fits."""

    code_of_class = UNKNOWN


class InvalidArgumentError(OpError):
    """An operation received a value that it cannot work with."""

    code_of_class = INVALID_ARGUMENT


class DeadlineExceededError(OpError):
    """An operation was not finished when its time was over."""

    code_of_class = DEADLINE_EXCEEDED


class NotFoundError(OpError):
    """A file, directory or other thing that was asked for does not exist."""

    code_of_class = NOT_FOUND


class AlreadyExistsError(OpError):
    """A thing that was to be created exists already."""

    code_of_class = ALREADY_EXISTS


class PermissionDeniedError(OpError):
    """The caller may not do this."""

    code_of_class = PERMISSION_DENIED


class ResourceExhaustedError(OpError):
    """Something ran out: memory, disk space or a limit."""

    code_of_class = RESOURCE_EXHAUSTED


class FailedPreconditionError(OpError):
    """The system is not in the state that the operation needs; most often a variable was not initialised."""

    code_of_class = FAILED_PRECONDITION


class AbortedError(OpError):
    """The operation was given up, for example because of a race with another one."""

    code_of_class = ABORTED


class OutOfRangeError(OpError):
    """The end was passed: of a file, a data set, a closed queue or a counter."""

    code_of_class = OUT_OF_RANGE


class UnimplementedError(OpError):
    """The operation does not exist for these types or devices."""

    code_of_class = UNIMPLEMENTED


class InternalError(OpError):
    """Something that must always hold does not: a bug."""

    code_of_class = INTERNAL


class UnavailableError(OpError):
    """A service cannot be reached now; trying again may help."""

    code_of_class = UNAVAILABLE


class DataLossError(OpError):
    """Data is lost or damaged beyond repair: a truncated or corrupted file."""

    code_of_class = DATA_LOSS


class UnauthenticatedError(OpError):
    """The caller did not show who it is."""

    code_of_class = UNAUTHENTICATED


class OperatorNotAllowedInGraphError(TypeError):
    """A tensor was used where Python needs a value at once (`if tensor:`, `for x in tensor:`)."""


_BY_CODE = {cls.code_of_class: cls for cls in OpError.__subclasses__()}


@export("errors.exception_type_from_error_code")
def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The exception class of an error code."""
    return _BY_CODE[error_code]


@export("errors.error_code_from_exception_type")
def error_code_from_exception_type(cls: type[OpError]) -> int:
    """The error code of an exception class."""
    return cls.code_of_class


export("OpError", "errors.OpError")(OpError)
export("errors.OperatorNotAllowedInGraphError")(OperatorNotAllowedInGraphError)
for _class in _BY_CODE.values():
    export(f"errors.{_class.__name__}")(_class)
for _code in CODES:
    export_constant(__name__, _code, f"errors.{_code}")
