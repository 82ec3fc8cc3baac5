"""Join elementwise steps into fused ones, each of which is one kernel: no array is written that only the next step reads.

Steps of one shape belong together when they hand values to each other or take the same ones; steps on numbers of rank 0 always do. A step
joins a group unless something outside depends on the group and leads to the step: then the group would have to run before and after it.
What depends on which group is kept as bits of an integer, so the pass is linear in the number of steps; after `MOST_GROUPS` it starts anew.

The order of effects stays: every step with effects comes after the one before it, and an update after whatever was computed from what its
variable held before.
"""

from __future__ import annotations

import math
from collections.abc import Container

import numpy as np

from autograd_lite.backends import expression as ex
from autograd_lite.compiler import formulas
from autograd_lite.compiler.passes import units
from autograd_lite.compiler.passes.columns import count_uses
from autograd_lite.compiler.passes.fold import MAX_ELEMENTS
from autograd_lite.compiler.passes.memory import WORTH_DROPPING
from autograd_lite.compiler.program import FUSED, OP, READ, Block, Program, Step
from autograd_lite.core import shapes
from autograd_lite.graph.opdef import OpDef
from autograd_lite.kernels.body import TYPES, Body, Traced, Unsupported, lower, trace
from autograd_lite.kernels.elementwise import Operand, Output, Work
from autograd_lite.kernels.fused_reductions import COLUMNS, KINDS, form_of

MOST_STEPS = 160  # in one kernel: compilation takes about a millisecond a step
MOST_SCALAR_STEPS = 1200  # of rank 0: they come and go by Python, so that more kernels cost more
NEAR = 50  # steps between two that are joined: the later one runs when the first does, and its array is there all the time between
MOST_GROUPS = 256  # looked at together
MOST_COLUMNS = 1 << 14  # results of a reduction over the first axes: each chunk keeps so many
MOST_ARRAYS = 40  # that one kernel reads and writes
WORTH_SCALARS = 6.0  # the least weight of a group on numbers of rank 0, which NumPy handles in 0.1 microseconds
SHORTEST_ROW = 16  # elements of a part of a row that a kernel takes as it lies
WORTH_ALONE = 1 << 16  # elements from which one simple step gains from threads
_SIMPLE = frozenset(["add", "subtract", "multiply", "divide", "negative", "equal", "less", "greater", "less_equal", "greater_equal"])

_SAME_EVERYWHERE = frozenset(["Fill", "ZerosLike", "OnesLike"])  # ops that put one number everywhere

_CUTS = {"Split": 1, "SplitV": 0, "Slice": 0, "StridedSlice": 0}  # ops that give parts of an array -> which input that is
JOIN = "ConcatV2"  # the op that puts arrays side by side
BIAS_GRADIENT = "BiasAddGrad"  # the op that sums over all axes but that of the channels
_STRETCHES = frozenset(["BroadcastTo"])  # ops that repeat an array along axes, as broadcasting does


def fuse(program: Program) -> Program:
    """Make groups of steps out of the elementwise ones."""
    uses = count_uses(program)
    for block in program.blocks_to_join_in():
        if any(may_fuse(program, step) for step in block.steps):
            block.steps = _Grouping(program, block, uses).steps()
    return program


def _most_steps(domain: tuple[int, ...]) -> int:
    return MOST_STEPS if domain else MOST_SCALAR_STEPS


def is_pointwise(opdef: OpDef) -> bool:
    """Whether an op can be part of a fused step."""
    return opdef.pointwise or opdef.elementwise is not None


def may_fuse(program: Program, step: Step) -> bool:
    """Whether a step can be part of a fused one, by what is known of its shapes and types."""
    if step.kind == OP and step.opdef.name in _SAME_EVERYWHERE:
        return _number(program, step) is not None
    if step.kind == OP and step.opdef.name in _STRETCHES:
        return _is_known(program, step.inputs[0]) and _is_known(program, step.outputs[0])
    if step.kind != OP or not step.is_pure or not is_pointwise(step.opdef) or len(step.outputs) != 1 or step.passes_on:
        return False
    if len(step.inputs) != len(step.node.inputs) and step.opdef is step.node.opdef:
        return False
    return all(_is_known(program, value) for value in [*step.inputs, *step.outputs])


