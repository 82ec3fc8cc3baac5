"""Reports in blocks (paragraphs, tables, formulas, listings), told as plain text, Markdown, LaTeX or HTML.

Whoever writes a report builds a `Report` once; how each format escapes what comes from a graph (names, code, file names) stands only here.
"""

from __future__ import annotations

import abc
import html
import os
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from autograd_lite.core.safe_write import replacing


class Code(NamedTuple):
    """A name, or a few words of code, inside a line."""

    text: str


class Formula(NamedTuple):
    """Mathematics: as plain text, and in LaTeX. The LaTeX is written by this library; names in it have gone through `latex_text`."""

    plain: str
    latex: str


class Bar(NamedTuple):
    """A share from 0 to 1, drawn as a bar."""

    share: float


Inline = str | Code | Formula | Bar
Line = Inline | tuple[Inline, ...]


class Heading(NamedTuple):
    """A heading inside a report."""

    line: Line


class Paragraph(NamedTuple):
    """Running text."""

    line: Line


class Listing(NamedTuple):
    """Text whose line breaks and spaces stay as they are."""

    text: str


class Folded(NamedTuple):
    """Text of many lines that a page shows only when its title is opened."""

    title: Line
    text: str


class Display(NamedTuple):
    """Formulas, one a line, set apart from the text."""

    formulas: Sequence[Formula]


class Derivation(NamedTuple):
    """A chain of equations: `left = line = line = ...`, one line below the other."""

    left: Formula
    lines: Sequence[Formula]


class Bullets(NamedTuple):
    """A list."""

    lines: Sequence[Line]


class Table(NamedTuple):
    """Rows of cells under a header, and perhaps a last row that adds them up; `numeric` are the columns that are set to the right."""

    header: Sequence[Line]
    rows: Sequence[Sequence[Line]]
    numeric: frozenset[int] = frozenset()
    total: Sequence[Line] | None = None


Block = Heading | Paragraph | Listing | Folded | Display | Derivation | Bullets | Table

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "−": "$-$", "→": r"$\to$", "±": r"$\pm$", "·": r"$\cdot$", "×": r"$\times$", "≈": r"$\approx$",
    "∞": r"$\infty$", "‖": r"$\|$", "⊙": r"$\odot$", "∂": r"$\partial$", "…": r"\ldots{}",
}  # fmt: skip
_WIDTH = 120  # of plain text
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|$~&-])")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""Text in which characters that a terminal would obey, or that turn the direction of writing, are written out.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def latex_text(text: str) -> str:
    r"""Text for LaTeX: what has a meaning there is written so that it shows.

    >>> print(latex_text("layer_1/w"))
    layer\_1/w
    """
    return "".join(_LATEX.get(character, character) for character in printable(text))


def markdown_text(text: str) -> str:
    r"""Text for Markdown: nothing in it becomes a link, HTML, mathematics or emphasis.

    >>> print(markdown_text("<b>x_1"))
    \<b\>x\_1
    """
    return _MARKDOWN.sub(r"\\\1", printable(text)).replace("\n", " ")


