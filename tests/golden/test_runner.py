"""The runner itself: what counts as equal, and a list that stands for exactly what fails."""

from __future__ import annotations

import numpy as np
import pytest

from tests.golden import not_yet
from tests.golden.catalog import all_names
from tests.golden.comparing import difference

_NAMES = ["ops/a/add/0:values", "ops/a/add/0:nodes", "ops/a/add/1:values", "ops/b/mul/0:values", "ops/b/mul/0:nodes"]


@pytest.mark.parametrize(
    "failing", [set(), set(_NAMES), {_NAMES[0]}, {_NAMES[0], _NAMES[1]}, set(_NAMES[3:]), set(_NAMES[:3]) | {_NAMES[4]}]
)
def test_a_compressed_list_stands_for_exactly_what_fails(failing: set[str]) -> None:
    listed = not_yet.NotYet(not_yet.compress(failing, _NAMES))
    assert {name for name in _NAMES if listed.lists(name)} == failing


def test_a_branch_that_fails_as_a_whole_takes_one_line() -> None:
    assert not_yet.compress(set(_NAMES[3:]), _NAMES) == ["ops/b/*"]


def test_the_list_names_recorded_cases_only() -> None:
    names = all_names()
    listed = not_yet.read()
    assert listed.names <= set(names)
    assert all(any(name.startswith(beginning) for name in names) for beginning in listed.beginnings)


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        (np.float32(1.00001), np.float32(1)),
        (np.array([np.nan, np.inf]), np.array([np.nan, np.inf])),
        (np.array([1, 2]), np.array([1, 2], np.int64)),
        (np.array(["a"]), np.array([b"a"], object)),
    ],
)
def test_equal_within_the_tolerance_of_the_dtype(got: np.ndarray, wanted: np.ndarray) -> None:
    assert difference(got, np.asarray(wanted)) is None


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        (np.float32(1.001), np.float32(1)),
        (np.float64(1.00001), np.float64(1)),
        (np.array([np.inf]), np.array([-np.inf])),
        (np.array([1.0]), np.array([np.nan])),
        (np.array([[1.0]]), np.array([1.0])),
        (np.array([b"a"], object), np.array([b"b"], object)),
    ],
)
def test_a_difference_is_told(got: np.ndarray, wanted: np.ndarray) -> None:
    assert difference(got, np.asarray(wanted)) is not None
