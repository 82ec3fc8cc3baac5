"""Functions in LLVM's assembly, written as Python: values that have operators, variables, loops and branches.

    routine = Routine("scaled", {"x": "ptr", "y": "ptr", "count": "i64"})
    with routine.loop(0, routine["count"]) as i:
        routine.store(routine.load("float", routine["x"], i) * 2.0, routine["y"], i)
    text = module([routine])

Variables live in memory here; LLVM's first pass moves them into registers. Floating-point arithmetic is exactly what is written: nothing
is reordered, and a multiplication and an addition become one instruction only where `fma` says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from autograd_lite.kernels.assembly import Block, double_text
from autograd_lite.kernels.vectors import Code, Text, Vector

__all__ = ["WIDE", "Routine", "Value", "Variable", "apply", "element_of", "lanes_of", "module", "strips", "store_turned", "turned",
           "vector"]

WIDE = 16  # floats in a register of AVX-512, which has instructions of its own
_FLOATS = ("float", "double")
_SUFFIXES = {"float": "f32", "double": "f64", "i32": "i32", "i64": "i64", "i16": "i16", "i8": "i8", "i1": "i1"}
_BYTES = {"float": 4, "double": 8, "i32": 4, "i64": 8, "i16": 2, "i8": 1, "ptr": 8}


def vector(element: str, lanes: int) -> str:
    """The type of so many elements side by side; one alone is no vector.

    >>> vector("float", 8), vector("float", 1)
    ('<8 x float>', 'float')
    """
    return element if lanes == 1 else f"<{lanes} x {element}>"


def element_of(kind: str) -> str:
    """The element type of a vector type, or the type itself.

    >>> element_of("<8 x float>")
    'float'
    """
    return kind[1:-1].split(" x ")[1] if kind.startswith("<") else kind


def lanes_of(kind: str) -> int:
    """How many elements a type holds.

    >>> lanes_of("<8 x float>")
    8
    """
    return int(kind[1:].split(" x ")[0]) if kind.startswith("<") else 1


def _suffix(kind: str) -> str:
    """How a type is called in the name of an intrinsic function."""
    return ("" if lanes_of(kind) == 1 else f"v{lanes_of(kind)}") + _SUFFIXES[element_of(kind)]


class Value:
    """A value of a routine. Operators append instructions; Python numbers become constants of the other side's type.

    Integers are signed and must not overflow where `+`, `-` and `*` are used. Comparisons with NaN are false, but for `differs`.
    """

    __slots__ = ("kind", "name", "routine")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, routine: Routine, kind: str, name: str) -> None:
        self.routine, self.kind, self.name = routine, kind, name

    def _pair(self, other: Value | float, integer: str, floating: str, kind: str | None = None) -> Value:
        right = self.routine.value(self.kind, other)
        if right.kind != self.kind:
            raise TypeError(f"{self.kind} and {right.kind} do not go together")
        name = floating if element_of(self.kind) in _FLOATS else integer
        return self.routine.emit(kind or self.kind, f"{name} {self.kind} {self.name}, {right.name}")

    def __add__(self, other: Value | float) -> Value:
        return self._pair(other, "add nsw", "fadd")

    def __sub__(self, other: Value | float) -> Value:
        return self._pair(other, "sub nsw", "fsub")

    def __mul__(self, other: Value | float) -> Value:
        return self._pair(other, "mul nsw", "fmul")

    def __truediv__(self, other: Value | float) -> Value:
        return self._pair(other, "sdiv", "fdiv")

    def __mod__(self, other: Value | float) -> Value:
        return self._pair(other, "srem", "frem")

    def __and__(self, other: Value | float) -> Value:
        return self._pair(other, "and", "and")

    def __or__(self, other: Value | float) -> Value:
        return self._pair(other, "or", "or")

    def __radd__(self, other: float) -> Value:
        return self.routine.value(self.kind, other) + self

    def __rsub__(self, other: float) -> Value:
        return self.routine.value(self.kind, other) - self

    def __rtruediv__(self, other: float) -> Value:
        return self.routine.value(self.kind, other) / self

    def __rmul__(self, other: float) -> Value:
        return self.routine.value(self.kind, other) * self

    def _compare(self, other: Value | float, integer: str, floating: str) -> Value:
        return self._pair(other, f"icmp {integer}", f"fcmp {floating}", vector("i1", lanes_of(self.kind)))

    def __lt__(self, other: Value | float) -> Value:
        return self._compare(other, "slt", "olt")

    def __le__(self, other: Value | float) -> Value:
        return self._compare(other, "sle", "ole")

    def __gt__(self, other: Value | float) -> Value:
        return self._compare(other, "sgt", "ogt")

    def __ge__(self, other: Value | float) -> Value:
        return self._compare(other, "sge", "oge")

    def equals(self, other: Value | float) -> Value:
        """Whether both are equal: false where one is NaN."""
        return self._compare(other, "eq", "oeq")

    def differs(self, other: Value | float) -> Value:
        """Whether they are not equal: true where one is NaN."""
        return self._compare(other, "ne", "une")

    def unordered(self, other: Value | None = None) -> Value:
        """Whether this, or the other, is NaN."""
        return self._compare(self if other is None else other, "", "uno")

    def below(self, other: Value | float) -> Value:
        """Whether an integer is at least 0 and less than the other."""
        return self._compare(other, "ult", "")

    def to(self, element: str) -> Value:
        """The same number in another type."""
        wanted, own = vector(element, lanes_of(self.kind)), element_of(self.kind)
        if wanted == self.kind:
            return self
        if own in _FLOATS and element in _FLOATS:
            name = "fpext" if element == "double" else "fptrunc"
        elif own in _FLOATS:
            name = "fptosi"
        elif element in _FLOATS:
            name = "uitofp" if own == "i1" else "sitofp"
        else:
            name = ("zext" if own == "i1" else "sext") if _bits(element) > _bits(own) else "trunc"
        return self.routine.emit(wanted, f"{name} {self.kind} {self.name} to {wanted}")

    def unsigned_to(self, element: str) -> Value:
        """The same bits as a longer integer that is not negative."""
        wanted = vector(element, lanes_of(self.kind))
        return self.routine.emit(wanted, f"zext {self.kind} {self.name} to {wanted}")

    def bits_as(self, element: str) -> Value:
        """The same bits, read as another type of the same size."""
        wanted = vector(element, lanes_of(self.kind))
        return self.routine.emit(wanted, f"bitcast {self.kind} {self.name} to {wanted}")

    def shifted(self, name: str, by: int) -> Value:
        """The bits moved: `shl`, `lshr` or `ashr`."""
        return self._pair(by, name, name)


def _bits(element: str) -> int:
    return 1 if element == "i1" else 8 * _BYTES[element]


class Variable:
    """A value that changes."""

    def __init__(self, routine: Routine, kind: str, name: str) -> None:
        self.routine, self.kind, self.name = routine, kind, name

    def get(self) -> Value:
        """The present value."""
        return self.routine.emit(self.kind, f"load {self.kind}, ptr {self.name}")

    def set(self, value: Value | float) -> None:
        """Give it a new value."""
        self.routine.block.do(f"store {self.kind} {self.routine.value(self.kind, value).name}, ptr {self.name}")


class Routine:
    """A function under construction.

    Args:
      name: its name in the module.
      parameters: name and type of each; pointers may be given as `ptr noalias` where nothing else leads to what is written there.
      returns: the type of its result.
      public: whether it can be called from outside.
    """

    def __init__(self, name: str, parameters: Mapping[str, str], returns: str = "void", public: bool = True) -> None:
        self.name, self.returns, self.public = name, returns, public
        self.block = Block()
        self.parameters = dict(parameters)
        self.arguments = {each: Value(self, kind.split()[0], f"%{each}") for each, kind in parameters.items()}
        self.declared: dict[str, str] = {}
        self._slots: list[str] = []
        self._labels = 0

    def __getitem__(self, name: str) -> Value:
        return self.arguments[name]

    # ------------------------------------------------------------ values

    def emit(self, kind: str, expression: str) -> Value:
        """Append an instruction that has a value."""
        return Value(self, kind, self.block(expression))

    def value(self, kind: str, number: Value | float) -> Value:
        """A number as a constant of this type, the same in each lane; values stay what they are."""
        if isinstance(number, Value):
            return number
        element = element_of(kind)
        if element in _FLOATS:
            text = double_text(float(np.float32(number)) if element == "float" else float(number))
        elif element == "ptr" and not number:
            text = "null"
        else:
            text = str(int(number))
        lanes = lanes_of(kind)
        return Value(self, kind, text if lanes == 1 else f"<{', '.join([f'{element} {text}'] * lanes)}>")

    def integer(self, number: Value | int) -> Value:
        """An i64."""
        return self.value("i64", number)

    def each(self, element: str, numbers: Sequence[int]) -> Value:
        """A vector constant with an integer of its own in each lane."""
        return Value(self, vector(element, len(numbers)), f"<{', '.join(f'{element} {number}' for number in numbers)}>")

    def spread(self, scalar: Value, lanes: int) -> Value:
        """A scalar in every lane."""
        if lanes == 1:
            return scalar
        kind = vector(scalar.kind, lanes)
        first = self.block(f"insertelement {kind} poison, {scalar.kind} {scalar.name}, i32 0")
        return self.emit(kind, f"shufflevector {kind} {first}, {kind} poison, <{lanes} x i32> zeroinitializer")

    def shuffle(self, left: Value, right: Value, order: Sequence[int]) -> Value:
        """Lanes of two vectors in a new order; those of the second are numbered on from those of the first."""
        mask = ", ".join(f"i32 {lane}" for lane in order)
        text = f"shufflevector {left.kind} {left.name}, {right.kind} {right.name}, <{len(order)} x i32> <{mask}>"
        return self.emit(vector(element_of(left.kind), len(order)), text)

    def select(self, condition: Value, left: Value | float, right: Value | float) -> Value:
        """Choose `left` where the condition holds, else `right`, lane by lane."""
        kind = left.kind if isinstance(left, Value) else right.kind  # type: ignore[union-attr]
        left, right = self.value(kind, left), self.value(kind, right)
        return self.emit(kind, f"select {condition.kind} {condition.name}, {kind} {left.name}, {kind} {right.name}")

    def smaller(self, left: Value | int, right: Value | int) -> Value:
        """The smaller of two integers."""
        left, right = self.integer(left), self.integer(right)
        return self.select(left < right, left, right)

    def larger(self, left: Value | int, right: Value | int) -> Value:
        """The larger of two integers."""
        left, right = self.integer(left), self.integer(right)
        return self.select(left > right, left, right)

    def call(self, kind: str, name: str, *arguments: Value) -> Value:
        """Call a function of LLVM or of the module; `kind` is the type of its result."""
        self.declared.setdefault(name, f"declare {kind} @{name}({', '.join(each.kind for each in arguments)})")
        text = f"call {kind} @{name}({', '.join(f'{each.kind} {each.name}' for each in arguments)})"
        if kind == "void":
            self.block.do(text)
            return arguments[0]
        return self.emit(kind, text)

    def intrinsic(self, name: str, *arguments: Value) -> Value:
        """Call a function of LLVM that exists for every type, such as `sqrt`."""
        kind = arguments[0].kind
        return self.call(kind, f"llvm.{name}.{_suffix(kind)}", *arguments)

    def fma(self, left: Value, right: Value | float, added: Value | float) -> Value:
        """Work out left * right + added, rounded once."""
        return self.intrinsic("fma", left, self.value(left.kind, right), self.value(left.kind, added))

    def folded(self, name: str, vectors: Value) -> Value:
        """The lanes of a vector folded by halves with `add`, `mul`, `max` or `min`."""
        lanes = lanes_of(vectors.kind)
        while lanes > 1:
            lanes //= 2
            low, high = (self._part(vectors, start, lanes) for start in (0, lanes))
            vectors = combined(name, low, high)
        return vectors

    def _part(self, vectors: Value, start: int, lanes: int) -> Value:
        if lanes == 1:
            return self.emit(element_of(vectors.kind), f"extractelement {vectors.kind} {vectors.name}, i32 {start}")
        mask = ", ".join(f"i32 {start + lane}" for lane in range(lanes))
        return self.emit(vector(element_of(vectors.kind), lanes),
                         f"shufflevector {vectors.kind} {vectors.name}, {vectors.kind} poison, <{lanes} x i32> <{mask}>")  # fmt: skip

    # ------------------------------------------------------------ memory

    def at(self, pointer: Value, index: Value | int, element: str) -> Value:
        """The place of an element."""
        return self.emit("ptr", f"getelementptr inbounds {element}, ptr {pointer.name}, i64 {self.integer(index).name}")

    def load(self, kind: str, pointer: Value, index: Value | int = 0) -> Value:
        """Elements from `index` on, as a value of this type."""
        element = element_of(kind)
        return self.emit(kind, f"load {kind}, ptr {self.at(pointer, index, element).name}, align {_BYTES[element]}")

    def store(self, value: Value, pointer: Value, index: Value | int = 0) -> None:
        """Put a value where the elements from `index` on are."""
        element = element_of(value.kind)
        self.block.do(f"store {value.kind} {value.name}, ptr {self.at(pointer, index, element).name}, align {_BYTES[element]}")

    def prefetch(self, pointer: Value, index: Value | int, to_write: bool = False, is_near: bool = True) -> None:
        """Ask for the floats from `index` on before they are needed, into the nearest cache or the second.

        What is asked for may lie anywhere, even where there is no memory.
        """
        self.declared.setdefault("llvm.prefetch.p0", "declare void @llvm.prefetch.p0(ptr, i32 immarg, i32 immarg, i32 immarg)")
        place = self.emit("ptr", f"getelementptr float, ptr {pointer.name}, i64 {self.integer(index).name}")
        self.block.do(f"call void @llvm.prefetch.p0(ptr {place.name}, i32 {int(to_write)}, i32 {3 if is_near else 2}, i32 1)")

    def first_lanes(self, count: Value, lanes: int) -> Value:
        """A mask of the first `count` lanes."""
        numbers = self.spread(self.smaller(count, lanes).to("i32"), lanes)
        return self.each("i32", range(lanes)) < numbers

    def mask_bits(self, mask: Value) -> Value:
        """A mask as the bits of an integer, the first lane lowest: 0 if it holds nowhere."""
        kind = f"i{lanes_of(mask.kind)}"
        bits = self.emit(kind, f"bitcast {mask.kind} {mask.name} to {kind}")
        return self.emit("i64", f"zext {kind} {bits.name} to i64")

    def lowest_bit(self, bits: Value) -> Value:
        """The number of the lowest bit that is set."""
        return self.call("i64", "llvm.cttz.i64", bits, self.value("i1", 0))

    def load_masked(self, kind: str, pointer: Value, index: Value | int, mask: Value, otherwise: Value) -> Value:
        """The same where the mask holds; memory elsewhere is not touched."""
        place, align = self.at(pointer, index, element_of(kind)), Value(self, "i32 immarg", str(_BYTES[element_of(kind)]))
        return self._masked(kind, f"llvm.masked.load.{_suffix(kind)}.p0", place, align, mask, otherwise)

    def store_masked(self, value: Value, pointer: Value, index: Value | int, mask: Value) -> None:
        """The same where the mask holds."""
        place, align = self.at(pointer, index, element_of(value.kind)), Value(self, "i32 immarg", str(_BYTES[element_of(value.kind)]))
        self._masked("void", f"llvm.masked.store.{_suffix(value.kind)}.p0", value, place, align, mask)

    def _masked(self, kind: str, name: str, *arguments: Value) -> Value:
        """A call of LLVM's masked access, whose alignment must be written as a plain constant."""
        self.declared.setdefault(name, f"declare {kind} @{name}({', '.join(each.kind for each in arguments)})")
        given = ", ".join(f"{each.kind.split(' immarg')[0]} {each.name}" for each in arguments)
        if kind == "void":
            self.block.do(f"call void @{name}({given})")
            return arguments[0]
        return self.emit(kind, f"call {kind} @{name}({given})")

    def fill(self, value: Value, pointer: Value, count: Value, width: int) -> None:
        """Store a scalar `count` times."""
        for lanes, i in strips(self, count, (width, 1)):
            self.store(self.spread(value, lanes), pointer, i)

    # ------------------------------------------------------------ control

    def room(self, kind: str, count: int = 1) -> Value:
        """Memory for so many values, for as long as the function runs."""
        name = f"%slot{len(self._slots)}"
        self._slots.append(f"{name} = alloca {kind}, i64 {count}")
        return Value(self, "ptr", name)

    def variable(self, value: Value) -> Variable:
        """A variable with a first value."""
        made = Variable(self, value.kind, self.room(value.kind).name)
        made.set(value)
        return made

    def _label(self) -> str:
        self._labels += 1
        return f"block{self._labels}"

    def _begin(self, label: str, jump: bool = True) -> None:
        if jump:
            self.block.do(f"br label %{label}")
        self.block.do(f"{label}:")

    @contextlib.contextmanager
    def loop(self, start: Value | int, stop: Value | int, step: Value | int = 1) -> Iterator[Value]:
        """Repeat what is inside for `start`, `start + step` and so on below `stop`."""
        position, stop, step = self.variable(self.integer(start)), self.integer(stop), self.integer(step)
        test, body, done = self._label(), self._label(), self._label()
        self._begin(test)
        here = position.get()
        self.block.do(f"br i1 {(here < stop).name}, label %{body}, label %{done}")
        self._begin(body, jump=False)
        yield here
        position.set(here + step)
        self.block.do(f"br label %{test}")
        self._begin(done, jump=False)

    @contextlib.contextmanager
    def while_(self, condition: Callable[[], Value]) -> Iterator[None]:
        """Repeat what is inside as long as the condition, worked out each time, holds."""
        test, body, done = self._label(), self._label(), self._label()
        self._begin(test)
        self.block.do(f"br i1 {condition().name}, label %{body}, label %{done}")
        self._begin(body, jump=False)
        yield
        self.block.do(f"br label %{test}")
        self._begin(done, jump=False)

    @contextlib.contextmanager
    def when(self, condition: Value) -> Iterator[None]:
        """Do what is inside only if the condition holds."""
        inside, done = self._label(), self._label()
        self.block.do(f"br i1 {condition.name}, label %{inside}, label %{done}")
        self._begin(inside, jump=False)
        yield
        self._begin(done)

    def either(self, condition: Value, then: Callable[[], object], otherwise: Callable[[], object]) -> None:
        """Do one or the other."""
        first, second, done = self._label(), self._label(), self._label()
        self.block.do(f"br i1 {condition.name}, label %{first}, label %{second}")
        self._begin(first, jump=False)
        then()
        self.block.do(f"br label %{done}")
        self._begin(second, jump=False)
        otherwise()
        self._begin(done)

    def leave(self, value: Value | int | None = None) -> None:
        """Return from the function; what follows inside the same branch is never reached."""
        self.block.do("ret void" if value is None else f"ret {self.returns} {self.value(self.returns, value).name}")
        self._begin(self._label(), jump=False)

    def text(self, result: Value | int | None = None) -> str:
        """The whole definition, which ends by returning `result`."""
        parameters = ", ".join(f"{kind} %{each}" for each, kind in self.parameters.items())
        end = "ret void" if self.returns == "void" else f"ret {self.returns} {self.value(self.returns, result or 0).name}"
        slots = "".join(f"  {line}\n" for line in self._slots)
        linkage = "" if self.public else "internal "
        return f"define {linkage}{self.returns} @{self.name}({parameters}) {{\nentry:\n{slots}{self.block.text()}\n  {end}\n}}"