def _is_known(program: Program, value: int | None) -> bool:
    """Whether a value has a known shape with elements, and a type that kernels have."""
    if value is None:
        return False
    shape = program.values[value].shape
    return program.values[value].dtype.name in TYPES and shapes.is_defined(shape) and 0 not in shape  # type: ignore[operator]


def _number(program: Program, step: Step) -> np.generic | None:
    """What a step puts everywhere, when that and its shape are known."""
    result = program.values[step.outputs[0]]  # type: ignore[index]
    if result.dtype.name not in TYPES or not shapes.is_defined(result.shape) or 0 in result.shape:  # type: ignore[operator]
        return None
    if step.opdef.name == "Fill":
        return number_everywhere(program.constants.get(step.inputs[1]))  # type: ignore[arg-type]
    return result.dtype.numpy.type(step.opdef.name == "OnesLike")


def number_everywhere(array: np.ndarray | None) -> np.generic | None:
    """The number that all elements of a constant are."""
    if array is None or not 0 < array.size <= MAX_ELEMENTS or array.dtype == object:
        return None
    first = array.reshape(-1)[:1]
    if array.size > 1 and array.tobytes() != first.tobytes() * array.size:
        return None
    return first[0]


class Group:
    """Steps that become one."""

    def __init__(self, number: int, domain: tuple[int, ...]) -> None:
        self.number = number
        self.domain = domain
        self.steps: list[Step] = []
        self.body = Body()
        self.nodes: dict[int, int] = {}  # value -> its node
        self.reductions: dict[int, Output] = {}  # value -> how it is reduced
        self.joins: dict[int, Output] = {}  # value -> what stands side by side in it
        self.operands: dict[int, int] = {}  # value that comes from outside -> its index
        self.last = 0  # where its last step was
        self.depends = 0  # bits of the groups that have to run before
        self.merged_into: Group | None = None

    def final(self) -> Group:
        """The group that this one has become part of."""
        group = self
        while group.merged_into is not None:
            group = group.merged_into
        return group

    def take(self, program: Program, step: Step) -> None:
        """Add a step.

        Raises: Unsupported when its arithmetic cannot be part of a kernel; the group is as before.
        """
        new = [value for value in step.inputs if value not in self.nodes]
        try:
            node = self._result(program, step)
            if self.body.nodes[node.node].dtype != program.values[step.outputs[0]].dtype.name or node.shape != self.domain:  # type: ignore[index]
                raise Unsupported("another type or shape than was inferred")
            if len(self.operands) > MOST_ARRAYS and self.domain:
                raise Unsupported("too many arrays")
        except Unsupported:
            for value in new:
                self.nodes.pop(value, None)  # type: ignore[arg-type]
                self.operands.pop(value, None)  # type: ignore[arg-type]
            raise
        self.nodes[step.outputs[0]] = node.node  # type: ignore[index]
        self.steps.append(step)

    def take_reduction(self, program: Program, step: Step) -> None:
        """Add a reduction of a value that is made here.

        Raises: Unsupported when kernels do not reduce so.
        """
        result = program.values[step.outputs[0]]  # type: ignore[index]
        axes = self._reduced_axes(program, step)
        if axes is None or not shapes.is_defined(result.shape) or result.dtype.name != "float32":
            raise Unsupported("a reduction of another kind")
        kind = KINDS.get(step.opdef.name, "sum")
        reduced = {int(axis) % len(self.domain) for axis in axes.ravel()} if self.domain else set()
        form = form_of([axis not in reduced for axis, size in enumerate(self.domain) if size != 1])
        count = math.prod(size for axis, size in enumerate(self.domain) if axis not in reduced)
        if form is None or count == math.prod(self.domain) or form == COLUMNS and (kind in ("max", "min") or count > MOST_COLUMNS):
            raise Unsupported("a reduction of another form")
        node = self.nodes[step.inputs[0]]  # type: ignore[index]
        self.reductions[step.outputs[0]] = Output(node, kind, tuple(sorted(reduced)), result.shape)  # type: ignore[index, arg-type]
        self.steps.append(step)

    def _reduced_axes(self, program: Program, step: Step) -> np.ndarray | None:
        """The axes of a reduction, if they are known."""
        if step.opdef.name != BIAS_GRADIENT:
            return program.constants.get(step.inputs[1])  # type: ignore[arg-type]
        return np.arange(len(self.domain) - 1) if step.attrs["data_format"] == "NHWC" else None

    def take_join(self, program: Program, step: Step) -> None:
        """Add a step that puts values that are made here side by side.

        Raises: Unsupported when they are not all made here, or something else is done.
        """
        *parts, axis = step.inputs
        at, shape = program.constants.get(axis), program.values[step.outputs[0]].shape  # type: ignore[arg-type, index]
        width = self.domain[-1] if len(self.domain) > 1 else 0
        if at is None or at.size != 1 or int(at.reshape(())) not in (-1, len(self.domain) - 1) or width < SHORTEST_ROW:
            raise Unsupported("not side by side")
        if any(program.values[part].shape != self.domain for part in parts) or shape != (*self.domain[:-1], len(parts) * width):  # type: ignore[index]
            raise Unsupported("parts of another shape")
        if any(part in self.operands or part not in self.nodes for part in parts):
            raise Unsupported("parts that others make")
        node, *beside = (self.nodes[part] for part in parts)  # type: ignore[index]
        self.joins[step.outputs[0]] = Output(node, beside=tuple(beside))  # type: ignore[index]
        self.steps.append(step)

    def _result(self, program: Program, step: Step) -> Traced:
        if step.opdef.name in _SAME_EVERYWHERE:
            number = _number(program, step)
            return Traced(self.body, self.body.number(number, number.dtype), self.domain)  # type: ignore[union-attr]
        if step.opdef.name in _STRETCHES:
            return Traced(self.body, self._node(program, step.inputs[0]).node, self.domain)  # type: ignore[arg-type]
        return _node_of(program, step, [self._node(program, value) for value in step.inputs])  # type: ignore[arg-type]

    def _node(self, program: Program, value: int) -> Traced:
        known = program.values[value]
        shape: tuple[int, ...] = known.shape  # type: ignore[assignment]
        if value not in self.nodes:
            constant = number_everywhere(program.constants.get(value))
            if constant is not None:
                self.nodes[value] = self.body.number(constant, constant.dtype)
            else:
                self.operands[value] = len(self.operands)
                self.nodes[value] = self.body.input(self.operands[value], known.dtype.numpy)
        return Traced(self.body, self.nodes[value], shape)


