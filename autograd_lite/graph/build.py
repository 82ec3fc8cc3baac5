"""Adding a node: binding arguments, inferring types, naming constants, inferring shapes; all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd_lite.core import attrs as attributes, dtypes
from autograd_lite.core.names import check_scope_name
from autograd_lite.core.release import release
from autograd_lite.core.where import capture
from autograd_lite.graph.contexts import check_input
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.lookup_errors import two_graphs
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.signature import Argument
from autograd_lite.graph.static_value import TensorInference
from autograd_lite.graph.tensor import Tensor

if TYPE_CHECKING:
    from autograd_lite.graph.opdef import OpDef


def call(opdef: OpDef, args: tuple[Any, ...], keywords: dict[str, Any], name: str | None) -> Any:
    """Add a node from what a caller gave: values for inputs, then attributes."""
    inputs = opdef.inputs
    if keywords or len(args) != len(inputs):
        args, attrs = _bind(opdef, args, keywords)
    else:
        attrs = {}
    graph = _graph_of(args)
    op = _transaction(opdef, graph, args, attrs, name, convert=True)
    return results(opdef, op)


def from_tensors(opdef: OpDef, inputs: list[Tensor], attrs: dict[str, Any], name: str) -> Operation:
    """Add a node from a flat list of tensors and stored attributes (import, tests, `Graph.create_op`)."""
    return _transaction(opdef, get_default_graph(), inputs, attrs, name, convert=False)


def results(opdef: OpDef, op: Operation) -> Any:
    """What calling an op gives: the Operation, one tensor, a list, or a namedtuple."""
    outputs = opdef.outputs
    if not outputs:
        return op
    if len(outputs) == 1:
        return list(op.outputs) if outputs[0].is_list else op.outputs[0]
    grouped: list[Any] = []
    position = 0
    for argument in outputs:
        count = argument_length(argument, op.attrs)
        part = op.outputs[position : position + count]
        grouped.append(part if argument.is_list else part[0])
        position += count
    return opdef.result_type(*grouped)


def argument_length(argument: Argument, attrs: dict[str, Any]) -> int:
    """How many tensors stand for one declared input or output of a node with these attributes."""
    if argument.number is not None:
        return attrs[argument.number]
    return 1 if argument.type_list is None else len(attrs[argument.type_list])


def _bind(opdef: OpDef, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Match positional and keyword arguments with inputs and attributes."""
    names = [argument.name for argument in opdef.inputs]
    count = len(names)
    attrs: dict[str, Any] = {}
    if len(args) > count:
        extra = args[count:]
        written = [key for key in opdef.__signature__.parameters if key in opdef.attrs]
        if len(extra) > len(written):
            raise TypeError(f"{opdef.python_name}() takes at most {count + len(written)} positional arguments ({len(args)} given)")
        attrs.update(zip(written, extra))
    values = list(args[:count])
    for key in names[len(values) :]:
        if key not in keywords:
            raise TypeError(f"{opdef.python_name}() missing required argument: '{key}'\n  It is declared as {opdef.text}")
        values.append(keywords[key])
    for key, value in keywords.items():
        if key in opdef.attrs:
            attrs[key] = value
        elif key not in names[len(args) :]:
            raise TypeError(f"{opdef.python_name}() got an unexpected keyword argument '{key}'\n  It is declared as {opdef.text}")
    return tuple(values), {key: _stored(opdef, key, value) for key, value in attrs.items() if value is not None or _takes_none(opdef, key)}


def _takes_none(opdef: OpDef, key: str) -> bool:
    return opdef.attrs[key].kind == "shape"


def _stored(opdef: OpDef, key: str, value: Any) -> Any:
    attribute = opdef.attrs[key]
    stored = attributes.store(attribute.kind, value, key)
    if attribute.kind == "string" and attribute.allowed and stored not in attribute.allowed:
        allowed = ", ".join(f'"{item}"' for item in attribute.allowed)
        raise ValueError(f"Attr '{key}' of '{opdef.name}' Op passed string '{stored}' not in: {allowed}.")
    if attribute.minimum is not None:
        size = len(stored) if isinstance(stored, list) else stored
        if size < attribute.minimum:
            raise ValueError(f"Attr '{key}' of '{opdef.name}' Op passed {stored} less than minimum {attribute.minimum}.")
    return stored


def _graph_of(values: Any) -> Graph:
    """The graph of the first tensor among (one level of) `values`, else the default one; inside a function, the function."""
    if get_default_graph().building_function:
        return get_default_graph()
    for value in values:
        if isinstance(value, Tensor):
            return value.op.graph
        if type(value) in (list, tuple):
            for item in value:
                if isinstance(item, Tensor):
                    return item.op.graph
        elif hasattr(value, "_as_graph_element"):
            return value.graph
    return get_default_graph()


