"""Ops that write what TensorBoard shows, as serialized Summary messages: numbers, histograms, pictures, sound. They run on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.core.shapes import text
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import op
from autograd_lite.ops.checks import invalid
from autograd_lite.ops.histograms import Histogram
from autograd_lite.ops.samples import sample, several, values
from autograd_lite.ops.type_lists import REALS
from autograd_lite.wire import messages
from autograd_lite.wire.png import encode_png
from autograd_lite.wire.tensor_proto import array_to_proto
from autograd_lite.wire.wav import encode_wav

_BYTES = "a summary is bytes, which have no slope"
_HELLO = np.array(b"\n\x0c\n\x05hello\x15\0\0\x80?", object)  # Summary(value=[Value(tag="hello", simple_value=1)])


def _written(message: Any) -> Any:
    """A message as a scalar string tensor."""
    result = np.empty((), object)
    result[()] = message.SerializeToString(deterministic=True)
    return result


def _tag(value: Any, complaint: str) -> str:
    """The text of a scalar string input."""
    array = np.asarray(value, object)
    if array.ndim:
        raise invalid(complaint)
    return _text(array.item())


def _text(word: bytes) -> str:
    try:
        return word.decode()
    except UnicodeDecodeError:
        raise invalid(f"The tag of a summary must be UTF-8, got {word!r}") from None


@op(
    "ScalarSummary(tags: string, values: T) -> summary: string",
    types={"T": REALS},
    host=("tags", "values"),
    shape=rules.scalar,
    samples=[sample(b"loss", values(())), sample(np.array([b"a", b"b"], object), values((2,)))],
    no_gradient=_BYTES,
)
def scalar_summary(xp, tags, values):
    """Note numbers under their tags, as points of the curves that TensorBoard draws."""
    tags, numbers = np.asarray(tags, object), np.asarray(values)
    if tags.shape != numbers.shape:
        single = f" (tag '{_text(tags.item())}')" if tags.size == 1 else ""
        raise invalid(f"tags and values are not the same shape: {text(tags.shape)} != {text(numbers.shape)}{single}")
    summary = messages.Summary()
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
        for tag, number in zip(tags.ravel().tolist(), numbers.ravel().astype(np.float32).tolist()):
            summary.value.add(tag=_text(tag), simple_value=number)
    return _written(summary)


@op(
    "HistogramSummary(tag: string, values: T) -> summary: string",
    types={"T": REALS},
    type_defaults={"T": "float"},
    host=("tag", "values"),
    shape=rules.scalar,
    samples=[sample(b"weights", values((3, 2))), sample(b"none", values((0,)))],
    no_gradient=_BYTES,
)
def histogram_summary(xp, tag, values):
    """Count how the values are distributed, in buckets that are 10% wide each."""
    name = _tag(tag, "tags must be scalar")
    numbers = np.asarray(values).ravel().astype(np.float64)
    finite = np.isfinite(numbers)
    if not finite.all():
        first = numbers[np.argmin(finite)]
        raise invalid(f"{'Nan in summary histogram' if np.isnan(first) else 'Infinity in Histogram'} for: {name}")
    summary = messages.Summary()
    histogram = Histogram()
    histogram.add(numbers)
    histogram.write(summary.value.add(tag=name).histo)
    return _written(summary)


def _tag_of_part(tag: str, kind: str, number: int, most: int) -> str:
    """The tag of one picture or sound of a batch: `tag/image/0`, or `tag/image` when there can only be one."""
    return f"{tag}/{kind}/{number}" if most > 1 else f"{tag}/{kind}"


_ALMOST_ZERO = 1e-6


def _as_pixels(image: np.ndarray, bad_color: np.ndarray) -> np.ndarray:
    """A picture of floats as uint8: the largest value becomes 255, and 0 stays 0 (or becomes 128, when there are negative values).

    Pixels that are not finite get `bad_color`.
    """
    bad = ~np.isfinite(image).all(axis=-1)
    good = np.where(bad[..., None], image.dtype.type(0), image)
    lowest = image.min(axis=(0, 1, 2), where=~bad[..., None], initial=np.inf)
    highest = image.max(axis=(0, 1, 2), where=~bad[..., None], initial=-np.inf)
    if lowest < 0:
        furthest, top, offset = max(abs(lowest), abs(highest)), 127.0, 128.0
    else:
        furthest, top, offset = highest, 255.0, 0.0
    number = image.dtype.type
    scale = np.float32(0) if furthest < _ALMOST_ZERO else np.float32(top) / np.float32(furthest)
    with np.errstate(over="ignore", invalid="ignore"):  # half floats
        scaled = good * number(scale) + number(offset)
    pixels = np.where(np.isfinite(scaled), scaled, 0).astype(np.uint8)
    pixels[bad] = bad_color[: image.shape[-1]]
    return pixels


def _check_image(shape: tuple[int, ...], bad_color: np.ndarray) -> None:
    if len(shape) != 4 or shape[3] not in (1, 3, 4):
        raise invalid(f"Tensor must be 4-D with last dim 1, 3, or 4, not {text(shape)}")
    if any(size == 0 for size in shape[1:]):
        raise invalid(f"input tensor must have non-zero dims. Found: [{', '.join(map(str, shape))}].")
    if bad_color.dtype != np.uint8:
        raise invalid(f"bad_color must be uint8, got {bad_color.dtype}")
    if bad_color.size < shape[3]:
        raise invalid(f"expected depth <= bad_color.size, got depth = {shape[3]}, bad_color.size = {bad_color.size}")


@op(
    "ImageSummary(tag: string, tensor: T, *, max_images: int >= 1 = 3, bad_color: tensor = uint8[255, 0, 0, 255]) -> summary: string",
    types={"T": "uint8 float half double"},
    type_defaults={"T": "float"},
    host=("tag", "tensor"),
    shape=rules.scalar,
    samples=[sample(b"digits", values((2, 4, 4, 1), 0, 1)), sample(b"one", values((1, 2, 2, 3), 0, 200, "uint8"), max_images=1)],
    no_gradient=_BYTES,
)
def image_summary(xp, tag, tensor, max_images, bad_color):
    """Write pictures of shape [batch, height, width, 1, 3 or 4 channels] as PNG, at most `max_images` of them."""
    images = np.asarray(tensor)
    name = _tag(tag, "Tags must be a scalar")
    color = np.asarray(bad_color).ravel()
    _check_image(images.shape, color)
    summary = messages.Summary()
    for number, image in enumerate(images[:max_images]):
        pixels = image if image.dtype == np.uint8 else _as_pixels(image, color)
        height, width, channels = pixels.shape
        part = summary.value.add(tag=_tag_of_part(name, "image", number, max_images)).image
        part.height, part.width, part.colorspace = height, width, channels
        part.encoded_image_string = encode_png(pixels)
    return _written(summary)


@op(
    "AudioSummaryV2(tag: string, tensor: float, sample_rate: float, *, max_outputs: int >= 1 = 3) -> summary: string",
    host=("tag", "tensor", "sample_rate"),
    shape=rules.scalar,
    samples=[
        sample(b"tone", values((2, 5, 1), -1, 1, "float32"), np.float32(8000)),
        sample(b"", values((2, 3), -1, 1, "float32"), np.float32(1)),
    ],
    no_gradient=_BYTES,
)
def audio_summary(xp, tag, tensor, sample_rate, max_outputs):
    """Write sounds of shape [batch, frames, channels] or [batch, frames] as WAV, at most `max_outputs` of them."""
    sounds = np.asarray(tensor)
    name = _tag(tag, "tag must be scalar")
    if sounds.ndim not in (2, 3):
        raise invalid(f"Tensor must be 3-D or 2-D, got: {text(sounds.shape)}")
    if np.size(sample_rate) != 1 or not 0 < float(np.ravel(sample_rate)[0]) < 2**32:
        raise invalid("sample_rate must be > 0")
    rate = float(np.ravel(sample_rate)[0])
    sounds = sounds[..., None] if sounds.ndim == 2 else sounds
    summary = messages.Summary()
    for number, sound in enumerate(sounds[:max_outputs]):
        part = summary.value.add(tag=_tag_of_part(name, "audio", number, max_outputs)).audio
        part.sample_rate, part.num_channels, part.length_frames = rate, sound.shape[1], sound.shape[0]
        part.encoded_audio_string, part.content_type = encode_wav(sound, round(rate)), "audio/wav"
    return _written(summary)


@op(
    "TensorSummaryV2(tag: string, tensor: T, serialized_summary_metadata: string) -> summary: string",
    host=("tag", "tensor", "serialized_summary_metadata"),
    shape=rules.scalar,
    samples=[sample(b"t", values((2, 3)), b""), sample(b"t", np.array([b"some", b"text"], object), b"\n\x06\n\x04text")],
    no_gradient=_BYTES,
)
def tensor_summary(xp, tag, tensor, serialized_summary_metadata):
    """Write a whole tensor, for the plugin of TensorBoard that the metadata name."""
    name = _tag(tag, "tag must be scalar")
    metadata = np.asarray(serialized_summary_metadata, object)
    if metadata.ndim:
        raise invalid("serialized_summary_metadata must be scalar")
    summary = messages.Summary()
    value = summary.value.add(tag=name)
    value.metadata.SetInParent()
    value.tensor.CopyFrom(array_to_proto(np.asarray(tensor)))
    try:
        value.metadata.MergeFrom(messages.SummaryMetadata.FromString(metadata.item()))
    except Exception:  # its class depends on the implementation of protobuf; TensorFlow too goes on without metadata
        value.metadata.Clear()
    return _written(summary)


@op(
    "MergeSummary(inputs: N * string) -> summary: string",
    shape=rules.scalar,
    samples=[sample(several(_HELLO)), sample(several(np.array([b""], object), _HELLO))],
    no_gradient=_BYTES,
)
def merge_summary(xp, inputs):
    """Put several summaries into one; no tag may occur twice."""
    merged = messages.Summary()
    tags: set[str] = set()
    for content in [word for array in inputs for word in np.asarray(array, object).ravel().tolist()]:
        summary = messages.Summary()
        try:
            summary.ParseFromString(content)
        except Exception:  # its class depends on the implementation of protobuf
            raise invalid("Could not parse one of the summary inputs") from None
        for value in summary.value:
            if value.tag and value.tag in tags:
                raise invalid(f"Duplicate tag {value.tag} found in summary inputs ")
            tags.add(value.tag)
        merged.value.extend(summary.value)
    return _written(merged)
