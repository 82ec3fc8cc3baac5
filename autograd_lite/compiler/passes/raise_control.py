"""Raise Switch, Merge, Enter, Exit and NextIteration to `if` and `while` steps with blocks of steps inside.

The nodes alone decide, never the contexts of the Python side: an imported graph has none. Each tensor has a *place*: the frame of a
loop, and in it the decisions under which it is alive, a chain of (predicate, taken or not). A Switch adds a decision to the chain, a Merge
of both outcomes takes the last one off. Steps with the same decision are gathered into one `if` as far as their data allows; a frame
becomes one `while`: what does not depend on the loop's own decision is its condition, the rest its body.

What does not have this form (a Merge of unrelated values, a fetch that may be dead) raises Irregular, and the reference interpreter runs
it.
"""

from __future__ import annotations

import numpy as np

from autograd_lite.compiler.program import IF, OP, READ, WHILE, Block, Program, Step, walk
from autograd_lite.core import dtypes
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.graph.import_order import BACK_EDGES, MERGES
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor

SWITCHES = frozenset(["Switch", "RefSwitch"])
ENTERS = frozenset(["Enter", "RefEnter"])
EXITS = frozenset(["Exit", "RefExit"])
CONTROL_FLOW = SWITCHES | MERGES | ENTERS | EXITS | BACK_EDGES | {"LoopCond"}
MOST_BRANCHES, MOST_LOOPS = 60, 15  # deep inside each other; Python's own limits are 100 and 20

Place = tuple[tuple[Tensor, int], ...]


class Irregular(Exception):
    """The control flow of a program has not the form of nested conditionals and loops."""


def raise_control(program: Program) -> Program:
    """Replace the nodes of control flow by structured steps.

    Raises:
      Irregular: when that is not possible.
    """
    if any(step.opdef.name in CONTROL_FLOW for step in program.steps if step.kind == OP):
        _Raiser(program).run()
    return program


class _Frame:
    """One loop: its steps, and the steps at its border."""

    def __init__(self, chain: tuple[str, ...]) -> None:
        self.chain = chain
        self.items: list[Step] = []
        self.enters: list[Step] = []
        self.exits: list[Step] = []
        self.step: Step | None = None  # the `while` it becomes


