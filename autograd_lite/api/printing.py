"""`tf.print`: text made of values, printed each time the graph runs."""

from __future__ import annotations

import os
import pprint
import sys
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.api.scope import leaves_no_trace
from autograd_lite.core import dtypes, nest
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor

_STREAMS = (
    "Supported streams are sys.stdout, sys.stderr, tf.logging.info, tf.logging.warning, tf.logging.error. "
    "File needs to be in the form of 'file://<filepath>'."
)
_LEVELS = ("info", "warning", "error")


@export("print")
@leaves_no_trace
def print_(*inputs: Any, **kwargs: Any) -> Operation:
    """An operation that prints text and values each time it runs; make others depend on it with `tf.control_dependencies`.

    Args:
      *inputs: tensors, Python values, and nested structures of both.
      output_stream: sys.stderr (default), sys.stdout, `tf.logging.info` and its kin, or "file://path", to which lines are added.
      summarize: how many elements at each end of each axis are shown (default 3; -1: all).
      sep, end: what stands between inputs (a space), and after the last (a new line).
      name: a name for the node.

    Raises:
      ValueError: an unknown keyword or stream.

    >>> import autograd_lite as tf
    >>> with tf.Session() as session:
    ...     session.run(tf.print("squares:", tf.square([1, 2, 3]), {"of": "numbers"}, output_stream=sys.stdout))
    squares: [1 4 9] {'of': 'numbers'}
    """
    summarize, sep, end = kwargs.pop("summarize", 3), kwargs.pop("sep", " "), kwargs.pop("end", os.linesep)
    stream, name = _stream(kwargs.pop("output_stream", sys.stderr)), kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unrecognized keyword arguments for tf.print: {kwargs}")
    only = inputs[0] if len(inputs) == 1 else None
    if isinstance(only, Tensor) and only.static_shape == () and only.dtype.base_dtype == dtypes.string:
        return raw.PrintV2(only, output_stream=stream, end=end, name=name)
    text = _formatted(inputs, sep, summarize, f"{name}_format" if name else None)
    return raw.PrintV2(text, output_stream=stream, end=end, name=name)


def _stream(stream: Any) -> str:
    """The name of a stream, as the node holds it."""
    if stream is sys.stdout or stream is sys.stderr:
        return "stdout" if stream is sys.stdout else "stderr"
    level = getattr(stream, "__name__", "").replace("warn", "warning").replace("warninging", "warning")
    if callable(stream) and level in _LEVELS:
        return f"log({level})"
    if isinstance(stream, str) and stream.startswith("file://"):
        return stream
    raise ValueError(f"Unsupported output stream, logging level, or file.{stream}. {_STREAMS}")


def _formatted(inputs: Any, sep: str, summarize: int, name: str | None) -> Any:
    """The text as a tensor: Python values are in the template already, tensors come in when the graph runs."""
    without = nest.map_structure(lambda item: "" if isinstance(item, Tensor | SparseTensor) else item, list(inputs))
    fixed = sep.join(item if isinstance(item, str) else pprint.pformat(item) for item in without)
    place = "{}"
    while place in fixed:
        place += "0"
    tensors: list[Tensor] = []
    parts = []
    for item in inputs:
        leaves = [_leaf(leaf, place, tensors) for leaf in nest.flatten(item)]
        parts.append(item if isinstance(item, str) else pprint.pformat(nest.pack_sequence_as(item, leaves)))
    template = sep.join(parts).replace(f"'{place}'", place)
    return raw.StringFormat(tensors, template=template, placeholder=place, summarize=summarize, name=name)


def _leaf(leaf: Any, place: str, tensors: list[Tensor]) -> Any:
    if isinstance(leaf, SparseTensor):
        tensors.extend([leaf.indices, leaf.values, leaf.dense_shape])
        return f"SparseTensor(indices={place}, values={place}, shape={place})"
    if isinstance(leaf, Tensor):
        tensors.append(leaf)
        return place
    return leaf
