import numpy as np

from tests.ops.kernels import complaint, run

X = np.array([1.0, 2.0, 4.0], np.float32)


def test_scans_may_leave_out_the_element_and_run_backwards():
    np.testing.assert_array_equal(run("Cumsum", X, 0), [1, 3, 7])
    np.testing.assert_array_equal(run("Cumsum", X, 0, exclusive=True), [0, 1, 3])
    np.testing.assert_array_equal(run("Cumsum", X, 0, reverse=True), [7, 6, 4])
    np.testing.assert_array_equal(run("Cumprod", X, 0, exclusive=True, reverse=True), [8, 4, 1])
    assert run("Cumsum", np.zeros((0, 2), np.float32), 0, exclusive=True).shape == (0, 2)


def test_axis_is_checked_when_it_runs():
    assert complaint(run, "Cumsum", X, 3) == "ScanOp: Expected scan axis in the range [-1, 1), but got 3"


def test_running_logsumexp_does_not_overflow_or_lose_small_beginnings():
    x = np.array([-1000.0, -1001.0, 1000.0, 3.0])
    np.testing.assert_allclose(run("CumulativeLogsumexp", x, 0), np.logaddexp.accumulate(x), rtol=1e-14)
    assert run("CumulativeLogsumexp", x, 0, exclusive=True)[0] == -np.inf