def _transaction(opdef: OpDef, graph: Graph, values: Any, attrs: dict[str, Any], name: str | None, convert: bool) -> Operation:
    """Make the node; when that fails, leave no trace of the attempt."""
    graph._check_not_finalized()
    scopes = graph._scopes
    marks = len(graph._operations), len(graph._name_journal), graph._next_id, graph._random_ops
    outer = scopes.name
    scopes.depth += 1
    try:
        if graph is get_default_graph():
            return _node(opdef, graph, values, attrs, name, convert)
        with graph.as_default():
            return _node(opdef, graph, values, attrs, name, convert)
    except BaseException:
        graph.undo(*marks)
        raise
    finally:
        scopes.name = outer
        scopes.depth -= 1
        if not scopes.depth:
            graph._name_journal.clear()


def _node(opdef: OpDef, graph: Graph, values: Any, attrs: dict[str, Any], name: str | None, convert: bool) -> Operation:
    scopes = graph._scopes
    if not name:
        full = graph.unique_name(opdef.name)
    elif name[-1] == "/":
        full = name[:-1]
    else:
        check_scope_name(name, inside=bool(scopes.name))
        full = graph.unique_name(name)
    if convert:
        tensors, colocate = _inputs(opdef, graph, values, attrs, full)
    else:
        tensors, colocate = _given_inputs(opdef, values, attrs), []
    if graph.building_function:
        tensors = [graph.capture(tensor) for tensor in tensors]
    for tensor in tensors:
        if tensor.op.graph is not graph:
            raise two_graphs(tensor, next(t for t in tensors if t.op.graph is graph))
    _complete(opdef, attrs)
    op_shapes = _shapes(opdef, full, attrs, tensors)
    op = graph.add_node(opdef, full, tuple(tensors), attrs, colocate)
    add_outputs(opdef, op, op_shapes)
    for tensor in tensors:
        if tensor.op._control_flow_context is not None:
            check_input(op, tensor.op)
    if op._control_flow_context is not None:
        op._control_flow_context.AddOp(op)
    return op


def _complete(opdef: OpDef, attrs: dict[str, Any]) -> None:
    """Fill in the defaults of attributes that were not given."""
    for key, attribute in opdef.attrs.items():
        if key not in attrs:
            if not attribute.has_default:
                if attribute.kind == "shape":
                    attrs[key] = None
                    continue
                raise TypeError(f"{opdef.python_name}() missing required argument: '{key}'\n  It is declared as {opdef.text}")
            attrs[key] = attribute.default
        elif attribute.kind == "type" and attribute.allowed and not attribute.inferred:
            _check_allowed(opdef, key, attrs[key], key)
        elif attribute.kind == "list(type)" and attribute.allowed:
            name = next((argument.name for argument in opdef.inputs if argument.type_list == key), key)
            for dtype in attrs[key]:
                _check_allowed(opdef, key, dtype, name)
    if opdef.release_attrs:
        for key, (_, default) in opdef.release_attrs.get(release().name, {}).items():
            attrs.setdefault(key, default)


def _shapes(opdef: OpDef, name: str, attrs: dict[str, Any], tensors: list[Tensor]) -> Any:
    if opdef.shape is None:
        return None
    return opdef.shape(TensorInference(opdef, name, attrs, tensors))


def add_outputs(opdef: OpDef, op: Operation, op_shapes: Any) -> None:
    """Give a new node its output tensors; `op_shapes` is the static shape of the only one, or a list of them."""
    outputs = opdef.outputs
    attrs = op.attrs
    if len(outputs) == 1 and not outputs[0].is_list:
        argument = outputs[0]
        dtype = argument.dtype or attrs[argument.type_attr]
        op.outputs.append(Tensor(op, 0, dtype._as_ref if argument.is_ref else dtype, op_shapes))
        return
    types: list[dtypes.DType] = []
    for argument in outputs:
        if argument.type_list is not None:
            types.extend(attrs[argument.type_list])
            continue
        dtype = argument.dtype or attrs[argument.type_attr]
        types.extend([dtype._as_ref if argument.is_ref else dtype] * argument_length(argument, attrs))
    if op_shapes is None:
        op_shapes = [None] * len(types)
    op.outputs.extend(Tensor(op, index, dtype, shape) for index, (dtype, shape) in enumerate(zip(types, op_shapes)))


