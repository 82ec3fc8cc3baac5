"""`session.plan(fetches, feed_dict)`: how a run is carried out, told as text, as a page, and as a timeline."""

from __future__ import annotations

import os
import re
import time
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from autograd_lite.compiler.passes.memory import peak_bytes
from autograd_lite.compiler.passes.raise_control import Irregular
from autograd_lite.compiler.pipeline import PASSES, compile_plan
from autograd_lite.compiler.plan import Plan
from autograd_lite.compiler.program import FUSED, HANDLE, IF, OP, READ, WHILE, Program, Step, walk
from autograd_lite.core import shapes
from autograd_lite.core.report import (
    STYLE,
    Bar,
    Block,
    Bullets,
    Code,
    Folded,
    Heading,
    Line,
    Paragraph,
    Report,
    Reported,
    Table,
    write_text,
)  # fmt: skip
from autograd_lite.runtime.failures import translate, unfed
from autograd_lite.runtime.fed import Asked
from autograd_lite.runtime.helpers import HELPERS
from autograd_lite.runtime.options import Trace
from autograd_lite.runtime.timeline import Timeline
from autograd_lite.runtime.trial import Trial
from autograd_lite.wire import messages

MOST = 60  # steps that are shown, the slowest of them all
_MOST_LINES = 4000  # of the text of a program; a page shall stay small
_RUNS, _SECONDS = 9, 0.3  # traced runs: at most so many, and no new one after so long
_ABOUT = {run.__name__: (run.__doc__ or "").partition("\n")[0].rstrip(".").replace("`", "") for run in PASSES}
_FUSED = re.compile(r"\d+ steps in one\b.*:\Z")
_NO_STEP = re.compile(r"\s+(feed |constant |give |else:|do:)")


class PlannedStep(NamedTuple):
    """One step of a plan.

    kind: "op", "read", "handle", "if", "while", or the name of a fusion. ops: the op types in it, in order; nodes: their names.
    seconds: the best time of the traced runs; None when it was not timed. bytes: of what it made. flops: None when no cost is declared.
    """

    kind: str
    ops: list[str]
    nodes: list[str]
    made: list[str]
    seconds: float | None
    bytes: int
    flops: float | None


