"""What a saver saves: variables, parts of variables, and other objects with state, each under the name that it has in checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core import nest
from autograd_lite.core.dtypes import DType
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import device
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib.partitioning import PartitionedVariable
from autograd_lite.lib.resource_variable import ResourceVariable
from autograd_lite.lib.variable import Variable

_REFERENCES = ("Variable", "VariableV2", "AutoReloadVariable")
_VARIABLES = (*_REFERENCES, "VarHandleOp", "ReadVariableOp")


class SaveSpec:
    """One tensor of a checkpoint.

    Args:
      tensor: the tensor to save, or a function that makes it.
      slice_spec: which part of a larger tensor it is, such as `5 2 0,3:-`; empty if it is whole.
      name: its name in the checkpoint.
      dtype: its element type; that of the tensor if None.
      device: where it lives; the device of the tensor if None.
    """

    def __init__(self, tensor: Any, slice_spec: str, name: str, dtype: DType | None = None, device: str | None = None) -> None:
        self._tensor = tensor
        self.slice_spec = slice_spec
        self.name = name
        if callable(tensor) and (dtype is None or device is None):
            raise AssertionError("When passing a callable `tensor` to a SaveSpec, an explicit dtype and device must be provided.")
        self.dtype = tensor.dtype if dtype is None else dtype
        self.device = tensor.device if device is None else device

    @property
    def tensor(self) -> Any:
        """The tensor to save."""
        return self._tensor() if callable(self._tensor) else self._tensor


class SaveableObject:
    """Something with state that a saver can save: which tensors make up the state, and how to set it again.

    Args:
      op: what the object belongs to.
      specs: the tensors of its state, as `SaveSpec`.
      name: its name in checkpoints.
    """

    def __init__(self, op: Any, specs: Sequence[SaveSpec], name: str) -> None:
        self.op = op
        self.specs = list(specs)
        self.name = name

    @property
    def device(self) -> str:
        """Where its tensors live."""
        return self.specs[0].device

    def restore(self, restored_tensors: list[Tensor], restored_shapes: list[Any] | None) -> Any:
        """An operation that sets the state to these tensors.

        Args:
          restored_tensors: what was read, one for each spec.
          restored_shapes: the shapes that they shall be brought into, or None.
        """
        raise NotImplementedError("Calling an abstract method.")


class ReferenceVariableSaveable(SaveableObject):
    """A reference variable."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        super().__init__(var, [SaveSpec(var, slice_spec, name, dtype=var.dtype)], name)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: list[Any] | None) -> Any:
        """An operation that assigns what was read to the variable."""
        value = restored_tensors[0]
        if restored_shapes is not None:
            value = raw.Reshape(value, restored_shapes[0])
        reference = self.op if isinstance(self.op, Tensor) else self.op._ref()
        validate = restored_shapes is None and reference.get_shape().is_fully_defined()
        return raw.Assign(reference, value, validate_shape=validate, use_locking=True)


class ResourceVariableSaveable(SaveableObject):
    """A resource variable, given itself or as a tensor that reads it."""

    def __init__(self, var: Any, slice_spec: str, name: str) -> None:
        if isinstance(var, Tensor):
            self.handle_op = var.op.inputs[0]
            tensor: Any = var
        else:
            self.handle_op = var.handle

            def tensor() -> Tensor:
                with device(var.device):
                    value = var.read_value()
                with device("/device:CPU:0"):
                    return raw.Identity(value)

        self._device = var.device
        self._shape = var.shape
        super().__init__(var, [SaveSpec(tensor, slice_spec, name, dtype=var.dtype, device=var.device)], name)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: list[Any] | None) -> Any:
        """An operation that assigns what was read to the variable."""
        value = restored_tensors[0]
        if restored_shapes is not None:
            value = raw.Reshape(value, restored_shapes[0])
        with device(self._device or None):
            value = raw.Identity(value)
            self._shape.assert_is_compatible_with(value.shape)
            return raw.AssignVariableOp(self.handle_op, value)


def _comes_from_variable(value: Any) -> bool:
    return isinstance(value, Tensor) and value.op.type in _VARIABLES


def _element(value: Any) -> Any:
    """The tensor that stands for a variable."""
    return value._as_graph_element() if isinstance(value, ResourceVariable) else convert_to_tensor(value, as_ref=True)


