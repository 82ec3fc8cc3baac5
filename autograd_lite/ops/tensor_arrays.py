"""TensorArrays: lists of tensors that a graph writes and reads one by one, and from which it may differentiate.

The list itself is an object that the node makes anew in each run. The order of what is done with it is the order of the `flow` values,
which carry no number: each op that changes the list takes one and gives one.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from autograd_lite.core import shapes
from autograd_lite.core.errors import UnimplementedError
from autograd_lite.graph import shape_rules as rules
from autograd_lite.graph.opdef import NOTHING, op
from autograd_lite.ops.checks import invalid, number, numbers

_IN_A_PROGRAM = "it needs an array that another node has made in the same run"
_NO_NUMBER = "it gives no number"
_FLOW = np.float32(0)  # what every flow holds
_counter = itertools.count()


class Array:
    """The elements: None where nothing is written yet.

    Args:
      like: the array of which this one holds the gradient: writing adds up, and what was not written is zero.
    """

    def __init__(self, dtype, element_shape, dynamic, clears, identical, name, size, like=None):
        self.dtype = dtype
        self.shape = element_shape
        self.dynamic = dynamic
        self.clears = clears
        self.identical = identical
        self.name = f"{name or 'TensorArray'}_{next(_counter)}"
        self.elements = [None] * size
        self.state = ["new"] * size  # or "written", "read", "cleared"
        self.like = like
        self.gradients = {}
        self.shape_of: list[Any] = [None] * size  # of each element, also when it is read and forgotten: the gradient needs it
        self.closed = False

    def fail(self, text):
        """Complain about this array."""
        raise invalid(f"TensorArray {self.name}: {text}")

    def check_open(self):
        """Complain if the array is closed."""
        if self.closed:
            raise invalid(f"TensorArray {self.name} has already been closed.")

    def check_dtype(self, dtype, action="write"):
        """Complain if values of this type do not belong here."""
        if dtype is not self.dtype and dtype.base_dtype is not self.dtype.base_dtype:
            raise invalid(f"TensorArray dtype is {self.dtype.cpp_name} but Op is trying to {action} dtype {dtype.cpp_name}.")

    def grow(self, size):
        """Make room for `size` elements."""
        missing = size - len(self.elements)
        if missing > 0:
            self.elements += [None] * missing
            self.state += ["new"] * missing
            self.shape_of += [None] * missing

    def write(self, xp, index, value):
        """Put one element into its place."""
        shape, state = value.shape, self.state
        if 0 <= index < len(state) and state[index] == "new" and shape == self.shape and not self.closed:
            self.elements[index] = value  # as nearly always: a first write of the shape that all have
            self.shape_of[index] = shape
            state[index] = "written"
            return
        self.check_open()
        if index < 0:
            self.fail(f"Tried to write to index {index} but array is not resizeable and size is: {len(self.elements)}")
        if index >= len(self.elements):
            if not self.dynamic:
                self.fail(f"Tried to write to index {index} but array is not resizeable and size is: {len(self.elements)}")
            self.grow(index + 1)
        if not shapes.compatible(self.shape, value.shape):
            self.fail(
                f"Could not write to TensorArray index {index} because the value shape is {shapes.text(value.shape)} which is "
                f"incompatible with the TensorArray's inferred element shape: {shapes.text(self.shape)} "
                "(consider setting infer_shape=False)."
            )
        state = self.state[index]
        if state in ("read", "cleared"):
            self.fail(f"Could not write to TensorArray index {index} because it has already been read.")
        if state == "written":
            if self.like is None:
                self.fail(f"Could not write to TensorArray index {index} because it has already been written to.")
            value = xp.add(self.elements[index], value)
        if self.identical and self.like is None:
            self.shape = shapes.merge(self.shape, value.shape)
        self.elements[index] = value
        self.shape_of[index] = value.shape
        self.state[index] = "written"

    def read(self, xp, index):
        """Give one element, and forget it if that is what the array does."""
        elements = self.elements
        value = elements[index] if 0 <= index < len(elements) else None  # a closed array has no elements
        if value is None:
            value = self._missing(xp, index)
        if self.clears:
            elements[index] = None
        self.state[index] = "cleared" if self.clears else "read"
        return value

    def _missing(self, xp, index):
        """What stands in for an element that is not there; complains if it should be."""
        self.check_open()
        if not 0 <= index < len(self.elements):
            raise invalid(f"Tried to read from index {index} but array size is: {len(self.elements)}")
        if self.state[index] == "cleared":
            self.fail(
                f"Could not read index {index} twice because it was cleared after a previous read (perhaps try setting clear_after_read = "
                "false?)."
            )
        return self._zeros(xp, index)

    def _zeros(self, xp, index):
        """What stands in for an element that was not written."""
        shape = self.shape
        if self.like is not None and index < len(self.like.elements) and self.like.shape_of[index] is not None:
            shape = self.like.shape_of[index]
        if not shapes.is_defined(shape):
            known = "<unknown>" if shape is None else shapes.text(shape)
            self.fail(
                f"Could not read from TensorArray index {index}.  Furthermore, the element shape is not fully defined: {known}.  It is "
                "possible you are working with a resizeable TensorArray and stop_gradients is not allowing the gradients to be written.  "
                "If you set the full element_shape property on the forward TensorArray, the proper all-zeros tensor will be returned "
                "instead of incurring this error."
            )
        return xp.zeros(shape, self.dtype.numpy)


@op(
    "TensorArrayV3(size: int32, *, dtype: type, element_shape: shape = None, dynamic_size: bool = False, clear_after_read: bool = True, "
    "identical_element_shapes: bool = False, tensor_array_name: string = '') -> handle: resource, flow: float",
    shape=lambda c: [(2,), ()],
    host=("size",),
    stateful=True,
    puts=NOTHING,
    samples="it makes an object",
    no_gradient=_NO_NUMBER,
)
def tensor_array_v3(
    xp, size, dtype, element_shape, dynamic_size, clear_after_read, identical_element_shapes, tensor_array_name
):
    """Make an array of tensors that lives as long as the run."""
    count = number(size, "TensorArray size must be scalar, but had shape: ")
    if count < 0:
        raise invalid("Size should be >= 0.")
    array = Array(dtype, element_shape, dynamic_size, clear_after_read, identical_element_shapes, tensor_array_name, count)
    return array, _FLOW


@op(
    "TensorArrayGradV3(handle: resource, flow_in: float, *, source: string) -> grad_handle: resource, flow_out: float",
    shape=lambda c: [(2,), ()],
    stateful=True,
    puts=lambda c: c.contents(0),
    samples=_IN_A_PROGRAM,
    no_gradient=_NO_NUMBER,
)
def tensor_array_grad_v3(xp, handle, flow_in, source):
    """Give the array that holds the gradient of an array: one for each source of gradients."""
    return _gradient_array(handle, source, ()), _FLOW


@op(
    "TensorArrayGradWithShape(handle: resource, flow_in: float, shape_to_prepend: int32, *, source: string) "
    "-> grad_handle: resource, flow_out: float",
    shape=lambda c: [(2,), ()],
    host=("shape_to_prepend",),
    stateful=True,
    puts=lambda c: c.contents(0) and c.partial(2) and (*c.partial(2), *c.contents(0)),
    samples=_IN_A_PROGRAM,
    no_gradient=_NO_NUMBER,
)
def tensor_array_grad_with_shape(xp, handle, flow_in, shape_to_prepend, source):
    """Give the array that holds several gradients of each element of an array."""
    return _gradient_array(handle, source, tuple(numbers(shape_to_prepend, "shape_to_prepend must be a vector, got "))), _FLOW


def _gradient_array(array, source, prefix):
    array.check_open()
    found = array.gradients.get(source)
    if found is None:
        shape = None if array.shape is None else (*prefix, *array.shape)
        found = Array(array.dtype, shape, False, False, array.identical, f"{array.name}@{source}", len(array.elements), array)
        found.shape_of = [None if known is None else (*prefix, *known) for known in array.shape_of]
        array.gradients[source] = found
        array.dynamic = False  # whoever wrote to it now would change what was differentiated
    return found


@op(
    "TensorArrayWriteV3(handle: resource, index: int32, value: T, flow_in: float) -> flow_out: float",
    shape=lambda c: (),
    host=("index",),
    stateful=True,
    puts="value",
    samples=_IN_A_PROGRAM,
)
def tensor_array_write_v3(xp, handle, index, value, flow_in, T):
    """Write one element."""
    handle.check_dtype(T)
    handle.write(xp, int(index), value)
    return flow_in


@tensor_array_write_v3.gradient
def tensor_array_write_v3_gradient(g, op, dflow):
    handle, index, value, _ = op.inputs
    grad, flow = _grad(g, handle, dflow)
    return [None, None, g.tensor_array_read_v3(grad, index, flow, dtype=value.dtype.base_dtype), dflow]


def _grad(g, handle, flow):
    """The array of gradients, and a flow that comes after it is made."""
    made = g.tensor_array_grad_v3(handle, flow, source=_source(flow))
    with flow.graph.control_dependencies([made.grad_handle]):
        return made.grad_handle, g.identity(flow, name="gradient_flow")


def _source(flow):
    """Which call of tf.gradients asks: each has an array of its own. The scope of the call is its name."""
    parts = flow.graph.get_name_scope().split("/")
    last = max((index for index, part in enumerate(parts) if part.startswith("gradients")), default=0)
    return "/".join(parts[: last + 1])


@op(
    "TensorArrayReadV3(handle: resource, index: int32, flow_in: float, *, dtype: type) -> value: dtype",
    shape=lambda c: c.contents(0),
    host=("index",),
    stateful=True,
    puts=NOTHING,
    samples=_IN_A_PROGRAM,
)
def tensor_array_read_v3(xp, handle, index, flow_in, dtype):
    """Read one element."""
    handle.check_dtype(dtype, "read")
    return handle.read(xp, number(index, "TensorArray index must be scalar, but had shape: "))


@tensor_array_read_v3.gradient
def tensor_array_read_v3_gradient(g, op, dvalue):
    handle, index, flow = op.inputs
    grad, flow = _grad(g, handle, flow)
    return [None, None, g.tensor_array_write_v3(grad, index, dvalue, flow)]


@op(
    "TensorArrayGatherV3(handle: resource, indices: int32, flow_in: float, *, dtype: type, element_shape: shape = None) -> value: dtype",
    shape=lambda c: _gathered_shape(c),
    host=("indices",),
    stateful=True,
    puts=NOTHING,
    samples=_IN_A_PROGRAM,
)
def tensor_array_gather_v3(xp, handle, indices, flow_in, dtype, element_shape):
    """Read some elements, and stack them."""
    handle.check_dtype(dtype, "read")
    places = numbers(indices, "Expected indices to be a vector, but received shape: ")
    if not places:
        known = shapes.merge(handle.shape, element_shape) if shapes.compatible(handle.shape, element_shape) else element_shape
        if not shapes.is_defined(known):
            raise UnimplementedError(
                None,
                None,
                f"TensorArray has size zero, but element shape {_shape_words(known)} is not fully defined. Currently only static shapes "
                "are supported when packing zero-size TensorArrays.",
            )
        return xp.zeros((0, *(known or ())), dtype.numpy)
    elements = [handle.read(xp, place) for place in places]
    for place, element in zip(places, elements):
        if element.shape != elements[0].shape:
            raise invalid(
                f"TensorArray {handle.name} has inconsistent shapes.  Index 0 has shape: {shapes.text(elements[0].shape)} but index "
                f"{place} has shape: {shapes.text(element.shape)}"
            )
    return xp.stack(elements)


def _gathered_shape(c):
    """As many elements as indices."""
    element = c.attrs["element_shape"] if c.contents(0) is None else c.contents(0)
    count = c.shape(1)[0] if c.shape(1) else None
    return None if element is None else (count if c.contents(0) is not None else None, *element)


def _shape_words(shape):
    return "<unknown>" if shape is None else shapes.text(shape)


@tensor_array_gather_v3.gradient
def tensor_array_gather_v3_gradient(g, op, dvalue):
    handle, indices, flow = op.inputs
    grad, flow = _grad(g, handle, flow)
    return [None, None, g.tensor_array_scatter_v3(grad, indices, dvalue, flow)]


@op(
    "TensorArrayScatterV3(handle: resource, indices: int32, value: T, flow_in: float) -> flow_out: float",
    shape=lambda c: (),
    host=("indices",),
    stateful=True,
    puts=lambda c: c.shape(2) and c.shape(2)[1:],
    samples=_IN_A_PROGRAM,
)
def tensor_array_scatter_v3(xp, handle, indices, value, flow_in, T):
    """Write the parts of `value` along its first axis as elements."""
    handle.check_dtype(T)
    places = numbers(indices, "Expected indices to be a vector, but received shape: ")
    if not value.ndim or value.shape[0] != len(places):
        sizes = shapes.text(value.shape)
        raise invalid(f"Expected len(indices) == values.shape[0], but saw: {len(places)} vs. {value.shape[0] if value.ndim else sizes}")
    if places and min(places) < 0:
        raise invalid(f"TensorArray {handle.name}: Tried to write to index {min(places)}")
    if places and handle.dynamic:
        handle.grow(max(places) + 1)
    for place, part in zip(places, value):
        handle.write(xp, place, part)
    return flow_in


@tensor_array_scatter_v3.gradient
def tensor_array_scatter_v3_gradient(g, op, dflow):
    handle, indices, value, _ = op.inputs
    grad, flow = _grad(g, handle, dflow)
    return [None, None, g.tensor_array_gather_v3(grad, indices, flow, dtype=value.dtype.base_dtype), dflow]


@op(
    "TensorArrayConcatV3(handle: resource, flow_in: float, *, dtype: type, element_shape_except0: shape = None) "
    "-> value: dtype, lengths: int64",
    shape=lambda c: [None if c.attrs["element_shape_except0"] is None else (None, *c.attrs["element_shape_except0"]), (None,)],
    stateful=True,
    puts=NOTHING,
    samples=_IN_A_PROGRAM,
)
def tensor_array_concat_v3(xp, handle, flow_in, dtype, element_shape_except0):
    """Read all elements, and put them one after the other along the first axis."""
    handle.check_dtype(dtype, "read")
    if not handle.elements:
        if not shapes.is_defined(element_shape_except0):
            raise UnimplementedError(
                None,
                None,
                f"TensorArray has size zero, but element_shape_except0 {_shape_words(element_shape_except0)} is not fully defined. "
                "Currently only static shapes are supported when concatenating zero-size TensorArrays.",
            )
        return xp.zeros((0, *element_shape_except0), dtype.numpy), np.zeros((0,), np.int64)
    elements = [handle.read(xp, place) for place in range(len(handle.elements))]
    for place, element in enumerate(elements):
        if not element.ndim:
            raise invalid(
                f"Concat saw a scalar shape at index {place} but requires at least vectors.  Did you mean to call pack?"
            )
        if element.shape[1:] != elements[0].shape[1:]:
            raise invalid(
                f"TensorArray {handle.name} has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: "
                f"{shapes.text(elements[0].shape[1:])} but index {place} has (excepting dimension 0) shape: "
                f"{shapes.text(element.shape[1:])}"
            )
    return xp.concatenate(elements), np.array([element.shape[0] for element in elements], np.int64)


@tensor_array_concat_v3.gradient
def tensor_array_concat_v3_gradient(g, op, dvalue, _):
    handle, flow = op.inputs
    grad, flow = _grad(g, handle, flow)
    return [None, g.tensor_array_split_v3(grad, dvalue, op.outputs[1], flow)]


@op(
    "TensorArraySplitV3(handle: resource, value: T, lengths: int64, flow_in: float) -> flow_out: float",
    shape=lambda c: (),
    host=("lengths",),
    stateful=True,
    puts=lambda c: None,
    samples=_IN_A_PROGRAM,
)
def tensor_array_split_v3(xp, handle, value, lengths, flow_in, T):
    """Cut `value` along its first axis into pieces of these lengths, and write them as elements."""
    handle.check_dtype(T)
    sizes = numbers(lengths, "Expected lengths to be a vector, received shape: ")
    if not value.ndim:
        raise invalid(f"Expected value to be at least a vector, but received shape: {shapes.text(value.shape)}")
    if sum(sizes) != value.shape[0]:
        raise invalid(
            f"Expected sum of lengths to be equal to values.shape[0], but sum of lengths is {sum(sizes)} and value's shape is: "
            f"{shapes.text(value.shape)} "
        )
    if not handle.dynamic and len(handle.elements) != len(sizes):
        raise invalid(
            f"TensorArray's size is not equal to the size of lengths ({len(handle.elements)} vs. {len(sizes)}), and the TensorArray is not "
            "marked as dynamically resizeable"
        )
    handle.grow(len(sizes))
    begin = 0
    for place, size in enumerate(sizes):
        handle.write(xp, place, value[begin : begin + size])
        begin += size
    return flow_in


@tensor_array_split_v3.gradient
def tensor_array_split_v3_gradient(g, op, dflow):
    handle, value, _, _ = op.inputs
    grad, flow = _grad(g, handle, dflow)
    return [None, g.tensor_array_concat_v3(grad, flow, dtype=value.dtype.base_dtype)[0], None, dflow]


@op(
    "TensorArraySizeV3(handle: resource, flow_in: float) -> size: int32",
    shape=rules.scalar,
    stateful=True,
    puts=NOTHING,
    samples=_IN_A_PROGRAM,
    no_gradient="a size does not change with the elements",
)
def tensor_array_size_v3(xp, handle, flow_in):
    """How many elements there are."""
    handle.check_open()
    return np.int32(len(handle.elements))


@op("TensorArrayCloseV3(handle: resource)", stateful=True, puts=NOTHING, samples=_IN_A_PROGRAM, no_gradient="it has no outputs")
def tensor_array_close_v3(xp, handle):
    """Forget all elements."""
    handle.closed = True
    handle.elements = []
    handle.state = []
