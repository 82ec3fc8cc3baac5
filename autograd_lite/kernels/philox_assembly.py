"""The samplers of `backends.philox` written in LLVM's assembly.

Each step computes as many blocks as fit the vector registers, in 64-bit lanes (a 32 by 32 bit product is one instruction there). Normal
numbers repeat the arithmetic of `backends.float_math` in the same order, without fused multiply-adds.
"""
from __future__ import annotations

import math

import numpy as np

from autograd_lite.backends import float_math, philox
from autograd_lite.kernels.assembly import Block, Lanes, double_text, indices

__all__ = ["KINDS", "module_text", "step_text"]

CHUNK = 8192  # words that one thread makes at a time
KINDS = ("words", "uniform", "doubles", "normal")
ONE_BITS, MANTISSA_BITS = 0x3F800000, 0x7FFFFF
ONE_DOUBLE, UPPER_MANTISSA = 0x3FF0000000000000, 0xFFFFF
# Adding this double rounds a small number to the nearest whole one, and leaves it in the lowest bits.
ROUNDING = 1.5 * 2.0**52


def module_text(blocks_per_step: int, pairs_per_step: int) -> str:
    """Return the LLVM module of the three samplers.

    Args:
      blocks_per_step: blocks of the generator computed side by side. pairs_per_step: normal pairs computed side by side.
    """
    parts = [_tables(pairs_per_step), "declare void @autograd_lite_parallel(ptr, ptr, i64)"]
    for kind in KINDS:
        parts += [step_text(kind, blocks_per_step), _sampler(kind, blocks_per_step, pairs_per_step)]
    parts.append(_normal_pairs(pairs_per_step))
    return "\n".join(parts)


def _tables(pairs: int) -> str:
    def table(name: str, values: np.ndarray) -> str:
        return f"@{name} = private constant [16 x double] [{', '.join(f'double {double_text(v)}' for v in values.tolist())}], align 64"

    return "\n".join([
        table("inverse_centres", float_math.INVERSE_CENTRES), table("log_centres", float_math.LOG_CENTRES),
        f"declare <{pairs} x double> @llvm.masked.gather.v{pairs}f64.v{pairs}p0(<{pairs} x ptr>, i32, <{pairs} x i1>, <{pairs} x double>)",
        f"declare <{pairs} x float> @llvm.sqrt.v{pairs}f32(<{pairs} x float>)"])


def step_text(kind: str, blocks: int) -> str:
    """Return a function `<kind>_step(out, key, low, high, stride)` that writes `blocks` blocks, as words or uniform numbers."""
    block = Block()
    lanes = Lanes(block, blocks)
    low_half, half = lanes.constant("i64", philox.MASK32), lanes.constant("i64", 32)
    steps = lanes.op("mul", "i64", lanes.spread("i64", "%stride"), lanes.each("i64", range(blocks)))
    position = lanes.op("add", "i64", lanes.spread("i64", "%low"), steps)
    high = lanes.spread("i64", "%high")
    words = [position, lanes.op("lshr", "i64", position, half), high, lanes.op("lshr", "i64", high, half)]
    keys = ["%key", block("lshr i64 %key, 32")]
    for number in range(philox.ROUNDS):
        key0, key1 = (lanes.spread("i64", block(f"add i64 {key}, {number * step}")) for key, step in zip(keys, philox.KEY_STEPS))
        left, right = (lanes.op("mul", "i64", lanes.op("and", "i64", word, low_half), lanes.constant("i64", multiplier))
                       for word, multiplier in zip((words[0], words[2]), philox.MULTIPLIERS))
        # The upper halves of these lanes hold garbage from here on; products mask it, and the end cuts it off.
        first = lanes.op("xor", "i64", lanes.op("xor", "i64", lanes.op("lshr", "i64", right, half), words[1]), key0)
        third = lanes.op("xor", "i64", lanes.op("xor", "i64", lanes.op("lshr", "i64", left, half), words[3]), key1)
        words = [first, right, third, left]
    if kind == "doubles":
        first, second = (_unit_doubles(lanes, upper, lanes.op("and", "i64", lower, low_half))
                         for upper, lower in (words[:2], words[2:]))
        block.do(f"store <{2 * blocks} x double> {_interleaved(block, 'double', blocks, first, second)}, ptr %out, align 4")
        block.do("ret void")
        return _definition(kind, block)
    narrow = [lanes.convert("trunc", "i64", word, "i32") for word in words]
    if kind == "uniform":
        narrow = [lanes.convert("bitcast", "float", _unit_floats(lanes, word), "i32") for word in narrow]
    even = _interleaved(block, "i32", blocks, narrow[0], narrow[2])
    odd = _interleaved(block, "i32", blocks, narrow[1], narrow[3])
    block.do(f"store <{4 * blocks} x i32> {_interleaved(block, 'i32', 2 * blocks, even, odd)}, ptr %out, align 4")
    block.do("ret void")
    return _definition(kind, block)


