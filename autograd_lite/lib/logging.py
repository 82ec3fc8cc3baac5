"""`tf.logging`: messages to stderr by level, through Python's own logging under the logger name `tensorflow`."""

from __future__ import annotations

import logging
import sys
from typing import Any

from autograd_lite.core.export import export, export_constant

DEBUG, INFO, WARN, ERROR, FATAL = logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.FATAL
for _level in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL"):
    export_constant(__name__, _level, f"logging.{_level}")

_NAME = "tensorflow"  # programs ask logging.getLogger("tensorflow") for it
_counts: dict[object, int] = {}


@export("get_logger")
def get_logger() -> logging.Logger:
    """Python's logger behind `tf.logging`, named "tensorflow". It is set up when first asked for, not when this library is imported."""
    logger = logging.getLogger(_NAME)
    if logger.level == logging.NOTSET:
        logger.setLevel(WARN)
    if not logger.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler(_StandardError())
        handler.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
        logger.addHandler(handler)
    return logger


class _StandardError:
    """Whatever `sys.stderr` is at the moment of writing: notebooks and tests exchange it."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


@export("logging.set_verbosity")
def set_verbosity(v: int | str) -> None:
    """Show messages of level `v` and above: `tf.logging.INFO`, `WARN` (the default), `ERROR`, ...

    >>> set_verbosity(ERROR)
    >>> get_verbosity() == ERROR
    True
    >>> set_verbosity(WARN)
    """
    get_logger().setLevel(v)


@export("logging.get_verbosity")
def get_verbosity() -> int:
    """The lowest level that is shown."""
    return get_logger().getEffectiveLevel()


@export("logging.log")
def log(level: int, msg: object, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` at a level."""
    get_logger().log(level, msg, *args, **kwargs)


@export("logging.debug")
def debug(msg: object, *args: Any, **kwargs: Any) -> None:
    """Log at level DEBUG."""
    get_logger().debug(msg, *args, **kwargs)


@export("logging.info")
def info(msg: object, *args: Any, **kwargs: Any) -> None:
    """Log at level INFO."""
    get_logger().info(msg, *args, **kwargs)


@export("logging.warn", "logging.warning")
def warn(msg: object, *args: Any, **kwargs: Any) -> None:
    """Log at level WARN."""
    get_logger().warning(msg, *args, **kwargs)


@export("logging.error")
def error(msg: object, *args: Any, **kwargs: Any) -> None:
    """Log at level ERROR."""
    get_logger().error(msg, *args, **kwargs)


@export("logging.fatal")
def fatal(msg: object, *args: Any, **kwargs: Any) -> None:
    """Log at level FATAL. The program goes on, as it does in TensorFlow."""
    get_logger().fatal(msg, *args, **kwargs)


@export("logging.vlog")
def vlog(level: int, msg: object, *args: Any, **kwargs: Any) -> None:
    """Log at a level: another name of `tf.logging.log`."""
    get_logger().log(level, msg, *args, **kwargs)


@export("logging.TaskLevelStatusMessage")
def task_level_status_message(msg: object) -> None:
    """Log at level ERROR."""
    get_logger().error(msg)


@export("logging.log_if")
def log_if(level: int, msg: object, condition: object, *args: Any) -> None:
    """Log at a level if `condition` holds."""
    if condition:
        get_logger().log(level, msg, *args)


@export("logging.log_every_n")
def log_every_n(level: int, msg: object, n: int, *args: Any) -> None:
    """Log the first of every `n` calls made from the same line of the program."""
    log_if(level, msg, not _calls_before(sys._getframe(1)) % n, *args)


@export("logging.log_first_n")
def log_first_n(level: int, msg: object, n: int, *args: Any) -> None:
    """Log only the first `n` calls made from the same line of the program."""
    log_if(level, msg, _calls_before(sys._getframe(1)) < n, *args)


@export("logging.flush")
def flush() -> None:
    """Write out what waits in the handlers."""
    for handler in get_logger().handlers:
        handler.flush()


def _calls_before(caller: Any) -> int:
    """How often this line asked before; counts itself in."""
    line = (caller.f_code.co_filename, caller.f_lineno)
    before = _counts.get(line, 0)
    _counts[line] = before + 1
    return before
