"""Every op of the table keeps the promises of its declaration. No case is written here: the samples stand in the declarations."""

import inspect

import numpy as np
import pytest

from autograd_lite.core import shapes
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE
from autograd_lite.graph.static_value import partial_value
from tests.conformance.walk import Case, Differentiation, build, cases, computed, constant, flat, label, make_node, placeholder, run

OPS = sorted(TABLE)
TOLERANCE = 1e-6

# Where TensorFlow's gradient is, by convention, not the derivative: (op, input) -> the convention.
CONVENTIONS = {
    ("Polygamma", 0): "the order is not differentiated",
    ("Zeta", 0): "the exponent is not differentiated",
    ("Betainc", 0): "only the limit of integration is differentiated",
    ("Betainc", 1): "only the limit of integration is differentiated",
    ("Cholesky", 0): "the gradient is that of a symmetric change, shared between both triangles",
    ("MatrixSolveLs", 2): "the regularizer is not differentiated",
    ("SoftmaxCrossEntropyWithLogits", 1): "nothing goes from the output `backprop` to the labels",
}
SECOND_ORDER_CONVENTIONS = {
    **{(name, side): "the slope in the order is not differentiated again" for name in ("Igamma", "Igammac") for side in (0, 1)},
    ("SoftmaxCrossEntropyWithLogits", 0): "the mixed derivative with the labels is left out",
}


@pytest.mark.parametrize("name", OPS)
def test_op_has_samples_or_says_why_not(name):
    samples = TABLE[name].samples
    assert samples, f"{name} has neither samples nor a reason for having none"
    if not isinstance(samples, str):
        assert all(set(each) == {"inputs", "attrs"} for each in samples)
        assert all(len(each["inputs"]) == len(TABLE[name].inputs) for each in samples)


@pytest.mark.parametrize("name", OPS)
def test_op_has_a_gradient_or_says_why_not(name):
    opdef = TABLE[name]
    assert (opdef.gradient_function is None) != (not opdef.no_gradient)


@pytest.mark.parametrize("name", OPS)
def test_op_is_explained_in_a_sentence(name):
    first = (TABLE[name].__doc__ or "").split("\n")[0]
    assert first and first[0].isupper() and first.endswith((".", ":")), first
    assert len(first) >= 15


@pytest.mark.parametrize("case", cases(), ids=label)
def test_inferred_type_and_shape_are_those_that_are_computed(case):
    op, _, results = computed(case)
    assert len(results) == len(op.outputs)
    for tensor, value in zip(op.outputs, results):
        value = np.asarray(value)
        assert value.dtype == tensor.dtype.base_dtype.numpy
        assert shapes.compatible(tensor.static_shape, value.shape), (tensor.static_shape, value.shape)


@pytest.mark.parametrize("case", cases(), ids=label)
def test_what_is_inferred_from_less_holds_too(case):
    """Placeholders instead of constants, which know no values, and shapes with more and more holes."""
    _, _, results = computed(case)
    for known in (
        lambda shape: shape,
        lambda shape: (None, *shape[1:])[: len(shape)],
        lambda shape: (None,) * len(shape),
        lambda shape: None,
    ):
        with Graph().as_default():
            op = build(case, lambda array: placeholder(array, known(array.shape)))
        for tensor, value in zip(op.outputs, results):
            assert shapes.compatible(tensor.static_shape, np.shape(value)), (tensor.static_shape, np.shape(value))


@pytest.mark.parametrize("case", cases(lambda opdef: opdef.partial is not None), ids=label)
def test_elements_known_while_building_are_those_that_are_computed(case):
    op, _, results = computed(case)
    for tensor, value in zip(op.outputs, results):
        known = partial_value(tensor) if tensor.dtype.is_integer and np.ndim(value) <= 1 else None
        if known is not None:
            elements = np.asarray(value).reshape(-1).tolist()
            assert len(known) == len(elements)
            assert all(guess in (None, element) for guess, element in zip(known, elements)), (known, elements)


@pytest.mark.parametrize("case", cases(), ids=label)
def test_kernel_leaves_its_inputs_alone(case):
    before = [np.array(value, copy=True) for value in flat(case.inputs())]
    op, after, _ = computed(case)
    names = [
        argument.name for argument, value in zip(case.opdef.inputs, case.inputs()) for _ in (value if isinstance(value, list) else [value])
    ]
    for name, old, new in zip(names, before, after):
        if not (case.opdef.in_place and name in case.opdef.updates):
            np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("case", cases(lambda opdef: not opdef.updates), ids=label)
