"""Local response normalisation in LLVM's assembly, for float32 arrays [pixels, channels].

The number of channels and the radius are constants in the code. What neighbours add up to lies in memory of the pixel's own, with zeros
before and after, so that a window needs no look at its ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.float32_functions import FUNCTIONS
from autograd_lite.kernels.routine import Routine, Value, apply, module, strips, vector

__all__ = ["PARAMETERS", "Response", "module_text"]

# settings: bias, alpha, -beta, 2 alpha beta
_SIZES = dict.fromkeys(("pixels", "per_chunk"), "i64")
PARAMETERS = {
    False: {"settings": "ptr", "x": "ptr", "y": "ptr", **_SIZES},
    True: {"settings": "ptr", "dy": "ptr", "x": "ptr", "y": "ptr", "dx": "ptr", **_SIZES},
}


class Response(NamedTuple):
    """What the code depends on."""

    channels: int
    radius: int
    lanes: int

    @property
    def reach(self) -> int:
        """How far neighbours are: at most all other channels."""
        return min(self.radius, self.channels - 1)


@remembered
def module_text(is_gradient: bool, response: Response) -> str:
    """The module with the function `respond`."""

    def chunk(routine: Routine, index: Value) -> None:
        pixel = _Pixel(routine, response)
        with routine.loop(*span(routine, index, routine["per_chunk"], routine["pixels"])) as number:
            pixel.gradient(number) if is_gradient else pixel.forward(number)

    def count(routine: Routine) -> Value:
        return chunks_of(routine, routine["pixels"], routine["per_chunk"])

    return module(chunked("respond", PARAMETERS[is_gradient], count, chunk))


class _Pixel:
    """The code for one pixel after the other."""

    def __init__(self, routine: Routine, response: Response) -> None:
        self.routine, self.response = routine, response
        size = response.channels + 2 * response.reach
        self.around, self.norms, self.powers = (routine.room("float", size) for _ in range(3))
        routine.fill(routine.value("float", 0.0), self.around, routine.integer(size), response.lanes)

    def setting(self, number: int, lanes: int) -> Value:
        return self.routine.spread(self.routine.load("float", self.routine["settings"], number), lanes)

    def each(self, body: Callable[[int, Value], None]) -> None:
        for lanes, channel in strips(self.routine, self.response.channels, (self.response.lanes, 4, 1)):
            body(lanes, channel)

    def windows(self, lanes: int, channel: Value) -> Value:
        """For each channel the sum over its neighbours of what lies around."""
        kind, reach = vector("float", lanes), self.response.reach
        total = self.routine.load(kind, self.around, channel + reach)
        for distance in range(1, reach + 1):
            for side in (-distance, distance):
                total = total + self.routine.load(kind, self.around, channel + (reach + side))
        return total

    def find_norms(self, first: Value) -> None:
        """Norms, and their powers, of the pixel whose first channel is at this place."""
        routine, reach = self.routine, self.response.reach

        def square(lanes: int, channel: Value) -> None:
            x = routine.load(vector("float", lanes), routine["x"], first + channel)
            routine.store(x * x, self.around, channel + reach)

        def norm(lanes: int, channel: Value) -> None:
            value = self.setting(0, lanes) + self.setting(1, lanes) * self.windows(lanes, channel)
            routine.store(value, self.norms, channel)
            routine.store(apply(routine, FUNCTIONS["pow"], value, self.setting(2, lanes)), self.powers, channel)

        self.each(square)
        self.each(norm)

    def forward(self, number: Value) -> None:
        """Store y = x * norm ** -beta."""
        routine, first = self.routine, number * self.response.channels
        self.find_norms(first)

        def respond(lanes: int, channel: Value) -> None:
            kind = vector("float", lanes)
            y = routine.load(kind, routine["x"], first + channel) * routine.load(kind, self.powers, channel)
            routine.store(y, routine["y"], first + channel)

        self.each(respond)

    def gradient(self, number: Value) -> None:
        """Store dx = dy * norm ** -beta - 2 alpha beta x * (the sum over neighbours of dy * y / norm)."""
        routine, reach, first = self.routine, self.response.reach, number * self.response.channels
        self.find_norms(first)

        def share(lanes: int, channel: Value) -> None:
            kind = vector("float", lanes)
            dy, y = (routine.load(kind, routine[name], first + channel) for name in ("dy", "y"))
            routine.store(dy * y / routine.load(kind, self.norms, channel), self.around, channel + reach)

        def pass_on(lanes: int, channel: Value) -> None:
            kind = vector("float", lanes)
            dy, x = (routine.load(kind, routine[name], first + channel) for name in ("dy", "x"))
            own, shared = dy * routine.load(kind, self.powers, channel), self.setting(3, lanes) * x * self.windows(lanes, channel)
            routine.store(own - shared, routine["dx"], first + channel)

        self.each(share)
        self.each(pass_on)
