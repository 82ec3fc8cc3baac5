"""Options of datasets. Those that tune threads and memory are kept and handed on; a few change what is built."""

from __future__ import annotations

from typing import Any

from autograd_lite.core.export import export


class _Setting:
    """A setting, None (or a default) while nobody has set it."""

    def __init__(self, meaning: str, default: Any = None) -> None:
        self.__doc__, self._default = meaning, default

    def __set_name__(self, owner: type[_Options], name: str) -> None:
        self._name = name
        owner._names = (*owner._names, name)

    def __get__(self, options: Any, owner: type | None = None) -> Any:
        return self if options is None else options.__dict__.get(self._name, self._default)

    def __set__(self, options: Any, value: Any) -> None:
        options.__dict__[self._name] = value


class _Options:
    """A set of named settings."""

    _names: tuple[str, ...] = ()

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._names:
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.\n  It has: {', '.join(self._names)}")
        object.__setattr__(self, name, value)

    def __eq__(self, other: Any) -> bool:
        return type(other) is type(self) and all(getattr(self, name) == getattr(other, name) for name in self._names)

    __hash__ = None  # type: ignore[assignment]


@export("data.experimental.MapVectorizationOptions")
class MapVectorizationOptions(_Options):
    """Whether functions of elements may be turned into functions of batches; kept, and without effect here."""

    enabled = _Setting("Whether to do it.")
    use_choose_fastest = _Setting("Whether to measure which is faster.")


@export("data.experimental.OptimizationOptions")
class OptimizationOptions(_Options):
    """In which ways datasets may be carried out better: True or False, None for the default."""

    apply_default_optimizations = _Setting("Whether those that are good in general are made.")
    autotune = _Setting("Whether numbers of threads and sizes of buffers are tuned.")
    autotune_algorithm = _Setting("The number of the algorithm that tunes.")
    autotune_buffers = _Setting("Whether sizes of buffers are tuned.")
    autotune_cpu_budget = _Setting("How many processors there are to tune for.")
    filter_fusion = _Setting("Whether filters become one.")
    filter_with_random_uniform_fusion = _Setting("Whether random filters become samplings.")
    hoist_random_uniform = _Setting("Whether random numbers are made outside of functions.")
    map_and_batch_fusion = _Setting("Whether a map and a batch become one.")
    map_and_filter_fusion = _Setting("Whether a map and a filter become one.")
    map_fusion = _Setting("Whether maps become one.")
    map_parallelization = _Setting("Whether maps without state use threads.")
    map_vectorization = _Setting("`MapVectorizationOptions`.")
    noop_elimination = _Setting("Whether what changes nothing is left out.")
    parallel_batch = _Setting("Whether batches are copied by threads.")
    shuffle_and_repeat_fusion = _Setting("Whether a shuffle and a repeat become one.")


@export("data.experimental.ThreadingOptions")
class ThreadingOptions(_Options):
    """How many threads a dataset may use."""

    max_intra_op_parallelism = _Setting("The most threads of one operation.")
    private_threadpool_size = _Setting("The number of threads of the dataset alone.")


@export("data.experimental.DistributeOptions")
class DistributeOptions(_Options):
    """How a dataset is shared out among workers. One process reads all of it, so nothing is shared out."""

    auto_shard = _Setting("Whether each worker reads a part.")
    num_devices = _Setting("How many devices there are.")


@export("data.experimental.StatsOptions")
class StatsOptions(_Options):
    """What is noted while a dataset is read, and where it goes.

    >>> options = tf.data.Options()
    >>> options.experimental_stats.aggregator = tf.data.experimental.StatsAggregator()
    >>> options.experimental_stats.latency_all_edges = True
    >>> dataset = tf.data.Dataset.range(3).with_options(options)
    """

    aggregator = _Setting("The `StatsAggregator` that collects.")
    prefix = _Setting("What stands before the names of all that is noted, with `::` between.", "")
    counter_prefix = _Setting("The same for what only counts.", "")
    latency_all_edges = _Setting("Whether each transformation notes how long its elements take, as `record_latency_` and its node's name.")


_BY_DEFAULT = ("map_and_batch_fusion", "noop_elimination", "shuffle_and_repeat_fusion")


@export("data.Options")
class Options(_Options):
    """Options for `Dataset.with_options`.

    >>> options = tf.data.Options()
    >>> options.experimental_deterministic = True
    """

    experimental_deterministic = _Setting("Whether elements always come in the same order; they do.")
    experimental_distribute = _Setting("`DistributeOptions`.")
    experimental_optimization = _Setting("`OptimizationOptions`.")
    experimental_slack = _Setting("Whether prefetching waits a little after each element.")
    experimental_stateful_whitelist = _Setting("Ops with a state that may be carried out anywhere.")
    experimental_stats = _Setting("`StatsOptions`.")
    experimental_threading = _Setting("`ThreadingOptions`.")

    def __init__(self) -> None:
        self.experimental_distribute = DistributeOptions()
        self.experimental_optimization = OptimizationOptions()
        self.experimental_stats = StatsOptions()
        self.experimental_threading = ThreadingOptions()

    def merge(self, options: Options) -> Options:
        """These options, with what the others have set in place of their own."""
        merged = Options()
        for name in self._names:
            mine, theirs = getattr(self, name), getattr(options, name)
            if isinstance(theirs, _Options) and isinstance(mine, _Options):
                both = type(theirs)()
                for part in theirs._names:
                    value = theirs.__dict__.get(part)
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
        stats: Any = self.experimental_stats
        return sorted(found) + ["latency_all_edges"] * bool(stats.latency_all_edges)
