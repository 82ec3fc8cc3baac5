"""A kernel in two tiers: NumPy at once, machine code when it is worth it."""
import os
import signal
import threading
import time

import pytest

from autograd_lite.kernels import tier
from autograd_lite.kernels.tier import Tiered, finish, set_deterministic


@pytest.fixture(autouse=True)
def as_by_default(monkeypatch):
    """Whatever the environment says of kernels."""
    monkeypatch.delenv("AUTOGRAD_LITE_KERNELS", raising=False)


def slow(x):
    return "slow", x


def fast(x):
    return "fast", x


def test_a_kernel_that_runs_often_is_replaced_in_the_background():
    kernel = Tiered("test", slow, lambda: fast, seconds=tier.HOT_SECONDS / 3)
    assert [kernel.now(1), kernel.now(2)] == [("slow", 1), ("slow", 2)]
    finish()
    assert not kernel.is_compiled
    kernel.now(3)
    finish()
    assert kernel.is_compiled and kernel.now(4) == ("fast", 4)


def test_the_first_call_of_a_kernel_never_starts_its_compilation():
    kernel = Tiered("test", slow, lambda: fast, seconds=100 * tier.HOT_SECONDS)
    kernel.now(1)
    finish()
    assert not kernel.is_compiled
    kernel.now(2)
    finish()
    assert kernel.is_compiled


def test_nothing_waits_for_a_compilation():
    gate = threading.Event()

    def prepare():
        gate.wait(10)
        return fast

    kernel = Tiered("test", slow, prepare, seconds=1)
    assert kernel.now(1) == kernel.now(1) == ("slow", 1)
    gate.set()
    finish()
    assert kernel.now(1) == ("fast", 1)


def test_a_kernel_that_cannot_be_prepared_stays_on_numpy_and_says_so():
    def prepare():
        raise RuntimeError("no such instruction")

    kernel = Tiered("test", slow, prepare)
    with pytest.warns(RuntimeWarning, match="no such instruction"):
        kernel.prepare()
    assert kernel.now(1) == ("slow", 1) and not kernel.is_compiled


def test_a_maker_may_decline_in_the_end():
    kernel = Tiered("test", slow, lambda: None)
    kernel.prepare()
    assert kernel.now is slow and not kernel.is_compiled


def test_a_deterministic_program_has_machine_code_from_the_first_call():
    waiting = Tiered("before", slow, lambda: fast)
    set_deterministic()
    try:
        assert waiting.now(1) == Tiered("after", slow, lambda: fast).now(1) == ("fast", 1)
    finally:
        set_deterministic(False)
    assert Tiered("later", slow, lambda: fast).now(1) == ("slow", 1)


def test_the_environment_asks_for_machine_code_at_once(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "now")
    assert Tiered("test", slow, lambda: fast).is_compiled


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_that_is_forked_meanwhile_finishes_what_the_parent_began():
    begun = threading.Event()

    def prepare():
        begun.set()
        time.sleep(0.3)
        return fast

    kernels = [Tiered(f"test {number}", slow, prepare, seconds=1) for number in range(2)]
    for kernel in kernels:
        kernel.now(1), kernel.now(1)
    assert begun.wait(10)
    child = os.fork()  # waits for the first kernel; the second was to be prepared by a thread that the child does not have
    if child == 0:
        signal.alarm(20)
        first = kernels[0].now(1)
        kernels[1].now(1)
        finish()
        os._exit(0 if (first, kernels[1].now(1)) == (("fast", 1), ("fast", 1)) else 1)
    assert os.waitpid(child, 0)[1] == 0
    finish()
    assert [kernel.now(1) for kernel in kernels] == [("fast", 1)] * 2
