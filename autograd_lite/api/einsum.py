"""Einstein's summation: products of tensors written with one letter per axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, shape, transpose
from autograd_lite.api.matmul import matmul
from autograd_lite.api.matrices import matrix_diag_part
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_prod, reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.core import shapes
from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@export("einsum", "linalg.einsum")
def einsum(equation: str, *inputs: Any, **kwargs: Any) -> Tensor:
    """Multiply tensors and sum over axes, as `equation` says: `"ij,jk->ik"` is the product of two matrices.

    Each input has one letter per axis. Axes with the same letter are multiplied together; letters that are missing on the right are
    summed. Without `->`, the letters that occur once are kept, in alphabetical order. `...` stands for any axes, which broadcast.

    Raises:
      ValueError: the equation is malformed, or does not go with the number or the shapes of the inputs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.einsum("ij,kj->ik", [[1., 2.]], [[3., 4.]]))
    array([[11.]], dtype=float32)
    """
    name = kwargs.pop("name", None)
    kwargs.pop("optimize", None)
    if kwargs:
        raise TypeError(f"Invalid keyword arguments for this function: {', '.join(sorted(kwargs))}. Expected: name.")
    with building(name, "einsum", inputs):
        tensors = [convert_to_tensor(value, name=f"input_{index}") for index, value in enumerate(inputs)]
        if release().einsum_is_an_op:
            return _nodes(equation, tensors)
        terms, result = _parsed(equation, tensors)
        ranked = [_of_rank(tensor, len(term)) for tensor, term in zip(tensors, terms)]
        operands = [_without_repeats(_Operand(tensor, term)) for tensor, term in zip(ranked, terms)]
        current = operands[0]
        for index, operand in enumerate(operands[1:], start=1):
            needed = set(result).union(*(later.letters for later in operands[index + 1 :]))
            current = _product(current, operand, needed)
        current = _summed(current, set(result))
        return _ordered(current, result)


def _of_rank(tensor: Tensor, rank: int) -> Tensor:
    """The tensor, checked when the graph runs if its rank is not known before: products of other ranks would go through unnoticed."""
    return raw.EnsureShape(tensor, shape=(None,) * rank) if tensor.static_shape is None else tensor


def _nodes(equation: str, tensors: list[Tensor]) -> Tensor:
    """The summation as Einsum nodes: one for up to two tensors, otherwise one for each product of two, the cheapest first."""
    terms, result = _resolved(equation, len(tensors))
    if len(tensors) <= 2:
        return raw.Einsum(tensors, f"{','.join(terms)}->{result}")
    held = list(zip(tensors, terms))
    while len(held) > 1:
        first, second = _cheapest(held, result)
        pair = held.pop(second), held.pop(first)
        if not held:
            term = result
        else:
            needed = set(result).union(*(term for _, term in held))
            term = "".join(letter for letter in dict.fromkeys(pair[0][1] + pair[1][1]) if letter in needed)
            term = term.replace(".", "...")
        held.append((raw.Einsum([pair[0][0], pair[1][0]], f"{pair[0][1]},{pair[1][1]}->{term}"), term))
    return held[0][0]


def _resolved(equation: str, count: int) -> tuple[list[str], str]:
    """The terms of an equation; without `->`, the result gets the letters that occur once, in order, after `...`."""
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    for term in [*terms, right]:
        if not all(character in _LETTERS for character in term.replace("...", "", 1)):
            raise ValueError(f'Indices have incorrect format: {equation}\n  Wanted one letter per axis, such as "ij,jk->ik".')
    if len(terms) != count:
        raise ValueError(f'Got {count} inputs for equation "{equation}", expecting {len(terms)}')
    if not arrow:
        joined = left.replace(",", "")
        right = ("..." if "..." in joined else "") + "".join(sorted(x for x in set(joined) - {"."} if joined.count(x) == 1))
    for letter in right.replace("...", ""):
        if letter not in left:
            raise ValueError(f'Einsum: the output label {letter!r} of "{equation}" is in no input')
    return terms, right


def _cheapest(held: list[tuple[Tensor, str]], result: str) -> tuple[int, int]:
    """The pair whose product is smallest compared with its factors: what a greedy search for the order of products takes next."""
    sizes: dict[str, int] = {}
    for tensor, term in held:
        known = tensor.static_shape if tensor.static_shape is not None and "..." not in term else (None,) * len(term)
        sizes.update({letter: size for letter, size in zip(term, known) if size is not None})

    def volume(letters: Any) -> int:
        return int(np.prod([sizes.get(letter, 2) for letter in letters], dtype=object)) if letters else 1

    best: tuple[int, int] | None = None
    least: Any = None
    for first in range(len(held)):
        for second in range(first + 1, len(held)):
            a, b = set(held[first][1]), set(held[second][1])
            if not a & b and any(set(x) & set(y) for i, (_, x) in enumerate(held) for _, y in held[i + 1 :]):
                continue  # products of tensors that share no axis wait until the end
            needed = set(result).union(*(term for place, (_, term) in enumerate(held) if place not in (first, second)))
            cost = volume((a | b) & needed) - volume(a) - volume(b)
            if least is None or cost < least:
                best, least = (first, second), cost
    return best if best is not None else (0, 1)


class _Operand:
    """A tensor and the letters of its axes."""

    __slots__ = ("letters", "tensor")

    def __init__(self, tensor: Tensor, letters: str) -> None:
        self.tensor = tensor
        self.letters = letters

    def sizes(self) -> dict[str, int | None]:
        """What is known of the size of each axis."""
        return dict(zip(self.letters, self.tensor.static_shape or (None,) * len(self.letters)))


def _parsed(equation: str, tensors: list[Tensor]) -> tuple[list[str], str]:
    """The letters of each input and of the result, `...` replaced by letters of its own."""
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if not all(character in _LETTERS or character in "." for term in [*terms, right] for character in term):
        raise ValueError(f'Indices have incorrect format: {equation}\n  Wanted one letter per axis, such as "ij,jk->ik".')
    if len(terms) != len(tensors):
        raise ValueError(f'Got {len(tensors)} inputs for equation "{equation}", expecting {len(terms)}')
    free = [letter for letter in _LETTERS if letter not in text]
    widths = [_ellipsis_width(term, tensor, equation) for term, tensor in zip(terms, tensors)]
    most = free[: max(widths, default=0)]
    full = [term.replace("...", "".join(most[len(most) - width :])) for term, width in zip(terms, widths)]
    for term, tensor in zip(full, tensors):
        if "." in term:
            raise ValueError(f"Indices have incorrect format: {equation}")
        if tensor.static_shape is not None and len(tensor.static_shape) != len(term):
            raise ValueError(
                f"Shape must be rank {len(term)} but is rank {len(tensor.static_shape)}, for the term {term!r} of {equation!r}"
            )
    if arrow:
        result = right.replace("...", "".join(most))
    else:
        joined = "".join(full)
        result = "".join(most) + "".join(sorted(x for x in set(joined) if joined.count(x) == 1 and x not in most))
    for letter in result:
        if not any(letter in term for term in full) or result.count(letter) > 1:
            raise ValueError(f"Unknown or repeated output label {letter!r} in equation {equation!r}")
    return full, result


def _ellipsis_width(term: str, tensor: Tensor, equation: str) -> int:
    """How many axes `...` stands for in a term."""
    if "..." not in term:
        return 0
    if tensor.static_shape is None:
        raise ValueError(f"`...` needs tensors of known rank, for the term {term!r} of {equation!r}")
    width = len(tensor.static_shape) - (len(term) - 3)
    if width < 0:
        raise ValueError(f"Shape must be at least rank {len(term) - 3} but is rank {len(tensor.static_shape)}, for the term {term!r}")
    return width


def _without_repeats(operand: _Operand) -> _Operand:
    """Take the diagonal where a letter occurs twice: "ii" becomes "i"."""
    tensor, letters = operand.tensor, operand.letters
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            rest = [axis for axis in range(len(letters)) if axis not in (first, second)]
            tensor = matrix_diag_part(transpose(tensor, [*rest, first, second]))
            letters = "".join(letters[axis] for axis in rest) + letter
    return _Operand(tensor, letters)


def _summed(operand: _Operand, kept: set[str]) -> _Operand:
    """Sum over the axes whose letters are not `kept`."""
    axes = [axis for axis, letter in enumerate(operand.letters) if letter not in kept]
    if not axes:
        return operand
    return _Operand(reduce_sum(operand.tensor, axes), "".join(letter for letter in operand.letters if letter in kept))


def _ordered(operand: _Operand, letters: str) -> Tensor:
    """The tensor with its axes in the order of `letters`."""
    if operand.letters == letters:
        return operand.tensor
    return transpose(operand.tensor, [operand.letters.index(letter) for letter in letters])


def _product(a: _Operand, b: _Operand, needed: set[str]) -> _Operand:
    """Multiply two operands and sum over the letters that nothing after them needs, as one batch of matrix products."""
    a = _summed(a, needed | set(b.letters))
    b = _summed(b, needed | set(a.letters))
    common = [letter for letter in a.letters if letter in b.letters]
    _check_sizes(a, b, common)
    batch = [letter for letter in common if letter in needed]
    inner = [letter for letter in common if letter not in needed]
    free_a = [letter for letter in a.letters if letter not in common]
    free_b = [letter for letter in b.letters if letter not in common]
    letters = "".join(batch + free_a + free_b)
    stretched = any(1 in (a.sizes()[x], b.sizes()[x]) and a.sizes()[x] != b.sizes()[x] for x in batch)
    if not inner or stretched:
        return _Operand(_outer(a, b, batch + inner, free_a, free_b, len(inner)), letters)
    left = _matrices(_ordered(a, "".join(batch + free_a + inner)), len(batch), len(free_a))
    right = _matrices(_ordered(b, "".join(batch + inner + free_b)), len(batch), len(inner))
    product = matmul(left, right)
    if len(free_a) == 1 and len(free_b) == 1:
        return _Operand(product, letters)
    return _Operand(_unfolded(product, a, b, batch, free_a, free_b), letters)


def _check_sizes(a: _Operand, b: _Operand, common: list[str]) -> None:
    for letter in common:
        x, y = a.sizes()[letter], b.sizes()[letter]
        if x is not None and y is not None and x != y and 1 not in (x, y):
            raise ValueError(f"Dimensions must be equal, but are {x} and {y} for the label {letter!r} of an einsum")


def _outer(a: _Operand, b: _Operand, common: list[str], free_a: list[str], free_b: list[str], inner: int) -> Tensor:
    """Elementwise product over [common, free a, free b], with the last `inner` of the common axes summed."""
    left = _ordered(a, "".join(common + free_a))
    right = _ordered(b, "".join(common + free_b))
    for _ in free_b:
        left = raw.ExpandDims(left, -1)
    for _ in free_a:
        right = raw.ExpandDims(right, len(common))
    product = raw.Mul(left, right, name="mul")
    return reduce_sum(product, list(range(len(common) - inner, len(common)))) if inner else product


def _matrices(x: Tensor, batch: int, rows: int) -> Tensor:
    """The axes after the batch folded into two: the first `rows` of them, and the others."""
    known = x.static_shape
    if known is not None and len(known) == batch + 2 and rows == 1:
        return x
    if known is not None and None not in known:
        first = shapes.num_elements(known[batch : batch + rows])
        second = shapes.num_elements(known[batch + rows :])
        return raw.Reshape(x, np.array([*known[:batch], first, second], np.int32))
    sizes: Any = shape(x)
    folded = [[reduce_prod(sizes[batch : batch + rows])], [reduce_prod(sizes[batch + rows :])]]
    return raw.Reshape(x, concat([sizes[:batch], *folded], 0))


def _unfolded(product: Tensor, a: _Operand, b: _Operand, batch: list[str], free_a: list[str], free_b: list[str]) -> Tensor:
    """A batch of matrices with its two last axes taken apart into the free axes of both operands."""
    sizes_a, sizes_b = a.sizes(), b.sizes()
    known = [sizes_a[x] if sizes_a[x] is not None else sizes_b[x] for x in batch]
    known += [sizes_a[x] for x in free_a] + [sizes_b[x] for x in free_b]
    if None not in known:
        return raw.Reshape(product, np.array(known, np.int32))
    shape_a: Any = shape(a.tensor)
    shape_b: Any = shape(b.tensor)
    parts = [shape_a[a.letters.index(x)] for x in batch + free_a] + [shape_b[b.letters.index(x)] for x in free_b]
    result = raw.Reshape(product, parts)
    result.set_shape(known)
    return result
