"""`tf.summary`: nodes whose value is a serialized Summary message, for TensorBoard to show. `FileWriter` puts them into files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import building
from autograd_lite.core import dtypes, optional
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import logging
from autograd_lite.wire import messages

_NOT_IN_NAMES = re.compile(r"[^-/\w.]")
_V2_OPS = "_SUMMARY_V2"  # collection of the summary ops that write by themselves
_V2_WRITERS = "_SUMMARY_WRITER_V2"  # and of the ops that open their files


def clean_tag(name: str) -> str:
    """A tag that can be the name of a node: what cannot stand in one becomes "_"."""
    if not isinstance(name, str):
        raise TypeError(f"The name of a summary must be a string, got {name!r} of type {type(name).__name__}")
    cleaned = _NOT_IN_NAMES.sub("_", name).lstrip("/")
    if cleaned != name:
        logging.info("Summary name %s is illegal; using %s instead.", name, cleaned)
    return cleaned


@contextmanager
def _summary_scope(name: str, family: str | None, values: Any) -> Iterator[tuple[str, str]]:
    """The scope of one summary op, as (tag, scope): the op takes the scope's own name, and the tag is the full name."""
    cleaned = clean_tag(name)
    group = None if family is None else clean_tag(family)
    with building(f"{group}/{cleaned}" if group else cleaned, None, values) as scope:
        own_name = scope.rstrip("/")
        yield f"{group}/{own_name}" if group else own_name, scope


def _collect(summary: Tensor, collections: Any, usual: list[str]) -> Tensor:
    for key in usual if collections is None else collections:
        summary.graph.add_to_collection(key, summary)
    return summary