def _definition(kind: str, block: Block) -> str:
    return f"define internal void @{kind}_step(ptr %out, i64 %key, i64 %low, i64 %high, i64 %stride) alwaysinline {{\n{block.text()}\n}}"


def _interleaved(block: Block, element: str, count: int, left: str, right: str) -> str:
    """The lanes of two vectors in turn."""
    mask = indices(index for lane in range(count) for index in (lane, count + lane))
    return block(f"shufflevector <{count} x {element}> {left}, <{count} x {element}> {right}, {mask}")


def _unit_floats(lanes: Lanes, words: str) -> str:
    """Numbers in [0, 1) from the low 23 bits of each word."""
    bits = lanes.op("and", "i32", words, lanes.constant("i32", MANTISSA_BITS))
    bits = lanes.op("or", "i32", bits, lanes.constant("i32", ONE_BITS))
    return lanes.op("fsub", "float", lanes.convert("bitcast", "i32", bits, "float"), lanes.constant("float", 1.0))


def _unit_doubles(lanes: Lanes, upper: str, lower: str) -> str:
    """Numbers in [0, 1) from the low 20 bits of one word and all of another."""
    bits = lanes.op("and", "i64", upper, lanes.constant("i64", UPPER_MANTISSA))
    bits = lanes.op("or", "i64", lanes.op("shl", "i64", bits, lanes.constant("i64", 32)), lower)
    bits = lanes.op("or", "i64", bits, lanes.constant("i64", ONE_DOUBLE))
    return lanes.op("fsub", "double", lanes.convert("bitcast", "i64", bits, "double"), lanes.constant("double", 1.0))


def _sampler(kind: str, blocks: int, pairs: int) -> str:
    """Fills a chunk: whole steps straight into `out`, the rest through a small buffer. And the function that Python calls."""
    numbers = 4 * blocks
    fill = f"""call void @{kind}_step(ptr {{at}}, i64 %key, i64 {{low}}, i64 %high, i64 %stride)"""
    if kind == "normal":
        fill += f"\n  call void @normal_pairs(ptr {{at}}, i64 {numbers // (2 * pairs)})"
    return _shared(kind) + f"""
define internal void @{kind}_some(ptr noalias %out, i64 %count, i64 %key, i64 %low, i64 %high, i64 %stride) {{
entry:
  %buffer = alloca <{numbers} x i32>, align 64
  %whole = udiv i64 %count, {numbers}
  %rest = urem i64 %count, {numbers}
  %stride_per_step = mul i64 %stride, {blocks}
  %any = icmp ugt i64 %whole, 0
  br i1 %any, label %steps, label %tail
steps:
  %i = phi i64 [0, %entry], [%next, %steps]
  %offset = mul i64 %i, {numbers}
  %at = getelementptr i32, ptr %out, i64 %offset
  %blocks = mul i64 %i, %stride_per_step
  %here = add i64 %low, %blocks
  {fill.format(at="%at", low="%here")}
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %whole
  br i1 %more, label %steps, label %tail
tail:
  %left = icmp ugt i64 %rest, 0
  br i1 %left, label %last, label %done
last:
  %done_blocks = mul i64 %whole, %stride_per_step
  %last_low = add i64 %low, %done_blocks
  {fill.format(at="%buffer", low="%last_low")}
  %done_numbers = mul i64 %whole, {numbers}
  %end = getelementptr i32, ptr %out, i64 %done_numbers
  br label %copy
copy:
  %j = phi i64 [0, %last], [%j_next, %copy]
  %from = getelementptr i32, ptr %buffer, i64 %j
  %to = getelementptr i32, ptr %end, i64 %j
  %word = load i32, ptr %from, align 4
  store volatile i32 %word, ptr %to, align 4
  %j_next = add i64 %j, 1
  %j_more = icmp ult i64 %j_next, %rest
  br i1 %j_more, label %copy, label %done
done:
  ret void
}}"""