def combined(name: str, left: Value, right: Value) -> Value:
    """Two values combined by `add`, `mul`, `max` or `min`. Extremes pass over NaN on the right, and keep NaN on the left."""
    if name in ("add", "mul"):
        return left + right if name == "add" else left * right
    return left.routine.select(right > left if name == "max" else right < left, right, left)


def apply(routine: Routine, function: Callable[..., Vector], *values: Value) -> Value:
    """A function of float32 numbers (of `float32_functions.FUNCTIONS`), lane by lane."""
    lanes = lanes_of(values[0].kind)
    code = Code(Text(is_wide=lanes == WIDE), lanes, routine.block)
    result = function(code, *[Vector(code, "float", value.name) for value in values])
    for name, text in code.text.declared.items():
        routine.declared.setdefault(name.removeprefix("@"), text)
    return Value(routine, values[0].kind, result.name)


def strips(routine: Routine, count: Value | int, widths: Iterable[int]) -> Iterator[tuple[int, Value]]:
    """Go through `count` elements in strips: as many as go in the first width, the rest in the next, and so on.

    What the caller writes for each (lanes, index) becomes the body of a loop. The last width must be 1 if any count may come.
    """
    start: Value | int = 0
    for lanes in widths:
        if isinstance(count, int):
            stop: Value | int = count // lanes * lanes
            if stop == start:
                continue
        else:
            stop = count if lanes == 1 else count - count % lanes
        with routine.loop(start, stop, lanes) as index:
            yield lanes, index
        start = stop


