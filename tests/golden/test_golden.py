"""What real TensorFlow gave, recorded, is what we give: one test per case and aspect."""

from __future__ import annotations

from functools import lru_cache

import pytest

import autograd_lite
from tests.golden import not_yet
from tests.golden.catalog import all_names, entries
from tests.golden.comparing import first_line

_NOT_YET = not_yet.read()


@lru_cache(maxsize=2)  # the aspects of one case stand next to each other
def _report(key: str) -> dict[str, str | None]:
    entry = entries()[key]
    autograd_lite.set_release(entry.release)
    try:
        return entry.run(autograd_lite)
    except Exception as error:
        return dict.fromkeys(entry.aspects, first_line(error))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", all_names(), ids=str)
def test_recorded_case(name: str) -> None:
    key, _, aspect = name.rpartition(":")
    wrong = _report(key)[aspect]
    if not _NOT_YET.lists(name):
        assert wrong is None, f"{name}: {wrong}"
    elif wrong is None:
        pytest.fail(f"{name} passes now; take it out of tests/golden/not_yet.txt: python -m tests.golden.report --shrink")
    else:
        pytest.xfail(wrong)
