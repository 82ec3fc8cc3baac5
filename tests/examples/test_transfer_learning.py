import os
import re
from pathlib import Path

import pytest

from tests.programs_run import ROOT, python

PROGRAM = ROOT / "examples" / "transfer_learning.py"


def accuracies(done):
    """The test accuracy of each stage."""
    assert done.returncode == 0, done.stderr
    return [float(line.split()[-1]) for line in done.stdout.splitlines()[1:]]


def test_each_stage_prints_its_accuracy_and_learns(tmp_path):
    done = python(PROGRAM, "--epochs", "2", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert lines[0] == "5000 training images, 1000 test images"
    assert [re.sub(r" +test accuracy .*", "", line) for line in lines[1:]] == [
        "digits 0-4, trained and saved", "digits 5-9, 200 images, hidden layers kept", "digits 5-9, then all layers trained",
        "digits 5-9, the same without digits 0-4 before",
    ]  # fmt: skip
    first, kept, tuned, _ = accuracies(done)
    assert first > 0.9
    assert 0.4 < kept < tuned
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_on_a_folder_of_mnist_every_stage_is_good(tmp_path):
    folder = os.environ.get("AUTOGRAD_LITE_MNIST", "")
    if not Path(folder, "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("AUTOGRAD_LITE_MNIST names no folder with MNIST's files")
    first, kept, tuned, scratch = accuracies(python(PROGRAM, "--data-dir", folder, cwd=tmp_path))
    assert first > 0.97
    assert kept > 0.7
    assert tuned > max(kept, scratch)
