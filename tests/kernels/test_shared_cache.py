"""Whole programs on one folder of machine code: eight at once, with files that are damaged, and with a folder that cannot be used."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("llvmlite")

ROOT = pathlib.Path(__file__).parents[2]
PROCESSES = 8
# Fused steps, a reduction, rows, random numbers, pooling: code of several kinds.
PROGRAM = """
import json, sys, warnings
warnings.simplefilter("error")
import numpy as np
import autograd_lite as tf
from autograd_lite.kernels import native

compiled = []
original = native._compiled
native._compiled = lambda *given: compiled.append(1) or original(*given)
x = tf.placeholder(tf.float32, [2, 8, 8, 8])
words = tf.Variable(np.linspace(-1, 1, 400, dtype=np.float32).reshape(50, 8))
found = tf.gather(words, [3, 1, 4, 1, 5])
pooled = tf.nn.max_pool(tf.tanh(x * 0.5) + tf.exp(-x), 2, 2, "VALID")
loss = tf.reduce_sum(tf.square(pooled)) + tf.reduce_mean(tf.nn.sigmoid(found))
train = tf.train.AdamOptimizer(0.1).minimize(loss)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    values = np.sin(np.arange(1024, dtype=np.float32)).reshape(2, 8, 8, 8)
    answers = [float(session.run([loss, train], {x: values})[0]) for _ in range(3)]
print(json.dumps({"answers": answers, "compiled": len(compiled)}))
"""


def start(folder, prepare=None):
    environment = {**os.environ, "AUTOGRAD_LITE_CACHE": str(folder), "AUTOGRAD_LITE_KERNELS": "now", "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, preexec_fn=prepare, **pipes)


def finished(process):
    out, err = process.communicate(timeout=240)
    assert (process.returncode, err) == (0, "")
    return json.loads(out)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """What one process alone gives, and the folder that it leaves."""
    folder = tmp_path_factory.mktemp("cache")
    given = finished(start(folder))
    assert given["compiled"] == len(kept(folder)) > 3
    return given["answers"], folder


def kept(folder):
    return sorted(path for path in (folder / "kernels").iterdir())


@pytest.fixture
def copied(first, tmp_path):
    """A folder of its own with the same files."""
    for path in kept(first[1]):
        target = tmp_path / "kernels" / path.name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        target.write_bytes(path.read_bytes())
        target.chmod(0o600)
    return tmp_path


def test_the_next_process_compiles_nothing(first, copied):
    assert finished(start(copied)) == {"answers": first[0], "compiled": 0}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_eight_processes_at_once_agree_and_leave_whole_files(first, tmp_path):
    processes = [start(tmp_path) for _ in range(PROCESSES)]
    assert [finished(process)["answers"] for process in processes] == [first[0]] * PROCESSES
    assert [path.name for path in kept(tmp_path)] == [path.name for path in kept(first[1])]
    assert finished(start(tmp_path)) == {"answers": first[0], "compiled": 0}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_processes_go_on_while_another_removes_everything(first, tmp_path):
    processes = [start(tmp_path) for _ in range(4)]
    command = [sys.executable, "-m", "autograd_lite", "kernels", "--clear"]
    environment = {**os.environ, "AUTOGRAD_LITE_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    while any(process.poll() is None for process in processes):
        assert subprocess.run(command, env=environment, capture_output=True, timeout=60).returncode == 0
    assert [finished(process)["answers"] for process in processes] == [first[0]] * 4


def cut(content):
    return content[: len(content) // 2]


def empty(content):
    return b""


def one_bit_wrong(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def something_else(content):
    return b"\x7fELF" + bytes(1000)


@pytest.mark.parametrize("damage", [cut, empty, one_bit_wrong, something_else])
def test_damaged_files_are_compiled_anew_and_replaced(first, copied, damage):
    whole = {path: path.read_bytes() for path in kept(copied)}
    for path, content in whole.items():
        path.write_bytes(damage(content))
    assert finished(start(copied)) == {"answers": first[0], "compiled": len(whole)}
    assert {path: path.read_bytes() for path in kept(copied)} == whole


def test_folders_in_the_place_of_files_are_no_error(first, copied):
    paths = kept(copied)
    for path in paths:
        path.unlink()
        path.mkdir()
    assert finished(start(copied)) == {"answers": first[0], "compiled": len(paths)}


def test_a_folder_that_cannot_be_made_is_no_error(first, tmp_path):
    (tmp_path / "file").write_text("")
    given = finished(start(tmp_path / "file"))
    assert given["answers"] == first[0]
    assert given["compiled"] > 3


def test_a_full_disk_is_no_error(first, tmp_path):
    resource = pytest.importorskip("resource")
    given = finished(start(tmp_path, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))))
    assert given["answers"] == first[0]
    assert kept(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_folder_that_cannot_be_written_is_no_error(first, tmp_path):
    tmp_path.chmod(0o500)
    given = finished(start(tmp_path))
    assert given["answers"] == first[0]
    assert not (tmp_path / "kernels").exists()
