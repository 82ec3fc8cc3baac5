"""Optimizers that are given the loss and its gradient as functions of one vector: those of SciPy, first and second order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.api.arrays import concat, zeros_like
from autograd_lite.api.constants import placeholder
from autograd_lite.api.raw import raw
from autograd_lite.api.reduce import reduce_sum
from autograd_lite.autodiff.gradients import gradients
from autograd_lite.core import optional
from autograd_lite.core.export import export
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.conversion import convert_to_tensor
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import logging
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variables import trainable_variables
from autograd_lite.runtime.session import get_default_session

Function = Callable[[np.ndarray], Any]


@export("contrib.opt.ExternalOptimizerInterface")
class ExternalOptimizerInterface:
    """The base of optimizers that live outside the graph: they see all variables as one vector.

    Subclasses override `_minimize`. The variables change once, when the optimizer has ended; a failure leaves them as they were.

    Args:
      loss: a scalar tensor.
      var_list: the variables; all trainable ones if None.
      equalities: scalar tensors that are to be 0.
      inequalities: scalar tensors that are to be at least 0.
      var_to_bounds: a dict from variables to (lower, upper), each broadcast to the shape of the variable.
      **optimizer_kwargs: for the optimizer.
    """

    def __init__(
        self,
        loss: Any,
        var_list: Sequence[Any] | None = None,
        equalities: Sequence[Any] | None = None,
        inequalities: Sequence[Any] | None = None,
        var_to_bounds: Mapping[Any, Any] | None = None,
        **optimizer_kwargs: Any,
    ) -> None:
        self._vars = list(trainable_variables() if var_list is None else var_list)
        if not self._vars:
            raise ValueError("No variables to optimize.\n  Make a tf.Variable that the loss depends on, or pass var_list.")
        self.optimizer_kwargs = optimizer_kwargs
        self._slices = _slices(self._vars)
        self._packed_bounds = _packed_bounds(self._vars, var_to_bounds)
        with all_or_nothing(self._vars[0].graph):
            self._loss = loss
            self._loss_and_gradient = [loss, self._packed_gradient(loss)]
            self._equalities = [convert_to_tensor(each) for each in equalities or ()]
            self._inequalities = [convert_to_tensor(each) for each in inequalities or ()]
            self._equality_gradients = [self._packed_gradient(each) for each in self._equalities]
            self._inequality_gradients = [self._packed_gradient(each) for each in self._inequalities]
            self._new_values = [placeholder(variable.dtype.base_dtype, variable.get_shape()) for variable in self._vars]
            self._updates = [variable.assign(value).op for variable, value in zip(self._vars, self._new_values)]
            self._packed_variables = _packed([variable.value() for variable in self._vars])

    def minimize(
        self,
        session: Any = None,
        feed_dict: Mapping[Any, Any] | None = None,
        fetches: Sequence[Any] | None = None,
        step_callback: Callable[[np.ndarray], Any] | None = None,
        loss_callback: Callable[..., Any] | None = None,
        **run_kwargs: Any,
    ) -> None:
        """Run the optimizer to its end, and put the best values into the variables.

        Args:
          session: the session, the default one if None.
          feed_dict: what to feed in every evaluation.
          fetches: tensors to compute in every evaluation of the loss, for `loss_callback`.
          step_callback: called with the vector of all variables after each step of the optimizer.
          loss_callback: called with the values of `fetches` after each evaluation of the loss.
          **run_kwargs: for `Session.run`.

        Raises:
          ValueError: there is no session.
        """
        session = session or get_default_session()
        if session is None:
            raise ValueError("minimize needs a session: pass session=..., or call it inside `with tf.Session():`.")
        feeds = dict(feed_dict or {})

        def values_at(x: np.ndarray, wanted: Any, more_feeds: Mapping[Any, Any] | None = None) -> Any:
            self._store(session, x)  # not fed: each reading of a resource variable is a node of its own
            return session.run(wanted, {**feeds, **(more_feeds or {})}, **run_kwargs)

        self._values_at = values_at
        start = session.run(self._packed_variables, **run_kwargs)
        callback = loss_callback if callable(loss_callback) else None
        extra = list(fetches or ())

        def loss_and_gradient(x: np.ndarray) -> list[Any]:
            values = values_at(x, [*self._loss_and_gradient, *extra])
            if callback is not None:
                callback(*values[2:])
            return list(values[:2])

        def functions(tensors: list[Any]) -> list[Function]:
            return [lambda x, tensor=tensor: values_at(x, tensor) for tensor in tensors]  # type: ignore[misc]

        try:
            best = self._minimize(
                initial_val=start, loss_grad_func=loss_and_gradient, equality_funcs=functions(self._equalities),
                equality_grad_funcs=functions(self._equality_gradients), inequality_funcs=functions(self._inequalities),
                inequality_grad_funcs=functions(self._inequality_gradients), packed_bounds=self._packed_bounds,
                step_callback=step_callback, optimizer_kwargs=self.optimizer_kwargs,
            )  # fmt: skip
        except BaseException:
            self._store(session, start)
            raise
        self._store(session, best)

    def _minimize(
        self,
        initial_val: np.ndarray,
        loss_grad_func: Function,
        equality_funcs: list[Function],
        equality_grad_funcs: list[Function],
        inequality_funcs: list[Function],
        inequality_grad_funcs: list[Function],
        packed_bounds: list[tuple[float, float]] | None,
        step_callback: Callable[[np.ndarray], Any] | None,
        optimizer_kwargs: dict[str, Any],
    ) -> np.ndarray:
        """The best vector; to be overridden.

        Args:
          initial_val: the vector to begin with.
          loss_grad_func: gives [loss, gradient] at a vector.
          equality_funcs, equality_grad_funcs, inequality_funcs, inequality_grad_funcs: value and gradient of each constraint.
          packed_bounds: (lower, upper) for each element, or None.
          step_callback: to be called after each step.
          optimizer_kwargs: what the constructor was given.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how to minimize: write _minimize(self, initial_val, ...)")

    def _packed_gradient(self, value: Any) -> Tensor:
        """The gradient of a scalar with respect to all variables, as one vector."""
        found = gradients(value, self._vars)
        return _packed([zeros_like(variable) if each is None else _dense(each) for each, variable in zip(found, self._vars)])

    def _parts(self, x: np.ndarray) -> dict[Any, np.ndarray]:
        """What to feed so that the updates store the vector `x`."""
        return {
            value: x[part].reshape(value.get_shape().as_list()).astype(value.dtype.as_numpy_dtype)
            for value, part in zip(self._new_values, self._slices)
        }

    def _store(self, session: Any, x: np.ndarray) -> None:
        session.run(self._updates, self._parts(x))


