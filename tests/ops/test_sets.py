import numpy as np

from tests.ops.kernels import complaint, fed, run


def test_different_elements_come_in_the_order_in_which_they_are_met():
    elements, which, counts = run("UniqueWithCounts", [9, 2, 9, 5, 2, 9])
    assert (elements.tolist(), which.tolist(), counts.tolist()) == ([9, 2, 5], [0, 1, 0, 2, 1, 0], [3, 2, 1])
    assert run("Unique", np.array([b"b", b"a", b"b"], object))[0].tolist() == [b"b", b"a"]
    assert complaint(fed, "Unique", [[1]]) == "unique expects a 1D vector."


def test_list_diff_keeps_order_and_repetitions():
    rest, places = run("ListDiff", [1, 2, 3, 4, 3], [4, 2])
    assert (rest.tolist(), places.tolist()) == ([1, 3, 3], [0, 2, 4])
