"""`trace_nan(fetches)`: the first operation that made a NaN or an infinity, its inputs, and the line of the program that made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiler.passes.prune import variable_of
from autograd_lite.core import shapes
from autograd_lite.core.export import export
from autograd_lite.core.report import Block, Bullets, Code, Line, Paragraph, Report, Reported, Table
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.runtime.interpret import Interpreter
from autograd_lite.runtime.resources import Store
from autograd_lite.runtime.trial import Trial
from autograd_lite.teach.asked import array_text, forward_operation, listed, number, session_for

_MOST_EVENTS = 1000  # operations that are remembered; a loop can make NaN in every iteration
_CARRIERS = frozenset(["Enter", "Exit", "NextIteration", "Switch", "Merge", "RefEnter", "RefExit", "RefSwitch", "RefMerge", "Identity"])


class NonFinite(NamedTuple):
    """An operation that made a NaN or an infinity out of what it got.

    kind: "NaN" or "infinity". run: how often the operation had run by then, more than once in a loop.
    inputs: (name, value) of each input; None for the value of a resource. cause: where the infinity came from that it got, or None.
    """

    output: Tensor
    kind: str
    value: np.ndarray
    inputs: list[tuple[str, Any]]
    run: int
    cause: Any

    @property
    def op(self) -> Operation:
        """The operation."""
        return self.output.op

    @property
    def bad(self) -> np.ndarray:
        """Where the output is NaN or infinite."""
        return np.isnan(self.value) if self.kind == "NaN" else np.isinf(self.value)


class NaNTrace(Reported):
    """The answer of `trace_nan`.

    found: whether a NaN or an infinity was made at all. reaches: the names of the fetched tensors and updated variables that have one.
    steps: the operations from the first that made one to the last that made another kind out of it; `first` is the first of these.
    """

    def __init__(self, steps: list[NonFinite], reaches: list[str], others: int, computed: int) -> None:
        self.steps = steps
        self.reaches = reaches
        self.others = others
        self.computed = computed

    @property
    def found(self) -> bool:
        """Whether there is a NaN or an infinity."""
        return bool(self.steps)

    @property
    def first(self) -> NonFinite | None:
        """The first operation that made one."""
        return self.steps[0] if self.steps else None

    def report(self) -> Report:
        """The answer in blocks."""
        if not self.steps:
            return Report("No NaN and no infinity", [Paragraph(f"All values of the {self.computed} operations that ran are finite.")])
        blocks: list[Block] = []
        for place, step in enumerate(self.steps):
            advice = _advice(step)
            is_new = advice and all(_advice(earlier) != advice for earlier in self.steps[:place])
            blocks += [*_told(step, "then" if place else "first"), *([Bullets([advice])] if is_new else [])]
        end = f"It reaches {listed(self.reaches)}." if self.reaches else "What was asked for is finite all the same."
        if self.others:
            end += f" {self.others} more operations made NaN or infinities of their own."
        return Report(_title(self.steps[0]), [*blocks, Paragraph(end)])


@export("trace_nan")
def trace_nan(fetches: Any, feed_dict: Any = None, session: Any = None) -> NaNTrace:
    """Run `fetches` node by node and find the first operation that made a NaN or an infinity out of finite numbers.

    It follows the values into branches and loops (and tells the iteration). The run is a trial: variables and random streams of the session
    are afterwards as before, and random ops draw what the session's next run will draw. Elements are taken from queues and iterators.

    Args:
      fetches, feed_dict: as for `session.run`; fetch the training operation to look into gradients and updates.
      session: the default session unless given.

    Raises:
      ValueError, TypeError, OpError: what `session.run` would raise, and ValueError without a session.

    >>> import autograd_lite as tf
    >>> p = tf.placeholder(tf.float32, [3], name="p")
    >>> loss = -tf.reduce_sum(p * tf.log(p, name="log_p"))
    >>> with tf.Session() as session:
    ...     trace = tf.trace_nan(loss, {p: [0.5, 0.5, 0.0]})
    >>> trace.first.op.name, trace.first.kind, [step.op.type for step in trace.steps]
    ('log_p', 'infinity', ['Log', 'Mul'])
    """
    trial = Trial(session_for(session))
    elements, fed, _ = trial.question(fetches, feed_dict)
    watch = _Watch(trial.store)
    watch.look_at_feeds(fed)
    results = watch.run(elements, fed)
    return watch.answer(elements, results)


class _Watch(Interpreter):
    """A run, node by node, that looks at every value."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._events: list[NonFinite] = []
        self._origin: dict[Tensor, NonFinite] = {}  # a tensor that is not finite now -> what made it so
        self._stored: dict[str, NonFinite] = {}  # an updated variable -> the same
        self._runs: dict[Operation, int] = {}
        self._others = 0

    def look_at_feeds(self, fed: dict[Tensor, Any]) -> None:
        """Note what is not finite in what is fed."""
        for tensor, value in fed.items():
            if _may_be_bad(value):
                self._look(tensor, value, [], 1)

    def _note_outputs(self, op: Operation, results: Sequence[Any]) -> None:
        super()._note_outputs(op, results)
        run = self._runs[op] = self._runs.get(op, 0) + 1
        inputs: list[tuple[Tensor, Any]] = []
        for tensor, value in zip(op.outputs, results):
            if not _may_be_bad(value):
                self._origin.pop(tensor, None)
                continue
            inputs = inputs or [(source, self.known(source)) for source in op.inputs]
            self._look(tensor, value, inputs, run)
            if op.opdef.updates and tensor in self._origin:
                self._stored[op.inputs[0].op.name] = self._origin[tensor]
        if not op.outputs and op.opdef.updates:
            self._look_at_updates(op, run)

    def _look_at_updates(self, op: Operation, run: int) -> None:
        inputs = [(source, self.known(source)) for source in op.inputs]
        bad = next((self._origin[source] for source, value in inputs if source in self._origin and _may_be_bad(value)), None)
        if bad is not None:
            self._stored[op.inputs[0].op.name] = bad

    def _look(self, tensor: Tensor, value: Any, inputs: list[tuple[Tensor, Any]], run: int) -> None:
        """Note who made `value` what it is."""
        value = np.asarray(value)
        bad_inputs = [(source, each) for source, each in inputs if _may_be_bad(each)]
        is_nan = bool(np.isnan(value).any())
        if bad_inputs and (not is_nan or any(np.isnan(each).any() for _, each in bad_inputs)):
            self._origin[tensor] = self._made_by(bad_inputs[0])  # passed on
            return
        cause = self._made_by(bad_inputs[0]) if bad_inputs else None
        event = NonFinite(tensor, "NaN" if is_nan else "infinity", value, [(source.name, each) for source, each in inputs], run, cause)
        self._origin[tensor] = event
        if len(self._events) < _MOST_EVENTS:
            self._events.append(event)
        else:
            self._others += 1

    def _made_by(self, source: tuple[Tensor, Any]) -> NonFinite:
        tensor, value = source
        found = self._origin.get(tensor) or self._carried(tensor)
        if found is None:  # it came out of a variable
            kind = "NaN" if np.isnan(value).any() else "infinity"
            found = self._origin[tensor] = NonFinite(tensor, kind, np.asarray(value), [], 1, None)
            self._events.append(found)
        return found

    def _carried(self, tensor: Tensor) -> NonFinite | None:
        """What made a value that control flow carried here: the nodes that only carry are not watched."""
        seen: set[Tensor] = set()
        stack = [tensor]
        while stack:
            each = stack.pop()
            if each in seen:
                continue
            seen.add(each)
            if each in self._origin:
                return self._origin[each]
            if each.op.type in _CARRIERS:
                stack.extend(source for source in each.op.inputs if source.dtype.base_dtype is tensor.dtype.base_dtype)
        return None

    def answer(self, elements: Sequence[Tensor | Operation], results: Sequence[Any]) -> NaNTrace:
        """What was found."""
        reaches: dict[str, NonFinite] = {}
        for element, result in zip(elements, results):
            if isinstance(element, Tensor) and _may_be_bad(result):
                reaches[element.name] = self._made_by((element, result))
        reaches.update(self._stored)
        known = {id(event): position for position, event in enumerate(self._events)}
        last = reaches.values() or self._events[:1]
        chains = [_chain(event) for event in last]
        chosen = min(chains, key=lambda chain: known.get(id(chain[0]), _MOST_EVENTS), default=[])
        others = len(self._events) + self._others - len(chosen)
        return NaNTrace(chosen, list(reaches), max(0, others), sum(self._runs.values()))


