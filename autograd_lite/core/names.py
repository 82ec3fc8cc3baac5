"""What a node or a name scope may be called."""

from __future__ import annotations

import re

from autograd_lite.core.release import release

VALID_NODE_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
VALID_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")
_VALID = VALID_NODE_NAME.match


def check_node_name(name: str) -> None:
    """Raise ValueError unless `name` is a valid node name."""
    if not _VALID(name):
        if release().older_error_texts:
            raise ValueError(f"'{name}' is not a valid node name\n  A name has to match the pattern {VALID_NODE_NAME.pattern}")
        raise ValueError(f"`{name}` is not a valid node name. Accepted names conform to Regex /{VALID_NODE_NAME!r}/")


def check_scope_name(name: str, inside: bool) -> None:
    """Raise ValueError unless `name` is a valid name scope; `inside` another scope more names are allowed."""
    pattern, kind = (VALID_SCOPE_NAME, "scope") if inside else (VALID_NODE_NAME, "root scope")
    if pattern.match(name):
        return
    if release().older_error_texts:
        raise ValueError(f"'{name}' is not a valid scope name\n  The name of a {kind} has to match the pattern {pattern.pattern}")
    raise ValueError(f"'{name}' is not a valid {kind} name. A {kind} name has to match the following pattern: {pattern.pattern}")


def strip_scope(name: str, scope: str) -> str:
    """`name` without the leading `scope`, if it lies in it."""
    prefix = scope.rstrip("/") + "/"
    return name[len(prefix) :] if name.startswith(prefix) else name
