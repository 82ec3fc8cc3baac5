"""Mathematics for readers, in plain text and in LaTeX at once: symbols, the formulas of ops, numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.backends.expression import Call, Expression, Name, Number, parse
from autograd_lite.core import shapes
from autograd_lite.core.report import Formula, latex_text
from autograd_lite.graph.opdef import OpDef
from autograd_lite.teach.asked import number

_COMPARISON, _SUM, _PRODUCT, _SIGN, _ATOM = range(5)  # how tightly parts hang together
_INFIX = {
    "add": (" + ", " + ", _SUM), "subtract": (" - ", " - ", _SUM), "multiply": (" · ", r" \cdot ", _PRODUCT),
    "divide": (" / ", " / ", _PRODUCT), "equal": (" = ", " = ", _COMPARISON), "not_equal": (" ≠ ", r" \ne ", _COMPARISON),
    "less": (" < ", " < ", _COMPARISON), "less_equal": (" ≤ ", r" \le ", _COMPARISON), "greater": (" > ", " > ", _COMPARISON),
    "greater_equal": (" ≥ ", r" \ge ", _COMPARISON),
}  # fmt: skip
_ASSOCIATIVE = ("add", "multiply")
_NAMES = {"maximum": "max", "minimum": "min", "log": "ln", "asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_LATEX_FUNCTIONS = frozenset(["max", "min", "ln", "exp", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arcsin", "arccos", "arctan"])
# Ops whose result is written in a way of its own: plain, LaTeX; {0} is the first input.
_WRITTEN = {
    "MatMul": ("{0} {1}", r"{0} \, {1}"), "BatchMatMulV2": ("{0} {1}", r"{0} \, {1}"), "BiasAdd": ("{0} + {1}", "{0} + {1}"),
    "Sum": ("Σ {0}", r"\sum {0}"), "Mean": ("mean({0})", r"\operatorname{{mean}}({0})"), "Sigmoid": ("σ({0})", r"\sigma({0})"),
    "Relu": ("max({0}, 0)", r"\max({0}, 0)"), "SquaredDifference": ("({0} - {1})^2", r"({0} - {1})^{{2}}"),
    "Softmax": ("softmax({0})", r"\operatorname{{softmax}}({0})"), "Square": ("{0}^2", "{0}^{{2}}"),
    "Reciprocal": ("1 / {0}", "1 / {0}"), "Transpose": ("{0}^T", r"{0}^{{\top}}"),
    "Softplus": ("ln(1 + e^{0})", r"\ln(1 + e^{{{0}}})"), "Max": ("max {0}", r"\max {0}"), "Min": ("min {0}", r"\min {0}"),
}  # fmt: skip
_PIECE = re.compile(r"(?:^|[,;]\s+)d\s?([A-Za-z]+)(?:/d([A-Za-z]+))?\s*=\s*")
_TOKEN = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|\s+|<=|>=|.")
_TWO_WORDS = re.compile(r"(\\text\{[^{}]*)\}\\ \\text\{")
_CASES = re.compile(r"\s*\(0 where [^()]*\)\Z")  # a special case after a formula, which the number beside it shows
_LONGEST_SYMBOL = 3  # letters; a longer word of a formula is a word


def name(text: str) -> Formula:
    r"""A name from a graph as a symbol.

    >>> name("w"), name("layer/w_1").latex
    (Formula(plain='w', latex='w'), '\\text{layer/w\\_1}')
    """
    return Formula(text, text if len(text) == 1 and text.isalpha() else rf"\text{{{latex_text(text)}}}")


def indexed(letter: str, index: int) -> Formula:
    """A letter with a number: v3."""
    return Formula(f"{letter}{index}", f"{letter}_{{{index}}}")


def partial(of: Formula, by: Formula) -> Formula:
    """A partial derivative."""
    return Formula(f"∂{of.plain}/∂{by.plain}", rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}")


def row(*parts: Formula | str) -> Formula:
    """Formulas and signs in a row; the signs are those of `SIGNS` or mean the same in both notations."""
    plain = "".join(part if isinstance(part, str) else part.plain for part in parts)
    latex = "".join(SIGNS.get(part, part) if isinstance(part, str) else part.latex for part in parts)
    return Formula(plain, latex)


SIGNS = {" · ": r" \cdot ", " ⊙ ": r" \odot ", " → ": r" \to ", " ≈ ": r" \approx ", "Σ ": r"\sum "}


def held(part: Formula) -> Formula:
    """A part in brackets, unless it is one thing already."""
    if re.fullmatch(r"[^\s]+|\[.*\]|\(.*\)", part.plain) and not part.plain.startswith("-"):
        return part
    return Formula(f"({part.plain})", rf"\left({part.latex}\right)")


def value(array: Any, most: int = 6) -> Formula:
    r"""A number or a small array; of a larger one its shape.

    >>> value(np.float32(0.1)).plain, value(np.array([1.0, -2.0])).latex
    ('0.1', '\\begin{bmatrix}1 & -2\\end{bmatrix}')
    """
    array = np.asarray(array)
    if array.ndim == 0:
        return _number(array[()])
    if array.size > most or array.ndim > 2:
        where = shapes.text(array.shape)
        return Formula(f"{where} array", rf"\text{{array of shape }} {where}")
    rows = [[_number(item) for item in line] for line in np.atleast_2d(array)]
    plain = ", ".join("[" + ", ".join(item.plain for item in line) + "]" for line in rows)
    inner = r" \\ ".join(" & ".join(item.latex for item in line) for line in rows)
    return Formula(f"[{plain}]" if array.ndim == 2 else plain, rf"\begin{{bmatrix}}{inner}\end{{bmatrix}}")


def _number(item: Any) -> Formula:
    text = number(item, 5)
    power = re.fullmatch(r"(.+)e([+-]\d+)", text)
    if power:
        return Formula(text, rf"{power[1]} \cdot 10^{{{int(power[2])}}}")
    if text.lstrip("-") in ("inf", "nan"):
        return Formula(text, text.replace("inf", r"\infty") if "inf" in text else r"\text{NaN}")
    return Formula(text, text if re.fullmatch(r"-?[\d.]+", text) else rf"\text{{{latex_text(text)}}}")


# ---------------------------------------------------------------- what an op computes


def computed(op: OpDef, inputs: Sequence[Formula]) -> Formula:
    """What an op computes, as a formula of its inputs."""
    written = _WRITTEN.get(op.name)
    if written is not None:
        tight = [held(part) if "({0}" not in written[0] and op.name not in ("BiasAdd", "Max", "Min") else part for part in inputs]
        return Formula(written[0].format(*(part.plain for part in tight)), written[1].format(*(part.latex for part in tight)))
    if op.elementwise is not None and len(inputs) == len(op.inputs):
        return _expression(parse(op.elementwise), {argument.name: part for argument, part in zip(op.inputs, inputs)})[0]
    return row(Formula(op.name, rf"\text{{{latex_text(op.name)}}}"), "(", *_with_commas(inputs), ")")


def _with_commas(parts: Sequence[Formula]) -> list[Formula | str]:
    return [piece for part in parts for piece in (", ", part)][1:]


def _expression(part: Expression, symbols: Mapping[str, Formula]) -> tuple[Formula, int]:
    """A part of an elementwise formula, and how tightly it hangs together."""
    if isinstance(part, Name):
        symbol = symbols.get(part.name, name(part.name))
        return symbol, _ATOM if held(symbol) is symbol else _SUM
    if isinstance(part, Number):
        return _number(part.value), _ATOM if part.value >= 0 else _SIGN
    if part.function in _INFIX:
        plain, latex, level = _INFIX[part.function]
        left = _at_least(part.args[0], symbols, level)
        right = _at_least(part.args[1], symbols, level if part.function in _ASSOCIATIVE else level + 1)
        return Formula(left.plain + plain + right.plain, left.latex + latex + right.latex), level
    return _special(part, symbols)


def _at_least(part: Expression, symbols: Mapping[str, Formula], level: int) -> Formula:
    formula, own = _expression(part, symbols)
    return formula if own >= level else Formula(f"({formula.plain})", rf"\left({formula.latex}\right)")


def _special(part: Call, symbols: Mapping[str, Formula]) -> tuple[Formula, int]:
    args = [_expression(arg, symbols)[0] for arg in part.args]
    first = _at_least(part.args[0], symbols, _ATOM)
    match part.function:
        case "negative":
            inner = _at_least(part.args[0], symbols, _PRODUCT)
            return Formula(f"-{inner.plain}", f"-{inner.latex}"), _SIGN
        case "square" | "pow":
            power = args[1] if part.function == "pow" else Formula("2", "2")
            return Formula(f"{first.plain}^{held(power).plain}", f"{first.latex}^{{{power.latex}}}"), _SIGN
        case "exp":
            return Formula(f"e^{first.plain}", f"e^{{{args[0].latex}}}"), _SIGN
        case "sqrt":
            return Formula(f"√{first.plain}", rf"\sqrt{{{args[0].latex}}}"), _ATOM
        case "abs":
            return Formula(f"|{args[0].plain}|", rf"\left|{args[0].latex}\right|"), _ATOM
    word = _NAMES.get(part.function, part.function)
    latex = rf"\{word}" if word in _LATEX_FUNCTIONS else rf"\operatorname{{{latex_text(word)}}}"
    return row(Formula(word, latex), "(", *_with_commas(args), ")"), _ATOM


# ---------------------------------------------------------------- the derivative of an op


def local_derivative(op: OpDef, argument: int, inputs: Sequence[Formula], output: Formula) -> Formula | None:
    """D output / d input as the op's declaration has it, in the symbols given; None when it is not declared in this form."""
    pieces = _pieces(op)
    found = [(letter, by, text) for letter, by, text in pieces if by]
    letters = {by: index for index, (_, by, _) in enumerate(found)}
    for _, by, text in found:
        if letters[by] == argument:
            return _in_symbols(text, {**{each: held(inputs[index]) for each, index in letters.items()}, found[0][0]: held(output)})
    return None


