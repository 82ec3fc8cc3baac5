import os
import re
from pathlib import Path

import pytest

from tests.programs_run import ROOT, python

PROGRAM = ROOT / "examples" / "housing_dataset.py"


def _errors(done):
    assert done.returncode == 0, done.stderr
    steps, test = done.stdout.splitlines()
    assert "steps of 64 districts" in steps
    (numbers,) = re.findall(r"([\d,]+) test districts, error ([\d,]+) dollars, of the mean ([\d,]+)", test)
    return [int(number.replace(",", "")) for number in numbers]


def test_prices_are_learned_from_the_made_up_file(tmp_path):
    count, error, of_the_mean = _errors(python(PROGRAM, "--epochs", "3", cwd=tmp_path))
    assert count == 600 and error < 0.6 * of_the_mean


@pytest.mark.slow
def test_prices_are_learned_from_the_real_file():
    path = os.environ.get("AUTOGRAD_LITE_HOUSING", "")
    if not Path(path).is_file():
        pytest.skip("AUTOGRAD_LITE_HOUSING names no CSV file of the California housing data")
    count, error, of_the_mean = _errors(python(PROGRAM, "--data", path))
    assert count == 4128 and error < 70_000 < of_the_mean
