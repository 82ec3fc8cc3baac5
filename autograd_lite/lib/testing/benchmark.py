"""`tf.test.Benchmark`: how long a run takes, measured as TensorFlow's benchmarks did."""

from __future__ import annotations

import inspect
import re
import time
from typing import Any

import numpy as np

from autograd_lite.core.export import export
from autograd_lite.lib import logging
from autograd_lite.runtime.session import get_default_session
from autograd_lite.wire import messages

_KNOWN: list[type[Benchmark]] = []  # every subclass, in the order in which they were written


@export("test.benchmark_config")
def benchmark_config() -> Any:
    """A ConfigProto for sessions that measure: nothing of the graph is left out by looking at what depends on what.

    >>> benchmark_config().graph_options.rewrite_options.dependency_optimization
    2
    """
    config = messages.ConfigProto()
    config.graph_options.rewrite_options.dependency_optimization = messages.RewriterConfig.OFF
    return config


@export("test.Benchmark")
class Benchmark:
    """The base of classes whose methods named `benchmark...` measure something.

    `tf.test.main()` runs them when the command line says `--benchmarks=regular expression`.

    >>> import autograd_lite as tf
    >>> class SquareBenchmark(tf.test.Benchmark):
    ...     def benchmark_square(self):
    ...         with tf.Session() as session:
    ...             result = self.run_op_benchmark(session, tf.square(tf.ones([10])), min_iters=3)
    ...         return result["iters"]
    >>> SquareBenchmark().benchmark_square()
    3
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _KNOWN.append(cls)

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether the class has nothing to measure."""
        return not any(name.startswith("benchmark") and callable(getattr(cls, name)) for name in dir(cls))

    def evaluate(self, tensors: Any) -> Any:
        """The values of tensors in the default session.

        Raises:
          ValueError: there is none.
        """
        session = get_default_session()
        if session is None:
            raise ValueError("There is no default session: measure inside `with tf.Session():`.")
        return session.run(tensors)

    def report_benchmark(
        self,
        iters: int | None = None,
        cpu_time: float | None = None,
        wall_time: float | None = None,
        throughput: float | None = None,
        extras: dict[str, Any] | None = None,
        name: str | None = None,
        metrics: Any = None,
    ) -> None:
        """Log a measurement under the name of the method that made it.

        Args:
          iters: how often it ran. cpu_time, wall_time: seconds of one run. throughput: MB per second.
          extras: more numbers and texts by their names. metrics: a list of dicts with `name` and `value`.
        """
        entry = {"iters": iters, "wall_time": wall_time, "cpu_time": cpu_time, "throughput": throughput}
        entry.update(extras or {})
        entry.update({metric["name"]: metric["value"] for metric in metrics or ()})
        told = ", ".join(f"{key}: {value:g}" if isinstance(value, float) else f"{key}: {value}" for key, value in entry.items()
                         if value is not None)  # fmt: skip
        logging.info("Benchmark [%s] %s", name or self._name(), told)

    def _name(self) -> str:
        """The class and the method `benchmark...` from which this is called."""
        for frame in inspect.stack(0):
            if frame.function.startswith("benchmark") and frame.frame.f_locals.get("self") is self:
                return f"{type(self).__name__}.{frame.function}"
        return type(self).__name__

    def run_op_benchmark(
        self,
        sess: Any,
        op_or_tensor: Any,
        feed_dict: Any = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        store_trace: bool = False,
        store_memory_usage: bool = True,
        name: str | None = None,
        extras: dict[str, Any] | None = None,
        mbs: float = 0,
    ) -> dict[str, Any]:
        """Run something again and again, take the time, and report it.

        Args:
          sess: the session. op_or_tensor: what to run there. feed_dict: what to feed.
          burn_iters: runs before the first that counts. min_iters: runs that count.
          store_trace, store_memory_usage: not looked at: `sess.run(..., run_metadata=...)` tells where the time goes.
          name, extras: for the report. mbs: megabytes that one run goes through, for the throughput.

        Returns:
          A dict with `iters`, `wall_time` (the median of the seconds of a run), `extras`, `name` and `throughput`.
        """
        for _ in range(burn_iters):
            sess.run(op_or_tensor, feed_dict=feed_dict)
        seconds = np.empty(min_iters)
        for i in range(min_iters):
            start = time.perf_counter()
            sess.run(op_or_tensor, feed_dict=feed_dict)
            seconds[i] = time.perf_counter() - start
        median = float(np.median(seconds)) if min_iters else 0.0
        extras = dict(extras or {}, wall_time_mean=float(seconds.mean()), wall_time_stdev=float(seconds.std())) if min_iters else extras
        result: dict[str, Any] = {"iters": min_iters, "wall_time": median, "extras": extras or {}, "name": name or self._name(),
                  "throughput": mbs / median if median else 0.0}  # fmt: skip
        self.report_benchmark(**result)
        return result


def run_benchmarks(pattern: str) -> None:
    """Run the benchmarks whose names (`Class.method`) match a regular expression; `all` is every one."""
    wanted = re.compile(".*" if pattern == "all" else pattern)
    for kind in _KNOWN:
        for name in dir(kind):
            if name.startswith("benchmark") and wanted.search(f"{kind.__name__}.{name}"):
                getattr(kind(), name)()
