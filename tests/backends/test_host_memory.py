"""Large arrays are made again without asking the system for fresh pages."""
import os
import subprocess
import sys

import pytest

from autograd_lite.backends import host_memory

PROGRAM = """
import resource, numpy as np
from autograd_lite.backends.host_memory import keep_freed_memory
kept = keep_freed_memory()
def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3): np.ones(1 << 20)
before = faults()
for _ in range(20): np.ones(1 << 20)  # 2,048 pages each
print(kept, faults() - before < 2048)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a setting of glibc")
@pytest.mark.parametrize(("variables", "wanted"), [({}, "True True\n"), ({"MALLOC_TRIM_THRESHOLD_": "0"}, "False False\n")])
def test_freed_memory_stays_unless_the_user_has_set_it_otherwise(variables, wanted):
    if not hasattr(host_memory.ctypes.CDLL(None), "mallopt"):
        pytest.skip("this C library has no such setting")
    small_pages = {"NUMPY_MADVISE_HUGEPAGE": "0"}  # else an array may take a few large ones
    environment = {**os.environ, **small_pages, **variables, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment, timeout=60)
    assert ran.stdout == wanted, ran.stderr


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(host_memory.sys, "platform", "win32")
    assert not host_memory.keep_freed_memory()


def test_tunables_of_the_user_are_respected(monkeypatch):
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.trim_threshold=1")
    assert not host_memory.keep_freed_memory()
