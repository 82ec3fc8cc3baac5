"""The pages of the op table say of every op what its declaration says, and draw what can be drawn."""

from __future__ import annotations

import importlib
import sys
import types
from collections import Counter
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite.ops
from autograd_lite.graph.opdef import TABLE
from tests.structure.source_files import ROOT


@pytest.fixture(scope="module")
def modules() -> types.SimpleNamespace:
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        names = ("op_pages", "op_plots")
        return types.SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(ROOT / "docs"))


@pytest.fixture(scope="module")
def sections(modules: types.SimpleNamespace) -> list[tuple[str, str]]:
    """The heading and text of every section of every page."""
    found = []
    for name, ops in modules.op_pages.families().items():
        for part in modules.op_pages.page(name, ops, {}).split("\n## ")[1:]:
            heading, _, text = part.partition("\n")
            found.append((heading, text))
    return found


def test_every_op_of_the_table_is_on_exactly_one_page_with_its_signature(sections: list[tuple[str, str]]) -> None:
    assert Counter(name for name, _ in sections) == Counter(list(TABLE))
    signatures = Counter(text.split("```text\n")[1].split("\n```")[0] for _, text in sections)
    assert signatures == Counter(op.text.strip() for op in TABLE.values())
    wrong = [name for name, text in sections if not text.startswith(f"\n```text\n{TABLE[name].text.strip()}\n```\n")]
    assert not wrong


def test_every_op_shows_its_kernel_and_its_gradient_or_why_there_is_none(sections: list[tuple[str, str]]) -> None:
    for name, text in sections:
        op = TABLE[name]
        assert f":caption: Kernel\n\ndef {op.kernel.__code__.co_name}(" in text, name
        if op.gradient_function is not None:
            assert f":caption: Gradient\n\ndef {op.gradient_function.__code__.co_name}(" in text, name
        else:
            assert "- Gradient: none: " in text, name


def test_every_op_shows_its_public_names_its_sentence_and_its_cost(modules: types.SimpleNamespace, sections: list[tuple[str, str]]) -> None:
    for name, text in sections:
        op = TABLE[name]
        assert all(f"`tf.{public}`" in text for public in (*op.names, f"raw_ops.{name}")), name
        assert modules.op_pages.markdown(op.__doc__.split("\n")[0]) in text, name
        assert (":caption: Cost" in text) == (op.cost is not None), name
        assert (">>> " in op.__doc__) <= (">>> " in text), name


def test_the_source_of_a_kernel_stands_without_decorator_and_docstring(modules: types.SimpleNamespace) -> None:
    assert modules.op_pages.source(TABLE["Sqrt"].kernel) == "def sqrt(xp, x):\n    return xp.sqrt(x)"


def test_a_kernel_that_a_function_made_shows_what_it_was_made_with(modules: types.SimpleNamespace) -> None:
    assert "def resource_kernel(" in modules.op_pages.source(TABLE["ResourceScatterNdAdd"].kernel)
    assert "\n\n\ndef kernel(" in modules.op_pages.source(TABLE["ResourceScatterNdAdd"].kernel)


def test_a_curve_is_the_op_and_its_derivative_over_the_domain_of_its_samples(modules: types.SimpleNamespace) -> None:
    curve = modules.op_plots.curve(TABLE["Sin"])
    assert (curve.x[0], curve.x[-1]) == (-2, 2)
    np.testing.assert_allclose(curve.y, np.sin(curve.x), rtol=1e-12)
    np.testing.assert_allclose(curve.derivative, np.cos(curve.x), rtol=1e-12, atol=1e-15)


def test_samples_that_stay_off_a_kink_are_mirrored_where_the_op_is_finite(modules: types.SimpleNamespace) -> None:
    curve = modules.op_plots.curve(TABLE["Abs"])
    np.testing.assert_array_equal(curve.y, abs(curve.x))
    assert curve.x[0] == -2
    assert modules.op_plots.curve(TABLE["Log"]).x[0] == 0.5


@pytest.mark.parametrize("name", ["Identity", "ZerosLike", "Softmax", "Mul", "IsNan", "Conj", "StringLower", "Placeholder", "VariableV2"])
def test_an_op_without_a_curve_worth_seeing_has_no_plot(modules: types.SimpleNamespace, name: str) -> None:
    assert modules.op_plots.plot(TABLE[name]) is None


def test_a_plot_is_a_small_picture_with_the_same_bytes_each_time(modules: types.SimpleNamespace) -> None:
    pytest.importorskip("matplotlib")
    picture = modules.op_plots.plot(TABLE["Relu"])
    assert picture == modules.op_plots.plot(TABLE["Relu"])
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert len(picture) < 50_000
    assert "derivative" in picture


def test_files_of_families_that_are_gone_are_removed(modules: types.SimpleNamespace, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules.op_pages, "FOLDER", tmp_path)
    monkeypatch.setattr(modules.op_pages, "plot", lambda op: "<svg/>" if op.name == "Sin" else None)
    (tmp_path / "plots").mkdir()
    (tmp_path / "gone.md").write_text("old")
    (tmp_path / "plots" / "Gone.svg").write_text("old")
    modules.op_pages.write_op_pages()
    families = {f"{op.__module__.removeprefix(autograd_lite.ops.__name__ + '.')}.md" for op in TABLE.values()}
    assert {file.name for file in tmp_path.iterdir()} == families | {"families.txt", "plots"}
    assert [file.name for file in (tmp_path / "plots").iterdir()] == ["Sin.svg"]
    assert "plots/Sin.svg" in (tmp_path / "trigonometry.md").read_text(encoding="utf-8")
