"""The variables, losses and updates of a layer and of the layers inside it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd_lite.core import nest, shapes
from autograd_lite.graph.operation import Operation
from autograd_lite.lib.partitioning import PartitionedVariable
from autograd_lite.lib.variable import Variable
from autograd_lite.runtime.session import get_default_session


class VariablesOfLayer:
    """The half of a layer that remembers what it made."""

    trainable: bool
    built: bool
    stateful: bool
    name: Any

    def __init__(self) -> None:
        super().__init__()
        self._trainable_weights: list[Any] = []
        self._non_trainable_weights: list[Any] = []
        self._losses: list[Any] = []
        self._conditional: set[int] = set()  # ids of the losses that depend on inputs
        self._updates: list[Operation] = []
        self._metrics: list[Any] = []

    def _keep_weight(self, variable: Any, trainable: bool) -> None:
        kept = self._trainable_weights if trainable and self.trainable else self._non_trainable_weights
        for part in variable if isinstance(variable, PartitionedVariable) else [variable]:
            if not any(part is other for other in kept):
                kept.append(part)

    def _inner_layers(self) -> Iterator[VariablesOfLayer]:
        """The layers that are attributes of this one, alone or in lists."""
        for value in vars(self).values():
            items = value if isinstance(value, list | tuple) else value.values() if isinstance(value, dict) else [value]
            yield from (item for item in items if isinstance(item, VariablesOfLayer))

    def _gathered(self, own: Callable[[VariablesOfLayer], list[Any]]) -> list[Any]:
        """What this layer and all layers inside it have, each thing once."""
        found: dict[int, Any] = {}
        seen: set[int] = set()
        waiting = deque([self])
        while waiting:
            layer = waiting.popleft()
            if id(layer) not in seen:
                seen.add(id(layer))
                found.update((id(item), item) for item in own(layer) if id(item) not in found)
                waiting.extend(layer._inner_layers())
        return list(found.values())

    def _own_trainable(self) -> list[Any]:
        assigned = [value for value in vars(self).values() if isinstance(value, Variable) and value.trainable]
        kept = [*self._trainable_weights, *self._non_trainable_weights]
        return [*self._trainable_weights, *(v for v in assigned if not any(v is other for other in kept))]

    def _own_non_trainable(self) -> list[Any]:
        assigned = [value for value in vars(self).values() if isinstance(value, Variable) and not value.trainable]
        kept = [*self._trainable_weights, *self._non_trainable_weights]
        return [*self._non_trainable_weights, *(v for v in assigned if not any(v is other for other in kept))]

    @property
    def trainable_weights(self) -> list[Any]:
        """Its variables that optimizers change; none when the layer is not trainable."""
        return self._gathered(lambda layer: layer._own_trainable() if layer.trainable else []) if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Any]:
        """Its other variables; all of them when the layer is not trainable."""
        if not self.trainable:
            return self._gathered(lambda layer: [*layer._own_trainable(), *layer._own_non_trainable()])
        return self._gathered(
            lambda layer: layer._own_non_trainable() if layer.trainable else [*layer._own_trainable(), *layer._own_non_trainable()]
        )

    @property
    def weights(self) -> list[Any]:
        """Its variables, the trainable ones first."""
        return self.trainable_weights + self.non_trainable_weights

    variables = property(lambda self: self.weights, doc="The same as `weights`.")
    trainable_variables = property(lambda self: self.trainable_weights, doc="The same as `trainable_weights`.")
    non_trainable_variables = property(lambda self: self.non_trainable_weights, doc="The same as `non_trainable_weights`.")

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The layers inside it, at any depth."""
        return tuple(layer for layer in self._gathered(lambda layer: [layer]) if layer is not self)

    @property
    def losses(self) -> list[Any]:
        """The losses of its variables and activities."""
        return self._gathered(lambda layer: layer._losses)

    @property
    def updates(self) -> list[Operation]:
        """The operations that are to run with each training step; none when the layer is not trainable."""
        if not self.trainable and not self.stateful:
            return []
        return self._gathered(lambda layer: layer._updates if layer.trainable or layer.stateful else [])

    @property
    def metrics(self) -> list[Any]:
        """The tensors noted by `add_metric`."""
        return self._gathered(lambda layer: layer._metrics)

    def get_losses_for(self, inputs: Any) -> list[Any]:
        """The losses that depend on `inputs`; for None those that depend on no inputs."""
        if inputs is None:
            conditional = {item for layer in [self, *self.submodules] for item in layer._conditional}
            return [loss for loss in self.losses if id(loss) not in conditional]
        reached = _reached_from(inputs)
        return [loss for loss in self.losses if loss.op in reached]

    def get_updates_for(self, inputs: Any) -> list[Operation]:
        """The updates that depend on `inputs`; for None those that depend on nothing that was fed to the layer."""
        if inputs is None:
            reached = _reached_from([tensor for node in getattr(self, "_calls", []) for tensor in nest.flatten(node.inputs)])
            return [update for update in self.updates if update not in reached]
        reached = _reached_from(inputs)
        return [update for update in self.updates if update in reached]

    # ---------------------------------------------------------------- values

    def count_params(self) -> int:
        """How many numbers its variables hold.

        Raises:
          ValueError: before the layer is built.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. "
                f"You can build it manually via: `{self.name}.build(batch_input_shape)`."
            )
        return int(sum(np.prod(variable.get_shape().as_list(), dtype=np.int64) for variable in self.weights))

    def get_weights(self) -> list[np.ndarray]:
        """What its variables hold in the default session.

        Raises:
          ValueError: when there is no default session.
        """
        return list(_session("get_weights").run(self.weights))

    def set_weights(self, weights: Any) -> None:
        """Put arrays into its variables, in the order of `weights`, in the default session.

        Raises:
          ValueError: another number of arrays or another shape.
        """
        held = self.weights
        arrays = [np.asarray(array) for array in weights]
        if len(held) != len(arrays):
            raise ValueError(
                f'You called `set_weights(weights)` on layer "{self.name}" with a  weight list of length {len(arrays)}, '
                f"but the layer was expecting {len(held)} weights. Provided weights: {str(weights)[:50]}..."
            )
        for variable, array in zip(held, arrays):
            if not shapes.compatible(variable.get_shape().dims_tuple, array.shape):
                raise ValueError(f"Layer weight shape {variable.get_shape()} not compatible with provided weight shape {array.shape}")
        session = _session("set_weights")
        for variable, array in zip(held, arrays):
            variable.load(array, session)


def _session(method: str) -> Any:
    session = get_default_session()
    if session is None:
        raise ValueError(f"{method} wants a default session, which holds the values: call it inside `with tf.Session():`.")
    return session


def _reached_from(tensors: Any) -> set[Any]:
    """The operations that depend on tensors."""
    reached: set[Any] = set()
    waiting = deque(nest.flatten(tensors))
    while waiting:
        for op in waiting.popleft().consumers():
            if op not in reached:
                reached.add(op)
                waiting.extend(op.outputs)
    return reached
