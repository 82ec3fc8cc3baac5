"""Signatures: which tensors of a SavedModel are its inputs and outputs, and what it is for."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.composite import SparseTensor
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.lib import saved_model_constants as names
from autograd_lite.wire import messages
from autograd_lite.wire.tensor_proto import shape_to_proto

_STRING = dtypes.string.as_datatype_enum
_FLOAT = dtypes.float32.as_datatype_enum


@export("saved_model.build_tensor_info", "saved_model.utils.build_tensor_info")
def build_tensor_info(tensor: Any) -> Any:
    """A tensor's name, type and shape as a TensorInfo message; also for a SparseTensor.

    >>> import autograd_lite as tf
    >>> tf.saved_model.build_tensor_info(tf.placeholder(tf.float32, [3], name="docs_info")).name
    'docs_info:0'
    """
    info = messages.TensorInfo(dtype=dtypes.as_dtype(tensor.dtype).base_dtype.as_datatype_enum)
    info.tensor_shape.CopyFrom(shape_to_proto(_static(tensor)))
    if isinstance(tensor, SparseTensor):
        info.coo_sparse.values_tensor_name = tensor.values.name
        info.coo_sparse.indices_tensor_name = tensor.indices.name
        info.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
    else:
        info.name = tensor.name
    return info


def _static(tensor: Any) -> Any:
    shape = tensor.get_shape()
    return None if shape.ndims is None else tuple(shape.as_list())


@export("saved_model.get_tensor_from_tensor_info", "saved_model.utils.get_tensor_from_tensor_info")
def get_tensor_from_tensor_info(tensor_info: Any, graph: Graph | None = None, import_scope: str | None = None) -> Any:
    """The tensor (or SparseTensor) that a TensorInfo message names.

    Args:
      tensor_info: the message.
      graph: where to look; the default graph if None.
      import_scope: a prefix for the name.

    Raises:
      KeyError: when the graph has no such tensor.
      ValueError: when the message names none.
    """
    graph = graph or get_default_graph()

    def named(name: str) -> Any:
        return graph.get_tensor_by_name(f"{import_scope}/{name}" if import_scope else name)

    encoding = tensor_info.WhichOneof("encoding")
    if encoding == "name":
        return named(tensor_info.name)
    if encoding == "coo_sparse":
        parts = tensor_info.coo_sparse
        return SparseTensor(
            named(parts.indices_tensor_name), named(parts.values_tensor_name), named(parts.dense_shape_tensor_name)
        )  # fmt: skip
    raise ValueError(f"Invalid TensorInfo.encoding: {encoding}")


@export("saved_model.build_signature_def", "saved_model.signature_def_utils.build_signature_def")
def build_signature_def(inputs: Any = None, outputs: Any = None, method_name: str | None = None) -> Any:
    """A SignatureDef message.

    Args:
      inputs: from the names of the inputs to TensorInfo messages.
      outputs: the same for the outputs.
      method_name: what the signature is for, one of `tf.saved_model.signature_constants`.
    """
    signature = messages.SignatureDef()
    for field, given in ((signature.inputs, inputs), (signature.outputs, outputs)):
        for name, info in (given or {}).items():
            field[name].CopyFrom(info)
    if method_name is not None:
        signature.method_name = method_name
    return signature


@export("saved_model.predict_signature_def", "saved_model.signature_def_utils.predict_signature_def")
def predict_signature_def(inputs: dict[str, Any], outputs: dict[str, Any]) -> Any:
    """The signature of a model that computes outputs from inputs, both dictionaries from names to tensors.

    Raises:
      ValueError: when there are no inputs or no outputs.
    """
    if not inputs:
        raise ValueError("Prediction `inputs` cannot be None or empty.")
    if not outputs:
        raise ValueError("Prediction `outputs` cannot be None or empty.")
    return build_signature_def(_infos(inputs), _infos(outputs), names.PREDICT_METHOD_NAME)


def _infos(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: build_tensor_info(tensor) for name, tensor in tensors.items()}


@export("saved_model.classification_signature_def", "saved_model.signature_def_utils.classification_signature_def")
def classification_signature_def(examples: Any, classes: Any, scores: Any) -> Any:
    """The signature of a model that classifies serialized `tf.train.Example` messages.

    Args:
      examples: the string tensor of the messages.
      classes: the string tensor of the classes, or None.
      scores: the float tensor of their scores, or None.

    Raises:
      ValueError: when one has another type, or there are neither classes nor scores.
    """
    if examples is None:
        raise ValueError("Classification `examples` cannot be None.")
    if classes is None and scores is None:
        raise ValueError("Classification `classes` and `scores` cannot both be None.")
    source = build_tensor_info(examples)
    if source.dtype != _STRING:
        raise ValueError(f"Classification input tensors must be of type string. Found tensors of type {source.dtype}")
    outputs = {}
    if classes is not None:
        info = outputs[names.CLASSIFY_OUTPUT_CLASSES] = build_tensor_info(classes)
        if info.dtype != _STRING:
            raise ValueError(f"Classification classes must be of type string Tensor. Found tensors of type {info.dtype}.`")
    if scores is not None:
        info = outputs[names.CLASSIFY_OUTPUT_SCORES] = build_tensor_info(scores)
        if info.dtype != _FLOAT:
            raise ValueError("Classification scores must be a float Tensor.")
    return build_signature_def({names.CLASSIFY_INPUTS: source}, outputs, names.CLASSIFY_METHOD_NAME)


@export("saved_model.regression_signature_def", "saved_model.signature_def_utils.regression_signature_def")
def regression_signature_def(examples: Any, predictions: Any) -> Any:
    """The signature of a model that predicts a number for each serialized `tf.train.Example` message.

    Args:
      examples: the string tensor of the messages.
      predictions: the float tensor of the numbers.

    Raises:
      ValueError: when one is missing or has another type.
    """
    if examples is None:
        raise ValueError("Regression `examples` cannot be None.")
    if not hasattr(examples, "dtype"):
        raise ValueError(f"Expected regression `examples` to be of type Tensor. Found `examples` of type {type(examples)}.")
    if predictions is None:
        raise ValueError("Regression `predictions` cannot be None.")
    source, result = build_tensor_info(examples), build_tensor_info(predictions)
    if source.dtype != _STRING:
        raise ValueError(f"Regression input tensors must be of type string. Found tensors with type {source.dtype}.")
    if result.dtype != _FLOAT:
        raise ValueError(f"Regression output tensors must be of type float. Found tensors with type {result.dtype}.")
    return build_signature_def({names.REGRESS_INPUTS: source}, {names.REGRESS_OUTPUTS: result}, names.REGRESS_METHOD_NAME)


@export("saved_model.is_valid_signature", "saved_model.signature_def_utils.is_valid_signature")
def is_valid_signature(signature_def: Any) -> bool:
    """Whether a SignatureDef message is one of the three kinds that can be served, with the inputs and outputs that it needs."""
    if signature_def is None:
        return False
    inputs, outputs = dict(signature_def.inputs), dict(signature_def.outputs)
    if signature_def.method_name == names.PREDICT_METHOD_NAME:
        return bool(inputs) and bool(outputs)
    if signature_def.method_name == names.REGRESS_METHOD_NAME:
        return _types(inputs) == {names.REGRESS_INPUTS: _STRING} and _types(outputs) == {names.REGRESS_OUTPUTS: _FLOAT}
    if signature_def.method_name == names.CLASSIFY_METHOD_NAME:
        allowed = {names.CLASSIFY_OUTPUT_CLASSES: _STRING, names.CLASSIFY_OUTPUT_SCORES: _FLOAT}
        right = bool(outputs) and _types(outputs).items() <= allowed.items()
        return right and _types(inputs) == {names.CLASSIFY_INPUTS: _STRING}
    return False


def _types(infos: dict[str, Any]) -> dict[str, int]:
    return {name: info.dtype for name, info in infos.items()}
