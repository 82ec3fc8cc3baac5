"""Habits that a program can check: docstrings, no machine's paths, no utility drawers, nothing that runs code out of a file."""

from __future__ import annotations

import ast
import re
import subprocess

import pytest

from tests.structure.source_files import ROOT, Source, sources

# The places of one machine have no place in the project.
_MACHINE_PATHS = re.compile(r"(?<![\w./])/(?:work|opt|root|home|Users|mnt)/[\w.-]+")
_OPEN_TASKS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")

# What a loader must never reach. `exec` is the compiler's own printed source, in one module.
_FORBIDDEN_CALLS = {"eval", "exec", "compile", "pickle.load", "pickle.loads", "marshal.load", "marshal.loads", "dill.load", "os.system"}
_FORBIDDEN_IMPORTS = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
_MAY_RUN_SOURCE = {
    "autograd_lite.compiler.plan": "runs the straight-line Python that the compiler has printed",
    "autograd_lite.cli": "runs the script that the user names",
}


def _tracked_text_files() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    data = ("tests/golden/data/", "LICENSE")
    endings = (".py", ".md", ".toml", ".txt", ".sh", ".ipynb", ".yml", ".yaml", ".cfg", "run")
    return [name for name in listed.stdout.splitlines() if name.endswith(endings) and not name.startswith(data)]


def test_no_file_names_a_place_on_one_machine() -> None:
    found = []
    for name in _tracked_text_files():
        if name.startswith("tests/structure/") or not (ROOT / name).is_file():
            continue
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        found += [f"{name}:{i}: {m.group()}" for i, line in enumerate(lines, 1) if (m := _MACHINE_PATHS.search(line))]
    assert not found, "\n".join(found)


def test_open_tasks_are_not_left_in_the_source() -> None:
    found = [f"{s.module}: {line.strip()}" for s in sources().values() for line in s.text.splitlines() if _OPEN_TASKS.search(line)]
    assert not found, "\n".join(found)


def test_there_is_no_drawer_for_everything() -> None:
    drawers = {"utils", "util", "misc", "common", "stuff", "tools"}
    assert [s.module for s in sources().values() if s.folder and s.module.rpartition(".")[2] in drawers] == []


def _may_run_source(module: str) -> bool:
    return any(module == name or module.startswith(name + ".") for name in _MAY_RUN_SOURCE)


def _unsafe(source: Source) -> list[str]:
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in _FORBIDDEN_CALLS and not _may_run_source(source.module):
                found.append(f"{source.module}:{node.lineno} calls {called}")
            pickles = [ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "allow_pickle"]
            found += [f"{source.module}:{node.lineno} allows pickle" for value in pickles if value != "False"]
            if called in ("np.load", "numpy.load") and not any(k.arg == "allow_pickle" for k in node.keywords):
                found.append(f"{source.module}:{node.lineno} {called} without allow_pickle=False")
        elif isinstance(node, ast.Import):
            found += [f"{source.module}:{node.lineno} imports {a.name}" for a in node.names if a.name.split(".")[0] in _FORBIDDEN_IMPORTS]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in _FORBIDDEN_IMPORTS:
            found.append(f"{source.module}:{node.lineno} imports {node.module}")
    return found


def test_nothing_runs_code_out_of_a_file() -> None:
    found = [line for source in sources().values() for line in _unsafe(source)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "code", ["import pickle", "from marshal import loads", "eval(x)", "exec(x)", "np.load(f)", "np.load(f, allow_pickle=True)"]
)
def test_the_scan_finds_what_it_looks_for(code: str) -> None:
    assert _unsafe(Source("autograd_lite.lib.example", ROOT / "example.py", code))


def test_every_public_thing_says_what_it_does_on_the_first_line() -> None:
    silent = []
    for source in sources().values():
        if not source.folder or source.path.name == "__init__.py":
            continue
        things: list[tuple[str, ast.AST]] = [(source.module, source.tree)]
        things += [(f"{source.module}.{node.name}", node) for node in source.tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        silent += [name for name, node in things if not name.rpartition(".")[2].startswith("_") and not _first_line(node)]
    assert not silent, f"no docstring, or its first line is empty: {silent}"


def _first_line(node: ast.AST) -> str:
    if isinstance(node, ast.FunctionDef) and any(_is_implicit(decorator) for decorator in node.decorator_list):
        return "said by the function it belongs to"
    docstring = ast.get_docstring(node) if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) else None
    return (docstring or "").split("\n")[0]


def _is_implicit(decorator: ast.expr) -> bool:
    """`@matmul.gradient`, `@conv2d.on("cupy")`, `@overload`: the function continues another one."""
    text = ast.unparse(decorator)
    return bool(re.search(r"\.(gradient|on)\b", text)) or text in ("overload", "typing.overload")
