"""FarmHash's Fingerprint64 in LLVM's assembly: the steps of `wire/fingerprint.py`, string by string."""

from __future__ import annotations

from autograd_lite.kernels.bytes_assembly import byte
from autograd_lite.kernels.routine import Routine, Value

__all__ = ["fingerprint_routines"]

K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
Pair = tuple["Word", "Word"]
State = tuple["Word", "Word", "Word", Pair, Pair]


class Word:
    """64 bits whose arithmetic wraps around."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def _with(self, name: str, other: Word | int) -> Word:
        right = other.value.name if isinstance(other, Word) else str(other - (other >> 63 << 64))
        return Word(self.value.routine.emit("i64", f"{name} i64 {self.value.name}, {right}"))

    def __add__(self, other: Word | int) -> Word:
        return self._with("add", other)

    def __mul__(self, other: Word | int) -> Word:
        return self._with("mul", other)

    def __xor__(self, other: Word | int) -> Word:
        return self._with("xor", other)

    def __and__(self, other: int) -> Word:
        return self._with("and", other)

    def __lshift__(self, count: int) -> Word:
        return self._with("shl", count)

    def rotated(self, count: int) -> Word:
        """The bits moved to the right, those that fall out coming back on the left."""
        routine = self.value.routine
        return Word(routine.call("i64", "llvm.fshr.i64", self.value, self.value, routine.integer(count)))

    def mixed(self) -> Word:
        """The upper bits folded into the lower ones."""
        return self ^ self._with("lshr", 47)


def _number(routine: Routine, at: Value | int, size: int = 8) -> Word:
    """`size` bytes of the text from `at` on, read as a little-endian number."""
    place = routine.at(routine["text"], at, "i8")
    if size == 8:
        return Word(routine.load("i64", place))
    return Word(routine.load("i32", place).unsigned_to("i64"))


def _pair(first: Word, second: Word, multiplier: Word) -> Word:
    """Two numbers made one."""
    return (((second ^ ((first ^ second) * multiplier).mixed()) * multiplier).mixed()) * multiplier


def fingerprint_routines() -> list[Routine]:
    """`i64 fingerprint(text, length)`, and what it calls."""
    routine = Routine("fingerprint", {"text": "ptr", "length": "i64"}, returns="i64", public=False)
    length = routine["length"]
    multiplier = Word(length) * 2 + K2
    with routine.when(length > 64):
        routine.leave(routine.call("i64", "long_fingerprint", routine["text"], length))
    with routine.when(length > 16):
        routine.leave(routine.call("i64", "middle_fingerprint", routine["text"], length))
    with routine.when(length >= 8):
        first, last = _number(routine, 0) + K2, _number(routine, length - 8)
        routine.leave(_pair(last.rotated(37) * multiplier + first, (first.rotated(25) + last) * multiplier, multiplier).value)
    with routine.when(length >= 4):
        routine.leave(_pair((_number(routine, 0, 4) << 3) + Word(length), _number(routine, length - 4, 4), multiplier).value)
    with routine.when(length > 0):
        first, middle, last = (Word(byte(routine, routine["text"], at)) for at in (0, length.shifted("lshr", 1), length - 1))
        routine.leave(((((first + (middle << 8)) * K2) ^ (((last << 2) + Word(length)) * K0)).mixed() * K2).value)
    routine.leave(Word(routine.integer(0))._with("add", K2).value)
    return [_middle(), _long(), routine]


def _middle() -> Routine:
    """Strings of 17 to 64 bytes."""
    routine = Routine("middle_fingerprint", {"text": "ptr", "length": "i64"}, returns="i64", public=False)
    length = routine["length"]
    multiplier, is_long = Word(length) * 2 + K2, length > 32
    factor = Word(routine.select(is_long, routine.integer(K2 - (1 << 64)), routine.integer(K1 - (1 << 64))))
    a, b = _number(routine, 0) * factor, _number(routine, 8)
    c, d = _number(routine, length - 8) * multiplier, _number(routine, length - 16) * K2
    y = (a + b).rotated(43) + c.rotated(30) + d
    z = _pair(y, a + (b + K2).rotated(18) + c, multiplier)
    with routine.when(is_long):
        e, f = _number(routine, 16) * multiplier, _number(routine, 24)
        g, h = (y + _number(routine, length - 32)) * multiplier, (z + _number(routine, length - 24)) * multiplier
        routine.leave(_pair((e + f).rotated(43) + g.rotated(30) + h, e + (f + a).rotated(18) + g, multiplier).value)
    routine.leave(z.value)
    return routine


def _long() -> Routine:
    """Strings of more than 64 bytes: block after block, the last one overlapping the one before."""
    routine = Routine("long_fingerprint", {"text": "ptr", "length": "i64"}, returns="i64", public=False)
    length, zero = routine["length"], Word(routine.integer(0))
    y = zero + ((81 * K1 + 113) & ((1 << 64) - 1))
    start = [_number(routine, 0) + 81 * K2 % (1 << 64), y, (y * K2 + 113).mixed() * K2, zero, zero, zero, zero]
    state = [routine.variable(each.value) for each in start]
    blocks = (length - 1).shifted("lshr", 6)
    with routine.loop(0, blocks * 64, 64) as at:
        for variable, word in zip(state, _flat(_block(routine, at, _state(state), zero + K1, 1))):
            variable.set(word.value)
    x, y, z, v, w = _state(state)
    multiplier = ((z & 255) << 1) + K1
    w = (w[0] + Word(length - 1 - blocks * 64), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x, y, z, v, w = _block(routine, length - 64, (x, y, z, v, w), multiplier, 9)
    left = _pair(v[0], w[0], multiplier) + y.mixed() * K0 + z
    routine.leave(_pair(left, _pair(v[1], w[1], multiplier) + x, multiplier).value)
    return routine


def _state(variables) -> State:
    x, y, z, *rest = [Word(each.get()) for each in variables]
    return x, y, z, (rest[0], rest[1]), (rest[2], rest[3])


def _flat(state: State) -> list[Word]:
    x, y, z, v, w = state
    return [x, y, z, *v, *w]


def _block(routine: Routine, at: Value, state: State, multiplier: Word, weight: int) -> State:
    """The state after 64 more bytes."""
    x, y, z, v, w = state
    x = (x + y + v[0] + _number(routine, at + 8)).rotated(37) * multiplier
    y = (y + v[1] + _number(routine, at + 48)).rotated(42) * multiplier
    x = x ^ w[1] * weight
    y = y + v[0] * weight + _number(routine, at + 40)
    z = (z + w[0]).rotated(33) * multiplier
    v = _half(routine, at, v[1] * multiplier, x + w[0])
    w = _half(routine, at + 32, z + w[1], y + _number(routine, at + 16))
    return z, y, x, v, w


def _half(routine: Routine, at: Value, a: Word, b: Word) -> Pair:
    """Two numbers with 32 bytes mixed in."""
    first, second, third, last = (_number(routine, at + 8 * index) for index in range(4))
    a = a + first
    b = (b + a + last).rotated(21)
    total = a + second + third
    return total + last, b + total.rotated(44) + a
