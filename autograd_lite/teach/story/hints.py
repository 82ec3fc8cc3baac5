"""What a teacher would point at in a story: saturation, dead units, gradients that vanish or explode on their way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograd_lite.teach.story.local import is_elementwise
from autograd_lite.teach.story.model import Kind, LocalKind, Node, Story, Term

FLAT = 0.05  # a local derivative below this passes on next to nothing
_MANY, _NEARLY_ALL = 0.5, 0.9  # of the elements; half of a ReLU's may well be off
_VANISHED = 1e-4  # of the largest gradient of a variable
_HUGE = 1e3


class Hint(NamedTuple):
    """A remark about one node."""

    node: Node
    text: str


def hints(story: Story) -> list[Hint]:
    """All remarks, in the order of the nodes; those about whole paths come last."""
    found: list[Hint] = []
    terms: dict[Node, list[Term]] = {}
    for node in story.nodes:
        for result in node.results:
            for term in result.terms:
                terms.setdefault(term.consumer, []).append(term)
    for node in story.nodes:
        found += [Hint(node, text) for text in _about_numbers(node)]
        if len(terms.get(node, ())) == 1 and node.kind is Kind.OPERATION and is_elementwise(node.op.opdef):
            found += [Hint(node, text) for text in _about_flatness(terms[node][0])]
    return found + _about_paths(story)


def _about_numbers(node: Node) -> list[str]:
    texts = []
    for result in node.results:
        for name, array in (("value", result.value), ("gradient", result.gradient)):
            if array is not None and array.dtype.kind == "f" and array.size and not np.isfinite(array).all():
                share = np.mean(~np.isfinite(array))
                texts.append(f"{share:.0%} of its {name} is not a finite number (NaN or infinity). Look upstream for the first such node.")
    return texts


def _about_flatness(term: Term) -> list[str]:
    """Where the curve is flat, no gradient passes: units that are dead for every example, or inputs far out where a sigmoid saturates."""
    if term.local is None or term.local.kind is LocalKind.JACOBIAN or term.local.value.dtype.kind != "f" or not term.local.value.size:
        return []
    slope = np.abs(term.local.value)
    dead = np.all(slope == 0, axis=tuple(range(slope.ndim - 1))) if slope.ndim > 1 and slope.shape[0] > 1 else slope == 0
    zero, flat = float(np.mean(slope == 0)), float(np.mean(slope < FLAT))
    if zero == 1:
        return ["Dead: its input lies where the curve is flat, the local derivative is 0, so no gradient passes."]
    if slope.ndim > 1 and np.any(dead):
        return [f"{int(dead.sum())} of {dead.size} units are dead for every example that was fed: their local derivative is 0 everywhere."]
    if zero >= _NEARLY_ALL:
        return [f"{zero:.0%} of its elements have the local derivative 0: the gradient stops there."]
    if flat >= _MANY and flat > zero:  # of a ReLU, what is flat is exactly flat
        return [f"Saturated: {flat:.0%} of its inputs lie where the curve is nearly flat (slope below {FLAT}): little gradient passes."]
    return []


def _about_paths(story: Story) -> list[Hint]:
    """Compare the gradients of the variables: those far from the loss get the product of all local derivatives on the way."""
    sizes = []
    for result in story.leaves:
        if result.node.kind is Kind.VARIABLE and result.gradient is not None and result.gradient.size:
            gradient = result.gradient.astype(np.float64)
            if np.isfinite(gradient).all():
                sizes.append((float(np.sqrt(np.mean(gradient**2))), result.node))
    if not sizes:
        return []
    largest, place = max(sizes, key=lambda pair: pair[0])
    found = []
    for size, node in sizes:
        if 0 < size < _VANISHED * largest:
            sizes_told = f"{size:.1e} in the root mean square, against {largest:.1e} at {place.name}"
            found.append(Hint(node, f"Its gradient vanishes: {sizes_told}. The factors on the way are small."))
    if largest > _HUGE:
        found.append(Hint(place, f"Its gradient explodes: {largest:.1e} in the root mean square. The factors on the way multiply to that."))
    return found