# -------------------------------------------------------------------- inputs


def _inputs(opdef: OpDef, graph: Graph, values: Any, attrs: dict[str, Any], full: str) -> tuple[list[Tensor], list[Operation]]:
    """Convert the values given for inputs; find out the type attributes."""
    tensors: list[Tensor] = []
    colocate: list[Operation] = []
    graph._scopes.name = full  # constants are named after the input: `Mul/y`
    for argument, value in zip(opdef.inputs, values):
        if argument.is_list:
            tensors.extend(_list_input(opdef, argument, value, attrs))
            continue
        wanted = argument.dtype or attrs.get(argument.type_attr)
        tensor = value if type(value) is Tensor else _convert(opdef, argument, value, wanted)
        found = tensor._dtype
        if argument.is_ref:
            if not found.is_ref:
                raise TypeError(
                    f"'{opdef.name}' Op requires that input '{argument.name}' be a mutable tensor (e.g.: a tf.Variable)\n"
                    f"  It is {tensor!r}."
                )
            colocate.append(tensor.op)
        if found.is_ref:
            found = found._base
        if wanted is None:
            attrs[argument.type_attr] = found
            _check_allowed(opdef, argument.type_attr, found, argument.name)
        elif found is not wanted:
            raise TypeError(_type_mismatch(opdef, argument, found, wanted, tensor))
        tensors.append(tensor)
    return tensors, colocate


def _check_allowed(opdef: OpDef, key: Any, dtype: dtypes.DType, name: str) -> None:
    allowed = opdef.attrs[key].allowed
    if allowed and dtype not in allowed:
        listed = ", ".join(item.name for item in allowed)
        raise TypeError(
            f"Value passed to parameter '{name}' has DataType {dtype.name} not in list of allowed values: {listed}\n"
            f"  Op {opdef.name}, about to be made at {capture()}. Use tf.cast to change the type."
        )


def _type_mismatch(opdef: OpDef, argument: Argument, found: dtypes.DType, wanted: dtypes.DType, tensor: Any = None) -> str:
    prefix = f"Input '{argument.name}' of '{opdef.name}' Op has type {found.name} that does not match"
    help_text = ""
    if isinstance(tensor, Tensor):
        help_text = f"\n  {tensor!r} was made at {tensor.op.where}. Use tf.cast(x, tf.{wanted.name}), or give its constant that dtype."
    if argument.dtype is not None:
        return f"{prefix} expected type of {wanted.name}.{help_text}"
    source = next((other.name for other in opdef.inputs if other.type_attr == argument.type_attr), argument.name)
    if source == argument.name:
        source = "Default in OpDef"
    return f"{prefix} type {wanted.name} of argument '{source}'.{help_text}"


def _convert(opdef: OpDef, argument: Argument, value: Any, wanted: dtypes.DType | None) -> Tensor:
    """A tensor from any value given for one input."""
    if isinstance(value, Tensor):
        return value
    default = None
    if wanted is None and opdef.attrs[argument.type_attr].has_default:
        default = opdef.attrs[argument.type_attr].default
        if type(value) is list and not value and release().retries_empty_lists:
            convert_to_tensor(value, name=argument.name)
    try:
        return convert_to_tensor(value, wanted, argument.name, default, argument.is_ref)
    except TypeError as error:
        if wanted is None:
            raise
        if release().older_error_texts:
            raise TypeError(f"{error}\n  This came for the parameter '{argument.name}' of op '{opdef.name}'.") from None
        raise TypeError(
            f"Expected {wanted.name} passed to parameter '{argument.name}' of op '{opdef.name}', got {value!r} of type "
            f"'{type(value).__name__}' instead. Error: {error}"
        ) from None
    except ValueError as error:
        observed = _observed_type(value, argument, error)
        if wanted is None or observed._base is wanted:
            raise
        raise TypeError(_type_mismatch(opdef, argument, observed, wanted, value)) from None


def _observed_type(value: Any, argument: Argument, original: ValueError) -> dtypes.DType:
    try:
        return convert_to_tensor(value, as_ref=argument.is_ref)._dtype
    except ValueError as error:
        raise ValueError(f"Tried to convert '{argument.name}' to a tensor and failed. Error: {error}") from original


