"""Whenever a program that saves is killed, the last checkpoint that it saved can be restored, whole."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as tf

PROGRAM = Path(__file__).with_name("saving_in_a_loop.py")
KINDS = ["steps", "same", "shards"]


def killed(folder, kind, first, seconds):
    """Let the program save for a while after its first save, kill it, and give the number of the last save that it told of."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(PROGRAM.parents[2]), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, str(PROGRAM), str(folder), kind, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline()]
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read().splitlines(keepends=True)
    numbers = [int(line) for line in told if line.endswith("\n")]
    assert numbers, "the program saved nothing"
    return numbers[-1]


def restored(folder):
    """The number that all tensors of the newest checkpoint hold."""
    path = tf.train.latest_checkpoint(str(folder))
    assert path is not None
    reader = tf.train.load_checkpoint(path)
    a, b = reader.get_tensor("a"), reader.get_tensor("b")
    assert np.all(a == a[0, 0]), "tensors of two saves"
    assert np.all(b == a[0, 0]), "tensors of two saves"
    return int(a[0, 0])


def kill_and_restore(folder, kind, times, seed):
    rng = random.Random(seed)
    number = 0
    for _ in range(times):
        told = killed(folder, kind, number, rng.uniform(0, 0.1))
        number = restored(folder)
        assert number in (told, told + 1), f"save {told} was told of, {number} is restored"
        number += 1
    leftovers = [name for name in os.listdir(folder) if name.startswith(".") or name.endswith("_temp")]
    assert len(leftovers) < 8, f"the next save removes what a killed one left: {leftovers}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_program_loses_no_checkpoint(kind, tmp_path):
    kill_and_restore(tmp_path, kind, times=5, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", KINDS)
def test_five_hundred_kills_lose_nothing(kind, tmp_path):
    kill_and_restore(tmp_path, kind, times=167, seed=2)
