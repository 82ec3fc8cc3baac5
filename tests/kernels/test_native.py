"""Assembly text becomes functions, from the compiler the first time and from the disk the next."""
import ctypes
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from autograd_lite.kernels import cache, native

DOUBLED = """
define void @doubled(ptr %data) {
  %x = load double, ptr %data
  %y = fadd double %x, %x
  store double %y, ptr %data
  ret void
}"""


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path))


def run(function):
    data = np.array([21.0])
    function(data.ctypes.data)
    return data[0]


def test_a_function_is_compiled_once_and_then_read_from_disk(monkeypatch):
    assert run(native.load(DOUBLED, {"doubled": [ctypes.c_void_p]})["doubled"]) == 42
    assert len(list(cache.folder().iterdir())) == 1
    monkeypatch.setattr(native, "_compiled", None)  # a second compilation would fail
    assert run(native.load(DOUBLED, {"doubled": [ctypes.c_void_p]})["doubled"]) == 42


def test_another_processor_has_its_own_machine_code(monkeypatch):
    key = native._key(DOUBLED, False)
    monkeypatch.setattr(native, "target", lambda: native.Target("generic", ""))
    assert native._key(DOUBLED, False) != key


def test_the_few_passes_and_the_whole_pipeline_are_kept_apart_and_compute_the_same():
    found = [native.module(DOUBLED, short).function("doubled", ctypes.CFUNCTYPE(None, ctypes.c_void_p)) for short in (False, True)]
    assert [run(function) for function in found] == [42, 42]
    assert len(list(cache.folder().iterdir())) == 2


def test_a_damaged_cache_file_is_compiled_again():
    native.load(DOUBLED, {"doubled": [ctypes.c_void_p]})
    (path,) = cache.folder().iterdir()
    path.write_bytes(path.read_bytes()[:-7])
    assert run(native.load(DOUBLED, {"doubled": [ctypes.c_void_p]})["doubled"]) == 42


def test_text_that_is_not_assembly_is_refused_and_not_kept():
    with pytest.raises(RuntimeError):
        native.load("define nonsense", {"nonsense": []})
    assert not cache.folder().exists()


def test_the_environment_can_switch_kernels_off(monkeypatch):
    assert native.installed()
    monkeypatch.setenv("AUTOGRAD_LITE_KERNELS", "off")
    assert not native.installed()


def test_a_text_that_needs_another_module_brings_it_along(tmp_path):
    program = f"""
import ctypes
import subprocess
import sys
from autograd_lite.kernels import native
text = "declare void @autograd_lite_parallel(ptr, ptr, i64)\\n" + {DOUBLED!r}
assert native.load(text, {{"doubled": [ctypes.c_void_p]}}) and native._provided == {{"autograd_lite_parallel"}}
"""
    environment = {"AUTOGRAD_LITE_CACHE": str(tmp_path), "PYTHONPATH": ":".join(filter(None, sys.path))}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=environment)
    assert (ran.returncode, ran.stderr) == (0, "")
