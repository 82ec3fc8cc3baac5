"""The passes, in order, with the reason for the order; and `compile_plan`, which runs them."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Callable, Iterator, Sequence

from autograd_lite.compiler import verify
from autograd_lite.compiler.emit import emit
from autograd_lite.compiler.emit_device import emit_for_device
from autograd_lite.compiler.explain import program_text
from autograd_lite.compiler.passes.arrange import arrange
from autograd_lite.compiler.passes.columns import columns
from autograd_lite.compiler.passes.cse import cse
from autograd_lite.compiler.passes.epilogues import epilogues
from autograd_lite.compiler.passes.expand import expand
from autograd_lite.compiler.passes.fold import fold
from autograd_lite.compiler.passes.fuse import fuse
from autograd_lite.compiler.passes.fuse_updates import fuse_updates
from autograd_lite.compiler.passes.memory import memory
from autograd_lite.compiler.passes.order import order
from autograd_lite.compiler.passes.parts import parts
from autograd_lite.compiler.passes.prune import prune
from autograd_lite.compiler.passes.raise_control import raise_control
from autograd_lite.compiler.passes.reads import reads
from autograd_lite.compiler.passes.rows import rows
from autograd_lite.compiler.passes.settle import settle
from autograd_lite.compiler.passes.simplify import simplify
from autograd_lite.compiler.passes.specialise import specialise
from autograd_lite.compiler.passes.sums import sums
from autograd_lite.compiler.passes.turn import turn
from autograd_lite.compiler.plan import Plan
from autograd_lite.compiler.program import Fed, Program
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.kernels import native

Pass = Callable[[Program], Program]
MANY_STEPS = 1500  # of which fusing takes a tenth of a second or more

PASSES: list[Pass] = [
    prune,  # first of all: a feed may replace any tensor, and what only led to it must not run
    raise_control,  # while every node of the graph is there: the rest sees conditionals and loops, never Switch and Merge
    order,  # while control edges are at hand; every pass after it works on straight-line programs and cannot break the order of effects
    reads,  # now that the order is known, a variable is read once between two updates
    fold,  # what has no inputs that could change: by it shapes are told (the order of axes, sizes)
    specialise,
    fold,  # what the shapes decide is constant now
    simplify,  # needs constants (x * 1) and shapes (a reshape to the shape there is)
    specialise,  # once more: folded constants (axes, sizes) tell further shapes
    fold,
    simplify,
    settle,  # the same again where a shape is still not known
    parts,  # with all shapes known, and before expand, which takes sums apart
    expand,  # with all shapes known, and before cse, which may find additions made elsewhere
    columns,  # with all shapes known, and before cse, which lets all uses of a matrix share one part of it
    cse,  # after simplify, which makes steps equal that were not
    rows,  # before fuse, which would take the steps between narrow products for itself
    sums,  # after expand, which makes additions out of sums, and after rows, which sums products up in its own kernels
    arrange,  # after sums, which take matrices as they are, and before turn, which looks after the other products
    turn,  # after cse, so that equal products are counted once, and after rows, whose kernels take a matrix either way
    fuse,  # of the final steps, and before memory: it changes what is alive when
    epilogues,  # after fuse, whose steps become parts of the kernels that they follow
    fuse_updates,  # leaves the steps as they are, and says how they are computed
    memory,  # last: it decides by the final steps who may overwrite what
]
_FUSING: tuple[Pass, ...] = (columns, rows, sums, arrange, fuse, epilogues, fuse_updates)


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """Let the garbage collector rest: a program is hundreds of thousands of objects that all stay, and looking at them takes long.

    Not while a plan is made in the background: what runs meanwhile may leave garbage.
    """
    was_on = gc.isenabled() and threading.current_thread() is threading.main_thread()
    if was_on:
        gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_without_collections()
def compile_plan(fetches: Sequence[Tensor | Operation], feeds: Sequence[Tensor], fed: Fed | None = None,
                 explained: bool = False, traced: bool = False, backend: str = "numpy", may_wait: bool = False) -> Plan:  # fmt: skip
    """The plan that computes `fetches` when `feeds` are given.

    Args:
      fed: what will be fed, for a plan made for such arrays alone; None for one that takes any.
      explained: keep the text of the program after every pass, for `explain`.
      backend: the name of the backend that will run it.
      traced: let the plan report the time of every step.
      may_wait: leave the steps of a large program unfused, because it may run only once; the plan says so (`is_waiting`).
    """
    program = Program(fetches, feeds, fed)
    stages: list[tuple[str, str]] = []
    effects: list[str] | None = None
    is_waiting = False
    without: tuple[Pass, ...] = () if backend == "numpy" and not traced and native.installed() else _FUSING
    for number, run in enumerate(PASSES):
        if run is rows and may_wait and len(program.steps) > MANY_STEPS and not without:
            without, is_waiting = _FUSING, True
        if run in without:
            continue
        program = run(program)
        if verify.enabled[0]:
            verify.verify(program, f"{run.__name__} (number {number})", effects, may_drop=run in (fold, settle))
            effects = verify.effects(program) if run in (order, fold, settle) else effects
        if explained:
            stages.append((run.__name__, program_text(program)))
    plan = emit(program, traced) if backend == "numpy" else emit_for_device(program, backend, traced)
    plan.stages = stages
    plan.is_waiting = is_waiting
    return plan
