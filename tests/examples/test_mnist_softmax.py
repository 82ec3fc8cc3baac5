import os
import re
from pathlib import Path

import pytest

from tests.programs_run import ROOT, python

PROGRAM = ROOT / "examples" / "mnist_softmax.py"


def test_the_small_mnist_is_learned_with_the_numbers_that_tensorflow_gives(tmp_path):
    done = python(PROGRAM, "--epochs", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    # Recorded from TensorFlow 2.21 (compat.v1) running this program; the second epoch to three digits, as sums may differ in order.
    assert done.stdout.splitlines()[0] == "5000 training images, 1000 test images"
    numbers = [tuple(map(float, re.findall(r"\d\.\d+", line))) for line in done.stdout.splitlines()[1:]]
    assert numbers == [pytest.approx((0.8103, 0.8540), abs=1e-3), pytest.approx((0.4262, 0.8540), abs=1e-3)]
    assert done.stderr.startswith("MNIST: no files in MNIST_data; using the 5,000 + 1,000 images that come with autograd_lite")


@pytest.mark.slow
def test_on_a_folder_of_mnist_the_accuracy_passes_90_percent():
    folder = os.environ.get("AUTOGRAD_LITE_MNIST", "")
    if not Path(folder, "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("AUTOGRAD_LITE_MNIST names no folder with MNIST's files")
    done = python(PROGRAM, "--data-dir", folder)
    assert float(done.stdout.split()[-1]) >= 0.90
