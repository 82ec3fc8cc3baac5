"""TensorBoard's projector: which variables are embeddings, and what their rows mean."""

from __future__ import annotations

import os
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.core.safe_write import replacing
from autograd_lite.wire.files import make_folders, text_path, translated
from autograd_lite.wire.text_format import to_text

_FILE = "projector_config.pbtxt"


@export("contrib.tensorboard.plugins.projector.visualize_embeddings")
def visualize_embeddings(summary_writer: Any, config: Any) -> None:
    """Write a ProjectorConfig message beside the events of a `FileWriter`, where TensorBoard's projector looks for it.

    Raises:
      ValueError: the writer has no folder.

    >>> import autograd_lite as tf, tempfile
    >>> config = tf.contrib.tensorboard.plugins.projector.ProjectorConfig()
    >>> config.embeddings.add().tensor_name = "words"
    >>> visualize_embeddings(tf.summary.FileWriter(tempfile.mkdtemp()), config)
    """
    logdir = summary_writer.get_logdir()
    if not logdir:
        raise ValueError("Summary writer must have a logdir")
    folder = text_path(logdir)
    make_folders(folder)
    path = os.path.join(folder, _FILE)
    with translated(path), replacing(path) as file:
        file.write(to_text(config).encode())
