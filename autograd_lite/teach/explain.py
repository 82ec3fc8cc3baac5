"""`explain(loss, wrt)`: the backward pass as a derivation, with symbols and numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.prune import needed_operations
from autograd_lite.core import shapes
from autograd_lite.core.export import export
from autograd_lite.core.report import Block, Bullets, Code, Derivation, Display, Formula, Heading, Line, Paragraph, Report, Reported, Table
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.variables import trainable_variables
from autograd_lite.runtime.trial import Trial
from autograd_lite.teach.asked import array_text, as_list, listed, loss_for, number, session_for, tensor_for
from autograd_lite.teach.notation import (
    computed,
    held,
    indexed,
    local_derivative,
    name,
    partial,
    passed_back,
    row,
    value,
)
from autograd_lite.teach.story.model import Difference, Kind, LocalKind, Node, Result, Story, Term, Update
from autograd_lite.teach.story.record import record

_DESCENT = ("ApplyGradientDescent", "ResourceApplyGradientDescent")
_FEW = 6  # numbers that are written out
_MOST_CHECKS = 24  # of single elements; with more, one for each leaf is shown
MOST = 60  # steps that are told unless asked for more
_LONGEST_NAME = 32  # letters of a node's name in the table
_LONGEST_LEAF = 24  # letters of a variable's name that serves as its symbol
_LOSS = Formula("L", "L")


@export("explain")
def explain(loss: Any, wrt: Any = None, feed_dict: Any = None, session: Any = None, train_op: Any = None, most: int = MOST) -> Explanation:
    """Tell the backward pass of one run as a derivation: the forward values, then the chain rule step by step, in symbols and in numbers.

    Print the result, or let a notebook show it; `.markdown()` and `.latex()` give it for documents; `.story` holds the numbers. The graph
    and the session are left as they were.

    Args:
      loss: a tensor of a floating type.
      wrt: the variables, placeholders or other tensors at which the derivation ends (default: the trainable variables, or what is fed
        where there are none).
      feed_dict, session: the point at which to differentiate; the default session unless given.
      train_op: the training operation whose updates are told (default: updates of these variables by a gradient).
      most: how many steps are told, forwards and backwards; what is left out is counted.

    Raises:
      TypeError, ValueError: when loss, wrt or session do not fit each other.
      OpError: when the values cannot be computed, as `session.run` says it.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(3.0, name="w")
    >>> with tf.Session() as session:
    ...     session.run(w.initializer)
    ...     text = str(tf.explain(tf.square(w) - 10.0 * w))
    >>> print(text[text.index("∂L/∂w =") :].split("\\n\\n")[0])
    ∂L/∂w = ∂L/∂v2 · ∂v2/∂w + ∂L/∂v1 · ∂v1/∂w
              = ∂L/∂v2 · 10 + ∂L/∂v1 · 2 · w
              = (-1) · 10 + 1 · 6
              = -10 + 6 = -4
    """
    target = loss_for(loss, session)
    inner = session_for(session, target.graph)
    if most < 1:
        raise ValueError(f"most must be at least 1, but got {most}")
    ends = _variables_behind(target) if wrt is None else [tensor_for(each, "wrt", target.graph) for each in as_list(wrt)]
    trial = Trial(inner)
    trial.run(target, feed_dict)  # whatever is wrong with the question is said as session.run says it
    return Explanation(record(target, feed_dict, trial, ends, train_op), most, {end.op for end in ends or ()})


def _variables_behind(loss: Tensor) -> list[Tensor] | None:
    """The trainable variables on which the loss depends; None when it depends on none."""
    behind = set(needed_operations([loss], []))
    with loss.graph.as_default():
        tensors = [tensor_for(variable, "wrt") for variable in trainable_variables()]
    return [tensor for tensor in tensors if tensor.op in behind] or None


class Explanation(Reported):
    """The backward pass of one run, told as a derivation. `story` holds every value, gradient and term."""

    def __init__(self, story: Story, most: int, asked: set[Operation]) -> None:
        self.story = story
        self._asked = asked  # by which it was asked to differentiate
        self._most = most
        self._symbols = _Symbols(story)

    def report(self) -> Report:
        """The derivation in blocks."""
        story = self.story
        blocks = [*self._forward(), *self._backward(), *self._updates(), *self._check()]
        if story.notes:
            blocks.append(Bullets(list(story.notes)))
        return Report(("Backward pass of ", Code(story.loss.name)), blocks)

    # ---------------------------------------------------------------- forwards

    def _forward(self) -> list[Block]:
        symbols = self._symbols
        leaves = [result for node in self.story.nodes if node.kind.is_leaf and not symbols.is_inlined(node) for result in node.results]
        steps = [result for node in self.story.nodes if not node.kind.is_leaf for result in node.results]
        told = steps if len(steps) <= self._most else [*steps[: self._most // 2], *steps[len(steps) - (self._most + 1) // 2 :]]
        rows: list[list[Line]] = [
            [symbols[leaf], leaf.node.kind.value, Code(_cut(leaf.name)), _short(leaf.value)] for leaf in leaves[: self._most]
        ]
        rows += [[symbols[step], symbols.computed(step.node), Code(_cut(step.name)), _short(step.value)] for step in told]
        left_out = len(steps) - len(told) + max(0, len(leaves) - self._most)
        text = f"Each line is one value; L is the loss, {self._symbols[self.story.loss].plain}."
        if left_out:
            text += f" Left out here: {left_out} values; explain(..., most={len(steps)}) shows them all."
        return [Heading("Forwards"), Paragraph(text), Table(["symbol", "is", "node", "value"], rows)]

    # ---------------------------------------------------------------- backwards

    def _backward(self) -> list[Block]:
        results = [result for node in reversed(self.story.nodes) for result in node.results if result.gradient is not None]
        ends = [result for result in results if result.node.kind.is_leaf]
        inner = [result for result in results if not result.node.kind.is_leaf]
        wanted = [*inner, *ends] if len(results) <= self._most else [*inner[: max(1, self._most - len(ends))], *ends[: self._most]]
        text = "From the loss back to the leaves: each gradient is the sum, over everything that uses the value, of the gradient there " \
               "times the local derivative. ⊙ multiplies element by element."  # fmt: skip
        blocks: list[Block] = [Heading("Backwards"), Paragraph(text)]
        for result in wanted:
            blocks.append(Paragraph((self._symbols[result], " is ", Code(result.name), f" ({result.node.type})")))
            blocks.append(Derivation(self._symbols.gradient(result), self._derived(result)))
        if len(wanted) < len(results):
            blocks.append(Paragraph(f"Left out here: {len(results) - len(wanted)} gradients of values in between."))
        without = [node.name for node in self.story.nodes if node.op in self._asked and all(r.gradient is None for r in node.results)]
        if without:
            blocks.append(Paragraph(("No gradient: ", listed(without), "; tf.explain_none says why.")))
        return blocks

    def _derived(self, result: Result) -> list[Formula]:
        """The lines of one derivation: by the chain rule, with local derivatives in symbols, in numbers, the sum."""
        if not result.terms:
            return [_gradient_value(result)]
        terms = [_TermTold(term, result, self._symbols) for term in result.terms]
        lines = [_joined([term.chain() for term in terms])]
        lines.append(_joined([term.rule() for term in terms]))
        if all(term.has_numbers() for term in terms):
            lines.append(_joined([term.numbers() for term in terms]))
        if len(terms) > 1:
            lines.append(_joined([value(term.term.value) for term in terms]))
        kept = [line for place, line in enumerate(lines) if line.plain not in [earlier.plain for earlier in lines[:place]]]
        last = _gradient_value(result)
        if kept[-1].plain != last.plain:
            kept[-1] = row(kept[-1], " = ", last)
        return kept

    # ---------------------------------------------------------------- the update and the check

    def _updates(self) -> list[Block]:
        if not self.story.updates:
            return []
        told = self.story.updates[: self._most]
        plain = [update for update in told if update.op.type in _DESCENT and "alpha" in update.inputs]
        blocks: list[Block] = [Heading("Update")]
        if plain:
            blocks.append(Display([self._descent(update) for update in plain]))
        rows: list[list[Line]] = [
            [self._symbols.of_node(update.variable), Code(update.op.type), _numbers_of(update), _short(update.before), _short(update.after)]
            for update in told
            if update not in plain
        ]
        return [*blocks, Table(["variable", "rule", "with", "before", "after"], rows)] if rows else blocks

    def _descent(self, update: Update) -> Formula:
        """One step of gradient descent, in symbols and, where they are few, in numbers."""
        symbol = self._symbols.of_node(update.variable)
        rate = value(update.inputs["alpha"])
        rule = row(symbol, " → ", symbol, " - ", rate, " · ", partial(_LOSS, symbol))
        if np.size(update.before) > _FEW:
            return rule
        gradient = held(value(update.inputs[update.gradient_name]))
        return row(rule, " = ", value(update.before), " - ", rate, " · ", gradient, " = ", value(update.after))

    def _check(self) -> list[Block]:
        differences = self.story.differences
        if not differences:
            return []
        if len(differences) > _MOST_CHECKS:
            worst: dict[Result, Difference] = {}
            for each in differences:
                known = worst.setdefault(each.result, each)
                if abs(each.analytic - each.numeric) > abs(known.analytic - known.numeric):
                    worst[each.result] = each
            differences = list(worst.values())
        rows: list[list[Line]] = [
            [self._element(each.result, each.index), number(each.analytic, 6), number(each.numeric, 6),
             "yes" if each.agrees and not each.has_kink else "a kink lies here" if each.has_kink else "NO"]
            for each in differences[: self._most]
        ]  # fmt: skip
        header: list[Line] = ["by", "derived", "(L(x + h) - L(x - h)) / 2h", "agree"]
        fewer = len(self.story.differences) - len(rows)
        note = [Paragraph(f"Of {len(self.story.differences)} elements, those of each leaf at which the two differ most.")] if fewer else []
        return [Heading("Check by differences"), *note, Table(header, rows, frozenset([1, 2]))]

    def _element(self, result: Result, index: tuple[int, ...]) -> Line:
        return (self._symbols[result], shapes.text(index) if index else "")


def _joined(terms: list[Formula]) -> Formula:
    pieces: list[Formula | str] = []
    for term in terms:
        if pieces:
            negative = term.plain.startswith("-")
            pieces.append(" - " if negative else " + ")
            term = Formula(term.plain[1:], term.latex[1:]) if negative and term.latex.startswith("-") else term
        pieces.append(term)
    return row(*pieces)


def _numbers_of(update: Update) -> str:
    """The single numbers that go into a rule: its rates."""
    numbers = {key: array for key, array in update.inputs.items() if np.size(array) == 1 and key != update.gradient_name}
    return ", ".join(f"{key} = {_short(array)}" for key, array in numbers.items())


def _gradient_value(result: Result) -> Formula:
    array = np.asarray(result.gradient)
    if array.size <= _FEW and array.ndim <= 2:
        return value(array)
    text = array_text(array)
    return Formula(text, value(array).latex + rf"\text{{ from }} {number(array.min())} \text{{ to }} {number(array.max())}")


def _short(array: Any) -> str:
    """A value for a cell of a table: a few numbers in full, else shape and range."""
    if array is None:
        return "inside a loop"
    if np.size(array) <= _FEW or np.asarray(array).dtype.kind not in "fiu":
        return array_text(array, most=_FEW)
    return f"{shapes.text(np.shape(array))} from {number(np.min(array))} to {number(np.max(array))}"


def _cut(text: str) -> str:
    """The end of a long name."""
    return text if len(text) <= _LONGEST_NAME else "…" + text[-_LONGEST_NAME:]


class _Symbols:
    """A symbol for every result: leaves keep their names, the values in between are v1, v2, ...; constant numbers are written out."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._of: dict[Result, Formula] = {}
        taken = {"L"}
        count = 0
        for node in story.nodes:
            for result in node.results:
                if self.is_inlined(node):
                    self._of[result] = value(result.value)
                elif node.kind.is_leaf and len(result.name) <= _LONGEST_LEAF and result.name not in taken and not _looks_made(result.name):
                    taken.add(result.name)
                    self._of[result] = name(result.name)
                else:
                    count += 1
                    self._of[result] = indexed("v", count)

    def __getitem__(self, result: Result) -> Formula:
        return self._of[result]

    def is_inlined(self, node: Node) -> bool:
        """Whether a node is a constant that is written as a number wherever it is used."""
        return node.kind is Kind.CONSTANT and all(result.value is not None and np.ndim(result.value) == 0 and result.gradient is None
                                                  and result.value.dtype.kind in "fiu" for result in node.results)  # fmt: skip

    def of_node(self, node: Node) -> Formula:
        """The symbol of a variable."""
        return self._of[node.results[0]]

    def gradient(self, result: Result) -> Formula:
        """∂L by a result."""
        return partial(_LOSS, self[result])

    def inputs(self, node: Node) -> list[Formula]:
        """The symbols of what a node takes."""
        return [self[argument.result] for argument in node.arguments]

    def computed(self, node: Node) -> Line:
        """What a node computes, in symbols."""
        if node.kind in (Kind.LOOP, Kind.BRANCHES):
            taken = listed([part.plain for part in self.inputs(node)])
            return f"a {node.kind.value} of {node.members} operations on {taken}"
        inputs = self.inputs(node)
        if node.type == "AddN":
            return _joined(inputs)
        return computed(node.op.opdef, inputs)


