import numpy as np
import pytest

from tests.ops.kernels import complaint, fed, run, shape_complaint

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def test_pad_puts_zeros_or_a_value_around():
    np.testing.assert_array_equal(run("Pad", X, [[1, 0], [0, 2]]), np.pad(X, [[1, 0], [0, 2]]))
    np.testing.assert_array_equal(fed("PadV2", X, [[1, 0], [0, 2]], 7.0), np.pad(X, [[1, 0], [0, 2]], constant_values=7))


@pytest.mark.parametrize(("mode", "pads"), [("REFLECT", [[1, 1], [2, 2]]), ("SYMMETRIC", [[2, 1], [3, 0]]), ("REFLECT", [[0, 0], [0, 1]])])
def test_mirror_pad_is_numpy_s_reflection(mode, pads):
    np.testing.assert_array_equal(run("MirrorPad", X, pads, mode=mode), np.pad(X, pads, mode=mode.lower()))


def test_mirror_pad_grad_folds_every_copy_back():
    folded = run("MirrorPadGrad", np.ones((2, 7), np.float32), [[0, 0], [2, 2]], mode="REFLECT")
    np.testing.assert_array_equal(folded, [[2, 3, 2]] * 2)


def test_pads_are_checked():
    assert shape_complaint("Pad", X, [[1, 1]]) == "Shape must be rank 1 but is rank 2"
    assert complaint(fed, "Pad", X, [[1, 1], [-1, 0]]) == "Paddings must be non-negative: -1 0"
    assert (
        complaint(run, "MirrorPad", [1.0, 2.0], [[3, 0]], mode="REFLECT")
        == "paddings must be less than the dimension size: 3, 0 not less than 2"
    )
    assert complaint(run, "MirrorPad", [1.0, 2.0], [[3, 0]], mode="SYMMETRIC") == (
        "paddings must be no greater than the dimension size: 3, 0 greater than 2"
    )
