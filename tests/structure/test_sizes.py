"""Small things: files and functions stay short enough to be read in one go."""

from __future__ import annotations

import ast

import pytest

from tests.structure.source_files import ROOT, sources

LINES_OF_A_FILE = 650
LINES_OF_A_FUNCTION = 70
DEPTH = 5  # of blocks in a function; three is the habit, five the wall


def _functions() -> list[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    found = []
    for source in sources().values():
        for node in ast.walk(source.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.append((f"{source.path.relative_to(ROOT)}:{node.lineno} {node.name}", node))
    return found


def test_no_file_is_too_long() -> None:
    lengths = {str(s.path.relative_to(ROOT)): s.text.count("\n") for s in sources().values()}
    assert {path: n for path, n in lengths.items() if n > LINES_OF_A_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {place: (f.end_lineno or f.lineno) - f.lineno + 1 - _docstring_lines(f) for place, f in _functions()}
    assert {place: n for place, n in lengths.items() if n > LINES_OF_A_FUNCTION} == {}


def test_no_function_is_nested_too_deep() -> None:
    depths = {place: _depth(function) for place, function in _functions()}
    assert {place: depth for place, depth in depths.items() if depth > DEPTH} == {}


def _docstring_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Documentation is not counted: it may be as long as it needs to be."""
    if ast.get_docstring(function) is None:
        return 0
    first = function.body[0]
    return (first.end_lineno or first.lineno) - first.lineno + 1


def _depth(node: ast.AST) -> int:
    """How many blocks (if, for, while, with, try) are inside each other."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        opens = isinstance(child, (ast.If, ast.For, ast.While, ast.With, ast.Try)) and not _is_elif(node, child)
        deepest = max(deepest, _depth(child) + opens)
    return deepest


def _is_elif(parent: ast.AST, child: ast.AST) -> bool:
    return isinstance(parent, ast.If) and isinstance(child, ast.If) and parent.orelse == [child]


@pytest.mark.parametrize(("code", "depth"), [("if a:\n  b", 1), ("if a:\n  b\nelif c:\n  d", 1), ("for a in b:\n  if c:\n    d", 2)])
def test_depth_counts_blocks(code: str, depth: int) -> None:
    assert _depth(ast.parse(code)) == depth
