"""The Python of the guides and lessons runs as it stands, cell after cell, and what a cell ends with can be shown."""

import ast
import re

import pytest

from tests.programs_run import ROOT, python

GUIDES = sorted(page for folder in ("guides", "learn") for page in (ROOT / "docs" / folder).glob("*.md") if page.stem != "index")
SHOW = """
def show_as_a_notebook_does(value):
    for method in ("_repr_mimebundle_", "_repr_markdown_", "_repr_html_", "__repr__"):
        if hasattr(value, method):
            getattr(value, method)()
"""


def shown(cell):
    """The cell, with its last expression handed to what shows it."""
    tree = ast.parse(cell)
    if not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return cell
    lines = cell.splitlines()
    first = tree.body[-1].lineno - 1
    return "\n".join([*lines[:first], "show_as_a_notebook_does((", *lines[first:], "))"])


@pytest.mark.parametrize("page", GUIDES, ids=[page.stem for page in GUIDES])
def test_the_cells_of_a_guide_run(page, tmp_path):
    cells = re.findall(r"```\{code-cell\}[^\n]*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert cells
    program = [SHOW]
    for cell in cells:
        if cell.startswith(":tags: [raises-exception]"):
            indented = "\n".join("    " + line for line in cell.splitlines()[1:])
            program.append(f"try:\n{indented}\nexcept Exception as error:\n    print(error)\nelse:\n    raise SystemExit('no error')")
        else:
            program.append(shown("\n".join(line for line in cell.splitlines() if not line.startswith(":"))))
    (tmp_path / "page.py").write_text("\n".join(program), encoding="utf-8")
    done = python(tmp_path / "page.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