def _node_of(program: Program, step: Step, inputs: list[Traced]) -> Traced:
    """Write what a step does to one element."""
    body = inputs[0].body
    formula = formulas.formula_of(program, step)
    if formula is None:
        if not step.opdef.pointwise:
            raise Unsupported(step.opdef.name)
        (result,) = trace(body, step.opdef.kernel, step.opdef.arguments(inputs, step.attrs))
        return result
    names = {argument.name: each.node for argument, each in zip(step.opdef.inputs, inputs)}
    dtype = formulas.literal_dtype(program, step)
    for name in ex.names(formula):
        if name not in names:
            names[name] = body.number(step.attrs[name], dtype.numpy)
    try:
        shape = np.broadcast_shapes(*[each.shape for each in inputs])
    except ValueError:  # it fails in the run, with the node's name
        raise Unsupported("shapes that do not fit") from None
    return Traced(body, lower(body, formula, names, dtype.numpy), shape)


def _in_rows(program: Program, step: Step) -> list[int]:
    """The outputs of a step that are parts of the rows of its input: a slice or split along the last axis."""
    if step.opdef.name not in _CUTS or step.kind != OP:
        return []
    source = program.values[step.inputs[_CUTS[step.opdef.name]]].shape  # type: ignore[index]
    found = []
    for value in step.outputs:
        shape = program.values[value].shape if value is not None else None
        if source is None or shape is None or len(shape) != len(source) or len(shape) < 2:
            continue
        if shape[-1] != source[-1] and (shape[-1] or 0) >= SHORTEST_ROW:
            found.append(value)
    return found  # type: ignore[return-value]


