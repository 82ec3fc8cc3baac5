"""`explain_none(loss, x)`: why a gradient is None, or zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.autodiff.explain_none import missing_gradients
from autograd_lite.autodiff.gradients import Visit, backward_walk
from autograd_lite.core.export import export
from autograd_lite.core.report import Block, Bullets, Code, Line, Paragraph, Report, Reported
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.graph.undo import for_a_moment
from autograd_lite.runtime.interpret import Interpreter
from autograd_lite.runtime.session import get_default_session
from autograd_lite.runtime.trial import Trial
from autograd_lite.teach.asked import array_text, as_list, loss_for, parts, session_for, tensor_for

NONE, ZERO, PARTLY_ZERO, NOT_ZERO, THERE = "none", "zero", "partly zero", "not zero", "there"
_MOST_ENDS = 6


class GradientReason(NamedTuple):
    """What was found about the gradient of one tensor.

    kind: "none", "zero", "partly zero", "not zero", or "there" (it is not None; its values were not asked for).
    ops: the operations at which it ends, from the tensor towards the loss. reasons: why, one for each of `ops`, or one without them.
    """

    tensor: Tensor
    kind: str
    ops: list[Operation]
    reasons: list[str]
    value: str


class NoGradient(Reported):
    """The answer of `explain_none`: printed, it says why in sentences; `reasons` holds them for programs."""

    def __init__(self, loss: Tensor, reasons: list[GradientReason]) -> None:
        self.loss = loss
        self.reasons = reasons

    def report(self) -> Report:
        """The answer in blocks."""
        blocks = [block for reason in self.reasons for block in _told(self.loss, reason)]
        return Report(("Gradient of ", Code(self.loss.name)), blocks)


@export("explain_none")
def explain_none(loss: Any, x: Any, feed_dict: Any = None, session: Any = None) -> NoGradient:
    """Say why the gradient of `loss` with respect to `x` is None, or why it is zero.

    None comes from the graph alone: `loss` does not depend on `x`, or every way between them passes an operation through which no gradient
    flows (it gives integers, it is `stop_gradient`, it declares that it has no gradient). Zero comes from values: the answer names the
    operation, first seen from `x`, that got a gradient and passed on zeros. The graph and the session are left as they were.

    Args:
      loss: a tensor of a floating type.
      x: a tensor or variable, or a list of them.
      feed_dict, session: where to look for zeros; the default session unless given. Without one only None is explained.

    Raises:
      TypeError: when `loss` or `x` are no tensors or `loss` is not floating.
      ValueError: when `x` or the session belong to another graph.
      OpError: when the values cannot be computed, as `session.run` says it.

    >>> import autograd_lite as tf
    >>> x = tf.constant([1.0, 2.0], name="x")
    >>> print(tf.explain_none(tf.reduce_sum(tf.floor(x, name="down")), x).reasons[0].reasons[0])
    Floor has no gradient: it is constant between jumps
    >>> with tf.Session():
    ...     print(tf.explain_none(tf.reduce_sum(tf.nn.relu(-x, name="gate")), x).reasons[0].reasons[0])
    every input is negative or zero, and the slope of ReLU is 0 there: the units are dead for this input
    """
    target = loss_for(loss, session)
    tensors = [tensor_for(each, "x", target.graph) for each in as_list(x)]
    if session is None and get_default_session() is None:
        if feed_dict:
            session_for(None, target.graph)
        trial = None
    else:
        trial = Trial(session_for(session, target.graph))
    return NoGradient(target, [_reason(target, tensor, feed_dict, trial) for tensor in tensors])


def _reason(loss: Tensor, x: Tensor, feed_dict: Any, trial: Trial | None) -> GradientReason:
    missing = missing_gradients(loss, [x])
    if missing:
        ops = [each.op for each in missing if each.op is not None]
        if missing[0].is_end:
            return GradientReason(x, NONE, ops, [each.reason for each in missing], "")
        return GradientReason(x, NONE, ops, [_sentence(missing[0].reason)], "")
    if x is loss:
        return GradientReason(x, NOT_ZERO, [], ["it is the loss itself: the derivative is 1"], "1")
    if trial is None:
        return GradientReason(x, THERE, [], ["its values were not looked at: that needs a session"], "")
    with for_a_moment(loss.graph):
        (gradient,), visits = backward_walk(loss, [x])
        if gradient is None:
            return GradientReason(x, NONE, [], ["no way between them lets a gradient through"], "")
        run = Interpreter(trial.store)
        run.run([loss, *parts(gradient)], trial.question([], feed_dict)[1])
        return _Zeros(run, x, gradient, visits).reason()


def _sentence(reason: str) -> str:
    """A reason that follows a name, as a sentence of its own."""
    return f"it{reason}" if reason.startswith(" has") else reason.removeprefix(": ")


class _Zeros:
    """Looks for the operations that got a gradient and passed on zeros."""

    def __init__(self, run: Interpreter, x: Tensor, gradient: Any, visits: Sequence[Visit]) -> None:
        self._run = run
        self._x = x
        self._visits = {visit.op: visit for visit in visits}
        self._gradient = self._value(gradient)

    def _value(self, part: Any) -> Any:
        return None if part is None else self._run.known(part.values if isinstance(part, IndexedSlices) else part)

    def reason(self) -> GradientReason:
        """What the values say about the gradient of x."""
        gradient = self._gradient
        if gradient is None:
            return GradientReason(self._x, THERE, [], ["it lies inside a loop, where its values cannot be fetched"], "")
        zeros = int(np.sum(gradient == 0))
        value = array_text(gradient)
        if zeros < gradient.size or not gradient.size:
            kind = PARTLY_ZERO if zeros else NOT_ZERO
            text = f"{zeros} of its {gradient.size} elements are zero" if zeros else "no element of it is zero"
            return GradientReason(self._x, kind, [], [text], value)
        ops, reasons = self._ends()
        if not ops:
            reasons = ["what comes back from its uses adds up to zero"]
        return GradientReason(self._x, ZERO, ops, reasons, value)

    def _ends(self) -> tuple[list[Operation], list[str]]:
        ends: dict[Operation, str] = {}
        seen: set[Operation] = set()
        stack = [self._x]
        while stack:
            tensor = stack.pop()
            for op in tensor._consumers:
                visit = self._visits.get(op)
                if visit is None or op in seen:
                    continue
                seen.add(op)
                arrived = [self._value(part) for part in visit.arrived]
                if all(part is None or not np.any(part) for part in arrived):
                    stack.extend(op.outputs)  # nothing came here: the end lies nearer to the loss
                elif all(not np.any(self._value(part)) for source, part in zip(op.inputs, visit.passed)
                         if source is tensor and self._value(part) is not None):  # fmt: skip
                    ends[op] = self._why(op, tensor)
        order = sorted(ends, key=lambda op: op.id)
        return order, [ends[op] for op in order]

    def _why(self, op: Operation, tensor: Tensor) -> str:
        values = [self._run.known(source) for source in op.inputs]
        place = next(index for index, source in enumerate(op.inputs) if source is tensor)
        found = _WHY.get(op.type)
        text = found(values, place) if found is not None and all(value is not None for value in values) else ""
        rule = f"; its rule is {op.opdef.formula}" if op.opdef.formula else ""
        return text or f"its derivative is zero at these values{rule}"


def _if(holds: Any, text: str) -> str:
    return text if bool(np.all(holds)) else ""


def _other_factor(values: list[Any], place: int) -> str:
    return _if(values[1 - place] == 0, "the other factor is zero everywhere")


def _saturated(name: str, low: float, high: float) -> Callable[[list[Any], int], str]:
    def why(values: list[Any], place: int) -> str:
        x = values[0]
        return f"{name} is saturated: its inputs are {array_text(x)}, where it is flat" if np.all((x < low) | (x > high)) else ""

    return why


_WHY: dict[str, Callable[[list[Any], int], str]] = {
    "Relu": lambda v, _: _if(v[0] <= 0, "every input is negative or zero, and the slope of ReLU is 0 there: the units are dead "
                                        "for this input"),
    "Relu6": lambda v, _: _if((v[0] <= 0) | (v[0] >= 6), "every input lies outside of 0 to 6, where ReLU6 is flat"),
    "Sigmoid": _saturated("the sigmoid", -15, 15),
    "Tanh": _saturated("tanh", -8, 8),
    "Mul": _other_factor,
    "MatMul": _other_factor,
    "BatchMatMulV2": _other_factor,
    "Square": lambda v, _: _if(v[0] == 0, "its input is 0, where the slope 2x of the square is 0"),
    "Abs": lambda v, _: _if(v[0] == 0, "its input is 0, at the kink of |x|, where the slope is taken to be 0"),
    "Maximum": lambda v, place: _if(v[1 - place] >= v[place], "the other input is at least as large everywhere, so that one is passed on"),
    "Minimum": lambda v, place: _if(v[1 - place] <= v[place], "the other input is at most as large everywhere, so that one is passed on"),
    "Select": lambda v, place: _if(v[0] == (place == 2), "the condition picks the other input everywhere"),
    "SelectV2": lambda v, place: _if(v[0] == (place == 2), "the condition picks the other input everywhere"),
    "ClipByValue": lambda v, _: _if((v[0] < v[1]) | (v[0] > v[2]), "every element is outside of the limits, and was clipped"),
    "Pow": lambda v, place: _if(v[0] == 0, "the base is 0") if place == 0 else "",
}  # fmt: skip


def _told(loss: Tensor, reason: GradientReason) -> list[Block]:
    name = Code(reason.tensor.op.name)
    if reason.kind == NONE:
        return [Paragraph(("The gradient with respect to ", name, " is None.")), Bullets(_ends_told(loss, reason))]
    if reason.kind == ZERO:
        return [Paragraph(("The gradient with respect to ", name, f" is zero: {reason.value}.")), Bullets(_ends_told(loss, reason))]
    verdict = "is not None" if reason.kind == THERE else f"is there: {reason.value}"
    return [Paragraph(("The gradient with respect to ", name, f" {verdict}; {'; '.join(reason.reasons)}."))]


def _ends_told(loss: Tensor, reason: GradientReason) -> list[Line]:
    if not reason.ops:
        return [f"{text[0].upper()}{text[1:]}." for text in reason.reasons]
    if len(reason.ops) == len(reason.reasons) and not reason.reasons[0].startswith("the loss "):
        lines: list[Line] = [("It ends at ", *_operation(op), f": {text}.") for op, text in zip(reason.ops, reason.reasons)]
        return lines if len(lines) <= _MOST_ENDS else [*lines[:_MOST_ENDS], f"... and at {len(lines) - _MOST_ENDS} more operations."]
    return [("It is used by ", *_operation(reason.ops[0]), ", which does not lead to the loss ", Code(loss.op.name), ".")]


def _operation(op: Operation) -> tuple[Any, ...]:
    return Code(op.name), " (op type ", Code(op.type), ", made at ", Code(str(op.where)), ")"
