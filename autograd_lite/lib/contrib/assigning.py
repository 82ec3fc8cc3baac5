"""`tf.contrib.framework.assign_from_*`: put values, or what a checkpoint holds, into variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_lite.api.constants import placeholder
from autograd_lite.api.control import group
from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.operation import Operation
from autograd_lite.lib import logging
from autograd_lite.lib.checkpoint_contents import load_checkpoint
from autograd_lite.lib.contrib.model_variables import get_unique_variable, get_variable_full_name
from autograd_lite.lib.saver import Saver
from autograd_lite.runtime.session import Session


@export("contrib.framework.assign_from_values", "contrib.slim.assign_from_values")
def assign_from_values(var_names_to_values: Mapping[str, Any]) -> tuple[Operation, dict[Any, np.ndarray]]:
    """An operation that assigns values to variables by name, and the feeds that it wants.

    Raises:
      ValueError: there is no such variable, or its shape is another one.

    >>> import autograd_lite as tf
    >>> w = tf.get_variable("docs_w", [2])
    >>> assign, feeds = tf.contrib.framework.assign_from_values({"docs_w": [1.0, 2.0]})
    >>> with tf.Session() as session:
    ...     session.run(assign, feeds)
    ...     session.run(w).tolist()
    [1.0, 2.0]
    """
    feeds: dict[Any, np.ndarray] = {}
    assigned = []
    for name, given in var_names_to_values.items():
        value = np.asarray(given)
        variable = get_unique_variable(name)
        with name_scope("assign_from_values"):
            fed = placeholder(variable.dtype.base_dtype, list(value.shape), name="value")
            assigned.append(variable.assign(fed))
        feeds[fed] = value
    return group(*assigned), feeds


@export("contrib.framework.assign_from_values_fn", "contrib.slim.assign_from_values_fn")
def assign_from_values_fn(var_names_to_values: Mapping[str, Any]) -> Callable[[Session], Any]:
    """A function from a session that assigns values to variables by name."""
    assign, feeds = assign_from_values(var_names_to_values)
    return lambda session: session.run(assign, feeds)


def _by_saved_name(var_list: Any) -> dict[str, list[Any]]:
    """Variables by the names under which a checkpoint holds them."""
    if isinstance(var_list, Mapping):
        return {name: list(held) if isinstance(held, list | tuple) else [held] for name, held in var_list.items()}
    found: dict[str, list[Any]] = {}
    for variable in var_list:
        found.setdefault(get_variable_full_name(variable), []).append(variable)
    return found


@export("contrib.framework.assign_from_checkpoint", "contrib.slim.assign_from_checkpoint")
def assign_from_checkpoint(model_path: str, var_list: Any, ignore_missing_vars: bool = False) -> tuple[Operation, dict[Any, np.ndarray]]:
    """An operation that assigns to variables what a checkpoint holds, and the feeds that it wants.

    Args:
      model_path: the checkpoint.
      var_list: variables, or a dict from their names in the checkpoint.
      ignore_missing_vars: leave out variables that the checkpoint does not have.

    Raises:
      ValueError: the checkpoint does not have a variable, or has it in another shape.
    """
    reader = load_checkpoint(model_path)
    feeds: dict[Any, np.ndarray] = {}
    assigned = []
    for name, variables in _by_saved_name(var_list).items():
        if not reader.has_tensor(name):
            text = f"Checkpoint is missing variable [{name}]"
            if not ignore_missing_vars:
                raise ValueError(text)
            logging.warn(text)
            continue
        whole = reader.get_tensor(name)
        for variable in variables:
            value = _part_for(variable, whole)
            with name_scope("assign_from_checkpoint"):
                fed = placeholder(variable.dtype.base_dtype, variable.get_shape(), name="value")
                assigned.append(variable.assign(fed))
            feeds[fed] = value
    return group(*assigned), feeds


def _part_for(variable: Any, whole: np.ndarray) -> np.ndarray:
    """The part of a saved tensor that belongs to a variable, in its shape."""
    part = variable._get_save_slice_info()
    if part is not None:
        whole = whole[tuple(slice(begin, begin + size) for begin, size in zip(part.var_offset, part.var_shape))]
    wanted = variable.get_shape()
    if not wanted.is_compatible_with(whole.shape) and wanted.num_elements() != whole.size:
        raise ValueError(
            f"Total size of new array must be unchanged for {variable.op.name} lh_shape: [{whole.shape}], rh_shape: [{wanted.as_list()}]"
        )
    return whole.reshape(wanted.as_list())


@export("contrib.framework.assign_from_checkpoint_fn", "contrib.slim.assign_from_checkpoint_fn")
def assign_from_checkpoint_fn(
    model_path: str, var_list: Any, ignore_missing_vars: bool = False, reshape_variables: bool = False
) -> Callable[[Session], Any] | None:
    """A function from a session that restores variables from a checkpoint: how fine-tuning begins.

    Args:
      model_path: the checkpoint.
      var_list: variables, or a dict from their names in the checkpoint.
      ignore_missing_vars: leave out variables that the checkpoint does not have.
      reshape_variables: restore variables whose shape differs but not their number of elements.

    Returns:
      The function; None when nothing is left to restore.

    Raises:
      ValueError: the list is empty.
    """
    if not var_list:
        raise ValueError("var_list cannot be empty")
    wanted = dict(var_list) if isinstance(var_list, Mapping) else {variable.op.name: variable for variable in var_list}
    if ignore_missing_vars:
        reader = load_checkpoint(model_path)
        for name in [name for name in wanted if not reader.has_tensor(name)]:
            logging.warn("Variable %s missing in checkpoint %s", name, model_path)
            del wanted[name]
    if not wanted:
        logging.warn("No Variables to restore")
        return None
    saver = Saver(wanted, reshape=reshape_variables)
    return lambda session: saver.restore(session, model_path)


@export("contrib.slim.model_analyzer.analyze_vars")
def analyze_vars(variables: Any, print_info: bool = False) -> tuple[int, int]:
    """How many numbers variables hold, and how many bytes these take.

    Args:
      print_info: whether a line for each variable is printed.

    >>> import autograd_lite as tf
    >>> tf.contrib.slim.model_analyzer.analyze_vars([tf.get_variable("docs_w", [2, 3])])
    (6, 24)
    """
    total = total_bytes = 0
    for variable in variables:
        size = variable.get_shape().num_elements() or 0
        total += size
        total_bytes += size * variable.dtype.size
        if print_info:
            print(f"{variable.op.name}: {variable.get_shape()} ({size}, bytes: {size * variable.dtype.size})")
    if print_info:
        print(f"Total size of variables: {total}\nTotal bytes of variables: {total_bytes}")
    return total, total_bytes
