"""Looking into a checkpoint of either format without building a graph."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autograd_lite.core import dtypes
from autograd_lite.core.errors import NotFoundError
from autograd_lite.core.export import export
from autograd_lite.core.shapes import text
from autograd_lite.wire.bundle import BundleReader, index_path
from autograd_lite.wire.checkpoint_v1 import TableReader
from autograd_lite.wire.files import text_path


def open_checkpoint(prefix: str) -> BundleReader | TableReader:
    """The reader for a checkpoint: of format V2 if there is an index, else of V1.

    Raises:
      NotFoundError: when there is neither.
      DataLossError: when it is damaged.
    """
    return BundleReader(prefix) if os.path.exists(index_path(prefix)) else TableReader(prefix)


class CheckpointReader:
    """The names, types, shapes and values in a checkpoint."""

    def __init__(self, filepattern: str) -> None:
        self._reader = open_checkpoint(text_path(filepattern))

    def has_tensor(self, tensor_str: Any) -> bool:
        """Whether there is a tensor of this name."""
        return _name(tensor_str) in self._reader

    def get_tensor(self, tensor_str: Any) -> np.ndarray:
        """The value of a tensor.

        Raises:
          NotFoundError: when there is none of this name.
          DataLossError, OutOfRangeError: when the checkpoint is damaged.
        """
        name = _name(tensor_str)
        if name not in self._reader and isinstance(self._reader, TableReader):
            raise NotFoundError(None, None, f"{name} not found in checkpoint file")
        array = self._reader.tensor(name)
        return array if array.shape else array[()]

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """For each tensor its shape as a list."""
        return {name: list(self._reader.stored(name).shape) for name in self._reader.names()}

    def get_variable_to_dtype_map(self) -> dict[str, dtypes.DType]:
        """For each tensor its element type."""
        return {name: self._reader.stored(name).dtype for name in self._reader.names()}

    def debug_string(self) -> bytes:
        """A line for each tensor: name, type and shape."""
        described = [(name, self._reader.stored(name)) for name in self._reader.names()]
        return "".join(f"{name} ({stored.dtype.proto_name}) {text(stored.shape)}\n" for name, stored in described).encode(
            "utf-8", "replace"
        )


def _name(tensor_str: Any) -> str:
    return tensor_str.decode("utf-8", "surrogateescape") if isinstance(tensor_str, bytes) else tensor_str


@export("train.NewCheckpointReader", "pywrap_tensorflow.NewCheckpointReader")
def NewCheckpointReader(filepattern: Any) -> CheckpointReader:
    """Open a checkpoint to look at what it holds.

    Args:
      filepattern: the path that `Saver.save` returned.

    Returns:
      An object with `get_variable_to_shape_map()`, `get_variable_to_dtype_map()`, `has_tensor(name)`, `get_tensor(name)`, `debug_string()`.

    Raises:
      NotFoundError: when there is no such checkpoint.
      DataLossError: when it is damaged.

    >>> import tempfile
    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     session.run(tf.Variable([1.0, 2.0], name="w").initializer)
    ...     path = tf.train.Saver().save(session, tempfile.mkdtemp() + "/model")
    >>> tf.train.NewCheckpointReader(path).get_variable_to_shape_map()
    {'w': [2]}
    """
    return CheckpointReader(filepattern)
