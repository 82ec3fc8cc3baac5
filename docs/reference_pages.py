"""Write the reference: one Markdown page per public module, from signatures and docstrings. `conf.py` calls it before each build."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import autograd_lite as tf
from autograd_lite.graph.opdef import TABLE, OpDef

FOLDER = Path(__file__).resolve().parent / "reference" / "generated"
_SECTIONS = re.compile(r"^(Args|Arguments|Returns|Raises|Yields|Source|Example|Examples|References|Attributes):\s*$")
_FORWARDING = ("compat.v1",)


def write_pages(*_: Any) -> None:
    """Write all pages, and remove those of modules that are gone."""
    pages = {f"{path or 'tf'}.md": page(module, path) for path, module in public_modules(tf, "")}
    write_folder(FOLDER, {**pages, "raw_ops.md": page_of_ops()})


def write_folder(folder: Path, texts: dict[str, str]) -> None:
    """Make the files of a folder these ones and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.is_file() and file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:  # an untouched page is not built again
            file.write_text(text, encoding="utf-8")


def public_modules(module: types.ModuleType, path: str) -> Iterator[tuple[str, types.ModuleType]]:
    """The public modules with names of their own, the root first."""
    things = {name: getattr(module, name) for name in module.__all__}
    if any(not isinstance(thing, types.ModuleType) for thing in things.values()):
        yield path, module
    for name, thing in things.items():
        below = f"{path}.{name}" if path else name
        if isinstance(thing, types.ModuleType) and below not in _FORWARDING:
            yield from public_modules(thing, below)


def page(module: types.ModuleType, path: str) -> str:
    """The page of one public module."""
    title = f"tf.{path}" if path else "tf"
    parts = [f"# {title}", module.__doc__ or ""]
    if callable(module):  # a module that is a function, too
        parts += [f"## {title}(...)", *entry(title, vars(module)["__getattr__"]("__call__"))]
    for name in module.__all__:
        thing = getattr(module, name)
        if not isinstance(thing, types.ModuleType):
            parts += [f"## {name}", *entry(f"{title}.{name}", thing)]
    return "\n\n".join(part for part in parts if part) + "\n"


def page_of_ops() -> str:
    """The page of the op table: every op under its type name, in the order of the alphabet."""
    about = "Every op of the table, by its type. `tf.raw_ops.X` adds one node of type X; it takes keyword arguments only."
    rows = [f"| {_link(TABLE[name])} | {markdown(docstring(TABLE[name]).splitlines()[0])} |" for name in sorted(TABLE)]
    return "\n".join(["# tf.raw_ops", "", about, "", "| Op | What it does |", "| :-- | :-- |", *rows]) + "\n"


def family(op: OpDef) -> str:
    """The family of an op: the file that declares it. Each family has a page."""
    return op.__module__.rpartition(".")[2]


def _link(op: OpDef) -> str:
    return f"[{op.name}](../../ops/generated/{family(op)}.md#{op.name.lower()})"


def entry(name: str, thing: Any) -> list[str]:
    """Signature and docstring of one public name; of a class also its methods."""
    if not callable(thing):
        return [f"`{name}` is `{type(thing).__name__}`: `{_one_line(repr(thing))}`"]
    parts = [f"```python\n{name}{_signature(thing)}\n```", markdown(docstring(thing))]
    if isinstance(thing, OpDef):
        parts.append(facts(thing))
    if inspect.isclass(thing):
        for method in sorted(name for name in vars(thing) if not name.startswith("_")):
            function = getattr(thing, method)  # a method of the class itself, too, and one whose code stands on a higher floor
            if inspect.isfunction(function) or inspect.ismethod(function):
                parts.append(f"### {name.rpartition('.')[2]}.{method}")
                parts += [f"```python\n{method}{_signature(function)}\n```", markdown(docstring(function))]
    return parts


def facts(op: OpDef) -> str:
    """What the declaration of an op says beyond its docstring, and where the rest stands."""
    return "\n".join(f"- {title}: {text}" for title, text in {"Op": _link(op), **declared_facts(op)}.items() if text)


def declared_facts(op: OpDef) -> dict[str, str]:
    """Types, formula and gradient of an op, in words; empty where nothing is declared."""
    types = [f"{a.name}: {', '.join(dtype.name for dtype in a.allowed)}" for a in op.attrs.values() if a.kind == "type" and a.allowed]
    gradient = f"`{op.formula}`" if op.formula else "yes" if op.gradient_function else ""
    return {
        "Types": "; ".join(types),
        "Formula": f"`{op.elementwise}`" if op.elementwise else "",
        "Gradient": gradient or (f"none: {escaped(op.no_gradient)}" if op.no_gradient else ""),
    }


def code(text: str, language: str, options: str = "") -> str:
    """A block of code."""
    return f"```{language}\n{options}{text}\n```"


def docstring(thing: Any) -> str:
    """The docstring of the thing itself, not that of its type."""
    text = getattr(thing, "__doc__", None)
    inherited = type(thing).__doc__ if not inspect.isroutine(thing) and not inspect.isclass(thing) else None
    return inspect.cleandoc(text) if isinstance(text, str) and text != inherited else ""


def _signature(thing: Any) -> str:
    try:
        signature = inspect.signature(thing)
    except (TypeError, ValueError):
        return "(...)"
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    text = str(signature.replace(parameters=bare, return_annotation=signature.empty))
    return _one_line(re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", text), 400)


def _one_line(text: str, longest: int = 120) -> str:
    text = re.sub(r" at 0x[0-9a-f]+", "", " ".join(text.split()).replace("`", "'"))
    return text if len(text) <= longest else text[:longest] + " ..."


def markdown(docstring: str) -> str:
    """A docstring as Markdown: examples become code, the parts after `Args:` and the like become lists."""
    lines: list[str] = []
    code = in_section = False
    for line in docstring.splitlines():
        starts_code = line.lstrip().startswith(">>>")
        if code and not line.strip():
            lines.append("```")
            code = False
        elif not code and starts_code:
            lines += ["", "```python"]
            code = True
        if code:
            lines.append(line.strip() if starts_code else line)
        elif _SECTIONS.match(line):
            lines += ["", f"**{line.strip()[:-1]}**", ""]
            in_section = True
        elif in_section and re.match(r"^ {1,4}\S", line):
            lines.append("- " + escaped(line.strip()))
        else:
            in_section = in_section and not line[:1].strip()
            lines.append(("  " if in_section else "") + escaped(line.strip()))
    return "\n".join([*lines, *["```"] * code]).strip()


def escaped(line: str) -> str:
    """Text that Markdown would take for a heading, a link or HTML stays as it is written."""
    pieces = re.split(r"(`[^`]*`)", line)
    return "".join(p if p.startswith("`") else re.sub(r"([\[\]<>#*_$\\{}|~])", r"\\\1", p) for p in pieces)
