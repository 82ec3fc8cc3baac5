"""Ops on strings in LLVM's assembly: hash values, numbers read and written, strings cut, split and joined."""

from __future__ import annotations

from collections.abc import Callable

from autograd_lite.kernels.bytes_assembly import byte, data_of, leave_shared, new_bytes, set_item, text_at, word_routine
from autograd_lite.kernels.chunks import checked, chunks_of, refuse, span
from autograd_lite.kernels.fingerprint_assembly import fingerprint_routines
from autograd_lite.kernels.routine import Routine, Value, Variable, module

__all__ = ["cut_text", "hash_text", "join_text", "number_text", "pieces_text", "print_text", "split_text"]

CHUNK = 2048  # strings that a thread takes at once
MOST_DIGITS = 18  # such numbers fit 64 bits
MOST_EXACT = 1 << 53  # up to here doubles hold every whole number
LARGEST_POWER = 22  # of ten that a double holds exactly
PRINTED = 20  # bytes of the longest number of 64 bits


def _chunks(routine: Routine) -> Value:
    return chunks_of(routine, routine["count"], CHUNK)


def hash_text() -> str:
    """`i32 hash(objects, found, bytes_type, buckets, count, ...)`: FarmHash's fingerprint of every string, modulo."""

    def body(part: Routine, index: Value) -> None:
        with part.loop(*span(part, index, CHUNK, part["count"])) as at:
            number = part.call("i64", "fingerprint", *text_at(part, part["objects"], at, lambda: refuse(part)))
            part.store(part.emit("i64", f"urem i64 {number.name}, {part['buckets'].name}"), part["found"], at)

    parameters = {"objects": "ptr", "found": "ptr", **dict.fromkeys(("bytes_type", "buckets", "count", "found_count"), "i64")}
    return module([*fingerprint_routines(), *checked("hash", parameters, _chunks, body)])


# -------------------------------------------------------------------- numbers read


def number_text(element: str) -> str:
    """`i32 read(objects, powers, numbers, is_odd, bytes_type, count, ...)`: the number that each string is.

    powers: of ten, from 1 to 10^22. is_odd gets 1 for a string that is no number, and for numbers that are written in an unusual way or are
    too long to be worked out by one exact operation; its place in `numbers` gets 0.
    """
    read = _read_float if element in ("float", "double") else _read_integer

    def body(part: Routine, index: Value) -> None:
        with part.loop(*span(part, index, CHUNK, part["count"])) as at:
            text, length = text_at(part, part["objects"], at, lambda: refuse(part))
            number, is_plain = read(part, element, text, length)
            part.store(part.select(is_plain, number, 0), part["numbers"], at)
            part.store(part.select(is_plain, part.value("i8", 0), 1), part["is_odd"], at)

    parameters = {**dict.fromkeys(("objects", "powers", "numbers", "is_odd"), "ptr"),
                  **dict.fromkeys(("bytes_type", "count", "numbers_count", "odd_count"), "i64")}  # fmt: skip
    return module(checked("read", parameters, _chunks, body))


def _sign(routine: Routine, text: Value, at: Variable) -> Value:
    """Whether a minus stands here; go on behind a sign."""
    sign = byte(routine, text, at.get())
    at.set(at.get() + (sign.equals(ord("-")) | sign.equals(ord("+"))).to("i64"))
    return sign.equals(ord("-"))


def _digits(routine: Routine, text: Value, at: Variable, number: Variable) -> None:
    """Go on behind the digits that stand here, which are appended to the number. A zero behind the text ends them."""
    digit = routine.variable(byte(routine, text, at.get()) - ord("0"))
    with routine.while_(lambda: digit.get().below(10)):
        number.set(routine.emit("i64", f"add i64 {routine.emit('i64', f'mul i64 {number.get().name}, 10').name}, {digit.get().name}"))
        at.set(at.get() + 1)
        digit.set(byte(routine, text, at.get()) - ord("0"))


def _read_integer(routine: Routine, element: str, text: Value, length: Value) -> tuple[Value, Value]:
    at, number = routine.variable(routine.integer(0)), routine.variable(routine.integer(0))
    is_negative = _sign(routine, text, at)
    start = at.get()
    _digits(routine, text, at, number)
    count = at.get() - start
    size = routine.select(count <= MOST_DIGITS, number.get(), 0)
    value = routine.select(is_negative, 0 - size, size)
    short = value.to(element)
    return short, at.get().equals(length) & (count > 0) & (count <= MOST_DIGITS) & short.to("i64").equals(value)


