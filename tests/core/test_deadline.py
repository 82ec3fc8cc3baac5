"""The time limit of a run."""

import threading

import pytest

from autograd_lite.core import deadline
from autograd_lite.core.errors import DeadlineExceededError


def test_without_a_limit_nothing_is_checked():
    assert deadline.remaining() is None
    deadline.check()


def test_an_inner_limit_never_extends_an_outer_one():
    with deadline.within(0.0):
        with deadline.within(100.0):
            with pytest.raises(DeadlineExceededError):
                deadline.check()
    assert deadline.remaining() is None


def test_a_limit_belongs_to_one_thread():
    seen = []
    with deadline.within(50.0):
        thread = threading.Thread(target=lambda: seen.append(deadline.remaining()))
        thread.start()
        thread.join()
        assert deadline.remaining() is not None
    assert seen == [None]


def test_waiting_ends_when_it_is_ready_or_the_time_is_over():
    condition = threading.Condition()
    with condition:
        deadline.wait_for(condition, lambda: True)
        with deadline.within(0.01), pytest.raises(DeadlineExceededError):
            deadline.wait_for(condition, lambda: False)
