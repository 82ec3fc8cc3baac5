import base64
import json

import numpy as np
import pytest

from autograd_lite.teach.explorer.arrays import Budget, number, packed

GENEROUS = Budget(full=64, side=28)


def test_small_arrays_are_written_out_with_what_is_not_finite_as_words():
    found = packed(np.float32([[1.5, np.nan], [np.inf, -np.inf]]), GENEROUS)
    assert found == {"shape": [2, 2], "dtype": "float32", "data": [1.5, "NaN", "Infinity", "-Infinity"]}
    json.dumps(found, allow_nan=False)


def test_integers_truth_values_and_strings_stay_what_they_are():
    assert packed(np.array([1, 2**40]), GENEROUS)["data"] == [1, 2**40]
    assert packed(np.array(True), GENEROUS) == {"shape": [], "dtype": "bool", "data": [True]}
    assert packed(np.array([b"a</script>", b"\xff"], object), GENEROUS)["data"] == ["a</script>", "\ufffd"]


def test_exact_arrays_come_back_bit_for_bit():
    values = np.random.RandomState(0).randn(100).astype(np.float32)
    assert np.array_equal(np.float32(packed(values, GENEROUS, exact=True)["data"]), values)


def test_larger_arrays_are_summed_up():
    values = np.arange(200.0).reshape(10, 20)
    values[0, 0] = np.nan
    found = packed(values, GENEROUS)
    assert "data" not in found
    assert (found["min"], found["max"], found["odd"]) == (1, 199, 1)
    assert found["mean"] == pytest.approx(np.nanmean(values)) and found["rms"] == pytest.approx(np.sqrt(np.nanmean(values**2)), rel=1e-5)
    heat = found["heat"]
    cells = np.frombuffer(base64.b64decode(heat["cells"]), np.uint8).reshape(heat["rows"], heat["columns"])
    assert cells.shape == (10, 20) and cells[9, 19] == 255 and cells[0, 1] == 0


@pytest.mark.parametrize("shape", [(1000,), (3, 1000), (500, 3), (4, 12, 12, 8), (2, 3, 4, 5, 6), (100, 1, 1)])
def test_a_heat_map_of_any_rank_is_small(shape):
    heat = packed(np.random.RandomState(0).randn(*shape), GENEROUS)["heat"]
    assert 1 <= heat["rows"] <= 28 and 1 <= heat["columns"] <= 56


def test_a_frugal_budget_leaves_heat_maps_out():
    assert "heat" not in packed(np.zeros(100), Budget(full=4, side=0))


def test_numbers_keep_six_digits_and_the_sign_of_zero():
    assert number(1 / 3) == 0.333333 and number(2.0) == 2 and isinstance(number(2.0), int)
    assert str(number(-0.0)) == "-0.0"


def test_empty_arrays_are_no_trouble():
    assert packed(np.zeros((0, 3)), GENEROUS) == {"shape": [0, 3], "dtype": "float64", "data": []}
