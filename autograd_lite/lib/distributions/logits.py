"""Probabilities and logits of discrete distributions: each from the other."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.logits import softmax
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


def logits_and_probs(logits: Any, probs: Any, name: str, many_classes: bool) -> tuple[Tensor, Tensor]:
    """Both, made in the scope `name`.

    Args:
      many_classes: whether the last axis holds classes (softmax), or each element is one chance (sigmoid).

    Raises:
      ValueError: when not exactly one of them is given.
    """
    if (probs is None) == (logits is None):
        raise ValueError("Must pass probs or logits, but not both.")
    with building(name, None, [probs, logits]):
        if logits is not None:
            logits = convert_to_tensor(logits, name="logits")
            return logits, softmax(logits, name="probs") if many_classes else raw.Sigmoid(logits, name="probs")
        probs = convert_to_tensor(probs, name="probs")
        with building("logits"):
            if many_classes:
                return raw.Log(probs), probs
            return raw.Log(probs) - raw.Log1p(-1.0 * probs), probs
