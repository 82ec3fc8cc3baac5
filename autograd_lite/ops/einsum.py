"""Einstein's summation as one op."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.graph import costs, shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.complex_numbers import conjugate
from autograd_lite.ops.samples import sample, several, values
from autograd_lite.ops.shapes import sum_to

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def split(equation: str) -> tuple[list[str], str]:
    """The terms of the inputs, and the term of the result, `...` included."""
    left, _, right = equation.replace(" ", "").partition("->")
    return left.split(","), right


def explicit(terms: list[str], result: str, ranks: list[int]) -> tuple[list[str], str]:
    """The terms with a letter for each axis that `...` stands for; the same letter for the same axis counted from the end."""
    free = [letter for letter in LETTERS if letter not in "".join(terms) + result]
    widths = [rank - len(term) + 3 if "..." in term else 0 for term, rank in zip(terms, ranks)]
    widest = max(widths, default=0)
    letters = "".join(free[:widest])
    return [term.replace("...", letters[widest - width :]) for term, width in zip(terms, widths)], result.replace("...", letters)


def _shape(c):
    terms, result = split(c.attrs["equation"])
    if len(terms) != c.count:
        raise c.fail(f"Expected {len(terms)} inputs but got: {c.count}")
    shapes = [c.shape(index) for index in range(c.count)]
    for term, shape in zip(terms, shapes):
        if "..." in term:
            rules.with_rank_at_least(c, shape, len(term) - 3)
        elif shape is not None:
            rules.with_rank(c, shape, len(term))
    if any(shape is None and "..." in term for term, shape in zip(terms, shapes)):
        return None if "..." in result else (None,) * len(result)
    ranks = [len(term) if shape is None else len(shape) for term, shape in zip(terms, shapes)]
    full, wanted = explicit(terms, result, ranks)
    named = set("".join(terms))
    sizes: dict[str, Any] = {}
    for term, shape in zip(full, shapes):
        for letter, size in zip(term, shape or (None,) * len(term)):
            if letter in named or letter not in sizes:
                sizes[letter] = rules.merge_size(c, sizes.get(letter), size)
            else:
                stretched: Any = rules.broadcast_shapes(c, (sizes[letter],), (size,))
                sizes[letter] = stretched[0]
    return tuple([sizes[letter] for letter in wanted])


def _operations(c):
    """Two for each combination of the sizes of all letters."""
    terms, result = split(c.attrs["equation"])
    full, _ = explicit(terms, result, [len(c.shape(index)) for index in range(c.count)])
    sizes: dict[str, int] = {}
    for term, shape in zip(full, (c.shape(index) for index in range(c.count))):
        for letter, size in zip(term, shape):
            sizes[letter] = max(sizes.get(letter, 0), size)
    return 2 * math.prod(sizes.values())


_PRODUCTS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("ijj->", (2, 3, 3)),
    ("i->ii", (3,)),
    ("ij->i", (2, 3)),
    ("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
    ("...i,...j->...ij", (2, 1, 2), (3, 2)),
    ("i...,i...->i...", (2, 3), (2, 2, 3)),
    ("...i,...i->", (2, 3), (3,)),
    ("i,j,ik->jk", (2,), (3,), (2, 2)),
]


@op(
    "Einsum(inputs: N * T, *, equation: string) -> output: T",
    shape=_shape,
    cost=costs.counted(_operations),
    samples=[sample(several(*(values(shape) for shape in shapes)), equation=equation) for equation, *shapes in _PRODUCTS],
    formula="the result's term and that of an input change places",
)
def einsum_op(xp, inputs, equation):
    """Multiply tensors and sum over axes, as the equation says."""
    terms, result = split(equation)
    for index, (term, x) in enumerate(zip(terms, inputs)):
        least = len(term) - 3 if "..." in term else len(term)
        if x.ndim < least or (x.ndim > least and "..." not in term):
            word = "at least rank" if "..." in term else "rank"
            raise invalid(f"Expected input {index} to have {word} {least} but got: {x.ndim}")
    full, wanted = explicit(terms, result, [x.ndim for x in inputs])
    _check_sizes(full, inputs, set("".join(terms)))
    kept = "".join(dict.fromkeys(wanted))
    product = xp.einsum(f"{','.join(full)}->{kept}", *inputs, optimize=len(inputs) > 1)
    product = xp.asarray(product)
    if any(x is product or xp.may_share_memory(x, product) for x in inputs):
        product = xp.array(product)
    return product if kept == wanted else _on_diagonal(xp, product, kept, wanted)


def _check_sizes(terms: list[str], inputs: list[Any], named: set[str]) -> None:
    """Axes with one letter have one size; those of `...` may also have size 1."""
    sizes: dict[str, int] = {}
    for term, x in zip(terms, inputs):
        for axis, (letter, size) in enumerate(zip(term, x.shape)):
            known = sizes.setdefault(letter, size)
            if known == size or (letter not in named and 1 in (known, size)):
                sizes[letter] = max(known, size) if 0 not in (known, size) else 0
                continue
            raise invalid(
                f"Expected dimension {known} at axis {axis} of the input shaped {rules.shape_text(x.shape)} but got dimension {size}"
            )


def _on_diagonal(xp: Any, product: Any, kept: str, wanted: str) -> Any:
    """Spread axes over the diagonal where a letter stands twice in the result; zero elsewhere."""
    sizes = dict(zip(kept, product.shape))
    spread = xp.zeros(tuple([sizes[letter] for letter in wanted]), dtype=product.dtype)
    places = {letter: xp.arange(sizes[letter]).reshape((-1,) + (1,) * (len(kept) - 1 - axis)) for axis, letter in enumerate(kept)}
    spread[tuple([places[letter] for letter in wanted])] = product
    return spread


@einsum_op.gradient
def einsum_gradient(g, op, dy):
    terms, result = split(op.attrs["equation"])
    return [_input_gradient(g, op.inputs, dy, terms, result, index) if g.needs(index) else None for index in range(len(terms))]


def _input_gradient(g, inputs, dy, terms, result, index):
    """The product of dy and the other inputs, in the axes of one input; what it lacks of these comes from a tensor of ones."""
    x, term = inputs[index], terms[index]
    factors = [dy, *(conjugate(g, other) for place, other in enumerate(inputs) if place != index)]
    given = [result, *(other for place, other in enumerate(terms) if place != index)]
    letters = term.replace("...", ".")
    lacking = not set(term) <= set("".join(given)) or ("..." in term and "..." not in result)
    if lacking or len(set(letters)) < len(letters):
        factors.append(g.ones_like(x))
        given.append(term)
    if "..." not in term:
        gradient = g.einsum_op(factors, equation=f"{','.join(given)}->{term}")
        gradient.set_shape(x.static_shape)
        return gradient
    front = "..." + term.replace("...", "")  # axes are told apart from the end: stretched ones must come first
    target = x if term == front else g.einsum_op([x], equation=f"{term}->{front}")
    gradient = sum_to(g, g.einsum_op(factors, equation=f"{','.join(given)}->{front}"), target)
    return gradient if term == front else g.einsum_op([gradient], equation=f"{front}->{term}")
