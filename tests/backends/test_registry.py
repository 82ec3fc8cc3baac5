"""Choosing a backend."""
import subprocess
import sys

import numpy as np
import pytest

from autograd_lite.backends import registry
from autograd_lite.backends.registry import backend_named, get_backend, problem_of, use_backend


@pytest.fixture(autouse=True)
def choice_goes_back(monkeypatch):
    monkeypatch.setattr(registry, "_current", None)
    monkeypatch.delenv("AUTOGRAD_LITE_BACKEND", raising=False)


def test_numpy_is_the_default():
    assert get_backend().name == "numpy"


def test_the_environment_chooses(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LITE_BACKEND", "strict")
    assert get_backend().name == "strict"


def test_a_choice_holds_until_the_next():
    use_backend("strict")
    assert get_backend().name == "strict"
    use_backend("numpy")
    assert get_backend().name == "numpy"


def test_a_with_block_puts_the_choice_back_also_after_an_error():
    use_backend("numpy")
    with pytest.raises(ZeroDivisionError), use_backend("strict") as backend:
        assert get_backend() is backend
        raise ZeroDivisionError
    assert get_backend().name == "numpy"


def test_an_unknown_name_lists_the_known_ones_and_changes_nothing():
    use_backend("strict")
    with pytest.raises(ValueError, match="Unknown backend 'cuda'. There are: numpy, cupy, strict."):
        use_backend("cuda")
    assert get_backend().name == "strict"


def test_a_backend_is_loaded_once():
    assert backend_named("numpy") is backend_named("numpy")


def test_every_backend_takes_arrays_there_and_back():
    for name in ("numpy", "strict"):
        backend = backend_named(name)
        there = backend.to_device(np.arange(3))
        backend.synchronize()
        assert isinstance(there, backend.xp.ndarray)
        assert type(backend.to_host(there)) is np.ndarray
        assert backend.to_host(there).tolist() == [0, 1, 2]


def test_strings_stay_on_the_host():
    words = np.array([b"a", b"b"], object)
    assert backend_named("strict").to_device(words).tolist() == [b"a", b"b"]


def without_cupy(monkeypatch, error):
    def load(module):
        raise ImportError("This needs the package cupy") from error

    monkeypatch.setattr(registry, "_loaded", {})
    monkeypatch.setattr(registry.cupy_backend.optional, "load", load)


def test_a_missing_cupy_is_told_with_the_command_that_installs_it(monkeypatch):
    without_cupy(monkeypatch, ModuleNotFoundError("No module named 'cupy'"))
    use_backend("numpy")
    with pytest.raises(ImportError, match=r"needs CuPy.*No module named 'cupy'\n  pip install .autograd_lite\[cuda12\]"):
        use_backend("cupy")
    assert get_backend().name == "numpy"
    assert "needs CuPy" in problem_of("cupy")
    assert problem_of("strict") is None


@pytest.mark.parametrize(("count", "text"), [(lambda: 0, "CUDA finds none"), (lambda: 1 / 0, "none answers: division by zero")])
def test_a_missing_gpu_is_told(monkeypatch, count, text):
    class Cupy:
        class cuda:
            class runtime:
                getDeviceCount = staticmethod(count)

    monkeypatch.setattr(registry, "_loaded", {})
    monkeypatch.setattr(registry.cupy_backend.optional, "load", lambda module: Cupy)
    with pytest.raises(RuntimeError, match=f'(?s)needs a CUDA GPU, and {text}.*use_backend."numpy".'):
        use_backend("cupy")


def test_an_old_cupy_is_told_what_it_lacks(monkeypatch):
    class Cupy:
        linalg = fft = lib = type("part", (), {"stride_tricks": None})

        class cuda:
            class runtime:
                getDeviceCount = staticmethod(lambda: 1)

    monkeypatch.setattr(registry, "_loaded", {})
    monkeypatch.setattr(registry.cupy_backend.optional, "load", lambda module: Cupy)
    with pytest.raises(RuntimeError, match=r"This CuPy is too old for autograd_lite: it lacks xp.abs, xp.absolute"):
        use_backend("cupy")


def test_choosing_loads_neither_cupy_nor_scipy():
    program = ("import sys; from autograd_lite.backends.registry import get_backend; get_backend();"
               "print([name for name in ('cupy', 'scipy', 'llvmlite') if name in sys.modules])")
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60).stdout == "[]\n"
