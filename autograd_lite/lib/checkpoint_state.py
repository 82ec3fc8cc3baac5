"""The file `checkpoint` in a folder of checkpoints: which is the newest, and which are still there."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_lite.core import errors, optional
from autograd_lite.core.export import export
from autograd_lite.core.safe_write import remove_leftovers, replacing
from autograd_lite.lib import logging
from autograd_lite.wire import messages
from autograd_lite.wire.bundle import index_path
from autograd_lite.wire.checkpoint_v1 import files_matching
from autograd_lite.wire.files import read_bytes, text_path, translated
from autograd_lite.wire.swap import files_of, forget_old_files
from autograd_lite.wire.text_format import from_text, to_text

_V2 = 2  # SaverDef.V2
_SHARD = re.compile(r"-[\d?]+-of-\d+$")


def state_path(save_dir: str, latest_filename: str | None) -> str:
    """The path of the state file of a folder."""
    return os.path.join(save_dir, latest_filename or "checkpoint")


@export("train.generate_checkpoint_state_proto")
def generate_checkpoint_state_proto(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Iterable[Any] | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> Any:
    """What the state file of a folder shall say, as a CheckpointState message.

    Args:
      save_dir: the folder.
      model_checkpoint_path: the newest checkpoint.
      all_model_checkpoint_paths: all checkpoints that are there, the oldest first; the newest is added if it is missing.
      all_model_checkpoint_timestamps: when each was made, in seconds since 1970.
      last_preserved_timestamp: when the last one that is never to be deleted was made.

    Raises:
      ValueError: when there are not as many times as paths.

    >>> generate_checkpoint_state_proto("/models", "/models/m-2").all_model_checkpoint_paths[0]
    '/models/m-2'
    """
    folder, newest = text_path(save_dir), text_path(model_checkpoint_path)
    paths = [text_path(path) for path in all_model_checkpoint_paths or ()]
    if not paths or paths[-1] != newest:
        logging.info("%s is not in all_model_checkpoint_paths. Manually adding it.", newest)
        paths.append(newest)
    if all_model_checkpoint_timestamps and len(all_model_checkpoint_timestamps) != len(paths):
        raise ValueError(
            f"Checkpoint timestamps, if provided, must match checkpoint paths (got paths {paths} and timestamps "
            f"{all_model_checkpoint_timestamps})"
        )
    if not os.path.isabs(folder):  # what is written is relative to the folder
        newest, *paths = [path if os.path.isabs(path) else os.path.relpath(path, folder or ".") for path in (newest, *paths)]
    return messages.CheckpointState(
        model_checkpoint_path=newest,
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=all_model_checkpoint_timestamps or (),
        last_preserved_timestamp=last_preserved_timestamp,
    )


@export("train.update_checkpoint_state")
def update_checkpoint_state(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Iterable[Any] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: Sequence[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Write the state file of a folder; readers see the old one or the new one.

    Args:
      save_dir: the folder.
      model_checkpoint_path: the newest checkpoint.
      all_model_checkpoint_paths: all checkpoints that are there, the oldest first.
      latest_filename: the name of the state file; `checkpoint` if None.
      all_model_checkpoint_timestamps, last_preserved_timestamp: as in `generate_checkpoint_state_proto`.

    Raises:
      RuntimeError: when the state file has the name of the checkpoint.
      NotFoundError, PermissionDeniedError, ...: when it cannot be written.
    """
    write_state(
        save_dir, model_checkpoint_path, all_model_checkpoint_paths, latest_filename,
        timestamps=all_model_checkpoint_timestamps, last_preserved=last_preserved_timestamp,
    )  # fmt: skip


def write_state(
    save_dir: Any,
    newest: Any,
    all_paths: Iterable[Any] | None = None,
    latest_filename: str | None = None,
    relative: bool = False,
    timestamps: Sequence[float] | None = None,
    last_preserved: float | None = None,
) -> None:
    """`update_checkpoint_state` that can also write paths relative to the folder."""
    folder = text_path(save_dir)
    path = state_path(folder, latest_filename)
    if relative:
        newest, *all_paths = [
            os.path.relpath(each, folder or ".") if os.path.isabs(each) else each for each in (newest, *(all_paths or ()))
        ]  # fmt: skip
    state = generate_checkpoint_state_proto(folder, newest, all_paths, timestamps, last_preserved)
    if path == state.model_checkpoint_path:
        raise RuntimeError(
            f"Save path '{newest}' conflicts with path used for checkpoint state.  Please use a different save path."
        )  # fmt: skip
    remove_leftovers(folder, os.path.basename(path))
    with translated(path), replacing(path, "w") as file:
        file.write(to_text(state))


