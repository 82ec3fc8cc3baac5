"""What is done with the results of a kernel while they are still in the cache: elementwise steps that follow it, and sums over pixels.

A kernel whose results [pixels, channels] leave registers once (Winograd's convolution, the gradient of pooling side by side) goes on with
them there (`Columns`); others call `finish_pixels` for each part of their results that is complete. So a bias, an activation or the
gradient of one costs no further way through memory, and neither do the sums for the gradient of a bias or for the statistics of batch
normalisation. Each part of the work leaves its sums, in double precision, in a place of its own; they are added up in order, so bits do
not depend on threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.kernels.body import Body
from autograd_lite.kernels.calls import Given
from autograd_lite.kernels.elementwise import LONG_FORMULA, Operand, Output, Work
from autograd_lite.kernels.lane_functions import Emitter
from autograd_lite.kernels.routine import Routine, Value, Variable, vector
from autograd_lite.kernels.vectors import Code, Text, Vector

__all__ = [
    "IN_MEMORY", "MOMENTS", "NOTHING", "Columns", "Epilogue", "Follower", "Made", "Producer", "clear_totals", "declare", "epilogue_of",
    "finish_routine", "summed", "with_products",
]  # fmt: skip

RESULT, PIXELS, CHANNELS = "result", "pixels", "channels"  # what an operand is: the kernel's result, an array like it, a number a channel
TOTALS = "totals"  # the array of sums
MOST_OPERANDS = 8


class Epilogue(NamedTuple):
    """What is done with a result.

    operands: how each input of the body lies. stored: nodes with a value for each pixel. summed: nodes that are summed over all pixels.
    keeps_result: whether somebody wants the kernel's result as it is.
    """

    body: Body
    operands: tuple[str, ...]
    stored: tuple[int, ...]
    summed: tuple[int, ...] = ()
    keeps_result: bool = False

    @property
    def others(self) -> list[str]:
        """The names of the arrays besides the result, in the order in which they are handed over."""
        taken = [f"operand{index}" for index, kind in enumerate(self.operands) if kind != RESULT]
        return [*taken, *[f"stored{index}" for index in range(len(self.stored))], *[TOTALS] * bool(self.summed)]

    def given(self, shape: tuple[int, ...], parts: int) -> list[Given]:
        """How these arrays lie; the last, if there are sums, has room for those of all parts."""
        taken = [Given(shape if kind == PIXELS else shape[-1:]) for kind in self.operands if kind != RESULT]
        sums = [Given(self.room(shape, parts), is_output=True)] * bool(self.summed)
        return [*taken, *[Given(shape, is_output=True)] * len(self.stored), *sums]

    def room(self, shape: tuple[int, ...], parts: int) -> tuple[int, ...]:
        """The shape of the room for sums."""
        return parts, len(self.summed), shape[-1]


def _moments() -> Epilogue:
    body = Body()
    result = body.input(0, np.float32)
    return Epilogue(body, (RESULT,), (), (result, body.apply("square", body.cast(result, np.float64))), keeps_result=True)


NOTHING = Epilogue(Body(), (), (), keeps_result=True)  # the result as it is
MOMENTS = _moments()  # the same, and the sums of it and of its square


class Producer(NamedTuple):
    """A kernel that an epilogue can follow.

    inputs: the positions of those inputs of the op that are arrays for it. make: gives the function (*inputs, result, *others but the
    sums, *more) that fills the result and what is stored, and returns the sums [summed, channels]; None in their place if it could not.
    There may be no such function. An array that is stored is handed over as the result, too, if nobody wants that. None if no epilogue can
    follow.
    seconds: about what the op's own kernel takes.
    more: the shapes of the op's other results.
    behind: gives the two kernels as one, for a kernel that makes the first input and gathers its `MOMENTS` meanwhile. The inputs of both
    are those of the one, but for that input, which becomes the first of its other results.
    after: the same for a kernel whose epilogue makes the first input, of which it gathers further sums meanwhile; its result, epilogue and
    further results stay what they are. It is told which of the stored arrays this is, or None for the result itself.
    """

    inputs: tuple[int, ...]
    make: Callable[[Epilogue], Callable[..., np.ndarray | None] | None] | None
    seconds: float
    more: tuple[tuple[int, ...], ...] = ()
    behind: Callable[[Producer], Producer] | None = None
    after: Callable[[Producer, int | None], Producer] | None = None

    def run(self, epilogue: Epilogue) -> Callable[..., np.ndarray | None] | None:
        """What `make` gives."""
        return None if self.make is None else self.make(epilogue)


class Made(NamedTuple):
    """How a kernel makes a number of its result, if that is not in memory yet.

    pixels, channels: the names of arrays with a number for each pixel and channel, and for each channel. write: the number made of theirs.
    """

    pixels: tuple[str, ...]
    channels: tuple[str, ...]
    write: Callable[..., Value]

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return *self.pixels, *self.channels


IN_MEMORY = Made((RESULT,), (), lambda result: result)


def epilogue_of(work: Work, position: int, keeps_result: bool = False) -> Epilogue | None:
    """The epilogue that does what a fused step does with the operand at `position`; None if that cannot be part of a kernel's work."""
    domain, channels = work.domain, work.domain[-1:]
    kinds = []
    for index, operand in enumerate(work.operands):
        is_vector = math.prod(operand.shape) == math.prod(operand.shape[-1:]) and operand.shape[-1:] == channels
        if operand.dtype != "float32" or operand.is_rows or operand.is_scalar or operand.shape != domain and not is_vector:
            return None
        kinds.append(RESULT if index == position else PIXELS if operand.shape == domain else CHANNELS)
    stored = [output.node for output in work.outputs if not output.reduced]
    summed = [output.node for output in work.outputs if output.reduced]
    fits = all(_fits(work, index) for index in range(len(work.outputs))) and work.operands[position].shape == domain
    if not fits or len(kinds) > MOST_OPERANDS or work.body.cost([*stored, *summed]) >= LONG_FORMULA:
        return None
    return Epilogue(work.body, tuple(kinds), tuple(stored), tuple(summed), keeps_result)


