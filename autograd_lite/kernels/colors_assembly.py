"""Colours in LLVM's assembly: red, green and blue, and hue, saturation and value, for float32 pixels of three channels.

The steps are those of `ops.colors`, in their order, so the results have the same bits. Several pixels go side by side; their channels are
taken apart when they are loaded, and put together when they are stored.
"""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.routine import Routine, Value, lanes_of, module, vector

__all__ = ["CHANGES", "colors_text"]

CHUNK = 1 << 12  # pixels that one thread does at a time
Colour = tuple[Value, Value, Value]


def colors_text(change: str, lanes: int) -> str:
    """`colors(x, amount, y, pixels)`: change pixels as `CHANGES` says; `amount` points to a number."""

    def body(routine: Routine, index: Value) -> None:
        begin, end = span(routine, index, CHUNK, routine["pixels"])
        whole = end - (end - begin) % lanes
        amount = routine.load("float", routine["amount"])

        def pixels(count: int, at: Value) -> None:
            kind = vector("float", 3 * count)
            side = routine.load(kind, routine["x"], at * 3)
            if count == 1:
                colour = tuple([routine.load("float", routine["x"], at * 3 + channel) for channel in range(3)])
            else:
                colour = tuple([routine.shuffle(side, side, range(channel, 3 * count, 3)) for channel in range(3)])
            changed = CHANGES[change](routine, colour, routine.spread(amount, count))  # type: ignore[arg-type]
            if count == 1:
                for channel, value in enumerate(changed):
                    routine.store(value, routine["y"], at * 3 + channel)
            else:
                routine.store(_woven(routine, changed), routine["y"], at * 3)

        with routine.loop(begin, whole, lanes) as at:
            pixels(lanes, at)
        with routine.loop(whole, end) as at:
            pixels(1, at)

    parameters = {"x": "ptr", "amount": "ptr", "y": "ptr", "pixels": "i64"}
    return module(chunked("colors", parameters, lambda routine: chunks_of(routine, routine["pixels"], CHUNK), body))


def _woven(routine: Routine, colour: Colour) -> Value:
    """The channels side by side, pixel after pixel."""
    count = lanes_of(colour[0].kind)
    pair = routine.shuffle(colour[0], colour[1], range(2 * count))
    rest = routine.shuffle(colour[2], colour[2], [*range(count), *[0] * count])
    return routine.shuffle(pair, rest, [channel * count + pixel for pixel in range(count) for channel in range(3)])


def _hue_saturation_value(routine: Routine, colour: Colour) -> Colour:
    red, green, blue = colour
    select = routine.select
    value, least = _extreme(routine, colour, larger=True), _extreme(routine, colour, larger=False)
    spread = value - least
    saturation = select(value > 0.0, spread / select(value > 0.0, value, 1.0), 0.0)
    is_coloured = spread > 0.0
    sixth = 1.0 / (6.0 * select(is_coloured, spread, 1.0))
    of_others = select(green.equals(value), (blue - red) * sixth + 2.0 / 6.0, (red - green) * sixth + 4.0 / 6.0)
    hue = select(red.equals(value), (green - blue) * sixth, of_others)
    return select(is_coloured, select(hue < 0.0, hue + 1.0, hue), 0.0), saturation, value


def _extreme(routine: Routine, colour: Colour, larger: bool) -> Value:
    """The largest or smallest channel; NaN if one is."""
    found = colour[0]
    for each in colour[1:]:
        better = each > found if larger else each < found
        found = routine.select(better | each.unordered(), each, found)
    return found


def _from_hue(routine: Routine, colour: Colour) -> Colour:
    hue, saturation, value = colour
    sixths = hue * 6.0

    def distance(from_: float) -> Value:
        return routine.intrinsic("fabs", sixths - from_)

    parts = (distance(3.0) - 1.0, 2.0 - distance(2.0), 2.0 - distance(4.0))
    red, green, blue = [((1.0 - saturation) + saturation * _in_unit(routine, part)) * value for part in parts]
    return red, green, blue


def _in_unit(routine: Routine, x: Value) -> Value:
    """Between 0 and 1."""
    x = routine.select(x < 0.0, 0.0, x)
    return routine.select(x > 1.0, 1.0, x)


def _turned(routine: Routine, colour: Colour, amount: Value) -> Colour:
    hue, saturation, value = _hue_saturation_value(routine, colour)
    turned = hue + amount
    return _from_hue(routine, (turned - routine.intrinsic("floor", turned), saturation, value))


def _saturated(routine: Routine, colour: Colour, amount: Value) -> Colour:
    hue, saturation, value = _hue_saturation_value(routine, colour)
    return _from_hue(routine, (hue, _in_unit(routine, saturation * amount), value))


CHANGES: dict[str, Callable[[Routine, Colour, Value], Colour]] = {
    "RGBToHSV": lambda routine, colour, _: _hue_saturation_value(routine, colour),
    "HSVToRGB": lambda routine, colour, _: _from_hue(routine, colour),
    "AdjustHue": _turned,
    "AdjustSaturation": _saturated,
}
