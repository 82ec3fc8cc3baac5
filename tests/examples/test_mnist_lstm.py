import os
from pathlib import Path

import pytest

from tests.programs_run import ROOT, python

PROGRAM = ROOT / "examples" / "mnist_lstm.py"


def test_an_lstm_learns_the_small_mnist_row_by_row(tmp_path):
    done = python(PROGRAM, "--epochs", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "5000 training images, 1000 test images" and lines[1].startswith("epoch  1  loss 1.")
    assert float(lines[-1].split()[-1]) > 0.65


@pytest.mark.slow
def test_on_a_folder_of_mnist_the_accuracy_passes_95_percent():
    folder = os.environ.get("AUTOGRAD_LITE_MNIST", "")
    if not Path(folder, "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("AUTOGRAD_LITE_MNIST names no folder with MNIST's files")
    done = python(PROGRAM, "--data-dir", folder, "--epochs", "3")
    assert float(done.stdout.split()[-1]) >= 0.95
