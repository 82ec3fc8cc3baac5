"""The pages under docs/ keep up with the code."""

from __future__ import annotations

import re

from autograd_lite.core.release import Release
from tests.structure.source_files import FLOORS, PACKAGE, ROOT


def test_every_difference_between_releases_has_its_row() -> None:
    page = (ROOT / "docs/design/releases.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)`", page, re.MULTILINE)
    assert sorted(rows) == sorted(field for field in Release._fields if field != "name")


def test_the_floors_in_the_contract_are_those_of_the_test() -> None:
    page = (ROOT / "docs/design/interfaces.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*?) \|", page, re.MULTILINE)
    assert {folder: int(floor) for floor, folders in rows for folder in re.findall(r"`(\w+)`", folders)} == FLOORS


def test_every_folder_of_the_engine_is_explained() -> None:
    page = (ROOT / "docs/design/house.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| \d+ \|.*", page, re.MULTILINE))))
    assert {path.name for path in PACKAGE.iterdir() if path.name in FLOORS} <= explained


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        if {"_build", "generated"} & set(page.parts):  # Sphinx looks after the links of generated pages, which hold code too
            continue
        for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
            local = page.parent / target
            if "://" not in target and "/generated/" not in target and not local.exists() and not local.with_suffix(".md").exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert not broken, "\n".join(broken)
