"""`tf.GradientTape`: derivatives of what was built while the tape was recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_lite.api.arrays import shape, transpose, zeros_like
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.autodiff.gradients import UnconnectedGradients, gradients, source_tensor
from autograd_lite.autodiff.rows import stacked_rows
from autograd_lite.core import nest
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor

_USED_UP = "A non-persistent GradientTape can only be used to compute one set of gradients (or jacobians)"


@export("GradientTape")
class GradientTape:
    """Watches what is built inside its `with` block, so that it can be differentiated afterwards.

    In a graph `tf.gradients` needs no tape. The tape is for code that is written for both ways of running: what was built outside of the
    block counts as a constant, and so does every tensor that nobody watches. Trainable variables are watched by themselves.

    Args:
      persistent: whether gradients may be asked for more than once.
      watch_accessed_variables: whether trainable variables are watched without being told.

    >>> import autograd_lite as tf
    >>> x = tf.constant(3.0)
    >>> with tf.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> print(tf.Session().run(tape.gradient(y, x)))
    6.0
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = persistent
        self._watches_variables = watch_accessed_variables
        self._graph: Graph | None = None
        self._watched: dict[Tensor, None] = {}
        self._variables: dict[int, Any] = {}
        self._windows: list[tuple[int, int]] = []  # numbers of the operations that were made while it recorded: from, to
        self._since: int | None = None
        self._is_used_up = False

    def __enter__(self) -> GradientTape:
        self._start()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._since is not None:
            self._stop()

    def _start(self) -> None:
        if self._since is not None:
            raise ValueError("Tape is still recording, This can happen if you try to re-enter an already-active tape.")
        if self._graph is None:
            self._graph = get_default_graph()
        self._since = self._graph._next_id

    def _stop(self) -> None:
        if self._since is None or self._graph is None:
            raise ValueError("Tape is not recording.")
        self._windows.append((self._since, self._graph._next_id))
        self._since = None

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """A block inside the tape's in which nothing is recorded.

        Raises:
          ValueError: when the tape is not recording.
        """
        self._stop()
        try:
            yield
        finally:
            self._start()

    def reset(self) -> None:
        """Forget all that was recorded and watched, as if the block began here.

        Raises:
          ValueError: when the tape is not recording.
        """
        self._stop()
        self._watched, self._variables, self._windows = {}, {}, []
        self._start()

    def watch(self, tensor: Any) -> None:
        """Record what is computed from a tensor, a variable, or a structure of them.

        Raises:
          ValueError: for anything else.
        """
        if self._since is None:
            raise RuntimeError("Tape is not recording.\n  Call watch inside the tape's `with` block.")
        for item in nest.flatten(tensor):
            if not isinstance(item, Tensor) and not hasattr(item, "initializer"):
                raise ValueError(
                    f"Passed in object {item!r} of type '{type(item).__name__}', not tf.Tensor or tf.Variable or ExtensionType.\n"
                    "  Convert it with tf.convert_to_tensor first, and use that tensor in the computation."
                )
            if not isinstance(item, Tensor):
                self._variables[id(item)] = item
            self._watched.update(dict.fromkeys(_tensors_of(item)))

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables that are watched: those given to `watch`, and the trainable ones that were used."""
        used = {tensor for op in self._recorded() for tensor in op.inputs}
        return tuple(variable for variable in self._all_variables() if not used.isdisjoint(_tensors_of(variable)))

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: str = UnconnectedGradients.NONE
    ) -> Any:
        """The derivatives of the sum of `target` by each of `sources`, in the structure of `sources`.

        Args:
          target: a tensor or a structure of them.
          sources: tensors or variables, in any structure.
          output_gradients: the derivative of the final quantity by each target (default: ones).
          unconnected_gradients: what stands for a source on which no target depends: None or zeros.

        Raises:
          RuntimeError: when the tape has given gradients before and is not persistent.

        >>> import autograd_lite as tf
        >>> v = tf.Variable(3.0, use_resource=True)
        >>> with tf.GradientTape() as tape:
        ...     y = v * v
        >>> tape.gradient(y, {"v": v})["v"].shape
        TensorShape([])
        """
        if unconnected_gradients not in (UnconnectedGradients.NONE, UnconnectedGradients.ZERO):
            raise ValueError(f"Unknown value for unconnected_gradients: {unconnected_gradients!r}")
        self._use()
        given = None if output_gradients is None else nest.flatten(output_gradients)
        found = self._gradients(nest.flatten(target), nest.flatten(sources), given, unconnected_gradients)
        return nest.pack_sequence_as(sources, found)

    def jacobian(
        self,
        target: Tensor,
        sources: Any,
        unconnected_gradients: str = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivative of each element of `target` by each element of the sources: the shape of the one followed by that of the other.

        Raises:
          RuntimeError: when the tape has given gradients before and is not persistent.

        >>> import autograd_lite as tf
        >>> x = tf.constant([1.0, 2.0])
        >>> with tf.GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = x * x
        >>> tf.Session().run(tape.jacobian(y, x))
        array([[2., 0.],
               [0., 4.]], dtype=float32)
        """
        self._use()
        found = [self._jacobian(target, source, unconnected_gradients, parallel_iterations or 10) for source in nest.flatten(sources)]
        return nest.pack_sequence_as(sources, found)

    def _jacobian(self, target: Tensor, source: Any, unconnected: str, parallel_iterations: int) -> Tensor | None:
        if self._gradients([target], [source], None, unconnected) == [None]:
            return None
        with self._recording_again(target):
            flat = raw.Reshape(target, [-1])

        def one_row(index: Any) -> Tensor:
            with self._recording_again(target):
                element = flat[index]
            return convert_to_tensor(self._gradients([element], [source], None, UnconnectedGradients.ZERO)[0])

        count = flat.static_shape[0] if flat.static_shape is not None else None
        rows = stacked_rows(shape(flat)[0] if count is None else count, one_row, source.dtype.base_dtype, parallel_iterations)
        result = raw.Reshape(rows, raw.ConcatV2([shape(target), shape(source)], 0))
        result.set_shape(target.shape.concatenate(source.shape))
        return result

    def batch_jacobian(
        self,
        target: Tensor,
        source: Tensor,
        unconnected_gradients: str = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Tensor | None:
        """The Jacobians of the rows of a batch, when each row of `target` depends on the same row of `source` alone.

        Its shape: batch, the rest of the target's, the rest of the source's.

        Raises:
          ValueError: when the first axes cannot be equal, or target is no batch.
        """
        for tensor in (target, source):
            if len(tensor.shape.dims or (0, 0)) < (2 if tensor is target else 1):
                raise ValueError(f"Shape {tensor.shape} must have rank at least 2")
        if not target.shape[:1].is_compatible_with(source.shape[:1]):
            raise ValueError(
                f"Need first dimension of target shape ({target.shape[0]}) and source shape ({source.shape[0]}) to match."
            )
        self._use()
        if self._gradients([target], [source], None, unconnected_gradients) == [None]:
            return None
        with self._recording_again(target):
            flat = raw.Reshape(target, raw.Pack([shape(target)[0], -1]))

        def one_column(index: Any) -> Tensor:
            with self._recording_again(target):
                column = reduce_sum(flat[:, index])
            return convert_to_tensor(self._gradients([column], [source], None, UnconnectedGradients.ZERO)[0])

        sizes = target.static_shape
        count = target.shape[1:].num_elements() if sizes is not None else None
        columns = stacked_rows(shape(flat)[1] if count is None else count, one_column, source.dtype, parallel_iterations or 10)
        rank = len(source.shape)
        by_row = transpose(columns, [1, 0, *range(2, rank + 1)])
        result = raw.Reshape(by_row, raw.ConcatV2([shape(target), shape(source)[1:]], 0))
        result.set_shape(target.shape.concatenate(source.shape[1:]))
        return result

    # ---------------------------------------------------------------- what was recorded

    def _use(self) -> None:
        if self._is_used_up:
            raise RuntimeError(f"{_USED_UP}\n  Say GradientTape(persistent=True) to ask several times.")
        if self._since is not None and not self._persistent:
            self._stop()
        self._is_used_up = not self._persistent

    @contextmanager
    def _recording_again(self, tensor: Tensor) -> Iterator[None]:
        """Record what is made of a tensor in order to differentiate it."""
        if self._since is not None:
            yield
            return
        begin = tensor.graph._next_id
        yield
        self._windows.append((begin, tensor.graph._next_id))

    def _recorded(self) -> list[Operation]:
        """The operations that were made while it recorded."""
        if self._graph is None:
            return []
        windows = [*self._windows, (self._since, self._graph._next_id)] if self._since is not None else self._windows
        numbers = {number for begin, end in windows for number in range(begin, end)}
        return [op for op in self._graph.get_operations() if op.id in numbers]

    def _all_variables(self) -> list[Any]:
        """The variables that could be watched: each once."""
        trainable = self._graph.get_collection(GraphKeys.TRAINABLE_VARIABLES) if self._graph and self._watches_variables else []
        return list({id(variable): variable for variable in [*self._variables.values(), *trainable]}.values())

    def _gradients(self, targets: Sequence[Any], sources: Sequence[Any], given: Any, unconnected: str) -> list[Any]:
        """As `gradients`, but through what depends on watched tensors and was recorded."""
        recorded = self._recorded()
        made = set(recorded)
        alive = dict.fromkeys([*self._watched, *(tensor for variable in self._all_variables() for tensor in _tensors_of(variable))])
        for tensor in (spreading := list(alive)):  # grows
            results = [output for op in tensor.consumers() if op in made for output in op.outputs if output not in alive]
            alive.update(dict.fromkeys(results))
            spreading += results
        constants = dict.fromkeys(tensor for op in recorded for tensor in op.inputs if tensor.op not in made and tensor not in alive)
        targets = [target if isinstance(target, Tensor) else convert_to_tensor(target) for target in targets]
        kept = [index for index, target in enumerate(targets) if target in alive]
        wanted = [index for index, source in enumerate(sources) if source_tensor(source) in alive]
        found: list[Any] = [None] * len(sources)
        if kept and wanted:
            grads = gradients(
                [targets[index] for index in kept],
                [sources[index] for index in wanted],
                None if given is None else [given[index] for index in kept],
                name="gradient_tape",
                stop_gradients=list(constants) or None,
            )
            found = [grads[wanted.index(index)] if index in wanted else None for index in range(len(sources))]
        if unconnected == UnconnectedGradients.ZERO:
            with building(None, "gradient_tape", [source_tensor(source) for source in sources]):
                found = [zeros_like(source) if grad is None else grad for source, grad in zip(sources, found)]
        return found


def _tensors_of(item: Any) -> list[Tensor]:
    """The tensors that stand for a tensor or a variable: itself; its handle, or its reference and what reads it."""
    source = source_tensor(item)
    readers = source.consumers() if source.dtype.is_ref else []
    return [source, *(op.outputs[0] for op in readers if op.type == "Identity")]