class RunPlan(Reported):
    """How a session carries out one run. Print it, `save("plan.html")`, or look at `steps`.

    Attributes:
      steps: the steps that run, in order, with times and sizes.
      seconds: the best time of a whole traced run; None when none was made.
      peak_bytes: how much the values in between take at most, as far as sizes are known while planning.
      passes: (name, number of steps after it).
    """

    def __init__(self, question: _Question, timings: _Timings | None, why_untimed: str) -> None:
        self._question = question
        self._timings = timings
        self._why_untimed = why_untimed
        plan = question.plan
        self.passes = [] if plan is None else [(name, _count(text)) for name, text in plan.stages]
        self.steps = [] if plan is None else _steps(plan.program, timings)
        self.peak_bytes = 0 if plan is None else peak_bytes(plan.program)[0]

    @property
    def seconds(self) -> float | None:
        """The best time of a whole traced run."""
        return None if self._timings is None else self._timings.whole

    def explain(self, most: int = MOST, full: bool = False) -> str:
        """The plan in words.

        Args:
          most: how many steps are shown; of more, the slowest.
          full: the program after every pass and the Python that runs, too.
        """
        return self.report(most, full).text()

    def report(self, most: int = MOST, full: bool = False) -> Report:
        """The plan in blocks."""
        question = self._question
        title: Line = ("Plan of a run: ", Code(question.title))
        if question.plan is None:
            return Report(title, [Paragraph(f"There is no plan: {question.irregular}. It is run node by node.")])
        blocks = [Paragraph(self._summary()), *self._told_passes(), *self._told_steps(most), *self._told_memory()]
        if full:
            blocks += [Heading("Programs"), *self._programs()]
        return Report(title, blocks)

    def page(self) -> str:
        """The plan as one HTML page, with the programs after every pass folded away."""
        return self.report(10 * MOST, full=True).page()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file: .html (one page, everything in it), .md, .tex or .txt.

        Raises:
          ValueError: another ending. OSError: the file cannot be written; the message names it.
        """
        if os.fspath(path).lower().endswith(".html"):
            write_text(path, self.page())
        else:
            super().save(path)

    def save_timeline(self, path: str | os.PathLike[str]) -> None:
        """Write when each step ran, as JSON that `chrome://tracing` and ui.perfetto.dev open.

        Raises:
          RuntimeError: the run was not timed. OSError: the file cannot be written; the message names it.
        """
        if self._timings is None:
            raise RuntimeError(f"There is no timeline: {self._why_untimed}")
        metadata = messages.RunMetadata()
        self._timings.best.fill(metadata, self._timings.plan)
        write_text(path, Timeline(metadata.step_stats).generate_chrome_trace_format(show_memory=True))

    def _repr_html_(self) -> str:
        return f'<div class="report"><style>{STYLE}</style>{self.report().html()}</div>'

    def __repr__(self) -> str:
        timed = "" if self.seconds is None else f", {_time(self.seconds)}"
        return f"<plan of {self._question.title}: {len(self.steps)} steps{timed}>"

    # ---------------------------------------------------------------- parts

    def _summary(self) -> Line:
        fed = self._question.fed
        count = len(self.steps)
        parts = [f"{count} step{'' if count == 1 else 's'} on the backend {self._question.backend}"]
        if fed:
            parts.append("fed: " + ", ".join(f"{name} {shapes.text(shape)}" for name, shape in fed))
        if self.seconds is not None:
            parts.append(f"{_time(self.seconds)} in the best of {self._timings.runs} traced runs")  # type: ignore[union-attr]
        return "; ".join(parts) + "." + (f" Not timed: {self._why_untimed}" if self._why_untimed else "")

    def _told_passes(self) -> list[Block]:
        rows: list[list[Line]] = []
        before, text_before = 0, ""
        told: set[str] = set()
        for (name, count), (_, text) in zip(self.passes, self._question.plan.stages):  # type: ignore[union-attr]
            change = "no change" if text == text_before else f"{count - before:+d}" if before and count != before else "rewritten"
            rows.append([Code(name), str(count), change if before else "", _ABOUT.get(name, "") if name not in told else "again"])
            told.add(name)
            before, text_before = count, text
        return [Heading("Passes"), Table(["pass", "steps after it", "change", "what it does"], rows, frozenset([1]))]

    def _told_steps(self, most: int) -> list[Block]:
        order = sorted(range(len(self.steps)), key=lambda number: -(self.steps[number].seconds or 0.0))
        shown = sorted(order[:most])
        longest = max((step.seconds or 0.0 for step in self.steps), default=0.0) or 1.0
        rows: list[list[Line]] = []
        for number in shown:
            step = self.steps[number]
            timed: list[Line] = [] if self._timings is None else [_time(step.seconds or 0.0), Bar((step.seconds or 0.0) / longest)]
            work = "" if step.flops is None else _amount(step.flops, "FLOP")
            rows.append([str(number), _label(step), Code(_cut(step.nodes[0])), ", ".join(step.made), work, *timed])
        header: list[Line] = ["step", "does", "node", "makes", "work", *(["time", ""] if self._timings is not None else [])]
        blocks: list[Block] = [Heading("Steps"), Table(header, rows, frozenset([0, 4, 5]))]
        if len(shown) < len(self.steps):
            chosen = "the slowest" if self._timings is not None else "the first"
            blocks.append(Paragraph(f"Shown: {chosen} {len(shown)} of {len(self.steps)} steps; explain(most={len(self.steps)}) shows all."))
        return [*blocks, *self._told_fusion()]

    def _told_fusion(self) -> list[Block]:
        fused = [step for step in self.steps if step.kind == FUSED]
        steps = walk(self._question.plan.program.steps)  # type: ignore[union-attr]
        alone = [step for step in steps if step.kind == FUSED or not step.blocks]
        parts = {id(part) for step in alone for part in step.inner()}
        in_place = sum(len(step.reuses) or step.into is not None for step in alone if id(step) not in parts)
        lines: list[Line] = [(f"{len(step.ops)} steps in one kernel: ", ", ".join(step.ops)) for step in fused[:20]]
        if len(fused) > 20:
            lines.append(f"... and {len(fused) - 20} more fused steps")
        if in_place:
            lines.append(f"{in_place} results go into arrays that are done with")
        return [Heading("Fusion and reuse"), Bullets(lines or ["nothing was fused, and no array is reused"])]

    def _told_memory(self) -> list[Block]:
        program = self._question.plan.program  # type: ignore[union-attr]
        peak, unknown = peak_bytes(program)
        text = f"At most {_amount(peak, 'B')} of values at once"
        text += f", and {unknown} values whose size is known only in the run" if unknown else ""
        copied = sum(program.copied)
        return [Heading("Memory"), Paragraph(f"{text}. {copied} of {len(program.results)} results are copied for the caller.")]

    def _programs(self) -> list[Block]:
        plan: Plan = self._question.plan  # type: ignore[assignment]
        blocks: list[Block] = []
        for text, stages in groupby(plan.stages, key=itemgetter(1)):  # passes that change nothing share the text of the one before
            blocks.append(Folded(("After ", Code(", ".join(name for name, _ in stages))), _short_text(text)))
        return [*blocks, Folded("The Python that runs", _short_text(plan.source))]


def plan_run(session: Any, fetches: Any, feed_dict: Any, trace: bool | None) -> RunPlan:
    """Plan a run, and time it on copies of the session's variables.

    Args:
      trace: whether to time it; None times it when nothing but copies is touched.
    """
    question = _Question(session, fetches, feed_dict)
    if question.plan is None or trace is False:
        return RunPlan(question, None, "" if question.plan is None else "trace=False was given.")
    touched = question.touched()
    if touched and trace is None:
        names = ", ".join(touched[:5])
        return RunPlan(question, None, f"a run would use or change {names}, of which there is no copy; trace=True runs it once.")
    return RunPlan(question, _Timings(question, 1 if touched else _RUNS), "")


class _Question:
    """What is to be run, and the plan for it."""

    def __init__(self, session: Any, fetches: Any, feed_dict: Any) -> None:
        self.trial = Trial(session)
        self.elements, feeds, _ = self.trial.question(fetches, feed_dict)
        self.arrays = list(feeds.values())
        self.feeds = list(feeds)
        self.backend = self.trial.store.backend.name
        self.fed = [(tensor.name, getattr(array, "shape", ())) for tensor, array in feeds.items()]
        self.title = _cut(", ".join(element.name for element in self.elements), 100) or "nothing"
        asked = Asked(self.feeds)
        self._fed = asked.of(self.arrays) if asked.is_needed else None
        self.irregular = ""
        self.plan: Plan | None = None
        try:
            self.plan = self.compiled(traced=False)
        except Irregular as reason:
            self.irregular = f"the control flow is no nesting of branches and loops ({reason})"
            return
        if self.plan.program.unfed:
            raise unfed(self.plan.program.unfed[0])

    def compiled(self, traced: bool) -> Plan:
        """The plan, for telling or for timing."""
        return compile_plan(self.elements, self.feeds, self._fed, explained=not traced, traced=traced, backend=self.backend)

    def touched(self) -> list[str]:
        """The nodes whose effects reach beyond variables and random streams: queues, files, Python functions, the terminal."""
        names: dict[str, None] = {}
        for step in walk(self.plan.program.steps):  # type: ignore[union-attr]
            if step.opdef.state is not None:
                self.trial.store.state(step.node)
            elif step.kind == OP and step.has_effects and not step.opdef.updates and not _is_harmless(step):
                names[step.node.name] = None
        return [*self.trial.store.shared, *names]


def _is_harmless(step: Step) -> bool:
    """Whether a step with effects leaves nothing behind: it looks at the world, or fails if something is wrong."""
    return not step.opdef.stateful or step.opdef.only_looks or step.opdef.name == "Assert"


class _Timings:
    """Traced runs, the best of which counts; each step's best time over all of them."""

    def __init__(self, question: _Question, runs: int) -> None:
        self.plan = question.compiled(traced=True)
        store = question.trial.store
        function = self.plan.bind(store.cell, store.state, HELPERS, store.backend)
        self.steps: dict[int, float] = {}
        self.bytes: dict[int, int] = {}
        self.whole = float("inf")
        self.runs = 0
        begin = time.perf_counter()
        while self.runs < runs and (self.runs < 2 or time.perf_counter() - begin < _SECONDS):
            self._run(question, function)

    def _run(self, question: _Question, function: Any) -> None:
        trace = Trace()
        started = time.perf_counter()
        try:
            function(trace.note, *question.arrays)
        except Exception as error:
            translated = translate(error, self.plan, question.trial.store)
            if translated is error:
                raise
            raise translated from error
        whole = time.perf_counter() - started
        self.runs += 1
        if whole < self.whole:
            self.whole, self.best = whole, trace
        for index, start, end, outputs in trace.steps:
            self.steps[index] = min(self.steps.get(index, float("inf")), end - start)
            self.bytes[index] = sum(size for _, _, size in outputs)


