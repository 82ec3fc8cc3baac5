"""Memory of the largest results: used again as soon as, and only if, nobody refers to it."""
import threading

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.kernels import memory
from autograd_lite.kernels.arrays import HAS_GLOBAL_LOCK

LARGE = memory.KEPT_BYTES // 4  # numbers
pytestmark = pytest.mark.skipif(not HAS_GLOBAL_LOCK, reason="references are not counted exactly")


@pytest.fixture(autouse=True)
def nothing_kept():
    memory.release()
    yield
    memory.release()


def room(array):
    """Where the memory begins that an array lies in."""
    return array.base.ctypes.data


def test_memory_of_a_large_result_is_used_again_when_nobody_has_it():
    first = memory.empty((LARGE,))
    place = room(first)
    del first
    assert room(memory.empty((LARGE,))) == place
    assert room(memory.empty((2, LARGE // 4), np.float64)) == place


@pytest.mark.parametrize("keep", [lambda a: a, lambda a: a[5:9], lambda a: a.reshape(2, -1).T, lambda a: memoryview(a)[1:2],
                                  lambda a: np.asarray(a).view(np.int32)[:1], lambda a: np.lib.stride_tricks.as_strided(a, (3,), (4,))])
def test_memory_is_not_used_again_while_anything_shows_it(keep):
    first = memory.empty((LARGE,))
    first[:10] = 7
    place, kept = room(first), keep(first)
    del first
    other = memory.empty((LARGE,))
    other[:10] = 8
    assert room(other) != place
    assert np.asarray(kept).ravel()[0] == (7 if np.asarray(kept).dtype == np.float32 else np.float32(7).view(np.int32))


def test_much_larger_memory_is_not_taken_for_a_small_result():
    first = memory.empty((2 * LARGE,))
    place = room(first)
    del first
    assert room(memory.empty((LARGE,))) != place


def test_unused_memory_is_bounded_and_given_back():
    arrays = [memory.empty((LARGE,)) for _ in range(memory.MOST_BYTES // memory.KEPT_BYTES + 5)]
    assert sum(each.nbytes for each in memory._rooms.rooms) <= memory.MOST_BYTES
    del arrays
    memory.empty((4 * LARGE,))
    assert sum(each.nbytes for each in memory._rooms.rooms) <= memory.MOST_BYTES
    memory.release()
    assert not memory._rooms.rooms


def test_threads_never_get_the_same_memory():
    wrong = []

    def work(number):
        for _ in range(50):
            mine = memory.empty((LARGE,))
            mine[::4096] = number
            if not (mine[::4096] == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_results_of_steps_that_are_kept_stay_as_they_are():
    x = tf.placeholder(tf.float32, [LARGE])
    y = tf.exp(x) * 0.0 + x
    with tf.Session() as session:
        kept = [session.run(y, {x: np.full(LARGE, number, np.float32)}) for number in range(4)]
        for number, each in enumerate(kept):
            assert (each[:: LARGE // 7] == number).all()
