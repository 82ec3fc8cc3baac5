"""Fused kernels of elementwise steps: from a `Body` to machine code.

A kernel runs over a *domain*, the shape of what it computes. Its operands broadcast to that; axes along which all of them go on alike are
taken as one, so most kernels are one loop, over vectors as long as the processor has them. What does not change in an inner loop is
computed outside. The rest of a length that is no multiple of the vector is done under a mask. Large domains are cut into chunks, always
the same, for the threads of `kernels.pool`.
"""
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.kernels import native
from autograd_lite.kernels.arrays import ArrayArgument, Loaded, RowsArgument, ScalarArgument, builtin_text, kernel_text, unpack
from autograd_lite.kernels.assembly import Block
from autograd_lite.kernels.body import IN_DOUBLES, Body
from autograd_lite.kernels.fused_reductions import COLUMNS, ROWS, Reduction, combine, final, finish_text, folded, form_of, identity
from autograd_lite.kernels.lane_functions import Emitter, element_of
from autograd_lite.kernels.tier import Tiered
from autograd_lite.kernels.vectors import Code, Text, Vector

__all__ = ["Fused", "Operand", "Output", "Work", "loaded", "module_text", "output_shapes"]

CHUNK = 16384  # elements that one thread computes at a time: several arrays of that many fit its cache
COST_OF_CHUNK = 200_000  # simple instructions on elements, about 10 microseconds: what takes long for each element is shared, too
LEAST_IN_CHUNK = 1024
WORTH_THREADS = 400_000  # simple instructions on elements, 20 microseconds or more, below which one thread does it all
MOST_ON_STACK = 1 << 14  # bytes of what chunks leave
MOST_TEXTS = 64  # that are kept, in case the same work comes again
LONG_FORMULA = 40  # simple instructions; of shorter formulas, the processor itself works on several turns of a loop at a time
MOST_REGISTERS = 8
MOST_INSTRUCTIONS = 1000  # in a loop
MOST_WASTE = 1.1  # the part of the last turn of a loop that lies outside, as a share of all
NAME = "fused"


_texts: dict[tuple[str, native.Target], str] = {}


class Operand(NamedTuple):
    """An input: its type and shape; `is_scalar`: it comes as a NumPy scalar. `is_rows`: only its rows are in C order."""

    dtype: str
    shape: tuple[int, ...]
    is_scalar: bool = False
    is_rows: bool = False


class Output(NamedTuple):
    """A result: the node that gives its elements; for a reduction (see `kernels.fused_reductions`) its kind, the axes and its shape.

    beside: nodes whose rows stand behind those of the first, in rows that are as many times as long.
    """

    node: int
    reduced: str = ""
    axes: tuple[int, ...] = ()
    shape: tuple[int, ...] = ()
    beside: tuple[int, ...] = ()

    @property
    def nodes(self) -> tuple[int, ...]:
        """All nodes that it needs."""
        return (self.node, *self.beside)


class Work(NamedTuple):
    """What a fused kernel does."""

    domain: tuple[int, ...]
    operands: tuple[Operand, ...]
    body: Body
    outputs: tuple[Output, ...]

    @property
    def cost(self) -> float:
        """About how many simple instructions it takes."""
        each = self.body.cost(self.results) + 2 * (len(self.operands) + len(self.outputs))
        return each * math.prod(self.domain)

    @property
    def results(self) -> list[int]:
        """The nodes that the outputs need."""
        return [node for output in self.outputs for node in output.nodes]

    def key(self) -> str:
        """The same for works that do the same."""
        return repr((self.domain, self.operands, self.body.nodes, self.outputs))

    def dtype(self, index: int) -> str:
        """The type of an output."""
        return self.body.nodes[self.outputs[index].node].dtype