def _read_float(routine: Routine, element: str, text: Value, length: Value) -> tuple[Value, Value]:
    at, number, scale = (routine.variable(routine.integer(0)) for _ in range(3))
    is_negative = _sign(routine, text, at)
    start = at.get()
    _digits(routine, text, at, number)
    count = routine.variable(at.get() - start)
    with routine.when(byte(routine, text, at.get()).equals(ord("."))):
        at.set(at.get() + 1)
        start = at.get()
        _digits(routine, text, at, number)
        scale.set(start - at.get())
        count.set(count.get() - scale.get())
    is_exact = (count.get() > 0) & (count.get() <= MOST_DIGITS) & number.get().below(MOST_EXACT + 1)
    is_plain = routine.variable(is_exact)
    with routine.when((byte(routine, text, at.get()) | 32).equals(ord("e"))):
        at.set(at.get() + 1)
        power = routine.variable(routine.integer(0))
        is_small = _sign(routine, text, at)
        start = at.get()
        _digits(routine, text, at, power)
        written = at.get() - start
        is_plain.set(is_plain.get() & (written > 0) & (written <= 3))
        size = routine.select(written <= 3, power.get(), 0)
        scale.set(scale.get() + routine.select(is_small, 0 - size, size))
    is_plain.set(is_plain.get() & at.get().equals(length) & (scale.get() + LARGEST_POWER).below(2 * LARGEST_POWER + 1))
    value, places = number.get().to("double"), routine.select(is_plain.get(), scale.get(), 0)
    large = routine.load("double", routine["powers"], routine.larger(places, 0))
    small = routine.load("double", routine["powers"], routine.larger(0 - places, 0))
    value = routine.select(places < 0, value / small, value * large)
    return routine.select(is_negative, value * -1.0, value).to(element), is_plain.get()


# -------------------------------------------------------------------- numbers written


def print_text(element: str) -> str:
    """`i32 print(numbers, objects, table, count, ..., slots)`: whole numbers in decimal. What comes again is written once."""
    write = Routine("write", {"number": "i64", "table": "ptr", "slots": "i64"}, returns="ptr", public=False)
    zero = write.integer(0)
    leave_shared(write, [write["number"], zero, zero], lambda: _printed(write))
    routine = Routine("print", {**dict.fromkeys(("numbers", "objects", "table"), "ptr"),
                                **dict.fromkeys(("count", "objects_count", "slots"), "i64")}, returns="i32")  # fmt: skip
    with routine.loop(0, routine["count"]) as at:
        number = routine.load(element, routine["numbers"], at).to("i64")
        set_item(routine, routine["objects"], at, routine.call("ptr", "write", number, routine["table"], routine["slots"]))
    return module([write, routine])


def _printed(routine: Routine) -> Value:
    """The string of the parameter `number`, which is written from its end on."""
    room, number = routine.room("i8", PRINTED), routine["number"]
    place = routine.variable(routine.integer(PRINTED))
    left = routine.variable(routine.select(number < 0, routine.emit("i64", f"sub i64 0, {number.name}"), number))  # 2^63 is not negative
    go_on = routine.variable(routine.value("i1", 1))
    with routine.while_(go_on.get):
        rest = routine.emit("i64", f"udiv i64 {left.get().name}, 10")
        digit = routine.emit("i64", f"sub i64 {left.get().name}, {routine.emit('i64', f'mul i64 {rest.name}, 10').name}")
        place.set(place.get() - 1)
        routine.store((digit + ord("0")).to("i8"), room, place.get())
        left.set(rest)
        go_on.set(rest.differs(0))
    with routine.when(number < 0):
        place.set(place.get() - 1)
        routine.store(routine.value("i8", ord("-")), room, place.get())
    return new_bytes(routine, routine.at(room, place.get(), "i8"), PRINTED - place.get())


# -------------------------------------------------------------------- strings cut, split and joined


def cut_text() -> str:
    """`i32 cut(objects, where, cuts, table, bytes_type, count, ..., slots)`: the bytes of every string from a place on.

    where: the place, from the end if it is negative, and how many bytes. The status is 1 for a place outside a string.
    """
    routine = Routine("cut", {**dict.fromkeys(("objects", "where", "cuts", "table"), "ptr"),
                              **dict.fromkeys(("bytes_type", "count", "cuts_count", "slots"), "i64")}, returns="i32")  # fmt: skip
    place, wanted = (routine.load("i64", routine["where"], index) for index in range(2))
    with routine.loop(0, routine["count"]) as at:
        text, length = text_at(routine, routine["objects"], at, lambda: routine.leave(1))
        start = routine.select(place < 0, place + length, place)
        with routine.when((start < 0) | (start > length)):
            routine.leave(1)
        size = routine.smaller(routine.larger(wanted, 0), length - start)
        item = routine.call("ptr", "word", routine.at(text, start, "i8"), size, routine["table"], routine["slots"])
        set_item(routine, routine["cuts"], at, item)
    return module([word_routine(), routine])


