"""The sampler of classes that are ordered from frequent to rare, in one routine: draw, keep what is new, look up what is expected.

On NumPy a batch of 64 classes takes some thirty calls, each of them on a few hundred numbers. The classes are those of the op's own kernel:
where an exponential is so near a whole number that its last bits decide the class, the routine leaves the batch to that kernel.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.backends import philox
from autograd_lite.graph.inference import Inference
from autograd_lite.kernels import native, philox_assembly
from autograd_lite.kernels.calls import Given, caller, lanes_of_registers, shape_of
from autograd_lite.kernels.compiled import compiled
from autograd_lite.kernels.float32_functions import FUNCTIONS
from autograd_lite.kernels.routine import Routine, Value, apply, module, strips, vector
from autograd_lite.kernels.tier import Tiered
from autograd_lite.ops.candidate_sampling import MOST_IN_TABLE, LogUniform, check, log_uniform_table, reserve, sampled_at

__all__ = ["log_uniform", "sampler_text"]

MOST_SAMPLED = 512
MOST_TRIES = 64  # for each class; a batch that needs more is left to NumPy
SLOTS = 4 * MOST_SAMPLED  # of the table in which drawn classes are found again: a power of two
NEAR = 2.0**-24  # to a whole number: far more than the error of an exponential below 2^18
SECONDS = 60e-6
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10  # the first has 21 zero bits: its product with an exponent is exact
ROUNDING = 1.5 * 2.0**52
TERMS = 13  # of the series of e^r: with |r| below 0.35 what is left out is less than half a unit in the last place


@compiled("LogUniformCandidateSampler")
def log_uniform(c: Inference) -> Tiered | None:
    """Draw classes, the first ones most often."""
    classes, limit, count, unique = shape_of(c, 0), c.attrs["range_max"], c.attrs["num_sampled"], c.attrs["unique"]
    fits = len(classes) == 2 and classes[1] == c.attrs["num_true"] and 0 not in classes
    if not fits or limit > MOST_IN_TABLE or count > min(MOST_SAMPLED, limit):
        return None
    distribution, most_words = LogUniform(limit), 2 * MOST_TRIES * count

    def prepare() -> Any:
        table = np.stack(log_uniform_table(limit))
        arrays = [Given(classes), Given((2, limit)), Given((3,)), Given(classes, True), Given((count,), True), Given((count,), True)]
        run = caller(sampler_text(limit, unique), "sample", arrays, [math.prod(classes), count], returns="i32")

        def draw(xp: Any, true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int, state: Any) -> Any:
            if true_classes.shape != classes:
                return c.opdef.kernel(xp, true_classes, num_true, num_sampled, unique, range_max, state)
            block = reserve(state, count)
            low = block & philox.MASK64
            if low + most_words <= philox.MASK64:
                place = np.array([state.key, low, block >> 64], np.uint64)
                results = np.empty(count, np.int64), np.empty(classes, np.float32), np.empty(count, np.float32)
                if run(true_classes, table, place, results[1], results[0], results[2]):
                    return results
            return sampled_at(xp, check(true_classes, num_true, num_sampled, unique, limit), count, unique, distribution, state.key, block)

        return draw

    return Tiered(c.opdef.name, c.opdef.kernel, prepare, SECONDS)


def sampler_text(limit: int, unique: bool) -> str:
    """`sample(classes, table, place, true_expected, drawn, drawn_expected, true_count, count)`.

    table: [2, limit], the probability of each class and the logarithm of that of all others. place: key and block of the random stream.
    """
    blocks = 32 if native.target().has_wide_vectors else 8
    pointers = ("classes", "table", "place", "true_expected", "drawn", "drawn_expected")
    routine = Routine("sample", {**dict.fromkeys(pointers, "ptr"), "true_count": "i64", "count": "i64"}, "i32")
    with routine.loop(0, routine["true_count"]) as index:
        with routine.when(routine.load("i64", routine["classes"], index).below(limit).equals(0)):
            routine.leave(1)
    tries = _draw(routine, limit, unique, blocks)
    for classes, out, count in (("classes", "true_expected", "true_count"), ("drawn", "drawn_expected", "count")):
        _expect(routine, limit, unique, (routine[classes], routine[out], routine[count]), tries)
    return f"{module([routine])}\n{philox_assembly.step_text('doubles', blocks)}"


def _draw(routine: Routine, limit: int, unique: bool, blocks: int) -> Value:
    """Fill `drawn`; return how many drawings that took."""
    size = 2 * blocks
    buffer, slots = routine.room("double", size), routine.room("i64", SLOTS)
    key, low, high = (routine.load("i64", routine["place"], index) for index in range(3))
    found, tries = routine.variable(routine.integer(0)), routine.variable(routine.integer(0))
    if unique:
        routine.fill(routine.integer(-1), slots, routine.integer(SLOTS), lanes_of_registers("i64"))
    with routine.while_(lambda: found.get() < routine["count"]):
        with routine.when((tries.get() % size).equals(0)):
            with routine.when(tries.get() >= routine["count"] * MOST_TRIES):
                routine.leave(1)
            block = low + tries.get() / 2
            routine.block.do(f"call void @doubles_step(ptr {buffer.name}, i64 {key.name}, i64 {block.name}, i64 {high.name}, i64 1)")
            _exponentials(routine, buffer, size, limit)
        exponential = routine.load("double", buffer, tries.get() % size)
        number = exponential.to("i64") - 1
        distance = exponential - routine.intrinsic("rint", exponential)
        with routine.when(routine.intrinsic("fabs", distance) < NEAR):
            routine.leave(1)
        with routine.when(number.below(limit).equals(0)):
            routine.leave(1)
        tries.set(tries.get() + 1)
        if unique:
            _keep_if_new(routine, slots, number, found)
        else:
            routine.store(number, routine["drawn"], found.get())
            found.set(found.get() + 1)
    return tries.get()


def _keep_if_new(routine: Routine, slots: Value, number: Value, found: Any) -> None:
    """Look a class up in the table of drawn ones, and put it there if it is new."""
    slot = routine.variable(number & (SLOTS - 1))
    held = routine.variable(routine.load("i64", slots, slot.get()))
    with routine.while_(lambda: held.get().differs(-1) & held.get().differs(number)):
        slot.set((slot.get() + 1) & (SLOTS - 1))
        held.set(routine.load("i64", slots, slot.get()))
    with routine.when(held.get().equals(-1)):
        routine.store(number, slots, slot.get())
        routine.store(number, routine["drawn"], found.get())
        found.set(found.get() + 1)


def _exponentials(routine: Routine, buffer: Value, count: int, limit: int) -> None:
    """Replace numbers in [0, 1) by e to the number times log(limit + 1)."""
    for lanes, index in strips(routine, count, (lanes_of_registers("double"),)):
        x = routine.load(vector("double", lanes), buffer, index) * float(np.log1p(np.float64(limit)))
        shifted = routine.fma(x, 1 / math.log(2.0), ROUNDING)
        whole = shifted - ROUNDING
        r = routine.fma(whole, -LN2_LOW, routine.fma(whole, -LN2_HIGH, x))
        total = routine.value(x.kind, 1 / math.factorial(TERMS))
        for power in range(TERMS - 1, -1, -1):
            total = routine.fma(total, r, 1 / math.factorial(power))
        exponent = (whole.to("i64") + 1023).shifted("shl", 52).bits_as("double")
        routine.store(total * exponent, buffer, index)


def _expect(routine: Routine, limit: int, unique: bool, arrays: tuple[Value, Value, Value], tries: Value) -> None:
    """How often each class of an array is expected among the drawn ones."""
    classes, out, count = arrays
    repeats = tries.differs(routine["count"])  # some class was drawn again, so what counts is whether it is drawn at all
    start = routine.select(repeats, routine.integer(limit), routine.integer(0))
    with routine.loop(0, count) as index:
        routine.store(routine.load("float", routine["table"], start + routine.load("i64", classes, index)), out, index)
    factor = tries.to("float")
    for lanes, index in strips(routine, count, (lanes_of_registers(), 1)):
        kind = vector("float", lanes)
        scaled = routine.load(kind, out, index) * routine.spread(factor, lanes)
        if unique:
            others = apply(routine, FUNCTIONS["expm1"], scaled) * -1.0
            scaled = routine.select(routine.spread(repeats, lanes), others, scaled)
        routine.store(scaled, out, index)
