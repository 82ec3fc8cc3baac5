"""The compiled samplers give the same bits as NumPy's."""
import subprocess
import sys
import threading

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.backends import philox
from autograd_lite.backends.philox import PhiloxStream
from autograd_lite.kernels import native, philox as compiled, philox_assembly, pool, tier

KEY, COUNTER = 0x123456789ABCDEF0, (99 << 100) | 12345678901


@pytest.fixture
def samplers(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    monkeypatch.setattr(philox, "_accelerator", None)
    made = compiled.CompiledSamplers(in_background=False)
    assert made.wait()
    return made


def from_numpy(kind, count):
    stream = PhiloxStream.at(KEY, COUNTER)
    if kind == "doubles":
        return stream.uniform([count], np.float64)
    return stream.words(count) if kind == "words" else getattr(stream, kind)([count])


@pytest.mark.parametrize(("kind", "dtype"), [
    ("words", np.uint32), ("uniform", np.float32), ("doubles", np.float64), ("normal", np.float32)])
def test_every_bit_equals_numpy_and_nothing_is_written_past_the_end(samplers, kind, dtype):
    for count in (1, 127, 128, 129, 4096, 50_003):
        out = np.full(count + 1, 77, dtype)
        assert getattr(samplers, kind)(KEY, COUNTER, out[:count])
        np.testing.assert_array_equal(out[:count], from_numpy(kind, count))
        assert out[count] == 77


@pytest.mark.parametrize("blocks", [8, 32])
def test_every_vector_length_gives_the_same_numbers(samplers, monkeypatch, blocks):
    functions = native.load(philox_assembly.module_text(blocks, blocks // 4), {"philox_normal": compiled.ARGUMENTS})
    out = np.empty(1001, np.float32)
    functions["philox_normal"](out.ctypes.data, out.size, KEY, COUNTER & philox.MASK64, COUNTER >> 64, 1)
    np.testing.assert_array_equal(out, from_numpy("normal", 1001))


@pytest.mark.parametrize("stride", [1, 3])
def test_the_number_of_threads_changes_no_number(samplers, stride):
    before, found = pool.threads(), []
    try:
        for threads in (1, 2, 3):
            pool.set_threads(threads)
            out = np.empty(40_001, np.float32)
            assert samplers.normal(KEY, COUNTER, out, stride)
            found.append(out)
    finally:
        pool.set_threads(before)
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])


def test_a_carry_into_the_upper_half_is_left_to_numpy(samplers):
    assert not samplers.words(KEY, (5 << 64) - 3, np.empty(64, np.uint32))


def test_streams_use_the_samplers_and_stay_the_same(samplers):
    def drawn():
        stream = PhiloxStream(7, 5)
        return [stream.uniform([50, 101]), stream.normal([5000]), stream.uniform_int([5000], 0, 9), stream.words(5000),
                stream.truncated_normal([70_001]), stream.uniform([5001], np.float64)]

    by_numpy = drawn()
    philox.set_accelerator(samplers)
    for one, other in zip(drawn(), by_numpy):
        np.testing.assert_array_equal(one, other)


def test_requests_decline_until_the_thread_is_done_for_which_finish_waits(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))
    gate, load = threading.Event(), native.load
    monkeypatch.setattr(native, "load", lambda *arguments: gate.wait() and load(*arguments))
    samplers, out = compiled.CompiledSamplers(), np.empty(5000, np.float32)
    assert not samplers.uniform(KEY, COUNTER, out)
    gate.set()
    tier.finish()
    assert samplers.uniform(KEY, COUNTER, out)
    np.testing.assert_array_equal(out, from_numpy("uniform", 5000))


def test_a_compiler_that_fails_leaves_the_work_to_numpy(monkeypatch):
    def broken(*arguments):
        raise RuntimeError("no such processor")

    monkeypatch.setattr(native, "load", broken)
    samplers = compiled.CompiledSamplers(in_background=False)
    with pytest.warns(RuntimeWarning, match=r"no such processor.*NumPy draws the same numbers"):
        assert not samplers.wait()
    assert not samplers.normal(KEY, COUNTER, np.empty(5000, np.float32))


def test_without_llvmlite_numpy_does_the_work_silently(monkeypatch, recwarn):
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "off")
    samplers = compiled.CompiledSamplers(in_background=False)
    assert not samplers.wait()
    assert not samplers.uniform(KEY, COUNTER, np.empty(5000, np.float32))
    assert not recwarn.list


def test_a_program_that_ends_while_kernels_are_prepared_ends_cleanly(tmp_path):
    program = ("from autograd_lite.backends.philox import PhiloxStream; from autograd_lite.kernels.philox import use; use();"
               "print(PhiloxStream(7, 5).uniform([5000])[0])")
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60,
                         env={"AUTOGRAD_LITE_CACHE": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))})
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "0.8669311\n", "")


def test_blocks_at_equal_distances_are_the_ones_that_numpy_computes(samplers, monkeypatch):
    distance = philox.RESERVED_PER_OUTPUT
    far = np.array([0, 5, 4000, 2, 7, 9, 8, 3000])
    for places in (np.arange(2000), np.flatnonzero(np.arange(4000) % 7 % 3), far, np.arange(2000) // 2):
        offsets = places * distance + 7
        monkeypatch.setattr(philox, "_accelerator", None)
        wanted = philox.blocks_at(KEY, COUNTER, offsets)
        monkeypatch.setattr(philox, "_accelerator", samplers)
        np.testing.assert_array_equal(philox.blocks_at(KEY, COUNTER, offsets), wanted)