def passed_back(op: OpDef, argument: int, inputs: Sequence[Formula], output: Formula, upstream: Formula) -> Formula | None:
    """What comes back to an input, as the op's declaration says it of the upstream gradient dy; None when it does not."""
    pieces = [(letter, text) for letter, by, text in _pieces(op) if not by]
    if not pieces and op.formula and "dy" in op.formula and "=" not in op.formula:
        return _in_symbols(op.formula, {"dy": held(upstream)})  # one sentence for all inputs
    if argument >= len(pieces):
        return None
    symbols = {letter: held(part) for (letter, _), part in zip(pieces, inputs) if len(letter) == 1}
    symbols.update({argument.name: held(part) for argument, part in zip(op.inputs, inputs) if argument.name not in ("filter", "input")})
    return _in_symbols(pieces[argument][1], {"y": held(output), "x": held(inputs[0]), **symbols, "dy": held(upstream)})


def _pieces(op: OpDef) -> list[tuple[str, str, str]]:
    """The equations of `formula="dz/dx = y, dz/dy = x"`: what is derived, by what ("" in `dx = ...`), and the right side."""
    text = _CASES.sub("", op.formula or "")
    starts = list(_PIECE.finditer(text))
    if not starts or starts[0].start() != 0:
        return []
    ends = [*(start.start() for start in starts[1:]), len(text)]
    return [(start[1], start[2] or "", text[start.end() : end]) for start, end in zip(starts, ends)]


