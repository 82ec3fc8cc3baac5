"""Writing the elements of a dataset into a file."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.operation import Operation
from autograd_lite.lib.data.base import DatasetBase


@export("data.experimental.TFRecordWriter")
class TFRecordWriter:
    """Writes a dataset of strings into a TFRecord file.

    Args:
      filename: the file. compression_type: "", "ZLIB" or "GZIP".

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "words.tfrecord")
    >>> words = tf.data.Dataset.from_tensor_slices(["one", "two"])
    >>> tf.Session().run(tf.data.experimental.TFRecordWriter(path).write(words))
    >>> list(tf.python_io.tf_record_iterator(path))
    [b'one', b'two']
    """

    def __init__(self, filename: Any, compression_type: str | None = None) -> None:
        self._filename = convert_to_tensor(filename, dtypes.string, "filename")
        self._compression_type = convert_to_tensor(compression_type or "", dtypes.string, "compression_type")

    def write(self, dataset: Any) -> Operation:
        """The operation that goes through the dataset once and writes the file, whole or not at all.

        Raises:
          TypeError: unless it is a dataset of scalar strings.
        """
        if not isinstance(dataset, DatasetBase):
            raise TypeError(f"Invalid `dataset.` Expected a `tf.data.Dataset` object but got {type(dataset)}.")
        if dataset.output_types != dtypes.string or dataset.output_shapes.ndims != 0:
            raise TypeError(
                "Invalid `dataset`. Expected a`dataset` that produces scalar `tf.string` elements, but got a dataset which produces "
                f"elements with shapes {dataset.output_shapes} and types {dataset.output_types}."
            )
        return raw.DatasetToTFRecord(dataset._variant_tensor, self._filename, self._compression_type)
