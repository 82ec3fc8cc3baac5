"""Write the pages of the op table: one Markdown page per family, from the declarations. `conf.py` calls it before each build."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from op_plots import plot
from reference_pages import code, declared_facts, docstring, escaped, family, markdown, write_folder

import autograd_lite.ops  # noqa: F401  declares the table
from autograd_lite.graph.opdef import TABLE, OpDef
from autograd_lite.teach.formulas import mathml

FOLDER = Path(__file__).resolve().parent / "ops" / "generated"
_TITLES = {  # where the name of the file is no title
    "ctc": "CTC",
    "fft": "Fourier transforms",
    "identity": "Passing values on",
    "linalg": "Linear algebra",
    "linalg_factors": "Matrix factors",
    "math_unary": "Functions of one number",
    "matrix": "Matrix products",
    "moving": "Moving elements",
    "nn": "Neural networks",
    "pooling_argmax": "Max pooling with places",
    "random_gamma": "Random numbers: gamma",
    "random_ops": "Random numbers",
    "random_stateless": "Random numbers without state",
    "special": "Special functions",
}


def write_op_pages(*_: Any) -> None:
    """Write all pages and plots, and remove those of families and ops that are gone."""
    plots = {op.name: plot(op) for op in TABLE.values()}
    drawn = {name: picture for name, picture in plots.items() if picture is not None}
    pages = {f"{name}.md": page(name, ops, drawn) for name, ops in families().items()}
    write_folder(FOLDER, {**pages, "families.txt": list_of_families()})
    write_folder(FOLDER / "plots", {f"{name}.svg": picture for name, picture in drawn.items()})


def families() -> dict[str, list[OpDef]]:
    """The ops of each family, both in the order of the alphabet and of their declaration."""
    found: dict[str, list[OpDef]] = {name: [] for name in sorted({family(op) for op in TABLE.values()})}
    for op in TABLE.values():
        found[family(op)].append(op)
    return found


def list_of_families() -> str:
    """A table of the families, for `ops/index.md`: what they are about, and how many ops they have."""
    rows = [f"| [{_title(name)}](generated/{name}.md) | {_about(ops)[0]} | {len(ops)} |" for name, ops in families().items()]
    total = f"{len(TABLE)} ops in {len(rows)} families; [in the order of the alphabet](../reference/generated/raw_ops.md)."
    return "\n".join([total, "", "| Family | What it is about | Ops |", "| :-- | :-- | --: |", *rows]) + "\n"


def page(name: str, ops: list[OpDef], drawn: dict[str, str]) -> str:
    """The page of one family; `drawn` tells which ops have a plot."""
    file = f"In `{ops[0].__module__.replace('.', '/')}.py`."
    parts = [f"# {_title(name)}", *_about(ops), file]
    for op in ops:
        parts += section(op, op.name in drawn)
    return "\n\n".join(part for part in parts if part) + "\n"


def section(op: OpDef, has_plot: bool) -> list[str]:
    """What the declaration of one op says."""
    output = op.outputs[0].name if op.outputs else ""
    parts = [f"## {op.name}", code(op.text.strip(), "text"), markdown(docstring(op))]
    if op.elementwise:
        parts.append(code(f'<div class="formula">{mathml(output, op.elementwise)}</div>', "{raw} html"))
    parts.append(facts(op))
    if has_plot:
        parts.append(f"![{op.name} and its derivative](plots/{op.name}.svg)")
    parts.append(_listing("Kernel", op.kernel))
    parts += [_listing(f"Kernel on {backend}", kernel) for backend, kernel in op.kernels.items()]
    if op.gradient_function is not None:
        parts.append(_listing("Gradient", op.gradient_function))
    if op.cost is not None:
        parts.append(_listing("Cost: FLOPs and bytes", op.cost))
    return parts


def facts(op: OpDef) -> str:
    """The rows under the docstring: names, types, formulas, and what running the op does besides."""
    names = ", ".join(f"`tf.{name}`" for name in (*op.names, f"raw_ops.{op.name}"))
    inputs = {
        "Updates": op.updates,
        "May share memory with": op.view,
        "Read on the host": op.host,
    }
    rows = {
        "Public names": names,
        **declared_facts(op),
        **{title: ", ".join(f"`{name}`" for name in named) for title, named in inputs.items()},
        "Stateful": "each run counts; never folded, shared or dropped" if op.stateful else "",
        "Shown by no sample": escaped(op.samples) if isinstance(op.samples, str) else "",
    }
    return "\n".join(f"- {title}: {text}" for title, text in rows.items() if text)


def source(function: Callable[..., Any]) -> str:
    """The source of a function, and of the functions that it was made with, without decorators and docstrings (they stand elsewhere)."""
    found: dict[str, None] = {}
    waiting = [function]
    while waiting:
        each = waiting.pop(0)
        text = _bare(textwrap.dedent(inspect.getsource(each)))
        if text not in found:
            found[text] = None
            waiting += [made for made in inspect.getclosurevars(each).nonlocals.values() if inspect.isfunction(made)]
    return "\n\n\n".join(found)


def _bare(text: str) -> str:
    """A function's source without its decorators and its docstring; other text as it is."""
    if not text.startswith(("def ", "@")):
        return text.strip()  # a lambda in the middle of a statement
    node = ast.parse(text).body[0]
    lines = text.splitlines()
    assert isinstance(node, ast.FunctionDef)
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        documentation, first = node.body[0], node.body[1]
        between = [line for line in lines[documentation.end_lineno or 0 : first.lineno - 1] if line.strip()]
        lines[documentation.lineno - 1 : first.lineno - 1] = between
    return "\n".join(lines[node.lineno - 1 :]).rstrip()


def _listing(caption: str, function: Callable[..., Any]) -> str:
    return code(source(function), "{code-block} python", f":caption: {caption}\n\n")


def _title(name: str) -> str:
    return _TITLES.get(name, name.replace("_", " ").capitalize())


def _about(ops: list[OpDef]) -> list[str]:
    """The docstring of the file, by paragraphs."""
    text = inspect.cleandoc(sys.modules[ops[0].__module__].__doc__ or "")
    return [markdown(" ".join(paragraph.split())) for paragraph in text.split("\n\n")]