def op_list_to_dict(op_list: Any) -> dict[str, Any]:
    """Name each of a list of variables and saveable objects; parts of one variable come as a list.

    Raises:
      TypeError: when it is no list, or something in it is no variable.
      ValueError: when two have the same name.
    """
    if not isinstance(op_list, list | tuple | set):
        raise TypeError(f"Variables to be saved should be in a list or tuple, got {op_list}")
    named: dict[str, Any] = {}
    for item in sorted(nest.flatten(list(op_list)), key=lambda each: each.name):
        if isinstance(item, Variable) and item._get_save_slice_info() is not None:
            name = item._get_save_slice_info().full_name
            parts = named.setdefault(name, [])
            if not isinstance(parts, list):
                raise ValueError(f"Mixing slices and non-slices with the same name: {name}")
            parts.append(item)
            continue
        name, saved = _named(item)
        if name in named:
            raise ValueError(f"At least two variables have the same name: {name}")
        named[name] = saved
    return named


def _named(item: Any) -> tuple[str, Any]:
    if isinstance(item, SaveableObject | PartitionedVariable):
        return item.name, item
    tensor = _element(item)
    if not _comes_from_variable(tensor):
        raise TypeError(f"Variable to save is not a Variable: {tensor}")
    owner = tensor.op.inputs[0].op if tensor.op.type == "ReadVariableOp" else tensor.op
    return owner.name, tensor


def saveable_objects_for_op(op: Any, name: Any) -> Iterator[SaveableObject]:
    """The saveable objects for what is saved under one name: several for a variable in parts.

    Raises:
      TypeError: when `name` is no text or `op` is no variable.
      ValueError: when the parts are not parts of one variable.
    """
    if not isinstance(name, str):
        raise TypeError(
            f"names_to_saveables must be a dict mapping string names to trackable operations. Name is not a string: {name}"
        )  # fmt: skip
    if isinstance(op, SaveableObject):
        yield op
    elif isinstance(op, list | tuple | PartitionedVariable):
        yield from _parts(list(op), name)
    else:
        tensor = _element(op)
        if not _comes_from_variable(tensor):
            raise TypeError(f"names_to_saveables must be a dict mapping string names to Tensors/Variables. Not a variable: {tensor}")
        yield _saveable(tensor, "", name)


def _saveable(variable: Any, spec: str, name: str) -> SaveableObject:
    kind = ReferenceVariableSaveable if variable.op.type in _REFERENCES else ResourceVariableSaveable
    return kind(variable, spec, name)


def _parts(variables: list[Any], name: str) -> Iterator[SaveableObject]:
    whole = None
    for variable in variables:
        if not isinstance(variable, Variable):
            raise ValueError(f"Slices must all be Variables: {variable}")
        info = variable._get_save_slice_info()
        if info is None:
            raise ValueError(f"Slices must all be slices: {variable}")
        if whole is not None and whole != info.full_name:
            raise ValueError(f"Slices must all be from the same tensor: {whole} != {info.full_name}")
        whole = info.full_name
        yield _saveable(variable, info.spec, name)


def validate_and_slice_inputs(names_to_saveables: Any) -> list[SaveableObject]:
    """The saveable objects for a list of variables, or a dictionary from names to variables, sorted by name.

    Raises:
      TypeError: when something is no variable.
      ValueError: when two have one name, or one has two.
    """
    named = names_to_saveables if isinstance(names_to_saveables, dict) else op_list_to_dict(names_to_saveables)
    saveables: list[SaveableObject] = []
    seen: set[Any] = set()
    for name, op in sorted(named.items(), key=lambda pair: pair[0]):
        for saveable in saveable_objects_for_op(op, name):
            if saveable.op in seen:
                raise ValueError(f"The same saveable will be restored with two names: {saveable.name}")
            seen.add(saveable.op)
            saveables.append(saveable)
    return saveables


def owners(saveables: Iterable[SaveableObject]) -> list[Any]:
    """What the objects belong to, for a name scope that checks that it is all in one graph."""
    found = [saveable.op for saveable in saveables]
    return [item for item in found if isinstance(item, Operation | Tensor | Variable)]
