"""Functions whose work is cut into chunks, so that threads may share it.

The chunks are the same however many threads there are, so results are the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from autograd_lite.kernels.routine import Routine, Value

__all__ = ["chunked", "chunks_of", "span"]


def chunked(
    name: str, parameters: Mapping[str, str], count: Callable[[Routine], Value], body: Callable[[Routine, Value], None]
) -> list[Routine]:
    """The routine `name`, which does `body(routine, index)` for each index below `count(routine)`, in any order.

    Args:
      parameters: name and type of each parameter: pointers, 64-bit integers and doubles. The body finds them under these names.
    """
    part = Routine(f"{name}_part", {"environment": "ptr", "index": "i64"}, public=False)
    for number, (each, kind) in enumerate(parameters.items()):
        part.arguments[each] = part.load(kind.split()[0], part["environment"], number)
    body(part, part["index"])
    whole = Routine(name, parameters)
    environment = whole.room("i64", len(parameters))
    for number, each in enumerate(parameters):
        whole.store(whole[each], environment, number)
    chunks, function = count(whole), Value(whole, "ptr", f"@{part.name}")
    whole.either(
        chunks.equals(1),
        lambda: whole.call("void", part.name, environment, whole.integer(0)),
        lambda: whole.call("void", "autograd_lite_parallel", function, environment, chunks),
    )
    return [part, whole]


def span(routine: Routine, index: Value, chunk: int | Value, count: Value) -> tuple[Value, Value]:
    """Where a chunk of so many elements begins and ends."""
    begin = index * routine.integer(chunk)
    return begin, routine.smaller(begin + routine.integer(chunk), count)


def chunks_of(routine: Routine, count: Value, chunk: int | Value) -> Value:
    """How many chunks there are."""
    return (count + routine.integer(chunk) - 1) / routine.integer(chunk)