def test_output_shares_memory_only_with_inputs_that_are_declared(case):
    _, values, results = computed(case)
    names = [
        argument.name for argument, value in zip(case.opdef.inputs, case.inputs()) for _ in (value if isinstance(value, list) else [value])
    ]
    for result in results:
        for name, value in zip(names, values):
            if name not in case.opdef.view:
                assert not np.shares_memory(result, value), f"the output may be part of input {name}: say so with view="


@pytest.mark.parametrize("name", [name for name in OPS if TABLE[name].view and not isinstance(TABLE[name].samples, str)])
def test_declared_view_is_one_for_some_sample(name):
    """A declaration that is never true would forbid the plan to reuse memory for nothing."""
    opdef = TABLE[name]
    shared = set()
    for number in range(len(opdef.samples)):
        case = Case(name, number)
        _, values, results = computed(case)
        names = [
            argument.name for argument, value in zip(opdef.inputs, case.inputs()) for _ in (value if isinstance(value, list) else [value])
        ]
        shared |= {argument for result in results for argument, value in zip(names, values) if np.shares_memory(result, value)}
    assert shared == set(opdef.view)


@pytest.mark.parametrize("case", cases(), ids=label)
@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_narrow_numbers_stay_narrow(case, precision):
    """The same sample in another precision: no constant and no function of a kernel may widen it."""
    opdef = case.opdef
    fixed = any(argument.dtype is not None and argument.dtype.is_floating for argument in opdef.inputs)
    if fixed or opdef.name == "Bitcast" or not _admits(opdef, precision):
        return  # the type is not free, or the bits of another width mean another shape
    narrow = {"float64": precision, "complex128": "complex64"}

    def narrowed(value):
        return [narrowed(each) for each in value] if isinstance(value, list) else value.astype(narrow.get(value.dtype.name, value.dtype))

    attrs = {key: narrow.get(value, value) if isinstance(value, str) else value for key, value in case.attrs.items()}
    inputs = [narrowed(value) for value in case.inputs()]
    with Graph().as_default():
        op = make_node(opdef, inputs, attrs, constant)
    for tensor, value in zip(op.outputs, run(opdef, flat(inputs), op.attrs)):
        assert np.asarray(value).dtype == tensor.dtype.base_dtype.numpy


def _admits(opdef, precision):
    """Whether every type variable that admits double precision admits this one too."""
    listed = [[dtype.name for dtype in attribute.allowed] for attribute in opdef.attrs.values() if attribute.kind == "type"]
    return all(precision in names for names in listed if "float64" in names)


def _differentiable(opdef):
    return opdef.gradient_function is not None and opdef.name != "PreventGradient"


@pytest.mark.parametrize("case", cases(_differentiable), ids=label)
def test_gradient_is_the_slope_to_first_and_second_order(case):
    """Central differences, in double precision, of the op and of its own gradient."""
    built = Differentiation(case)
    for (index, tensor), gradient in zip(built.inputs, built.first):
        if (case.name, index) not in CONVENTIONS and built.outputs:
            _compare(built, gradient, built.outputs, built.weights, tensor)
    if not built.present:
        return
    for (index, tensor), gradient in zip(built.inputs, built.second):
        if (case.name, index) not in CONVENTIONS and (case.name, index) not in SECOND_ORDER_CONVENTIONS:
            _compare(built, gradient, built.present, built.second_weights, tensor)


def _compare(built, gradient, tensors, weights, tensor):
    slopes = built.slopes(tensors, weights, tensor)
    got = np.zeros_like(slopes) if gradient is None else built.session.run(gradient, built.feeds)
    np.testing.assert_allclose(got, slopes, rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("case", cases(_differentiable), ids=label)
def test_gradient_does_not_depend_on_what_is_known_while_building(case):
    """The same numbers when shapes, or shapes and integer inputs, come only when the graph runs."""
    wanted = Differentiation(case, order=1)
    partly = Differentiation(case, lambda shape: (None,) * len(shape), order=1)
    nothing = Differentiation(case, lambda shape: None, feeds_integers=True, order=1)
    for built in (partly, nothing):
        for first, second in zip(wanted.first, built.first):
            assert (first is None) == (second is None)
            if first is not None:
                value = wanted.session.run(first, wanted.feeds)
                got = built.session.run(second, built.feeds)
                assert got.shape == value.shape
                np.testing.assert_allclose(got, value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", OPS)
def test_kernel_and_gradient_stand_in_the_file_of_the_declaration(name):
    opdef = TABLE[name]
    if opdef.gradient_function is not None:
        assert inspect.getmodule(opdef.gradient_function).__name__ == opdef.__module__
