"""Files of training histories: JSON to read again, CSV for spreadsheets, and what TensorBoard's event files hold."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.core.errors import DataLossError, NotFoundError
from autograd_lite.core.safe_write import replacing
from autograd_lite.lib import logging
from autograd_lite.lib.graph_files import summary_iterator
from autograd_lite.wire.files import text_path
from autograd_lite.wire.tensor_proto import proto_to_array

Columns = tuple[Sequence[int], Sequence[float]]  # the steps, and the values at them

_FORMAT = "autograd_lite training history"
_VERSION = 1
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}  # strings in the file: JSON has no such numbers
_STILL_WRITTEN = "truncated record"  # how the error begins when a file ends inside of a record
_EVENTS = "tfevents"  # in the name of every event file


def write_json(path: str | os.PathLike[str], series: Mapping[str, Columns]) -> None:
    """Write columns by name, whole or not at all.

    Raises:
      OSError: the file cannot be written; the message names it.
    """
    told = {name: {"steps": list(steps), "values": [_json_number(value) for value in values]} for name, (steps, values) in series.items()}
    with replacing(path, "w") as file:
        json.dump({"format": _FORMAT, "version": _VERSION, "series": told}, file, allow_nan=False)


def write_csv(path: str | os.PathLike[str], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows under a header, whole or not at all; None becomes an empty cell.

    Raises:
      OSError: the file cannot be written; the message names it.
    """
    with replacing(path, "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _json_number(value: float) -> float | str:
    return value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def read_json(path: str | os.PathLike[str]) -> dict[str, Columns]:
    """Read what `write_json` wrote, believing nothing of it.

    Raises:
      OSError: the file cannot be read.
      ValueError: it is no such file; the message says where it is wrong.
    """
    with open(path, "rb") as file:
        content = file.read()
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, f"it is not JSON ({error})") from None
    if not isinstance(told, dict) or told.get("format") != _FORMAT:
        raise _wrong(path, f'it does not say "format": "{_FORMAT}"')
    if told.get("version") != _VERSION:
        raise _wrong(path, f"its version is {told.get('version')!r}, and this library reads version {_VERSION}")
    series = told.get("series")
    if not isinstance(series, dict):
        raise _wrong(path, 'it has no "series"')
    return {name: _columns(path, name, columns) for name, columns in series.items()}


def _columns(path: str | os.PathLike[str], name: str, told: Any) -> Columns:
    """The steps and values of a name, checked."""
    steps, values = (told.get("steps"), told.get("values")) if isinstance(told, dict) else (None, None)
    if not isinstance(steps, list) or not isinstance(values, list) or len(steps) != len(values) or not steps:
        raise _wrong(path, f'{name!r} wants "steps" and "values", lists of one length that is not 0')
    last = -(2**63)
    numbers = []
    for step, value in zip(steps, values):
        if type(step) is not int or not last < step < 2**63:
            raise _wrong(path, f"the steps of {name!r} are not whole numbers that grow: {step!r} after {last}")
        last = step
        number = _NOT_FINITE.get(value) if isinstance(value, str) else value if type(value) in (int, float) else None
        if number is None:
            raise _wrong(path, f"the value of {name!r} at step {step} is no number: {value!r:.60}")
        numbers.append(_as_float(number))
    return steps, numbers


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf if number > 0 else -math.inf


def _wrong(path: str | os.PathLike[str], why: str) -> ValueError:
    return ValueError(f"{os.fspath(path)!r} holds no training history: {why}.")


def read_events(logdir: str | os.PathLike[str]) -> Iterator[tuple[str, int, float]]:
    """Names, steps and values of the scalars in event files, in the order in which they were written.

    Raises:
      NotFoundError: there is no such folder or file.
      ValueError: there is no event file in the folder.
      DataLossError: a file is damaged.
    """
    top = text_path(logdir)
    for run, path in _event_files(top):
        try:
            for event in summary_iterator(path):
                for name, value in _scalars(event):
                    yield f"{run}/{name}" if run else name, int(event.step), value
        except DataLossError as error:
            if not error.message.startswith(_STILL_WRITTEN):
                raise
            logging.warn("The last record of %s is not complete; what stands before it was read.", path)


def _event_files(top: str) -> list[tuple[str, str]]:
    """The event files of a folder and those below it, each with the name of its run: the way to its folder."""
    if os.path.isfile(top):
        return [("", top)]
    if not os.path.isdir(top):
        raise NotFoundError(None, None, f"{top}; No such file or directory")
    found = []
    for folder, folders, files in os.walk(top):
        folders.sort()
        run = os.path.relpath(folder, top).replace(os.sep, "/")
        found += [("" if run == "." else run, os.path.join(folder, name)) for name in sorted(files) if _EVENTS in name]
    if not found:
        raise ValueError(f"{top!r} holds no event file (one with {_EVENTS!r} in its name), nor do the folders below it.")
    return found


def _scalars(event: Any) -> Iterator[tuple[str, float]]:
    """The scalars of an event, as either release writes them."""
    for value in event.summary.value:
        kind = value.WhichOneof("value")
        if kind == "simple_value":
            yield value.tag, value.simple_value
        elif kind == "tensor":
            array = proto_to_array(value.tensor)
            if array.ndim == 0 and array.dtype.kind in "fiub" and array.dtype != np.bool_:
                yield value.tag, float(array)
