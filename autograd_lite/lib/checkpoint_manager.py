"""`tf.train.CheckpointManager`: a series of checkpoints of which the newest are kept."""

from __future__ import annotations

import os
import time
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.lib import checkpoint_state, logging
from autograd_lite.lib.checkpoint import Checkpoint
from autograd_lite.wire.files import make_folders, text_path


@export("train.CheckpointManager")
class CheckpointManager:
    """Saves a `tf.train.Checkpoint` again and again, and deletes old checkpoints.

    A new manager takes up the checkpoints that an earlier one left in the folder.

    Args:
      checkpoint: what to save.
      directory: the folder; it is made if needed.
      max_to_keep: how many of the newest checkpoints are kept; None keeps all.
      keep_checkpoint_every_n_hours: of the others, one in so many hours is kept for ever.
      checkpoint_name: the name of the files, before the number.

    Raises:
      ValueError: when `max_to_keep` is not positive.

    >>> import tempfile
    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     w = tf.Variable(1.0)
    ...     manager = tf.train.CheckpointManager(tf.train.Checkpoint(w=w), tempfile.mkdtemp(), max_to_keep=2)
    ...     session.run(w.initializer)
    ...     paths = [manager.save() for _ in range(3)]
    ...     manager.checkpoints == paths[1:]
    True
    """

    def __init__(
        self, checkpoint: Checkpoint, directory: Any, max_to_keep: int | None, keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
    ) -> None:  # fmt: skip
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep:d}.")
        self._checkpoint = checkpoint
        self._directory = text_path(directory)
        self._max_to_keep = max_to_keep
        self._keep_every_n_hours = keep_checkpoint_every_n_hours
        self._prefix = os.path.join(self._directory, checkpoint_name)
        self._kept: dict[str, float] = {}  # path -> when it was made, the oldest first
        self._latest: str | None = None
        self._last_preserved = time.time() - 1.0  # when the last that stays for ever was made
        self._recover()

    def _recover(self) -> None:
        state = checkpoint_state.get_checkpoint_state(self._directory)
        if state is None:
            return
        self._latest = state.model_checkpoint_path
        now = time.time()
        if state.last_preserved_timestamp > now:
            logging.warn("time.time() returned a value %s seconds behind the last preserved checkpoint timestamp.",
                         state.last_preserved_timestamp - now)  # fmt: skip
        else:
            self._last_preserved = state.last_preserved_timestamp or self._last_preserved
        times = list(state.all_model_checkpoint_timestamps) or [self._last_preserved] * len(state.all_model_checkpoint_paths)
        self._kept = dict(zip(state.all_model_checkpoint_paths, times))

    @property
    def latest_checkpoint(self) -> str | None:
        """The newest checkpoint, to be given to `Checkpoint.restore`; None if there is none yet."""
        return self._latest

    @property
    def checkpoints(self) -> list[str]:
        """The checkpoints that are kept, the oldest first; those that stay for ever are not among them."""
        return list(self._kept)

    def save(self, checkpoint_number: Any = None) -> str:
        """Write a checkpoint from the default session and delete what is too old.

        Args:
          checkpoint_number: the number behind its name, or a variable that holds it; counted if None.

        Returns:
          The path.

        Raises:
          RuntimeError: when there is no default session.
        """
        make_folders(self._directory)
        path = self._checkpoint.write(f"{self._prefix}-{self._number(checkpoint_number)}")
        self._kept.pop(path, None)
        self._kept[path] = time.time()
        self._latest = path
        self._record()  # before anything is deleted the state file names the new one
        self._sweep()
        self._record()
        return path

    def _number(self, given: Any) -> int:
        session = self._checkpoint._default_session()
        counted = self._checkpoint._counted(session)
        if given is None:
            return counted
        return int(given) if isinstance(given, int) else int(session.run(given))

    def _record(self) -> None:
        checkpoint_state.write_state(
            self._directory, self._latest, list(self._kept), relative=True, timestamps=list(self._kept.values()),
            last_preserved=self._last_preserved,
        )  # fmt: skip

    def _sweep(self) -> None:
        while self._max_to_keep is not None and len(self._kept) > self._max_to_keep:
            path, made = next(iter(self._kept.items()))
            del self._kept[path]
            if self._keep_every_n_hours and made - self._keep_every_n_hours * 3600 >= self._last_preserved:
                self._last_preserved = made
                continue
            checkpoint_state.remove_checkpoint(path)