def _shared(kind: str) -> str:
    """The function that Python calls: many numbers are cut into chunks, which threads share. Each chunk knows its first block."""
    names = ("out", "count", "key", "low", "high", "stride")
    types = ("ptr", *["i64"] * 5)
    stores, loads = [], []
    for index, (name, element) in enumerate(zip(names, types)):
        stores.append(f"%to_{name} = getelementptr i64, ptr %env, i64 {index}\n  store {element} %{name}, ptr %to_{name}")
        loads.append(f"%at_{name} = getelementptr i64, ptr %env, i64 {index}\n  %{name} = load {element}, ptr %at_{name}")
    new_line = "\n  "
    return f"""
define internal void @{kind}_part(ptr %env, i64 %index) {{
  {new_line.join(loads)}
  %begin = mul i64 %index, {CHUNK}
  %left = sub i64 %count, %begin
  %is_last = icmp ult i64 %left, {CHUNK}
  %some = select i1 %is_last, i64 %left, i64 {CHUNK}
  %start = getelementptr i32, ptr %out, i64 %begin
  %blocks = mul i64 %index, {CHUNK // 4}
  %places = mul i64 %blocks, %stride
  %first = add i64 %low, %places
  call void @{kind}_some(ptr %start, i64 %some, i64 %key, i64 %first, i64 %high, i64 %stride)
  ret void
}}

define void @philox_{kind}({", ".join(f"{element} %{name}" for name, element in zip(names, types))}) {{
  %env = alloca [{len(names)} x i64], align 8
  {new_line.join(stores)}
  %filled = add i64 %count, {CHUNK - 1}
  %chunks = udiv i64 %filled, {CHUNK}
  call void @autograd_lite_parallel(ptr @{kind}_part, ptr %env, i64 %chunks)
  ret void
}}"""


def _normal_pairs(pairs: int) -> str:
    """A function that turns raw words in memory, two by two, into normal numbers, `pairs` pairs at a time."""
    block = Block()
    lanes = Lanes(block, pairs)
    block.do(f"%offset = mul i64 %i, {2 * pairs}")
    block.do("%at = getelementptr i32, ptr %data, i64 %offset")
    both = block(f"load <{2 * pairs} x i32>, ptr %at, align 4")
    radius_words, angle_words = (
        block(f"shufflevector <{2 * pairs} x i32> {both}, <{2 * pairs} x i32> poison, {indices(range(start, 2 * pairs, 2))}")
        for start in (0, 1))
    radius = _radius(lanes, _unit_floats(lanes, radius_words))
    sine, cosine = _sin_cos(lanes, _angle(lanes, _unit_floats(lanes, angle_words)))
    sine, cosine = (lanes.op("fmul", "float", value, radius) for value in (sine, cosine))
    block.do(f"store <{2 * pairs} x float> {_interleaved(block, 'float', pairs, sine, cosine)}, ptr %at, align 4")
    return f"""
define internal void @normal_pairs(ptr %data, i64 %steps) {{
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
{block.text()}
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %steps
  br i1 %more, label %loop, label %done
done:
  ret void
}}"""


def _radius(lanes: Lanes, uniform: str) -> str:
    """sqrt(-2 log u), u at least 1e-7."""
    smallest = lanes.constant("float", float(np.float32(philox.SMALLEST_UNIFORM)))
    too_small = lanes.op("fcmp olt", "float", uniform, smallest)
    logarithm = _log_of(lanes, lanes.select(too_small, "float", smallest, uniform))
    square = lanes.op("fmul", "float", logarithm, lanes.constant("float", -2.0))
    floats = lanes.type("float")
    return lanes.block(f"call {floats} @llvm.sqrt.v{lanes.count}f32({floats} {square})")


def _angle(lanes: Lanes, uniform: str) -> str:
    """2 pi u, rounded to float32, as double."""
    angle = lanes.op("fmul", "double", lanes.convert("fpext", "float", uniform, "double"), lanes.constant("double", 2 * math.pi))
    return lanes.convert("fpext", "float", lanes.convert("fptrunc", "double", angle, "float"), "double")