def _steps(program: Program, timings: _Timings | None) -> list[PlannedStep]:
    """The steps of the plan; times belong to the steps of the traced plan, which was made by the same passes."""
    timed = {} if timings is None else timings.steps
    sizes = {} if timings is None else timings.bytes
    found = []
    for index, step in enumerate(program.steps):
        inner = list(step.inner()) if step.blocks else [step]
        made = [_value(program, value) for value in step.outputs if value is not None]
        size = sizes.get(index)
        if size is None:
            size = sum(_bytes(program, value) for value in step.outputs if value is not None)
        ops = ["ReadVariable" if each.kind == READ else each.opdef.name for each in inner]
        nodes = [step.node.name] if not step.blocks else [step.node.name, *(each.node.name for each in inner if each.node is not step.node)]
        found.append(PlannedStep(step.kind, ops, nodes, made, timed.get(index), size, _flops(program, step)))
    return found


def _flops(program: Program, step: Step) -> float | None:
    if step.kind in (READ, HANDLE, IF, WHILE):
        return None
    parts = list(step.inner()) if step.blocks else [step]
    costs = [each.opdef.cost(program.inference(each)) if each.opdef.cost is not None and each.kind == OP else None for each in parts]
    known = [cost[0] for cost in costs if cost is not None]
    return sum(known) if known else None