class _Grouping:
    """Looks through the steps of one block, in order.

    Of every value it keeps the group that makes it, if one does, and as bits the groups that it depends on through something outside of
    that group.
    """

    def __init__(self, program: Program, block: Block | Program, uses: dict[int, int]) -> None:
        self.program = program
        self.block = block
        self.uses = uses
        self.at = 0  # which step it looks at
        self.groups: list[Group] = []  # all
        self.works: dict[str, Work] = {}  # what groups do: thousands of layers do the same, and keep one description
        self.open: list[Group] = []  # those that steps may join; their number is the bit
        self.maker: dict[int, Group] = {}
        self.through: dict[int, int] = {}
        self.takers: dict[int, list[Group]] = {}  # value from outside -> groups that take it
        self.scalars: dict[tuple[int, ...], Group] = {}
        self.effects = 0  # what the last step with effects depends on
        self.in_rows: set[int] = set()  # values that are parts of the rows of a larger array
        self.content: dict[int, int] = {}  # value -> the cell that it was read from
        self.readers: dict[int, list[Step]] = {}  # cell -> steps that use what was read from it
        self.needed: dict[int, int] = {}  # id of a step in no group -> the groups that it depends on
        self.unit: dict[int, Group] = {}  # id of a step -> its group

    def steps(self) -> list[Step]:
        """The steps of the block, some of them fused."""
        for at, step in enumerate(self.block.steps):
            self.at = at
            if len(self.open) >= MOST_GROUPS:
                self._start_anew()
            if self._finish(step) or may_fuse(self.program, step) and self._join(step):
                self._note_reader(step)
                continue
            self._pass(step)
        return self._in_order()

    def _start_anew(self) -> None:
        """Close all groups, so that nothing has to be known of them any more."""
        self.open.clear()
        self.maker.clear()
        self.through.clear()
        self.takers.clear()
        self.scalars.clear()
        self.needed.clear()
        self.effects = 0

    # ------------------------------------------------------------ what depends on what

    def _closed(self, bits: int) -> int:
        """The groups of `bits`, and those that these depend on."""
        found, left = bits, bits
        while left:
            lowest = left & -left
            found |= self.open[lowest.bit_length() - 1].depends
            left ^= lowest
        return found

    def _needs(self, step: Step, group: Group | None) -> int:
        """The groups that a step depends on, through something outside of `group`."""
        bits = 0
        for value in step.all_inputs() if step.blocks else step.inputs:
            maker = self.maker.get(value)  # type: ignore[arg-type]
            if maker is not None and maker.final() is not group:
                bits |= 1 << maker.final().number
            bits |= self.through.get(value, 0)  # type: ignore[arg-type]
        return self._closed(bits)

    def _pass(self, step: Step) -> None:
        """A step that stays as it is."""
        needs = self._needs(step, None)
        if not step.is_pure:
            needs |= self.effects
            for cell in units.stored_cells(step):
                for reader in self.readers.pop(cell, ()):
                    needs |= self._up_to(reader)
            self.effects = needs
        self.needed[id(step)] = needs
        for value in step.outputs:
            if value is not None:
                self.through[value] = needs
        for inner in step.inner():
            for value in inner.outputs:
                if value is not None:
                    self.through[value] = needs
        self.in_rows.update(_in_rows(self.program, step))
        if step.kind == READ:
            self.content[step.outputs[0]] = step.cells[0]  # type: ignore[index]
        self._note_reader(step)

    def _up_to(self, step: Step) -> int:
        """The groups that run before a step is done."""
        group = self.unit.get(id(step))
        if group is None:
            return self._closed(self.needed.get(id(step), 0))
        number = group.final().number
        return self._closed(1 << number) if number < len(self.open) and self.open[number] is group.final() else 0

    def _note_reader(self, step: Step) -> None:
        for value in step.inputs:
            if value in self.content:
                self.readers.setdefault(self.content[value], []).append(step)

    # ------------------------------------------------------------ joining

    def _join(self, step: Step) -> bool:
        """Put a step into a group, an old or a new one; False if its arithmetic cannot be part of a kernel."""
        domain: tuple[int, ...] = self.program.values[step.outputs[0]].shape  # type: ignore[index, assignment]
        for group in self._candidates(step, domain):
            needs = self._needs(step, group)
            if needs >> group.number & 1 or len(group.steps) >= _most_steps(domain):
                continue
            try:
                group.take(self.program, step)
            except Unsupported:
                return False
            self._added(group, step, needs)
            return True
        group = Group(len(self.open), domain)
        try:
            group.take(self.program, step)
        except Unsupported:
            return False
        self.open.append(group)
        self.groups.append(group)
        if math.prod(domain) == 1:
            self.scalars[domain] = group
        self._added(group, step, self._needs(step, group))
        return True

    def _finish(self, step: Step) -> bool:
        """Put a reduction, or a step that puts values side by side, into the group that makes these; its result is there only after it."""
        if step.kind != OP or not step.inputs or step.opdef.name not in (*KINDS, BIAS_GRADIENT, JOIN):
            return False
        maker = self.maker.get(step.inputs[0])  # type: ignore[arg-type]
        if maker is None:
            return False
        group = maker.final()
        if step.opdef.name == JOIN and not self._is_near(group):
            return False
        try:
            (group.take_join if step.opdef.name == JOIN else group.take_reduction)(self.program, step)
        except Unsupported:
            return False
        self.unit[id(step)] = group
        self.through[step.outputs[0]] = self._closed(1 << group.number)  # type: ignore[index]
        return True

    def _candidates(self, step: Step, domain: tuple[int, ...]) -> list[Group]:
        """The groups that a step may join, the best first: those that make its inputs (joined if possible), then those that share one."""
        makers = list(dict.fromkeys(self.maker[value].final() for value in step.inputs if value in self.maker))
        makers = [group for group in makers if group.domain == domain and self._is_near(group)]
        if len(makers) > 1:
            makers = self._merged(makers)
        sharing = [group.final() for value in step.inputs for group in self.takers.get(value, ())]  # type: ignore[arg-type]
        if domain in self.scalars:
            sharing.append(self.scalars[domain].final())
        return list(dict.fromkeys([*makers, *(group for group in sharing if group.domain == domain and self._is_near(group))]))

    def _is_near(self, group: Group) -> bool:
        """Whether a step may run when a group does without holding large arrays for long."""
        return math.prod(group.domain) < WORTH_DROPPING or self.at - group.last <= NEAR

    def _merged(self, makers: list[Group]) -> list[Group]:
        """Put groups that do not depend on each other together, the later into the first."""
        first, *others = sorted(makers, key=lambda group: -len(group.steps))
        left = [first]
        for other in others:
            independent = not (first.depends >> other.number & 1 or other.depends >> first.number & 1)
            if not independent or len(first.steps) + len(other.steps) > _most_steps(first.domain) or not self._merge(first, other):
                left.append(other)
        return left

    def _merge(self, first: Group, other: Group) -> bool:
        known = len(first.steps), dict(first.nodes), dict(first.operands), dict(first.reductions), dict(first.joins)
        try:
            for step in other.steps:
                made = step.outputs[0]
                take = first.take_reduction if made in other.reductions else first.take_join if made in other.joins else first.take
                take(self.program, step)
        except Unsupported:
            count, first.nodes, first.operands, first.reductions, first.joins = known
            del first.steps[count:]
            return False
        other.merged_into = first
        for value in other.operands:
            self.takers.setdefault(value, []).append(first)
        self.groups.remove(other)
        first.last = max(first.last, other.last)
        self._depend(first, other.depends)
        # What depended on the other depends on the first now; the bit of the other stands for the first as well.
        other.depends |= 1 << first.number
        for group in self.open:
            if group.depends >> other.number & 1:
                self._depend(group, first.depends | 1 << first.number)
        return True

    def _added(self, group: Group, step: Step, needs: int) -> None:
        """Note what a new step of a group makes, takes and depends on."""
        self.unit[id(step)] = group
        group.last = self.at
        self._depend(group, needs)
        output: int = step.outputs[0]  # type: ignore[assignment]
        self.maker[output] = group
        self.through[output] = needs
        for value in step.inputs:
            if value in group.operands and shapes.num_elements(self.program.values[value].shape) != 1:
                takers = self.takers.setdefault(value, [])
                if group not in takers:
                    takers.append(group)

    def _depend(self, group: Group, needs: int) -> None:
        """Let a group, and those that depend on it, depend on more."""
        if needs & ~group.depends == 0:
            return
        group.depends |= needs
        for other in self.open:
            if other.depends >> group.number & 1:
                other.depends |= needs

    # ------------------------------------------------------------ the result

    def _in_order(self) -> list[Step]:
        """All steps again, each as early as it was if what it needs is there: groups where their first step was."""
        fused = {id(step): group for group in self.groups if _is_worth_it(group) for step in group.steps}
        ordered = units.in_order(self.block.steps, {step: id(group) for step, group in fused.items()})
        return [self._fused(fused[id(unit[0])], unit) if id(unit[0]) in fused else unit[0] for unit in ordered]

    def _fused(self, group: Group, steps: list[Step]) -> Step:
        """The step that stands for a group."""
        inside: dict[int | None, int] = {}
        for step in steps:
            for value in step.inputs:
                inside[value] = inside.get(value, 0) + 1
        made_here: list[int] = [step.outputs[0] for step in steps]  # type: ignore[misc]
        outputs = [value for value in made_here if self.uses.get(value, 0) > inside.get(value, 0)] or made_here[-1:]
        work, taken = work_of(self.program, group, outputs, self.in_rows)
        made = Step(FUSED, steps[-1].opdef, steps[-1].node, list(taken), list(outputs))
        made.blocks = (Block(steps, list(outputs)),)
        made.work = self.works.setdefault(work.key(), work)
        return made


