"""Functions whose callers share their runs: `tf.nondifferentiable_batch_function`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.effects import put_effects_in_order
from autograd_lite.graph.function import FunctionGraph, add_function, unused_function_name
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor


@export("nondifferentiable_batch_function")
def nondifferentiable_batch_function(
    num_batch_threads: int,
    max_batch_size: int,
    batch_timeout_micros: int,
    allowed_batch_sizes: Sequence[int] | None = None,
    max_enqueued_batches: int = 10,
    autograph: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function run once for many requests: a decorator for functions of tensors whose first axis counts examples.

    When several threads call `session.run` at the same time, the rows that they bring are put together, the function runs once with all
    of them, and each run gets its own rows of the results. A batch runs when it is full, or when its first rows have waited for
    `batch_timeout_micros`. An error of the function reaches all who take part in the batch. No gradient flows through.

    Args:
      num_batch_threads: how many batches may run at the same time.
      max_batch_size: the most rows of a batch, and of one caller.
      batch_timeout_micros: how long, in millionths of a second, a batch waits for more rows.
      allowed_batch_sizes: the sizes that the function may see, increasing; the last is `max_batch_size`. Smaller batches are filled up with
        copies of a row. None allows all.
      max_enqueued_batches: how many batches may wait; whoever comes then gets an UnavailableError.
      autograph: accepted for TensorFlow's sake.

    Returns:
      A decorator. What it makes takes tensors, which have the same number of rows, and gives what the function gives, of unknown shapes.

    Raises:
      ValueError: an argument of the function is no tensor. At run time InvalidArgumentError when numbers above do not fit together, or
        when inputs have different numbers of rows or too many; FailedPreconditionError when a result has not one row per row of the input.

    >>> import autograd_lite as tf
    >>> @tf.nondifferentiable_batch_function(1, max_batch_size=4, batch_timeout_micros=1000, allowed_batch_sizes=[2, 4])
    ... def predict(x):
    ...     return 2 * x, tf.fill(tf.shape(x), tf.size(x))
    >>> doubled, seen = predict(tf.constant([1, 2, 3]))
    >>> print(*tf.Session().run([doubled, seen]))
    [2 4 6] [4 4 4]
    """

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def decorated(*args: Any) -> Any:
            for value in args:
                if not isinstance(value, Tensor):
                    raise ValueError(
                        f"All arguments to functions decorated with `batch_function`  are supposed to be Tensors; found {value!r}\n"
                        "  Convert it first, with tf.convert_to_tensor."
                    )
            with building(None, "batch", args):
                body, structure = _body(function, args)
                made = raw.BatchFunction(
                    list(args), list(body.captures), f=body.name, num_batch_threads=num_batch_threads, max_batch_size=max_batch_size,
                    batch_timeout_micros=batch_timeout_micros, allowed_batch_sizes=list(allowed_batch_sizes or []),
                    max_enqueued_batches=max_enqueued_batches, Tout=[output.dtype.base_dtype for output in body.outputs],
                )  # fmt: skip
                add_function(get_default_graph(), body)
                return nest.pack_sequence_as(structure, made)

        return decorated

    return decorator


def _body(function: Callable[..., Any], args: Sequence[Tensor]) -> tuple[FunctionGraph, Any]:
    """The function as one of the graph, with its effects in order, and the structure of what it gives."""
    outer = get_default_graph()
    body = FunctionGraph(unused_function_name(outer, "computation"), outer)
    with body.as_default():
        for number, value in enumerate(args):
            shape = value.static_shape
            body.argument(value.dtype.base_dtype, (None, *shape[1:]) if shape else None, f"batch_{number}")
        result = nest.map_structure(convert_to_tensor, function(*body.arguments))
        effects = put_effects_in_order(body.get_operations()[len(args) :], None)
        with body.control_dependencies(effects):
            body.outputs = [raw.Identity(body.capture(tensor)) for tensor in nest.flatten(result)]
    return body, result
