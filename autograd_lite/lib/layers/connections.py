"""What went into a layer and came out of it, call by call."""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd_lite.core import nest


class Call(NamedTuple):
    """One use of a layer."""

    inputs: Any
    outputs: Any


class Connections:
    """The half of a layer that remembers its calls."""

    name: Any

    def __init__(self) -> None:
        super().__init__()
        self._calls: list[Call] = []

    def _connect(self, inputs: Any, outputs: Any) -> None:
        self._calls.append(Call(inputs, outputs))

    def _only_call(self, what: str) -> Call:
        if not self._calls:
            raise AttributeError(f"Layer {self.name} is not connected, no {what} to return.\n  Call the layer on a tensor first.")
        if len(self._calls) > 1 and any(call.inputs is not self._calls[0].inputs for call in self._calls):
            raise AttributeError(
                f'Layer {self.name} has multiple inbound nodes, hence the notion of "layer {what}" is ill-defined. '
                f"Use `get_{what.replace(' ', '_')}_at(node_index)` instead."
            )
        return self._calls[0]

    def _call_at(self, node_index: int, what: str) -> Call:
        if not self._calls:
            raise RuntimeError(f"The layer has never been called and thus has no defined {what}.")
        if not -len(self._calls) <= node_index < len(self._calls):
            raise ValueError(f"Asked to get {what} at node {node_index}, but the layer has only {len(self._calls)} inbound nodes.")
        return self._calls[node_index]

    @property
    def input(self) -> Any:
        """What went in. Raises AttributeError unless the layer was called once."""
        return self._only_call("input").inputs

    @property
    def output(self) -> Any:
        """What came out. Raises AttributeError unless the layer was called once."""
        return self._only_call("output").outputs

    @property
    def input_shape(self) -> Any:
        """The shape of what went in, as a tuple."""
        return _shapes_of(self._only_call("input shape").inputs)

    @property
    def output_shape(self) -> Any:
        """The shape of what came out, as a tuple."""
        return _shapes_of(self._only_call("output shape").outputs)

    input_mask = property(lambda self: None, doc="Always None: layers here do not pass masks on.")
    output_mask = property(lambda self: None, doc="Always None: layers here do not pass masks on.")
    inbound_nodes = property(lambda self: list(self._calls), doc="The calls of this layer, as pairs of inputs and outputs.")
    outbound_nodes = property(lambda self: [], doc="Always empty: a layer does not know who uses its result.")

    def get_input_at(self, node_index: int) -> Any:
        """What went in at the call of this number."""
        return self._call_at(node_index, "input").inputs

    def get_output_at(self, node_index: int) -> Any:
        """What came out at the call of this number."""
        return self._call_at(node_index, "output").outputs

    def get_input_shape_at(self, node_index: int) -> Any:
        """The shape of what went in at the call of this number."""
        return _shapes_of(self._call_at(node_index, "input shape").inputs)

    def get_output_shape_at(self, node_index: int) -> Any:
        """The shape of what came out at the call of this number."""
        return _shapes_of(self._call_at(node_index, "output shape").outputs)

    def get_input_mask_at(self, node_index: int) -> Any:
        """Always None: layers here do not pass masks on."""
        self._call_at(node_index, "input mask")

    def get_output_mask_at(self, node_index: int) -> Any:
        """Always None: layers here do not pass masks on."""
        self._call_at(node_index, "output mask")


def _shapes_of(tensors: Any) -> Any:
    return nest.map_structure(lambda tensor: tuple(tensor.get_shape().as_list()), tensors)
