"""Regular expressions on strings, in RE2's syntax and in linear time: replacing and matching. They run on the host."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.core.text import regex
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import sample
from autograd_lite.ops.strings import as_bytes

_WORDS = np.array([b"abc 123", b"x9", "caf\u00e9".encode(), b""], object)
_NOT_A_NUMBER = "text has no slope"


def _compiled(pattern: bytes) -> regex.Regex:
    try:
        return regex.compiled(pattern)
    except regex.PatternError as error:
        raise invalid(f"Invalid pattern: {pattern.decode('utf-8', 'replace')}, error: {error}") from None


def _scalar(value: Any, name: str) -> bytes:
    if np.ndim(value):
        raise invalid(f"{name} must be scalar, but received {text(np.shape(value))}")
    return np.asarray(value, object).item()


def _replaced(words: Any, pattern: bytes, rewrite: bytes, everywhere: bool) -> Any:
    return _of_all(words, lambda flat: _compiled(pattern).all_replaced(flat, rewrite, everywhere), object)


def _matches(words: Any, pattern: bytes) -> Any:
    return _of_all(words, _compiled(pattern).all_matches, np.bool_)


def _of_all(words: Any, function: Callable[[list[bytes]], Iterable[Any]], dtype: Any) -> Any:
    """The function of all words, as an array of their shape; of words that are equal it is worked out once, if there are many."""
    flat = np.ravel(words).tolist()
    distinct = list(dict.fromkeys(flat))
    if 2 * len(distinct) > len(flat):
        results = function(flat)
    else:
        results = map(dict(zip(distinct, function(distinct))).__getitem__, flat)
    return np.fromiter(results, dtype, len(flat)).reshape(np.shape(words))


def _with_scalars(c):
    for index in range(1, c.count):
        rules.with_rank(c, c.shape(index), 0)
    return c.shape(0)


@op(
    "StaticRegexReplace(input: string, *, pattern: string, rewrite: string, replace_global: bool = True) -> output: string",
    shape=rules.unchanged,
    samples=[
        sample(_WORDS, pattern="[0-9]+", rewrite="#"),
        sample(_WORDS, pattern="([a-z])([a-z])", rewrite="\\2\\1", replace_global=False),
        sample(_WORDS[0], pattern="b*", rewrite="-"),
    ],
    no_gradient=_NOT_A_NUMBER,
)
def static_regex_replace(xp, input, pattern, rewrite, replace_global):
    """Rewrite what matches a pattern that is known while the graph is built."""
    return _replaced(input, as_bytes(pattern), as_bytes(rewrite), replace_global)


@op(
    "RegexReplace(input: string, pattern: string, rewrite: string, *, replace_global: bool = True) -> output: string",
    shape=_with_scalars,
    samples=[sample(_WORDS, "[0-9]+", "#"), sample(_WORDS, "c|b", "", replace_global=False)],
    no_gradient=_NOT_A_NUMBER,
)
def regex_replace(xp, input, pattern, rewrite, replace_global):
    """Rewrite what matches a pattern that is a tensor."""
    return _replaced(input, _scalar(pattern, "Pattern"), _scalar(rewrite, "Rewrite"), replace_global)


@op(
    "StaticRegexFullMatch(input: string, *, pattern: string) -> output: bool",
    shape=rules.unchanged,
    samples=[sample(_WORDS, pattern="[a-z]+.*"), sample(_WORDS[1], pattern="(x|y)9$")],
    no_gradient=_NOT_A_NUMBER,
)
def static_regex_full_match(xp, input, pattern):
    """Tell which strings match a pattern from their beginning to their end; it is known while the graph is built."""
    return _matches(input, as_bytes(pattern))


@op(
    "RegexFullMatch(input: string, pattern: string) -> output: bool",
    shape=_with_scalars,
    samples=[sample(_WORDS, "[a-z]+.*")],
    no_gradient=_NOT_A_NUMBER,
)
def regex_full_match(xp, input, pattern):
    """Tell which strings match a pattern, which is a tensor, from their beginning to their end."""
    return _matches(input, _scalar(pattern, "Pattern"))
