import os
import re
from pathlib import Path

import pytest

from tests.programs_run import ROOT, python

PROGRAM = ROOT / "examples" / "mnist_mlp.py"


def test_it_learns_prints_a_line_per_epoch_and_saves_the_curves(tmp_path):
    pytest.importorskip("matplotlib")
    done = python(PROGRAM, "--epochs", "3", "--output", "curves.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "5000 training images, 1000 test images"
    numbers = [[float(number) for number in re.findall(r"\d\.\d+", line)] for line in lines[1:4]]
    assert [len(row) for row in numbers] == [4, 4, 4]
    assert numbers[2][0] < numbers[0][0] and numbers[2][3] > 0.8
    assert lines[4] == "curves saved to curves.png"
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_without_matplotlib_one_line_says_what_is_missing(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not here')")
    start = f"import runpy, sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['x', '--epochs', '0']; runpy.run_path({str(PROGRAM)!r}, run_name='__main__')"  # noqa: E501
    done = python("-c", start, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == 'No plot: matplotlib is not installed. pip install "autograd_lite[plot]"'


@pytest.mark.slow
def test_on_a_folder_of_mnist_the_accuracy_passes_95_percent(tmp_path):
    folder = os.environ.get("AUTOGRAD_LITE_MNIST", "")
    if not Path(folder, "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("AUTOGRAD_LITE_MNIST names no folder with MNIST's files")
    done = python(PROGRAM, "--data-dir", folder, cwd=tmp_path)
    last = [line for line in done.stdout.splitlines() if line.startswith("epoch 10")]
    assert float(last[0].split()[-1]) >= 0.95
