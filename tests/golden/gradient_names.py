"""What `tf.gradients` adds may be smaller here than in TensorFlow; only the scopes are the same."""

from __future__ import annotations

import re

_GRADIENT_SCOPE = re.compile(r"^(\^?)(.*?\bgradients(_\d+)?)/.*$")


def in_gradients(name: str) -> bool:
    """Whether a node was made by `tf.gradients`."""
    return bool(_GRADIENT_SCOPE.match(name))


def gradient_scope(name: str) -> str:
    """The name of an input; of one under `gradients/` only the scope."""
    return _GRADIENT_SCOPE.sub(r"\1\2/", name)
