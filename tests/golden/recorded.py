"""The recorded data: which cases there are, and their arrays, read when asked for and then kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).resolve().parent / "data"

Case = dict[str, Any]


@cache
def read_json(path: str) -> Any:
    """A file below `data/`."""
    return json.loads((DATA / path).read_text(encoding="utf-8"))


@cache
def arrays(path: str) -> Mapping[str, np.ndarray]:
    """The arrays of an .npz below `data/`; each is decompressed when it is looked up."""
    return np.load(DATA / path, allow_pickle=False)


def array(path: str, key: Any) -> np.ndarray:
    """One recorded array: a key of the .npz, or `{"str": [...], "shape": [...]}` for strings, which become bytes."""
    if not isinstance(key, dict):
        return _numbers(path, key).copy()
    strings = np.empty(len(key["str"]), object)
    strings[:] = [text.encode("latin-1") for text in key["str"]]
    return strings.reshape(key["shape"])


@lru_cache(maxsize=64)  # a case is read again for each thing that is tried with it
def _numbers(path: str, key: str) -> np.ndarray:
    return arrays(path)[key]


def groups(folder: str) -> list[str]:
    """The names of the .json files in one folder of the data, in alphabetical order."""
    return sorted(path.stem for path in (DATA / folder).glob("*.json"))