def _list_input(opdef: OpDef, argument: Argument, value: Any, attrs: dict[str, Any]) -> list[Tensor]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"Expected list for '{argument.name}' argument to '{opdef.name}' Op, not {value}.")
    value = list(value)
    if argument.type_list is not None:
        return _mixed_list(opdef, argument, value, attrs)
    known = attrs.get(argument.number)
    if known is not None and known != len(value):
        raise ValueError(
            f"List argument '{argument.name}' to '{opdef.name}' Op with length {len(value)} must match length {known} of argument "
            f"'{next(other.name for other in opdef.inputs if other.number == argument.number)}'."
        )
    minimum = opdef.attrs[argument.number].minimum or 0
    if len(value) < minimum:
        raise ValueError(
            f"List argument '{argument.name}' to '{opdef.name}' Op with length {len(value)} shorter than minimum length {minimum}."
        )
    attrs[argument.number] = len(value)
    wanted = argument.dtype or attrs.get(argument.type_attr)
    if wanted is None:
        wanted = next((item._dtype._base for item in value if isinstance(item, Tensor)), None)
    tensors = _same_type_list(opdef, argument, value, wanted)
    if tensors and argument.type_attr is not None and argument.type_attr not in attrs:
        attrs[argument.type_attr] = tensors[0]._dtype._base
        _check_allowed(opdef, argument.type_attr, attrs[argument.type_attr], argument.name)
    return tensors


def _same_type_list(opdef: OpDef, argument: Argument, values: list[Any], wanted: dtypes.DType | None) -> list[Tensor]:
    tensors: list[Tensor] = []
    try:
        for index, item in enumerate(values):
            tensors.append(convert_to_tensor(item, wanted, f"{argument.name}_{index}", as_ref=argument.is_ref))
            wanted = wanted or tensors[-1]._dtype._base
        return tensors
    except (TypeError, ValueError) as error:
        shown = ", ".join(_type_of(item) for item in values)
        prefix = f"Tensors in list passed to '{argument.name}' of '{opdef.name}' Op have types [{shown}]"
        if argument.dtype is not None:
            raise TypeError(f"{prefix} that do not match expected type {argument.dtype.name}.") from error
        raise TypeError(f"{prefix} that don't all match.") from error


def _type_of(value: Any) -> str:
    try:
        return convert_to_tensor(value)._dtype._base.name
    except (TypeError, ValueError):
        return "<NOT CONVERTIBLE TO TENSOR>"


def _mixed_list(opdef: OpDef, argument: Argument, values: list[Any], attrs: dict[str, Any]) -> list[Tensor]:
    key: str = argument.type_list
    wanted = attrs.get(key) or [None] * len(values)
    if len(wanted) != len(values):
        raise ValueError(
            f"List argument '{argument.name}' to '{opdef.name}' Op with length {len(values)} must match length "
            f"{len(wanted)} of attr '{key}'."
        )
    tensors = [convert_to_tensor(item, dtype, f"{argument.name}_{index}") for index, (item, dtype) in enumerate(zip(values, wanted))]
    attrs[key] = [tensor._dtype._base for tensor in tensors]
    minimum = opdef.attrs[key].minimum or 0
    if len(tensors) < minimum:
        raise ValueError(
            f"List argument '{argument.name}' to '{opdef.name}' Op with length {len(tensors)} shorter than minimum length {minimum}."
        )
    return tensors


def _given_inputs(opdef: OpDef, tensors: list[Tensor], attrs: dict[str, Any]) -> list[Tensor]:
    """Infer the attributes that follow from inputs given as a flat list, and check the types of those."""
    position = 0
    for argument in opdef.inputs:
        if argument.number is not None:
            same = [other for other in opdef.inputs if other.number == argument.number]
            others = sum(1 for other in opdef.inputs if other.number != argument.number)
            attrs.setdefault(argument.number, (len(tensors) - others) // len(same))
        if argument.type_list is not None and argument.type_list not in attrs:
            remaining = len(opdef.inputs) - opdef.inputs.index(argument) - 1
            attrs[argument.type_list] = [tensor._dtype._base for tensor in tensors[position : len(tensors) - remaining]]
        for tensor in tensors[position : position + argument_length(argument, attrs)]:
            wanted = argument.dtype or attrs.get(argument.type_attr) if argument.type_list is None else tensor._dtype._base
            if wanted is None:
                attrs[argument.type_attr] = wanted = tensor._dtype._base
                _check_allowed(opdef, argument.type_attr, wanted, argument.name)
            if tensor._dtype._base is not wanted:
                raise TypeError(_type_mismatch(opdef, argument, tensor._dtype._base, wanted, tensor))
        position += argument_length(argument, attrs)
    if position != len(tensors):
        raise ValueError(
            f"Op {opdef.name} takes {position} inputs with these attributes, {len(tensors)} were given\n  It is declared as {opdef.text}"
        )
    return list(tensors)
