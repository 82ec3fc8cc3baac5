"""Make the small MNIST that travels with the package: the first 500 training and 100 test images of each digit.

    python tools/make_mnist_subset.py FOLDER

FOLDER holds the four IDX files of MNIST. The images keep the order they have there, so the same files always make the same bytes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from autograd_lite.wire.idx import read_idx, write_idx

TARGET = Path(__file__).resolve().parents[1] / "autograd_lite" / "lib" / "mnist_subset"
OF_EACH_DIGIT = {"train": 500, "t10k": 100}


def balanced(labels: np.ndarray, count: int) -> np.ndarray:
    """The places of the first `count` examples of each digit, in order."""
    return np.sort(np.concatenate([np.flatnonzero(labels == digit)[:count] for digit in range(10)]))


def main() -> None:
    """Read the folder named on the command line and write the subset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    TARGET.mkdir(exist_ok=True)
    for part, count in OF_EACH_DIGIT.items():
        labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz", magic=2049)
        chosen = balanced(labels, count)
        for kind, array in [("images-idx3", read_idx(folder / f"{part}-images-idx3-ubyte.gz", magic=2051)), ("labels-idx1", labels)]:
            file = TARGET / f"{part}-{kind}-ubyte.gz"
            write_idx(file, array[chosen])
            print(f"{file}: {len(chosen)} examples, {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
