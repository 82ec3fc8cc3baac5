"""Averages that follow a value slowly: `average = decay * average + (1 - decay) * value`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_lite.api.casting import cast
from autograd_lite.api.control import group
from autograd_lite.api.raw import raw
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.default_graph import name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.lib import slots
from autograd_lite.lib.initializers import Zeros
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable import Variable
from autograd_lite.lib.variable_scope import get_variable, get_variable_scope, variable_scope
from autograd_lite.lib.variable_updates import assign, assign_add, assign_sub
from autograd_lite.lib.variables import global_variables, moving_average_variables, trainable_variables

_AVERAGED = (dtypes.float16, dtypes.float32, dtypes.float64)


def assign_moving_average(variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None) -> Any:
    """Move `variable` towards `value`: `variable -= (1 - decay) * (variable - value)`; returns it after that.

    Args:
      variable: the average.
      value: the tensor it follows.
      decay: a number or scalar tensor.
      zero_debias: whether to correct for an average that started at 0, as Adam does (Kingma and Ba, 2015).
      name: a name for the operation.
    """
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        share = convert_to_tensor(1.0 - decay, name="decay")
        if share.dtype != variable.dtype.base_dtype:
            share = cast(share, variable.dtype.base_dtype)
        if zero_debias:
            return _assign_corrected(variable, value, share, scope)
        return assign_sub(variable, (variable - value) * share, name=scope)


def _assign_corrected(average: Any, value: Any, share: Any, scope: str) -> Any:
    """The average of a value whose history begins at 0, divided by the weight that this history has so far."""
    dtype = average.dtype.base_dtype
    scope_of_average = variable_scope(average.op.name, values=[average, value, share], auxiliary_name_scope=False)
    with scope_of_average, get_default_graph().colocate_with(average):
        biased = get_variable(_unused("biased"), average.get_shape(), dtype, Zeros(), trainable=False)
        steps = get_variable(_unused("local_step"), [], dtype, Zeros(), trainable=False)
    moved = assign_sub(biased, (biased - value) * share)
    counted = assign_add(steps, 1.0)
    return assign(average, moved / (1 - raw.Pow(1.0 - share, counted)), name=scope)


def _unused(name: str) -> str:
    """`name`, numbered when the open variable scope has such a variable already."""
    scope = get_variable_scope()
    if scope.reuse:
        return name
    taken = [variable.op.name for variable in scope.global_variables()]
    found, number = name, 0
    while f"{scope.name}/{found}" in taken:
        number += 1
        found = f"{name}_{number}"
    return found


@export("train.ExponentialMovingAverage")
class ExponentialMovingAverage:
    """Keeps averages of variables that follow them slowly; models often predict better with averaged weights than with the last ones.

    Args:
      decay: close to 1, for example 0.999: how much of the average stays at each step.
      num_updates: a counter of steps; while it is small, `min(decay, (1 + num_updates) / (10 + num_updates))` is used.
      zero_debias: whether to correct the averages of tensors (not variables) for their start at 0.
      name: put after the names of the variables to name the averages.

    >>> import autograd_lite as tf
    >>> w = tf.Variable(0.0, name="docs_averaged")
    >>> average = tf.train.ExponentialMovingAverage(0.9)
    >>> with tf.control_dependencies([w.assign(10.0)]):
    ...     step = average.apply([w])
    >>> average.average(w).name
    'docs_averaged/ExponentialMovingAverage:0'
    """

    def __init__(self, decay: Any, num_updates: Any = None, zero_debias: bool = False, name: str = "ExponentialMovingAverage") -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Variable] = {}
        self._corrected: list[Variable] = []  # averages that started at 0 and are corrected for it

    @property
    def name(self) -> str:
        """What is put after the names of the variables."""
        return self._name

    def apply(self, var_list: Iterable[Any] | None = None) -> Operation:
        """An operation that moves the averages of variables (or tensors) towards them; new averages are made as needed.

        Args:
          var_list: variables and tensors; all trainable variables if None.

        Raises:
          TypeError: when one is not of type half, float or double.
        """
        variables = trainable_variables() if var_list is None else list(var_list)
        for variable in variables:
            if variable.dtype.base_dtype not in _AVERAGED:
                raise TypeError(
                    f"The variables must be half, float, or double: {variable.name}\n"
                    f"  It is {variable.dtype.base_dtype.name}; average a tf.cast of it instead."
                )
        known, corrected = dict(self._averages), list(self._corrected)
        try:
            with all_or_nothing(get_default_graph()):
                return self._apply(variables)
        except BaseException:
            self._averages, self._corrected = known, corrected
            raise

    def _apply(self, variables: list[Any]) -> Operation:
        graph = get_default_graph()
        for variable in variables:
            if variable not in self._averages:
                with graph.control_dependencies(None):
                    self._averages[variable] = self._new_average(variable)
        with graph.name_scope(self._name) as scope:
            decay: Any = convert_to_tensor(self._decay, dtype=dtypes.float32, name="decay")
            if self._num_updates is not None:
                updates = cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = raw.Minimum(decay, (1.0 + updates) / (10.0 + updates))
            moved = []
            for variable in variables:
                average = self._averages[variable]
                correct = any(average is other for other in self._corrected)
                moved.append(assign_moving_average(average, variable, decay, zero_debias=correct).op)
            return group(*moved, name=scope)

    def _new_average(self, variable: Any) -> Variable:
        if isinstance(variable, Variable):
            average = slots.create_slot(variable, variable.initialized_value(), self._name)
            get_default_graph().add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, variable)
            return average
        is_variable = variable.op.type in ("Variable", "VariableV2", "VarHandleOp")
        average = slots.create_zeros_slot(variable, self._name, colocate_with_primary=is_variable)
        if self._zero_debias:
            self._corrected.append(average)
        return average

    def average(self, var: Any) -> Any:
        """The variable that holds the average of `var`, or None when `apply` was not called with it."""
        return self._averages.get(var)

    def average_name(self, var: Any) -> str:
        """The name that the average of `var` has, or would have."""
        if var in self._averages:
            return self._averages[var].op.name
        return get_default_graph().unique_name(f"{var.op.name}/{self._name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables: Iterable[Any] | None = None) -> dict[str, Any]:
        """A map for `tf.train.Saver` that loads the saved averages into the variables themselves.

        Args:
          moving_avg_variables: the variables to replace; the trainable ones and those with averages if None.
        """
        if moving_avg_variables is None:
            moving_avg_variables = trainable_variables() + moving_average_variables()
        averaged = list(dict.fromkeys(moving_avg_variables))
        found = {self.average_name(variable): variable for variable in averaged}
        names = [variable.name for variable in averaged]
        for variable in dict.fromkeys(global_variables()):
            if variable.name not in names and variable.op.name not in found:
                found[variable.op.name] = variable
        return found