def _value(program: Program, value: int) -> str:
    known = program.values[value]
    return f"{known.dtype.name}{'' if known.shape is None else shapes.text(known.shape)}"


def _bytes(program: Program, value: int) -> int:
    known = program.values[value]
    return (shapes.num_elements(known.shape) or 0) * known.dtype.size if known.dtype.kind != "s" else 0


def _label(step: PlannedStep) -> Line:
    if step.kind == READ:
        return "read a variable"
    if step.kind in (IF, WHILE):
        return f"{'branches' if step.kind == IF else 'a loop'} of {len(step.ops)} steps"
    if step.kind == OP or len(step.ops) == 1:
        return Code(step.ops[0])
    return (f"{step.kind}: ", Code(_cut(" ".join(step.ops), 48)))


def _count(text: str) -> int:
    """The steps in the text of a program; a fused one counts once, whatever it stands for."""
    count, inside = 0, None  # the indentation of the fused step whose parts are being passed over
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if inside is not None and indent > inside:
            continue
        inside = indent if _FUSED.search(line) else None
        count += _NO_STEP.match(line) is None
    return count


def _short_text(text: str) -> str:
    lines = text.splitlines()
    return text if len(lines) <= _MOST_LINES else "\n".join([*lines[:_MOST_LINES], f"... and {len(lines) - _MOST_LINES} more lines"])


def _cut(text: str, longest: int = 44) -> str:
    return text if len(text) <= longest else "…" + text[-longest:]


def _time(seconds: float) -> str:
    """A time in a unit in which it has few digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.2f} µs"


def _amount(number: float, unit: str) -> str:
    """A number of bytes or operations.

    >>> _amount(2048, "B"), _amount(3, "FLOP")
    ('2.05 kB', '3 FLOP')
    """
    for letter, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {letter}{unit}"
    return f"{number:.0f} {unit}"
