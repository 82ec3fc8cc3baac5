"""Functions whose work is cut into chunks, so that threads may share it.

The chunks are the same however many threads there are, so results are the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from autograd_lite.kernels.routine import Routine, Value

__all__ = ["checked", "chunked", "chunks_of", "refuse", "span"]


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


def checked(
    name: str, parameters: Mapping[str, str], count: Callable[[Routine], Value], body: Callable[[Routine, Value], None]
) -> list[Routine]:
    """The same with a status: `i32 @name(...)` is 1 if a body said `refuse`, and 0 otherwise."""
    inner = f"{name}_chunks"
    routines = chunked(inner, {**parameters, "wrong": "ptr"}, count, body)
    run = Routine(name, parameters, returns="i32")
    wrong = run.room("i64")
    run.store(run.integer(0), wrong)
    run.call("void", inner, *[run[each] for each in parameters], wrong)
    run.leave(run.load("i64", wrong).to("i32"))
    return [*routines, run]


def refuse(routine: Routine) -> None:
    """End a body of a `checked` function whose input is not as it should be: the op's own kernel will say what is wrong."""
    routine.store(routine.integer(1), routine["wrong"])
    routine.leave()


def span(routine: Routine, index: Value, chunk: int | Value, count: Value) -> tuple[Value, Value]:
    """Where a chunk of so many elements begins and ends."""
    begin = index * routine.integer(chunk)
    return begin, routine.smaller(begin + routine.integer(chunk), count)


def chunks_of(routine: Routine, count: Value, chunk: int | Value) -> Value:
    """How many chunks there are."""
    return (count + routine.integer(chunk) - 1) / routine.integer(chunk)
