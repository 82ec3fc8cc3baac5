import gzip
import shutil
import struct

import numpy as np
import pytest

from autograd_lite.core import dtypes
from autograd_lite.graph.default_graph import reset_default_graph
from autograd_lite.graph.seed import set_random_seed
from autograd_lite.lib import mnist
from autograd_lite.wire.idx import write_idx

NAMES = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


@pytest.fixture(autouse=True)
def no_graph_seed_and_the_same_numpy_state_after():
    state = np.random.get_state()
    reset_default_graph()
    yield
    reset_default_graph()
    np.random.set_state(state)


def numbered(count, seed=None, **options):
    """Image i is filled with i, and its label is i, so that an order can be read off either."""
    images = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    return mnist.DataSet(images, np.arange(count), seed=seed, **options)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for part, count in (("train", 60), ("t10k", 20)):
        write_idx(tmp_path / f"{part}-images-idx3-ubyte.gz", rng.integers(0, 256, (count, 28, 28)).astype(np.uint8))
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", (np.arange(count) % 10).astype(np.uint8))
    return tmp_path


def test_images_are_rows_of_numbers_from_0_to_1_by_default():
    images = np.array([0, 51, 255, 7], np.uint8).reshape(1, 2, 2, 1)
    data = mnist.DataSet(images, np.array([3]))
    assert data.images.dtype == np.float32 and data.images.shape == (1, 4)
    np.testing.assert_array_equal(data.images[0], np.array([0, 51, 255, 7], np.float32) * np.float32(1 / 255))


def test_uint8_and_unreshaped_images_are_kept():
    data = numbered(3, dtype=dtypes.uint8, reshape=False)
    assert data.images.dtype == np.uint8 and data.images.shape == (3, 2, 2, 1)
    assert numbered(3, dtype=np.float32, reshape=False).images.shape == (3, 2, 2, 1)


@pytest.mark.parametrize("dtype", [dtypes.int32, dtypes.float64])
def test_another_dtype_is_a_type_error(dtype):
    with pytest.raises(TypeError, match=r"Invalid image dtype tf\.\w+, expected uint8 or float32"):
        numbered(3, dtype=dtype)


def test_batches_come_in_the_order_of_numpys_shuffle_with_the_seed():
    data = numbered(10, seed=4)
    np.random.seed(4)
    first, second = np.arange(10), np.arange(10)
    np.random.shuffle(first)
    np.random.shuffle(second)
    np.random.seed(4)
    batches = [data.next_batch(4) for _ in range(4)]
    assert [batch[1].tolist() for batch in batches[:2]] == [first[:4].tolist(), first[4:8].tolist()]
    assert data.epochs_completed == 1
    # The end of the first epoch, then the start of the second: the shuffled data shuffled again.
    assert batches[2][1].tolist() == [*first[8:], *first[second][:2]]
    assert batches[3][1].tolist() == first[second][2:6].tolist()
    for images, labels in batches:
        np.testing.assert_allclose(images[:, 0] * 255, labels, rtol=1e-6)


def test_without_a_seed_of_its_own_the_graphs_seed_counts():
    set_random_seed(12)
    data = numbered(10)
    order = np.arange(10)
    np.random.RandomState(12).shuffle(order)
    assert data.next_batch(10)[1].tolist() == order.tolist()


def test_an_unshuffled_set_comes_in_order_and_an_exact_epoch_is_counted_late():
    data = numbered(4, seed=1)
    assert data.next_batch(2, shuffle=False)[1].tolist() == [0, 1]
    assert data.next_batch(2, shuffle=False)[1].tolist() == [2, 3]
    assert data.epochs_completed == 0
    assert data.next_batch(2, shuffle=False)[1].tolist() == [0, 1]
    assert data.epochs_completed == 1


def test_fake_data_needs_no_files():
    sets = mnist.read_data_sets("unused", fake_data=True, one_hot=True)
    assert [part.num_examples for part in sets] == [10_000] * 3
    images, labels = sets.train.next_batch(2, fake_data=True)
    assert images == [[1] * 784] * 2
    assert labels == [[1] + [0] * 9] * 2
    assert mnist.read_data_sets("unused", fake_data=True).test.next_batch(1, True)[1] == [0]


def test_files_of_a_folder_are_split_as_in_tf1(folder, capsys):
    sets = mnist.read_data_sets(folder, validation_size=15)
    assert [part.num_examples for part in sets] == [45, 15, 20]
    assert sets.validation.labels.tolist() == [i % 10 for i in range(15)]
    assert sets.train.labels.tolist() == [i % 10 for i in range(15, 60)]
    assert sets.train.labels.dtype == np.uint8
    assert capsys.readouterr() == ("", "")


def test_one_hot_labels_are_rows_of_float64(folder):
    labels = mnist.read_data_sets(folder, one_hot=True, validation_size=0).test.labels
    assert labels.dtype == np.float64
    np.testing.assert_array_equal(labels, np.eye(10)[np.arange(20) % 10])


