"""Regular expressions: the pattern becomes an attribute of the node when it is known, else an input."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor


@export("strings.regex_replace", "regex_replace")
def regex_replace(input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None) -> Tensor:
    r"""Replace what matches a regular expression (RE2's syntax) in every string.

    Args:
      input: strings of any shape. pattern: text or a scalar tensor.
      rewrite: what stands there instead; `\1` to `\9` are what the groups of the pattern matched, `\0` is all of it.
      replace_global: every match, not the first only.

    Raises:
      InvalidArgumentError: when run with what is no regular expression.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.regex_replace(["abc 123"], "[0-9]+", "#"))
    array([b'abc #'], dtype=object)
    """
    if isinstance(pattern, str | bytes) and isinstance(rewrite, str | bytes):
        return raw.StaticRegexReplace(input, pattern=pattern, rewrite=rewrite, replace_global=replace_global, name=name)
    return raw.RegexReplace(input, pattern, rewrite, replace_global=replace_global, name=name)


@export("strings.regex_full_match")
def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Tensor:
    """Tell which strings match a regular expression (RE2's syntax) from beginning to end.

    Raises:
      InvalidArgumentError: when run with what is no regular expression.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.strings.regex_full_match(["abc", "ab1"], "[a-z]+"))
    array([ True, False])
    """
    if isinstance(pattern, str | bytes):
        return raw.StaticRegexFullMatch(input, pattern=pattern, name=name)
    return raw.RegexFullMatch(input, pattern, name=name)
