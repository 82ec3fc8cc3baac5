"""What the compiler's tests share: programs after some passes, and the names of their steps."""

from autograd_lite.compiler import verify
from autograd_lite.compiler.pipeline import PASSES
from autograd_lite.compiler.program import OP, Fed, Program


def program_after(last, fetches, feeds=(), feed_shapes=None, fused=False):
    """The program once every pass up to the last one named `last` has run, verified after each; `fuse` only where it is wanted."""
    program = Program(list(fetches), list(feeds), None if feed_shapes is None else Fed(tuple(feed_shapes)))
    names = [run.__name__ for run in PASSES]
    end = len(names) - names[::-1].index(last)
    for run in PASSES[:end]:
        if run.__name__.startswith("fuse") and not fused and last != "fuse":
            continue
        program = run(program)
        verify.verify(program, run.__name__)
    return program


def op_types(program):
    return [step.opdef.name if step.kind == OP else step.kind for step in program.steps]


def node_names(program):
    return [step.node.name for step in program.steps]
