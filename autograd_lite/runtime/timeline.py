"""A picture of a traced run: when each node ran, for the trace viewer of Chrome (chrome://tracing) or Perfetto."""

from __future__ import annotations

import json
from typing import Any


class Timeline:
    """The trace of one run, from the `step_stats` of its RunMetadata.

    Format: the Trace Event Format of Chrome, complete events (`ph: X`), times in microseconds; one process a device, one row a thread.

    >>> metadata = RunMetadata()
    >>> with Session() as session:
    ...     value = session.run(constant(2.0) * 3.0, options=RunOptions(trace_level=RunOptions.FULL_TRACE), run_metadata=metadata)
    >>> '"traceEvents"' in Timeline(metadata.step_stats).generate_chrome_trace_format()
    True
    """

    def __init__(self, step_stats: Any, graph: Any = None) -> None:
        self._step_stats = step_stats

    def generate_chrome_trace_format(self, show_dataflow: bool = True, show_memory: bool = False) -> str:
        """The trace as JSON text: write it to a file and open that in the viewer.

        Args:
          show_dataflow: draw an arrow from each node to those that take its output.
          show_memory: draw how many bytes the results of the nodes take, added up.
        """
        events: list[dict[str, Any]] = []
        start = min((_begin(stats) for device in self._step_stats.dev_stats for stats in device.node_stats), default=0)
        for number, device in enumerate(self._step_stats.dev_stats):
            events.append({"name": "process_name", "ph": "M", "pid": number, "args": {"name": f"{device.device} Compute"}})
            threads: dict[int, int] = {}
            events.extend([_event(stats, start, number, threads.setdefault(stats.thread_id, len(threads))) for stats in device.node_stats])
            events.extend([_thread(number, place) for place in threads.values()])
            if show_dataflow:
                events.extend(_arrows(device, start, number, threads, len(events)))
            if show_memory:
                events.extend(_memory(device, start, number))
        return json.dumps({"traceEvents": events}, indent=4)


def _begin(stats: Any) -> int:
    """When a node began, in nanoseconds, which tell apart the steps of small plans."""
    return stats.all_start_nanos or 1000 * stats.all_start_micros


def _length(stats: Any) -> int:
    """How long it took, in nanoseconds; never 0, so that the viewer shows it and arrows find it."""
    return stats.all_end_rel_nanos or 1000 * max(1, stats.all_end_rel_micros)


def _micros(nanoseconds: float) -> float:
    return round(nanoseconds) / 1000


def _thread(process: int, thread: int) -> dict[str, Any]:
    return {"name": "thread_name", "ph": "M", "pid": process, "tid": thread, "args": {"name": f"thread {thread}"}}


def _event(stats: Any, start: int, process: int, thread: int) -> dict[str, Any]:
    name, kind, inputs = _parsed(stats)
    args: dict[str, Any] = {"name": name, "op": kind}
    args.update((f"input{index}", source) for index, source in enumerate(inputs))
    return {
        "ph": "X",
        "cat": "Op",
        "name": kind,
        "pid": process,
        "tid": thread,
        "ts": _micros(_begin(stats) - start),
        "dur": _micros(_length(stats)),
        "args": args,
    }


def _parsed(stats: Any) -> tuple[str, str, list[str]]:
    """Node, op and inputs from a label `name = Op(input, input)`."""
    name, equals, rest = stats.timeline_label.partition(" = ")
    if not equals:
        return stats.node_name, stats.node_name, []
    kind, _, inputs = rest.partition("(")
    return name, kind, [source for source in inputs.rstrip(")").split(", ") if source]


def _arrows(device: Any, start: int, process: int, threads: dict[int, int], first: int) -> list[dict[str, Any]]:
    """From the end of each node to the beginning of those that take its output; both points lie inside the nodes' boxes."""
    makers = {_parsed(stats)[0]: stats for stats in device.node_stats}
    events: list[dict[str, Any]] = []
    for stats in device.node_stats:
        for source in _parsed(stats)[2]:
            maker = makers.get(source.rpartition(":")[0] or source)
            if maker is None or maker is stats:
                continue
            common = {"cat": "DataFlow", "name": source, "id": first + len(events), "pid": process}
            left = _micros(_begin(maker) - start + 0.75 * _length(maker))
            events.append({"ph": "s", "tid": threads[maker.thread_id], "ts": left, **common})
            events.append({"ph": "t", "tid": threads[stats.thread_id], "ts": _micros(_begin(stats) - start), **common})
    return events


def _memory(device: Any, start: int, process: int) -> list[dict[str, Any]]:
    total, events = 0, []
    for stats in device.node_stats:
        total += sum(memory.total_bytes for memory in stats.memory)
        begin = _micros(_begin(stats) - start)
        events.append({"ph": "C", "cat": "Memory", "name": "bytes made", "pid": process, "ts": begin, "args": {"bytes made": total}})
    return events