def _in_symbols(text: str, symbols: Mapping[str, Formula]) -> Formula:
    """A formula as declarations write it, with other symbols for its letters; words stay words."""
    plain: list[str] = []
    latex: list[str] = []
    tokens = _TOKEN.findall(text)
    place = 0
    while place < len(tokens):
        token = tokens[place]
        place += 1
        if token == "^":
            power, place = _power(tokens, place)
            inner = _in_symbols(power, symbols)
            plain.append(f"^{inner.plain}" if re.fullmatch(r"-?\w+", inner.plain) else f"^({inner.plain})")
            latex.append("^" + "{" + (r"\top" if inner.plain == "T" else inner.latex.strip()) + "}")
        elif token.isspace():
            neighbours = [tokens[place - 2] if place > 1 else "", tokens[place] if place < len(tokens) else ""]
            is_product = all(_is_factor(each, symbols) for each in neighbours)
            plain.append(" · " if is_product else " ")
            latex.append(r" \cdot " if is_product else r"\ " if any(_is_word(each, symbols) for each in neighbours) else " ")
        else:
            written = symbols.get(token) or _token(token, tokens[place] if place < len(tokens) else "")
            plain.append(written.plain)
            latex.append(written.latex)
    joined = "".join(latex)
    while joined != (joined := _TWO_WORDS.sub(r"\1 ", joined)):
        pass
    return Formula("".join(plain), joined)


def _power(tokens: list[str], place: int) -> tuple[str, int]:
    """The exponent that begins at a place, without its brackets, and the place after it."""
    end = place + (tokens[place] == "-") + 1
    if tokens[place] == "(":
        depth = 1
        while depth and end < len(tokens):
            depth += {"(": 1, ")": -1}.get(tokens[end], 0)
            end += 1
        return "".join(tokens[place + 1 : end - 1]), end
    return "".join(tokens[place:end]), end


def _token(token: str, following: str) -> Formula:
    if not token.isalpha():
        return Formula(token, {"<=": r"\le", ">=": r"\ge"}.get(token, token))
    if token in _LATEX_FUNCTIONS or token in ("log", "pi"):
        return Formula(token, rf"\{token} ")
    if following == "(" and len(token) > 1:
        return Formula(token, rf"\operatorname{{{token}}}")
    return Formula(token, rf"\text{{{token}}}" if _is_word(token, {}) else token)


def _is_word(token: str, symbols: Mapping[str, Formula]) -> bool:
    return token.isalpha() and token not in symbols and (len(token) > _LONGEST_SYMBOL or token in _WORDS)


def _is_factor(token: str, symbols: Mapping[str, Formula]) -> bool:
    return token in symbols or bool(re.fullmatch(r"\d+(\.\d+)?|[()]", token))


_WORDS = frozenset("of the to is in as it its an and by for but one each else what from with all over sum at".split())  # noqa: SIM905
