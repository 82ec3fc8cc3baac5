"""Datasets made by calling a function with each element: mapping, filtering, interleaving, scanning, grouping, reducing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.core import deadline
from autograd_lite.graph.function import CallsFunctions
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.dataset_threads import Ahead, in_order
from autograd_lite.ops.datasets import (
    MAKES_DATASET,
    TYPED,
    Dataset,
    Element,
    Elements,
    Failure,
    Pass,
    as_int,
    caught,
    from_outside,
    made,
    release_attrs,
    unless_failed,
)  # fmt: skip

_MAKES: dict[str, Any] = {key: value for key, value in MAKES_DATASET.items() if key != "stateful"}
AUTOTUNE = -1
_THREADS = 4  # of work that tunes itself


def _calls(*functions: str) -> dict[str, Any]:
    return {"state": CallsFunctions(*functions), **_MAKES}


def _instance(of: Pass, function: Any) -> Callable[..., list[Any]]:
    """A function as it is called in a pass: its random numbers go on where a repetition begins, and begin anew with the iterator."""
    return of.kept(function, function.instantiate)


def _mapped(input_dataset: Dataset, other_arguments: list[Any], function: Any, threads: int) -> Dataset:
    if threads == AUTOTUNE:
        threads = _THREADS
    if threads < 1:
        raise invalid("num_parallel_calls must be greater than zero.")

    def generate(of: Pass, source: Elements) -> Elements:
        call = _instance(of, function)
        if threads == 1:
            for element in caught(source):
                yield made(call, element, other_arguments)
            return
        yield from in_order(of, caught(source), lambda element: made(call, element, other_arguments), threads)

    return Dataset(generate, input_dataset, size=input_dataset.size)


_MAP = "(input_dataset: variant, other_arguments: list(Targuments){more}, *, f: func, " + TYPED
_MAPPING = "use_inter_op_parallelism: bool = True"


@op(
    f"MapDataset{_MAP.format(more='')}, {_MAPPING}, preserve_cardinality: bool = False) -> handle: variant",
    **release_attrs(force_synchronous=("bool", False)),
    **_calls("f"),
)
def map_dataset(xp, input_dataset, other_arguments, state):
    """What a function makes of each element."""
    return _mapped(input_dataset, other_arguments, state["f"], 1)


@op(
    f"ParallelMapDataset{_MAP.format(more=', num_parallel_calls: int32')}, {_MAPPING}, sloppy: bool = False, "
    "preserve_cardinality: bool = False) -> handle: variant",
    host=("num_parallel_calls",),
    **release_attrs(),
    **_calls("f"),
)
def parallel_map_dataset(xp, input_dataset, other_arguments, num_parallel_calls, state):
    """What a function makes of each element, several at a time."""
    return _mapped(input_dataset, other_arguments, state["f"], as_int(num_parallel_calls, "num_parallel_calls"))


@op(
    f"ParallelMapDatasetV2{_MAP.format(more=', num_parallel_calls: int64')}, {_MAPPING}, deterministic: string = 'default', "
    "preserve_cardinality: bool = False, use_unbounded_threadpool: bool = False, metadata: string = '') -> handle: variant",
    host=("num_parallel_calls",),
    **_calls("f"),
)
def parallel_map_dataset_v2(xp, input_dataset, other_arguments, num_parallel_calls, state):
    """What a function makes of each element, several at a time."""
    return _mapped(input_dataset, other_arguments, state["f"], as_int(num_parallel_calls, "num_parallel_calls"))


@op(
    "MapAndBatchDataset(input_dataset: variant, other_arguments: list(Targuments), batch_size: int64, num_parallel_calls: int64, "
    f"drop_remainder: bool, *, f: func, {TYPED}, preserve_cardinality: bool = False) -> handle: variant",
    host=("batch_size", "num_parallel_calls", "drop_remainder"),
    **release_attrs(),
    **_calls("f"),
)
def map_and_batch_dataset(xp, input_dataset, other_arguments, batch_size, num_parallel_calls, drop_remainder, state):
    """Map and batch in one."""
    size, drops = as_int(batch_size, "batch_size"), bool(drop_remainder)
    mapped = _mapped(input_dataset, other_arguments, state["f"], as_int(num_parallel_calls, "num_parallel_calls"))
    return batched(mapped, size, drops)


def batched(source: Dataset, size: int, drop_remainder: bool) -> Dataset:
    """Batches of `size` elements, put together along a new first axis."""
    if size < 1:
        raise invalid("Batch size must be greater than zero.")

    return source.batched(size, drop_remainder)


@op(
    f"FilterDataset(input_dataset: variant, other_arguments: list(Targuments), *, predicate: func, {TYPED}) -> handle: variant",
    **release_attrs(),
    **_calls("predicate"),
)
def filter_dataset(xp, input_dataset, other_arguments, state):
    """The elements for which a function says yes."""

    def generate(of: Pass, source: Elements) -> Elements:
        says = _instance(of, state["predicate"])
        for element in caught(source):
            answer = made(lambda *parts: _truth(says(*parts)), element, other_arguments)
            if answer is not False:
                yield element if answer is True else answer

    return Dataset(generate, input_dataset)


def _truth(results: list[Any]) -> bool:
    answer = np.asarray(results[0])
    if answer.ndim or answer.dtype != bool:
        raise invalid("Filter predicate `f` must return a scalar bool.")
    return bool(answer)


@op(
    f"TakeWhileDataset(input_dataset: variant, other_arguments: list(Targuments), *, predicate: func, {TYPED}) -> handle: variant",
    **release_attrs(),
    **_calls("predicate"),
)
def take_while_dataset(xp, input_dataset, other_arguments, state):
    """The elements up to the first for which a function says no."""

    def generate(of: Pass, source: Elements) -> Elements:
        says = _instance(of, state["predicate"])
        for element in caught(source):
            answer = made(lambda *parts: _truth(says(*parts)), element, other_arguments)
            if answer is False:
                return
            yield element if answer is True else answer

    return Dataset(generate, input_dataset)


@op(
    f"FlatMapDataset(input_dataset: variant, other_arguments: list(Targuments), *, f: func, {TYPED}) -> handle: variant",
    **release_attrs(),
    **_calls("f"),
)
def flat_map_dataset(xp, input_dataset, other_arguments, state):
    """The elements of the datasets that a function makes of each element, one dataset after the other."""

    def generate(of: Pass, source: Elements) -> Elements:
        call, given = _instance(of, state["f"]), from_outside(of, other_arguments)
        for element in caught(source):
            yield from _inner_elements(of, call, element, given)

    return Dataset(generate, input_dataset)


def _inner_elements(of: Pass, call: Callable[..., list[Any]], element: Element, given: list[Any]) -> Elements:
    """The elements of the dataset that a function makes of an element."""
    inner = made(call, element, given)
    if inner.__class__ is Failure:
        yield inner
    else:
        yield from caught(inner[0].start(of.inner()))


def _interleaved(input_dataset: Dataset, other_arguments: list[Any], function: Any, cycle_length: int, block_length: int,
                 threads: int = 1) -> Dataset:  # fmt: skip
    """Elements of several datasets in turn, `block_length` of each.

    threads: from how many of them elements are fetched ahead at the same time.
    """
    if cycle_length == AUTOTUNE:
        cycle_length = _THREADS
    if cycle_length < 1:
        raise invalid("cycle_length must be greater than zero.")
    if block_length < 1:
        raise invalid("block_length must be greater than zero.")

    def opened(call: Any, element: Element, given: list[Any], of: Pass) -> Elements:
        elements = _inner_elements(of, call, element, given)
        return elements if threads == 1 else Ahead(elements, block_length + 1, of).elements()

    def generate(of: Pass, source: Elements) -> Elements:
        call, given, arguments = _instance(of, function), from_outside(of, other_arguments), caught(source)
        cycle: list[Elements | None] = [None] * cycle_length
        is_done, position = False, 0
        while not is_done or any(slot is not None for slot in cycle):
            current = cycle[position]
            if current is None and not is_done:
                element = next(arguments, None)
                is_done = element is None
                if element is not None:
                    current = cycle[position] = opened(call, element, given, of)
            if current is not None:
                taken = 0
                for result in itertools.islice(current, block_length):
                    taken += 1
                    yield result
                if taken < block_length:
                    cycle[position] = None
            position = (position + 1) % cycle_length

    return Dataset(generate, input_dataset)


_INTERLEAVE = "input_dataset: variant, other_arguments: list(Targuments), cycle_length: int64, block_length: int64"
_NUMBERS = ("cycle_length", "block_length")


@op(f"InterleaveDataset({_INTERLEAVE}, *, f: func, {TYPED}) -> handle: variant", host=_NUMBERS, **release_attrs(), **_calls("f"))
def interleave_dataset(xp, input_dataset, other_arguments, cycle_length, block_length, state):
    """Elements of several datasets, made by a function, in turn."""
    numbers = as_int(cycle_length, "cycle_length"), as_int(block_length, "block_length")
    return _interleaved(input_dataset, other_arguments, state["f"], *numbers)


@op(
    f"ParallelInterleaveDatasetV2({_INTERLEAVE}, num_parallel_calls: int64, *, f: func, {TYPED}, sloppy: bool = False) -> handle: variant",
    host=(*_NUMBERS, "num_parallel_calls"),
    **release_attrs(),
    **_calls("f"),
)
def parallel_interleave_dataset_v2(xp, input_dataset, other_arguments, cycle_length, block_length, num_parallel_calls, state):
    """Elements of several datasets in turn, fetched ahead by threads."""
    numbers = as_int(cycle_length, "cycle_length"), as_int(block_length, "block_length")
    return _interleaved(input_dataset, other_arguments, state["f"], *numbers, threads=2)


@op(
    f"ParallelInterleaveDatasetV4({_INTERLEAVE}, buffer_output_elements: int64, prefetch_input_elements: int64, num_parallel_calls: int64, "
    f"*, f: func, deterministic: string = 'default', {TYPED}, metadata: string = '') -> handle: variant",
    host=(*_NUMBERS, "buffer_output_elements", "prefetch_input_elements", "num_parallel_calls"),
    **_calls("f"),
)
def parallel_interleave_dataset_v4(xp, input_dataset, other_arguments, cycle_length, block_length, buffer_output_elements,
                                   prefetch_input_elements, num_parallel_calls, state):  # fmt: skip
    """Elements of several datasets in turn, fetched ahead by threads."""
    numbers = as_int(cycle_length, "cycle_length"), as_int(block_length, "block_length")
    return _interleaved(input_dataset, other_arguments, state["f"], *numbers, threads=2)


@op(
    f"ParallelInterleaveDataset({_INTERLEAVE}, sloppy: bool, buffer_output_elements: int64, prefetch_input_elements: int64, *, f: func, "
    f"{TYPED}) -> handle: variant",
    host=(*_NUMBERS, "sloppy", "buffer_output_elements", "prefetch_input_elements"),
    **release_attrs(),
    **_calls("f"),
)
def parallel_interleave_dataset(xp, input_dataset, other_arguments, cycle_length, block_length, sloppy, buffer_output_elements,
                                prefetch_input_elements, state):  # fmt: skip
    """Elements of several datasets in turn, fetched ahead by threads."""
    numbers = as_int(cycle_length, "cycle_length"), as_int(block_length, "block_length")
    return _interleaved(input_dataset, other_arguments, state["f"], *numbers, threads=2)


# -------------------------------------------------------------------- with a state


@op(
    "ScanDataset(input_dataset: variant, initial_state: list(Tstate), other_arguments: list(Targuments), *, f: func, "
    f"{TYPED}, preserve_cardinality: bool = False, use_default_device: bool = True) -> handle: variant",
    **release_attrs(),
    **_calls("f"),
)
def scan_dataset(xp, input_dataset, initial_state, other_arguments, state):
    """What a function makes of each element and of a state that it hands on to itself."""
    count = len(initial_state)

    def generate(of: Pass, source: Elements) -> Elements:
        call, kept = _instance(of, state["f"]), list(initial_state)
        for element in caught(source):
            results = made(lambda *parts: call(*kept, *parts), element, other_arguments)  # noqa: B023 - called at once
            if results.__class__ is Failure:
                yield results
                continue
            kept = results[:count]
            yield tuple(results[count:])

    return Dataset(generate, input_dataset, size=input_dataset.size)


@op(
    "ReduceDataset(input_dataset: variant, initial_state: list(Tstate), other_arguments: list(Targuments), *, f: func, "
    "output_types: list(type) >= 1, output_shapes: list(shape) >= 1, use_inter_op_parallelism: bool = True) "
    "-> components: list(output_types)",
    shape=lambda c: list(c.attrs["output_shapes"]),
    state=CallsFunctions("f"),
    samples=_MAKES["samples"],
    no_gradient=_MAKES["no_gradient"],
    **release_attrs(),
)
def reduce_dataset(xp, input_dataset, initial_state, other_arguments, state):
    """Fold a dataset into one value: a function takes the value so far and an element, and gives the new value."""
    call, kept, of = state["f"].instantiate(), list(initial_state), Pass()
    try:
        for element in unless_failed(input_dataset.start(of)):
            deadline.check()
            kept = call(*kept, *element, *other_arguments)
    finally:
        of.end()
    return kept


@op(
    "GroupByWindowDataset(input_dataset: variant, key_func_other_arguments: list(Tkey_func_other_arguments), "
    "reduce_func_other_arguments: list(Treduce_func_other_arguments), "
    "window_size_func_other_arguments: list(Twindow_size_func_other_arguments), *, key_func: func, reduce_func: func, "
    f"window_size_func: func, {TYPED}) -> handle: variant",
    **release_attrs(),
    **_calls("key_func", "reduce_func", "window_size_func"),
)
def group_by_window_dataset(
    xp, input_dataset, key_func_other_arguments, reduce_func_other_arguments, window_size_func_other_arguments, state
):
    """Collect the elements of each key until there are enough for a window; a function makes a dataset of it."""

    def generate(of: Pass, source: Elements) -> Elements:
        key_of, reduced, size_of = (_instance(of, state[name]) for name in ("key_func", "reduce_func", "window_size_func"))
        given = from_outside(of, reduce_func_other_arguments)
        groups: dict[int, list[Element]] = {}
        sizes: dict[int, int] = {}

        def window(key: int) -> Elements:
            rows = groups.pop(key)
            dataset = Dataset(lambda of: (row for row in rows), size=len(rows))
            return reduced(np.int64(key), dataset, *given)[0].start(of.inner())

        for element in unless_failed(source):
            key = int(np.asarray(key_of(*element, *key_func_other_arguments)[0]))
            if key not in sizes:
                sizes[key] = int(np.asarray(size_of(np.int64(key), *window_size_func_other_arguments)[0]))
                if sizes[key] <= 0:
                    raise invalid(f"Window size must be greater than zero, but got {sizes[key]}.")
            groups.setdefault(key, []).append(element)
            if len(groups[key]) == sizes[key]:
                yield from window(key)
        for key in sorted(groups):
            yield from window(key)

    return Dataset(generate, input_dataset)


@op(
    "GroupByReducerDataset(input_dataset: variant, key_func_other_arguments: list(Tkey_func_other_arguments), "
    "init_func_other_arguments: list(Tinit_func_other_arguments), reduce_func_other_arguments: list(Treduce_func_other_arguments), "
    "finalize_func_other_arguments: list(Tfinalize_func_other_arguments), *, key_func: func, init_func: func, reduce_func: func, "
    f"finalize_func: func, {TYPED}) -> handle: variant",
    **release_attrs(),
    **_calls("key_func", "init_func", "reduce_func", "finalize_func"),
)
def group_by_reducer_dataset(xp, input_dataset, key_func_other_arguments, init_func_other_arguments, reduce_func_other_arguments,
                             finalize_func_other_arguments, state):  # fmt: skip
    """Fold all elements of each key into one value; the values come at the end, in the order of the keys."""

    def generate(of: Pass, source: Elements) -> Elements:
        key_of, begin, reduced, finish = (_instance(of, state[name]) for name in ("key_func", "init_func", "reduce_func", "finalize_func"))
        kept: dict[int, list[Any]] = {}
        for element in unless_failed(source):
            key = int(np.asarray(key_of(*element, *key_func_other_arguments)[0]))
            if key not in kept:
                kept[key] = begin(np.int64(key), *init_func_other_arguments)
            kept[key] = reduced(*kept[key], *element, *reduce_func_other_arguments)
        for key in sorted(kept):
            yield tuple(finish(*kept[key], *finalize_func_other_arguments))

    return Dataset(generate, input_dataset)
