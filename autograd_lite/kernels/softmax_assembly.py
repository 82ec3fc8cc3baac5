"""Softmax, its logarithm and the cross-entropy losses in LLVM's assembly, for float32 rows of any length.

Sums over a row are kept in double precision. Rows that fit one register are done without memory in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from autograd_lite.kernels.assembly import remembered
from autograd_lite.kernels.chunks import chunked, chunks_of, span
from autograd_lite.kernels.float32_functions import FUNCTIONS
from autograd_lite.kernels.routine import Routine, Value, apply, module, vector

__all__ = ["PARAMETERS", "module_text"]

_SIZES = dict.fromkeys(("rows", "width", "per_chunk"), "i64")
PARAMETERS = {
    "softmax": {"x": "ptr", "y": "ptr", **_SIZES},
    "log_softmax": {"x": "ptr", "y": "ptr", **_SIZES},
    "cross_entropy": {"x": "ptr", "labels": "ptr", "loss": "ptr", "y": "ptr", **_SIZES},
    "sparse_cross_entropy": {"x": "ptr", "labels": "ptr", "loss": "ptr", "y": "ptr", **_SIZES},
}


@remembered
def module_text(kind: str, lanes: int, is_short: bool, label: str = "i32") -> str:
    """The module with the function `rows`: of `PARAMETERS[kind]`, to a status, which is 1 if a label is no class.

    Args:
      is_short: rows fit one register. label: type of labels that are numbers of classes.
    """

    def chunk(routine: Routine, index: Value) -> None:
        with routine.loop(*span(routine, index, routine["per_chunk"], routine["rows"])) as row:
            _Row(routine, kind, lanes, is_short, label, row).write()

    def count(routine: Routine) -> Value:
        return chunks_of(routine, routine["rows"], routine["per_chunk"])

    parameters = PARAMETERS[kind]
    routine = Routine("rows", parameters, "i32")
    if kind == "sparse_cross_entropy":
        with routine.loop(0, routine["rows"]) as row:
            number = routine.load(label, routine["labels"], row).to("i64")
            with routine.when(number.below(routine["width"]).equals(0)):
                routine.leave(1)
    routine.call("void", "all_rows", *[routine[name] for name in parameters])
    return module([*chunked("all_rows", parameters, count, chunk), routine])


class _Row:
    """One row of logits x: how its outputs are written."""

    def __init__(self, routine: Routine, kind: str, lanes: int, is_short: bool, label: str, row: Value) -> None:
        self.routine, self.kind, self.lanes, self.is_short, self.label, self.row = routine, kind, lanes, is_short, label, row
        self.width, self.first = routine["width"], row * routine["width"]
        self.type = vector("float", lanes)
        self.kept: dict[str, Value] = {}  # of a short row: what was stored

    def number(self, value: float) -> Value:
        return self.routine.value(self.type, value)

    def each(self, body: Callable[[Value, Value | None], None]) -> None:
        """Do `body(place, mask)` for vectors of the row; the mask is None where all lanes are there."""
        routine = self.routine
        if self.is_short:
            body(self.first, routine.first_lanes(self.width, self.lanes))
            return
        whole = self.width - self.width % self.lanes
        with routine.loop(0, whole, self.lanes) as column:
            body(self.first + column, None)
        with routine.when(whole < self.width):
            body(self.first + whole, routine.first_lanes(self.width - whole, self.lanes))

    def load(self, array: str, place: Value, mask: Value | None, otherwise: Value) -> Value:
        """The elements of an array that belong to the row; `otherwise` beyond its end."""
        if array in self.kept:
            return self.kept[array]
        if mask is None:
            return self.routine.load(self.type, self.routine[array], place)
        return self.routine.load_masked(self.type, self.routine[array], place, mask, otherwise)

    def store(self, value: Value, array: str, place: Value, mask: Value | None) -> None:
        if mask is None:
            self.routine.store(value, self.routine[array], place)
        else:
            self.routine.store_masked(value, self.routine[array], place, mask)

    def write(self) -> None:
        """Write all outputs of the row."""
        largest = self.largest()
        exponentials = self.routine.variable(self.number(0.0)) if self.is_short else None
        total = self.sum_of_exponentials(largest, exponentials)
        if exponentials is not None:
            self.kept["exponentials"] = exponentials.get()
        if self.kind == "softmax":
            self.scale(total)
            return
        log = self.routine.spread(apply(self.routine, FUNCTIONS["log"], total), self.lanes)
        if self.kind == "log_softmax":
            self.each(lambda place, mask: self.store(self.shifted(place, mask, largest) - log, "y", place, mask))
        elif self.kind == "cross_entropy":
            self.loss(largest, log)
            self.scale(total, "labels")
        else:
            self.scale(total)
            self.sparse_loss(largest, log)

    def largest(self) -> Value:
        """The largest logit, in each lane. NaN is passed over; it spoils the sum anyway."""
        best = self.routine.variable(self.number(-math.inf))

        def take(place: Value, mask: Value | None) -> None:
            x = self.load("x", place, mask, self.number(-math.inf))
            if self.is_short:
                self.kept["x"] = x
            best.set(self.routine.select(x > best.get(), x, best.get()))

        self.each(take)
        return self.routine.spread(self.routine.folded("max", best.get()), self.lanes)

    def shifted(self, place: Value, mask: Value | None, largest: Value) -> Value:
        """Logits less the largest; minus infinity beyond the end of the row."""
        return self.load("x", place, mask, self.number(-math.inf)) - largest

    def sum_of_exponentials(self, largest: Value, kept: object) -> Value:
        """The sum of e^(x - largest); the exponentials are kept, or lie in y where that comes next."""
        total = self.routine.variable(self.routine.value(vector("double", self.lanes), 0.0))

        def take(place: Value, mask: Value | None) -> None:
            shifted = self.shifted(place, mask, largest)
            if mask is None:
                power = apply(self.routine, FUNCTIONS["exp"], shifted)
            else:  # beyond the end e^0 is worked out, not e^-inf, which is slow where the result is denormal
                power = apply(self.routine, FUNCTIONS["exp"], self.routine.select(mask, shifted, 0.0))
                power = self.routine.select(mask, power, 0.0)
            total.set(total.get() + power.to("double"))
            if self.is_short:
                kept.set(power)  # type: ignore[attr-defined]
            elif self.kind != "log_softmax":
                self.store(power, "y", place, mask)

        self.each(take)
        return self.routine.folded("add", total.get()).to("float")

    def scale(self, total: Value, subtracted: str | None = None) -> None:
        """Store y = exponentials / total, less an array."""
        inverse = self.routine.spread(1.0 / total, self.lanes)

        def take(place: Value, mask: Value | None) -> None:
            power = self.kept["exponentials"] if self.is_short else self.load("y", place, mask, self.number(0.0))
            share = power * inverse
            if subtracted:
                share = share - self.load(subtracted, place, mask, self.number(0.0))
            self.store(share, "y", place, mask)

        self.each(take)

    def loss(self, largest: Value, log: Value) -> None:
        """Store the sum of labels * (log - (x - largest))"""
        total = self.routine.variable(self.routine.value(vector("double", self.lanes), 0.0))

        def take(place: Value, mask: Value | None) -> None:
            labels = self.load("labels", place, mask, self.number(0.0))
            term = labels * (log - self.shifted(place, mask, largest))
            term = term if mask is None else self.routine.select(mask, term, 0.0)
            total.set(total.get() + term.to("double"))

        self.each(take)
        self.routine.store(self.routine.folded("add", total.get()).to("float"), self.routine["loss"], self.row)

    def sparse_loss(self, largest: Value, log: Value) -> None:
        """Store log - (x - largest) of the right class, whose share gets 1 less."""
        routine = self.routine
        place = self.first + routine.load(self.label, routine["labels"], self.row).to("i64")
        at_label = routine.spread(routine.load("float", routine["x"], place), self.lanes)
        loss = log - (at_label - largest)
        routine.store(routine.emit("float", f"extractelement {loss.kind} {loss.name}, i32 0"), routine["loss"], self.row)
        routine.store(routine.load("float", routine["y"], place) - 1.0, routine["y"], place)
