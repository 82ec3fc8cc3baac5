"""The devices of this process, and the check that every node can be placed on one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_lite.compiler.passes.prune import needed_operations
from autograd_lite.core.device import DeviceSpec
from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.core.export import export
from autograd_lite.graph.operation import Operation

_HERE = "/job:localhost/replica:0/task:0"


class DeviceAttributes(NamedTuple):
    """One device, as `Session.list_devices` tells of it."""

    name: str
    device_type: str
    memory_limit_bytes: int
    incarnation: int

    def __repr__(self) -> str:
        return f"_DeviceAttributes({self.name}, {self.device_type}, {self.memory_limit_bytes}, {self.incarnation})"


def local_devices(config: Any) -> list[DeviceAttributes]:
    """The devices that sessions of this process have: one CPU, unless the ConfigProto's device_count says more."""
    count = 1
    if config is not None and "CPU" in config.device_count:
        count = max(1, config.device_count["CPU"])
    return [DeviceAttributes(f"{_HERE}/device:CPU:{index}", "CPU", 256 << 20, index + 1) for index in range(count)]


def check_placement(config: Any, fetches: Sequence[Any], feeds: Sequence[Any]) -> None:
    """Refuse nodes that ask for a device that is not here, if the session was told not to choose another (allow_soft_placement).

    Raises:
      InvalidArgumentError: naming the first such node.
    """
    if config is None or config.allow_soft_placement:
        return
    devices = [device.name for device in local_devices(config)]
    specs = [DeviceSpec.from_string(name) for name in devices]
    wanted = [op for op in needed_operations(list(fetches), list(feeds)) if op.device]
    # as in TensorFlow, nodes without inputs are placed with their consumers, so they are looked at last
    for op in sorted(wanted, key=lambda op: not op.inputs and len(op.outputs) == 1):
        if not any(_fits(DeviceSpec.from_string(op.device), spec) for spec in specs):
            raise _cannot_place(op, devices)


_logs_placement = [False]


@export("debugging.set_log_device_placement")
def set_log_device_placement(enabled: bool) -> None:
    """Let sessions write to stderr on which device each node runs, when they see it for the first time.

    A session made with `ConfigProto(log_device_placement=True)` does so by itself.

    >>> set_log_device_placement(False)
    """
    _logs_placement[0] = bool(enabled)


@export("debugging.get_log_device_placement")
def get_log_device_placement() -> bool:
    """Whether sessions tell on which device each node runs."""
    return _logs_placement[0]


def log_placement(config: Any, fetches: Sequence[Any], feeds: Sequence[Any], known: set[Operation]) -> None:
    """Write where the nodes run that are not `known` yet, if the session or the program asked for it."""
    if not _logs_placement[0] and not (config is not None and config.log_device_placement):
        return
    here = local_devices(config)[0].name
    new = [op for op in needed_operations(list(fetches), list(feeds)) if op not in known]
    known.update(new)
    sys.stderr.writelines(f"{op.name}: ({op.type}): {here}\n" for op in new)


def _fits(wanted: DeviceSpec, have: DeviceSpec) -> bool:
    return all(getattr(wanted, part) in (None, getattr(have, part)) for part in DeviceSpec.__slots__)


def _cannot_place(op: Operation, devices: list[str]) -> InvalidArgumentError:
    return InvalidArgumentError(
        None, op,
        f"Cannot assign a device for operation {op.name}: {{{{node {op.name}}}}} was explicitly assigned to {op.device} but available "
        f"devices are [ {', '.join(devices)} ]. Make sure the device specification refers to a valid device.\n"
        f"\t [[node {op.name} (defined at {op.where}) ]]\n"
        "  ConfigProto(allow_soft_placement=True) lets it run on a device that is here.",
    )  # fmt: skip
