"""Batch normalisation in LLVM's assembly, for float32 arrays [pixels, channels].

Sums over pixels are kept in double precision, and one pass over the array gives mean and variance. Sizes are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.epilogue import NOTHING, Epilogue, Made, finish_routine
from autograd_lite.kernels.routine import Routine, Value, module, vector

__all__ = ["BACKWARD_ARRAYS", "FORWARD_ARRAYS", "backward_text", "forward_text"]

# sums: doubles [chunks, 2, channels]. settings: epsilon, and the share of the new mean and variance in the running ones.
FORWARD_ARRAYS = ("x", "scale", "offset", "mean", "variance", "settings", "sums", "y", "new_mean", "new_variance", "used_mean",
                  "used_variance", "slope")  # fmt: skip
# slope, shift, product: room for numbers of each channel.
BACKWARD_ARRAYS = ("dy", "x", "scale", "mean", "variance", "settings", "sums", "dx", "for_scale", "for_offset", "slope", "shift", "product")
_SIZES = dict.fromkeys(("pixels", "channels", "per_chunk"), "i64")
Columns = tuple[Value, Value | None]  # the first of some channels side by side, and the mask of those that there are


@remembered
def forward_text(is_training: bool, lanes: int, epilogue: Epilogue = NOTHING, has_sums: bool = False) -> str:
    """`forward(*FORWARD_ARRAYS, *others of the epilogue, pixels, channels, per_chunk, is_running)`: y and the statistics.

    When training, `is_running` tells whether `mean` and `variance` are running statistics to be mixed with the new ones. has_sums: the sums
    over all pixels are there, as those of one chunk.
    """
    made = Made(("x",), ("used_mean", "slope", "offset"), lambda x, mean, slope, offset: x.routine.fma(x - mean, slope, offset))
    names = [*made.names, "result", *epilogue.others]
    routines = _pass_over_pixels("sums_of_pixels", ["x", "sums"], lanes, _sum_chunk) if is_training and not has_sums else []
    finish, functions = finish_routine(epilogue, lanes, made)
    routines += [*finish, *_chunks_of_pixels("normalise", names, lambda routine, chunk: _normalise_chunk(routine, names, chunk))]
    routine = Routine("forward", {**dict.fromkeys([*FORWARD_ARRAYS, *epilogue.others], "ptr"), **_SIZES, "is_running": "i64"})
    if is_training and not has_sums:
        routine.call("void", "sums_of_pixels", *[routine[name] for name in ("x", "sums", *_SIZES)])
    chunks = routine.integer(1) if has_sums else _chunk_count(routine)
    _each_columns(routine, routine["channels"], lanes, lambda columns: _finish_forward(routine, is_training, chunks, lanes, columns))
    routine.call("void", "normalise", *[routine["y" if name == "result" else name] for name in (*names, *_SIZES)])
    return "\n".join([module([*routines, routine]), functions])


@remembered
def backward_text(is_training: bool, lanes: int, has_sums: bool = False) -> str:
    """`backward(*BACKWARD_ARRAYS, pixels, channels, per_chunk)`: the gradients for x, scale and offset.

    has_sums: the sums over all pixels are there, as those of one chunk.
    """
    routines = [] if has_sums else _pass_over_pixels("sums_of_products", ["dy", "x", "mean", "sums"], lanes, _sum_products_chunk)
    names = ["dy", "x", "mean", "slope", "shift", "product", "dx"] if is_training else ["dy", "slope", "dx"]
    routines += _pass_over_pixels("spread", names, lanes, _spread_chunk if is_training else _scale_chunk)
    routine = Routine("backward", {**dict.fromkeys(BACKWARD_ARRAYS, "ptr"), **_SIZES})
    if not has_sums:
        routine.call("void", "sums_of_products", *[routine[name] for name in ("dy", "x", "mean", "sums", *_SIZES)])
    chunks = routine.integer(1) if has_sums else _chunk_count(routine)
    _each_columns(routine, routine["channels"], lanes, lambda columns: _finish_backward(routine, chunks, lanes, columns))
    routine.call("void", "spread", *[routine[name] for name in (*names, *_SIZES)])
    return module([*routines, routine])


# -------------------------------------------------------------------- columns


def _each_columns(routine: Routine, channels: Value, lanes: int, body: Callable[[Columns], None]) -> None:
    """Do `body` for channels side by side: whole vectors, then the rest under a mask."""
    whole = channels - channels % lanes
    with routine.loop(0, whole, lanes) as column:
        body((column, None))
    with routine.when(whole < channels):
        body((whole, routine.first_lanes(channels - whole, lanes)))


def _load(routine: Routine, lanes: int, array: str, place: Value, columns: Columns, element: str = "float") -> Value:
    """The elements of these columns, from `place` on; 0 where there is no column."""
    kind, mask = vector(element, lanes), columns[1]
    if mask is None:
        return routine.load(kind, routine[array], place)
    return routine.load_masked(kind, routine[array], place, mask, routine.value(kind, 0.0))


def _store(routine: Routine, value: Value, array: str, place: Value, columns: Columns) -> None:
    if columns[1] is None:
        routine.store(value, routine[array], place)
    else:
        routine.store_masked(value, routine[array], place, columns[1])


def _pass_over_pixels(name: str, arrays: Sequence[str], lanes: int, body: Callable[[Routine, int, Value, Columns], None]) -> list[Routine]:
    """The routine that does `body(routine, lanes, chunk, columns)` for each chunk of pixels and all columns."""

    def chunk(routine: Routine, index: Value) -> None:
        _each_columns(routine, routine["channels"], lanes, lambda columns: body(routine, lanes, index, columns))

    return _chunks_of_pixels(name, arrays, chunk)


def _chunks_of_pixels(name: str, arrays: Sequence[str], chunk: Callable[[Routine, Value], None]) -> list[Routine]:
    """The routine that does `chunk(routine, index)` for each chunk of pixels."""

    return chunked(name, {**dict.fromkeys(arrays, "ptr"), **_SIZES}, _chunk_count, chunk)


def _chunk_count(routine: Routine) -> Value:
    return chunks_of(routine, routine["pixels"], routine["per_chunk"])


def _pixels(routine: Routine, chunk: Value) -> tuple[Value, Value]:
    return span(routine, chunk, routine["per_chunk"], routine["pixels"])


def _store_sums(routine: Routine, chunk: Value, columns: Columns, first: Value, second: Value) -> None:
    place = chunk * 2 * routine["channels"] + columns[0]
    _store(routine, first, "sums", place, columns)
    _store(routine, second, "sums", place + routine["channels"], columns)


def _totals(routine: Routine, chunks: Value, lanes: int, columns: Columns) -> list[Value]:
    """The two sums over all chunks."""
    totals = [routine.variable(routine.value(vector("double", lanes), 0.0)) for _ in range(2)]
    with routine.loop(0, chunks) as chunk:
        for number, total in enumerate(totals):
            place = (chunk * 2 + number) * routine["channels"] + columns[0]
            total.set(total.get() + _load(routine, lanes, "sums", place, columns, "double"))
    return [total.get() for total in totals]


def _setting(routine: Routine, number: int, lanes: int) -> Value:
    return routine.spread(routine.load("float", routine["settings"], number), lanes)


# -------------------------------------------------------------------- forward


def _sum_chunk(routine: Routine, lanes: int, chunk: Value, columns: Columns) -> None:
    """The sums of x and of its square over a chunk of pixels."""
    total, squares = (routine.variable(routine.value(vector("double", lanes), 0.0)) for _ in range(2))
    with routine.loop(*_pixels(routine, chunk)) as pixel:
        x = _load(routine, lanes, "x", pixel * routine["channels"] + columns[0], columns).to("double")
        total.set(total.get() + x)
        squares.set(routine.fma(x, x, squares.get()))
    _store_sums(routine, chunk, columns, total.get(), squares.get())


def _finish_forward(routine: Routine, is_training: bool, chunks: Value, lanes: int, columns: Columns) -> None:
    """Mean, variance and slope of these channels."""
    column = columns[0]
    if is_training:
        count = routine["pixels"].to("double")
        total, squares = _totals(routine, chunks, lanes, columns)
        mean = total / routine.spread(count, lanes)
        variance = squares / routine.spread(count, lanes) - mean * mean
        variance = routine.select(variance < 0.0, 0.0, variance)
        unbiased = count / routine.larger(routine["pixels"] - 1, 1).to("double")
        new = [mean.to("float"), variance.to("float") * routine.spread(unbiased.to("float"), lanes)]
        used = [mean.to("float"), variance.to("float")]
        with routine.when(routine["is_running"].differs(0)):
            share = _setting(routine, 1, lanes)
            for name, value in zip(("mean", "variance"), new):
                mixed = _load(routine, lanes, name, column, columns) * (1.0 - share) + value * share
                _store(routine, mixed, f"new_{name}", column, columns)
        with routine.when(routine["is_running"].equals(0)):
            for name, value in zip(("mean", "variance"), new):
                _store(routine, value, f"new_{name}", column, columns)
    else:
        used = [_load(routine, lanes, name, column, columns) for name in ("mean", "variance")]
        for name, value in zip(("mean", "variance"), used):
            _store(routine, value, f"new_{name}", column, columns)
    for name, value in zip(("mean", "variance"), used):
        _store(routine, value, f"used_{name}", column, columns)
    root = routine.intrinsic("sqrt", used[1] + _setting(routine, 0, lanes))
    _store(routine, _load(routine, lanes, "scale", column, columns) / root, "slope", column, columns)


def _normalise_chunk(routine: Routine, names: Sequence[str], chunk: Value) -> None:
    """Make y = (x - mean) * slope + offset, and what the epilogue makes of it."""
    begin, end = _pixels(routine, chunk)
    routine.call("void", "finish_pixels", *[routine[name] for name in names], begin, end, chunk, routine["channels"])


# -------------------------------------------------------------------- backward


def _sum_products_chunk(routine: Routine, lanes: int, chunk: Value, columns: Columns) -> None:
    """The sums of dy and of dy * (x - mean) over a chunk of pixels."""
    total, products = (routine.variable(routine.value(vector("double", lanes), 0.0)) for _ in range(2))
    mean = _load(routine, lanes, "mean", columns[0], columns)
    with routine.loop(*_pixels(routine, chunk)) as pixel:
        place = pixel * routine["channels"] + columns[0]
        dy = _load(routine, lanes, "dy", place, columns).to("double")
        total.set(total.get() + dy)
        centred = (_load(routine, lanes, "x", place, columns) - mean).to("double")
        products.set(routine.fma(dy, centred, products.get()))
    _store_sums(routine, chunk, columns, total.get(), products.get())


def _finish_backward(routine: Routine, chunks: Value, lanes: int, columns: Columns) -> None:
    """The gradients for scale and offset of these channels, and what the second pass needs."""
    column = columns[0]
    total, products = _totals(routine, chunks, lanes, columns)
    variance = _load(routine, lanes, "variance", column, columns)
    inverse = 1.0 / routine.intrinsic("sqrt", variance + _setting(routine, 0, lanes))
    for_offset, for_scale = total.to("float"), (products * inverse.to("double")).to("float")
    count = routine.spread(routine["pixels"].to("float"), lanes)
    _store(routine, for_offset, "for_offset", column, columns)
    _store(routine, for_scale, "for_scale", column, columns)
    _store(routine, _load(routine, lanes, "scale", column, columns) * inverse, "slope", column, columns)
    _store(routine, for_offset / count, "shift", column, columns)
    _store(routine, for_scale / count * inverse, "product", column, columns)


def _spread_chunk(routine: Routine, lanes: int, chunk: Value, columns: Columns) -> None:
    """Store dx = slope * (dy - shift - (x - mean) * product)"""
    mean, slope, shift, product = (_load(routine, lanes, name, columns[0], columns) for name in ("mean", "slope", "shift", "product"))
    with routine.loop(*_pixels(routine, chunk)) as pixel:
        place = pixel * routine["channels"] + columns[0]
        centred = mean - _load(routine, lanes, "x", place, columns)
        dx = routine.fma(centred, product, _load(routine, lanes, "dy", place, columns) - shift) * slope
        _store(routine, dx, "dx", place, columns)


def _scale_chunk(routine: Routine, lanes: int, chunk: Value, columns: Columns) -> None:
    """Store dx = slope * dy"""
    slope = _load(routine, lanes, "slope", columns[0], columns)
    with routine.loop(*_pixels(routine, chunk)) as pixel:
        place = pixel * routine["channels"] + columns[0]
        _store(routine, _load(routine, lanes, "dy", place, columns) * slope, "dx", place, columns)
