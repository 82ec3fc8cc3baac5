"""The Python of the guides and lessons runs as it stands, cell after cell."""

import re

import pytest

from tests.programs_run import ROOT, python

GUIDES = sorted(page for folder in ("guides", "learn") for page in (ROOT / "docs" / folder).glob("*.md") if page.stem != "index")


@pytest.mark.parametrize("page", GUIDES, ids=[page.stem for page in GUIDES])
def test_the_cells_of_a_guide_run(page, tmp_path):
    cells = re.findall(r"```\{code-cell\}[^\n]*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert cells
    program = []
    for cell in cells:
        if cell.startswith(":tags: [raises-exception]"):
            indented = "\n".join("    " + line for line in cell.splitlines()[1:])
            program.append(f"try:\n{indented}\nexcept Exception as error:\n    print(error)\nelse:\n    raise SystemExit('no error')")
        else:
            program.append("\n".join(line for line in cell.splitlines() if not line.startswith(":")))
    (tmp_path / "page.py").write_text("\n".join(program), encoding="utf-8")
    done = python(tmp_path / "page.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
