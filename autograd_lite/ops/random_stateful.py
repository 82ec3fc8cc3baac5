"""Ops that draw random numbers from a state that a variable holds: [counter's lower half, its upper half, key] of a Philox stream."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autograd_lite.backends.contract import to_host
from autograd_lite.backends.philox import PhiloxStream
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import check_room, invalid, number, shape_tuple
from autograd_lite.ops.type_lists import INDEX

_PHILOX = 1
_BLOCKS_PER_NUMBER = 256  # set aside for each number, as some ways of drawing take more than one
_MASK = (1 << 64) - 1


def _stream(state: Any, algorithm: Any) -> PhiloxStream:
    if int(number(algorithm, "algorithm must be of shape [], not ")) != _PHILOX:
        raise invalid(f"Unsupported algorithm id: {int(algorithm)}")
    held = to_host(state)
    if held.ndim != 1 or held.dtype != np.int64:
        raise invalid(f"RNG state must be a vector of int64, not {held.dtype} of shape {list(held.shape)}")
    if len(held) < 3:
        raise invalid(f"For the Philox algorithm, the size of state must be at least 3; got {len(held)}")
    low, high, key = (int(part) & _MASK for part in held[:3])
    return PhiloxStream.at(key, low | high << 64)


def _advanced(state: Any, numbers: int) -> np.ndarray:
    """The state after so many numbers."""
    held = np.array(to_host(state))
    counter = (int(held[0]) & _MASK | (int(held[1]) & _MASK) << 64) + numbers * _BLOCKS_PER_NUMBER
    held[:2] = np.array([counter & _MASK, counter >> 64 & _MASK], np.uint64).astype(np.int64)
    return held


def _draw(xp: Any, state: Any, algorithm: Any, shape: Any, dtype: Any, draw: Any) -> tuple[Any, Any]:
    """The new state, and the numbers that `draw(stream, sizes)` makes."""
    sizes = shape_tuple(shape)
    check_room(sizes, dtype.size)
    numbers = draw(_stream(state, algorithm), sizes)
    return xp.asarray(_advanced(state, int(np.prod(sizes, dtype=object)))), xp.asarray(numbers.astype(dtype.numpy, copy=False))


def _drawn_shape(c: Any) -> Any:
    rules.with_rank(c, c.shape(1), 0)
    return rules.shape_from_input(c, 2)


_STATEFUL: dict[str, Any] = {
    "shape": _drawn_shape,
    "updates": ("resource",),
    "host": ("algorithm", "shape", "minval", "maxval"),
    "stateful": True,
    "samples": "its state lives in a session; tests/ops/test_random_stateful.py shows it",
    "no_gradient": "the numbers are drawn, not computed from the inputs",
}
_FLOATING: dict[str, Any] = {
    **_STATEFUL,
    "host": ("algorithm", "shape"),
    "types": {"dtype": "half bfloat16 float double", "shape_dtype": INDEX},
    "type_defaults": {"shape_dtype": "int64"},
}
_INPUTS = "resource: resource, algorithm: int64, shape: shape_dtype"


@op(f"StatefulUniform({_INPUTS}, *, dtype: type = float) -> output: dtype", **_FLOATING)
def stateful_uniform(xp, resource, algorithm, shape, dtype):
    """Draw numbers spread evenly over [0, 1), and step the state on."""
    return _draw(xp, resource, algorithm, shape, dtype, lambda stream, sizes: stream.uniform(sizes, dtype.numpy))


@op(f"StatefulStandardNormalV2({_INPUTS}, *, dtype: type = float) -> output: dtype", **_FLOATING)
def stateful_standard_normal_v2(xp, resource, algorithm, shape, dtype):
    """Draw numbers of mean 0 and standard deviation 1, and step the state on."""
    return _draw(xp, resource, algorithm, shape, dtype, lambda stream, sizes: stream.normal(sizes, dtype.numpy))


@op(f"StatefulTruncatedNormal({_INPUTS}, *, dtype: type = float) -> output: dtype", **_FLOATING)
def stateful_truncated_normal(xp, resource, algorithm, shape, dtype):
    """Draw numbers of a bell curve, those beyond two standard deviations again, and step the state on."""
    return _draw(xp, resource, algorithm, shape, dtype, lambda stream, sizes: stream.truncated_normal(sizes, dtype.numpy))


@op(
    f"StatefulUniformFullInt({_INPUTS}, *, dtype: type = uint64) -> output: dtype",
    **{**_FLOATING, "types": {"dtype": "int32 int64 uint32 uint64", "shape_dtype": INDEX}},
)
def stateful_uniform_full_int(xp, resource, algorithm, shape, dtype):
    """Draw whole numbers from all of their type, and step the state on."""
    return _draw(xp, resource, algorithm, shape, dtype, lambda stream, sizes: stream.full_int(sizes, dtype.numpy))


@op(
    f"StatefulUniformInt({_INPUTS}, minval: dtype, maxval: dtype) -> output: dtype",
    types={"dtype": "int32 int64", "shape_dtype": INDEX},
    type_defaults={"dtype": "int64", "shape_dtype": "int64"},
    **_STATEFUL,
)
def stateful_uniform_int(xp, resource, algorithm, shape, minval, maxval, dtype):
    """Draw whole numbers from `minval` to `maxval - 1`, and step the state on."""
    low, high = (int(number(bound, "minval and maxval must be scalars, not ")) for bound in (minval, maxval))
    if low >= high:
        raise invalid(f"Need minval < maxval, got {low} >= {high}")
    return _draw(xp, resource, algorithm, shape, dtype, lambda stream, sizes: stream.uniform_int(sizes, low, high, dtype.numpy))


@op(
    "StatefulRandomBinomial(resource: resource, algorithm: int64, shape: S, counts: T, probs: T, *, dtype: type = int64) -> output: dtype",
    types={"S": INDEX, "T": "half float double int32 int64", "dtype": "half float double int32 int64"},
    type_defaults={"T": "float64"},
    **{**_STATEFUL, "host": ("algorithm", "shape", "counts", "probs")},
)
def stateful_random_binomial(xp, resource, algorithm, shape, counts, probs, dtype):
    """Draw how many of `counts` trials succeed, each with the chance `probs`, and step the state on.

    The chances are TensorFlow's; the numbers are not: they come from NumPy's sampler, which starts from the same key and counter.
    """
    if not np.all((np.asarray(probs) >= 0) & (np.asarray(probs) <= 1)) or not np.all(np.asarray(counts) >= 0):
        raise invalid("counts must not be negative, and probs must lie in [0, 1]")

    def draw(stream: PhiloxStream, sizes: tuple[int, ...]) -> np.ndarray:
        sampler = np.random.Generator(np.random.Philox(counter=stream.counter, key=stream.key))
        try:
            return sampler.binomial(np.asarray(counts).astype(np.int64), np.asarray(probs).astype(np.float64), sizes)
        except ValueError as error:
            raise invalid(f"counts and probs must broadcast to the shape {list(sizes)}: {error}") from None

    return _draw(xp, resource, algorithm, shape, dtype, draw)


@op(
    "RngSkip(resource: resource, algorithm: int64, delta: int64)",
    updates=("resource",),
    host=("algorithm", "delta"),
    stateful=True,
    samples="its state lives in a session; tests/ops/test_random_stateful.py shows it",
    no_gradient="there is no output",
)
def rng_skip(xp, resource, algorithm, delta):
    """Step the state on as if `delta` numbers had been drawn."""
    _stream(resource, algorithm)
    return xp.asarray(_advanced(resource, int(number(delta, "delta must be of shape [], not "))))


@op(
    "NonDeterministicInts(shape: shape_dtype, *, dtype: type = int64) -> output: dtype",
    types={"dtype": "int32 int64 uint32 uint64", "shape_dtype": INDEX},
    type_defaults={"shape_dtype": "int64"},
    shape=lambda c: rules.shape_from_input(c, 0),
    host=("shape",),
    stateful=True,
    samples="nobody can foresee its numbers; tests/ops/test_random_stateful.py shows it",
    no_gradient="the numbers are drawn, not computed from the inputs",
)
def non_deterministic_ints(xp, shape, dtype):
    """Draw whole numbers that nobody can foresee, from the operating system."""
    sizes = shape_tuple(shape)
    check_room(sizes, dtype.size)
    count = int(np.prod(sizes, dtype=np.int64))
    return xp.asarray(np.frombuffer(os.urandom(count * dtype.size), dtype.numpy).reshape(sizes))
