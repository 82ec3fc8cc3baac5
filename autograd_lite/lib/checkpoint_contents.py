"""Reading checkpoints outside of a graph, and waiting for new ones."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_lite.core.export import export
from autograd_lite.lib import logging
from autograd_lite.lib.checkpoint_state import latest_checkpoint
from autograd_lite.wire.checkpoint_reader import CheckpointReader
from autograd_lite.wire.files import text_path

_PAUSE = 1.0  # seconds between two looks at a folder


def checkpoint_path(ckpt_dir_or_file: Any) -> str:
    """The path of a checkpoint, given itself or as the folder whose newest it is.

    Raises:
      ValueError: when the folder has none.
    """
    path = text_path(ckpt_dir_or_file)
    if not os.path.isdir(path):
        return path
    found = latest_checkpoint(path)
    if found is None:
        raise ValueError(f"Couldn't find 'checkpoint' file or checkpoints in given directory {ckpt_dir_or_file}")
    return found


@export("train.load_checkpoint", "contrib.framework.load_checkpoint")
def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """Open a checkpoint, given by its path or as the newest of a folder, to look at what it holds.

    Returns:
      A reader as that of `tf.train.NewCheckpointReader`.

    Raises:
      ValueError: when the folder has no checkpoint.
      NotFoundError: when there is no such checkpoint.
      DataLossError: when it is damaged.
    """
    return CheckpointReader(checkpoint_path(ckpt_dir_or_file))


@export("train.load_variable", "contrib.framework.load_variable")
def load_variable(ckpt_dir_or_file: Any, name: str) -> np.ndarray:
    """The value of one variable in a checkpoint.

    Args:
      ckpt_dir_or_file: the path of a checkpoint, or a folder.
      name: the variable's name in it; `:0` at its end is ignored.

    Raises:
      NotFoundError: when the checkpoint does not have it.
    """
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


@export("train.list_variables", "contrib.framework.list_variables")
def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """The variables in a checkpoint: pairs of name and shape, sorted by name.

    >>> import tempfile
    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     session.run(tf.Variable([1.0, 2.0], name="w").initializer)
    ...     path = tf.train.Saver().save(session, tempfile.mkdtemp() + "/model")
    >>> tf.train.list_variables(path)
    [('w', [2])]
    """
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def wait_for_new_checkpoint(
    checkpoint_dir: Any, last_checkpoint: str | None = None, seconds_to_sleep: float = _PAUSE, timeout: float | None = None
) -> str | None:
    """The newest checkpoint of a folder once it is another than `last_checkpoint`; None when `timeout` seconds pass before."""
    logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    stop = None if timeout is None else time.monotonic() + timeout
    while True:
        found = latest_checkpoint(checkpoint_dir)
        if found is not None and found != last_checkpoint:
            logging.info("Found new checkpoint at %s", found)
            return found
        if stop is not None and time.monotonic() + seconds_to_sleep > stop:
            return None
        time.sleep(seconds_to_sleep)


@export("train.checkpoints_iterator")
def checkpoints_iterator(
    checkpoint_dir: Any, min_interval_secs: float = 0, timeout: float | None = None, timeout_fn: Callable[[], bool] | None = None
) -> Iterator[str]:
    """Each new checkpoint of a folder as it appears; those that are overtaken meanwhile are left out.

    Args:
      checkpoint_dir: the folder.
      min_interval_secs: the least time between two.
      timeout: how many seconds to wait for a new one; without end if None.
      timeout_fn: called when that time is over; the iteration ends if it returns True, or if there is none.
    """
    path: str | None = None
    while True:
        new = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if new is None:
            if timeout_fn is None:
                logging.info("Timed-out waiting for a checkpoint.")
                return
            if timeout_fn():
                return
            continue
        started = time.monotonic()
        path = new
        yield path
        rest = started + min_interval_secs - time.monotonic()
        if rest > 0:
            time.sleep(rest)
