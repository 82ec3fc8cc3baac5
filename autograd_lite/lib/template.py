"""`tf.make_template`: a function that makes its variables at the first call and uses the same ones ever after."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.lib.variable_scope import PureVariableScope, VariableScope, unique_scope_name, variable_scope
from autograd_lite.lib.variables import global_variables, local_variables, trainable_variables


@export("make_template")
def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Callable[..., Any] | None = None,
    **kwargs: Any,
) -> Template:
    """Wrap a function so that all its calls share the variables that `tf.get_variable` makes in it.

    Args:
      name_: name of the variable scope, made unique.
      func_: the function.
      create_scope_now_: whether the scope gets its name now rather than at the first call.
      unique_name_: name of the variable scope that is used as it is.
      custom_getter_: see `tf.get_variable`.
      **kwargs: arguments for `func_` in all calls.

    Raises:
      ValueError: when a later call makes a trainable variable.

    >>> import autograd_lite as tf
    >>> def scale(x):
    ...     return x * tf.get_variable("w", [], initializer=tf.ones_initializer())
    >>> scaled = tf.make_template("docs_scale", scale)
    >>> a, b = scaled(1.0), scaled(2.0)
    >>> [v.name for v in scaled.variables]
    ['docs_scale/w:0']
    """
    function = functools.partial(func_, **kwargs) if kwargs else func_
    return Template(name_, function, create_scope_now=create_scope_now_, unique_name=unique_name_, custom_getter=custom_getter_)


class Template:
    """A function together with the variable scope that its calls share; made by `tf.make_template`."""

    def __init__(
        self,
        name: str,
        func: Callable[..., Any],
        create_scope_now: bool = False,
        unique_name: str | None = None,
        custom_getter: Callable[..., Any] | None = None,
    ) -> None:
        if not name:
            raise ValueError("name cannot be None.")
        self._func = func
        self._name = name
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._variable_scope: VariableScope | None = None
        self._variables_created = False
        if create_scope_now:
            with PureVariableScope(unique_name or unique_scope_name(name), custom_getter=custom_getter) as scope:
                self._variable_scope = scope

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function inside the template's variable scope."""
        if self._variable_scope is not None:
            with variable_scope(self._variable_scope, reuse=self._variables_created):
                return self._call(args, kwargs)
        with variable_scope(self._unique_name, self._name, custom_getter=self._custom_getter) as scope:
            self._variable_scope = scope
            try:
                return self._call(args, kwargs)
            except BaseException:
                self._variable_scope = None  # the next call is again the first
                raise

    def _call(self, args: Any, kwargs: Any) -> Any:
        before = len(trainable_variables())
        result = self._func(*args, **kwargs)
        made = trainable_variables()[before:]
        if self._variables_created and made:
            raise ValueError(
                "Trainable variable created when calling a template after the first time, perhaps you used tf.Variable when you meant "
                f"tf.get_variable: {made}"
            )
        self._variables_created = True
        return result

    name = property(lambda self: self._name, doc="The name given to the template.")
    func = property(lambda self: self._func, doc="The function.")
    variable_scope = property(lambda self: self._variable_scope, doc="The scope of its variables, or None before the first call.")

    @property
    def variable_scope_name(self) -> str | None:
        """The name of the scope of its variables, with a final slash; None before the first call."""
        if self._variable_scope is None:
            return None
        name = self._variable_scope.name
        return f"{name}/" if name and not name.endswith("/") else name

    def _in_scope(self, find: Callable[[str], list[Any]]) -> list[Any]:
        return [] if self._variable_scope is None else find(f"{self._variable_scope.name}/")

    @property
    def variables(self) -> list[Any]:
        """Its global and local variables."""
        return self.global_variables + self.local_variables

    @property
    def trainable_variables(self) -> list[Any]:
        """Those of its variables that optimizers change."""
        return self._in_scope(trainable_variables)

    @property
    def non_trainable_variables(self) -> list[Any]:
        """Those of its variables that optimizers leave alone."""
        trainable = self.trainable_variables
        return [variable for variable in self.variables if not any(variable is other for other in trainable)]

    @property
    def global_variables(self) -> list[Any]:
        """Its global variables."""
        return self._in_scope(global_variables)

    @property
    def local_variables(self) -> list[Any]:
        """Its local variables."""
        return self._in_scope(local_variables)

    weights = property(lambda self: self.variables, doc="The same as `variables`.")
    trainable_weights = property(lambda self: self.trainable_variables, doc="The same as `trainable_variables`.")
    non_trainable_weights = property(lambda self: self.non_trainable_variables, doc="The same as `non_trainable_variables`.")

    @property
    def losses(self) -> list[Any]:
        """The regularization losses of its variables."""
        scope = self._variable_scope
        return [] if scope is None else get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, f"{scope.name}/")
