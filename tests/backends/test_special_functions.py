"""The special functions that work without SciPy."""
import numpy as np
import pytest

from autograd_lite.backends import contract, special_functions

KNOWN = [
    ("erf", (1.5,), 0.9661051464753108), ("erfc", (3.0,), 2.2090496998585445e-05), ("erfcinv", (0.01,), 1.8213863677184499),
    ("erfinv", (0.999,), 2.326753765513524), ("ndtr", (-2.0,), 0.022750131948179195), ("ndtri", (0.01,), -2.3263478740408408),
    ("log_ndtr", (-10.0,), -53.23128515051248), ("gammaln", (0.5,), 0.5723649429247), ("gammaln", (-1.5,), 0.860047015376481),
    ("gammaln", (100.0,), 359.1342053695754), ("digamma", (0.25,), -4.2274535333762655), ("digamma", (-0.5,), 0.03648997397857651),
    ("polygamma", (2, 1.5), -0.8287966442343201), ("zeta", (1.5, 2.0), 1.6123753486854886), ("gammainc", (2.5, 1.0), 0.15085496391539038),
    ("gammaincc", (2.5, 10.0), 0.0012497305630313773), ("betainc", (2.0, 3.0, 0.3), 0.3483), ("betaln", (2.5, 0.5), 0.1639006328376739),
    ("i0", (2.0,), 2.279585302336067), ("i0e", (50.0,), 0.056561626647454184), ("i1", (2.0,), 1.5906368546373295),
    ("i1e", (-50.0,), -0.055993123892895395), ("expit", (-3.0,), 0.04742587317756678), ("xlogy", (2.0, 3.0), 2.1972245773362196),
    ("xlog1py", (2.0, 1e-10), 1.9999999999000001e-10), ("entr", (0.3,), 0.3611918412977808),
]


@pytest.mark.parametrize(("name", "arguments", "wanted"), KNOWN)
def test_a_known_value(name, arguments, wanted):
    assert getattr(special_functions, name)(*arguments) == pytest.approx(wanted, rel=1e-13)


def test_every_function_of_the_contract_is_here_and_tried():
    assert set(contract.SPECIAL) == set(special_functions.__all__) == {name for name, *_ in KNOWN}


LINE = np.concatenate([np.linspace(-30, 30, 1201), [0.46875, 4.0, -0.0, 1e-300, np.inf, -np.inf, np.nan]])
CHANCES = np.concatenate([np.linspace(0, 1, 501), 10.0 ** -np.arange(1.0, 300, 7), [np.nan, -0.1, 1.1]])
POSITIVE = 10.0 ** np.linspace(-6, 3, 60)
GRID = tuple(axis.reshape(-1) for axis in np.meshgrid(POSITIVE, POSITIVE))


@pytest.mark.parametrize(("name", "arguments", "tolerance"), [
    ("erf", (LINE,), 1e-15), ("erfc", (LINE[np.abs(LINE) < 26],), 1e-12), ("ndtr", (LINE[np.abs(LINE) < 35],), 1e-12),
    ("log_ndtr", (LINE,), 1e-12), ("expit", (LINE,), 1e-15), ("i0", (LINE,), 1e-14), ("i0e", (LINE,), 1e-14), ("i1", (LINE,), 1e-14),
    ("i1e", (LINE,), 1e-14), ("ndtri", (CHANCES,), 1e-14), ("erfinv", (2 * CHANCES - 1,), 1e-14), ("erfinv", (CHANCES * 1e-3,), 1e-14),
    ("erfcinv", (2 * CHANCES,), 1e-14), ("entr", (LINE,), 1e-15),
])
def test_the_relative_error_against_scipy_is_small(name, arguments, tolerance):
    scipy = pytest.importorskip("scipy.special")
    wanted = getattr(scipy, name)(*arguments)
    np.testing.assert_allclose(getattr(special_functions, name)(*arguments), wanted, rtol=tolerance, atol=1e-305)


@pytest.mark.parametrize(("name", "arguments"), [
    ("gammaln", (LINE[LINE != -np.inf],)), ("gammaln", (POSITIVE,)), ("digamma", (LINE,)), ("digamma", (POSITIVE,)), ("betaln", GRID),
    ("gammainc", GRID), ("gammaincc", GRID), ("betainc", (*GRID, np.linspace(0, 1, 3600))), ("zeta", (1 + GRID[0], GRID[1])),
    ("polygamma", (np.arange(3600) % 5, np.tile(POSITIVE + 0.1, 60))),
    ("gammainc", ([0, 0, 1, 1, -1, np.inf, 1, np.nan, 0], [0, 1, 0, np.inf, 1, 1, -1, 1, np.inf])),
    ("gammaincc", ([0, 0, 1, 1, -1, np.inf, 1, np.nan, 0], [0, 1, 0, np.inf, 1, 1, -1, 1, np.inf])),
    ("zeta", ([2.0, 1, 0.5, 2, 3, 2.5, 2], [0.0, 1, 1, -1, -1.5, -1.5, np.inf])),
    ("xlogy", ([0, 0, 1, 0, 2.0], [0, np.nan, 0, -1, 3])), ("xlog1py", ([0, 0, 1, 0, 2.0], [-1, np.nan, -1, -2, 3])),
])
def test_the_error_against_scipy_is_small(name, arguments):
    scipy = pytest.importorskip("scipy.special")
    arguments = [np.asarray(argument, np.float64 if name != "polygamma" else None) for argument in arguments]
    wanted = getattr(scipy, name)(*arguments)
    np.testing.assert_allclose(getattr(special_functions, name)(*arguments), wanted, rtol=1e-12, atol=1e-12)


def test_the_type_and_shape_that_came_go_back():
    assert special_functions.erf(np.float32(0.5)).dtype == np.float32
    assert special_functions.erf(np.zeros((2, 3), np.float16)).dtype == np.float16
    assert special_functions.erf(1).dtype == np.float64
    assert special_functions.gammainc(np.ones((2, 1), np.float32), np.ones(3, np.float32)).shape == (2, 3)
    assert special_functions.erf(np.zeros((0, 3))).shape == (0, 3)
