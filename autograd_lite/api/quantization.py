"""Between floats and quantized tensors: small whole numbers with the range of floats that they stand for."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import leaves_no_trace
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor


@export("quantization.quantize", "quantize")
def quantize(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,
    mode: str = "MIN_COMBINED",
    round_mode: str = "HALF_AWAY_FROM_ZERO",
    name: str | None = None,
) -> Any:
    """Turn floats into small whole numbers, evenly over a range.

    Args:
      min_range, max_range: which float the smallest and the largest number mean; the range is widened if it leaves 0 out or is too narrow.
      T: qint8, quint8, qint16, quint16 or qint32.
      mode: "MIN_COMBINED" puts the smallest number at `min_range`; "MIN_FIRST" so that 0 is met exactly; "SCALED" is a factor alone.
      round_mode: what becomes of halves in mode "SCALED".

    Returns:
      The numbers, and the two ends of the range that was used.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.quantize([0.0, 0.5, 1.0], 0.0, 1.0, tf.quint8)).output)
    [  0 128 255]
    """
    return raw.QuantizeV2(input, min_range, max_range, T=T, mode=mode, round_mode=round_mode, name=name)


@export("quantize_v2")
def quantize_v2(
    input: Any,
    min_range: Any,
    max_range: Any,
    T: Any,
    mode: str = "MIN_COMBINED",
    name: str | None = None,
    round_mode: str = "HALF_AWAY_FROM_ZERO",
) -> Any:
    """The older name of `tf.quantize`, which takes `name` before `round_mode`.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.quantize_v2([0.0, 1.0], 0.0, 1.0, tf.quint8)).output)
    [  0 255]
    """
    return quantize(input, min_range, max_range, T, mode, round_mode, name)


@export("quantization.quantize_and_dequantize")
@leaves_no_trace
def quantize_and_dequantize(
    input: Any,
    input_min: Any,
    input_max: Any,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: str = "HALF_TO_EVEN",
    name: str | None = None,
    narrow_range: bool = False,
) -> Tensor:
    """Round floats to the levels that a quantized tensor would have; gradients pass as if nothing had been rounded.

    Args:
      input_min, input_max: the range, if `range_given`; otherwise the input's own range counts.
      signed_input: whether the levels lie on both sides of 0.
      num_bits: there are about `2 ** num_bits` levels.
      round_mode: "HALF_TO_EVEN" or "HALF_UP".
      narrow_range: leave the lowest level out, so that the levels lie evenly around 0.

    >>> import autograd_lite as tf
    >>> print(tf.Session().run(tf.quantization.quantize_and_dequantize([0.1, 0.8], -1.0, 1.0, num_bits=2, range_given=True)))
    [0. 1.]
    """
    input = convert_to_tensor(input, name="input")
    return raw.QuantizeAndDequantizeV2(
        input, input_min, input_max, signed_input=signed_input, num_bits=num_bits, range_given=range_given, round_mode=round_mode,
        narrow_range=narrow_range, name=name,
    )  # fmt: skip


@export("quantized_concat", "quantization.quantized_concat")
@leaves_no_trace
def quantized_concat(concat_dim: Any, values: Any, input_mins: Any, input_maxes: Any, name: str | None = None) -> Any:
    """Join quantized tensors along an axis; those whose range is not the common one are rounded anew.

    Args:
      concat_dim: a scalar, the axis. values: tensors of one quantized type. input_mins, input_maxes: a float for each of them.

    Returns:
      The joined tensor, and the two ends of its range.

    >>> import autograd_lite as tf
    >>> one, low, high = tf.quantize([0.0, 1.0], 0.0, 1.0, tf.quint8)
    >>> print(tf.Session().run(tf.quantized_concat(0, [one, one], [low, low], [high, high])).output)
    [  0 255   0 255]
    """
    return raw.QuantizedConcat(concat_dim, values, input_mins, input_maxes, name=name)


@export("nn.quantized_relu_x")
@leaves_no_trace
def quantized_relu_x(
    features: Any, max_value: Any, min_features: Any, max_features: Any, out_type: Any = dtypes.quint8, name: str | None = None
) -> Any:
    """Clip a quantized tensor to [0, max_value].

    Returns:
      The tensor, and the two ends of its range.

    >>> import autograd_lite as tf
    >>> x, low, high = tf.quantize([0.0, 1.0, 2.0, 4.0], 0.0, 4.0, tf.quint8)
    >>> print(tf.Session().run(tf.nn.quantized_relu_x(x, 2.0, low, high)).activations)
    [  0  64 128 128]
    """
    return raw.QuantizedReluX(features, max_value, min_features, max_features, out_type=out_type, name=name)
