"""An import goes to a lower floor, stands at the top of its file, and never closes a cycle."""

from __future__ import annotations

import ast

import pytest

from tests.structure.source_files import FLOORS, PUBLIC_FLOOR, Source, floor_of, for_type_checkers, imports, sources

# The one module that imports by name when asked to: extras, and public names on first use.
_IMPORTERS = ("importlib.import_module", "import_module", "__import__")
_LAZY_IMPORTERS = {"autograd_lite.core.optional", "autograd_lite.core.facade"}


def _engine() -> list[Source]:
    return [source for source in sources().values() if source.folder]


@pytest.mark.parametrize("folder", FLOORS)
def test_imports_go_down_only(folder: str) -> None:
    wrong = []
    for source in _engine():
        if source.folder != folder:
            continue
        for imported, statement in imports(source):
            other = imported.split(".")[1] if "." in imported else "the public namespace"
            if other != folder and floor_of(imported) >= FLOORS[folder]:
                wrong.append(f"{source.module}:{statement.lineno} imports {imported} ({other}, floor {floor_of(imported)})")
    assert not wrong, f"{folder} is on floor {FLOORS[folder]}:\n" + "\n".join(wrong)


def test_nothing_outside_the_floors_is_engine() -> None:
    strays = [s.module for s in sources().values() if not s.folder and not s.generated and not s.module.endswith("__main__")]
    assert not strays, f"outside the engine's folders only generated public files may stand, not {strays}"


def test_no_import_hides_in_a_function() -> None:
    hidden = []
    for source in _engine():
        statements = [*source.of_kind(ast.Import), *source.of_kind(ast.ImportFrom)]
        for function in [*source.of_kind(ast.FunctionDef), *source.of_kind(ast.AsyncFunctionDef)]:
            inside = range(function.lineno, (function.end_lineno or function.lineno) + 1)
            hidden += [f"{source.module}:{statement.lineno}" for statement in statements if statement.lineno in inside]
    assert not hidden, f"imports inside functions: {hidden}"


def test_only_the_lazy_loaders_import_by_name() -> None:
    by_name = []
    for source in _engine():
        calls = source.of_kind(ast.Call)
        by_name += [f"{source.module}:{c.lineno}" for c in calls if ast.unparse(c.func) in _IMPORTERS]
    # The import hook and the script runner of the command line answer `import tensorflow`; that is their work.
    wrong = [place for place in by_name if place.split(":")[0] not in _LAZY_IMPORTERS and not place.startswith("autograd_lite.cli.")]
    assert not wrong, f"imports by name: {wrong}; use core/optional.py"


def test_there_is_no_import_cycle() -> None:
    graph = {}
    for source in _engine():
        unexecuted = for_type_checkers(source)
        graph[source.module] = sorted({name for name, statement in imports(source) if statement not in unexecuted} & set(sources()))
    assert _cycle(graph) is None, "import cycle: " + " -> ".join(_cycle(graph) or [])


def _cycle(graph: dict[str, list[str]]) -> list[str] | None:
    """A cycle of `graph` as a list of names, or None."""
    finished: set[str] = set()
    for start in graph:
        path, branches = [start], [iter(graph[start])]
        while path:
            following = next(branches[-1], None)
            if following is None:
                finished.add(path.pop())
                branches.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            elif following not in finished and following in graph:
                path.append(following)
                branches.append(iter(graph[following]))
    return None


def test_the_cycle_finder_finds_a_cycle() -> None:
    assert _cycle({"a": ["b"], "b": ["c"], "c": ["a"]}) == ["a", "b", "c", "a"]
    assert _cycle({"a": ["b", "c"], "b": ["c"], "c": []}) is None


def test_public_names_are_on_the_top_floor() -> None:
    assert floor_of("autograd_lite.nn") == floor_of("autograd_lite") == PUBLIC_FLOOR
