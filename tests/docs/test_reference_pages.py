"""The reference is written from docstrings, whatever they contain."""

from __future__ import annotations

import importlib.util
import types

import pytest

import autograd_lite as tf
from tests.structure.source_files import ROOT


@pytest.fixture(scope="module")
def pages() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("reference_pages", ROOT / "docs" / "reference_pages.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_example_becomes_code(pages: types.ModuleType) -> None:
    assert pages.markdown("Add.\n\n>>> 1 + 1\n2\n\nMore.") == "Add.\n\n\n```python\n>>> 1 + 1\n2\n```\n\nMore."


def test_arguments_become_a_list(pages: types.ModuleType) -> None:
    assert "**Args**\n\n- x: a tensor." in pages.markdown("Add.\n\nArgs:\n  x: a tensor.")


def test_text_that_markdown_would_read_stays_as_it_is(pages: types.ModuleType) -> None:
    assert pages.markdown("# not a heading, `x*y` and x*y") == "\\# not a heading, `x*y` and x\\*y"


def test_every_public_name_of_a_module_has_its_section(pages: types.ModuleType) -> None:
    text = pages.page(tf.bitwise, "bitwise")
    assert all(f"## {name}\n" in text for name in tf.bitwise.__all__)


def test_a_class_shows_all_its_methods(pages: types.ModuleType) -> None:
    text = "\n".join(pages.entry("tf.TrainingHistory", tf.TrainingHistory))
    for method in ("append(self, step", "load(path)", "plot(history, path=None"):
        assert f"```python\n{method}" in text
    assert "TrainingHistory._series" not in text


def test_the_list_of_ops_leads_to_the_page_of_each_family(pages: types.ModuleType) -> None:
    text = pages.page_of_ops()
    assert "| [Mul](../../ops/generated/arithmetic.md#mul) | Multiply" in text
    assert all(f"| [{name}](" in text for name in pages.TABLE)


def test_a_public_op_shows_its_types_formula_and_gradient(pages: types.ModuleType) -> None:
    text = pages.page(tf.math, "math")
    section = text[text.index("## multiply\n") :].split("\n## ")[0]
    assert "- Op: [Mul](../../ops/generated/arithmetic.md#mul)" in section
    assert "- Formula: `x * y`" in section
    assert "float32" in section


def test_pages_of_modules_that_are_gone_are_removed(pages: types.ModuleType, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    (tmp_path / "gone.md").write_text("old")
    pages.write_pages()
    assert not (tmp_path / "gone.md").exists()
    assert (tmp_path / "tf.md").exists() and (tmp_path / "raw_ops.md").exists()
