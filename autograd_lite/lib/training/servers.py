"""`tf.train.ClusterSpec`, a `tf.train.Server` inside this process, and `tf.train.replica_device_setter`."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd_lite.core.device import DeviceSpec
from autograd_lite.core.export import export
from autograd_lite.lib import logging
from autograd_lite.runtime.servers import open_server
from autograd_lite.wire import messages

_FIRST_PORT = 40_001
_ports = itertools.count(_FIRST_PORT)  # for servers that leave the choice of their port open; none is really opened

_PARAMETER_OPS = (
    "Variable", "VariableV2", "AutoReloadVariable", "VarHandleOp", "MutableHashTable", "MutableHashTableV2", "MutableHashTableOfTensors",
    "MutableHashTableOfTensorsV2", "MutableDenseHashTable", "MutableDenseHashTableV2",
)  # fmt: skip


@export("train.ClusterSpec")
class ClusterSpec:
    """The jobs of a cluster, and the network addresses of their tasks.

    Args:
      cluster: a dict from the names of jobs to lists of addresses (or dicts from task numbers to addresses), a ClusterDef message, or
        another ClusterSpec.

    Raises:
      TypeError: for anything else.

    >>> cluster = ClusterSpec({"ps": ["ps0:2222"], "worker": ["worker0:2222", "worker1:2222"]})
    >>> cluster.num_tasks("worker"), cluster.task_address("worker", 1)
    (2, 'worker1:2222')
    """

    def __init__(self, cluster: Any) -> None:
        self._jobs: dict[str, dict[int, str]] = {}
        if isinstance(cluster, ClusterSpec):
            self._jobs = {job: dict(tasks) for job, tasks in cluster._jobs.items()}
        elif isinstance(cluster, messages.ClusterDef):
            self._jobs = {job.name: dict(sorted(job.tasks.items())) for job in cluster.job}
        elif isinstance(cluster, Mapping):
            self._jobs = {job: _tasks(job, tasks) for job, tasks in cluster.items()}
        else:
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists of network addresses, "
                "or a `ClusterDef` protocol buffer"
            )
        self._jobs = dict(sorted(self._jobs.items()))

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ClusterSpec({self.as_dict()!r})"

    def as_dict(self) -> dict[str, Any]:
        """The jobs as a dict: to lists of addresses, or dicts where task numbers are left out."""
        return {
            job: list(tasks.values()) if list(tasks) == list(range(len(tasks))) else dict(tasks) for job, tasks in self._jobs.items()
        }

    def as_cluster_def(self) -> Any:
        """The cluster as a ClusterDef message."""
        return messages.ClusterDef(job=[messages.JobDef(name=job, tasks=tasks) for job, tasks in self._jobs.items()])

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return list(self._jobs)

    def num_tasks(self, job_name: str) -> int:
        """How many tasks a job has."""
        return len(self._job(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """The numbers of the tasks of a job."""
        return sorted(self._job(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of a task.

        Raises:
          ValueError: there is no such job or task.
        """
        tasks = self._job(job_name)
        if task_index not in tasks:
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}")
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str | None]:
        """The addresses of a job by the number of the task; None where there is none."""
        tasks = self._job(job_name)
        return [tasks.get(index) for index in range(max(tasks, default=-1) + 1)]

    def _job(self, name: str) -> dict[int, str]:
        if name not in self._jobs:
            raise ValueError(f"No such job in cluster: {name!r}")
        return self._jobs[name]


def _tasks(job: str, tasks: Any) -> dict[int, str]:
    """The tasks of a job by number."""
    if isinstance(tasks, Mapping):
        items = sorted(tasks.items())
    elif isinstance(tasks, list | tuple):
        items = list(enumerate(tasks))
    else:
        raise TypeError(f"The tasks for job {job!r} must be a list or a dictionary from integers to strings.")
    found = {}
    for index, address in items:
        if not isinstance(index, int):
            raise TypeError(f"The keys of the tasks for job {job!r} must be integers, got {index!r}")
        if not isinstance(address, str | bytes):
            raise TypeError(f"Task address {address!r} must be bytes or unicode")
        found[index] = address.decode() if isinstance(address, bytes) else address
    return found


