"""Local response normalisation in LLVM's assembly, for float32 arrays [pixels, channels].

The number of channels and the radius are constants in the code. What neighbours add up to lies in memory of its own, with zeros before
and after each pixel, so that a window needs no look at its ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.float32_functions import FUNCTIONS
from autograd_lite.kernels.routine import Routine, Value, apply, lanes_of, module, strips, vector

__all__ = ["PARAMETERS", "ROOTS", "Response", "module_text"]

TOGETHER = 512  # elements that go through the steps together
# settings: bias, alpha, -beta, 2 alpha beta
_SIZES = dict.fromkeys(("pixels", "per_chunk"), "i64")
PARAMETERS = {
    False: {"settings": "ptr", "x": "ptr", "y": "ptr", **_SIZES},
    True: {"settings": "ptr", "dy": "ptr", "x": "ptr", "y": "ptr", "dx": "ptr", **_SIZES},
}


def _root(routine: Routine, x: Value) -> Value:
    return routine.intrinsic("sqrt", x)


# Powers of numbers that are not negative, by instructions that round correctly.
ROOTS: dict[float, Callable[[Routine, Value], Value]] = {
    0.5: _root,
    0.75: lambda routine, x: _root(routine, x) * _root(routine, _root(routine, x)),
    1.0: lambda routine, x: x,
}


class Response(NamedTuple):
    """What the code depends on.

    beta: the power, where roots make it (`ROOTS`), else None.
    """

    channels: int
    radius: int
    lanes: int
    beta: float | None = None

    @property
    def together(self) -> int:
        """How many pixels go through the steps together."""
        return max(TOGETHER // self.channels, 1)

    @property
    def reach(self) -> int:
        """How far neighbours are: at most all other channels."""
        return min(self.radius, self.channels - 1)


@remembered
def module_text(is_gradient: bool, response: Response) -> str:
    """The module with the function `respond`."""

    def chunk(routine: Routine, index: Value) -> None:
        block = _Block(routine, response)
        begin, end = span(routine, index, routine["per_chunk"], routine["pixels"])
        with routine.loop(begin, end, response.together) as first:
            block.pixels = first, routine.smaller(first + response.together, end)
            block.gradient() if is_gradient else block.forward()

    def count(routine: Routine) -> Value:
        return chunks_of(routine, routine["pixels"], routine["per_chunk"])

    return module(chunked("respond", PARAMETERS[is_gradient], count, chunk))


class _Block:
    """The code for a few pixels at a time, step by step: what one step has stored is at rest when the next one reads across it."""

    def __init__(self, routine: Routine, response: Response) -> None:
        self.routine, self.response = routine, response
        self.size = response.channels + 2 * response.reach
        self.around, self.norms, self.powers = (routine.room("float", self.size * response.together) for _ in range(3))
        self.pixels = (routine.integer(0), routine.integer(0))
        routine.fill(routine.value("float", 0.0), self.around, routine.integer(self.size * response.together), response.lanes)

    def setting(self, number: int, lanes: int) -> Value:
        return self.routine.spread(self.routine.load("float", self.routine["settings"], number), lanes)

    def each(self, body: Callable[[int, Value, Value], None]) -> None:
        """Do `body(lanes, place, at)` for all strips of all pixels: the place in the images, and that in the block's own memory."""
        begin, end = self.pixels
        with self.routine.loop(begin, end) as pixel:
            for lanes, channel in strips(self.routine, self.response.channels, (self.response.lanes, 4, 1)):
                body(lanes, pixel * self.response.channels + channel, (pixel - begin) * self.size + channel)

    def windows(self, lanes: int, at: Value) -> Value:
        """For each channel the sum over its neighbours of what lies around."""
        kind, reach = vector("float", lanes), self.response.reach
        total = self.routine.load(kind, self.around, at + reach)
        for distance in range(1, reach + 1):
            for side in (-distance, distance):
                total = total + self.routine.load(kind, self.around, at + (reach + side))
        return total

    def power(self, norms: Value) -> Value:
        """The norms to the power -beta."""
        if self.response.beta is None:
            return apply(self.routine, FUNCTIONS["pow"], norms, self.setting(2, lanes_of(norms.kind)))
        return 1.0 / ROOTS[self.response.beta](self.routine, norms)

    def norm(self, lanes: int, at: Value) -> Value:
        return self.setting(0, lanes) + self.setting(1, lanes) * self.windows(lanes, at)

    def square(self, lanes: int, place: Value, at: Value) -> None:
        x = self.routine.load(vector("float", lanes), self.routine["x"], place)
        self.routine.store(x * x, self.around, at + self.response.reach)

    def forward(self) -> None:
        """Store y = x * norm ** -beta."""
        routine = self.routine

        def respond(lanes: int, place: Value, at: Value) -> None:
            x = routine.load(vector("float", lanes), routine["x"], place)
            routine.store(x * self.power(self.norm(lanes, at)), routine["y"], place)

        self.each(self.square)
        self.each(respond)

    def gradient(self) -> None:
        """Store dx = dy * norm ** -beta - 2 alpha beta x * (the sum over neighbours of dy * y / norm)."""
        routine, reach = self.routine, self.response.reach

        def keep(lanes: int, place: Value, at: Value) -> None:
            norm = self.norm(lanes, at)
            routine.store(norm, self.norms, at)
            routine.store(self.power(norm), self.powers, at)

        def share(lanes: int, place: Value, at: Value) -> None:
            kind = vector("float", lanes)
            dy, y = (routine.load(kind, routine[name], place) for name in ("dy", "y"))
            routine.store(dy * y / routine.load(kind, self.norms, at), self.around, at + reach)

        def pass_on(lanes: int, place: Value, at: Value) -> None:
            kind = vector("float", lanes)
            dy, x = (routine.load(kind, routine[name], place) for name in ("dy", "x"))
            own, shared = dy * routine.load(kind, self.powers, at), self.setting(3, lanes) * x * self.windows(lanes, at)
            routine.store(own - shared, routine["dx"], place)

        for step in (self.square, keep, share, pass_on):
            self.each(step)
