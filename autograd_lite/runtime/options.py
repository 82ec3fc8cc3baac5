"""Runs with RunOptions and RunMetadata: the time and memory of every step, and the graph that was run."""

from __future__ import annotations

import threading
import time
from typing import Any

from autograd_lite.compiler.plan import Plan
from autograd_lite.compiler.program import HANDLE, READ, Step, walk
from autograd_lite.core import deadline, dtypes
from autograd_lite.wire import messages

NO_TRACE, SOFTWARE_TRACE, HARDWARE_TRACE, FULL_TRACE = range(4)
_DEVICE = "/job:localhost/replica:0/task:0/device:CPU:0"


class Trace:
    """Notes when each step of a traced plan began and ended, and what it made."""

    def __init__(self) -> None:
        self.started = time.time()
        self._clock_at_start = time.perf_counter()
        self.steps: list[tuple[int, float, float, list[tuple[str, tuple[int, ...], int]]]] = []

    def note(self, index: int, begin: float, end: float, outputs: tuple[Any, ...]) -> None:
        """Called by the plan's code after each step."""
        made = [(value.dtype.name, value.shape, value.nbytes) for value in outputs if hasattr(value, "nbytes")]
        self.steps.append((index, begin - self._clock_at_start, end - self._clock_at_start, made))

    def fill(self, run_metadata: Any, plan: Plan) -> None:
        """Write the trace into a RunMetadata message."""
        device = run_metadata.step_stats.dev_stats.add(device=_DEVICE)
        start = int(self.started * 1e9)  # a float cannot tell nanoseconds apart so long after 1970
        for index, begin, end, outputs in self.steps:
            step = plan.program.steps[index]
            stats = device.node_stats.add(
                node_name=_node_name(step), all_start_micros=(start + int(begin * 1e9)) // 1000, op_start_rel_micros=0,
                op_end_rel_micros=max(1, round((end - begin) * 1e6)), all_end_rel_micros=max(1, round((end - begin) * 1e6)),
                timeline_label=_label(step), thread_id=threading.get_ident() % 2**31,
                all_start_nanos=start + int(begin * 1e9), op_end_rel_nanos=int((end - begin) * 1e9),
                all_end_rel_nanos=int((end - begin) * 1e9),
            )  # fmt: skip
            total = 0
            for slot, (dtype, shape, size) in enumerate(outputs):
                output = stats.output.add(slot=slot)
                output.tensor_description.dtype = dtypes.as_dtype(dtype if dtype != "object" else "string").as_datatype_enum
                for length in shape:
                    output.tensor_description.shape.dim.add(size=length)
                output.tensor_description.allocation_description.requested_bytes = size
                output.tensor_description.allocation_description.allocator_name = "cpu"
                total += size
            stats.memory.add(allocator_name="cpu", total_bytes=total, peak_bytes=total)


def _node_name(step: Step) -> str:
    return step.node.name if step.kind not in (READ, HANDLE) else f"{step.node.name}/_read"


def _label(step: Step) -> str:
    kind = "ReadVariable" if step.kind == READ else step.opdef.name
    return f"{step.node.name} = {kind}({', '.join(tensor.name for tensor in step.node.inputs)})"


def time_limit(config: Any) -> float | None:
    """The seconds that a run of a session with this ConfigProto may take; None: as long as it wants."""
    return config.operation_timeout_in_ms / 1000 if config is not None and config.operation_timeout_in_ms > 0 else None


def run_with_options(session: Any, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
    """What `Session.run` does when options or run_metadata are given.

    Raises:
      TypeError: when they are not RunOptions and RunMetadata messages.
    """
    if options is not None and not hasattr(options, "trace_level"):
        raise TypeError(f"Expected tf.RunOptions, but got: {type(options)}")
    if run_metadata is not None and not hasattr(run_metadata, "step_stats"):
        raise TypeError(f"Expected tf.RunMetadata, but got: {type(run_metadata)}")
    limit = options.timeout_in_ms / 1000 if options is not None and options.timeout_in_ms > 0 else session._time_limit
    with deadline.within(limit):
        return _run_with_options(session, fetches, feed_dict, options, run_metadata)


def _run_with_options(session: Any, fetches: Any, feed_dict: Any, options: Any, run_metadata: Any) -> Any:
    runner, values = session._runner(fetches, feed_dict)
    if options is None or run_metadata is None or options.trace_level == NO_TRACE and not options.output_partition_graphs:
        return runner.run(values)
    run_metadata.Clear()
    trace = Trace()
    result, plan = runner.run_traced(values, trace.note)
    if plan is None:
        return result
    if options.trace_level != NO_TRACE:
        trace.fill(run_metadata, plan)
    if options.output_partition_graphs:
        run_metadata.partition_graphs.add().CopyFrom(_graph_that_ran(session, plan))
    return result


def _graph_that_ran(session: Any, plan: Plan) -> Any:
    """The nodes of the graph that the run needed."""
    whole = session.graph.as_graph_def()
    names = {step.node.name for step in walk(plan.program.steps)}
    part = messages.GraphDef()
    part.versions.CopyFrom(whole.versions)
    part.node.extend(node for node in whole.node if node.name in names)
    return part