@export("train.get_checkpoint_state")
def get_checkpoint_state(checkpoint_dir: Any, latest_filename: str | None = None) -> Any:
    """What the state file of a folder says, as a CheckpointState message with paths that can be opened; None if there is none.

    A state file that cannot be read is reported and ignored.

    Args:
      checkpoint_dir: the folder.
      latest_filename: the name of the state file; `checkpoint` if None.

    Raises:
      ValueError: when the file does not name the newest checkpoint.
    """
    folder = text_path(checkpoint_dir)
    path = state_path(folder, latest_filename)
    if not os.path.isfile(path):
        return None
    parse_error = optional.load("google.protobuf.text_format").ParseError
    try:
        state = from_text(read_bytes(path), messages.CheckpointState(), path)
    except (errors.OpError, parse_error, ValueError) as error:
        logging.warn("%s: %s", type(error).__name__, error)
        logging.warn("%s: Checkpoint ignored", path)
        return None
    if not state.model_checkpoint_path:
        raise ValueError(f"Invalid checkpoint state loaded from {checkpoint_dir}")
    state.model_checkpoint_path = os.path.join(folder, state.model_checkpoint_path)
    for index, each in enumerate(state.all_model_checkpoint_paths):
        state.all_model_checkpoint_paths[index] = os.path.join(folder, each)
    return state


@export("train.latest_checkpoint")
def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The path of the newest checkpoint of a folder, to be given to `Saver.restore`; None when there is none.

    >>> import tempfile
    >>> print(latest_checkpoint(tempfile.mkdtemp()))
    None
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None or not state.model_checkpoint_path:
        return None
    if checkpoint_exists(state.model_checkpoint_path):
        return state.model_checkpoint_path
    logging.error("Couldn't match files for checkpoint %s", state.model_checkpoint_path)
    return None


@export("train.checkpoint_exists")
def checkpoint_exists(checkpoint_prefix: Any) -> bool:
    """Whether there is a checkpoint, of either format, under the path that `Saver.save` returned."""
    return bool(_main_files(text_path(checkpoint_prefix)))


def _main_files(prefix: str) -> list[str]:
    """The index of a checkpoint of format V2, or the tables of one of format V1."""
    if not prefix:
        return []
    if os.path.exists(index_path(prefix)):
        return [index_path(prefix)]
    return [path for path in files_matching(prefix) if os.path.isfile(path)]


@export("train.get_checkpoint_mtimes")
def get_checkpoint_mtimes(checkpoint_prefixes: Iterable[Any]) -> list[float]:
    """When each checkpoint was written, in seconds since 1970; those that are not there are left out."""
    files = [_main_files(text_path(prefix)) for prefix in checkpoint_prefixes]
    return [os.stat(found[0]).st_mtime for found in files if found]


def meta_graph_filename(checkpoint_filename: str, meta_graph_suffix: str = "meta") -> str:
    """The file that holds the graph of a checkpoint; for a sharded one, one file for all shards."""
    return f"{_SHARD.sub('', checkpoint_filename)}.{meta_graph_suffix}"


@export("train.remove_checkpoint")
def remove_checkpoint(checkpoint_prefix: Any, checkpoint_format_version: int = _V2, meta_graph_suffix: str = "meta") -> None:
    """Delete the files of a checkpoint: its index and data, and its graph.

    Args:
      checkpoint_prefix: the path that `Saver.save` returned.
      checkpoint_format_version: `tf.train.SaverDef.V1` or `V2`.
      meta_graph_suffix: the ending of the graph's file.
    """
    prefix = text_path(checkpoint_prefix)
    graph_file = meta_graph_filename(prefix, meta_graph_suffix)
    if checkpoint_format_version == _V2:
        files = files_of(prefix)[::-1]  # the index first: what is left is no checkpoint then
        forget_old_files(prefix)
    else:
        files = glob.glob(prefix)
    for file in [graph_file, *files]:
        if os.path.exists(file):
            with translated(file):
                os.unlink(file)