def _fits(work: Work, index: int) -> bool:
    """Whether an output has a number for each pixel and channel, or is a sum over all pixels."""
    output, rank = work.outputs[index], len(work.domain)
    is_sum = output.reduced in ("sum", "mean") and {*output.axes, *_ones(work.domain)} - {rank - 1} == set(range(rank - 1))
    return work.dtype(index) == "float32" and not output.beside and (not output.reduced or is_sum and rank - 1 not in output.axes)


def _ones(domain: tuple[int, ...]) -> list[int]:
    return [axis for axis, size in enumerate(domain) if size == 1]


def with_products(epilogue: Epilogue, stored: int | None) -> Epilogue:
    """The epilogue that also takes a number x for each pixel and channel and one for each channel, their mean, and sums what is stored as
    number `stored` (None: the result), and the products of this and x less its mean.
    """
    body = Body()
    for node in epilogue.body.nodes:
        body.add(node)
    kinds = epilogue.operands
    if stored is None and RESULT not in kinds:
        kinds = (*kinds, RESULT)
    factor = body.input(kinds.index(RESULT), np.float32) if stored is None else epilogue.stored[stored]
    x, mean = (body.input(len(kinds) + number, np.float32) for number in range(2))
    centred = body.cast(body.apply("subtract", x, mean), np.float64)
    product = body.apply("multiply", body.cast(factor, np.float64), centred)
    return epilogue._replace(body=body, operands=(*kinds, PIXELS, CHANNELS), summed=(*epilogue.summed, factor, product))


def summed(run: Callable[..., bool], epilogue: Epilogue | None, shape: tuple[int, ...], parts: int) -> np.ndarray | None:
    """Call a kernel with room for its sums, if there are any; give the sums of all parts [summed, channels], or None if it declined.

    Args:
      run: the function (sums) or (), which says whether it did it.
    """
    if epilogue is None or not epilogue.summed:
        return _NO_SUMS if run() else None
    sums = np.empty(epilogue.room(shape, parts))
    return np.add.reduce(sums, axis=0) if run(sums) else None


_NO_SUMS = np.zeros((0, 0))


