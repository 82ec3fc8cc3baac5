"""A story as plain lists and dictionaries: what the page is drawn from."""

from __future__ import annotations

import os
from html import escape
from typing import Any

import numpy as np

from autograd_lite.teach.explorer.arrays import Budget, number, packed
from autograd_lite.teach.explorer.folding import Group, folded
from autograd_lite.teach.explorer.live import live, plain_attributes
from autograd_lite.teach.formulas import mathml, written
from autograd_lite.teach.story.hints import hints
from autograd_lite.teach.story.local import is_elementwise
from autograd_lite.teach.story.model import Kind, Node, Result, Story, Term, Update
from autograd_lite.teach.story.structure import input_names

_FULL = (64, 32, 16, 8, 4, 1)  # what small arrays may hold, from generous to frugal
_SIDES = (28, 20, 14, 10, 7, 0)  # of heat maps
_MOST_NUMBERS, _MOST_CELLS = 14_000, 45_000

_EXPLAINED = {
    Kind.LOOP: "A while loop, shown as one node: it ran its body as often as its condition said. What comes back through it is the "
    "sum over all its iterations, which its gradient (a loop that goes backwards) has added up.",
    Kind.BRANCHES: "A conditional, shown as one node: only the branch that was chosen ran. The gradient comes back through that "
    "branch alone; for what the other branch alone uses it is 0.",
    Kind.VARIABLE: "A variable: the session holds its value, and training changes it.",
    Kind.PLACEHOLDER: "A placeholder: its value was fed.",
    Kind.CONSTANT: "A constant.",
}


def page_data(story: Story, title: str, frugal: int = 0) -> dict[str, Any]:
    """Everything that the page shows.

    Args:
      frugal: 0 for as much of every array as fits an ordinary page; larger numbers for less.
    """
    return _Writer(story, frugal).data(title)


class _Writer:
    def __init__(self, story: Story, frugal: int) -> None:
        self._story = story
        self._results = [result for node in story.nodes for result in node.results]
        self._number = {result: number for number, result in enumerate(self._results)}
        self._problem, self._frozen = live(story)
        self._budget = _budget(self._results, frugal)

    def data(self, title: str) -> dict[str, Any]:
        """The whole of it."""
        story = self._story
        root = folded(story)
        groups, group_of = _numbered(root)
        remarks: dict[int, list[str]] = {}
        for hint in hints(story):
            remarks.setdefault(hint.node.id, []).append(hint.text)
        return {
            "title": title,
            "loss": self._number[story.loss],
            "notes": story.notes,
            "problem": self._problem,
            "types": {node.type: _about(node) for node in story.nodes},
            "nodes": [
                {**self._node(node), **_place_in(group_of, node), **({"hints": remarks[node.id]} if node.id in remarks else {})}
                for node in story.nodes
            ],
            "results": [self._result(result) for result in self._results],
            "groups": groups,
            "backward": [node.id for node in story.backward],
            "updates": [self._update(update) for update in story.updates],
            "differences": [
                {
                    "result": self._number[item.result], "index": list(item.index), "analytic": number(item.analytic),
                    "numeric": number(item.numeric), "agrees": item.agrees, "kink": item.has_kink,
                }
                for item in story.differences
            ],
        }  # fmt: skip

    def _node(self, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": node.name, "kind": node.kind.value, "type": node.type, "where": _place(node),
            "arguments": [{"name": argument.name, "result": self._number[argument.result]} for argument in node.arguments],
            "results": [self._number[result] for result in node.results],
        }  # fmt: skip
        if node.members > 1:
            found["members"] = node.members
        if node.parameters:
            found["parameters"] = {name: self._packed(value) for name, value in node.parameters.items() if value is not None}
        if node.kind is Kind.OPERATION and not self._problem:
            if node in self._frozen:
                found["frozen"] = True
            found["attributes"] = plain_attributes(node.op)
            found["inputs"] = self._inputs(node)
        return found

    @staticmethod
    def _inputs(node: Node) -> list[Any]:
        """For each input of the op the number of an argument, or the name of a parameter."""
        numbers = iter(range(len(node.arguments)))
        return [name if name in node.parameters else next(numbers) for name in input_names(node.op)]

    def _result(self, result: Result) -> dict[str, Any]:
        exact = not self._problem and (result.node.kind.is_leaf or result.node in self._frozen)
        found: dict[str, Any] = {"node": result.node.id, "name": result.name, "index": result.tensor.value_index}
        if result.value is not None:
            found["value"] = packed(result.value, self._budget, exact)
        if result.gradient is not None:
            found["gradient"] = self._packed(result.gradient)
        else:
            found["why"] = result.why
        found["terms"] = [self._term(term, alone=len(result.terms) == 1) for term in result.terms]
        return found

    def _term(self, term: Term, alone: bool) -> dict[str, Any]:
        found: dict[str, Any] = {"consumer": term.consumer.id, "argument": term.argument}
        if not alone:
            found["value"] = self._packed(term.value)
        if term.local is not None:
            found["local"] = {"kind": term.local.kind.value, "array": self._packed(term.local.value)}
        return found

    def _update(self, update: Update) -> dict[str, Any]:
        opdef = update.op.opdef
        gradient = update.variable.results[0].gradient
        taken = update.inputs[update.gradient_name]
        return {
            "variable": update.variable.id, "type": update.op.type, "name": update.op.name, "about": _sentence(opdef.__doc__ or ""),
            "rule": mathml(opdef.updates[0], opdef.elementwise).replace("<mo>=</mo>", "<mo>←</mo>", 1) if opdef.elementwise else "",
            "inputs": {name: self._packed(value) for name, value in update.inputs.items()},
            "attributes": plain_attributes(update.op),
            "before": self._packed(update.before), "after": self._packed(update.after), "gradient": update.gradient_name,
            "same": gradient is not None and gradient.shape == taken.shape and bool(np.allclose(gradient, taken, rtol=1e-3, atol=1e-6)),
        }  # fmt: skip

    def _packed(self, array: np.ndarray) -> dict[str, Any]:
        return packed(array, self._budget)