def _chain(event: NonFinite) -> list[NonFinite]:
    """An event after those that led to it."""
    chain = [event]
    while chain[0].cause is not None:
        chain.insert(0, chain[0].cause)
    return chain


def _may_be_bad(value: Any) -> bool:
    """Whether a value has a NaN or an infinity."""
    if not isinstance(value, np.ndarray | np.generic):
        return False  # an object: a queue, a list of tensors
    kind = value.dtype.kind
    if kind == "f" or kind == "c":
        return not np.isfinite(value).all()
    return kind == "V" and value.dtype.name == "bfloat16" and not np.isfinite(value.astype(np.float32)).all()


# ---------------------------------------------------------------- words


def _title(first: NonFinite) -> Line:
    what = "a NaN" if first.kind == "NaN" else "an infinity"
    if first.inputs and _variable_read(first) is None:
        return f"The first operation that made {what} is ", Code(first.op.name)
    return f"There is {what} from the start, in ", Code(first.op.name)


def _told(event: NonFinite, when: str) -> list[Block]:
    op = event.op
    count, size = int(event.bad.sum()), event.value.size
    what = ("NaN" if event.kind == "NaN" else "infinity") + (f" ({count} of its {size} values)" if size > 1 else "")
    in_loop = f" in its run number {event.run}" if event.run > 1 else ""
    variable = _variable_read(event)
    if op.type.startswith("Placeholder"):
        line: Line = ("What was fed to ", Code(event.output.name), f" has {what}. Look at the data.")
    elif variable is not None:
        line = ("The variable ", Code(variable.name), f" holds {what} already: an earlier run stored it. Start again and trace the "
                "training step in which the loss turns bad.")  # fmt: skip
    elif op.type == "Const":
        line = ("The constant ", Code(op.name), f", made at {op.where}, holds {what}; perhaps on purpose.")
    else:
        line = (f"{when.capitalize()}, ", Code(op.name), " (op type ", Code(op.type), f") made {what}{in_loop}. ", *_origin_of(op))
    blocks: list[Block] = [Paragraph(line)]
    if event.inputs and variable is None:
        rows: list[list[Line]] = [[Code(name), "a variable" if value is None else array_text(value), _at(event, value)]
                                  for name, value in event.inputs]  # fmt: skip
        place = "there" if event.value.ndim == 0 else f"at {shapes.text(tuple(int(each) for each in np.argwhere(event.bad)[0]))}"
        has_places = any(row[2] for row in rows) and event.value.ndim
        blocks.append(Table(["input", "value", place], rows) if has_places else Table(["input", "value"], [row[:2] for row in rows]))
    return blocks


