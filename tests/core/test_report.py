"""Reports in four formats, with names that nobody vouches for."""

from __future__ import annotations

import re

import pytest

from autograd_lite.core.report import (
    Bullets,
    Code,
    Display,
    Formula,
    Heading,
    Listing,
    Paragraph,
    Report,
    Table,
    latex_text,
    markdown_text,
    printable,
)  # fmt: skip

HOSTILE = "<script>alert(1)</script>|`${x}_$"


@pytest.fixture
def report():
    return Report(
        ("About ", Code("w_1")),
        [
            Heading("Part"),
            Paragraph(("A line with ", Code(HOSTILE), " in it.")),
            Display([Formula("y = x^2", "y = x^{2}")]),
            Listing("a  b\n" + HOSTILE),
            Bullets(["one", ("two ", Code("x"))]),
            Table(["name", "value"], [[Code("long_name"), "1"], ["b", "22"]], frozenset([1])),
        ],
    )


def test_plain_text_has_aligned_columns(report):
    text = report.text()
    assert "name       value\n---------  -----\nlong_name      1\nb             22" in text
    assert "About w_1" in text and "    y = x^2" in text and "- two x" in text


def test_markdown_has_formulas_between_dollars_and_a_table(report):
    text = report.markdown()
    assert "$$y = x^{2}$$" in text and "| `long_name` | 1 |" in text and "| :--- | ---: |" in text


def test_latex_has_a_table_and_displayed_formulas(report):
    text = report.latex()
    assert r"\[ y = x^{2} \]" in text and r"\texttt{long\_name} & 1 \\" in text and r"\begin{tabular}{lr}" in text


def test_a_table_that_adds_up_ends_with_its_sums():
    told = Report("", [Table(["name", "n"], [["a", "1"], ["b", "20"]], frozenset([1]), ["all", "21"])])
    assert told.text() == "name   n\n----  --\na      1\nb     20\n----  --\nall   21"
    assert told.markdown().splitlines()[-1] == "| **all** | **21** |"
    assert told.latex().splitlines()[-3:] == [r"\hline", r"all & 21 \\", r"\end{tabular}"]
    assert told.html().count("<tfoot>") == 1 and "<h2>" not in told.html()


def test_no_format_lets_a_name_become_markup(report):
    assert "<script" not in report.html() and "&lt;script&gt;" in report.html()
    assert "<script" not in report.page()
    outside_code = re.sub(r"(?s)(`{3,}).*?\1", "", report.markdown())
    outside_code = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", outside_code)
    assert not re.search(r"(?<!\\)<script|(?<!\\)\$", outside_code.replace("$$y = x^{2}$$", ""))
    assert r"\$\{x\}" in report.latex() and r"\textless{}script" in report.latex()


def test_code_with_backticks_stays_code_in_markdown():
    assert "`` a`b ``" in Report("t", [Paragraph(Code("a`b"))]).markdown() or "``a`b``" in Report("t", [Paragraph(Code("a`b"))]).markdown()


def test_control_characters_do_not_reach_a_terminal():
    assert printable("a\x1b[2Jb\u202ec") == "a\\x1b[2Jb\\u202ec"
    assert "\x1b" not in Report("t", [Paragraph(Code("\x1b[31m"))]).text()


def test_special_characters_of_latex_and_markdown_are_escaped():
    assert latex_text("50% of a_b & c^2 {x} \\") == r"50\% of a\_b \& c\textasciicircum{}2 \{x\} \textbackslash{}"
    assert markdown_text("[a](http://b) *c*") == r"\[a\]\(http://b\) \*c\*"


def test_a_page_needs_nothing_but_itself(report):
    page = report.page()
    assert page.startswith("<!DOCTYPE html>") and "default-src 'none'" in page
    assert "http://" not in page and "https://" not in page and "prefers-color-scheme: dark" in page
