"""`tf.random.experimental`: random numbers from a generator whose state is a variable, so that it can be saved, skipped and reset."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

import autograd_lite.api.operators  # noqa: F401  (tensors are sliced and added)
from autograd_lite.api.arrays import concat, stack, unstack, zeros_like
from autograd_lite.api.constants import constant
from autograd_lite.api.control import init_scope
from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.variables import Variable

_PHILOX = 1
_STATE_SIZE = 3
_MASK = (1 << 64) - 1


def _algorithm(alg: Any) -> int:
    """The number of an algorithm.

    Raises:
      ValueError: it is not Philox.
    """
    chosen = _PHILOX if alg is None else getattr(alg, "value", alg)
    if chosen not in (_PHILOX, "philox"):
        raise ValueError(f"Unsupported algorithm id: {alg!r}. There is 1, Philox.")
    return _PHILOX


@export("random.experimental.create_rng_state")
def create_rng_state(seed: Any, algorithm: Any) -> Tensor:
    """The state that a generator starts with from a seed: a whole number of any size below 2**192, or a vector of three.

    Args:
      algorithm: 1, or "philox".

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.random.experimental.create_rng_state(1234, 1))
    array([1234,    0,    0])
    """
    _algorithm(algorithm)
    if isinstance(seed, int | np.integer):
        parts = [int(seed) >> 64 * place & _MASK for place in range(_STATE_SIZE)]
        return constant(np.array(parts, np.uint64).astype(np.int64))
    given = convert_to_tensor(seed, dtype=dtypes.int64)
    count = given.shape.num_elements() if given.shape.rank is not None else None
    if given.shape.rank != 1 or count is None or count > _STATE_SIZE:
        raise ValueError(f"A seed is a number or a vector of at most {_STATE_SIZE}, not {seed!r}")
    return concat([given, constant(np.zeros(_STATE_SIZE - count, np.int64))], axis=0)


@export("random.experimental.Generator")
class Generator:
    """A source of random numbers with a state of its own, which every draw steps on.

    Args:
      copy_from: another generator, to start where it starts.
      state: three int64: the halves of the counter, and the key. alg: 1, or "philox".

    Raises:
      ValueError: both `copy_from` and `state`, or neither, are given.

    >>> import autograd_lite as tf
    >>> generator = tf.random.experimental.Generator.from_state([1, 2, 3], alg=1)
    >>> numbers = generator.uniform([2])
    >>> with tf.Session() as session:
    ...     session.run(tf.global_variables_initializer())
    ...     session.run(numbers)
    array([0.45901167, 0.53342485], dtype=float32)
    """

    def __init__(self, copy_from: Generator | None = None, state: Any = None, alg: Any = None) -> None:
        if (copy_from is None) == (state is None):
            raise ValueError("Give a Generator either copy_from or state; or make it with from_seed.")
        self._alg = copy_from.algorithm if copy_from is not None else _algorithm(alg)
        start = copy_from._state_var.initialized_value() if copy_from is not None else convert_to_tensor(state, dtype=dtypes.int64)
        start.shape.assert_is_compatible_with([_STATE_SIZE])
        make: Any = Variable
        self._state_var: Any = make(start, dtype=dtypes.int64, use_resource=True, trainable=False, name="StateVar")

    @classmethod
    def from_state(cls, state: Any, alg: Any) -> Generator:
        """A generator with this state."""
        return cls(state=state, alg=alg)

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """A generator that always draws the same numbers for one seed."""
        return cls(state=create_rng_state(seed, _algorithm(alg)), alg=alg)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """A generator whose numbers nobody can foresee."""
        return cls(state=raw.NonDeterministicInts([_STATE_SIZE], dtype=dtypes.int64), alg=alg)

    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: Any) -> Generator:
        """A generator with this key (one number) and counter (two)."""
        return cls(state=_joined(key, counter), alg=alg)

    @property
    def state(self) -> Any:
        """The variable with the state."""
        return self._state_var

    @property
    def algorithm(self) -> int:
        """The number of the algorithm: 1, Philox."""
        return self._alg

    @property
    def key(self) -> Tensor:
        """The key: the last number of the state."""
        return self._state_var[-1]

    def reset(self, state: Any) -> Any:
        """An operation that gives the generator another state."""
        return self._state_var.assign(convert_to_tensor(state, dtype=dtypes.int64))

    def reset_from_seed(self, seed: Any) -> Any:
        """An operation that makes the generator start anew from a seed."""
        return self.reset(create_rng_state(seed, self._alg))

    def reset_from_key_counter(self, key: Any, counter: Any) -> Any:
        """An operation that gives the generator this key and counter."""
        return self.reset(_joined(key, counter))

    def skip(self, delta: Any) -> Any:
        """An operation that steps the state on as if `delta` numbers had been drawn."""
        return raw.RngSkip(self._state_var.handle, self._alg, convert_to_tensor(delta, dtype=dtypes.int64))

    def normal(self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
        """Draw numbers of this mean and standard deviation."""
        with building(name, "stateful_normal", [shape, mean, stddev]) as scope:
            drawn = self._drawn(raw.StatefulStandardNormalV2, shape, dtype)
            return _scaled(drawn, stddev, mean, scope)

    def truncated_normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32, name: str | None = None
    ) -> Tensor:
        """Draw numbers of this mean and standard deviation, those more than two deviations away again."""
        with building(name, "truncated_normal", [shape, mean, stddev]) as scope:
            drawn = self._drawn(raw.StatefulTruncatedNormal, shape, dtype)
            return _scaled(drawn, stddev, mean, scope)

    def uniform(self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32, name: str | None = None) -> Tensor:
        """Draw numbers spread evenly over [minval, maxval) (for floats up to 1, when `maxval` is None).

        Raises:
          ValueError: whole numbers are wanted and there is no `maxval`.
        """
        dtype = dtypes.as_dtype(dtype)
        if maxval is None:
            if dtype.is_integer:
                raise ValueError(f"Must specify maxval for integer dtype {dtype.name}")
            maxval = 1
        with building(name, "stateful_uniform", [shape, minval, maxval]) as scope:
            low, high = convert_to_tensor(minval, dtype, "min"), convert_to_tensor(maxval, dtype, "max")
            if dtype.is_integer:
                return raw.StatefulUniformInt(self._state_var.handle, self._alg, _sizes(shape), low, high, name=scope)
            return _scaled(self._drawn(raw.StatefulUniform, shape, dtype), high - low, low, scope)

    def uniform_full_int(self, shape: Any, dtype: Any = dtypes.uint64, name: str | None = None) -> Tensor:
        """Draw whole numbers from all of their type."""
        with building(name, "stateful_uniform_full_int", [shape]) as scope:
            return self._drawn(raw.StatefulUniformFullInt, shape, dtype, name=scope)

    def binomial(self, shape: Any, counts: Any, probs: Any, dtype: Any = dtypes.int32, name: str | None = None) -> Tensor:
        """Draw how many of `counts` trials succeed, each with the chance `probs`; both broadcast to `shape`."""
        with building(name, "binomial", [shape, counts, probs]) as scope:
            probs = convert_to_tensor(probs, name="probs")
            counts = convert_to_tensor(counts, probs.dtype, "counts")
            return raw.StatefulRandomBinomial(self._state_var.handle, self._alg, _sizes(shape), counts, probs, dtype=dtype, name=scope)

    def make_seeds(self, count: int = 1) -> Tensor:
        """Draw `count` seeds for the stateless ops: [2, count] int64, the second row 0."""
        keys = self.uniform_full_int([count], dtype=dtypes.int64)
        return stack([keys, zeros_like(keys)])

    def split(self, count: int = 1) -> list[Generator]:
        """Make `count` generators with new keys."""
        keys = self.uniform_full_int([count], dtype=dtypes.int64)
        return [Generator(state=_joined(key, [0, 0]), alg=self._alg) for key in unstack(keys, num=count)]

    def _drawn(self, draw: Any, shape: Any, dtype: Any, **options: Any) -> Tensor:
        return draw(self._state_var.handle, self._alg, _sizes(shape), dtype=dtype, **options)


def _sizes(shape: Any) -> Tensor:
    return convert_to_tensor(shape, dtype=None if isinstance(shape, Tensor) else dtypes.int64, name="shape")


def _joined(key: Any, counter: Any) -> Tensor:
    return concat([convert_to_tensor(counter, dtype=dtypes.int64), [convert_to_tensor(key, dtype=dtypes.int64)]], axis=0)


def _scaled(drawn: Tensor, factor: Any, offset: Any, scope: str) -> Tensor:
    return raw.Add(drawn * convert_to_tensor(factor, drawn.dtype), convert_to_tensor(offset, drawn.dtype), name=scope)


_of_graph: WeakKeyDictionary[Graph, Generator] = WeakKeyDictionary()


@export("random.experimental.get_global_generator")
def get_global_generator() -> Generator:
    """The generator that everybody shares: one for each graph, unforeseeable unless `set_global_generator` said otherwise.

    >>> import autograd_lite as tf
    >>> tf.random.experimental.get_global_generator() is tf.random.experimental.get_global_generator()
    True
    """
    graph = get_default_graph()
    if graph not in _of_graph:
        with init_scope():
            _of_graph[graph] = Generator.from_non_deterministic_state()
    return _of_graph[graph]


@export("random.experimental.set_global_generator")
def set_global_generator(generator: Generator) -> None:
    """Make `generator` the one that everybody shares in this graph.

    >>> import autograd_lite as tf
    >>> tf.random.experimental.set_global_generator(tf.random.experimental.Generator.from_seed(5))
    """
    _of_graph[get_default_graph()] = generator