class _Raiser:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.fed = set(program.feed_tensors)
        self.step_of = {step.node: step for step in program.steps if step.kind == OP}
        self.alias: dict[int, int] = {}  # value -> the value that it is another name of
        self.frames: dict[tuple[str, ...], _Frame] = {}
        self.chain_of: dict[Operation, tuple[str, ...]] = {}  # of the outputs of each node
        self.became: dict[int, Step] = {}  # id of a step of control flow -> the `if` or `while` that stands for it

    def run(self) -> None:
        top = _Frame(())
        self.frames[()] = top
        self._find_frames()
        for frame in sorted(self.frames.values(), key=lambda frame: -len(frame.chain)):
            if frame.chain:
                self._raise_loop(frame)
        level = _Level(self, top.items)
        for fetch in self.program.fetches:
            if isinstance(fetch, Tensor) and (level.place(fetch) or self.chain_of.get(fetch.op) and fetch not in self.fed):
                raise Irregular(f"{fetch.name} may be dead")
        self.program.steps = level.structured()
        self._keep_order()
        self.program.replace(self.alias)

    def _keep_order(self) -> None:
        """Let what waited for a step of control flow wait for what has become of it."""
        steps = list(walk(self.program.steps))
        present = {id(step) for step in steps}
        switches = [step for step in self.step_of.values() if step.node.type in SWITCHES and step.after]
        waits = {value: step.after for step in switches for value in step.outputs if value is not None}
        for step in steps:
            if waits:
                used = [*step.inputs, *(value for block in step.blocks for value in block.results)]
                step.after += [other for value in used if value in waits for other in waits[value]]
            if any(id(other) not in present for other in step.after):
                step.after = self._what_became_of(step.after, present)

    def _what_became_of(self, steps: list[Step], present: set[int]) -> list[Step]:
        """These steps, or the `if` and `while` steps that they became; for a Switch what it waited for and what made its inputs."""
        found: dict[int, Step] = {}
        seen: set[int] = set()
        stack = list(steps)
        while stack:
            step = stack.pop()
            if id(step) in seen:
                continue
            seen.add(id(step))
            if id(step) in present:
                found[id(step)] = step
            elif id(step) in self.became:
                stack.append(self.became[id(step)])
            else:
                stack += [*step.after, *(self.step_of[tensor.op] for tensor in step.node.inputs if tensor.op in self.step_of)]
        return list(found.values())

    # ------------------------------------------------------------ frames

    def _find_frames(self) -> None:
        """Give every step to the frame in which it runs."""
        for step in self.program.steps:
            if step.kind == OP:
                self._give(step)
            elif step.kind == READ and not step.is_late and step.node in self.step_of:
                self._frame(self._chain_of_inputs(step.node)).items.append(step)
            else:
                self.frames[()].items.append(step)

    def _give(self, step: Step) -> None:
        node = step.node
        chain = self._chain_of_inputs(node)
        if node.type in ENTERS:
            inner = (*chain, node.attrs["frame_name"])
            self._frame(inner).enters.append(step)
            self.chain_of[node] = inner
            self._is_also(step, 0)
        elif node.type in EXITS:
            if not chain:
                raise Irregular(f"{node.name} leaves no loop")
            frame = self._frame(chain)
            frame.exits.append(step)
            self.chain_of[node] = chain[:-1]
        else:
            self._frame(chain).items.append(step)
            self.chain_of[node] = chain

    def _frame(self, chain: tuple[str, ...]) -> _Frame:
        if chain not in self.frames:
            if len(chain) > MOST_LOOPS:
                raise Irregular(f"loops are {len(chain)} deep")
            self.frames[chain] = _Frame(chain)
        return self.frames[chain]

    def _chain_of_inputs(self, node: Operation) -> tuple[str, ...]:
        """The frame of the inputs of a node; all must be in one, or in one around it."""
        longest: tuple[str, ...] = ()
        for source in self.sources(node):
            chain = self.chain_of.get(source, ())
            if len(chain) > len(longest):
                longest, chain = chain, longest
            if longest[: len(chain)] != chain:
                raise Irregular(f"{node.name} takes values from unrelated loops")
        return longest

    def sources(self, node: Operation) -> list[Operation]:
        """The nodes of which a node takes values or for which it waits, but for what comes round a loop."""
        found = [tensor.op for tensor in node.inputs if tensor not in self.fed and tensor.op.type not in BACK_EDGES]
        return [source for source in (*found, *node.control_inputs) if source in self.step_of]

    def _is_also(self, step: Step, index: int) -> None:
        """Note that the outputs of a step are only other names of one of its inputs."""
        source = step.inputs[index]
        for output in step.outputs:
            if output is not None and source is not None:
                self.alias[output] = source

    # ------------------------------------------------------------ loops

    def _raise_loop(self, frame: _Frame) -> None:
        """Make one `while` step of the steps of a frame and give it to the frame around."""
        heads = [step for step in frame.items if step.node.type in MERGES and any(t.op.type in BACK_EDGES for t in step.node.inputs)]
        decisions = [step for step in frame.items if step.node.type == "LoopCond"]
        if len(decisions) != 1 or not heads:
            raise Irregular(f"the loop {frame.chain[-1]} has {len(decisions)} conditions and {len(heads)} variables")
        decision = decisions[0]
        border = [*heads, decision, *(step for step in frame.items if step.node.type in BACK_EDGES)]
        at_border = {id(step) for step in border}
        inside = [step for step in frame.items if id(step) not in at_border]
        level = _Level(self, inside, decision.node.outputs[0])
        loop = self._loop_step(frame, heads, decision)
        for step in heads:
            self._add_variable(step, level, frame, loop)
        if any(step not in heads for step in self._heads_of_exits(frame)):
            raise Irregular(f"the loop {frame.chain[-1]} gives something that is no variable of it")
        test, body = level.split(decision.node.outputs[0])
        loop.blocks[0].steps = test
        loop.blocks[1].steps = body
        loop.has_effects = any(step.has_effects for step in loop.inner())
        loop.keep = any(step.keep for step in [*loop.inner(), *frame.enters, *frame.exits])
        frame.step = loop
        self.became.update((id(step), loop) for step in [*border, *frame.enters, *frame.exits])
        self._frame(frame.chain[:-1]).items.append(loop)

    def _loop_step(self, frame: _Frame, heads: list[Step], decision: Step) -> Step:
        first = min([*frame.enters, *heads], key=lambda step: step.node.id)
        loop = Step(WHILE, first.opdef, first.node, [], [])
        loop.blocks = (Block([], [decision.inputs[0]]), Block([], []))
        loop.after = [other for step in [*frame.enters, *frame.exits] for other in step.after]
        if decision.outputs[0] is not None and decision.inputs[0] is not None:
            self.alias[decision.outputs[0]] = decision.inputs[0]
        return loop

    def _add_variable(self, head: Step, level: _Level, frame: _Frame, loop: Step) -> None:
        node = head.node
        if len(node.inputs) != 2 or head.outputs[0] is None:
            raise Irregular(f"{node.name} is no plain variable of a loop")
        back = next(index for index, tensor in enumerate(node.inputs) if tensor.op.type in BACK_EDGES)
        start, again = node.inputs[1 - back], node.inputs[back]
        if start.op.type not in ENTERS or again.op not in self.step_of:
            raise Irregular(f"{node.name} does not start with an Enter")
        if again.dtype.base_dtype != start.dtype.base_dtype:
            raise InvalidArgumentError(
                None, node,
                f"Input 1 of node {node.name} was passed {again.dtype.base_dtype.cpp_name} from {again.name} incompatible with expected "
                f"{start.dtype.base_dtype.cpp_name}.\n  A loop variable has one type; 'body' returned another. Use tf.cast.",
            )  # fmt: skip
        source = again.op.inputs[0]
        if level.place(source) not in ((), ((level.decision, 1),)):
            raise Irregular(f"the next value of {node.name} may be dead")
        loop.inputs.append(head.inputs[1 - back])
        loop.params.append(head.outputs[0])
        loop.blocks[1].results.append(self.step_of[again.op].inputs[0])
        loop.outputs.append(self._exit_value(node, frame))

    def _exit_value(self, head: Operation, frame: _Frame) -> int | None:
        """The value that a variable has after the loop; of several Exits of it the first, of which the others are other names."""
        values = [step.outputs[0] for step in frame.exits if step.node.inputs[0].op.inputs[0] is head.outputs[0]]
        for other in values[1:]:
            self.alias[other] = values[0]  # type: ignore[index, assignment]
        if values:
            return values[0]
        return self.program.new_value(head.outputs[0].dtype, head.outputs[0].static_shape, head.name)

    def _heads_of_exits(self, frame: _Frame) -> list[Step]:
        """The Merges whose final values leave a loop."""
        found = []
        for step in frame.exits:
            switch = step.node.inputs[0]
            if switch.op.type not in SWITCHES or switch.value_index or switch.op.inputs[1].op.type != "LoopCond":
                raise Irregular(f"{step.node.name} does not give what a variable is when the loop is over")
            head = self.step_of.get(switch.op.inputs[0].op)
            if head is None:
                raise Irregular(f"{step.node.name} gives something from outside the loop")
            found.append(head)
        return found


