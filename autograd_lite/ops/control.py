"""Ops that are there for their effect: doing nothing, checking, and printing."""

from __future__ import annotations

import sys
import threading

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.samples import sample, several, values


@op("NoOp()", samples=[sample()], no_gradient="it does nothing")
def no_op(xp):
    """Do nothing; other nodes wait for it, or it waits for them."""
    return


def _number_text(value):
    if isinstance(value, bytes):
        return f'"{value.decode(errors="replace")}"'
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def value_text(array, summarize):
    """The first elements of an array, as error messages and Print show them: `[1 2 3...]`."""
    array = np.asarray(to_host(array))
    limit = array.size if summarize < 0 else summarize
    if array.ndim == 0:
        return _number_text(array.astype(np.float64).item() if array.dtype.kind == "f" else array.item()).strip('"')
    shown = 0

    def nested(part):
        nonlocal shown
        if part.ndim == 0:
            shown += 1
            return _number_text(part.item())
        pieces = []
        for item in part:
            if shown >= limit:
                break
            pieces.append(nested(np.asarray(item)) if part.ndim > 1 else _leaf(item))
        return ("" if part.ndim > 1 else " ").join(pieces) if part.ndim == 1 else "".join(f"[{piece}]" for piece in pieces)

    def _leaf(item):
        nonlocal shown
        shown += 1
        return _number_text(item.item() if isinstance(item, np.generic) else item)

    text = nested(array)
    return f"[{text}{'...' if array.size > limit else ''}]"


@op(
    "Assert(condition: bool, data: list(T), *, summarize: int = 3)",
    stateful=True,
    no_gradient="it has no outputs",
    samples=[sample(True, several(values((2,))))],
)
def assert_(xp, condition, data, summarize):
    """Fail, showing `data`, if `condition` is false."""
    if not bool(xp.all(condition)):
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
        text = "".join(value_text(each, summarize) if each.ndim else f"[{value_text(each, summarize)}]" for each in data)
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
    stream = sys.stdout if output_stream == "stdout" else sys.stderr
    stream.write(input.item().decode(errors="replace") + end)
    stream.flush()
