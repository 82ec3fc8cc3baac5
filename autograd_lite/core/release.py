"""Everything that depends on which release of TensorFlow's graph mode is reproduced: 1.15 or 2.21 (`compat.v1`).

The two agree almost everywhere. They differ in the nodes that a few calls build and in the seed that a random op gets
when only the graph has one; see docs/design/releases.md.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from autograd_lite.core.export import export


class Release(NamedTuple):
    """What differs between the two releases, one field per difference."""

    name: str
    version: str
    producer: int  # GraphDef version number
    op_seed_counts_all_ops: bool  # op seed = ops made so far; otherwise = random ops seen so far
    uniform_always_scales: bool  # random_uniform adds sub, mul and add even for [0, 1)
    dropout_from_uniform: bool  # dropout builds on random_uniform with Cast and two mul
    marks_manual_control: bool  # ops used as control inputs carry _has_manual_control_dependencies
    add_type: str  # node type of tf.add
    batch_matmul_type: str
    quotes_feed_errors: bool  # "for Tensor 'x:0', which has shape '(3, 1)'"
    equal_checks_shapes: bool  # Equal and NotEqual carry incompatible_shape_error
    select_type: str  # node type that dropout and tf.where(v2) choose with
    nests_known_shapes: bool  # the known shape inside ones_like is "Shape/shape_as_tensor", not "Shape"
    reduces_scalars_by_range: bool  # reductions of a scalar over all axes build Rank and Range, not an empty constant
    regularizes_lazily: bool  # the loss of a regularizer is built again by each use
    copies_sparse_reads: bool  # a row read from a resource variable passes an Identity of its own
    ftrl_has_beta: bool  # FtrlOptimizer folds its beta into the l2 strength, and starts accumulators inside their own scope


RELEASES = {
    "1.15": Release("1.15", "1.15.5", 134, True, True, True, False, "Add", "BatchMatMul", True, False, "Select", False, False, False, True, False),
    "2.21": Release("2.21", "2.21.0", 2474, False, False, False, True, "AddV2", "BatchMatMulV2", False, True, "SelectV2", True, True, True, False, True),
}
_DEFAULT = "1.15"


def _find(name: str) -> Release:
    if name not in RELEASES:
        raise ValueError(f"Unknown release {name!r}: choose one of {', '.join(map(repr, RELEASES))}")
    return RELEASES[name]


_current = [_find(os.environ.get("AUTOGRAD_LITE_RELEASE") or _DEFAULT)]


@export("set_release")
def set_release(name: str) -> None:
    """Choose which release's graphs and seeds are built from now on: "1.15" (default) or "2.21".

    The environment variable AUTOGRAD_LITE_RELEASE sets it before the program starts.

    Raises:
      ValueError: for any other name.

    >>> set_release("1.15")
    """
    _current[0] = _find(name)


@export("get_release")
def get_release() -> str:
    """The release whose graphs and seeds are built: "1.15" or "2.21"."""
    return _current[0].name


def release() -> Release:
    """The differences now in force."""
    return _current[0]