def _variable_read(event: NonFinite) -> Operation | None:
    """The variable from which the value was read, if that is where it came from."""
    op = event.op
    if event.inputs and (len(event.inputs) > 1 or event.inputs[0][1] is not None) or op.opdef.updates:
        return None
    return variable_of(op.inputs[0] if op.inputs else event.output)


def _origin_of(op: Operation) -> Line:
    """The line of the program that made an operation; of one that computes a gradient, also the forward operation."""
    forward = forward_operation(op)
    if forward is None:
        return "It was made at ", Code(str(op.where)), f", in {op.where.function}."
    made = Code(str(forward.where))
    return "It belongs to the gradient of ", Code(forward.name), " (op type ", Code(forward.type), ", made at ", made, ")."


def _at(event: NonFinite, value: Any) -> str:
    """The element of an input that belongs to the first bad element of the output, where they belong to each other."""
    if value is None or event.op.opdef.elementwise is None or not hasattr(value, "shape"):
        return ""
    try:
        spread = np.broadcast_to(value, event.value.shape)
    except ValueError:
        return ""
    return number(spread[tuple(np.argwhere(event.bad)[0])] if event.value.ndim else spread[()], 6)


_ADVICE = {
    "Log": "The logarithm of 0 is -infinity, of a negative number NaN. For cross entropy take "
           "tf.nn.softmax_cross_entropy_with_logits(labels=..., logits=...), which never takes the logarithm of a small probability; else "
           "keep the argument away from 0: tf.log(tf.maximum(x, 1e-12)).",
    "Log1p": "log(1 + x) needs x > -1.",
    "RealDiv": "Division by zero. Add a small number to the divisor, or use tf.div_no_nan.",
    "Div": "Division by zero. Add a small number to the divisor, or use tf.div_no_nan.",
    "Reciprocal": "1/x at 0. Add a small number to x.",
    "Inv": "1/x at 0. Add a small number to x.",
    "Sqrt": "The root of a negative number is NaN. Rounding can make a difference slightly negative: tf.sqrt(tf.maximum(x, 0.0)).",
    "SqrtGrad": "The slope of the root at 0 is infinite: tf.sqrt(x + 1e-12). In tf.where both branches are differentiated, so guard the "
                "argument, not the result.",
    "Rsqrt": "1/sqrt(x) needs x > 0: add a small number to x.",
    "Exp": "The exponential overflows: above 88.7 in float32. Subtract the largest element first, as tf.nn.softmax and "
           "tf.reduce_logsumexp do.",
    "Pow": "A negative base with a broken exponent gives NaN, 0 with a negative one infinity; large powers overflow.",
    "Expm1": "The exponential overflows: above 88.7 in float32.",
    "Cosh": "The exponential overflows.",
    "Sinh": "The exponential overflows.",
    "Acos": "Only numbers from -1 to 1 have an arc cosine; rounding can lead a little outside.",
    "Asin": "Only numbers from -1 to 1 have an arc sine; rounding can lead a little outside.",
    "Mul": "Zero times infinity is NaN: a factor of 0 does not hide an infinity. Avoid the infinity.",
    "Sub": "Infinity minus infinity is NaN.",
    "AddV2": "Infinity plus minus infinity is NaN.",
    "Mean": "The mean of no elements is NaN.",
    "ReciprocalGrad": "1/x at 0. Add a small number to x.",
}  # fmt: skip
_ADVICE_ON_GRADIENTS = {
    "Log": "The slope of the logarithm is 1/x, infinite at 0: keep its argument away from 0, tf.log(tf.maximum(x, 1e-12)), or take "
           "tf.nn.softmax_cross_entropy_with_logits. A mask around the result does not help: 0 times infinity is NaN.",
    "Sqrt": _ADVICE["SqrtGrad"],
    "RealDiv": "The slope of a division has the divisor squared below the line: add a small number to the divisor.",
    "Pow": "The slope of a power takes the logarithm of the base, or divides by it: keep the base away from 0.",
}  # fmt: skip
_OVERFLOWS = ("Mul", "Add", "AddV2", "Sub", "Square", "MatMul", "BatchMatMulV2", "Sum", "AddN", "Prod", "Cast", "Conv2D")


def _advice(event: NonFinite) -> str:
    kind = event.op.type
    if _variable_read(event) is not None:
        return ""
    forward = forward_operation(event.op)
    if forward is not None and forward.type in _ADVICE_ON_GRADIENTS:
        return _ADVICE_ON_GRADIENTS[forward.type]
    grows = event.kind == "infinity" and kind in _OVERFLOWS
    if grows:
        limit = number(np.finfo(event.value.dtype).max, 3) if event.value.dtype.kind == "f" else "its type"
        return f"The result is larger than {event.value.dtype.name} holds ({limit}): the numbers grow from step to step. Try a smaller " \
               "learning rate, smaller initial weights, or tf.clip_by_global_norm."  # fmt: skip
    if kind == "Mul" and event.cause is None:
        return ""
    return _ADVICE.get(kind, "")