@export("summary.scalar")
def scalar(name: str, tensor: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of one number: a point of a curve in TensorBoard.

    Args:
      name: the node's name, with the scopes around it also the tag.
      tensor: a real number. collections: where the summary is listed; `merge_all` looks in "summaries", the usual place.
      family: a prefix of the tag, by which TensorBoard groups.

    Returns:
      A scalar string tensor: the bytes of a Summary message.

    >>> import autograd_lite as tf
    >>> summary = tf.Session().run(tf.summary.scalar("loss", 0.5))
    >>> tf.Summary.FromString(summary).value[0].simple_value
    0.5
    """
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        return _collect(raw.ScalarSummary(tag, tensor, name=scope), collections, [GraphKeys.SUMMARIES])


@export("summary.histogram")
def histogram(name: str, values: Any, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of how many values lie where, for a real tensor of any shape. NaN and infinity are errors when it runs.

    >>> import autograd_lite as tf
    >>> summary = tf.Session().run(tf.summary.histogram("weights", [1.0, 2.0]))
    >>> tf.Summary.FromString(summary).value[0].histo.num
    2.0
    """
    with _summary_scope(name, family, [values]) as (tag, scope):
        return _collect(raw.HistogramSummary(tag, values, name=scope), collections, [GraphKeys.SUMMARIES])


@export("summary.image")
def image(name: str, tensor: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of pictures, shape [batch, height, width, channels] with 1 (gray), 3 (RGB) or 4 (RGBA) channels.

    Args:
      tensor: uint8, or floats: each picture is then scaled so that its largest value is 255; with negative values 0 becomes 128.
      max_outputs: how many pictures of the batch are kept.

    >>> import autograd_lite as tf
    >>> summary = tf.Session().run(tf.summary.image("digit", tf.zeros([1, 28, 28, 1])))
    >>> tf.Summary.FromString(summary).value[0].image.width
    28
    """
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        made = raw.ImageSummary(tag, tensor, max_images=max_outputs, name=scope)
        return _collect(made, collections, [GraphKeys.SUMMARIES])


@export("summary.audio")
def audio(name: str, tensor: Any, sample_rate: Any, max_outputs: int = 3, collections: Any = None, family: str | None = None) -> Tensor:
    """A summary of sounds, shape [batch, frames, channels] or [batch, frames], with values in [-1, 1].

    Args:
      sample_rate: frames in a second. max_outputs: how many sounds of the batch are kept.

    >>> import autograd_lite as tf
    >>> summary = tf.Session().run(tf.summary.audio("silence", tf.zeros([1, 80]), 8000))
    >>> tf.Summary.FromString(summary).value[0].audio.content_type
    'audio/wav'
    """
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        rate = convert_to_tensor(sample_rate, dtype=dtypes.float32, name="sample_rate")
        made = raw.AudioSummaryV2(tag, tensor, rate, max_outputs=max_outputs, name=scope)
        return _collect(made, collections, [GraphKeys.SUMMARIES])


@export("summary.tensor_summary")
def tensor_summary(
    name: str,
    tensor: Any,
    summary_description: str | None = None,
    collections: Any = None,
    summary_metadata: Any = None,
    family: str | None = None,
    display_name: str | None = None,
) -> Tensor:
    """A summary of a whole tensor, for a plugin of TensorBoard.

    Args:
      summary_description: text that TensorBoard shows with it. display_name: the title there.
      summary_metadata: a SummaryMetadata message that names the plugin.

    >>> import autograd_lite as tf
    >>> summary = tf.Session().run(tf.summary.tensor_summary("pair", [1, 2]))
    >>> tf.make_ndarray(tf.Summary.FromString(summary).value[0].tensor)
    array([1, 2], dtype=int32)
    """
    metadata = messages.SummaryMetadata()
    if summary_metadata is not None:
        metadata.CopyFrom(summary_metadata)
    if summary_description is not None:
        metadata.summary_description = summary_description
    if display_name is not None:
        metadata.display_name = display_name
    with _summary_scope(name, family, [tensor]) as (tag, scope):
        made = raw.TensorSummaryV2(tag, tensor, metadata.SerializeToString(deterministic=True), name=scope)
        return _collect(made, collections, [GraphKeys.SUMMARIES])


@export("summary.text")
def text(name: str, tensor: Tensor, collections: Any = None) -> Tensor:
    """A summary of text: TensorBoard shows strings as Markdown, and tensors of strings as tables.

    Raises:
      ValueError: `tensor` holds no strings.

    >>> import autograd_lite as tf
    >>> tf.summary.text("note", tf.constant("*well*")).op.type
    'TensorSummaryV2'
    """
    if tensor.dtype != dtypes.string:
        raise ValueError(f"Expected tensor {tensor.name} to have dtype string, got {tensor.dtype}")
    plugin = messages.SummaryMetadata.PluginData(plugin_name="text")
    return tensor_summary(name, tensor, collections=collections, summary_metadata=messages.SummaryMetadata(plugin_data=plugin))


@export("summary.merge")
def merge(inputs: Any, collections: Any = None, name: str | None = None) -> Tensor:
    """One summary that holds several.

    Args:
      inputs: a list of summaries. collections: where the new one is listed (nowhere).

    >>> import autograd_lite as tf
    >>> both = tf.summary.merge([tf.summary.scalar("a", 1.0), tf.summary.scalar("b", 2.0)])
    >>> [value.tag for value in tf.Summary.FromString(tf.Session().run(both)).value]
    ['a', 'b']
    """
    cleaned = None if name is None else clean_tag(name)
    with building(cleaned, "Merge", inputs):
        return _collect(raw.MergeSummary(inputs, name=cleaned), collections, [])


@export("summary.merge_all")
def merge_all(key: str = GraphKeys.SUMMARIES, scope: str | None = None, name: str | None = None) -> Tensor | None:
    """One summary that holds all those of a collection; None when there are none.

    Args:
      scope: take only those whose name begins with it (a regular expression).

    >>> import autograd_lite as tf
    >>> print(tf.summary.merge_all())
    None
    """
    found = get_default_graph().get_collection(key, scope)
    return merge(found, name=name) if found else None


@export("summary.get_summary_description")
def get_summary_description(node_def: Any) -> Any:
    """The SummaryDescription message that a TensorSummary node of an old graph keeps as JSON in its attributes.

    Raises:
      ValueError: the node is of another type.

    >>> import autograd_lite as tf
    >>> node = tf.NodeDef(op="TensorSummary")
    >>> node.attr["description"].s = b'{"typeHint": "image"}'
    >>> tf.summary.get_summary_description(node).type_hint
    'image'
    """
    if node_def.op != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {node_def.op}")
    description = messages.SummaryDescription()
    optional.load("google.protobuf.json_format").Parse(node_def.attr["description"].s.decode(), description)
    return description


@export("summary.all_v2_summary_ops")
def all_v2_summary_ops() -> list[Any]:
    """The summary ops of the graph that write by themselves when they run (those of `tf.contrib.summary` in an imported graph).

    >>> import autograd_lite as tf
    >>> tf.summary.all_v2_summary_ops()
    []
    """
    return get_default_graph().get_collection(_V2_OPS)


@export("summary.initialize")
def initialize(graph: Any = None, session: Any = None) -> None:
    """Open the files of the summary ops that write by themselves.

    Raises:
      RuntimeError: there are none. `tf.summary.FileWriter` needs no initialization.
    """
    openers = get_default_graph().get_collection(_V2_WRITERS)
    if not openers:
        raise RuntimeError(
            "No default tf.contrib.summary.SummaryWriter found\n  tf.summary.FileWriter needs no initialization: "
            "writer.add_summary(session.run(tf.summary.merge_all()), step)."
        )
    if session is None:
        raise ValueError("Argument `session` must be given, or a session be the default one")
    session.run(openers)