def _log_of(lanes: Lanes, x: str) -> str:
    """`float_math.log`, step by step."""
    ints = lambda name, left, right: lanes.op(name, "i32", left, right)
    doubles = lambda name, left, right: lanes.op(name, "double", left, right)
    number = lambda value: lanes.constant("double", value)
    bits = lanes.convert("bitcast", "float", x, "i32")
    distance = ints("sub", bits, lanes.constant("i32", float_math.LOG_ORIGIN))
    exponent = lanes.convert("sitofp", "i32", ints("ashr", distance, lanes.constant("i32", 23)), "double")
    index = ints("and", ints("lshr", distance, lanes.constant("i32", 19)), lanes.constant("i32", 15))
    z_bits = ints("sub", bits, ints("and", distance, lanes.constant("i32", 0xFF800000 - (1 << 32))))
    z = lanes.convert("fpext", "float", lanes.convert("bitcast", "i32", z_bits, "float"), "double")
    r = doubles("fsub", doubles("fmul", z, _looked_up(lanes, "inverse_centres", index)), number(1.0))
    base = doubles("fadd", doubles("fmul", exponent, number(math.log(2.0))), _looked_up(lanes, "log_centres", index))
    base = doubles("fadd", base, r)
    square = doubles("fmul", r, r)
    cubic, quadratic, linear = map(number, float_math.LOG_POLYNOMIAL)
    result = doubles("fadd", doubles("fmul", r, quadratic), linear)
    result = doubles("fadd", result, doubles("fmul", square, cubic))
    result = doubles("fadd", doubles("fmul", result, square), base)
    return lanes.convert("fptrunc", "double", result, "float")


def _looked_up(lanes: Lanes, table: str, index: str) -> str:
    """One entry of a table of sixteen per lane."""
    count = lanes.count
    places = lanes.block(f"getelementptr double, ptr @{table}, {lanes.type('i32')} {index}")
    everywhere = f"<{', '.join(['i1 true'] * count)}>"
    return lanes.block(f"call {lanes.type('double')} @llvm.masked.gather.v{count}f64.v{count}p0("
                       f"{lanes.type('ptr')} {places}, i32 8, {lanes.type('i1')} {everywhere}, {lanes.type('double')} poison)")


def _sin_cos(lanes: Lanes, angle: str) -> tuple[str, str]:
    """`float_math.sin_cos`, step by step."""
    doubles = lambda name, left, right: lanes.op(name, "double", left, right)
    number = lambda value: lanes.constant("double", value)
    rounded = doubles("fadd", doubles("fmul", angle, number(2 / math.pi)), number(ROUNDING))
    quadrant = lanes.convert("trunc", "i64", lanes.convert("bitcast", "double", rounded, "i64"), "i32")
    r = doubles("fsub", angle, doubles("fmul", doubles("fsub", rounded, number(ROUNDING)), number(math.pi / 2)))
    square = doubles("fmul", r, r)
    fourth = doubles("fmul", square, square)
    cube = doubles("fmul", r, square)
    s0, s1, s2 = map(number, float_math.SIN_POLYNOMIAL)
    sine = doubles("fadd", doubles("fmul", cube, s0), r)
    tail = doubles("fmul", doubles("fmul", cube, square), doubles("fadd", doubles("fmul", square, s2), s1))
    sine = doubles("fadd", sine, tail)
    c0, c1, c2, c3 = map(number, float_math.COS_POLYNOMIAL)
    cosine = doubles("fadd", doubles("fmul", square, c0), number(1.0))
    cosine = doubles("fadd", cosine, doubles("fmul", fourth, c1))
    tail = doubles("fmul", doubles("fmul", fourth, square), doubles("fadd", doubles("fmul", square, c3), c2))
    cosine = doubles("fadd", cosine, tail)
    sine, cosine = (lanes.convert("bitcast", "float", lanes.convert("fptrunc", "double", v, "float"), "i32") for v in (sine, cosine))
    return _turned(lanes, sine, cosine, quadrant)


def _turned(lanes: Lanes, sine: str, cosine: str, quadrant: str) -> tuple[str, str]:
    """Sine and cosine (as bits) after turning by `quadrant` right angles."""
    constant = lambda value: lanes.constant("i32", value)
    odd = lanes.op("icmp ne", "i32", lanes.op("and", "i32", quadrant, constant(1)), constant(0))
    pairs = (lanes.select(odd, "i32", cosine, sine), quadrant), (lanes.select(odd, "i32", sine, cosine),
                                                                  lanes.op("add", "i32", quadrant, constant(1)))
    turned = []
    for bits, turns in pairs:
        sign = lanes.op("shl", "i32", lanes.op("and", "i32", turns, constant(2)), constant(30))
        turned.append(lanes.convert("bitcast", "i32", lanes.op("xor", "i32", bits, sign), "float"))
    return turned[0], turned[1]
