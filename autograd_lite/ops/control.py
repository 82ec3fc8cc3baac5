"""Ops that are there for their effect: doing nothing, checking, and printing."""

from __future__ import annotations

import sys
import threading
import time

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid, scalar_input
from autograd_lite.ops.samples import sample, several, values
from autograd_lite.wire.files import opened


@op("NoOp()", samples=[sample()], no_gradient="it does nothing")
def no_op(xp):
    """Do nothing; other nodes wait for it, or it waits for them."""
    return


def _element_text(element):
    """One element as TensorFlow prints it: floats in as few digits as give the same number again."""
    if isinstance(element, bytes):
        return element.decode(errors="replace")
    if element.dtype.kind == "b":
        return str(int(element))
    if element.dtype.kind != "f":
        return "?" if element.dtype.kind == "c" else str(element)
    if element.dtype.itemsize < 4:
        element = np.float32(element)
    few, enough = (15, 17) if element.dtype.itemsize == 8 else (6, 9)  # digits: enough for most numbers, enough for all
    text = f"{float(element):.{few}g}"
    return text if element.dtype.type(float(text)) == element else f"{float(element):.{enough}g}"


def value_text(array, summarize):
    """The first `summarize` elements of an array (all, if negative), as error messages and Print show them: `[1 2 3...]`."""
    array = to_host(array)
    left = array.size if summarize < 0 else summarize
    cut = "..." if array.size > left else ""

    def part_text(part):
        nonlocal left
        if part.ndim == 1:
            shown = part[:left]
            left -= len(shown)
            return " ".join([_element_text(element) for element in shown]) + ("..." if len(shown) < len(part) else "")
        return "".join([f"[{part_text(inner)}]" for inner in part if left > 0])

    if array.ndim < 2:
        return f"[{part_text(array.reshape(-1))}]"
    return f"[{part_text(array)}{cut}]"


@op(
    "Assert(condition: bool, data: list(T), *, summarize: int = 3)",
    stateful=True,
    only_looks=True,
    no_gradient="it has no outputs",
    samples=[sample(True, several(values((2,))))],
)
def assert_(xp, condition, data, summarize):
    """Fail, showing `data`, if `condition` is false."""
    if not bool(scalar_input(condition, "In[0] should be a scalar: ")):
        raise invalid("assertion failed: " + " ".join(value_text(each, summarize) for each in data))


class _Times:
    """How often a Print node has printed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0

    def once_more(self, first_n):
        with self.lock:
            if 0 <= first_n <= self.count:
                return False
            self.count += 1
            return True


@op(
    "Print(input: T, data: list(U), *, message: string = '', first_n: int = -1, summarize: int = 3) -> output: T",
    shape=rules.unchanged,
    stateful=True,
    state=lambda attrs: _Times(),
    view=("input",),
    samples=[sample(values((2,)), several(values((2,))), first_n=0)],
)
def print_(xp, input, data, message, first_n, summarize, state):
    """Pass `input` on, and print `data` to the standard error stream."""
    if state.once_more(first_n):
        text = "".join(value_text(each, summarize) for each in data)
        print(f"{message}{text}", file=sys.stderr)
    return input


@print_.gradient
def print_gradient(g, op, dy):
    return [dy] + [None] * (len(op.inputs) - 1)


@op(
    "PrintV2(input: string, *, output_stream: string = 'stderr', end: string = '\\n')",
    stateful=True,
    no_gradient="it has no outputs",
    samples="it prints",
)
def print_v2(xp, input, output_stream, end):
    """Print a string."""
    if input.ndim:
        raise invalid(f"Input is expected to be scalar, but got {rules.shape_text(input.shape)}")
    text = input.item().decode(errors="replace")
    if output_stream.startswith("file://"):
        with opened(output_stream.removeprefix("file://"), "ab") as file:
            file.write((text + end).encode())
        return
    if output_stream.startswith("log("):
        stream, text = sys.stderr, f"{output_stream[4:-1].upper()}:tensorflow:{text}"
    else:
        stream = sys.stdout if output_stream == "stdout" else sys.stderr
    stream.write(text + end)
    stream.flush()


@op(
    "Timestamp() -> ts: double",
    shape=rules.scalar,
    stateful=True,
    names=["timestamp"],
    no_gradient="it has no inputs",
    samples="it tells another time in every run",
)
def timestamp(xp):
    """Give the time when the node runs, in seconds since 1970.

    >>> print(tf.Session().run(tf.timestamp()) > 1.5e9)
    True
    """
    return xp.asarray(time.time())