class Follower(NamedTuple):
    """A kernel and the epilogue behind it: what a joined step of a plan does.

    domain: the shape of the result. operands: of the call, the kernel's inputs first. outputs: of the call, the stored ones and sums in any
    order; then come the kernel's result as it is, if somebody wants it, and its further results.
    """

    producer: Producer
    epilogue: Epilogue
    domain: tuple[int, ...]
    operands: tuple[Operand, ...]
    outputs: tuple[Output, ...]

    def arrays(self) -> list[tuple[str, tuple[int, ...]]]:
        """The type and shape of each array that is handed over for results."""
        first = [output.shape if output.reduced else self.domain for output in self.outputs]
        return [("float32", shape) for shape in (*first, *[self.domain] * self.epilogue.keeps_result, *self.producer.more)]

    def prepare(self) -> Callable[..., bool] | None:
        """The function (*inputs, *outputs) that returns whether it declined."""
        run = self.producer.run(self.epilogue)
        if run is None:
            return None
        taken, count = len(self.operands), len(self.producer.inputs)
        stored = [taken + index for index, output in enumerate(self.outputs) if not output.reduced]
        summed = [(taken + index, output) for index, output in enumerate(self.outputs) if output.reduced]
        made = taken + len(self.outputs)
        target, further = (made, made + 1) if self.epilogue.keeps_result else (stored[0], made)
        pixels = math.prod(self.domain[:-1])

        def joined(*arrays: Any) -> bool:
            totals = run(*arrays[:count], arrays[target], *arrays[count:taken], *[arrays[index] for index in stored], *arrays[further:])
            if totals is None:
                return True
            for (index, output), total in zip(summed, totals):
                arrays[index][...] = (total if output.reduced == "sum" else total / pixels).reshape(output.shape)
            return False

        return joined


# -------------------------------------------------------------------- text


def finish_routine(epilogue: Epilogue, lanes: int, made: Made = IN_MEMORY) -> tuple[list[Routine], str]:
    """The one routine `finish_pixels(*names, begin, end, part, channels)`, and the text of the functions that it calls.

    It does what the epilogue says with the pixels from `begin` to `end`; their sums go to the place of `part`. `names` are those of `made`,
    the result if it is not among them, and the others of the epilogue.
    """
    names = [*dict.fromkeys([*made.names, RESULT]), *epilogue.others]
    sizes = dict.fromkeys(("begin", "end", "part", "channels"), "i64")
    routine = Routine("finish_pixels", {**dict.fromkeys(names, "ptr"), **sizes}, public=False)
    text = Text(is_wide=lanes == 16)
    if epilogue.summed or CHANNELS in epilogue.operands or made.channels:
        channels = routine["channels"]
        whole = channels - channels % lanes
        with routine.loop(0, whole, lanes) as column:
            Columns(routine, text, epilogue, made, lanes, column, None).write()
        with routine.when(whole < channels):
            Columns(routine, text, epilogue, made, lanes, whole, routine.first_lanes(channels - whole, lanes)).write()
    else:
        _each_element(routine, text, epilogue, made, lanes)
    declare(routine, text)
    return [routine], "\n".join(text.functions.values())


def clear_totals(routine: Routine, epilogue: Epilogue, part: Value, channels: Value, lanes: int) -> None:
    """Start with sums of 0 for a part of the work that adds to them again and again."""
    if epilogue.summed:
        size = channels * len(epilogue.summed)
        routine.fill(routine.value("double", 0.0), routine.at(routine[TOTALS], part * size, "double"), size, lanes)


def declare(routine: Routine, text: Text) -> None:
    """Note in a routine what the code of an epilogue calls."""
    for name, declaration in text.declared.items():
        routine.declared.setdefault(name.removeprefix("@"), declaration)


def _each_element(routine: Routine, text: Text, epilogue: Epilogue, made: Made, lanes: int) -> None:
    """All elements as one line."""
    begin, end = (routine[name] * routine["channels"] for name in ("begin", "end"))
    whole = end - (end - begin) % lanes
    for start, stop, mask in ((begin, whole, None), (whole, end, routine.first_lanes(end - whole, lanes))):
        columns = Columns(routine, text, epilogue, made, lanes, routine.integer(0), mask)
        with routine.loop(start, stop, lanes) as place:
            columns.element(place)