@pytest.mark.parametrize("spelling", ["train-images-idx3-ubyte", "train-images.idx3-ubyte", "train-images.idx3-ubyte.gz"])
def test_other_spellings_of_a_file_are_found(folder, spelling):
    content = (folder / NAMES[0]).read_bytes()
    (folder / NAMES[0]).unlink()
    (folder / spelling).write_bytes(content if spelling.endswith("gz") else gzip.decompress(content))
    assert mnist.read_data_sets(folder, validation_size=0).train.num_examples == 60


@pytest.mark.parametrize("size", [-1, 61])
def test_a_validation_size_that_does_not_fit_is_refused(folder, size):
    with pytest.raises(ValueError, match=f"Validation size should be between 0 and 60. Received: {size}."):
        mnist.read_data_sets(folder, validation_size=size)


def test_a_folder_with_some_of_the_files_names_the_missing_ones(folder):
    (folder / NAMES[1]).unlink()
    (folder / NAMES[3]).unlink()
    with pytest.raises(FileNotFoundError, match="not train-labels-idx1-ubyte.gz, t10k-labels-idx1-ubyte.gz; download=True"):
        mnist.read_data_sets(folder)


def test_images_and_labels_that_do_not_belong_together_are_refused(folder):
    shutil.copy(folder / NAMES[3], folder / NAMES[1])
    with pytest.raises(ValueError, match=r"images.shape: \(60, 28, 28, 1\) labels.shape: \(20,\)"):
        mnist.read_data_sets(folder, validation_size=0)


def test_a_file_of_the_wrong_kind_is_refused(folder):
    shutil.copy(folder / NAMES[1], folder / NAMES[0])
    with pytest.raises(ValueError, match="Invalid magic number 2049 in MNIST file: .*train-images-idx3-ubyte.gz"):
        mnist.read_data_sets(folder)


def test_a_label_outside_the_classes_is_refused(folder):
    with open(folder / "odd", "wb") as file:
        file.write(struct.pack(">iiB", 2049, 1, 10))
    with pytest.raises(ValueError, match="labels go from 10 to 10; wanted 0 to 9"):
        mnist.extract_labels(folder / "odd", one_hot=True)
    assert mnist.extract_labels(open(folder / "odd", "rb")).tolist() == [10]


def test_without_files_the_shipped_subset_is_used_and_one_line_says_so(tmp_path, capsys):
    sets = mnist.read_data_sets(tmp_path / "MNIST_data")
    assert [part.num_examples for part in sets] == [4500, 500, 1000]
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "5,000 + 1,000 images that come with autograd_lite (500 of them for validation)" in err
    assert not (tmp_path / "MNIST_data").exists()


def test_the_shipped_subset_is_balanced_and_small():
    sets = mnist.read_data_sets("no such folder", validation_size=0)
    assert np.bincount(sets.train.labels).tolist() == [500] * 10
    assert np.bincount(sets.test.labels).tolist() == [100] * 10
    assert sets.train.images.shape == (5000, 784) and sets.train.images.max() == 1.0
    assert sum(file.stat().st_size for file in mnist._SUBSET.iterdir()) < 1_500_000


def test_a_validation_size_of_ones_own_is_taken_from_the_subset_as_it_is():
    assert mnist.read_data_sets("no such folder", validation_size=1000).train.num_examples == 4000


def test_a_download_that_fails_says_what_else_can_be_done(tmp_path, monkeypatch):
    def fetch(urls, path, **wanted):
        raise OSError(f"could not download {path.name}; tried\n  {urls[0]}: no route")

    monkeypatch.setattr(mnist, "fetch", fetch)
    with pytest.raises(
        OSError, match=r"^could not download train-images[\s\S]*no route\n  Put the four files of MNIST into .*MNIST_data by hand, or"
    ):
        mnist.read_data_sets(tmp_path / "MNIST_data", download=True)


def test_download_fetches_what_is_missing_and_nothing_else(folder, monkeypatch):
    served = {name: (folder / name).read_bytes() for name in NAMES}
    asked = []

    def fetch(urls, path, **wanted):
        asked.append((urls, wanted["sha256"]))
        path.write_bytes(served[path.name])

    monkeypatch.setattr(mnist, "fetch", fetch)
    (folder / NAMES[0]).unlink()
    sets = mnist.read_data_sets(folder, validation_size=0, download=True)
    assert sets.train.num_examples == 60
    assert asked == [([mirror + NAMES[0] for mirror in mnist.MIRRORS], mnist.ORIGINAL[NAMES[0]][1])]
    (folder / NAMES[2]).unlink()
    mnist.read_data_sets(folder, validation_size=0, download=True, source_url="https://example.org/fashion")
    assert asked[1:] == [(["https://example.org/fashion/" + NAMES[2]], None)]