def _dense(gradient: Any) -> Tensor:
    return convert_to_tensor(gradient) if isinstance(gradient, IndexedSlices) else gradient


def _packed(tensors: list[Any]) -> Tensor:
    """All elements in one vector."""
    flat = [raw.Reshape(tensor, [-1]) for tensor in tensors]
    return flat[0] if len(flat) == 1 else concat(flat, 0)


def _slices(variables: list[Any]) -> list[slice]:
    """Where each variable stands in the vector."""
    found, begin = [], 0
    for variable in variables:
        size = variable.get_shape().num_elements()
        if size is None:
            raise ValueError(f"{variable!r} has no known shape, so it has no place in the vector of all variables.")
        found.append(slice(begin, begin + size))
        begin += size
    return found


def _packed_bounds(variables: list[Any], var_to_bounds: Mapping[Any, Any] | None) -> list[tuple[float, float]] | None:
    """(lower, upper) for each element of the vector; None when no variable has bounds."""
    if var_to_bounds is None:
        return None
    bounds: list[tuple[float, float]] = []
    for variable in variables:
        shape = variable.get_shape().as_list()
        lower, upper = var_to_bounds.get(variable, (-np.inf, np.inf))
        pair = (np.broadcast_to(np.asarray(each, np.float64), shape).ravel().tolist() for each in (lower, upper))
        bounds.extend(zip(*pair))
    return bounds


@export("contrib.opt.ScipyOptimizerInterface")
class ScipyOptimizerInterface(ExternalOptimizerInterface):
    """Minimises a loss with `scipy.optimize.minimize`; needs the extra `scipy`.

    Args:
      loss, var_list, equalities, inequalities, var_to_bounds: as for ExternalOptimizerInterface.
      **optimizer_kwargs: for `scipy.optimize.minimize`: `method` ("L-BFGS-B" if not given), `options`, `tol`, ...

    >>> import autograd_lite as tf
    >>> w = tf.Variable([7.0, 7.0])
    >>> optimizer = ScipyOptimizerInterface(tf.reduce_sum(tf.square(w - [1.0, 2.0])), var_list=[w], options={"maxiter": 100})
    >>> with tf.Session() as session:
    ...     session.run(w.initializer)
    ...     optimizer.minimize(session)
    ...     print(session.run(w).round(3))
    [1. 2.]

    With `method="SLSQP"` constraints are kept too: `equalities=[...]` are 0 and `inequalities=[...]` at least 0 at the end.
    """

    _DEFAULT_METHOD = "L-BFGS-B"

    def _minimize(
        self,
        initial_val: np.ndarray,
        loss_grad_func: Function,
        equality_funcs: list[Function],
        equality_grad_funcs: list[Function],
        inequality_funcs: list[Function],
        inequality_grad_funcs: list[Function],
        packed_bounds: list[tuple[float, float]] | None,
        step_callback: Callable[[np.ndarray], Any] | None,
        optimizer_kwargs: dict[str, Any],
    ) -> np.ndarray:
        own = dict(optimizer_kwargs)
        arguments = {
            "jac": True,
            "callback": step_callback,
            "method": own.pop("method", self._DEFAULT_METHOD),
            "constraints": [
                {"type": kind, "fun": function, "jac": gradient}
                for kind, pairs in (
                    ("eq", zip(equality_funcs, equality_grad_funcs)),
                    ("ineq", zip(inequality_funcs, inequality_grad_funcs)),
                )
                for function, gradient in pairs
            ],
            "bounds": packed_bounds,
        }
        for name in arguments:
            if name in own:
                raise ValueError(
                    "Bounds must be set using the var_to_bounds argument"
                    if name == "bounds"
                    else f"Optimizer keyword arg '{name}' is set automatically and cannot be injected manually"
                )
        result = optional.load("scipy.optimize").minimize(_in_doubles(loss_grad_func), initial_val, **{**arguments, **own})
        _tell(result)
        return np.asarray(result.x)


