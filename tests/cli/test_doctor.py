from pathlib import Path

import pytest

from autograd_lite.cli import doctor
from autograd_lite.core import optional
from autograd_lite.core.version import PACKAGE_VERSION


def test_the_report_names_versions_backends_and_extras():
    lines, well = doctor.report()
    text = "\n".join(lines)
    assert well
    assert lines[0].startswith(f"autograd_lite {PACKAGE_VERSION}, release ")
    assert "NumPy" in text and "BLAS" in text
    for name in ("numpy", "cupy", "strict", "protobuf", *doctor.GIVES):
        assert any(line.split()[:1] == [name] for line in lines), name


def test_a_missing_extra_says_what_it_would_give_and_how_to_get_it(monkeypatch):
    monkeypatch.setattr(optional, "available", lambda package: package != "scipy")
    text = "\n".join(doctor.report()[0])
    assert "missing   special functions" in text
    assert 'pip install "autograd_lite[scipy]"' in text


def test_a_missing_core_package_makes_the_report_bad(monkeypatch):
    monkeypatch.setattr(optional, "available", lambda package: package != "networkx")
    lines, well = doctor.report()
    assert not well
    assert lines[-1] == "Missing: networkx. Mend it with: pip install autograd_lite"


def test_every_extra_of_the_project_is_told():
    tomllib = pytest.importorskip("tomllib")  # Python 3.11
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    extras = set(project["optional-dependencies"]) - {"all", "test", "docs", "dev", "cuda13"}
    assert extras == set(doctor.GIVES) == {extra for _, extra in optional.PACKAGES.values() if extra}


def test_without_threadpoolctl_the_build_of_numpy_is_asked(monkeypatch):
    monkeypatch.setattr(optional, "available", lambda package: package != "threadpoolctl")
    assert "; BLAS " in "\n".join(doctor.report()[0])
