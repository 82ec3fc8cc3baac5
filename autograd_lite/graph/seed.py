"""Seeds of random ops: those of the graph and those of each op, by the rules of both releases."""

from __future__ import annotations

from autograd_lite.core.export import export
from autograd_lite.core.release import release
from autograd_lite.graph.graph import get_default_graph

DEFAULT_GRAPH_SEED = 87654321
_MAX_INT32 = 2**31 - 1


@export("random.get_seed", "get_seed")
def get_seed(op_seed: int | None) -> tuple[int | None, int | None]:
    """The pair of seeds that a random op made now would get.

    With neither a graph seed nor an op seed the result is (None, None), and every run differs. With a graph seed alone, the op
    seed is the number of operations made so far in the graph (release 2.21: the number of random operations).

    Args:
      op_seed: the seed given to the op, or None.

    >>> get_seed(5)
    (87654321, 5)
    """
    graph = get_default_graph()
    if graph.seed is not None:
        if op_seed is None:
            op_seed = graph._next_id if release().op_seed_counts_all_ops else graph._random_ops
            graph._random_ops += 1
        seeds = graph.seed, op_seed
    elif op_seed is not None:
        seeds = DEFAULT_GRAPH_SEED, op_seed
    else:
        return None, None
    first, second = _truncated(seeds[0]), _truncated(seeds[1])
    return (0, _MAX_INT32) if (first, second) == (0, 0) else (first, second)


def _truncated(seed: int) -> int:
    """Seeds are kept in 31 bits."""
    if isinstance(seed, str | bytes):
        raise TypeError(f"not all arguments converted during string formatting\n  A seed is an integer, not {seed!r}.")
    return int(seed) % _MAX_INT32


@export("set_random_seed", "random.set_random_seed")
def set_random_seed(seed: int | None) -> None:
    """Set the seed of the default graph, from which random ops without a seed of their own derive theirs.

    >>> set_random_seed(1234)
    """
    get_default_graph().seed = seed