class Fused(Tiered):
    """A fused step in two tiers. `now(*inputs, *outputs)` fills the outputs, which may be inputs too, and returns whether it declined."""

    __slots__ = ("inputs", "ready")

    def __init__(self, name: str, inputs: int, prepare: Callable[[], Callable[..., bool] | None], seconds: float) -> None:
        self.ready = False
        self.inputs = inputs
        super().__init__(name, _declined, prepare, seconds)

    def prepare(self) -> None:
        """Make the machine code now, in this thread."""
        super().prepare()
        self.ready = self.is_compiled

    def again(self, *inputs: Any) -> None:
        """Note a run that NumPy has to do: before the machine code is ready, or because the inputs do not lie as they should.

        Inputs that are not in C order are copied from then on.
        """
        if not self.ready:
            self.now()
        elif not isinstance(self.now, _Copying) and any(_lies_otherwise(each) for each in inputs):
            self.now = _Copying(self.now, self.inputs)


def loaded(text: Callable[[native.Target], str]) -> Callable[..., bool]:
    """Return the kernel of a text that is written for this processor."""
    return native.load_builtin(text(native.target()), NAME)


class _Copying:
    """Calls a kernel with copies of inputs that are not in C order."""

    def __init__(self, run: Callable[..., bool], inputs: int) -> None:
        self.run = run
        self.inputs = inputs

    def __call__(self, *arguments: Any) -> bool:
        inputs = [each.copy() if _lies_otherwise(each) else each for each in arguments[: self.inputs]]
        return self.run(*inputs, *arguments[self.inputs :])


def _lies_otherwise(thing: Any) -> bool:
    """Whether it is an array that is not in C order, or not aligned."""
    return isinstance(thing, np.ndarray) and not (thing.flags.c_contiguous and thing.flags.aligned)


def _declined(*arguments: object) -> bool:
    """The slow tier: the plan's own lines do it."""
    return True


# ------------------------------------------------------------ loops


class _Loops(NamedTuple):
    """The loops of a kernel, outermost first, and how far each operand moves with a step of each.

    A move counts elements; for operands that are rows, it counts rows but in the innermost loop.
    """

    sizes: list[int]
    moves: list[list[int]]
    results: list[list[int]]  # the same for reduced outputs, within what they keep; empty for the others

    def level(self, index: int) -> int:
        """The number of loops around the place where an operand is loaded."""
        return max([depth + 1 for depth, move in enumerate(self.moves[index]) if move], default=0)


