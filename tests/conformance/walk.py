"""The op table as a list of cases, and what the conformance tests do with one case: build its node, run it, differentiate it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import autograd_lite.ops  # noqa: F401  (fills the table)
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.backends.registry import backend_named
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.opdef import TABLE, OpDef
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.ops.samples import arrays
from autograd_lite.runtime.session import Session

STEP = 1e-5
XP = backend_named("numpy").xp


class Case(NamedTuple):
    """One sample of one op."""

    name: str
    number: int

    @property
    def opdef(self) -> OpDef:
        return TABLE[self.name]

    @property
    def attrs(self) -> dict[str, Any]:
        return self.opdef.samples[self.number]["attrs"]

    def inputs(self) -> list[Any]:
        """The inputs as arrays; a list input is a list of arrays."""
        return arrays(self.opdef.samples[self.number])


def cases(wanted=lambda opdef: True) -> list[Case]:
    """Every sample of every op for which `wanted(opdef)` holds."""
    return [Case(name, number) for name, opdef in sorted(TABLE.items()) if not isinstance(opdef.samples, str) and wanted(opdef)
            for number in range(len(opdef.samples))]  # fmt: skip


def label(case: Case) -> str:
    return f"{case.name}-{case.number}"


def flat(values: list[Any]) -> list[Any]:
    """List inputs taken apart."""
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


def placeholder(array: np.ndarray, shape: Any) -> Tensor:
    dtype = "string" if array.dtype == object else array.dtype.name
    return TABLE["Placeholder"](dtype=dtype, shape=shape)


def constant(array: np.ndarray) -> Tensor:
    return TABLE["Const"](value=array, dtype="string" if array.dtype == object else array.dtype.name)


def variable(array: np.ndarray) -> Tensor:
    return TABLE["VariableV2"](shape=array.shape, dtype=array.dtype.name)


def quantized(tensor: Tensor, wanted: Any) -> Tensor:
    """The tensor as the quantized type that a sample names, whose arrays are plain integers."""
    return TABLE["Bitcast"](tensor, type=wanted) if isinstance(wanted, str) and wanted.startswith(("qint", "quint")) else tensor


def build(case: Case, make: Any) -> Operation:
    """The node of a case in the default graph, its inputs made by `make(array)` (variables where the op wants a reference)."""
    return make_node(case.opdef, case.inputs(), case.attrs, make)


def make_node(opdef: OpDef, values: list[Any], attrs: dict[str, Any], make: Any) -> Operation:
    """A node on tensors made of `values`."""
    inputs = []
    for argument, value in zip(opdef.inputs, values):
        one = variable if argument.is_ref else make
        wanted = attrs.get(argument.type_attr)
        inputs.append([quantized(one(array), wanted) for array in value] if isinstance(value, list) else quantized(one(value), wanted))
    made = opdef(*inputs, **attrs)
    while isinstance(made, (list, tuple)):
        made = made[0]
    return getattr(made, "op", made)


def run(opdef: OpDef, values: list[Any], attrs: dict[str, Any]) -> tuple[Any, ...]:
    """The outputs that a kernel makes of flat input values (of an update: the array it stores, then what it gives)."""
    state = None if opdef.state is None else opdef.state(attrs)
    with np.errstate(all="ignore"):
        arguments = opdef.arguments(values, attrs)
        result = opdef.kernel(XP, *arguments, *([state] if opdef.needs_state else []))
    if not opdef.updates:
        return opdef.flat_results(result)
    given = [argument for argument in opdef.outputs if not argument.is_ref]
    parts = result if len(opdef.updates) + len(given) > 1 else (result,)
    return (*parts[: len(opdef.outputs) - len(given)], *parts[len(opdef.updates) :])


def computed(case: Case) -> tuple[Operation, list[np.ndarray], tuple[Any, ...]]:
    """A node of the case, its flat inputs, and what its kernel makes of them."""
    with Graph().as_default():
        op = build(case, constant)
    values = flat(case.inputs())
    return op, values, run(case.opdef, values, op.attrs)


class Differentiation:
    """A graph in which one case is a function of its float inputs: weighted sum of outputs, its gradient, and the gradient of that.

    `known(shape)` is what is told of the shapes of fed inputs; integers are constants unless `feeds_integers`.
    """

    def __init__(self, case: Case, known: Any = lambda shape: shape, feeds_integers: bool = False, order: int = 2) -> None:
        self.known, self.feeds_integers = known, feeds_integers
        random = np.random.default_rng(11)
        self.feeds: dict[Tensor, np.ndarray] = {}
        self.graph = Graph()
        host = {argument.name for argument in case.opdef.inputs if argument.name in case.opdef.host}
        with self.graph.as_default():
            self.op = build(case, self._input)
            names = [
                argument.name
                for argument, value in zip(case.opdef.inputs, case.inputs())
                for _ in (value if isinstance(value, list) else [value])
            ]
            self.inputs = [(index, tensor) for index, tensor in enumerate(self.op.inputs)
                           if tensor.dtype.name in ("float64", "complex128") and names[index] not in host]  # fmt: skip
            outputs = [tensor for tensor in self.op.outputs if tensor.dtype.name in ("float64", "complex128")]
            self.weights = [constant(self._weights(random, tensor)) for tensor in outputs]
            self.outputs = outputs
            tensors = [tensor for _, tensor in self.inputs]
            self.first = gradients(outputs, tensors, grad_ys=self.weights) if outputs and tensors else [None] * len(tensors)
            self.first = [None if each is None else _dense(each) for each in self.first]
            present = [each for each in self.first if each is not None] if order == 2 else []
            self.second_weights = [constant(self._weights(random, tensor)) for tensor in present]
            self.present = present
            self.second = gradients(present, tensors, grad_ys=self.second_weights) if present else [None] * len(tensors)
            self.second = [None if each is None else _dense(each) for each in self.second]
        self.session = Session(graph=self.graph)

    def _input(self, array: np.ndarray) -> Tensor:
        if array.dtype.kind not in "fc" and not self.feeds_integers:
            return constant(array)
        tensor = placeholder(array, self.known(array.shape))
        self.feeds[tensor] = array
        return tensor

    def _weights(self, random: np.random.Generator, tensor: Tensor) -> np.ndarray:
        shape = self._value_shape(tensor)
        weights = random.uniform(0.5, 1.5, shape)
        return (weights + 1j * random.uniform(0.5, 1.5, shape)).astype(tensor.dtype.numpy) if tensor.dtype.is_complex else weights

    def _value_shape(self, tensor: Tensor) -> tuple[int, ...]:
        if tensor.static_shape is not None and None not in tensor.static_shape:
            return tensor.static_shape
        with Session(graph=self.graph) as session:
            return session.run(tensor, self.feeds).shape

    def slopes(self, tensors: list[Tensor], weights: list[Tensor], by: Tensor) -> np.ndarray:
        """Central differences of sum(weight * tensor), for every element of the input `by`."""
        held = [self.session.run(weight) for weight in weights]

        def total(at: np.ndarray) -> float:
            values = self.session.run(tensors, {**self.feeds, by: at})
            return float(sum(np.sum(np.real(np.conj(weight) * value)) for weight, value in zip(held, values)))

        center = self.feeds[by]
        slopes = np.zeros_like(center)
        directions = [1.0, 1j] if center.dtype.kind == "c" else [1.0]
        for index in np.ndindex(center.shape):
            for direction in directions:
                above, below = center.copy(), center.copy()
                above[index] += STEP * direction
                below[index] -= STEP * direction
                slopes[index] += direction * (total(above) - total(below)) / (2 * STEP)
        return slopes


def _dense(gradient: Any) -> Tensor:
    """A gradient as one tensor, sparse rows added up."""
    if isinstance(gradient, Tensor):
        return gradient
    count = TABLE["StridedSlice"](gradient.dense_shape, [0], [1], [1], shrink_axis_mask=1)
    return TABLE["UnsortedSegmentSum"](gradient.values, gradient.indices, count)
