"""What an op takes, makes and is called with, in TensorFlow's forms: the line of error messages, and the OpDef message."""

from __future__ import annotations

from typing import Any

from autograd_lite.core import attrs as attributes, dtypes, shapes
from autograd_lite.core.dtypes import DType
from autograd_lite.graph.attr_values import fill_attr_value
from autograd_lite.graph.opdef import OpDef
from autograd_lite.graph.signature import Argument, Attribute
from autograd_lite.wire import messages

# `stateful=` keeps the compiler from folding or sharing these; TensorFlow does not call them stateful.
_PLAIN_THERE = """
Abort AccumulatorApplyGradient AccumulatorNumAccumulated AccumulatorSetGlobalStep AccumulatorTakeGradient BatchDataset BatchDatasetV2
CacheDataset ConcatenateDataset DenseToSparseBatchDataset DirectedInterleaveDataset ExperimentalDatasetCardinality ExtractGlimpse
ExtractGlimpseV2 FractionalAvgPool FractionalMaxPool IgnoreErrorsDataset IsVariableInitialized MatchingFiles ModelDataset
OptimizeDataset OptionalFromValue OptionalGetValue OptionalHasValue OptionalNone PaddedBatchDatasetV2 Placeholder PlaceholderV2
PrefetchDataset ReadFile RepeatDataset ShardDataset ShuffleAndRepeatDataset ShuffleDataset SkipDataset SparseAccumulatorApplyGradient
SparseAccumulatorTakeGradient TakeDataset UnbatchDataset UniqueDataset WindowDataset ZipDataset
"""
_NOT_STATEFUL_THERE = frozenset(_PLAIN_THERE.split())
# TensorFlow calls these stateful; here each node has its state by `state=` or its effects in the functions that it calls.
_STATEFUL_THERE = frozenset({"GeneratorDataset", "GroupByReducerDataset", "IteratorV2", "OneShotIterator", "ReduceDataset"})


def _is_stateful(opdef: OpDef) -> bool:
    return (opdef.stateful and opdef.name not in _NOT_STATEFUL_THERE) or opdef.name in _STATEFUL_THERE


def _argument_text(argument: Argument) -> str:
    if argument.type_list is not None:
        return f"{argument.name}:"
    text = argument.type_attr if argument.dtype is None else argument.dtype.cpp_name
    if argument.is_ref:
        text = f"Ref({text})"
    return f"{argument.name}:{argument.number}*{text}" if argument.number else f"{argument.name}:{text}"


def _value_text(value: Any) -> str:
    if isinstance(value, DType):
        return value.proto_name
    if value is None:
        return "<unknown>"
    if isinstance(value, tuple):
        return shapes.text(value)
    return attributes.text(value)


def _attribute_text(attribute: Attribute) -> str:
    text = f"attr={attribute.name}:{attribute.kind}"
    if attribute.has_default:
        text += f",default={_value_text(attribute.default)}"
    if attribute.minimum is not None:
        text += f",min={attribute.minimum}"
    if attribute.allowed:
        text += f",allowed=[{', '.join(_value_text(item) for item in attribute.allowed)}]"
    return text


def op_text(opdef: OpDef) -> str:
    """An op in one line, as TensorFlow's error messages quote it.

    >>> from autograd_lite.graph.table import TABLE
    >>> op_text(TABLE["Placeholder"])
    'Op<name=Placeholder; signature= -> output:dtype; attr=dtype:type; attr=shape:shape,default=<unknown>>'
    """
    inputs = ", ".join(map(_argument_text, opdef.inputs))
    outputs = ", ".join(map(_argument_text, opdef.outputs))
    parts = [f"name={opdef.name}", f"signature={inputs} -> {outputs}", *map(_attribute_text, opdef.attrs.values())]
    parts += ["is_commutative=true"] * opdef.commutative + ["is_stateful=true"] * _is_stateful(opdef)
    return f"Op<{'; '.join(parts)}>"


def _fill_argument(message: Any, argument: Argument) -> None:
    message.name = argument.name
    message.is_ref = argument.is_ref
    if argument.dtype is not None:
        message.type = argument.dtype.as_datatype_enum
    message.type_attr = argument.type_attr or ""
    message.number_attr = argument.number or ""
    message.type_list_attr = argument.type_list or ""


def _fill_attribute(message: Any, attribute: Attribute) -> None:
    message.name = attribute.name
    message.type = attribute.kind
    if attribute.has_default:
        fill_attr_value(message.default_value, attribute.kind, attribute.default)
    if attribute.minimum is not None:
        message.has_minimum = True
        message.minimum = attribute.minimum
    if attribute.allowed:
        kind = "type" if isinstance(attribute.allowed[0], dtypes.DType) else "string"
        fill_attr_value(message.allowed_values, f"list({kind})", list(attribute.allowed))


def op_def_message(opdef: OpDef) -> Any:
    """An op's declaration as an OpDef message."""
    message = messages.OpDef(name=opdef.name, is_commutative=opdef.commutative, is_stateful=_is_stateful(opdef))
    for argument in opdef.inputs:
        _fill_argument(message.input_arg.add(), argument)
    for argument in opdef.outputs:
        _fill_argument(message.output_arg.add(), argument)
    for attribute in opdef.attrs.values():
        _fill_attribute(message.attr.add(), attribute)
    return message