def _loops(work: Work) -> _Loops:
    domain = work.domain
    axes = [axis for axis, size in enumerate(domain) if size != 1]
    sizes = [domain[axis] for axis in axes]
    kept = [tuple([1 if axis in output.axes else size for axis, size in enumerate(domain)]) for output in work.outputs]
    operands = [*work.operands, *(Operand("float32", shape, is_rows=bool(output.beside)) for shape, output in zip(kept, work.outputs))]
    moves = []
    for operand in operands:
        shape = (1,) * (len(domain) - len(operand.shape)) + operand.shape
        steps = [math.prod(shape[axis + 1 :]) if shape[axis] != 1 else 0 for axis in range(len(shape))]
        if operand.is_rows:
            steps = [step // shape[-1] for step in steps[:-1]] + [1]
        moves.append([steps[axis] for axis in axes])
    outer = len(sizes) - 2
    while outer >= 0:
        last = outer + 1
        if all(_goes_on(operand, move, outer, sizes) for operand, move in zip(operands, moves)):
            sizes[outer : last + 1] = [sizes[outer] * sizes[last]]
            for move in moves:
                del move[outer]
        outer -= 1
    results = [move if output.reduced else [] for move, output in zip(moves[len(work.operands) :], work.outputs)]
    return _Loops(sizes, moves[: len(work.operands)], results)


def _reductions(work: Work, loops: _Loops) -> list[Reduction]:
    found = []
    for index, output in enumerate(work.outputs):
        if output.reduced:
            kept = [move != 0 for move in loops.results[index]]
            form = form_of(kept)
            if form is None:
                raise ValueError(f"axes {output.axes} of {work.domain} are neither the first nor the last")
            results = math.prod(output.shape)
            found.append(Reduction(index, output.reduced, form, kept.index(False), math.prod(work.domain) // results, results))
    return found


def _goes_on(operand: Operand, move: list[int], outer: int, sizes: list[int]) -> bool:
    """Whether the step of one loop is as far as the whole next loop."""
    inner = outer + 1
    if operand.is_rows and inner == len(sizes) - 1:
        return False
    return move[outer] == move[inner] * sizes[inner]


def _lanes(work: Work, loops: _Loops, is_wide: bool) -> int:
    """How many elements are computed side by side."""
    if not loops.sizes:
        return 1
    results = [output.node for output in work.outputs]
    nodes = [work.body.nodes[node] for node in work.body.needed(results)]
    lanes = (64 if is_wide else 32) // max(np.dtype(node.dtype).itemsize for node in nodes)
    size = loops.sizes[-1]
    while lanes > 1 and lanes // 2 >= size:
        lanes //= 2
    registers = _registers(work.body.cost(results), {node.function for node in nodes})
    while registers > 1 and -(-size // (registers * lanes)) * registers * lanes > MOST_WASTE * size:
        registers //= 2
    return registers * lanes


def _registers(cost: float, functions: set[str]) -> int:
    """How many registers go through long formulas together: each step of one waits for the step before, the steps of others do not."""
    if cost < LONG_FORMULA:
        return 1
    registers = 2 if functions & IN_DOUBLES else MOST_REGISTERS
    while registers > 2 and registers * cost > MOST_INSTRUCTIONS:
        registers //= 2
    return registers


# ------------------------------------------------------------ text


def module_text(work: Work, target: native.Target) -> str:
    """Return the LLVM module of a fused kernel, for a processor. Works that do the same, like steps of a recurrent network, share it."""
    key = work.key(), target
    text = _texts.get(key)
    if text is None:
        while len(_texts) >= MOST_TEXTS:
            _texts.pop(next(iter(_texts)), None)
        text = _texts[key] = _module_text(work, target)
    return text


def _module_text(work: Work, target: native.Target) -> str:
    loops = _loops(work)
    reductions = _reductions(work, loops)
    lanes = _lanes(work, loops, target.has_wide_vectors)
    chunk, chunks = _chunks(work, loops, lanes)
    text = Text(target.has_wide_vectors)
    text.functions["work"] = _Writer(work, loops, reductions, lanes, text, chunk, chunks).function()
    left = [reduction for reduction in reductions if reduction.needs_workspace]
    if left:
        first = _first_workspace(work)
        slots = [len(work.operands) + reduction.output for reduction in left]
        text.functions["finish"] = finish_text(text, left, chunks, slots, range(first, first + len(left)))
    is_short = chunks == 1 and work.cost < WORTH_THREADS
    if chunks > 1:
        text.declared["parallel"] = "declare void @autograd_lite_parallel(ptr, ptr, i64)"
    return "\n".join([_entry(work, chunks, left, text), str(text), builtin_text(NAME, keeps_lock=is_short)])


def pointwise_text(work: Work, text: Text) -> str:
    """Return a function `work(env, 0)` that computes a whole domain, as part of a larger kernel. `env` holds the addresses of the operands
    (of a scalar operand, its value) and of the results.
    """
    loops = _loops(work)
    return _Writer(work, loops, [], _lanes(work, loops, text.is_wide), text, loops.sizes[0] if loops.sizes else 1, 1).function()


def _chunks(work: Work, loops: _Loops, lanes: int) -> tuple[int, int]:
    """How many steps of the outermost loop a chunk has, and how many chunks there are. They do not depend on the number of threads."""
    if not loops.sizes:
        return 1, 1
    first = loops.sizes[0]
    if work.cost < WORTH_THREADS:
        return first, 1
    elements = math.prod(loops.sizes)
    most = min(CHUNK, max(LEAST_IN_CHUNK, int(elements * COST_OF_CHUNK / work.cost)))
    each = max(1, most // (elements // first))
    if len(loops.sizes) == 1:
        each = max(lanes, each // lanes * lanes)
    return each, -(-first // each)


def _is_packed(work: Work) -> bool:
    """Whether results of rank 0 come in one array for each type."""
    return work.domain == ()


def output_shapes(work: Work) -> list[tuple[str, tuple[int, ...]]]:
    """The type and shape of each array that is handed over for results. Those of rank 0 come packed, one array for each type."""
    if not _is_packed(work):
        return [(work.dtype(index), _output_shape(work, output)) for index, output in enumerate(work.outputs)]
    counts = Counter(work.dtype(index) for index in range(len(work.outputs)))
    return [(dtype, (count,)) for dtype, count in counts.items()]


def _output_shape(work: Work, output: Output) -> tuple[int, ...]:
    if output.beside:
        return (*work.domain[:-1], len(output.nodes) * work.domain[-1])
    return output.shape if output.reduced else work.domain


def _first_workspace(work: Work) -> int:
    """The slot in which the address of the first workspace is."""
    return len(work.operands) + len(output_shapes(work)) + sum(operand.is_rows for operand in work.operands)


def _entry(work: Work, chunks: int, left: Sequence[Reduction], text: Text) -> str:
    """The function that looks at the arguments and starts the work."""
    block = Block()
    arguments: list[ArrayArgument | RowsArgument | ScalarArgument] = []
    for operand in work.operands:
        if operand.is_scalar:
            arguments.append(ScalarArgument(element_of(operand.dtype)))
        elif operand.is_rows:
            arguments.append(RowsArgument(operand.shape, np.dtype(operand.dtype).itemsize, np.dtype(operand.dtype).num))
        else:
            arguments.append(ArrayArgument(operand.shape, number=np.dtype(operand.dtype).num))
    arguments += [ArrayArgument(shape, is_output=True, number=np.dtype(dtype).num) for dtype, shape in output_shapes(work)]
    loaded = unpack(block, arguments)
    slots = _first_workspace(work) + len(left)
    env = block(f"alloca [{slots} x i64], align 8")
    for index, (argument, item) in enumerate(zip(arguments, loaded)):
        kind = argument.element if isinstance(argument, ScalarArgument) else "ptr"
        block.do(f"store {kind} {item.value}, ptr {_slot(block, env, index)}")
    for index, distance in enumerate(_distances(work, loaded)):
        block.do(f"store i64 {distance}, ptr {_slot(block, env, len(loaded) + index)}")
    sizes = [chunks * reduction.results * (8 if reduction.element == "double" else 4) for reduction in left]
    workspace = _workspace(block, text, sum(sizes)) if left else ""
    for number in range(len(left)):
        place = block(f"getelementptr i8, ptr {workspace}, i64 {sum(sizes[:number])}")
        block.do(f"store ptr {place}, ptr {_slot(block, env, _first_workspace(work) + number)}")
    if chunks > 1:
        block.do(f"call void @autograd_lite_parallel(ptr @work, ptr {env}, i64 {chunks})")
    else:
        block.do(f"call void @work(ptr {env}, i64 0)")
    if left:
        block.do(f"call void @finish(ptr {env})")
    if sum(sizes) > MOST_ON_STACK:
        block.do(f"call void @PyMem_RawFree(ptr {workspace})")
    return kernel_text(NAME, block)


def _workspace(block: Block, text: Text, size: int) -> str:
    """Room for what the chunks leave, in bytes."""
    if size <= MOST_ON_STACK:
        return block(f"alloca [{size} x i8], align 64")
    text.declared["allocate"] = "declare ptr @PyMem_RawMalloc(i64)\ndeclare void @PyMem_RawFree(ptr)"
    room = block(f"call ptr @PyMem_RawMalloc(i64 {size})")
    is_there = block(f"icmp ne ptr {room}, null")
    block.do(f"br i1 {is_there}, label %has_room, label %mismatch")
    block.do("has_room:")
    return room


def _distances(work: Work, loaded: list[Loaded]) -> list[str]:
    return [item.dimensions[0] for operand, item in zip(work.operands, loaded) if operand.is_rows]


def _slot(block: Block, env: str, index: int) -> str:
    return block(f"getelementptr i64, ptr {env}, i64 {index}")


class _Writer:
    """Writes `work(env, chunk)`: the loops over one chunk."""

    def __init__(self, work: Work, loops: _Loops, reductions: list[Reduction], lanes: int, text: Text, chunk: int, chunks: int) -> None:
        self.work = work
        self.loops = loops
        self.reductions = {reduction.output: reduction for reduction in reductions}
        self.totals: dict[int, str] = {}  # the variables in which lanes are accumulated
        self.lanes = lanes
        self.chunk = chunk
        self.chunks = chunks
        self.code = Code(text, lanes)
        self.block = self.code.block
        self.depth = len(loops.sizes)
        needed = work.body.needed(work.results)
        self.emitter = Emitter(self.code, work.body.nodes, needed)
        self.levels = self._levels(needed)
        self.values: dict[int, Vector] = {}
        self.arguments: list[str] = []  # the address of each operand and output, as far as the loops around have moved it
        self.mask: str | None = None

    def _levels(self, needed: list[int]) -> dict[int, list[int]]:
        """The nodes to be computed inside of each number of loops."""
        level: dict[int, int] = {}
        found: dict[int, list[int]] = {depth: [] for depth in range(self.depth + 1)}
        for node in needed:
            function, args, _, detail = self.work.body.nodes[node]
            level[node] = self.loops.level(int(detail)) if function == "input" else max([level[arg] for arg in args], default=0)  # type: ignore[arg-type]
            found[level[node]].append(node)
        return found

    def function(self) -> str:
        """The text."""
        block = self.block
        work, packed = self.work, _is_packed(self.work)
        arrays = len(output_shapes(work))
        for index, operand in enumerate(work.operands):
            slot = _slot(block, "%env", index)
            self.arguments.append(slot if operand.is_scalar else block(f"load ptr, ptr {slot}"))
        results = [block(f"load ptr, ptr {_slot(block, '%env', len(work.operands) + index)}") for index in range(arrays)]
        rows = [index for index, operand in enumerate(work.operands) if operand.is_rows]
        first = len(work.operands) + arrays
        self.distances = {index: block(f"load i64, ptr {_slot(block, '%env', first + at)}") for at, index in enumerate(rows)}
        self.results = results
        self.packed = packed
        self._prepare_reductions()
        self._compute(0)
        if self.depth:
            self._loop(0, "entry")
        else:
            self._store()
        block.do("ret void")
        return f"define internal void @work(ptr %env, i64 %chunk) {{\nentry:\n{block.text()}\n}}"

    def _prepare_reductions(self) -> None:
        """Variables to accumulate in; for columns, this chunk's part of the workspace."""
        block, at = self.block, _first_workspace(self.work)
        for index, reduction in self.reductions.items():
            if reduction.form != COLUMNS:
                self.totals[index] = block(f"alloca {self.code.type(reduction.element)}")
            if not reduction.needs_workspace:
                continue
            workspace = block(f"load ptr, ptr {_slot(block, '%env', at)}")
            at += 1
            offset = block(f"mul i64 %chunk, {reduction.results}")
            self.results[index] = block(f"getelementptr {reduction.element}, ptr {workspace}, i64 {offset}")
            if reduction.form == COLUMNS:
                name = "@llvm.memset.p0.i64"
                self.code.text.declared.setdefault(name, f"declare void {name}(ptr, i8, i64, i1)")
                block.do(f"call void {name}(ptr {self.results[index]}, i8 0, i64 {8 * reduction.results}, i1 false)")

    def _start(self, depth: int) -> None:
        """Begin to accumulate what is reduced from this loop inwards."""
        for index, reduction in self.reductions.items():
            if reduction.first == depth and index in self.totals:
                start = self.code.number(reduction.element, identity(reduction.kind))
                self.block.do(f"store {self.code.type(reduction.element)} {start.name}, ptr {self.totals[index]}")

    def _end(self, depth: int) -> None:
        """Write what was accumulated."""
        for index, reduction in self.reductions.items():
            if reduction.first != depth or index not in self.totals:
                continue
            typed = self.code.type(reduction.element)
            lanes = Vector(self.code, reduction.element, self.block(f"load {typed}, ptr {self.totals[index]}"))
            total = folded(self.code, reduction.kind, lanes)
            if reduction.form == ROWS:
                total = final(total.code, reduction, total)
            self.block.do(f"store {total.element} {total.name}, ptr {self.results[index]}")

    def _accumulate(self, index: int, value: Vector) -> None:
        """Take in the values of one step of the innermost loop."""
        reduction, code = self.reductions[index], self.code
        if reduction.element == "double":
            value = value.convert("fpext", "double")
        if reduction.form == COLUMNS:
            before = self._load_from(self.results[index], "double", 8)
            self._store_one(before + value, self.results[index], 8)
            return
        if self.mask is not None:
            value = code.select(Vector(code, "i1", self.mask), value, identity(reduction.kind))
        typed = code.type(reduction.element)
        before = Vector(code, reduction.element, self.block(f"load {typed}, ptr {self.totals[index]}"))
        self.block.do(f"store {typed} {combine(code, reduction.kind, before, value).name}, ptr {self.totals[index]}")

    def _bounds(self) -> tuple[str, str]:
        """Where the outermost loop begins and ends in this chunk."""
        if self.chunks == 1:
            return "0", str(self.loops.sizes[0])
        begin = self.block(f"mul i64 %chunk, {self.chunk}")
        end = self.block(f"add i64 {begin}, {self.chunk}")
        limit = self.loops.sizes[0]
        if limit % self.chunk:
            is_less = self.block(f"icmp slt i64 {end}, {limit}")
            end = self.block(f"select i1 {is_less}, i64 {end}, i64 {limit}")
        return begin, end

    def _loop(self, depth: int, before: str) -> None:
        """One loop and what is inside."""
        block, name = self.block, f"loop{depth}"
        begin, end = self._bounds() if depth == 0 else ("0", str(self.loops.sizes[depth]))
        is_inner = depth == self.depth - 1
        step = self.lanes if is_inner else 1
        self._start(depth)
        block.do(f"br label %{name}")
        block.do(f"{name}:")
        index, following = f"%i{depth}", f"%next{depth}"
        last = name if is_inner else f"after{depth + 1}"
        block.do(f"{index} = phi i64 [ {begin}, %{before} ], [ {following}, %{last} ]")
        outer = list(self.arguments), list(self.results)
        self._move(depth, index)
        if is_inner and self.loops.sizes[depth] % self.lanes:
            self.mask = self._mask(index)
        self._compute(depth + 1)
        if is_inner:
            self._store()
        else:
            self._loop(depth + 1, name)
        self.arguments, self.results = outer
        block.do(f"{following} = add i64 {index}, {step}")
        goes_on = block(f"icmp slt i64 {following}, {end}")
        block.do(f"br i1 {goes_on}, label %{name}, label %after{depth}")
        block.do(f"after{depth}:")
        self._end(depth)

    def _move(self, depth: int, index: str) -> None:
        """Move the addresses to where step `index` of a loop is."""
        block = self.block
        for number, operand in enumerate(self.work.operands):
            move = self.loops.moves[number][depth]
            if not move:
                continue
            if operand.is_rows and depth < self.depth - 1:
                offset = block(f"mul i64 {block(f'mul i64 {index}, {move}')}, {self.distances[number]}")
                self.arguments[number] = block(f"getelementptr i8, ptr {self.arguments[number]}, i64 {offset}")
            else:
                self.arguments[number] = self._moved(self.arguments[number], element_of(operand.dtype), index, move)
        step = math.prod(self.loops.sizes[depth + 1 :])
        for number, (result, (dtype, _)) in enumerate(zip(self.results, output_shapes(self.work))):
            reduction = self.reductions.get(number)
            if reduction is None:
                rows = 1 if depth == self.depth - 1 else len(self.work.outputs[number].nodes)
                self.results[number] = self._moved(result, element_of(dtype), index, step * rows)
            elif self.loops.results[number][depth]:
                kind = "double" if reduction.form == COLUMNS else "float"
                self.results[number] = self._moved(result, kind, index, self.loops.results[number][depth])

    def _moved(self, address: str, element: str, index: str, move: int) -> str:
        elements = index if move == 1 else self.block(f"mul i64 {index}, {move}")
        return self.block(f"getelementptr {element}, ptr {address}, i64 {elements}")

    def _mask(self, index: str) -> str:
        """Which lanes are inside."""
        each = ", ".join(f"i32 {lane}" for lane in range(self.lanes))
        left = self.block(f"sub i64 {self.loops.sizes[-1]}, {index}")
        is_last = self.block(f"icmp slt i64 {left}, {self.lanes}")
        left = self.block(f"trunc i64 {self.block(f'select i1 {is_last}, i64 {left}, i64 {self.lanes}')} to i32")
        return self.block(f"icmp slt <{self.lanes} x i32> <{each}>, {self.code.spread('i32', left).name}")

    def _compute(self, level: int) -> None:
        """The nodes that can be computed inside of `level` loops and not before."""
        for node in self.levels[level]:
            made = self.work.body.nodes[node]
            if made.function == "input":
                self.values[node] = self._load(int(made.detail), made.dtype)  # type: ignore[arg-type]
            else:
                self.values[node] = self.emitter.value(made, [self.values[arg] for arg in made.args])

    def _load(self, number: int, dtype: str) -> Vector:
        block, element, code = self.block, element_of(dtype), self.code
        is_vector = self.depth > 0 and self.loops.moves[number][-1] != 0
        if not is_vector or self.lanes == 1:
            loaded = code.spread(element, block(f"load {element}, ptr {self.arguments[number]}"))
        else:
            loaded = self._load_from(self.arguments[number], element, np.dtype(dtype).itemsize)
        return loaded.compare("ne", 0) if dtype == "bool" else loaded

    def _load_from(self, address: str, element: str, size: int) -> Vector:
        """A vector from memory, only the lanes that are inside."""
        typed, short = self.code.type(element), {"float": "f32", "double": "f64"}.get(element, element)
        if self.mask is None:
            return Vector(self.code, element, self.block(f"load {typed}, ptr {address}, align {size}"))
        mask = self.code.type("i1")
        name = f"@llvm.masked.load.v{self.lanes}{short}.p0"
        self.code.text.declared.setdefault(name, f"declare {typed} {name}(ptr, i32, {mask}, {typed})")
        arguments = f"ptr {address}, i32 {size}, {mask} {self.mask}, {typed} zeroinitializer"
        return Vector(self.code, element, self.block(f"call {typed} {name}({arguments})"))

    def _store(self) -> None:
        """The results of the innermost loop."""
        at: Counter[str] = Counter()
        arrays = {dtype: result for (dtype, _), result in zip(output_shapes(self.work), self.results)}
        for index, output in enumerate(self.work.outputs):
            dtype = self.work.dtype(index)
            value = self.values[output.node]
            if output.reduced:
                self._accumulate(index, value)
                continue
            if dtype == "bool":
                value = value.convert("zext", "i8")
            if self.packed:
                place = self.block(f"getelementptr {value.element}, ptr {arrays[dtype]}, i64 {at[dtype]}")
                self._store_one(value, place, np.dtype(dtype).itemsize)
                at[dtype] += 1
            else:
                self._store_one(value, self.results[index], np.dtype(dtype).itemsize)
            for number, node in enumerate(output.beside, 1):
                place = self.block(f"getelementptr {value.element}, ptr {self.results[index]}, i64 {number * self.work.domain[-1]}")
                self._store_one(self.values[node], place, np.dtype(dtype).itemsize)

    def _store_one(self, value: Vector, address: str, size: int) -> None:
        typed = self.code.type(value.element)
        if self.mask is None:
            self.block.do(f"store {typed} {value.name}, ptr {address}, align {size}")
            return
        short, mask = {"float": "f32", "double": "f64"}.get(value.element, value.element), self.code.type("i1")
        name = f"@llvm.masked.store.v{self.lanes}{short}.p0"
        self.code.text.declared.setdefault(name, f"declare void {name}({typed}, ptr, i32, {mask})")
        self.block.do(f"call void {name}({typed} {value.name}, ptr {address}, i32 {size}, {mask} {self.mask})")
