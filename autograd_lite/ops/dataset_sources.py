"""Where datasets begin: tensors, ranges, random numbers, Python generators."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

from autograd_lite.backends.philox import PhiloxStream
from autograd_lite.core.errors import OpError, OutOfRangeError
from autograd_lite.graph.function import CallsFunctions
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.datasets import MAKES_DATASET, TYPED, Dataset, Elements, Numbers, Pass, Picked, as_int, interruption, release_attrs

_AT_ONCE = 256  # so many elements come between two looks at the clock


@op(
    "TensorDataset(components: list(Toutput_types), *, output_shapes: list(shape) >= 1) -> handle: variant",
    host=("components",),
    **release_attrs(),
    **MAKES_DATASET,
)
def tensor_dataset(xp, components):
    """A dataset of one element: the tensors as they are."""
    element = tuple(components)
    return Dataset(lambda of: (part for part in [element]), size=1)


@op(
    "TensorSliceDataset(components: list(Toutput_types), *, output_shapes: list(shape) >= 1) -> handle: variant",
    host=("components",),
    **release_attrs(is_files=("bool", False), replicate_on_split=("bool", False)),
    **MAKES_DATASET,
)
def tensor_slice_dataset(xp, components):
    """A dataset with an element for each index of the first axis of the tensors."""
    sizes = {np.shape(component)[:1] for component in components}
    if () in sizes:
        raise invalid("All components must be at least 1-dimensional")
    if len(sizes) > 1:
        raise invalid("All components must have the same size in the 0th dimension")
    count = sizes.pop()[0]
    return Picked([np.asarray(component) for component in components], Numbers(count))


@op(
    "SparseTensorSliceDataset(indices: int64, values: Tvalues, dense_shape: int64) -> handle: variant",
    host=("indices", "values", "dense_shape"),
    **MAKES_DATASET,
)
def sparse_tensor_slice_dataset(xp, indices, values, dense_shape):
    """A dataset with an element for each row of a sparse tensor: the parts of a sparse tensor of one rank less."""
    indices, values, shape = np.asarray(indices), np.asarray(values), np.asarray(dense_shape)
    if bool(np.any(indices[1:, 0] < indices[:-1, 0])):
        raise invalid("The input tensor must be ordered by its first dimension; use tf.sparse.reorder")
    count = int(shape[0])
    bounds = np.searchsorted(indices[:, 0], np.arange(count + 1))

    def generate(of: Pass) -> Elements:
        for row in range(count):
            part = slice(bounds[row], bounds[row + 1])
            yield indices[part, 1:], values[part], shape[1:]

    return Dataset(generate, size=count)


@op(
    f"RangeDataset(start: int64, stop: int64, step: int64, *, {TYPED}) -> handle: variant",
    host=("start", "stop", "step"),
    **release_attrs(replicate_on_split=("bool", False)),
    **MAKES_DATASET,
)
def range_dataset(xp, start, stop, step, output_types):
    """A dataset of the integers from `start` to before `stop`."""
    numbers = [as_int(value, name) for value, name in ((start, "start"), (stop, "stop"), (step, "step"))]
    if numbers[2] == 0:
        raise invalid("step must be a non-zero integer.")
    kind, counted = output_types[0].numpy.type, range(*numbers)

    def generate(of: Pass) -> Elements:
        for first in range(0, len(counted), _AT_ONCE):
            if interrupted := interruption(of):
                yield interrupted
            for number in counted[first : first + _AT_ONCE]:
                yield (kind(number),)

    return Dataset(generate, size=len(counted))


@op(
    f"RandomDataset(seed: int64, seed2: int64, *, {TYPED}) -> handle: variant",
    host=("seed", "seed2"),
    **release_attrs(),
    **MAKES_DATASET,
)
def random_dataset(xp, seed, seed2):
    """A dataset of random integers without an end."""
    seeds = as_int(seed, "seed"), as_int(seed2, "seed2")

    def generate(of: Pass) -> Elements:
        words = Words(PhiloxStream(*seeds))
        while True:
            if interrupted := interruption(of):
                yield interrupted
            for word in words.several(_AT_ONCE).tolist():
                yield (np.int64(word),)

    return Dataset(generate, size=-1)


class Words:
    """The 32-bit words of a random stream, one by one."""

    def __init__(self, stream: PhiloxStream) -> None:
        self._stream = stream
        self._words: list[int] = []

    def next(self) -> int:
        """The next word."""
        if not self._words:
            self._words = self._stream.words(256)[::-1].tolist()
        return self._words.pop()

    def several(self, count: int) -> np.ndarray:
        """The next `count` words."""
        held, missing = self._words[::-1], count - len(self._words)
        more = self._stream.words(-(-missing // 4) * 4) if missing > 0 else np.empty(0, np.uint32)
        block = np.concatenate([np.array(held, np.uint32), more])
        self._words = block[count:][::-1].tolist()
        return block[:count]

    def next_wide(self) -> int:
        """A 64-bit number of the next two words, as TensorFlow puts them together."""
        low = self.next()
        return self.next() << 32 | low


@op(
    "GeneratorDataset(init_func_other_args: list(Tinit_func_args), next_func_other_args: list(Tnext_func_args), "
    "finalize_func_other_args: list(Tfinalize_func_args), *, init_func: func, next_func: func, finalize_func: func, "
    f"{TYPED}) -> handle: variant",
    host=("init_func_other_args", "next_func_other_args", "finalize_func_other_args"),
    state=CallsFunctions("init_func", "next_func", "finalize_func"),
    **release_attrs(),
    **{key: value for key, value in MAKES_DATASET.items() if key != "stateful"},
)
def generator_dataset(xp, init_func_other_args, next_func_other_args, finalize_func_other_args, state: Any):
    """A dataset whose elements a function gives one after the other, until it says that there are no more."""

    def generate(of: Pass) -> Elements:
        begin, following, finish = (state[name].instantiate() for name in ("init_func", "next_func", "finalize_func"))
        kept = begin(*init_func_other_args)
        try:
            while True:
                if interrupted := interruption(of):
                    yield interrupted
                try:
                    element = following(*kept, *next_func_other_args)
                except OutOfRangeError:
                    return
                yield tuple(element)
        finally:
            with contextlib.suppress(OpError):  # nobody is left who could hear of it
                finish(*kept, *finalize_func_other_args)

    return Dataset(generate)
