"""Signatures are read as written, and mistakes in them are found at once."""

import pytest

from autograd_lite.core import dtypes
from autograd_lite.graph.signature import parse


def test_inputs_attributes_and_outputs_are_told_apart():
    s = parse("MatMul(a: T, b: T, *, transpose_a: bool = False, transpose_b: bool = False) -> product: T", {"T": "float double"}, {})
    assert s.name == "MatMul" and [a.name for a in s.inputs] == ["a", "b"] and s.outputs[0].type_attr == "T"
    assert s.attrs["T"].allowed == (dtypes.float32, dtypes.float64) and s.attrs["T"].inferred
    assert s.attrs["transpose_a"].default is False and s.attrs["transpose_a"].written


def test_lists_references_and_fixed_types_are_understood():
    s = parse("X(values: N * T, ref: Ref(T), mixed: list(Tin), axis: int32) -> a: N * T, b: list(Tin), c: Ref(T)", {}, {})
    values, ref, mixed, axis = s.inputs
    assert values.number == "N" and values.type_attr == "T" and values.is_list
    assert ref.is_ref and mixed.type_list == "Tin" and axis.dtype is dtypes.int32
    assert s.attrs["N"].minimum == 1 and s.attrs["Tin"].kind == "list(type)" and s.outputs[2].is_ref


def test_choices_minima_and_defaults_are_understood():
    s = parse(
        "Conv(x: T, *, strides: list(int), padding: {'SAME', 'VALID'}, out: type = int32, depth: int >= 1 = 3,"
        " data_format: {'NHWC', 'NCHW'} = 'NHWC',"
        " shape: shape = None, eps: float = 1e-3) -> y: T",
        {},
        {},
    )
    assert s.attrs["padding"].allowed == ("SAME", "VALID") and not s.attrs["padding"].has_default
    assert s.attrs["out"].default is dtypes.int32 and s.attrs["data_format"].default == "NHWC"
    assert (s.attrs["depth"].minimum, s.attrs["depth"].default) == (1, 3)
    assert s.attrs["shape"].has_default and s.attrs["eps"].default == 1e-3


def test_an_op_may_have_neither_inputs_nor_outputs():
    s = parse("NoOp()", {}, {})
    assert s.inputs == () and s.outputs == () and s.attrs == {}


@pytest.mark.parametrize(
    "text", ["mul", "Mul(x: T", "Mul(x) -> y: T", "Mul(x: T) = y: T", "Mul(x: T, *, a: integer) -> y: T", "Mul(x: T+1) -> y: T"]
)
def test_a_signature_that_cannot_be_read_says_what_is_wrong(text):
    with pytest.raises(ValueError):
        parse(text, {}, {})


def test_types_for_a_variable_that_does_not_exist_are_refused():
    with pytest.raises(ValueError, match="types= names S"):
        parse("Mul(x: T) -> y: T", {"S": "float"}, {})
