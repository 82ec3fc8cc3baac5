"""The formulas of the op table as MathML, which browsers draw without any script."""

from __future__ import annotations

import re
from html import escape

from autograd_lite.backends.expression import Call, Expression, Name, Number, parse

_COMPARISON, _SUM, _PRODUCT, _SIGN, _ATOM = range(5)  # how tightly parts hang together

_INFIX = {
    "add": ("+", _SUM), "subtract": ("−", _SUM), "multiply": ("·", _PRODUCT), "mod": ("mod", _PRODUCT),
    "equal": ("=", _COMPARISON), "not_equal": ("≠", _COMPARISON), "less": ("<", _COMPARISON), "less_equal": ("≤", _COMPARISON),
    "greater": (">", _COMPARISON), "greater_equal": ("≥", _COMPARISON),
    "logical_and": ("∧", _COMPARISON), "logical_or": ("∨", _COMPARISON), "logical_xor": ("⊻", _COMPARISON),
    "bitwise_and": ("&", _COMPARISON), "bitwise_or": ("|", _COMPARISON), "bitwise_xor": ("⊕", _COMPARISON),
    "left_shift": ("≪", _COMPARISON), "right_shift": ("≫", _COMPARISON),
}  # fmt: skip
_PREFIX = {"negative": "−", "logical_not": "¬", "invert": "~"}
_FENCED = {"abs": ("|", "|"), "floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉")}
_NAMES = {
    "maximum": "max", "minimum": "min", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "acosh": "arcosh",
    "atanh": "artanh", "rint": "round", "log": "ln",
}  # fmt: skip


def mathml(output: str, formula: str) -> str:
    """An equation `output = formula`.

    >>> mathml("y", "-x")
    '<math display="block"><mi>y</mi><mo>=</mo><mrow><mo>−</mo><mi>x</mi></mrow></math>'
    """
    left = f"{_name(output)}<mo>=</mo>" if output else ""
    return f'<math display="block">{left}{_markup(parse(formula))[0]}</math>'


def _markup(part: Expression) -> tuple[str, int]:
    """The markup of a part of a formula, and how tightly it hangs together."""
    if isinstance(part, Name):
        return _name(part.name), _ATOM
    if isinstance(part, Number):
        return f"<mn>{part.value:g}</mn>".replace("-", "−"), _ATOM if part.value >= 0 else _SIGN
    if part.function in _INFIX:
        return _infix(part)
    if part.function in _PREFIX:
        return f"<mrow><mo>{_PREFIX[part.function]}</mo>{_held(part.args[0], _SIGN)}</mrow>", _SIGN
    if part.function in _FENCED:
        left, right = _FENCED[part.function]
        return f'<mrow><mo stretchy="false">{left}</mo>{_markup(part.args[0])[0]}<mo stretchy="false">{right}</mo></mrow>', _ATOM
    return _special(part)


def _special(part: Call) -> tuple[str, int]:
    """Functions with a notation of their own, and all the others as name(arguments)."""
    args = part.args
    plain = [_markup(arg)[0] for arg in args]
    match part.function:
        case "divide":
            return f"<mfrac><mrow>{plain[0]}</mrow><mrow>{plain[1]}</mrow></mfrac>", _ATOM
        case "floor_divide":
            return f"<mrow><mo>⌊</mo><mfrac><mrow>{plain[0]}</mrow><mrow>{plain[1]}</mrow></mfrac><mo>⌋</mo></mrow>", _ATOM
        case "pow":
            return f"<msup><mrow>{_held(args[0], _ATOM)}</mrow><mrow>{plain[1]}</mrow></msup>", _SIGN
        case "square":
            return f"<msup><mrow>{_held(args[0], _ATOM)}</mrow><mn>2</mn></msup>", _SIGN
        case "exp":
            return f"<msup><mi>e</mi><mrow>{plain[0]}</mrow></msup>", _SIGN
        case "expm1":
            return f"<mrow><msup><mi>e</mi><mrow>{plain[0]}</mrow></msup><mo>−</mo><mn>1</mn></mrow>", _SUM
        case "log1p":
            return f"<mrow><mi>ln</mi>{_fenced(f'<mn>1</mn><mo>+</mo>{_held(args[0], _SUM)}')}</mrow>", _ATOM
        case "sqrt":
            return f"<msqrt>{plain[0]}</msqrt>", _ATOM
        case "conj":
            return f'<mover accent="true"><mrow>{plain[0]}</mrow><mo>¯</mo></mover>', _ATOM
        case "where":
            rows = f"<mtr><mtd>{plain[1]}</mtd><mtd><mtext>where </mtext>{plain[0]}</mtd></mtr><mtr><mtd>{plain[2]}</mtd>"
            return f"<mrow><mo>{{</mo><mtable columnalign='left'>{rows}<mtd><mtext>elsewhere</mtext></mtd></mtr></mtable></mrow>", _ATOM
    return f"<mrow>{_name(_NAMES.get(part.function, part.function))}{_fenced('<mo>,</mo>'.join(plain))}</mrow>", _ATOM


