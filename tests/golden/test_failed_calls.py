"""A call that fails while building changes nothing: no node, name, collection item, open scope or default is left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.golden.calling import arguments, function_of
from tests.golden.leftovers import Watch, leftovers
from tests.golden.recorded import Case, array, groups, read_json

_CASES = [case for case in read_json("tf1_errors.json") if case["stage"] == "build"]
_CALLS_OF_A_FUNCTION = 2


class _Stranger:
    """What no function can take for a tensor."""


def _wrong_values(tf: Any) -> list[Any]:
    odd = tf.placeholder(tf.complex64, [7, 7, 7], name="odd")
    return [_Stranger(), "nonsense", odd, None, -77, np.zeros((3, 0, 5), np.float16), [[1, 2], [3]]]


@pytest.mark.parametrize("release", ["1.15", "2.21"])
@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["case"])
def test_a_program_that_fails_while_building_leaves_nothing(case: Case, release: str, tf: Any, tmp_path: Path) -> None:
    tf.set_release(release)
    names = {"np": np, "os": os, "shutil": shutil, "threading": threading, "time": time, "print": lambda *_: None}
    program = case["code"].replace("{TMP}", str(tmp_path))
    with ThreadPoolExecutor(1) as thread:  # of its own, so that default sessions which the program itself never leaves are not ours
        assert thread.submit(leftovers, program, tf, names).result().found == []


def test_what_is_left_behind_is_told(tf: Any) -> None:
    def careless(value: float) -> None:
        tf.add_to_collection("kept", tf.constant(value, name="left"))
        raise ValueError("too late")

    found = leftovers("careless(1.0)", tf, {"careless": careless}).found
    assert [line.partition(":")[0].rpartition(" changed ")[2] for line in found] == [
        "the nodes", "the names in use", "the number of ops", "the collections",
    ]  # fmt: skip


@pytest.mark.parametrize("release", ["1.15", "2.21"])
@pytest.mark.parametrize("group", groups("ops"))
def test_a_call_with_a_wrong_argument_leaves_nothing(group: str, release: str, tf: Any) -> None:
    """Every function of the recorded calls gets a wrong value in the place of each argument in turn, and a wrong name."""
    tf.set_release(release)
    calls: dict[str, int] = {}
    found: list[str] = []
    for case in read_json(f"ops/{group}.json")["cases"]:
        function = function_of(case, tf)
        if function is None or calls.setdefault(case["api"], 0) == _CALLS_OF_A_FUNCTION:
            continue
        calls[case["api"]] += 1
        for place in [*range(len(case["args"])), *case["kwargs"], "name"]:
            for i in range(1 if place == "name" else len(_wrong_values(tf))):
                found += _left_by(case, group, function, place, i, tf)
    assert found == []


def _left_by(case: Case, group: str, function: Any, place: int | str, i: int, tf: Any) -> list[str]:
    """What a call leaves when it fails because of the wrong value number `i` at one place."""
    watch = Watch(tf, "")
    with tf.Graph().as_default():
        inputs = [array(f"ops/{group}.npz", entry["key"]) for entry in case["inputs"]]
        tensors = [tf.placeholder(tf.string if x.dtype == object else x.dtype, x.shape, f"x{k}") for k, x in enumerate(inputs)]
        literals = [array(f"ops/{group}.npz", key) for key in case.get("literals", [])]
        positional, keywords = arguments(case, tensors, literals, tf)
        wrong = "no such name!" if place == "name" else _wrong_values(tf)[i]
        if isinstance(place, int):
            positional[place] = wrong
        else:
            keywords[place] = wrong
        with contextlib.suppress(Exception):
            watch.call(function, *positional, **keywords)
    return [f"{case['id']} with {wrong!r} for {place}: {line}" for line in watch.found]