class _Level:
    """The steps of one frame, in which inner loops are single steps already: finds their places and gathers them into branches."""

    def __init__(self, raiser: _Raiser, items: list[Step], decision: Tensor | None = None) -> None:
        self.raiser = raiser
        self.program = raiser.program
        self.decision = decision
        self.places: dict[Tensor, Place] = {}
        self.place_of: dict[int, Place] = {}  # id of a step -> its place
        self.node_place: dict[Operation, Place] = {}  # for those that wait for the node
        self.maker: dict[int, Step] = {}
        self.item_of: dict[int, Step] = {}
        for item in items:
            for step in (item, *item.inner()):
                self.item_of[id(step)] = item
            self.maker.update((value, item) for value in item.outputs if value is not None)
        for frame in raiser.frames.values():
            if frame.step is not None and id(frame.step) in self.item_of:
                for border in (*frame.enters, *frame.exits):
                    self.item_of[id(border)] = self.item_of[id(frame.step)]
        self.needs = {id(item): self._needs(item) for item in items}
        self.items = self._in_order(items)
        for item in self.items:
            self._find_place(item)

    # ------------------------------------------------------------ dependencies

    def _needs(self, item: Step) -> list[Step]:
        """The steps of this level that must come before `item`."""
        needed: dict[int, Step] = {}
        for value in item.all_inputs():
            self._note_need(needed, value)
        for step in (item, *item.inner()):
            for other in step.after:
                source = self.item_of.get(id(other))
                if source is not None:
                    needed[id(source)] = source
        needed.pop(id(item), None)
        return list(needed.values())

    def _note_need(self, needed: dict[int, Step], value: int | None) -> None:
        while value is not None:
            source = self.maker.get(value)
            if source is not None:
                needed[id(source)] = source
                return
            value = self.raiser.alias.get(value)

    def _in_order(self, items: list[Step]) -> list[Step]:
        order: list[Step] = []
        missing = {id(item): len(self.needs[id(item)]) for item in items}
        followers = self._followers(items)
        ready = [item for item in items if not missing[id(item)]]
        for item in ready:  # grows
            order.append(item)
            for follower in followers[id(item)]:
                missing[id(follower)] -= 1
                if not missing[id(follower)]:
                    ready.append(follower)
        if len(order) < len(items):
            raise Irregular("steps wait for each other")
        return order

    def _followers(self, items: list[Step]) -> dict[int, list[Step]]:
        followers: dict[int, list[Step]] = {id(item): [] for item in items}
        for item in items:
            for need in self.needs[id(item)]:
                if id(need) in followers:
                    followers[id(need)].append(item)
        return followers

    # ------------------------------------------------------------ places

    def place(self, tensor: Tensor) -> Place:
        """The decisions under which a tensor is alive."""
        return () if tensor in self.raiser.fed else self.places.get(tensor, ())

    def _find_place(self, item: Step) -> None:
        if item.kind == WHILE:
            self._find_place_of_loop(item)
            return
        node = item.node
        if item.kind != OP:
            self.place_of[id(item)] = self._place_of_read(item) if item.kind == READ and not item.is_late else ()
            return
        if node.type in MERGES:
            self._find_place_of_merge(item)
            return
        controls = [] if node.type == "ControlTrigger" else [self.node_place.get(control, ()) for control in node.control_inputs]
        place = self._joined([self.place(tensor) for tensor in node.inputs] + controls, node)
        self.place_of[id(item)] = self.node_place[node] = place
        for index, tensor in enumerate(node.outputs):
            self.places[tensor] = place
            if node.type in SWITCHES:
                decision = (self._predicate(node.inputs[1]), index)
                self.places[tensor] = place if decision in place else (*place, decision)  # who asks twice is told the same
        if node.type in SWITCHES:
            self.raiser._is_also(item, 0)

    def _place_of_read(self, item: Step) -> Place:
        """A variable is read where its reader is; by a Merge, where the reference is that it gives."""
        node = item.node
        if item.source is not None and node.type in MERGES:
            return self.place(item.source)
        controls = [self.node_place.get(control, ()) for control in node.control_inputs]
        return self._joined([self.place(tensor) for tensor in node.inputs] + controls, node)

    def _find_place_of_loop(self, item: Step) -> None:
        frame = next(frame for frame in self.raiser.frames.values() if frame.step is item)
        found = []
        for step in frame.enters:
            found += [self.place(tensor) for tensor in step.node.inputs]
            found += [self.node_place.get(control, ()) for control in step.node.control_inputs]
        place = self._joined(found, item.node)
        self.place_of[id(item)] = place
        for step in frame.exits:
            self.places[step.node.outputs[0]] = self.node_place[step.node] = place

    def _find_place_of_merge(self, item: Step) -> None:
        node = item.node
        if len(node.inputs) != 2 or node.type == "RefMerge":
            raise Irregular(f"{node.name} merges {len(node.inputs)} values")
        one, two = (self.place(tensor) for tensor in node.inputs)
        around = one[:-1] if len(one) >= len(two) else two[:-1]
        if not _is_decided(one, two, around):
            raise Irregular(f"{node.name} merges unrelated values")
        outer = self._joined([around, *(self.node_place.get(control, ()) for control in node.control_inputs)], node)
        if outer != around:
            raise Irregular(f"{node.name} waits for a branch")
        self.place_of[id(item)] = self.node_place[node] = around
        for tensor in node.outputs:
            self.places[tensor] = around

    def _predicate(self, tensor: Tensor) -> Tensor:
        """The tensor that decides, behind the nodes that only pass it on."""
        while tensor not in self.raiser.fed and (tensor.op.type == "Identity" or tensor.op.type in SWITCHES):
            source = tensor.op.inputs[0]
            if source.dtype.is_ref:
                break
            tensor = source
        return tensor

    @staticmethod
    def _joined(found: list[Place], node: Operation) -> Place:
        longest: Place = ()
        for place in found:
            if len(place) > len(longest):
                longest, place = place, longest
            if longest[: len(place)] != place:
                raise Irregular(f"{node.name} takes values that are alive under unrelated conditions")
        if len(longest) > MOST_BRANCHES:
            raise Irregular(f"branches are {len(longest)} deep")
        return longest

    # ------------------------------------------------------------ structure

    def structured(self) -> list[Step]:
        """The steps, gathered into branches."""
        return _Gatherer(self).gather(self.items, 0)

    def split(self, decision: Tensor) -> tuple[list[Step], list[Step]]:
        """The steps of a loop's condition, and those of its body."""
        first = {id(item): self.place_of[id(item)][:1] for item in self.items}
        last = [item for item in self.items if first[id(item)] == ((decision, 0),)]
        if last:
            raise Irregular(f"{last[0].node.name} runs only when its loop is over")
        body = [item for item in self.items if first[id(item)] == ((decision, 1),)]
        test = [item for item in self.items if first[id(item)] != ((decision, 1),)]
        gatherer = _Gatherer(self)
        return gatherer.gather(test, 0), gatherer.gather(body, 1)