def _budget(results: list[Result], frugal: int) -> Budget:
    """The most generous budget with which the page stays small."""
    sizes = [array.size for result in results for array in (result.value, result.gradient) if array is not None]
    sizes += [term.local.value.size for result in results for term in result.terms if term.local is not None]
    numbers, cells = _MOST_NUMBERS >> frugal, _MOST_CELLS >> frugal
    full = next((limit for limit in _FULL if sum(size for size in sizes if size <= limit) <= numbers), 1)
    large = [size for size in sizes if size > full]
    side = next((side for side in _SIDES if sum(min(size, 2 * side * side) for size in large) <= cells), 0)
    return Budget(full, side)


def _numbered(root: Group) -> tuple[list[dict[str, Any]], dict[Node, tuple[int, str]]]:
    """The groups as a list, outer ones first, and for each node in which of them it is (-1: in none) and how their names begin."""
    groups: list[dict[str, Any]] = []
    group_of = dict.fromkeys(root.nodes, (-1, ""))
    stack = [(group, -1, "") for group in reversed(root.groups)]
    while stack:
        group, parent, prefix = stack.pop()
        place = len(groups)
        groups.append({"label": group.label, "parent": parent, "open": group.is_open, "size": group.size})
        prefix = f"{prefix}{group.label}/" if group.is_scope else prefix
        group_of.update(dict.fromkeys(group.nodes, (place, prefix)))
        stack.extend((inner, place, prefix) for inner in reversed(group.groups))
    return groups, group_of


def _place(node: Node) -> str:
    """File and line of the program, without the folders of the machine it ran on."""
    where = node.op.where
    return f"{os.path.basename(where.filename)}:{where.line}"


def _place_in(group_of: dict[Node, tuple[int, str]], node: Node) -> dict[str, Any]:
    """In which group a node is, and what is left of its name when the group's is taken off."""
    group, prefix = group_of[node]
    return {"group": group, "label": node.name.removeprefix(prefix)}


def _about(node: Node) -> dict[str, Any]:
    """What is to be said of all nodes of one type: what they do, their rule and its derivative."""
    if node.kind is not Kind.OPERATION:
        return {"about": _EXPLAINED[node.kind]}
    return {"about": _sentence(node.op.opdef.__doc__ or ""), "elementwise": is_elementwise(node.op.opdef), **_rules(node)}


def _sentence(text: str) -> str:
    """The first paragraph, in one line."""
    return " ".join(text.split("\n\n")[0].split()).replace("`", "")


def _rules(node: Node) -> dict[str, str]:
    """The rule of an operation and its derivative, as MathML."""
    opdef = node.op.opdef
    rules = {}
    if opdef.elementwise:
        rules["rule"] = mathml(opdef.outputs[0].name, opdef.elementwise)
    else:
        names = "<mo>,</mo>".join(f"<mi>{escape(argument.name)}</mi>" for argument in opdef.inputs)
        output = escape(opdef.outputs[0].name) if opdef.outputs else ""
        rules["rule"] = f'<math display="block"><mi>{output}</mi><mo>=</mo><mi>{escape(opdef.name)}</mi><mo>(</mo>{names}<mo>)</mo></math>'
    if opdef.formula:
        rules["derivative"] = written(opdef.formula)
    elif opdef.no_gradient:
        rules["stops"] = opdef.no_gradient
    return rules