@export("train.Server")
class Server:
    """A server inside this process: sessions with its `target` share their variables, across sessions and across servers of one cluster.

    It opens no port: processes do not reach each other through it.

    Args:
      server_or_cluster_def: a ServerDef message, or whatever ClusterSpec takes.
      job_name: the job of this server; need not be said when there is only one.
      task_index: its number in the job; need not be said when there is only one.
      protocol: "grpc" if None.
      config: a ConfigProto message for sessions.
      start: whether to start it at once.

    Raises:
      TypeError: the cluster is none of these. ValueError: job or task are not clear, or not in the cluster.

    >>> import autograd_lite as tf
    >>> server = Server.create_local_server()
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(1.0)
    ...     with tf.Session(server.target) as first:
    ...         first.run(w.initializer)
    ...     with tf.Session(server.target) as second:
    ...         print(second.run(w))
    1.0
    """

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: Any = None,
        start: bool = True,
    ) -> None:
        self._server_def = _server_def(server_or_cluster_def, job_name, task_index, protocol, config)
        cluster = ClusterSpec(self._server_def.cluster)
        address = cluster.task_address(self._server_def.job_name, self._server_def.task_index)
        if address.endswith(":0"):
            address = f"{address[:-2]}:{next(_ports)}"
        self._target = f"{self._server_def.protocol}://{address}"
        addresses = [each for job in cluster.jobs for each in cluster.job_tasks(job) if each]
        self._cluster = [f"{self._server_def.protocol}://{each}".encode() for each in addresses]
        if start:
            self.start()

    def start(self) -> None:
        """Let sessions use it."""
        open_server(self._target.encode(), [other for other in self._cluster if not other.endswith(b":0")])

    def join(self) -> None:
        """Wait for ever, as a server in a process of its own does; Ctrl-C ends it."""
        threading.Event().wait()

    @property
    def server_def(self) -> Any:
        """What the server is, as a ServerDef message."""
        return self._server_def

    @property
    def target(self) -> str:
        """What to give to `tf.Session` to use this server."""
        return self._target

    @staticmethod
    def create_local_server(config: Any = None, start: bool = True) -> Server:
        """A server of a cluster of its own, with one task."""
        return Server({"localhost": ["localhost:0"]}, protocol="grpc", config=config, start=start)


def _server_def(source: Any, job_name: str | None, task_index: int | None, protocol: str | None, config: Any) -> Any:
    """The ServerDef of what a Server was made with."""
    made = messages.ServerDef()
    if isinstance(source, messages.ServerDef):
        made.CopyFrom(source)
    else:
        try:
            made.cluster.CopyFrom(ClusterSpec(source).as_cluster_def())
        except TypeError:
            raise TypeError(
                "Could not convert `server_or_cluster_def` to a `tf.train.ServerDef` or `tf.train.ClusterSpec`."
                f"\n  It is {source!r}."
            ) from None
    if job_name is not None:
        made.job_name = job_name
    elif not made.job_name:
        if len(made.cluster.job) != 1:
            raise ValueError("Must specify an explicit `job_name`.")
        made.job_name = made.cluster.job[0].name
    cluster = ClusterSpec(made.cluster)
    if task_index is not None:
        made.task_index = task_index
    elif not isinstance(source, messages.ServerDef):
        if cluster.num_tasks(made.job_name) != 1:
            raise ValueError("Must specify an explicit `task_index`.")
        made.task_index = cluster.task_indices(made.job_name)[0]
    made.protocol = protocol or made.protocol or "grpc"
    if config is not None:
        made.default_session_config.MergeFrom(config)
    return made


class _InTurns:
    """Chooses the task for each variable: one after the other."""

    def __init__(self, tasks: int) -> None:
        self._tasks = tasks
        self._next = 0

    def __call__(self, op: Any) -> int:
        task, self._next = self._next, (self._next + 1) % self._tasks
        return task


@export("train.replica_device_setter")
def replica_device_setter(
    ps_tasks: int = 0,
    ps_device: str = "/job:ps",
    worker_device: str = "/job:worker",
    merge_devices: bool = True,
    cluster: Any = None,
    ps_ops: Sequence[str] | None = None,
    ps_strategy: Callable[[Any], int] | None = None,
) -> Callable[[Any], str] | None:
    """A function for `tf.device` that puts variables on parameter servers and everything else on the worker.

    Args:
      ps_tasks: how many parameter servers there are; none: the result is None.
      ps_device: their device. worker_device: that of the worker.
      merge_devices: whether to add to a device that was set by an inner `tf.device`; otherwise that one stays as it is.
      cluster: a ClusterSpec (or what makes one), from which `ps_tasks` is counted.
      ps_ops: the types of nodes that go to the parameter servers; those of variables and mutable tables if None.
      ps_strategy: chooses the number of the server for a node; in turns if None.

    Raises:
      TypeError: `cluster` is no cluster, or `ps_strategy` cannot be called.

    >>> import autograd_lite as tf
    >>> with tf.device(replica_device_setter(ps_tasks=2)):
    ...     a, b = tf.Variable(1.0), tf.Variable(2.0)
    ...     print(a.device, b.device, tf.constant(3.0).device)
    /job:ps/task:0 /job:ps/task:1 /job:worker
    """
    if cluster is not None:
        jobs = ClusterSpec(cluster).as_dict()
        ps_tasks = len(jobs.get(DeviceSpec.from_string(ps_device).job or "", ()))
    if ps_tasks == 0:
        return None
    if not merge_devices:
        logging.warn("replica_device_setter(merge_devices=False) is deprecated: an inner tf.device then hides the job.")
    strategy = _InTurns(ps_tasks) if ps_strategy is None else ps_strategy
    if not callable(strategy):
        raise TypeError("ps_strategy must be callable")
    kinds = frozenset(_PARAMETER_OPS if ps_ops is None else ps_ops)

    def choose(op: Any) -> str:
        if not merge_devices and op.device:
            return str(op.device)
        current = DeviceSpec.from_string(op.device or "")
        if ps_device and op.type in kinds:
            chosen = DeviceSpec.from_string(ps_device)
            if chosen.job and current.job in (None, chosen.job):
                chosen.task = strategy(op)
        else:
            chosen = DeviceSpec.from_string(worker_device or "")
        chosen.merge_from(current)
        return chosen.to_string()

    return choose