def _looks_made(text: str) -> bool:
    """Whether a name could be taken for one of the symbols made here."""
    return re.fullmatch(r"v\d+", text) is not None


class _TermTold:
    """One term of a gradient, in symbols and in numbers."""

    def __init__(self, term: Term, result: Result, symbols: _Symbols) -> None:
        self.term = term
        self._node = term.consumer
        self._symbols = symbols
        self._result = result
        self._outputs = [output for output in self._node.results if output.gradient is not None]
        self._output = self._outputs[0] if self._outputs else self._node.results[0]

    def chain(self) -> Formula:
        """∂L/∂v · ∂v/∂x."""
        upstream = self._symbols.gradient(self._output)
        return row(upstream, " · ", partial(self._symbols[self._output], self._symbols[self._result]))

    def rule(self) -> Formula:
        """The same with the local derivative, or with what the op passes back."""
        upstream = self._symbols.gradient(self._output)
        if self._node.kind is not Kind.OPERATION:
            return Formula(f"what the {self._node.kind.value} passes back", rf"\text{{what the {self._node.kind.value} passes back}}")
        op, inputs, output = self._node.op.opdef, self._symbols.inputs(self._node), self._symbols[self._output]
        if self._node.type == "AddN" or op.elementwise is not None and op.elementwise.isidentifier():
            return upstream
        local = local_derivative(op, self.term.argument, inputs, output)
        if local is not None:
            sign = " · " if np.ndim(self._output.value) == 0 else " ⊙ "
            return self._summed(upstream if local.plain == "1" else row(upstream, sign, _bracketed(local, sign)))
        passed = passed_back(op, self.term.argument, inputs, output, upstream)
        if passed is not None:
            return passed
        return Formula(f"what {op.name} passes back", rf"\text{{what {name(op.name).plain} passes back}}")

    def _summed(self, term: Formula) -> Formula:
        if np.size(self._output.value) <= np.size(self.term.value):
            return term
        return row("Σ ", Formula(f"({term.plain})", rf"\left({term.latex}\right)"))  # over the axes along which it was repeated

    def has_numbers(self) -> bool:
        """Whether both factors are few numbers."""
        local = self.term.local
        if local is None or local.kind is LocalKind.JACOBIAN or self._output.gradient is None:
            return False
        few = np.size(local.value) <= _FEW and np.size(self._output.gradient) <= _FEW and np.ndim(local.value) <= 2
        return few and not (np.ndim(self._output.gradient) < np.ndim(local.value) and bool(np.all(local.value == 1)))

    def numbers(self) -> Formula:
        """The two factors."""
        upstream, local = value(self._output.gradient), value(self.term.local.value)  # type: ignore[union-attr]
        if np.all(self.term.local.value == 1):  # type: ignore[union-attr]
            return self._summed(upstream)
        sign = " · " if np.ndim(self._output.value) == 0 else " ⊙ "
        return self._summed(row(held(upstream), sign, held(local)))


def _bracketed(local: Formula, sign: str) -> Formula:
    """A local derivative as a factor: a sum or a case goes into brackets, a product does not where all are numbers."""
    loose = r" [-+] | where " if sign == " · " else r" [-+·/] | where "
    if re.search(loose, re.sub(r"\([^()]*\)", "", local.plain)) or local.plain.startswith("-"):
        return Formula(f"({local.plain})", rf"\left({local.latex}\right)")
    return local
