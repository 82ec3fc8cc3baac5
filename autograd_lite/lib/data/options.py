"""Options of datasets. Those that tune threads and memory are kept and handed on; a few change what is built."""

from __future__ import annotations

from typing import Any

from autograd_lite.core.export import export


class _Options:
    """A set of named settings, None while nobody has set them."""

    _names: tuple[str, ...] = ()

    def __init__(self) -> None:
        for name in self._names:
            object.__setattr__(self, name, None)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._names:
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.\n  It has: {', '.join(self._names)}")
        object.__setattr__(self, name, value)

    def __eq__(self, other: Any) -> bool:
        return type(other) is type(self) and all(getattr(self, name) == getattr(other, name) for name in self._names)

    __hash__ = None  # type: ignore[assignment]


@export("data.experimental.OptimizationOptions")
class OptimizationOptions(_Options):
    """In which ways datasets may be carried out better: properties such as `map_and_batch_fusion`, True or False."""

    _names = (
        "apply_default_optimizations", "autotune", "autotune_algorithm", "autotune_buffers", "autotune_cpu_budget", "filter_fusion",
        "filter_with_random_uniform_fusion", "hoist_random_uniform", "map_and_batch_fusion", "map_and_filter_fusion", "map_fusion",
        "map_parallelization", "map_vectorization", "noop_elimination", "parallel_batch", "shuffle_and_repeat_fusion",
    )  # fmt: skip


@export("data.experimental.ThreadingOptions")
class ThreadingOptions(_Options):
    """How many threads a dataset may use: `max_intra_op_parallelism`, `private_threadpool_size`."""

    _names = ("max_intra_op_parallelism", "private_threadpool_size")


_BY_DEFAULT = ("map_and_batch_fusion", "noop_elimination", "shuffle_and_repeat_fusion")


@export("data.Options")
class Options(_Options):
    """Options for `Dataset.with_options`.

    >>> options = tf.data.Options()
    >>> options.experimental_deterministic = True
    """

    _names = (
        "experimental_deterministic", "experimental_distribute", "experimental_optimization", "experimental_slack",
        "experimental_stateful_whitelist", "experimental_stats", "experimental_threading",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.experimental_optimization = OptimizationOptions()
        self.experimental_threading = ThreadingOptions()

    def merge(self, options: Options) -> Options:
        """These options, with what the others have set in place of their own."""
        merged = Options()
        for name in self._names:
            mine, theirs = getattr(self, name), getattr(options, name)
            if isinstance(theirs, _Options) and isinstance(mine, _Options):
                both = type(theirs)()
                for part in theirs._names:
                    value = getattr(theirs, part)
                    setattr(both, part, getattr(mine, part) if value is None else value)
                setattr(merged, name, both)
            else:
                setattr(merged, name, mine if theirs is None else theirs)
        return merged

    def _static_optimizations(self) -> list[str]:
        """The names of the rewrites that release 1.15 applies to the graph of a dataset."""
        chosen: Any = self.experimental_optimization
        default = chosen.apply_default_optimizations is not False
        named = [name for name in OptimizationOptions._names if not name.startswith(("autotune", "apply"))]
        found = [name for name in named if getattr(chosen, name) or default and name in _BY_DEFAULT and getattr(chosen, name) is None]
        return sorted(found)
