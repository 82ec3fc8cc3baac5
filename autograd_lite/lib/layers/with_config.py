"""Layers whose configuration is their constructor's arguments."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from autograd_lite.lib import keras_constraints, keras_regularizers, more_initializers
from autograd_lite.lib.layers.arguments import activation_of, name_of_activation
from autograd_lite.lib.layers.layer import Layer

_READ: dict[str, Any] = {
    "activation": activation_of,
    "initializer": more_initializers.get,
    "regularizer": keras_regularizers.get,
    "constraint": keras_constraints.get,
}
_WRITTEN: dict[str, Any] = {
    "activation": name_of_activation,
    "initializer": more_initializers.serialize,
    "regularizer": keras_regularizers.serialize,
    "constraint": keras_constraints.serialize,
}
_OF_EVERY_LAYER = ("trainable", "name", "dtype", "kwargs")


class LayerWithConfig(Layer):
    """A layer that keeps the arguments of its constructor as attributes of the same names, and gives them back in `get_config`."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # the arguments of the constructor

    def _keep(self, arguments: dict[str, Any]) -> None:
        """Keep the arguments of the constructor (its `locals()`); what is named gets the object of that name."""
        for name in _own_arguments(type(self)):
            value = arguments[name]
            read = _READ.get(name.rpartition("_")[2])
            setattr(self, name, value if read is None else read(value))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a layer like this one, as plain values."""
        config = super().get_config()
        for name in _own_arguments(type(self)):
            value = getattr(self, name)
            write = _WRITTEN.get(name.rpartition("_")[2])
            config[name] = value if write is None or value is None else write(value)
        return config


def _own_arguments(layer_class: type) -> list[str]:
    return [name for name in inspect.signature(layer_class).parameters if name not in _OF_EVERY_LAYER]