def _is_decided(one: Place, two: Place, around: Place) -> bool:
    """Whether of two values under `around` exactly one is alive: both depend on one decision, or one does and the other on nothing."""
    if one[: len(around)] != around or two[: len(around)] != around or max(len(one), len(two)) != len(around) + 1:
        return False
    if len(one) != len(two):
        return True  # a constant that does not wait for its branch: the value under the decision goes first, the constant otherwise
    return one[-1][0] is two[-1][0] and one[-1][1] != two[-1][1]


class _Gatherer:
    """Gathers the steps of a level into `if` steps: what is decided the same way goes together, as far as the data allows."""

    def __init__(self, level: _Level) -> None:
        self.level = level

    def gather(self, items: list[Step], depth: int) -> list[Step]:
        """The steps of one block: `items` with those under a further decision inside `if` steps."""
        return _Block(self, items, depth).run()


class _Block:
    """The making of one block."""

    def __init__(self, gatherer: _Gatherer, items: list[Step], depth: int) -> None:
        self.gatherer = gatherer
        self.level = gatherer.level
        self.depth = depth
        self.number = {id(item): number for number, item in enumerate(items)}
        self.followers = self.level._followers(items)
        self.missing = {id(item): sum(id(need) in self.number for need in self.level.needs[id(item)]) for item in items}
        self.plain: list[Step] = []
        self.decided: dict[Tensor, list[Step]] = {}
        self.out: list[Step] = []
        self.available: dict[int, int] = {}  # id of a step -> from where on in `out` what it makes can be used
        self.latest: dict[Tensor, int] = {}  # predicate -> where its latest `if` stands
        self.left = len(items)
        for item in items:
            if not self.missing[id(item)]:
                self._ready(item)

    def run(self) -> list[Step]:
        while self.plain or self.decided:
            while self.plain:
                item = self.plain.pop(0)
                self._put(item)
                self._release(item)
            if self.decided:
                predicate = min(self.decided, key=lambda key: min(self.number[id(item)] for item in self.decided[key]))
                self._put_if(predicate, self._members(predicate))
        if self.left:
            raise Irregular("branches wait for each other")
        return self.out

    def _ready(self, item: Step) -> None:
        place = self.level.place_of[id(item)]
        if len(place) <= self.depth:
            self.plain.append(item)
        else:
            self.decided.setdefault(place[self.depth][0], []).append(item)

    def _release(self, item: Step) -> None:
        self.left -= 1
        for follower in self.followers[id(item)]:
            self.missing[id(follower)] -= 1
            if not self.missing[id(follower)]:
                self._ready(follower)

    def _members(self, predicate: Tensor) -> list[Step]:
        """All steps under this predicate that are ready, or become so by those."""
        members = self.decided.pop(predicate)
        for member in members:  # grows
            self._release(member)
            members.extend(self.decided.pop(predicate, ()))
        return sorted(members, key=lambda member: self.number[id(member)])

    # ------------------------------------------------------------ putting

    def _put(self, item: Step) -> None:
        if item.kind == OP and item.node.type in MERGES:
            self._put_merge(item)
        elif item.kind != OP or item.node.type not in SWITCHES:  # a Switch is only a name
            self.out.append(item)
            self.available[id(item)] = len(self.out)

    def _put_if(self, predicate: Tensor, members: list[Step]) -> Step:
        step = self._new_if(predicate, members[0].node if members else None)
        for member in members:
            self.available[id(member)] = len(self.out) - 1  # in this `if` itself
        for branch, block in enumerate(step.blocks):
            chosen = [member for member in members if self.level.place_of[id(member)][self.depth][1] == branch]
            block.steps = self.gatherer.gather(chosen, self.depth + 1)
        step.has_effects = any(inner.has_effects for inner in step.inner())
        step.keep = any(inner.keep for inner in step.inner())
        return step

    def _new_if(self, predicate: Tensor, node: Operation | None) -> Step:
        value = self._value_of(predicate)
        node = node or predicate.op
        step = Step(IF, node.opdef, node, [value], [])
        step.blocks = (Block([], []), Block([], []))
        self.latest[predicate] = len(self.out)
        self.out.append(step)
        return step

    def _value_of(self, tensor: Tensor) -> int:
        raiser = self.level.raiser
        if tensor in raiser.fed:
            return self.level.program.feeds[self.level.program.feed_tensors.index(tensor)]
        value = raiser.step_of[tensor.op].outputs[tensor.value_index]
        if value is None:
            raise Irregular(f"{tensor.name} decides, but has no value")
        return value

    def _put_merge(self, item: Step) -> None:
        """Make the outputs of a Merge results of the `if` of its predicate."""
        node, depth = item.node, self.depth
        places = [self.level.place(tensor) for tensor in node.inputs]
        predicate, branch = next(place[depth] for place in places if len(place) > depth)
        first = next(index for index, place in enumerate(places) if len(place) > depth)
        in_branch = {branch: first, 1 - branch: 1 - first}
        where = self.latest.get(predicate)
        values = [item.inputs[in_branch[0]], item.inputs[in_branch[1]]]
        if where is None or any(self._available_from(value) > where for value in values):
            self._new_if(predicate, node)
            where = self.latest[predicate]
        step = self.out[where]
        step.keep = step.keep or item.keep
        step.after += item.after
        self.level.raiser.became[id(item)] = step
        self.available[id(item)] = where + 1
        self._add_result(step, item.outputs[0], values)
        if item.outputs[1] is not None:
            numbers = [self.level.program.constant(np.array(in_branch[b], dtypes.int32.numpy), node.name) for b in (0, 1)]
            self._add_result(step, item.outputs[1], numbers)  # type: ignore[arg-type]

    @staticmethod
    def _add_result(step: Step, output: int | None, values: list[int | None]) -> None:
        step.outputs.append(output)
        for block, value in zip(step.blocks, values):
            block.results.append(value)

    def _available_from(self, value: int | None) -> int:
        """From where on in this block a value can be used; 0 when it comes from outside."""
        while value is not None:
            source = self.level.maker.get(value)
            if source is not None and source.node.type not in SWITCHES:
                return self.available.get(id(source), 0)
            value = self.level.raiser.alias.get(value)
        return 0
