import numpy as np
import pytest

from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from autograd_lite.runtime.session import Session
from tests.ops.kernels import complaint, fed, run

DRAWN = ["RandomUniform", "RandomStandardNormal", "TruncatedNormal"]


@pytest.mark.parametrize("op", DRAWN)
def test_same_seeds_give_the_same_numbers_in_every_session_and_new_ones_in_every_run(op):
    with Graph().as_default() as graph:
        numbers = TABLE[op]([1000], dtype="float32", seed=3, seed2=4)
        with Session(graph=graph) as session:
            first, second = session.run(numbers), session.run(numbers)
        with Session(graph=graph) as session:
            np.testing.assert_array_equal(session.run(numbers), first)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("op", DRAWN)
def test_nodes_do_not_share_their_streams(op):
    with Graph().as_default() as graph:
        one, other = (TABLE[op]([1000], dtype="float32", seed=3, seed2=4) for _ in range(2))
        with Session(graph=graph) as session:
            np.testing.assert_array_equal(*session.run([one, other]))


def test_negative_sizes_are_refused():
    assert complaint(fed, "RandomUniform", [-2], dtype="float32") == "Dimension -2 must be >= 0"


def test_whole_numbers_stay_in_their_range():
    numbers = run("RandomUniformInt", [1000], -3, 4, seed=1, seed2=1)
    assert set(numbers.tolist()) == set(range(-3, 4))
    assert complaint(run, "RandomUniformInt", [3], 5, 5) == "Need minval < maxval, got 5 >= 5"


def test_shuffle_moves_whole_rows():
    rows = np.arange(20).reshape(10, 2)
    shuffled = run("RandomShuffle", rows, seed=1, seed2=1)
    assert not np.array_equal(shuffled, rows)
    np.testing.assert_array_equal(shuffled[np.argsort(shuffled[:, 0])], rows)


def test_multinomial_draws_with_the_probabilities_of_a_softmax():
    drawn = run("Multinomial", np.log(np.array([[0.1, 0.2, 0.7], [1.0, 1.0, 1e-300]])), 10_000, seed=1, seed2=1)
    shares = np.stack([np.bincount(row, minlength=3) / 10_000 for row in drawn])
    np.testing.assert_allclose(shares, [[0.1, 0.2, 0.7], [0.5, 0.5, 0]], atol=0.02)