def _infix(part: Call) -> tuple[str, int]:
    sign, level = _INFIX[part.function]
    left, right = part.args
    tighter = level if part.function in ("add", "multiply") else level + 1  # a - (b - c) keeps its brackets
    return f"<mrow>{_held(left, level)}<mo>{escape(sign)}</mo>{_held(right, tighter)}</mrow>", level


def _held(part: Expression, level: int) -> str:
    """The markup of a part, in brackets when it hangs together less tightly than `level`."""
    markup, own = _markup(part)
    return markup if own >= level else _fenced(markup)


def _fenced(markup: str) -> str:
    return f"<mrow><mo>(</mo>{markup}<mo>)</mo></mrow>"


def _name(name: str) -> str:
    return f"<mi>{escape(name)}</mi>"


# ---------------------------------------------------------------- formulas as people write them: `formula="dy/dx = 1 - y^2"`

_TOKEN = re.compile(r"\s+|d[a-z]/d[a-z]\b|[A-Za-z]+|\d+(?:\.\d+)?|\^-?|<=|>=|\|[^|]*\||[^\s]")
_SIGNS = {"-": "−", "*": "·", "<=": "≤", ">=": "≥"}
_LONGEST_SYMBOL = 4  # letters; a longer word is a word


def written(text: str) -> str:
    """A formula as people write it, with its fractions dy/dx and its powers; words stay words.

    >>> written("dy/dx = 2 x")
    '<math><mfrac><mi>dy</mi><mi>dx</mi></mfrac><mo>=</mo><mn>2</mn><mspace width="0.2em"/><mi>x</mi></math>'
    """
    tokens = [token for token in _TOKEN.findall(text) if not token.isspace()]
    parts: list[tuple[str, str]] = []  # what each part is: "word", "atom" or "sign"; and its markup
    position = 0
    while position < len(tokens):
        kind, markup, position = _part(tokens, position)
        if parts and kind != "sign" and parts[-1][0] != "sign":
            parts.append(("space", '<mspace width="0.2em"/>' if kind == parts[-1][0] == "atom" else '<mspace width="0.35em"/>'))
        parts.append((kind, markup))
    return f"<math>{''.join(markup for _, markup in parts)}</math>"


def _part(tokens: list[str], position: int) -> tuple[str, str, int]:
    """The next part of a written formula with its power, and where the part after it begins."""
    kind, markup = _token(tokens[position])
    position += 1
    if position < len(tokens) and tokens[position].startswith("^") and position + 1 < len(tokens):
        sign = "<mo>−</mo>" if tokens[position] == "^-" else ""
        power, position = _power(tokens, position + 1)
        whole = f"<mrow>{sign}{power}</mrow>" if sign or power.count("<m") > 1 else power
        return "atom", f"<msup>{markup}{whole}</msup>", position
    return kind, markup, position


def _power(tokens: list[str], position: int) -> tuple[str, int]:
    """The markup of an exponent, without the brackets around it."""
    if tokens[position] != "(":
        return _token(tokens[position])[1], position + 1
    depth, inside = 1, []
    position += 1
    while position < len(tokens) and depth:
        depth += {"(": 1, ")": -1}.get(tokens[position], 0)
        if depth:
            _, markup, position = _part(tokens, position)
            inside.append(markup)
        else:
            position += 1
    return "".join(inside), position


def _token(token: str) -> tuple[str, str]:
    if re.fullmatch(r"d[a-z]/d[a-z]", token):
        top, bottom = token.split("/")
        return "atom", f"<mfrac><mi>{top}</mi><mi>{bottom}</mi></mfrac>"
    if token[0].isdigit():
        return "atom", f"<mn>{token}</mn>"
    if token.isalpha():
        symbol = len(token) <= _LONGEST_SYMBOL and token not in _WORDS
        return ("atom", f"<mi>{token}</mi>") if symbol else ("word", f"<mtext>{token}</mtext>")
    if len(token) > 1 and token[0] == "|":
        return "atom", f"<mo>|</mo><mi>{escape(token[1:-1])}</mi><mo>|</mo>"
    return "sign", f"<mo>{escape(_SIGNS.get(token, token))}</mo>"


_WORDS = frozenset(
    [
        "of", "the", "to", "is", "in", "as", "it", "its", "an", "and", "by", "for", "but", "one", "each", "else", "what",
        "from", "with", "all", "axes", "over",
    ]
)  # fmt: skip
