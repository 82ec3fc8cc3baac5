"""What real TensorFlow gave, recorded, is what we give: one test per case, which tells every aspect that is wrong."""

from __future__ import annotations

import pytest

import autograd_lite
from tests.golden import not_yet
from tests.golden.catalog import Entry, Report, entries
from tests.golden.comparing import first_line

_NOT_YET = not_yet.read()


def _report(entry: Entry) -> Report:
    autograd_lite.set_release(entry.release)
    try:
        return entry.run(autograd_lite)
    except Exception as error:
        return dict.fromkeys(entry.aspects, first_line(error))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("key", entries())
def test_recorded_case(key: str) -> None:
    entry = entries()[key]
    report = _report(entry)
    wrong = {f"{key}:{aspect}": report[aspect] for aspect in entry.aspects}
    unexpected = [f"{name}: {what}" for name, what in wrong.items() if what is not None and not _NOT_YET.lists(name)]
    assert not unexpected, "\n".join(unexpected)
    passing = [name for name, what in wrong.items() if what is None and _NOT_YET.lists(name)]
    if passing:
        pytest.fail(f"{passing} pass now; take them out of tests/golden/not_yet.txt: python -m tests.golden.report --shrink")
    expected = [f"{name}: {what}" for name, what in wrong.items() if what is not None]
    if expected:
        pytest.xfail("\n".join(expected))