def _each_piece(routine: Routine, text: Value, length: Value, skips_empty: bool, piece: Callable[[Value, Value], None]) -> None:
    """Do something with the beginning and the length of each piece of a text; `is_mark` says which bytes end a piece."""
    start = routine.variable(routine.integer(0))

    def end(at: Value) -> None:
        size = at - start.get()
        if skips_empty:
            with routine.when(size > 0):
                piece(start.get(), size)
        else:
            piece(start.get(), size)
        start.set(at + 1)

    with routine.loop(0, length) as at, routine.when(routine.load("i8", routine["is_mark"], byte(routine, text, at)).differs(0)):
        end(at)
    end(length)


def pieces_text(skips_empty: bool) -> str:
    """`i32 pieces(objects, is_mark, counts, bytes_type, count, ...)`: how many pieces each string falls into.

    is_mark: for each of the 256 bytes whether a piece ends there.
    """

    def body(part: Routine, index: Value) -> None:
        with part.loop(*span(part, index, CHUNK, part["count"])) as at:
            text, length = text_at(part, part["objects"], at, lambda: refuse(part))
            found = part.variable(part.integer(0))
            _each_piece(part, text, length, skips_empty, lambda start, size: found.set(found.get() + 1))
            part.store(found.get(), part["counts"], at)

    parameters = {**dict.fromkeys(("objects", "is_mark", "counts"), "ptr"),
                  **dict.fromkeys(("bytes_type", "count", "counts_count"), "i64")}  # fmt: skip
    return module(checked("pieces", parameters, _chunks, body))


def split_text(skips_empty: bool) -> str:
    """`i32 split(objects, is_mark, indices, values, table, bytes_type, count, ..., total, slots)`: the pieces, and row and column of each.

    The status is 1 if there are not `total` of them.
    """
    pointers, sizes = ("objects", "is_mark", "indices", "values", "table"), ("bytes_type", "count", "indices_count", "total", "slots")
    routine = Routine("split", {**dict.fromkeys(pointers, "ptr"), **dict.fromkeys(sizes, "i64")}, returns="i32")
    found = routine.variable(routine.integer(0))
    with routine.loop(0, routine["count"]) as row:
        text, length = text_at(routine, routine["objects"], row, lambda: routine.leave(1))
        first = found.get()

        def piece(start: Value, size: Value, row: Value = row, first: Value = first, text: Value = text) -> None:
            at = found.get()
            with routine.when(at >= routine["total"]):
                routine.leave(1)
            routine.store(row, routine["indices"], at * 2)
            routine.store(at - first, routine["indices"], at * 2 + 1)
            item = routine.call("ptr", "word", routine.at(text, start, "i8"), size, routine["table"], routine["slots"])
            set_item(routine, routine["values"], at, item)
            found.set(at + 1)

        _each_piece(routine, text, length, skips_empty, piece)
    routine.leave(found.get().differs(routine["total"]).to("i32"))
    return module([word_routine(), routine])


def join_text(inputs: int) -> str:
    """`i32 join(x0, x1, ..., separator, results, bytes_type, x0_count, ..., separator_count, count)`: strings put together.

    An input of one string goes with all of the others.
    """
    names = [f"x{index}" for index in range(inputs)]
    routine = Routine("join", {**dict.fromkeys((*names, "separator", "results"), "ptr"),
                               **dict.fromkeys(("bytes_type", *[f"{name}_count" for name in names], "separator_count", "count"), "i64"),
                               }, returns="i32")  # fmt: skip
    between = routine["separator_count"]
    with routine.loop(0, routine["count"]) as at:
        texts = [text_at(routine, routine[name], routine.select(routine[f"{name}_count"].equals(1), routine.integer(0), at),
                         lambda: routine.leave(1)) for name in names]  # fmt: skip
        size = between * (inputs - 1)
        for _, length in texts:
            size = size + length
        item = new_bytes(routine, None, size)
        set_item(routine, routine["results"], at, item)
        place = data_of(routine, item)
        for index, (text, length) in enumerate(texts):
            if index:
                _copy(routine, routine["separator"], place, between)
                place = routine.at(place, between, "i8")
            _copy(routine, text, place, length)
            place = routine.at(place, length, "i8")
    return module([routine])


def _copy(routine: Routine, source: Value, target: Value, length: Value) -> None:
    name = "llvm.memcpy.p0.p0.i64"
    routine.declared.setdefault(name, f"declare void @{name}(ptr, ptr, i64, i1 immarg)")
    routine.block.do(f"call void @{name}(ptr {target.name}, ptr {source.name}, i64 {length.name}, i1 false)")
