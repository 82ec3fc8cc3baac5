"""What to tell a user when a loss has no gradient for any variable."""

from __future__ import annotations

from typing import Any

from autograd_lite.autodiff.explain_none import explain_missing_gradients


def help_for_missing_gradients(loss: Any, variables: list[Any]) -> str:
    """The lines after TF's first line: where each way from the loss ends, and why; empty when nothing is known."""
    explained = explain_missing_gradients(loss, variables)
    return "" if not explained else "\n" + "\n".join(f"  {line}" for line in explained.splitlines())
