"""One run of a function for the callers of many runs: what a server does with requests that come one by one.

The runs of a session meet at a node. Their rows are put together into a batch, a thread calls the function once with it, and each run goes
on with its own rows of the results.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.core import deadline
from autograd_lite.core.errors import CancelledError, FailedPreconditionError, OpError, UnavailableError
from autograd_lite.core.shapes import text
from autograd_lite.graph.function import CallsFunctions
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid


class _Limits:
    """The limits that a node sets to its batches, checked."""

    def __init__(self, threads: int, rows: int, micros: int, batches: int, allowed: Sequence[int]) -> None:
        for name, value in (("num_batch_threads", threads), ("max_batch_size", rows), ("max_enqueued_batches", batches)):
            if value < 1:
                raise invalid(f"{name} must be positive; was {value}")
        if micros < 0:
            raise invalid(f"batch_timeout_micros must be non-negative; was {micros}")
        if any(one >= other for one, other in zip([0, *allowed], allowed)):
            raise invalid(f"allowed_batch_sizes entries must be monotonically increasing\n  They are {list(allowed)}.")
        if allowed and allowed[-1] != rows:
            message = "final entry in allowed_batch_sizes must equal max_batch_size"
            raise invalid(f"{message}\n  It is {allowed[-1]}, and max_batch_size is {rows}.")
        self.threads, self.rows, self.seconds, self.batches = threads, rows, micros * 1e-6, batches
        self.allowed = list(allowed)

    def padded(self, rows: int) -> int:
        """How many rows the function gets."""
        return next((size for size in self.allowed if size >= rows), rows)


class _Caller:
    """A run that has come to the node, with its rows."""

    def __init__(self, inputs: list[Any], captured: list[Any], most: int) -> None:
        if any(not tensor.ndim for tensor in inputs):
            raise invalid("Batching input tensors must have at least one dimension.")
        sizes = {tensor.shape[0] for tensor in inputs}
        if len(sizes) > 1:
            shapes = ", ".join(text(tensor.shape) for tensor in inputs)
            message = "Batching input tensors supplied in a given op invocation must have equal 0th-dimension size."
            raise invalid(f"{message}\n  Their shapes are {shapes}.")
        self.rows = sizes.pop() if sizes else 0
        if self.rows > most:
            raise invalid(f"Task size {self.rows} is larger than maximum batch size {most}")
        self.inputs, self.captured = inputs, captured
        self.outputs: list[Any] = []
        self.error: BaseException | None = None
        self.done = False

    def fail(self, error: BaseException) -> None:
        """End without results. Each caller has an error of its own, for raising one changes it."""
        self.error = type(error)(error.node_def, error.op, error.message) if isinstance(error, OpError) else error
        self.done = True


class _Batch:
    """Callers that share one run of the function."""

    def __init__(self, limits: _Limits) -> None:
        self.callers: list[_Caller] = []
        self.until = time.monotonic() + limits.seconds
        self.is_closed = False  # nobody joins any more
        self.limits = limits

    @property
    def rows(self) -> int:
        """Of all callers, without padding."""
        return sum(caller.rows for caller in self.callers)


class Batcher:
    """Gathers callers into batches, and calls a function once per batch. There is one for a node and session.

    A batch has a thread of its own, which waits until the batch is full or its time is over, and until its turn comes. So a caller that
    gives up takes nothing with it, and no thread is left when there is nothing to do.
    """

    def __init__(self, functions: dict[str, Any]) -> None:
        self._function = functions["f"]
        self._call: Any = None  # an instance of it, made for the first batch: random numbers go on from batch to batch
        self._making = threading.Lock()
        self._condition = threading.Condition()
        self._queues: dict[str, deque[_Batch]] = {}
        self._running = 0
        self._is_closed = False

    def run(self, queue: str, limits: _Limits, inputs: list[Any], captured: list[Any]) -> list[Any]:
        """This caller's rows of what the function gives.

        Raises:
          InvalidArgumentError: the inputs have no axis of rows, not the same number of them, or too many.
          UnavailableError: too many batches wait.
          CancelledError: the session was closed. DeadlineExceededError: the time of the run is over.
        """
        caller = _Caller(inputs, captured, limits.rows)
        with self._condition:
            if self._is_closed:
                raise CancelledError(None, None, "Session has been closed.")
            batch = self._joined(self._queues.setdefault(queue, deque()), limits, caller)
            try:
                deadline.wait_for(self._condition, lambda: caller.done)
            finally:
                if caller in batch.callers:  # it gives up before the function was called
                    batch.callers.remove(caller)
        if caller.error is not None:
            raise caller.error
        return caller.outputs

    def cancel(self) -> None:
        """The session is closed: nobody waits any longer."""
        with self._condition:
            self._is_closed = True
            for batch in [batch for queue in self._queues.values() for batch in queue]:
                for caller in batch.callers:
                    caller.fail(CancelledError(None, None, "Session has been closed."))
            self._condition.notify_all()

    def _joined(self, queue: deque[_Batch], limits: _Limits, caller: _Caller) -> _Batch:
        """The batch that the caller has become part of: the last one that waits, or a new one."""
        batch = queue[-1] if queue else None
        if batch is None or batch.is_closed or batch.rows + caller.rows > limits.rows:
            if len(queue) >= limits.batches:
                message = "The batch scheduling queue to which this task was submitted is full"
                raise UnavailableError(None, None, f"{message}\n  {len(queue)} batches wait, as many as max_enqueued_batches allows.")
            made = _Batch(limits)
            threading.Thread(target=self._work, args=(queue, made), name="batch_function", daemon=True).start()
            if batch is not None:
                batch.is_closed = True
            queue.append(made)
            batch = made
        batch.callers.append(caller)
        batch.is_closed = batch.rows >= limits.rows
        if batch.is_closed or len(queue) > 1:
            self._condition.notify_all()
        return batch

    def _work(self, queue: deque[_Batch], batch: _Batch) -> None:
        """What the thread of a batch does."""
        callers = self._begun(queue, batch)
        error: BaseException | None = None
        try:
            if callers:
                self._compute(callers, batch.limits)
        except BaseException as failure:  # goes to whoever waits for the batch
            error = failure
        with self._condition:
            self._running -= 1
            for caller in callers:
                if error is not None:
                    caller.fail(error)
                caller.done = True
            self._condition.notify_all()

    def _begun(self, queue: deque[_Batch], batch: _Batch) -> list[_Caller]:
        """Wait until the batch may run, and take it out of the queue; none of its callers when the session was closed."""
        with self._condition:
            while not self._is_closed:
                left = 0.0 if batch.is_closed else batch.until - time.monotonic()
                if left <= 0.0 and self._running < batch.limits.threads and queue[0] is batch:
                    break
                self._condition.wait(left if left > 0.0 else None)
            queue.remove(batch)
            self._running += 1
            self._condition.notify_all()  # the next batch is the first now
            callers, batch.callers = batch.callers, []
            return [] if self._is_closed else callers

    def _compute(self, callers: list[_Caller], limits: _Limits) -> None:
        """Call the function, and deal out the rows of the results."""
        with self._making:
            if self._call is None:
                self._call = self._function.instantiate()
        rows = sum(caller.rows for caller in callers)
        padding = limits.padded(rows) - rows if rows else 0
        columns = zip(*[caller.inputs for caller in callers])
        results = self._call(*[_together(column, padding) for column in columns], *callers[-1].captured)
        for result in results:
            _check_rows(result, rows + padding)
        begin = 0
        for caller in callers:
            caller.outputs = [result[begin : begin + caller.rows] for result in results]
            begin += caller.rows


def _together(parts: Sequence[Any], padding: int) -> Any:
    """The rows of all callers, and so many copies of the first row behind them."""
    if any(part.shape[1:] != parts[0].shape[1:] for part in parts):
        shapes = ", ".join(text(part.shape) for part in parts)
        raise invalid(f"Dimensions of inputs should match\n  Callers of one batch came with {shapes}: only the first size may differ.")
    row = next(part for part in parts if part.shape[0])[:1] if padding else None
    return np.concatenate([*parts, *[row] * padding])


def _check_rows(result: Any, rows: int) -> None:
    if not result.ndim:
        raise FailedPreconditionError(None, None, "Batched output tensor has 0 dimensions")
    if result.shape[0] != rows:
        message = "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input tensors"
        raise FailedPreconditionError(None, None, f"{message}\n  The function gave the shape {text(result.shape)} for {rows} rows.")


@op(
    "BatchFunction(in_tensors: list(Tin), captured_tensors: list(Tcaptured), *, f: func, num_batch_threads: int, max_batch_size: int, "
    "batch_timeout_micros: int, max_enqueued_batches: int = 10, allowed_batch_sizes: list(int) = [], container: string = '', "
    "shared_name: string = '', batching_queue: string = '', Tout: list(type)) -> out_tensors: list(Tout)",
    shape=lambda c: [None] * len(c.attrs["Tout"]),
    host=("in_tensors",),
    state=CallsFunctions("f", made_into=Batcher),
    samples="its function belongs to a graph; tests/api/test_batching.py shows it",
    no_gradient="the rows of several runs go through the function together; it is for serving, not for training",
)
def batch_function(
    xp, in_tensors, captured_tensors, num_batch_threads, max_batch_size, batch_timeout_micros, max_enqueued_batches, allowed_batch_sizes,
    batching_queue, state,
):  # fmt: skip
    """Call a function once for the rows of several runs."""
    limits = _Limits(num_batch_threads, max_batch_size, batch_timeout_micros, max_enqueued_batches, allowed_batch_sizes)
    return state.run(batching_queue, limits, list(in_tensors), list(captured_tensors))
