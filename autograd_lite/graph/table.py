"""The op table: every declared op by its TensorFlow type and by its Python name."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from autograd_lite.core import errors

if TYPE_CHECKING:
    from autograd_lite.graph.opdef import OpDef

TABLE: dict[str, OpDef] = {}
by_python_name: dict[str, OpDef] = {}


def _nearest(op_type: str) -> str:
    near = difflib.get_close_matches(op_type[:100], list(TABLE), n=3)
    return f"\n  The nearest op types here: {', '.join(near)}" if near else ""


def find(op_type: str) -> OpDef:
    """The declaration of an op type.

    Raises:
      NotFoundError: when no such op is declared.
    """
    found = TABLE.get(op_type)
    if found is None:
        raise errors.NotFoundError(
            None,
            None,
            f"Op type not registered '{op_type}' in binary running on this machine. Make sure the Op and Kernel are registered in the "
            "binary running in this process. Note that if you are loading a saved graph which used ops from tf.contrib "
            "(e.g. `tf.contrib.resampler`), accessing should be done before importing the graph, as contrib ops are lazily registered "
            "when the module is first accessed." + _nearest(op_type),
        )
    return found