class Columns:
    """Some channels side by side; the mask tells those that there are.

    Args:
      routine: has the arrays under the names of `Epilogue.others`, of `made`, and `result`.
      text: gets the functions that are called. column: the first of the channels.
    """

    def __init__(self, routine: Routine, text: Text, epilogue: Epilogue, made: Made, lanes: int, column: Value,
                 mask: Value | None) -> None:  # fmt: skip
        self.routine = routine
        self.epilogue = epilogue
        self.made = made
        self.lanes = lanes
        self.column = column
        self.mask = mask
        self.code = Code(text, lanes, routine.block)
        self.needed = epilogue.body.needed([*epilogue.stored, *epilogue.summed])
        self.emitter = Emitter(self.code, epilogue.body.nodes, self.needed)
        self.of_channels: dict[str, Value] = {}  # what is the same for all pixels
        self.totals: list[Variable] = []

    def write(self) -> None:
        """All pixels."""
        routine = self.routine
        self.begin()
        with routine.loop(routine["begin"], routine["end"]) as pixel:
            self.element(pixel * routine["channels"] + self.column)
        for number, total in enumerate(self.totals):
            self._store(total.get(), TOTALS, self._place_of_sum(routine["part"], routine["channels"], number))

    def begin(self) -> None:
        """Load what is the same for all pixels, and start with sums of 0."""
        names = [f"operand{index}" for index, kind in enumerate(self.epilogue.operands) if kind == CHANNELS]
        self.of_channels = {name: self._load(name, self.column) for name in (*names, *self.made.channels)}
        zero = self.routine.value(vector("double", self.lanes), 0.0)
        self.totals = [self.routine.variable(zero) for _ in self.epilogue.summed]

    def add_totals(self, part: Value, channels: Value) -> None:
        """Add the sums to those of this part so far."""
        for number, total in enumerate(self.totals):
            place = self._place_of_sum(part, channels, number)
            self._store(self._load(TOTALS, place, "double") + total.get(), TOTALS, place)

    def _place_of_sum(self, part: Value, channels: Value, number: int) -> Value:
        return (part * len(self.totals) + number) * channels + self.column

    def element(self, place: Value, result: Value | None = None) -> None:
        """What stands at one place of all arrays, where the kernel's result is this, or what `made` says."""
        epilogue, values = self.epilogue, {}
        is_in_memory = result is None and RESULT in self.made.names
        result = self.made.write(*[self._at(name, place) for name in self.made.names]) if result is None else result
        if epilogue.keeps_result and not is_in_memory:
            self._store(result, RESULT, place)
        for number in self.needed:
            node = epilogue.body.nodes[number]
            if node.function == "input":
                is_result = epilogue.operands[int(node.detail)] == RESULT  # type: ignore[arg-type]
                found = result if is_result else self._at(f"operand{node.detail}", place)
                values[number] = self.code.named("float", found.name)
            else:
                values[number] = self.emitter.value(node, [values[arg] for arg in node.args])
        for index, number in enumerate(epilogue.stored):
            self._store(self._value(values[number]), f"stored{index}", place)
        for number, total in zip(epilogue.summed, self.totals):
            total.set(total.get() + self._value(values[number]).to("double"))

    def _at(self, name: str, place: Value) -> Value:
        return self.of_channels[name] if name in self.of_channels else self._load(name, place)

    def _value(self, found: Vector) -> Value:
        return Value(self.routine, vector(found.element, self.lanes), found.name)

    def _load(self, name: str, place: Value, element: str = "float") -> Value:
        kind = vector(element, self.lanes)
        if self.mask is None:
            return self.routine.load(kind, self.routine[name], place)
        return self.routine.load_masked(kind, self.routine[name], place, self.mask, self.routine.value(kind, 0.0))

    def _store(self, value: Value, name: str, place: Value) -> None:
        if self.mask is None:
            self.routine.store(value, self.routine[name], place)
        else:
            self.routine.store_masked(value, self.routine[name], place, self.mask)
