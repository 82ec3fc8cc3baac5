"""Gradients that go to places that are told, image by image, in LLVM's assembly."""

from __future__ import annotations

from autograd_lite.kernels.chunks import checked, refuse
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
    parameters = {**dict.fromkeys(("dy", "places", "dx"), "ptr"), **numbers}

    def body(routine: Routine, image: Value) -> None:
        whole, count = routine["whole"], routine["count"]
        target = routine.at(routine["dx"], image * whole, element)
        routine.fill(routine.value(element, 0.0), target, whole, width)
        with routine.loop(image * count, image * count + count) as index:
            at = routine.load(place, routine["places"], index).to("i64") - image * routine["image_step"]
            with routine.when(at.below(whole).equals(0)):
                refuse(routine)
            routine.store(routine.load(element, target, at) + routine.load(element, routine["dy"], index), target, at)

    return module(checked("run", parameters, lambda routine: routine["images"], body))
