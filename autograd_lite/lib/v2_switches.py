"""The switches between TF1's and TF2's behaviour (`tf.disable_v2_behavior()` and its kin).

This library is TF1's graph mode, so to switch TF2's behaviour off is to ask for what is there already. To switch it on is refused where
the program would then mean something else.
"""

from __future__ import annotations

from typing import NoReturn

from autograd_lite.core.export import export
from autograd_lite.lib.variables import disable_resource_variables


@export("disable_v2_behavior")
def disable_v2_behavior() -> None:
    """Ask for TF1's behaviour: graphs and sessions, reference variables. It is the only one here."""
    disable_resource_variables()


@export("disable_eager_execution")
def disable_eager_execution() -> None:
    """Ask for graphs instead of eager execution. They are all there is here."""


@export("disable_tensor_equality")
def disable_tensor_equality() -> None:
    """Ask that `==` compare two Tensors by identity, as TF1 does. It always does here."""


@export("disable_v2_tensorshape")
def disable_v2_tensorshape() -> None:
    """Ask that `shape[i]` be a `tf.Dimension`, as in TF1. It always is here."""


@export("disable_control_flow_v2")
def disable_control_flow_v2() -> None:
    """Ask that `tf.cond` and `tf.while_loop` build TF1's nodes. They always do here."""


@export("enable_control_flow_v2")
def enable_control_flow_v2() -> None:
    """Accepted without effect: `tf.cond` and `tf.while_loop` give the same values either way and keep building TF1's nodes."""


@export("control_flow_v2_enabled")
def control_flow_v2_enabled() -> bool:
    """Whether `tf.cond` builds TF2's functional nodes: always False."""
    return False


@export("executing_eagerly")
def executing_eagerly() -> bool:
    """Whether ops run as soon as they are called: always False."""
    return False


@export("enable_eager_execution")
def enable_eager_execution(config: object = None, device_policy: object = None, execution_mode: object = None) -> NoReturn:
    """Refused: there is no eager execution here.

    Raises:
      RuntimeError: always.
    """
    _refuse("tf.enable_eager_execution", "ops run when a tf.Session runs them")


@export("enable_v2_behavior")
def enable_v2_behavior() -> NoReturn:
    """Refused: this library is TF1.

    Raises:
      RuntimeError: always.
    """
    _refuse("tf.enable_v2_behavior", "ops run when a tf.Session runs them")


@export("enable_tensor_equality")
def enable_tensor_equality() -> NoReturn:
    """Refused: `==` between Tensors is identity here.

    Raises:
      RuntimeError: always.
    """
    _refuse("tf.enable_tensor_equality", "`==` compares Tensors by identity; tf.equal(x, y) compares their elements")


@export("enable_v2_tensorshape")
def enable_v2_tensorshape() -> NoReturn:
    """Refused: `shape[i]` is a `tf.Dimension` here.

    Raises:
      RuntimeError: always.
    """
    _refuse("tf.enable_v2_tensorshape", "shape[i] is a tf.Dimension; shape[i].value is the number, shape.as_list() all of them")


def _refuse(call: str, instead: str) -> NoReturn:
    raise RuntimeError(f"{call}() is TF2's behaviour; autograd_lite runs TF1 programs: {instead}.")