def turned(routine: Routine, square: list[Value]) -> list[Value]:
    """The columns of a square whose rows are given: its quarters change places, then the quarters of these, and so on."""
    square, lanes = list(square), len(square)
    half = lanes // 2
    while half:
        low = [lanes + lane - half if lane & half else lane for lane in range(lanes)]
        high = [lanes + lane if lane & half else lane + half for lane in range(lanes)]
        for first in [number for number in range(lanes) if not number & half]:
            one, other = square[first], square[first + half]
            square[first], square[first + half] = routine.shuffle(one, other, low), routine.shuffle(one, other, high)
        half //= 2
    return square


def store_turned(routine: Routine, lanes: int, source: Value, begin_of: Callable[[Value], Value], inner: Value, target: Value,
                 width: Value | int) -> None:  # fmt: skip
    """Copy lines of `inner` floats as the columns of a matrix with rows of `width`, whole vectors: squares are turned in registers.

    Args:
      begin_of: where in `source` a line begins; for numbers beyond the last one it must say some line that is there.
    """
    kind, zero = vector("float", lanes), routine.value(vector("float", lanes), 0.0)
    with routine.loop(0, width, lanes) as start, routine.loop(0, inner, lanes) as at:
        left = inner - at
        mask = routine.first_lanes(left, lanes)
        square = [routine.load_masked(kind, source, begin_of(start + lane) + at, mask, zero) for lane in range(lanes)]
        for number, each in enumerate(turned(routine, square)):
            with routine.when(left > number):
                routine.store(each, target, (at + number) * width + start)


def module(routines: Iterable[Routine]) -> str:
    """The text of a module of finished routines; what they call and none of them defines is declared."""
    routines = list(routines)
    declared: dict[str, str] = {}
    for routine in routines:
        declared.update(routine.declared)
    for routine in routines:
        declared.pop(routine.name, None)
    return "\n".join([*declared.values(), *[routine.text() for routine in routines]])
