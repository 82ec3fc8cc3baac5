"""Device names: `/job:worker/task:0/device:GPU:1`, in whole or in part."""

from __future__ import annotations

import re
from typing import Any

from autograd_lite.core.export import export

_PART = re.compile(r"^(job|replica|task|device|cpu|gpu|tpu|CPU|GPU|TPU)(?::(.*))?$")


@export("DeviceSpec")
class DeviceSpec:
    """Where an op is to run; parts that are None are left open.

    >>> DeviceSpec(job="ps", device_type="CPU", device_index=0).to_string()
    '/job:ps/device:CPU:0'
    """

    __slots__ = ("device_index", "device_type", "job", "replica", "task")

    def __init__(self, job: str | None = None, replica: int | None = None, task: int | None = None,
                 device_type: str | None = None, device_index: int | None = None) -> None:  # fmt: skip
        self.job, self.replica, self.task = job or None, replica, task
        self.device_type = device_type.upper() if device_type in ("cpu", "gpu", "tpu") else device_type
        self.device_index = device_index

    @classmethod
    def from_string(cls, spec: str) -> DeviceSpec:
        """Read a device name.

        Raises:
          ValueError: when it is not one.
        """
        return cls().parse_from_string(spec)

    def parse_from_string(self, spec: str) -> DeviceSpec:
        """Replace every part by what the name `spec` says."""
        self.__init__()  # type: ignore[misc]
        for part in filter(None, spec.split("/")):
            match = _PART.match(part)
            if match is None:
                raise ValueError(
                    f"Unknown attribute: '{part.split(':')[0]}' in '{spec}'\n"
                    "  Devices are called like /cpu:0, /gpu:1 or /job:worker/task:0/device:GPU:1."
                )
            key, rest = match.group(1), match.group(2) or ""
            if key == "job":
                self.job = rest
            elif key in ("replica", "task"):
                setattr(self, key, int(rest))
            else:
                kind, _, index = rest.rpartition(":") if key == "device" else (key, "", rest)
                if key == "device" and not kind:
                    kind, index = rest, "*"
                self.device_type = kind.upper() if kind.lower() in ("cpu", "gpu", "tpu") else kind
                self.device_index = None if index in ("*", "") else int(index)
        return self

    def merge_from(self, dev: DeviceSpec) -> None:
        """Take over every part that `dev` names."""
        for part in self.__slots__:
            value = getattr(dev, part)
            if value is not None:
                setattr(self, part, value)

    def make_merged_spec(self, dev: DeviceSpec) -> DeviceSpec:
        """A new one with every part that `dev` names, and this one's where it names none.

        >>> DeviceSpec(job="worker").make_merged_spec(DeviceSpec(task=1)).to_string()
        '/job:worker/task:1'
        """
        merged = self.replace()
        merged.merge_from(dev)
        return merged

    def replace(self, **kwargs: Any) -> DeviceSpec:
        """A new one in which these parts are others.

        >>> DeviceSpec(job="worker", task=1).replace(task=2).to_string()
        '/job:worker/task:2'
        """
        return DeviceSpec(**{**{part: getattr(self, part) for part in self.__slots__}, **kwargs})

    def to_string(self) -> str:
        """The device's name."""
        text = "" if self.job is None else f"/job:{self.job}"
        text += "" if self.replica is None else f"/replica:{self.replica}"
        text += "" if self.task is None else f"/task:{self.task}"
        if self.device_type is not None:
            text += f"/device:{self.device_type}:{'*' if self.device_index is None else self.device_index}"
        return text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DeviceSpec) and self.to_string() == other.to_string()

    def __hash__(self) -> int:
        return hash(self.to_string())

    def __repr__(self) -> str:
        return f"DeviceSpec({self.to_string()!r})"


def canonical(spec: Any) -> str:
    """The full spelling of a device name: `/gpu:0` -> `/device:GPU:0`."""
    if spec is None or spec == "":
        return ""
    return spec.to_string() if isinstance(spec, DeviceSpec) else DeviceSpec.from_string(spec).to_string()


def merge(outer: str, inner: str) -> str:
    """The device that results when `inner` is asked for inside `outer`."""
    if not outer or not inner:
        return inner or outer
    spec = DeviceSpec.from_string(outer)
    spec.merge_from(DeviceSpec.from_string(inner))
    return spec.to_string()
