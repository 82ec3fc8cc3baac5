"""A call that fails while building changes nothing: no node, name, collection item, open scope or default is left behind."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.golden.leftovers import leftovers
from tests.golden.recorded import Case, read_json

_CASES = [case for case in read_json("tf1_errors.json") if case["stage"] == "build"]


@pytest.mark.parametrize("release", ["1.15", "2.21"])
@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["case"])
def test_a_program_that_fails_while_building_leaves_nothing(case: Case, release: str, tf: Any, tmp_path: Path) -> None:
    tf.set_release(release)
    names = {"np": np, "os": os, "shutil": shutil, "threading": threading, "time": time, "print": lambda *_: None}
    assert leftovers(case["code"].replace("{TMP}", str(tmp_path)), tf, names).found == []


def test_what_is_left_behind_is_told(tf: Any) -> None:
    def careless(value: float) -> None:
        tf.add_to_collection("kept", tf.constant(value, name="left"))
        raise ValueError("too late")

    found = leftovers("careless(1.0)", tf, {"careless": careless}).found
    assert [line.partition(":")[0].rpartition(" changed ")[2] for line in found] == [
        "the nodes", "the names in use", "the number of ops", "the collections",
    ]  # fmt: skip
