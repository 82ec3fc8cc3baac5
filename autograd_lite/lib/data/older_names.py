"""`tf.contrib.data`: transformations that later became methods or arguments of `Dataset`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.lib.data.dataset import Dataset
from autograd_lite.lib.data.experimental import Transformation
from autograd_lite.lib.data.from_files import make_batched_features_dataset
from autograd_lite.lib.data.readers import TFRecordDataset


@export("contrib.data.batch_and_drop_remainder")
def batch_and_drop_remainder(batch_size: Any) -> Transformation:
    """Batches of one size, the rest left out: `Dataset.batch(batch_size, drop_remainder=True)` for `apply`.

    >>> tf.data.Dataset.range(7).apply(tf.contrib.data.batch_and_drop_remainder(3)).output_shapes
    TensorShape([Dimension(3)])
    """
    return lambda dataset: dataset.batch(batch_size, drop_remainder=True)


@export("contrib.data.padded_batch_and_drop_remainder")
def padded_batch_and_drop_remainder(batch_size: Any, padded_shapes: Any, padding_values: Any = None) -> Transformation:
    """Padded batches of one size, the rest left out: `Dataset.padded_batch(..., drop_remainder=True)` for `apply`."""
    return lambda dataset: dataset.padded_batch(batch_size, padded_shapes, padding_values, drop_remainder=True)


@export("contrib.data.sliding_window_batch")
def sliding_window_batch(window_size: int, stride: int | None = None, window_shift: int | None = None,
                         window_stride: int = 1) -> Transformation:  # fmt: skip
    """Batches of `window_size` elements each, which begin `window_shift` elements after one another.

    Args:
      stride: an older name of `window_shift`. window_stride: take every so many-th element.

    Raises:
      ValueError: when both `stride` and `window_shift` are given.

    >>> pairs = tf.data.Dataset.range(4).apply(tf.contrib.data.sliding_window_batch(2, window_shift=1))
    >>> print(tf.Session().run(pairs.make_one_shot_iterator().get_next()))
    [0 1]
    """
    if stride is not None and window_shift is not None:
        raise ValueError("Cannot specify both `stride` and `window_shift`")
    shift = window_shift if window_shift is not None else stride if stride is not None else 1

    def apply(dataset: Dataset) -> Dataset:
        windows = dataset.window(window_size, shift=shift, stride=window_stride, drop_remainder=True)
        return windows.flat_map(lambda *parts: _together(parts[0] if len(parts) == 1 else parts).batch(window_size))

    return apply


def _together(windows: Any) -> Dataset:
    """One dataset of the windows of the parts of an element."""
    return windows if isinstance(windows, Dataset) else Dataset.zip(windows)


@export("contrib.data.read_batch_features")
def read_batch_features(file_pattern: Any, batch_size: int, features: dict[str, Any], reader: Callable[..., Any] = TFRecordDataset,
                        reader_args: Sequence[Any] | None = None, randomize_input: bool = True, num_epochs: int | None = None,
                        capacity: int = 10000) -> Any:  # fmt: skip
    """A batch of the `Example`s in files, as tensors that have other values in each run.

    Args:
      randomize_input, capacity: mix the Examples, with a buffer of so many.
      file_pattern, batch_size, features, reader, reader_args, num_epochs: see `tf.data.experimental.make_batched_features_dataset`.
    """
    dataset = make_batched_features_dataset(
        file_pattern, batch_size, features, reader=reader, reader_args=reader_args, shuffle=randomize_input, num_epochs=num_epochs,
        shuffle_buffer_size=capacity,
    )  # fmt: skip
    return dataset.make_one_shot_iterator().get_next()
