"""Everything that depends on which release of TensorFlow's graph mode is reproduced: 1.15 or 2.21 (`compat.v1`).

The two agree almost everywhere. They differ in the nodes that a few calls build and in the seed that a random op gets
when only the graph has one; see docs/design/releases.md.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from autograd_lite.core.export import export


class Release(NamedTuple):
    """What differs between the two releases, one field per difference; the defaults are those of 1.15."""

    name: str = "1.15"
    version: str = "1.15.5"
    producer: int = 134  # GraphDef version number
    op_seed_counts_all_ops: bool = True  # op seed = ops made so far; otherwise = random ops seen so far
    uniform_always_scales: bool = True  # random_uniform adds sub, mul and add even for [0, 1)
    dropout_from_uniform: bool = True  # dropout builds on random_uniform with Cast and two mul
    marks_manual_control: bool = False  # ops used as control inputs carry _has_manual_control_dependencies
    add_type: str = "Add"  # node type of tf.add
    batch_matmul_type: str = "BatchMatMul"
    linspace_takes_tensors: bool = False  # linspace builds a composition for tensors along any axis, not one LinSpace
    older_error_texts: bool = True  # errors in the words of 1.15: "for Tensor 'x:0', which has shape '(3, 1)'"
    maps_in_parallel_v2: bool = False  # the ops by which datasets call functions in parallel
    repeats_while_shuffling: bool = True  # datasets of whole files shuffle and repeat with one node
    optimizes_datasets: bool = True  # nodes that rewrite a dataset stand between it and its iterator
    select_type: str = "Select"  # node type that dropout and tf.where(v2) choose with
    nests_known_shapes: bool = False  # the known shape inside ones_like is "Shape/shape_as_tensor", not "Shape"
    reduces_scalars_by_range: bool = False  # reductions of a scalar over all axes build Rank and Range, not an empty constant
    regularizes_lazily: bool = False  # the loss of a regularizer is built again by each use
    copies_sparse_reads: bool = True  # a row read from a resource variable passes an Identity of its own
    ftrl_has_beta: bool = False  # FtrlOptimizer folds its beta into the l2 strength, and starts accumulators inside their own scope
    retries_empty_lists: bool = False  # [] where integers are wanted leaves a float32 constant behind before the integer one
    tensor_array_size_is_static: bool = False  # TensorArray.size() of an array that cannot grow is a constant, not TensorArraySizeV3
    saturates_by_clip: bool = False  # saturate_cast builds ClipByValue, not Maximum and Minimum
    diagonals_have_offsets: bool = False  # matrix_diag and its kin build the ops that take any diagonal (V3)
    logits_by_position: bool = False  # the cross entropies take labels and logits without their names
    split_converts_count: bool = True  # tf.split(x, 3) makes a constant of the 3 that nothing uses
    reduces_variables_by_range: bool = True  # reductions of a variable over all axes build Rank and Range, not a constant
    custom_gradient_copies_results: bool = False  # custom_gradient leaves an Identity of each result behind
    einsum_is_an_op: bool = False  # einsum builds Einsum nodes, not transpositions and products
    factors_fail_with_nan: bool = False  # a Cholesky factor or triangular solution that does not exist is NaN, not an error
    scopes_triangular_solve: bool = False  # matrix_triangular_solve puts its node into a scope of its own
    scopes_special_functions: bool = False  # xdivy, bessel_i0e and others put their node into a scope of their own
    switches_by_case: bool = False  # switch_case builds one StatelessCase of functions, not nested conditionals
    converts_total_size: bool = False  # combined_non_max_suppression makes a constant of its total size itself
    convolution_keeps_rate: bool = True  # nn.convolution makes a constant of its dilation_rate even when nothing is dilated
    parses_examples_v2: bool = False  # Examples are read by ParseExampleV2 and ParseSequenceExampleV2, whose keys are tensors
    asserts_begin_with_message: bool = True  # comparing assertions show their message even when it is empty
    neighbours_are_subtracted: bool = True  # is_non_decreasing looks at differences; otherwise it compares neighbours
    lookups_are_unique: bool = True  # embedding_lookup_sparse without weights looks each id up once, and spreads the rows
    batch_follows_gradient: bool = False  # the batch of a transposed convolution is that of its input alone
    slices_fill_with_tensors: bool = False  # x[t:] with a tensor t makes constants of the bounds that are left out
    bincount_is_dense: bool = False  # bincount builds DenseBincount of flattened inputs, and weights do not make it a sum by segments
    flattens_by_constant: bool = False  # layers.flatten reshapes to a constant when only the batch is unknown
    fuses_with_averages: bool = False  # the fused batch normalization is given the moving averages while training too
    squares_by_l2_loss: bool = False  # the regularizer l2 of Keras builds L2Loss, not Square and Sum
    averages_need_rank: bool = False  # layers.average_pooling2d refuses images of unknown rank


_FIRST = Release()
_SECOND = Release(
    name="2.21",
    version="2.21.0",
    producer=2474,
    op_seed_counts_all_ops=False,
    uniform_always_scales=False,
    dropout_from_uniform=False,
    marks_manual_control=True,
    add_type="AddV2",
    batch_matmul_type="BatchMatMulV2",
    linspace_takes_tensors=True,
    older_error_texts=False,
    maps_in_parallel_v2=True,
    repeats_while_shuffling=False,
    optimizes_datasets=False,
    select_type="SelectV2",
    nests_known_shapes=True,
    reduces_scalars_by_range=True,
    regularizes_lazily=True,
    copies_sparse_reads=False,
    ftrl_has_beta=True,
    retries_empty_lists=True,
    tensor_array_size_is_static=True,
    saturates_by_clip=True,
    diagonals_have_offsets=True,
    logits_by_position=True,
    split_converts_count=False,
    reduces_variables_by_range=False,
    custom_gradient_copies_results=True,
    einsum_is_an_op=True,
    factors_fail_with_nan=True,
    scopes_triangular_solve=True,
    scopes_special_functions=True,
    convolution_keeps_rate=False,
    parses_examples_v2=True,
    asserts_begin_with_message=False,
    neighbours_are_subtracted=False,
    lookups_are_unique=False,
    batch_follows_gradient=True,
    slices_fill_with_tensors=True,
    bincount_is_dense=True,
    flattens_by_constant=True,
    fuses_with_averages=True,
    squares_by_l2_loss=True,
    switches_by_case=True,
    converts_total_size=True,
    averages_need_rank=True,
)
RELEASES = {"1.15": _FIRST, "2.21": _SECOND}
_DEFAULT = "1.15"


def _find(name: str) -> Release:
    if name not in RELEASES:
        raise ValueError(f"Unknown release {name!r}: choose one of {', '.join(map(repr, RELEASES))}")
    return RELEASES[name]


def _from_environment() -> Release:
    try:
        return _find(os.environ.get("AUTOGRAD_LITE_RELEASE") or _DEFAULT)
    except ValueError as error:
        raise ValueError(f"{error}\n  The environment variable AUTOGRAD_LITE_RELEASE says so; set it right, or unset it.") from None


_current = [_from_environment()]


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