def _in_doubles(loss_and_gradient: Function) -> Function:
    """SciPy's compiled optimizers work in float64."""

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = loss_and_gradient(x)
        return float(loss), np.asarray(gradient, np.float64)

    return function


def _tell(result: Any) -> None:
    """Log how the optimizer ended."""
    message = result.message.decode() if isinstance(result.message, bytes) else result.message
    lines = ["Optimization terminated with:", f"  Message: {message}", f"  Objective function value: {float(result.fun):f}"]
    if "nit" in result:
        lines.append(f"  Number of iterations: {result.nit}")
    if "nfev" in result:
        lines.append(f"  Number of functions evaluations: {result.nfev}")
    logging.info("%s", "\n".join(lines))


@export("contrib.opt.NewtonCGOptimizerInterface")
class NewtonCGOptimizerInterface(ExternalOptimizerInterface):
    """Newton's method: each step solves `Hessian * step = -gradient` by conjugate gradients; needs the extra `scipy`.

    The Hessian is never made. Its product with a vector `v` is the gradient of `sum(gradient * v)`, which is built into the graph, so a
    product costs about as much as two gradients, however many variables there are. Not in TensorFlow.

    Args:
      loss, var_list: as for ExternalOptimizerInterface.
      method: "Newton-CG", or "trust-ncg", which keeps each step within a region of trust and so leaves saddle points too.
      **optimizer_kwargs: for `scipy.optimize.minimize`: `options`, `tol`.

    Source: Nocedal and Wright, 2006, "Numerical optimization", chapter 7.

    >>> import autograd_lite as tf
    >>> w = tf.Variable([-1.2, 1.0], dtype=tf.float64)
    >>> rosenbrock = 100.0 * tf.square(w[1] - tf.square(w[0])) + tf.square(1.0 - w[0])
    >>> optimizer = NewtonCGOptimizerInterface(rosenbrock, var_list=[w], tol=1e-10)
    >>> with tf.Session() as session:
    ...     session.run(w.initializer)
    ...     optimizer.minimize(session)
    ...     print(session.run(w).round(6))
    [1. 1.]
    """

    METHODS = ("Newton-CG", "trust-ncg")

    def __init__(self, loss: Any, var_list: Sequence[Any] | None = None, method: str = "Newton-CG", **optimizer_kwargs: Any) -> None:
        if method not in self.METHODS:
            raise ValueError(f"method must be one of {', '.join(self.METHODS)}, got {method!r}")
        super().__init__(loss, var_list, **optimizer_kwargs)
        self._method = method
        with all_or_nothing(self._vars[0].graph):
            gradient = self._loss_and_gradient[1]
            self._vector = placeholder(gradient.dtype, gradient.get_shape())
            self._product = self._packed_gradient(reduce_sum(raw.Mul(gradient, self._vector)))

    def _minimize(
        self,
        initial_val: np.ndarray,
        loss_grad_func: Function,
        equality_funcs: list[Function],
        equality_grad_funcs: list[Function],
        inequality_funcs: list[Function],
        inequality_grad_funcs: list[Function],
        packed_bounds: list[tuple[float, float]] | None,
        step_callback: Callable[[np.ndarray], Any] | None,
        optimizer_kwargs: dict[str, Any],
    ) -> np.ndarray:
        result = optional.load("scipy.optimize").minimize(
            _in_doubles(loss_grad_func), initial_val, method=self._method, jac=True, callback=step_callback,
            hessp=lambda x, vector: self._values_at(x, self._product, {self._vector: vector}).astype(np.float64), **optimizer_kwargs,
        )  # fmt: skip
        _tell(result)
        return np.asarray(result.x)
