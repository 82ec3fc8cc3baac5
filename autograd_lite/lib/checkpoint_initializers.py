"""Variables that start from a checkpoint instead of from their own initializer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import device
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import logging
from autograd_lite.lib.checkpoint_contents import checkpoint_path, load_checkpoint
from autograd_lite.lib.graph_state import state_of
from autograd_lite.lib.partitioning import PartitionedVariable
from autograd_lite.lib.saveables import op_list_to_dict, saveable_objects_for_op
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable import Variable


@export("train.init_from_checkpoint", "contrib.framework.init_from_checkpoint")
def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: dict[str, Any]) -> None:
    """Let variables start with what a checkpoint holds: their initializers are replaced, so it happens when they are run.

    Args:
      ckpt_dir_or_file: the path of a checkpoint, or a folder whose newest is taken.
      assignment_map: from names in the checkpoint to variables, names of variables or lists of the parts of one; or from scopes in the
        checkpoint to scopes here, all with a `/` at the end: `{"old/": "new/"}`, `{"/": "new/"}`.

    Raises:
      ValueError: when the checkpoint does not have what is named, or it has another shape.

    >>> import tempfile
    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     session.run(tf.Variable([1.0, 2.0], name="old/w").initializer)
    ...     path = tf.train.Saver().save(session, tempfile.mkdtemp() + "/model")
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     w = tf.get_variable("new/w", [2])
    ...     tf.train.init_from_checkpoint(path, {"old/": "new/"})
    ...     session.run(tf.global_variables_initializer())
    ...     session.run(w)
    array([1., 2.], dtype=float32)
    """
    path = checkpoint_path(ckpt_dir_or_file)
    shapes = load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map()
    store = state_of(get_default_graph()).store
    known = {} if store is None else store._vars
    found: list[tuple[Any, str]] = []
    for name, target in sorted(assignment_map.items(), key=lambda pair: pair[0]):
        variable = _variable_named(target, known)
        if variable is None:
            found += _in_scope(name, target, known, shapes, ckpt_dir_or_file)
            continue
        if name not in shapes:
            raise ValueError(f"Tensor {name} is not found in {ckpt_dir_or_file} checkpoint {shapes}")
        if isinstance(variable, Variable) and not variable.get_shape().is_compatible_with(shapes[name]):
            raise ValueError(
                f"Shape of variable {variable.name} ({variable.get_shape()}) doesn't match with shape of tensor {name} ({shapes[name]}) "
                "from checkpoint reader."
            )  # fmt: skip
        found.append((variable, name))
    with all_or_nothing(get_default_graph()):
        for variable, name in found:
            start_from_checkpoint(variable, path, name)


def _variable_named(target: Any, known: dict[str, Any]) -> Any:
    """A variable, or the list of the parts of one; None when `target` names none."""
    if isinstance(target, PartitionedVariable):
        return list(target)
    if isinstance(target, Variable) or isinstance(target, list | tuple) and all(isinstance(item, Variable) for item in target):
        return target
    return known.get(target) or _parts_named(target, known)


def _parts_named(name: str, known: dict[str, Any]) -> list[Any] | None:
    parts: list[Any] = []
    while f"{name}/part_{len(parts)}" in known:
        parts.append(known[f"{name}/part_{len(parts)}"])
    return parts or None


def _in_scope(name: str, target: str, known: dict[str, Any], shapes: dict[str, Any], source: Any) -> list[tuple[Any, str]]:
    """The variables of a scope, each with its name in the checkpoint."""
    scope = target.rpartition("/")[0]
    if not name.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope} should map to scope only {name}. Should be 'scope/': 'other_scope/'.\n"
            f"  There is no variable {target!r} that was made by tf.get_variable."
        )
    inside = {key.partition("/part_")[0] for key in known if not scope or key.startswith(f"{scope}/")}
    found = []
    for variable_name in sorted(inside):
        rest = variable_name[len(scope) :].removeprefix("/") if scope else variable_name
        full = (rest if name == "/" else name + rest).removesuffix("/")
        if full not in shapes:
            raise ValueError(f"Tensor {full} ({rest} in {name}) is not found in {source} checkpoint")
        found.append((_variable_named(variable_name, known), full))
    return found


def start_from_checkpoint(
    variable: Any, path: str, name: str, changed: Callable[[Tensor, Variable], Tensor] | None = None
) -> None:  # fmt: skip
    """Replace the initializer of a variable, or of the parts of one, by reading a checkpoint.

    Args:
      variable: the variable, or the list of its parts.
      path: of the checkpoint.
      name: of the tensor in it.
      changed: makes another value of the whole tensor that was read, for one variable.
    """
    for part in [variable] if isinstance(variable, Variable) else variable:
        info = part._get_save_slice_info()
        spec = "" if info is None or changed is not None else info.spec
        _replace_initializer(part, path, name, spec, changed)
    logging.debug("Initialize variable %s from checkpoint %s with %s", variable, path, name)


def _replace_initializer(
    variable: Any, path: str, name: str, spec: str, changed: Callable[[Tensor, Variable], Tensor] | None
) -> None:  # fmt: skip
    (saveable,) = (one for key, item in op_list_to_dict([variable]).items() for one in saveable_objects_for_op(item, key))
    with device(variable.device or None), device("/cpu:0"):
        value = raw.RestoreV2(path, [name], [spec], dtypes=[variable.dtype.base_dtype], name="checkpoint_initializer")[0]
    if changed is not None:
        value = changed(value, variable)
    assigned = saveable.restore([value], None)
    variable._initializer_op = assigned if isinstance(assigned, Operation) else assigned.op
    if changed is None:
        value.set_shape(variable.shape)
    variable._initial_value = value
