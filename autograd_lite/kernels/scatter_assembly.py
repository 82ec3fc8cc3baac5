"""Gradients that go to places that are told, image by image, in LLVM's assembly."""

from __future__ import annotations

from autograd_lite.kernels.chunks import chunked
from autograd_lite.kernels.routine import Routine, Value, module

__all__ = ["image_text"]


def image_text(element: str, place: str, width: int) -> str:
    """The module of `i32 @run(dy, places, dx, images, count, whole, image_step)`: dx is zero, and dy at its places is added to it.

    Args:
      element, place: types of numbers and of places. width: numbers that fit a register.

    An image has `count` places and `whole` numbers; its places count from `image_step` times its number on. The status is 1 where a place
    lies outside its image; then dx is not whole.
    """
    numbers = dict.fromkeys(("images", "count", "whole", "image_step"), "i64")
    parameters = {**dict.fromkeys(("dy", "places", "dx", "wrong"), "ptr"), **numbers}

    def body(routine: Routine, image: Value) -> None:
        whole, count = routine["whole"], routine["count"]
        target = routine.at(routine["dx"], image * whole, element)
        routine.fill(routine.value(element, 0.0), target, whole, width)
        with routine.loop(image * count, image * count + count) as index:
            at = routine.load(place, routine["places"], index).to("i64") - image * routine["image_step"]

            def add(at: Value = at, index: Value = index) -> None:
                total = routine.load(element, target, at) + routine.load(element, routine["dy"], index)
                routine.store(total, target, at)

            routine.either(at.below(whole), add, lambda: routine.store(routine.integer(1), routine["wrong"]))

    scatter = chunked("scatter", parameters, lambda routine: routine["images"], body)
    outer = {name: kind for name, kind in parameters.items() if name != "wrong"}
    run = Routine("run", outer, returns="i32")
    wrong = run.room("i64")
    run.store(run.integer(0), wrong)
    run.call("void", "scatter", *(wrong if name == "wrong" else run[name] for name in parameters))
    run.leave(run.load("i64", wrong).to("i32"))
    return module([*scatter, run])