class Report:
    """A report, told in any format; one without a title (`""`) begins with its first block."""

    def __init__(self, title: Line, blocks: Iterable[Block] = ()) -> None:
        self.title = title
        self.blocks = list(blocks)

    def text(self) -> str:
        """The report as plain text."""
        parts = [_plain_line(self.title), *(_plain_block(block) for block in self.blocks)]
        return "\n\n".join(part for part in parts if part)

    def markdown(self) -> str:
        """The report in Markdown, formulas between dollars."""
        parts = [*self._titled("### {}", _markdown_line), *(_markdown_block(block) for block in self.blocks)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def latex(self) -> str:
        """The report in LaTeX, for the body of a document that uses `amsmath`."""
        parts = [*self._titled(r"\subsection*{{{}}}", _latex_line), *(_latex_block(block) for block in self.blocks)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def html(self, alone: bool = False) -> str:
        """The report as a piece of HTML, to stand inside of an element of the class `report` with `STYLE`; or `alone`, in any page."""
        return "\n".join([*self._titled("<h2>{}</h2>", _html_line), *(_html_block(block, alone) for block in self.blocks)])

    def _titled(self, form: str, told: Callable[[Line], str]) -> list[str]:
        return [form.format(told(self.title))] if self.title else []

    def page(self) -> str:
        """The report as a whole HTML page that needs nothing but itself, light or dark as the reader's system is."""
        return _PAGE.format(title=html.escape(printable(_plain_line(self.title) or "Report")), style=STYLE, body=self.html())


class Reported(abc.ABC):
    """What shows a Report: in a terminal, in a notebook, or as the text of a document. Subclasses write `report`."""

    @abc.abstractmethod
    def report(self) -> Report:
        """The report in blocks."""

    def markdown(self) -> str:
        """The same in Markdown; formulas stand between dollars."""
        return self.report().markdown()

    def latex(self) -> str:
        """The same in LaTeX, for the body of a document that uses `amsmath`."""
        return self.report().latex()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file; the ending says how: .html (a page that needs nothing but itself), .md, .tex or .txt.

        Raises:
          ValueError: another ending. OSError: the file cannot be written; the message names it.
        """
        report = self.report()
        ways = {".html": report.page, ".md": report.markdown, ".tex": report.latex, ".txt": report.text}
        ending = os.path.splitext(os.fspath(path))[1].lower()
        if ending not in ways:
            raise ValueError(f"{os.fspath(path)!r} does not end in one of {', '.join(ways)}")
        write_text(path, ways[ending]())

    def __str__(self) -> str:
        return self.report().text()

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return self.markdown()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
      OSError: the file cannot be written; the message names it.
    """
    try:
        with replacing(path, "w") as file:
            file.write(text)
    except OSError as error:
        raise type(error)(error.errno, f"cannot write {os.fspath(path)!r}: {error.strerror}") from None


def _inlines(line: Line) -> tuple[Inline, ...]:
    return (line,) if isinstance(line, str | Code | Formula | Bar) else line


# ---------------------------------------------------------------- plain text


def _plain_line(line: Line) -> str:
    return "".join(printable(_plain_inline(part)) for part in _inlines(line))


def _plain_inline(part: Inline) -> str:
    if isinstance(part, Bar):
        return "#" * round(20 * part.share)
    return part if isinstance(part, str) else part.text if isinstance(part, Code) else part.plain


def _plain_block(block: Block) -> str:
    if isinstance(block, Heading):
        text = _plain_line(block.line)
        return f"{text}\n{'-' * len(text)}"
    if isinstance(block, Paragraph):
        return textwrap.fill(_plain_line(block.line), _WIDTH, break_long_words=False, break_on_hyphens=False)
    if isinstance(block, Listing):
        return "\n".join(f"  {printable(line)}" for line in block.text.splitlines())
    if isinstance(block, Folded):
        return f"{_plain_line(block.title)}\n{_plain_block(Listing(block.text))}"
    if isinstance(block, Display):
        return "\n".join(f"    {printable(formula.plain)}" for formula in block.formulas)
    if isinstance(block, Derivation):
        left = printable(block.left.plain)
        starts = [left, *[" " * len(left)] * (len(block.lines) - 1)]
        return "\n".join(f"    {start} = {printable(line.plain)}" for start, line in zip(starts, block.lines))
    if isinstance(block, Bullets):
        return "\n".join(_plain_bullet(_plain_line(line)) for line in block.lines)
    return _plain_table(block)


def _plain_bullet(text: str) -> str:
    return textwrap.fill(f"- {text}", _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _plain_table(table: Table) -> str:
    rows = [[_plain_line(cell) for cell in row] for row in (table.header, *table.rows, *_total_of(table))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header))]

    def padded(row: Sequence[str]) -> str:
        cells = [cell.rjust(width) if column in table.numeric else cell.ljust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]  # fmt: skip
        return "  ".join(cells).rstrip()

    rule = "  ".join("-" * width for width in widths)
    end = [rule, padded(rows[-1])] if table.total is not None else []
    return "\n".join([padded(rows[0]), rule, *(padded(row) for row in rows[1 : len(table.rows) + 1]), *end])


def _total_of(table: Table) -> list[Sequence[Line]]:
    return [] if table.total is None else [table.total]


# ---------------------------------------------------------------- Markdown


def _markdown_line(line: Line) -> str:
    parts = []
    for part in _inlines(line):
        if isinstance(part, Formula):
            parts.append(f"${part.latex}$")
        elif isinstance(part, Code):
            parts.append(_markdown_code(part.text))
        elif isinstance(part, Bar):
            parts.append("█" * round(20 * part.share))
        else:
            parts.append(_lightly_escaped(part))
    return "".join(parts)


def _lightly_escaped(text: str) -> str:
    """Our own sentences: only what would change their meaning is escaped, so that the source stays readable."""
    return re.sub(r"([\\`*_\[\]<>|$#])", r"\\\1", printable(text))


def _markdown_code(text: str) -> str:
    """Code in a line: between more backticks than it has in a row; a bar would end the cell of a table."""
    text = printable(text).replace("\n", " ")
    if "|" in text or text != text.strip() or not text:
        return markdown_text(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _markdown_block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"**{_markdown_line(block.line)}**"
    if isinstance(block, Paragraph):
        return _markdown_line(block.line)
    if isinstance(block, Listing):
        fence = "`" * max(3, max((len(run) for run in re.findall("`+", block.text)), default=0) + 1)
        return f"{fence}text\n{printable(block.text)}\n{fence}"
    if isinstance(block, Folded):
        return f"{_markdown_line(block.title)}\n\n{_markdown_block(Listing(block.text))}"
    if isinstance(block, Display):
        return "\n\n".join(f"$${formula.latex}$$" for formula in block.formulas)
    if isinstance(block, Derivation):
        return f"$${_aligned(block)}$$"
    if isinstance(block, Bullets):
        return "\n".join(f"- {_markdown_line(line)}" for line in block.lines)
    marks = ["---:" if column in block.numeric else ":---" for column in range(len(block.header))]
    rows = [[_markdown_line(cell) for cell in row] for row in block.rows]
    rows += [[f"**{text}**" if (text := _markdown_line(cell)) else "" for cell in row] for row in _total_of(block)]
    return "\n".join(f"| {' | '.join(row)} |" for row in ([_markdown_line(cell) for cell in block.header], marks, *rows))


# ---------------------------------------------------------------- LaTeX


def _latex_line(line: Line) -> str:
    parts = []
    for part in _inlines(line):
        if isinstance(part, Formula):
            parts.append(f"${part.latex}$")
        elif isinstance(part, Code):
            parts.append(rf"\texttt{{{latex_text(part.text)}}}")
        elif isinstance(part, Bar):
            parts.append(rf"\rule{{{4 * part.share:.2f}em}}{{0.6em}}")
        else:
            parts.append(latex_text(part))
    return "".join(parts)


def _aligned(block: Derivation) -> str:
    lines = r" \\ &= ".join(line.latex for line in block.lines)
    return rf"\begin{{aligned}} {block.left.latex} &= {lines} \end{{aligned}}"


def _latex_block(block: Block) -> str:
    if isinstance(block, Heading):
        return rf"\paragraph{{{_latex_line(block.line)}}}"
    if isinstance(block, Paragraph):
        return _latex_line(block.line)
    if isinstance(block, Listing):
        return "\n".join(rf"\noindent\texttt{{{latex_text(line)}}}\\" for line in block.text.splitlines())
    if isinstance(block, Folded):
        return f"{_latex_line(block.title)}\n\n{_latex_block(Listing(block.text))}"
    if isinstance(block, Display):
        return "\n".join(rf"\[ {formula.latex} \]" for formula in block.formulas)
    if isinstance(block, Derivation):
        return rf"\[ {_aligned(block)} \]"
    if isinstance(block, Bullets):
        return "\n".join([r"\begin{itemize}", *(rf"\item {_latex_line(line)}" for line in block.lines), r"\end{itemize}"])
    columns = "".join("r" if column in block.numeric else "l" for column in range(len(block.header)))
    head, *rows = [" & ".join(_latex_line(cell) for cell in row) + r" \\" for row in (block.header, *block.rows, *_total_of(block))]
    if block.total is not None:
        rows.insert(-1, r"\hline")
    return "\n".join([rf"\begin{{tabular}}{{{columns}}}", head, r"\hline", *rows, r"\end{tabular}"])


# ---------------------------------------------------------------- HTML


def _html_line(line: Line) -> str:
    parts = []
    for part in _inlines(line):
        if isinstance(part, Formula):
            parts.append(f'<span class="formula">{html.escape(printable(part.plain))}</span>')
        elif isinstance(part, Code):
            parts.append(f"<code>{html.escape(printable(part.text))}</code>")
        elif isinstance(part, Bar):
            parts.append(f'<span class="bar" style="width:{6 * part.share:.3f}em"></span>')
        else:
            parts.append(html.escape(printable(part)))
    return "".join(parts)


def _html_block(block: Block, alone: bool) -> str:
    if isinstance(block, Heading):
        return f"<h3>{_html_line(block.line)}</h3>"
    if isinstance(block, Paragraph):
        return f"<p>{_html_line(block.line)}</p>"
    if isinstance(block, Listing):
        return f'<pre tabindex="0">{html.escape(printable(block.text))}</pre>'
    if isinstance(block, Folded):
        return f"<details><summary>{_html_line(block.title)}</summary>\n{_html_block(Listing(block.text), alone)}</details>"
    if isinstance(block, Display):
        return "\n".join(f'<p class="display">{_html_line(formula)}</p>' for formula in block.formulas)
    if isinstance(block, Derivation):
        return f'<pre class="display">{html.escape(_plain_block(block))}</pre>'
    if isinstance(block, Bullets):
        return "<ul>" + "".join(f"<li>{_html_line(line)}</li>" for line in block.lines) + "</ul>"
    sides = [_side(column in block.numeric, alone) for column in range(len(block.header))]
    head = _html_cells(block.header, sides, "th", ' scope="col"')
    body = "\n".join(_html_cells(row, sides, "td") for row in block.rows)
    foot = "".join(f"<tfoot>{_html_cells(row, sides, 'th')}</tfoot>" for row in _total_of(block))
    return f'<div class="table" tabindex="0"><table>\n<thead>{head}</thead>\n<tbody>\n{body}\n</tbody>{foot}</table></div>'


def _side(is_numeric: bool, alone: bool) -> str:
    """What a cell says of its side: by a class for the style sheet, or by itself, for pages that have none or another."""
    if alone:
        return f' style="text-align: {"right" if is_numeric else "left"}; padding: .25em .7em"'
    return ' class="number"' if is_numeric else ""


def _html_cells(row: Sequence[Line], sides: Sequence[str], tag: str, role: str = "") -> str:
    return f"<tr>{''.join(f'<{tag}{role}{side}>{_html_line(cell)}</{tag}>' for side, cell in zip(sides, row))}</tr>"


STYLE = """\
.report { color-scheme: light dark; --ink: #1f2937; --paper: #ffffff; --faint: #f3f4f6; --line: #d1d5db; --accent: #1d4ed8;
  color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { .report { --ink: #e5e7eb; --paper: #111827; --faint: #1f2937; --line: #4b5563; --accent: #93c5fd; } }
.report h2 { font-size: 1.4em; margin: 0 0 .6em; } .report h3 { font-size: 1.1em; margin: 1.6em 0 .4em; color: var(--accent); }
.report code, .report pre, .report .formula { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .88em; }
.report pre { background: var(--faint); padding: .8em; overflow-x: auto; border-radius: 6px; line-height: 1.35; }
.report .table { overflow-x: auto; } .report table { border-collapse: collapse; margin: .4em 0; }
.report th, .report td { padding: .25em .7em; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
.report th { background: var(--faint); } .report .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.report .display { margin-left: 2em; } .report summary { cursor: pointer; font-weight: 600; margin: .4em 0; }
.report .bar { display: inline-block; height: .7em; background: var(--accent); min-width: 1px; }
@media print { .report { --ink: #000; --paper: #fff; } .report pre { white-space: pre-wrap; } }
"""

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
html, body {{ margin: 0; }}
main.report {{ min-height: 100vh; box-sizing: border-box; padding: 2em max(1em, calc((100vw - 70em) / 2)); }}
{style}</style>
</head>
<body>
<main class="report">
{body}
</main>
</body>
</html>
"""
