"""Every recorded case under one key, such as `ops/nn/relu/0`, with how to run it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple

from tests.golden import file_cases, graph_cases, hostile, op_cases, programs, wrong_programs
from tests.golden.recorded import groups, read_json

Report = dict[str, "str | None"]


class Entry(NamedTuple):
    """One case: `run(tf)` reports each of its `aspects`, None meaning that it holds. `release` is whose behaviour was recorded."""

    key: str
    aspects: tuple[str, ...]
    run: Callable[[Any], Report]
    release: str = "2.21"


def _ops() -> Iterator[Entry]:
    for group in groups("ops"):
        for case in read_json(f"ops/{group}.json")["cases"]:
            yield Entry(f"ops/{case['id']}", tuple(op_cases.aspects(case)), partial(op_cases.run, case, f"ops/{group}.npz"))


def _programs() -> Iterator[Entry]:
    for group in groups("programs"):
        for case in read_json(f"programs/{group}.json")["programs"]:
            runner = partial(programs.run, case, f"programs/{group}.npz")
            yield Entry(f"programs/{group}/{case['id']}", tuple(programs.aspects(case)), runner)


def _graphs() -> Iterator[Entry]:
    for listed in read_json("graphs/index.json"):
        case = read_json(f"graphs/{listed['id']}.json")
        yield Entry(f"graphs/{case['id']}", tuple(graph_cases.aspects(case)), partial(graph_cases.run, case))
    for case in read_json("graphs/frozen.json"):
        yield Entry(f"frozen/{case['id']}", tuple(graph_cases.frozen_aspects(case)), partial(graph_cases.run_frozen, case))


# Recorded while the session of an earlier program was still the default one; this is what TensorFlow 2.21 does without it.
_CORRECTED = {
    "load_no_session": {
        "exception": "ValueError",
        "message": "Either session argument should be provided or default session should be established",
        "stage": "build",
    },
}


def _errors() -> Iterator[Entry]:
    cases = {case["case"]: case | _CORRECTED.get(case["case"], {}) for case in read_json("tf1_errors.json")}
    for case in cases.values():
        yield Entry(f"errors/{case['group']}/{case['case']}", tuple(wrong_programs.aspects(case)), partial(wrong_programs.run, case))
    for older in read_json("tf1_errors_1x.json"):
        if older["case"] in cases and _is_exact(older):
            case = cases[older["case"]] | {"exception": older["tf1x_exception"], "message": older["tf1x_message"]}
            case["stage"] = "build" if case["stage"] == "none" else case["stage"]  # 2.21 accepts it
            yield Entry(f"errors_1x/{case['case']}", tuple(wrong_programs.aspects(case)), partial(wrong_programs.run, case), "1.15")


def _is_exact(older: dict[str, str]) -> bool:
    """Whether the text of 1.15 is known to the letter."""
    described = re.search(r"<(name|the tensor|text)>|^(up to )?1\.\d+:", older["tf1x_message"])
    return "same code line as 1.15" in older["evidence"] and not described


def _files() -> Iterator[Entry]:
    for name, check in file_cases.checks().items():
        yield Entry(f"files/{name}", ("holds",), partial(_run_check, check))


def _hostile() -> Iterator[Entry]:
    for case in read_json("hostile.json"):
        yield Entry(f"hostile/{case['id']}", ("survives",), partial(hostile.run, case))


def _run_check(check: file_cases.Check, tf: Any) -> Report:
    return {"holds": file_cases.run(check, tf)}


@lru_cache(maxsize=1)
def entries() -> dict[str, Entry]:
    """All cases by key, in the order of the data."""
    found: dict[str, Entry] = {}
    for make in (_ops, _programs, _graphs, _errors, _files, _hostile):
        for entry in make():
            if entry.key in found:
                raise ValueError(f"two cases have the key {entry.key!r}")
            found[entry.key] = entry
    return found


def all_names() -> list[str]:
    """One name per case and aspect: `ops/nn/relu/0:values`."""
    return [f"{entry.key}:{aspect}" for entry in entries().values() for aspect in entry.aspects]
