"""Public names are recorded where the thing is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograd_lite.core import export as exporting


@pytest.fixture(autouse=True)
def _empty_record(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(exporting, "PUBLIC", {})
    monkeypatch.setattr(exporting, "_names_of_object", {})
    yield


def documented() -> None:
    """At the top of this module, as everything public must be."""


def other() -> None:
    """Another one."""


def test_a_function_is_recorded_under_each_of_its_names() -> None:
    assert exporting.export("nn.documented", "math.documented")(documented) is documented
    assert exporting.PUBLIC["math.documented"] == (__name__, "documented", False)
    assert exporting.public_names(documented) == ("nn.documented", "math.documented")


def test_two_things_cannot_share_a_name() -> None:
    exporting.export("nn.documented")(documented)
    with pytest.raises(ValueError, match=r"tf.nn.documented is .*\.documented already; .*\.other cannot be it too"):
        exporting.export("nn.documented")(other)
    assert exporting.public_names(other) == ()


def test_the_same_thing_may_be_recorded_twice() -> None:
    exporting.export("documented")(documented)
    exporting.export("documented")(documented)
    assert exporting.PUBLIC == {"documented": (__name__, "documented", False)}


def test_a_local_function_cannot_be_public() -> None:
    def local() -> None:
        pass

    with pytest.raises(ValueError, match="not at the top of its module"):
        exporting.export("local")(local)
    assert exporting.PUBLIC == {}


@pytest.mark.parametrize("name", ["", "nn.", ".relu", "nn relu", "nn-relu"])
def test_a_name_that_python_cannot_write_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a public name"):
        exporting.export(name)(documented)


def test_a_refused_name_records_none_of_the_others() -> None:
    with pytest.raises(ValueError, match="is not a public name"):
        exporting.export("good", "not good")(documented)
    assert exporting.PUBLIC == {}


def test_constants_and_computed_values_are_recorded_too() -> None:
    exporting.export_constant(__name__, "LIMIT", "limits.LIMIT")
    exporting.export_computed("VERSION")(documented)
    assert exporting.PUBLIC["limits.LIMIT"] == (__name__, "LIMIT", False)
    assert exporting.PUBLIC["VERSION"] == (__name__, "documented", True)
