"""Signals cut into frames, put together again, and their short-time spectra."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, pad, rank, shape, size, split, transpose, zeros_like
from autograd_lite.api.casting import cast
from autograd_lite.api.constants import constant, range as number_range, zeros
from autograd_lite.api.fourier import dct, irfft, rfft
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.api.scope import building
from autograd_lite.api.slicing import gather, strided_slice
from autograd_lite.api.window_functions import hann_window, vorbis_window
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor

WindowFunction = Callable[..., Tensor]


def _or_known(tensor: Any) -> Any:
    """What a tensor holds, as far as that is known while the graph is built; otherwise the tensor."""
    known = constant_value(tensor)
    return tensor if known is None else known


@export("signal.frame")
def frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: Any = -1,
    name: str | None = None,
) -> Tensor:
    """Cut an axis into frames of `frame_length`, each `frame_step` after the one before: that axis becomes [frames, frame_length].

    Args:
      pad_end: fill the end with `pad_value` so that every sample is in a frame.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.frame([1, 2, 3, 4], frame_length=2, frame_step=1))
    array([[1, 2],
           [2, 3],
           [3, 4]], dtype=int32)
    """
    with building(name, "frame", [signal, frame_length, frame_step, pad_value]):
        signal = convert_to_tensor(signal, name="signal")
        if signal.static_shape is not None and not signal.static_shape:
            raise ValueError(f"Shape {signal.shape} must have rank at least 1")
        length: Any = convert_to_tensor(frame_length, name="frame_length")
        step: Any = convert_to_tensor(frame_step, name="frame_step")
        given = convert_to_tensor(axis, name="axis")
        wanted = _frame_shape(signal, length, step, pad_end, given)
        whole, place = _or_known(shape(signal)), int(_or_known(given))
        place = place % len(signal.static_shape) if signal.static_shape is not None else place
        outer, samples, inner = whole[:place], whole[place], whole[:0] if place == -1 else whole[place + 1 :]
        outer_rank, inner_rank = size(outer), size(inner)
        if pad_end:
            signal, count = _filled_end(signal, samples, length, step, pad_value, (outer_rank, inner_rank))
            whole = shape(signal)
            samples = whole[place]
        else:
            count = raw.Maximum(constant(0), 1 + (samples - length) // step)
        frames = _cut(signal, (outer, samples, inner), (length, step, count), whole, place)
        frames.set_shape(wanted)
        return frames


def _frame_shape(signal: Tensor, length: Any, step: Any, pad_end: bool, axis: Any) -> Any:
    """The static shape of the frames, as far as it is known."""
    place = constant_value(axis)
    if signal.static_shape is None or place is None:
        return None
    rank = len(signal.static_shape)
    at = int(place)
    if not -rank <= at < rank:
        raise ValueError(f"axis {at} is outside of a signal of shape {signal.shape}")
    at %= rank
    frame, hop, samples = constant_value(length), constant_value(step), signal.static_shape[at]
    for what, number in (("frame_length", frame), ("frame_step", hop)):
        if number is not None and int(number) < 1:
            raise ValueError(f"{what} must be at least 1, got {int(number)}")
    count = None
    if samples is not None and hop is not None and (pad_end or frame is not None):
        count = -(-samples // int(hop)) if pad_end else max(0, 1 + (samples - int(frame)) // int(hop))  # type: ignore[arg-type]
    return (*signal.static_shape[:at], count, None if frame is None else int(frame), *signal.static_shape[at + 1 :])


def _filled_end(signal: Tensor, samples: Any, length: Any, step: Any, value: Any, ranks: Any) -> tuple[Tensor, Any]:
    """The signal with its end filled, and the number of frames."""
    value = convert_to_tensor(value, dtype=signal.dtype.base_dtype)
    count = -(-samples // step)
    missing = raw.Maximum(0, length + step * (count - 1) - samples)
    before = zeros([ranks[0], 2], dtypes.int32)
    here = convert_to_tensor([[0, missing]])
    after = zeros([ranks[1], 2], dtypes.int32)
    return pad(signal, concat([before, here, after], 0), constant_values=value), count


def _cut(signal: Tensor, sizes: Any, framing: Any, whole: Any, axis: int) -> Tensor:
    """Frames gathered out of pieces as long as the greatest common divisor of length and step."""
    (outer, samples, inner), (length, step, count) = sizes, framing
    known = constant_value(length), constant_value(step)
    piece: Any = 1
    if None not in known:
        piece = _or_known(constant(math.gcd(*(int(number) for number in known)), name="gcd/Const"))  # type: ignore[arg-type]
    per_frame, per_hop = length // piece, step // piece
    pieces = samples // piece
    used = concat([outer, [pieces * piece], inner], 0)
    cut = concat([outer, [pieces, piece], inner], 0)
    parts = raw.Reshape(strided_slice(signal, zeros_like(whole), used), cut)
    first: Any = raw.Reshape(number_range(count) * per_hop, [count, 1])
    within = raw.Reshape(number_range(per_frame), [1, per_frame])
    chosen = first + within
    before, after = (convert_to_tensor(each, dtype=dtypes.int32) for each in (outer, inner))
    shaped = raw.Pack([count, length], name="packed")
    gathered = gather(parts, chosen, axis=axis if axis >= 0 else axis - 1)  # the pieces stand before their elements
    return raw.Reshape(gathered, concat([before, shaped, after], 0))


@export("signal.overlap_and_add")
def overlap_and_add(signal: Any, frame_step: Any, name: str | None = None) -> Tensor:
    """Add up frames [..., frames, frame_length], each `frame_step` after the one before, into one signal.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.overlap_and_add([[1., 1.], [1., 1.]], 1))
    array([1., 2., 1.], dtype=float32)
    """
    with building(name, "overlap_and_add", [signal, frame_step]):
        signal = convert_to_tensor(signal, name="signal")
        if signal.static_shape is not None and len(signal.static_shape) < 2:
            raise ValueError(f"Shape {signal.shape} must have rank at least 2")
        step = convert_to_tensor(frame_step, name="frame_step")
        if not step.dtype.is_integer:
            raise ValueError(f"frame_step must be an integer. Got {step.dtype}")
        if step.static_shape:
            raise ValueError(f"frame_step must be a scalar. Got a tensor of shape {step.shape}")
        return _added(signal, _or_known(step))


def _added(signal: Tensor, step: Any) -> Tensor:
    """Frames split into segments of one step; those that belong to the same time stand in one column, which is summed."""
    whole = _or_known(shape(signal))
    outer, frames, length = whole[:-2], whole[-2], whole[-1]
    outer_rank = _or_known(size(outer))
    result_length = length + step * (frames - 1)
    segments = (length + step - 1) // step

    def shaped(*inner: Any) -> Tensor:
        return concat([outer, list(inner)], 0)

    missing = [[0, segments], [0, segments * step - length]]
    signal = pad(signal, concat([zeros([outer_rank, 2], dtypes.int32), missing], 0))
    signal = raw.Reshape(signal, shaped(frames + segments, segments, step))
    order = concat([number_range(outer_rank), outer_rank + np.array([1, 0, 2], np.int32)], 0)
    signal = transpose(signal, _or_known(order))
    rows: Any = raw.Reshape(signal, shaped((frames + segments) * segments, step))
    rows = rows[..., : (frames + segments - 1) * segments, :]
    columns = raw.Reshape(rows, shaped(segments, frames + segments - 1, step))
    total: Any = raw.Reshape(reduce_sum(columns, -3), shaped((frames + segments - 1) * step))
    return total[..., :result_length]


def _power_of_two(value: Tensor) -> Tensor:
    """The next power of two, as a tensor."""
    known = constant_value(value)
    if known is not None:
        return constant(int(2 ** math.ceil(math.log2(int(known)))), value.dtype)
    exponent = raw.Ceil(raw.RealDiv(raw.Log(cast(value, dtypes.float64)), math.log(2.0)))
    return cast(raw.Pow(np.float64(2.0), exponent), value.dtype)


@export("signal.stft")
def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: WindowFunction | None = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Tensor:
    """The short-time Fourier transform of signals [..., samples]: [..., frames, fft_length / 2 + 1] complex numbers.

    Args:
      fft_length: by default the next power of two from `frame_length`. window_fn: makes the weights of a frame; None for none.

    >>> import autograd_lite as tf
    >>> tf.signal.stft(tf.zeros([16]), frame_length=8, frame_step=4).shape
    TensorShape([Dimension(3), Dimension(5)])
    """
    with building(name, "stft", [signals, frame_length, frame_step]):
        signals = convert_to_tensor(signals, name="signals")
        length = convert_to_tensor(frame_length, name="frame_length")
        step = convert_to_tensor(frame_step, name="frame_step")
        wanted = _power_of_two(length) if fft_length is None else convert_to_tensor(fft_length, name="fft_length")
        framed: Any = frame(signals, length, step, pad_end=pad_end)
        if window_fn is not None:
            framed = framed * window_fn(length, dtype=framed.dtype)
        return rfft(framed, [wanted])


@export("signal.inverse_stft_window_fn")
def inverse_stft_window_fn(frame_step: Any, forward_window_fn: WindowFunction = hann_window, name: str | None = None) -> WindowFunction:
    """Make the window with which `inverse_stft` undoes an `stft` with `forward_window_fn`.

    D. Griffin and J. Lim, "Signal estimation from modified short-time Fourier transform", 1984.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.signal.inverse_stft_window_fn(2)(4, tf.float32))
    array([0., 1., 1., 1.], dtype=float32)
    """

    def inverse_window(frame_length: Any, dtype: Any) -> Tensor:
        with building(name, "inverse_stft_window_fn", [forward_window_fn]):
            length: Any = _or_known(convert_to_tensor(frame_length, name="frame_length"))
            step: Any = _or_known(convert_to_tensor(frame_step, name="frame_step"))
            forward: Any = forward_window_fn(length, dtype=dtype)
            overlaps = (length + step - 1) // step
            power = pad(raw.Square(forward), [[0, overlaps * step - length]])
            power = reduce_sum(raw.Reshape(power, [overlaps, step]), 0, keepdims=True)
            total: Any = raw.Reshape(raw.Tile(power, [overlaps, 1]), [overlaps * step])
            return forward / total[:length]

    return inverse_window


@export("signal.inverse_stft")
def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: WindowFunction | None = hann_window,
    name: str | None = None,
) -> Tensor:
    """Make signals of short-time spectra: each is transformed back, weighted, and added to the others at its time.

    Exact with window_fn=inverse_stft_window_fn(frame_step), up to the ends.

    >>> import autograd_lite as tf
    >>> tf.signal.inverse_stft(tf.zeros([3, 5], tf.complex64), frame_length=8, frame_step=4).shape
    TensorShape([Dimension(16)])
    """
    with building(name, "inverse_stft", [stfts]):
        stfts = convert_to_tensor(stfts, name="stfts")
        length: Any = convert_to_tensor(frame_length, name="frame_length")
        step = convert_to_tensor(frame_step, name="frame_step")
        wanted = _power_of_two(length) if fft_length is None else convert_to_tensor(fft_length, name="fft_length")
        frames = _as_long_as(irfft(stfts, [wanted]), length)
        if window_fn is not None:
            frames = frames * window_fn(length, dtype=frames.dtype.base_dtype)
        return overlap_and_add(frames, step)


def _as_long_as(frames: Any, length: Tensor) -> Any:
    """Frames cut, or filled with zeros, to a length."""
    held, sizes = constant_value(length), frames.static_shape
    if held is None or sizes is None or sizes[-1] is None:
        frames = frames[..., : length if held is None else held]
        missing = raw.Maximum(0, length - shape(frames)[-1])
        return pad(frames, concat([zeros([rank(frames) - 1, 2], dtypes.int32), [[0, missing]]], 0))
    if sizes[-1] > held:
        return frames[..., : int(held)]
    return pad(frames, [[0, 0]] * (len(sizes) - 1) + [[0, int(held) - sizes[-1]]]) if sizes[-1] < held else frames


@export("signal.mdct")
def mdct(
    signals: Any,
    frame_length: Any,
    window_fn: WindowFunction | None = vorbis_window,
    pad_end: bool = False,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """The modified discrete cosine transform: frames that overlap by half, each folded to half its length before a DCT of type 4.

    J. Princen, A. Johnson and A. Bradley, "Subband/transform coding using filter bank designs based on time domain aliasing
    cancellation", 1987.

    Args:
      frame_length: a multiple of 4.

    >>> import autograd_lite as tf
    >>> tf.signal.mdct(tf.zeros([16]), frame_length=8).shape
    TensorShape([Dimension(3), Dimension(4)])
    """
    with building(name, "mdct", [signals, frame_length]):
        signals = convert_to_tensor(signals, name="signals")
        if signals.static_shape is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        length: Any = convert_to_tensor(frame_length, name="frame_length")
        known = constant_value(length)
        if known is not None and known % 4:
            raise ValueError("The frame length must be a multiple of 4.")
        half = length // 2 if known is None else constant(int(known) // 2, length.dtype)
        framed: Any = frame(signals, length, half, pad_end=pad_end)
        framed = framed * (window_fn(length, dtype=framed.dtype) if window_fn is not None else math.sqrt(0.5))
        quarters: Any = split(framed, 4, axis=-1)
        first = -raw.ReverseV2(quarters[2], [-1]) - quarters[3]
        second = quarters[0] - raw.ReverseV2(quarters[1], [-1])
        return dct(concat((first, second), -1), type=4, norm=norm)


@export("signal.inverse_mdct")
def inverse_mdct(mdcts: Any, window_fn: WindowFunction | None = vorbis_window, norm: str | None = None, name: str | None = None) -> Tensor:
    """Undo `mdct` with the same window, up to the first and the last half of a frame.

    >>> import autograd_lite as tf
    >>> tf.signal.inverse_mdct(tf.zeros([3, 4])).shape
    TensorShape([Dimension(16)])
    """
    with building(name, "inverse_mdct", [mdcts]):
        mdcts = convert_to_tensor(mdcts, name="mdcts")
        if mdcts.static_shape is None or mdcts.static_shape[-1] is None:
            raise ValueError("inverse_mdct needs to know the size of the last axis.")
        half = convert_to_tensor(mdcts.static_shape[-1], name="Cast/x")
        scale = 0.5 / cast(half, mdcts.dtype) if norm is None else None
        unfolded: Any = dct(mdcts, type=4, norm=norm)
        unfolded = unfolded if scale is None else scale * unfolded
        first, second = split(unfolded, 2, axis=-1)
        whole: Any = concat((second, -raw.ReverseV2(second, [-1]), -raw.ReverseV2(first, [-1]), -first), -1)
        whole = whole * (window_fn(2 * half, dtype=mdcts.dtype) if window_fn is not None else math.sqrt(0.5))
        return overlap_and_add(whole, half)