def work_of(program: Program, group: Group, outputs: list[int], in_rows: Container[int] = ()) -> tuple[Work, list[int]]:
    """What the kernel of a group does, and the values that it takes; those `in_rows` need not be in C order."""
    results = [group.reductions.get(value) or group.joins.get(value) or Output(group.nodes[value]) for value in outputs]
    needed = group.body.needed([node for result in results for node in result.nodes])
    used = {group.body.nodes[node].detail for node in needed if group.body.nodes[node].function == "input"}
    taken = [(value, index) for value, index in group.operands.items() if index in used]
    body = Body()
    renumbered: dict[int, int] = {}
    position = {index: place for place, (_, index) in enumerate(taken)}
    for node in needed:
        old = group.body.nodes[node]
        detail = position[old.detail] if old.function == "input" else old.detail  # type: ignore[index]
        renumbered[node] = body.add(old._replace(args=tuple([renumbered[arg] for arg in old.args]), detail=detail))
    operands = []
    for value, _ in taken:
        known = program.values[value]
        shape: tuple[int, ...] = known.shape  # type: ignore[assignment]
        operands.append(Operand(known.dtype.name, shape, is_scalar=shape == (), is_rows=value in in_rows and shape == group.domain))
    places = [[renumbered[node] for node in result.nodes] for result in results]
    outgoing = tuple([result._replace(node=node, beside=tuple(beside)) for result, (node, *beside) in zip(results, places)])
    return Work(group.domain, tuple(operands), body, outgoing), [value for value, _ in taken]


def _is_worth_it(group: Group) -> bool:
    """Whether one kernel is quicker than the NumPy calls that it replaces."""
    elements = math.prod(group.domain)
    weight = sum(0 if node.function in ("input", "number") else 1 if node.function in _SIMPLE else 6 for node in group.body.nodes)
    if group.domain == ():
        return len(group.steps) > 1 and weight >= WORTH_SCALARS
    calls = sum(node.function not in ("input", "number") for node in group.body.nodes)
    return len(group.steps) > 1 or calls > 2 or elements >= WORTH_ALONE
