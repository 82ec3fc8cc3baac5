"""What the arguments of layers may be: sizes per axis, paddings, where the channels stand, activations by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.logits import softmax
from autograd_lite.api.nn import leaky_relu
from autograd_lite.api.raw import raw
from autograd_lite.core.shapes import Shape

Activation = Callable[[Any], Any]


def per_axis(value: Any, count: int, name: str) -> tuple[int, ...]:
    """`count` integers, from one integer or as many as that.

    Raises:
      ValueError: for anything else.
    """
    if isinstance(value, int):
        return (value,) * count
    message = f"The `{name}` argument must be a tuple of {count} integers. Received: {value}"
    try:
        numbers = tuple(value)
    except TypeError:
        raise ValueError(message) from None
    if len(numbers) != count:
        raise ValueError(message)
    for number in numbers:
        try:
            int(number)
        except (ValueError, TypeError):
            raise ValueError(f"{message} including element {number} of type {type(number)}") from None
    return tuple(int(number) for number in numbers)


def padding_name(value: Any) -> str:
    """`valid`, `same` or `causal`, in lower case.

    Raises:
      ValueError: for anything else.
    """
    padding = str(value).lower()
    if padding not in ("valid", "same", "causal"):
        raise ValueError(
            'The `padding` argument must be a list/tuple or one of "valid", "same" (or "causal", only for `Conv1D). '
            f"Received: {padding}"
        )  # fmt: skip
    return padding


def channels_place(value: Any) -> str:
    """`channels_first` or `channels_last`, which None stands for.

    Raises:
      ValueError: for anything else.
    """
    place = "channels_last" if value is None else str(value).lower()
    if place not in ("channels_first", "channels_last"):
        raise ValueError(f'The `data_format` argument must be one of "channels_first", "channels_last". Received: {value}')
    return place


_LAYOUTS = {1: "NWC", 2: "NHWC", 3: "NDHWC"}


def layout(data_format: str, axes: int) -> str:
    """The letters that ops use: `channels_last` with two spatial axes is `NHWC`."""
    letters = _LAYOUTS[axes]
    return letters if data_format == "channels_last" else f"NC{letters[1:-1]}"


def output_size(size: int | None, window: int, padding: str, stride: int, dilation: int = 1) -> int | None:
    """How many places a window has along an axis; None when the size of the axis is unknown."""
    if size is None:
        return None
    covered = window + (window - 1) * (dilation - 1)
    places = size if padding in ("same", "causal") else size - covered + 1
    return (places + stride - 1) // stride


def enlarged_size(size: Any, window: int, padding: str, stride: int) -> Any:
    """The size, known or a tensor, of which a window with this stride would make `size`: what a transposed convolution gives."""
    if size is None:
        return None
    size = size * stride
    return size + max(window - stride, 0) if padding == "valid" else size


def static_dims(shape: Any) -> Shape:
    """A shape in any form as a tuple."""
    return shape.dims_tuple if hasattr(shape, "dims_tuple") else shape


# -------------------------------------------------------------------- activations


def linear(x: Any) -> Any:
    """The activation that changes nothing."""
    return x


def hard_sigmoid(x: Any) -> Any:
    """The sigmoid function as three straight lines: 0.2 x + 0.5, cut off at 0 and 1."""
    scaled = raw.AddV2(raw.Mul(x, 0.2), 0.5)
    return raw.Minimum(raw.Maximum(scaled, 0.0), 1.0)


ACTIVATIONS: dict[str, Activation] = {
    "elu": raw.Elu, "exponential": raw.Exp, "hard_sigmoid": hard_sigmoid, "linear": linear, "relu": raw.Relu, "relu6": raw.Relu6,
    "selu": raw.Selu, "sigmoid": raw.Sigmoid, "softmax": softmax, "softplus": raw.Softplus, "softsign": raw.Softsign,
    "tanh": raw.Tanh, "leaky_relu": leaky_relu,
}  # fmt: skip


def activation_of(identifier: Any) -> Activation:
    """A function from its name, itself, or None, which stands for no activation.

    Raises:
      ValueError: no activation has this name.
      TypeError: it is neither a name nor callable.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        if identifier not in ACTIVATIONS:
            raise ValueError(f"Unknown activation function:{identifier}\n  Known by name: {', '.join(ACTIVATIONS)}.")
        return ACTIVATIONS[identifier]
    if callable(identifier):
        return identifier
    raise TypeError(f"Could not interpret activation function identifier: {identifier!r}")


def name_of_activation(function: Activation) -> Any:
    """The name under which `activation_of` finds a function, or the function's own name."""
    for name, known in ACTIVATIONS.items():
        if known is function:
            return name
    return getattr(function, "__name__", repr(function))
