"""MNIST in the form of TF1's tutorials: `tf.examples.tutorials.mnist.input_data.read_data_sets`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.core.dtypes import as_dtype, float32, uint8
from autograd_lite.core.export import export, export_constant
from autograd_lite.graph.seed import get_seed
from autograd_lite.lib.download import download as fetch
from autograd_lite.wire.idx import read_idx

_IMAGES, _LABELS = 2051, 2049  # magic numbers of IDX files of bytes: rank 3, rank 1
_FIELDS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_SUBSET = Path(__file__).with_name("mnist_subset")  # made by tools/make_mnist_subset.py
_SUBSET_SHRINKS = 10  # the shipped subset is about a tenth of MNIST, and so is its validation part

DEFAULT_SOURCE_URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"
export_constant(__name__, "DEFAULT_SOURCE_URL", "contrib.learn.datasets.mnist.DEFAULT_SOURCE_URL")
MIRRORS = (DEFAULT_SOURCE_URL, "https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/")
# The files of the original, as all mirrors hold them: bytes, SHA-256.
ORIGINAL = {
    "train-images-idx3-ubyte.gz": (9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    "train-labels-idx1-ubyte.gz": (28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    "t10k-images-idx3-ubyte.gz": (1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    "t10k-labels-idx1-ubyte.gz": (4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
}
_DOWNLOAD_LIMIT = 1 << 28


@export("contrib.learn.datasets.base.Datasets")
class Datasets(NamedTuple):
    """The three parts of a data set."""

    train: Any
    validation: Any
    test: Any


@export("contrib.learn.datasets.mnist.DataSet")
class DataSet:
    """Images and labels, handed out batch by batch and shuffled anew in every epoch.

    Args:
      images: [n, rows, columns, 1] uint8.
      labels: [n], or [n, 10] if they are one-hot.
      fake_data: hand out the same made-up example always (used to try a program without data).
      one_hot: whether the made-up labels are one-hot.
      dtype: `tf.float32` scales the images to [0, 1]; `tf.uint8` keeps 0 to 255.
      reshape: make the images [n, rows * columns].
      seed: of the shuffling; without it the seed of the graph (`tf.set_random_seed`), or none.

    As in TF1 the order comes from NumPy's global random state, which is seeded here: the batches of old programs come out the same.

    Raises:
      TypeError: `dtype` is another type.
      ValueError: the numbers of images and labels differ, or an image has more than one channel.

    >>> data = DataSet(np.zeros([5, 2, 2, 1], np.uint8), np.arange(5), seed=1)
    >>> images, labels = data.next_batch(2)
    >>> images.shape, labels, data.epochs_completed
    ((2, 4), array([2, 1]), 0)
    """

    def __init__(
        self, images: Any, labels: Any, fake_data: bool = False, one_hot: bool = False,
        dtype: Any = float32, reshape: bool = True, seed: int | None = None,
    ) -> None:  # fmt: skip
        dtype = as_dtype(dtype).base_dtype
        if dtype not in (uint8, float32):
            raise TypeError(f"Invalid image dtype {dtype!r}, expected uint8 or float32")
        graph_seed, op_seed = get_seed(seed)
        np.random.seed(graph_seed if seed is None else op_seed)
        self._fake = fake_data
        self._one_hot = one_hot
        self._num_examples = 10_000 if fake_data else _paired(images, labels)
        if not fake_data and reshape:
            if images.shape[3] != 1:
                raise ValueError(f"images must have one channel to be reshaped to rows, received shape {images.shape}")
            images = images.reshape(images.shape[0], images.shape[1] * images.shape[2])
        if not fake_data and dtype == float32:
            images = np.multiply(images.astype(np.float32), 1.0 / 255.0)
        self._images = images
        self._labels = labels
        self._epochs_completed = 0
        self._next = 0

    @property
    def images(self) -> Any:
        """All images, in their present order."""
        return self._images

    @property
    def labels(self) -> Any:
        """All labels, in the order of the images."""
        return self._labels

    @property
    def num_examples(self) -> int:
        """How many images there are."""
        return self._num_examples

    @property
    def epochs_completed(self) -> int:
        """How often all images were handed out."""
        return self._epochs_completed

    def next_batch(self, batch_size: int, fake_data: bool = False, shuffle: bool = True) -> tuple[Any, Any]:
        """The next `batch_size` images and labels.

        A batch that passes the end of an epoch is filled from the start of the next, which is shuffled first.
        """
        if fake_data:
            label: Any = [1] + [0] * 9 if self._one_hot else 0
            return [[1] * 784 for _ in range(batch_size)], [label for _ in range(batch_size)]
        start = self._next
        if self._epochs_completed == 0 and start == 0 and shuffle:
            self._shuffle()
        if start + batch_size <= self._num_examples:
            self._next = start + batch_size
            return self._images[start : self._next], self._labels[start : self._next]
        self._epochs_completed += 1
        last_images, last_labels = self._images[start:], self._labels[start:]
        if shuffle:
            self._shuffle()
        self._next = batch_size - len(last_images)
        images = np.concatenate((last_images, self._images[: self._next]), axis=0)
        return images, np.concatenate((last_labels, self._labels[: self._next]), axis=0)

    def _shuffle(self) -> None:
        order = np.arange(self._num_examples)
        np.random.shuffle(order)
        self._images = self._images[order]
        self._labels = self._labels[order]


@export("examples.tutorials.mnist.input_data.read_data_sets", "contrib.learn.datasets.mnist.read_data_sets")
def read_data_sets(
    train_dir: str | os.PathLike[str], fake_data: bool = False, one_hot: bool = False, dtype: Any = float32, reshape: bool = True,
    validation_size: int = 5000, seed: int | None = None, source_url: str = DEFAULT_SOURCE_URL, *, download: bool = False,
) -> Datasets:  # fmt: skip
    """Read MNIST as three `DataSet`s: train, validation and test.

    If `train_dir` holds the four IDX files (`train-images-idx3-ubyte.gz` and the others, compressed or not) they are read. If it holds
    none of them, the 5,000 + 1,000 images that come with this library are used and a line on stderr says so; `download=True` fetches
    the original instead, about 11 MB.

    Args:
      train_dir: the folder of the files.
      fake_data: return made-up examples without reading anything.
      one_hot: labels as [n, 10] float64 rows instead of [n] uint8 numbers.
      dtype: `tf.float32` (images in [0, 1]) or `tf.uint8` (0 to 255).
      reshape: images as [n, 784] instead of [n, 28, 28, 1].
      validation_size: how many of the training images become the validation set, the first ones. Of the shipped 5,000 a size meant for
        the original (5,000 and more) takes a tenth.
      seed: of the shuffling.
      source_url: where `download=True` fetches the files. Without it nothing is ever fetched.
      download: fetch the files that are missing in `train_dir`.

    Raises:
      ValueError: a file is damaged or of the wrong kind, or `validation_size` does not fit.
      FileNotFoundError: some of the four files are there and some are not.
      OSError: the download failed.

    >>> mnist = read_data_sets("no such folder", one_hot=True)
    >>> mnist.train.images.shape, mnist.validation.labels.shape, mnist.test.num_examples
    ((4500, 784), (500, 10), 1000)
    """
    if fake_data:
        made_up = [DataSet([], [], fake_data=True, one_hot=one_hot, dtype=dtype, seed=seed) for _ in range(3)]
        return Datasets(*made_up)
    folder = Path(os.fspath(train_dir))
    if download:
        _download_missing(folder, source_url)
    files = _find_files(folder)
    if files is None:
        if validation_size >= 5000:
            validation_size //= _SUBSET_SHRINKS
        files = [_SUBSET / f"{field}.gz" for field in _FIELDS]
        part = f" ({validation_size} of them for validation)" if validation_size else ""
        print(
            f"MNIST: no files in {folder}; using the 5,000 + 1,000 images that come with autograd_lite{part}. "
            "read_data_sets(..., download=True) fetches all.",
            file=sys.stderr,
        )
    images, labels = extract_images(files[0]), extract_labels(files[1], one_hot)
    test_images, test_labels = extract_images(files[2]), extract_labels(files[3], one_hot)
    if not 0 <= validation_size <= len(images):
        raise ValueError(f"Validation size should be between 0 and {len(images)}. Received: {validation_size}.")
    _paired(images, labels)
    _paired(test_images, test_labels)
    train = images[validation_size:], labels[validation_size:]
    validation = images[:validation_size], labels[:validation_size]
    parts = train, validation, (test_images, test_labels)
    return Datasets(*(DataSet(*part, dtype=dtype, reshape=reshape, seed=seed) for part in parts))


@export("contrib.learn.datasets.mnist.load_mnist")
def load_mnist(train_dir: str | os.PathLike[str] = "MNIST-data") -> Datasets:
    """`read_data_sets` with its defaults: whole-number labels, images as rows of [0, 1] numbers."""
    return read_data_sets(train_dir)


@export("contrib.learn.datasets.mnist.extract_images")
def extract_images(f: Any) -> np.ndarray:
    """Read an IDX file of images as [n, rows, columns, 1] uint8. `f` is a path or an open file with a name."""
    return read_idx(_path_of(f), magic=_IMAGES)[..., np.newaxis]


@export("contrib.learn.datasets.mnist.extract_labels")
def extract_labels(f: Any, one_hot: bool = False, num_classes: int = 10) -> np.ndarray:
    """Read an IDX file of labels as [n] uint8, or as [n, num_classes] rows."""
    labels = read_idx(_path_of(f), magic=_LABELS)
    return dense_to_one_hot(labels, num_classes) if one_hot else labels


@export("contrib.learn.datasets.mnist.dense_to_one_hot")
def dense_to_one_hot(labels_dense: np.ndarray, num_classes: int) -> np.ndarray:
    """Turn [n] class numbers into [n, num_classes] float64 rows with one 1 in each.

    >>> dense_to_one_hot(np.array([2, 0]), 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    classes = np.ravel(labels_dense)
    if classes.size and not 0 <= classes.min() <= classes.max() < num_classes:
        raise ValueError(f"labels go from {classes.min()} to {classes.max()}; wanted 0 to {num_classes - 1}")
    rows = np.zeros((len(classes), num_classes))
    rows[np.arange(len(classes)), classes] = 1
    return rows


def _path_of(file: Any) -> Any:
    return file if isinstance(file, (str, os.PathLike)) else file.name


def _paired(images: Any, labels: Any) -> int:
    if images.shape[0] != labels.shape[0]:
        raise ValueError(f"images.shape: {images.shape} labels.shape: {labels.shape}\n  There must be as many labels as images.")
    return images.shape[0]


def _find_files(folder: Path) -> list[Path] | None:
    """The four files in `folder`, or None if it has none of them."""
    found = []
    for field in _FIELDS:
        dotted = field.replace("-idx", ".idx")  # as some archives spell it
        names = [f"{field}.gz", field, f"{dotted}.gz", dotted]
        found.append(next((folder / name for name in names if (folder / name).is_file()), None))
    if not any(found):
        return None
    missing = [f"{field}.gz" for field, file in zip(_FIELDS, found) if file is None]
    if missing:
        raise FileNotFoundError(f"{folder} has some of MNIST's files but not {', '.join(missing)}; download=True fetches what is missing")
    return [file for file in found if file is not None]


def _download_missing(folder: Path, source_url: str) -> None:
    """Fetch what `folder` lacks. Checksums are known for the original and its mirrors only."""
    folder.mkdir(parents=True, exist_ok=True)
    original = source_url in MIRRORS
    sources = [source_url, *(mirror for mirror in MIRRORS if mirror != source_url)] if original else [source_url]
    for name, (size, sha256) in ORIGINAL.items():
        if any((folder / other).is_file() for other in (name, name.removesuffix(".gz"))):
            continue
        urls = [source.rstrip("/") + "/" + name for source in sources]
        try:
            fetch(urls, folder / name, limit=_DOWNLOAD_LIMIT, size=size if original else None, sha256=sha256 if original else None)
        except OSError as error:
            raise OSError(
                f"{error}\n  Put the four files of MNIST into {folder} by hand, or leave download=True out: 5,000 + 1,000 images come with "
                "autograd_lite."
            ) from None
