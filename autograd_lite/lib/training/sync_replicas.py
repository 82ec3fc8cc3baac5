"""`tf.train.SyncReplicasOptimizer`: one update with the mean of the gradients of several replicas."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_lite.api.control import group, no_op
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.composite import IndexedSlices
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import logging
from autograd_lite.lib.accumulators import ConditionalAccumulator, SparseConditionalAccumulator
from autograd_lite.lib.optimizer import Optimizer
from autograd_lite.lib.queue_runner import QueueRunner
from autograd_lite.lib.queues import FIFOQueue
from autograd_lite.lib.training.coordinator import Coordinator
from autograd_lite.lib.training.session_manager import why_not_ready
from autograd_lite.lib.training.session_run_hook import SessionRunHook
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable_updates import assign
from autograd_lite.lib.variables import global_variables, make_variable, report_uninitialized_variables

_POLL_SECONDS = 0.02


@export("train.SyncReplicasOptimizer")
class SyncReplicasOptimizer(Optimizer):
    """Gathers the gradients of several replicas, and updates the variables once with their mean.

    Each replica adds its gradients to accumulators and waits for a token. A thread of the chief takes the means when
    `replicas_to_aggregate` gradients have come, updates the variables and hands out the tokens of the next step. Gradients that were
    computed at an older step are dropped. Use the hook: `MonitoredTrainingSession(hooks=[optimizer.make_session_run_hook(is_chief)])`.

    Args:
      opt: makes the updates.
      replicas_to_aggregate: how many gradients make one update.
      total_num_replicas: how many replicas there are; as many if None.
      variable_averages: an ExponentialMovingAverage to move after each update.
      variables_to_average: the variables for it.
      use_locking: accepted for old programs.
      name: the name scope.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w, step = tf.Variable(0.0), tf.train.get_or_create_global_step()
    ...     optimizer = SyncReplicasOptimizer(tf.train.GradientDescentOptimizer(1.0), replicas_to_aggregate=1)
    ...     train = optimizer.minimize(-w, global_step=step)
    ...     hooks = [optimizer.make_session_run_hook(is_chief=True), tf.train.StopAtStepHook(last_step=3)]
    ...     with tf.train.MonitoredTrainingSession(hooks=hooks) as session:
    ...         while not session.should_stop():
    ...             _ = session.run(train)
    """

    def __init__(
        self,
        opt: Optimizer,
        replicas_to_aggregate: int,
        total_num_replicas: int | None = None,
        variable_averages: Any = None,
        variables_to_average: Sequence[Any] | None = None,
        use_locking: bool = False,
        name: str = "sync_replicas",
    ) -> None:
        super().__init__(use_locking, name)
        self._optimizer = opt
        self._replicas_to_aggregate = replicas_to_aggregate
        self._total_num_replicas = replicas_to_aggregate if total_num_replicas is None else total_num_replicas
        self._tokens_per_step = max(self._total_num_replicas, replicas_to_aggregate)
        self._variable_averages = variable_averages
        self._variables_to_average = variables_to_average
        self._gradients_applied = False
        self._accumulators: list[Operation] = []
        self._global_step: Any = None
        self._token_queue: Any = None
        self._chief_queue_runner: Any = None
        self.local_step_init_op: Any = None
        self.chief_init_op: Any = None
        self.ready_for_local_init_op: Any = None
        logging.info("SyncReplicasV2: replicas_to_aggregate=%s; total_num_replicas=%s", replicas_to_aggregate, self._total_num_replicas)

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """The gradients of this replica, as the optimizer inside computes them."""
        return self._optimizer.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]], global_step: Any = None, name: str | None = None) -> Any:
        """The operation of one replica: add the gradients, wait for a token, note the step it says.

        Raises:
          ValueError: without variables or a global step.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError("Must supply at least one variable")
        if global_step is None:
            raise ValueError("Global step is required to check staleness")
        graph = get_default_graph()
        with all_or_nothing(graph):
            with graph.colocate_with(no_op()):
                local_step = make_variable(
                    0, trainable=False, collections=[GraphKeys.LOCAL_VARIABLES], dtype=global_step.dtype.base_dtype,
                    name="sync_rep_local_step",
                )  # fmt: skip
            self.local_step_init_op = assign(local_step, global_step)
            self.ready_for_local_init_op = report_uninitialized_variables(global_variables())
            with graph.name_scope(self._name):
                added, means, accumulators = self._gather(pairs, local_step)
                with graph.device(global_step.device), graph.name_scope(None):
                    step = self._synchronize(means, [variable for _, variable in pairs], added, local_step, global_step)
                first = [self.local_step_init_op]
                for accumulator, device in accumulators:
                    with graph.device(device):
                        first.append(accumulator.set_global_step(global_step, name="SetGlobalStep"))
                self.chief_init_op = group(*first)
        self._accumulators = [accumulator.accumulator_ref.op for accumulator, _ in accumulators]
        self._global_step = global_step
        self._gradients_applied = True
        return step

    def _gather(self, pairs: list[tuple[Any, Any]], local_step: Any) -> tuple[list[Operation], list[Any], list[tuple[Any, str]]]:
        """Accumulators for the gradients: the operations that add to them, what is taken from them, and where they are."""
        added: list[Operation] = []
        means: list[Any] = []
        accumulators: list[tuple[Any, str]] = []
        for gradient, variable in pairs:
            if gradient is None:
                means.append(None)
                continue
            shared_name = f"{variable.name}/grad_accum"
            with get_default_graph().device(variable.device):
                accumulator: Any
                if isinstance(gradient, Tensor):
                    accumulator = ConditionalAccumulator(gradient.dtype, shape=variable.get_shape(), shared_name=shared_name)
                    added.append(accumulator.apply_grad(gradient, local_step=local_step))
                    means.append(accumulator.take_grad(self._replicas_to_aggregate))
                elif isinstance(gradient, IndexedSlices):
                    accumulator = SparseConditionalAccumulator(gradient.dtype, shape=(), shared_name=shared_name)
                    added.append(accumulator.apply_indexed_slices_grad(gradient, local_step=local_step))
                    means.append(accumulator.take_indexed_slices_grad(self._replicas_to_aggregate))
                else:
                    raise ValueError(f"Unknown grad type!\n  The gradient of {variable!r} is {gradient!r}.")
                accumulators.append((accumulator, variable.device))
        return added, means, accumulators

    def _synchronize(self, means: list[Any], variables: list[Any], added: list[Operation], local_step: Any, global_step: Any) -> Any:
        """The chief's update, the queue of tokens, and the operation with which a replica waits for one."""
        graph = get_default_graph()
        updated = self._optimizer.apply_gradients(zip(means, variables), global_step)
        queue = FIFOQueue(-1, global_step.dtype.base_dtype, shapes=(), name="sync_token_q", shared_name="sync_token_q")
        with graph.control_dependencies(added):
            token = queue.dequeue()
        step = assign(local_step, token)
        with graph.control_dependencies([updated]):
            handed_out = queue.enqueue_many((raw.Fill([self._tokens_per_step], global_step),))
        if self._variable_averages is not None:
            with graph.control_dependencies([handed_out]):
                handed_out = self._variable_averages.apply(self._variables_to_average)
        self._token_queue = queue
        self._chief_queue_runner = QueueRunner(queue, [handed_out])
        return step

    def get_chief_queue_runner(self) -> QueueRunner:
        """What makes the updates, in a thread of the chief.

        Raises:
          ValueError: before `apply_gradients`.
        """
        if not self._gradients_applied:
            raise ValueError("Should be called after apply_gradients().")
        return self._chief_queue_runner

    def get_init_tokens_op(self, num_tokens: int = -1) -> Operation:
        """An operation that hands out the tokens of the first step: `replicas_to_aggregate` unless given.

        Raises:
          ValueError: before `apply_gradients`, or when the tokens are too few for the first step to end.
        """
        if not self._gradients_applied:
            raise ValueError("get_init_tokens_op() should be called after apply_gradients().")
        needed = self._replicas_to_aggregate - self._total_num_replicas
        if num_tokens == -1:
            num_tokens = self._replicas_to_aggregate
        elif num_tokens < needed:
            raise ValueError(f"Too few tokens to finish the first step: {num_tokens} (given) vs {needed} (needed)")
        if num_tokens <= 0:
            return no_op(name="no_init_tokens")
        graph = get_default_graph()
        with graph.device(self._global_step.device), graph.name_scope(None):
            tokens: Operation = self._token_queue.enqueue_many((raw.Fill([num_tokens], self._global_step),))
            return tokens

    def make_session_run_hook(self, is_chief: bool, num_tokens: int = -1) -> SessionRunHook:
        """The hook that prepares a session for this optimizer, and starts the chief's thread."""
        return _SyncReplicasHook(self, is_chief, num_tokens)

    def get_slot(self, *args: Any, **kwargs: Any) -> Any:
        """A slot of the optimizer inside."""
        return self._optimizer.get_slot(*args, **kwargs)

    def get_slot_names(self, *args: Any, **kwargs: Any) -> list[str]:
        """The names of the slots of the optimizer inside."""
        return self._optimizer.get_slot_names(*args, **kwargs)

    def variables(self) -> list[Any]:
        """The variables that the optimizer inside keeps."""
        return self._optimizer.variables()


class _SyncReplicasHook(SessionRunHook):
    """Prepares a session for a SyncReplicasOptimizer."""

    def __init__(self, optimizer: SyncReplicasOptimizer, is_chief: bool, num_tokens: int) -> None:
        self._optimizer = optimizer
        self._is_chief = is_chief
        self._num_tokens = num_tokens
        self._init_op: Any = None
        self._init_tokens_op: Any = None

    def begin(self) -> None:
        optimizer = self._optimizer
        if not optimizer._gradients_applied:
            raise ValueError("SyncReplicasOptimizer.apply_gradient should be called before using the hook.")
        self._init_op = optimizer.chief_init_op if self._is_chief else optimizer.local_step_init_op
        if self._is_chief:
            self._init_tokens_op = optimizer.get_init_tokens_op(self._num_tokens)

    def after_create_session(self, session: Any, coord: Coordinator) -> None:
        why_not = why_not_ready(
            self._optimizer.ready_for_local_init_op, session, "Model is not ready for SyncReplicasOptimizer local init."
        )
        if why_not is not None:
            raise RuntimeError(
                "Init operations did not make model ready for SyncReplicasOptimizer local_init. "
                f"Init op: {self._init_op.name}, error: {why_not}"
            )
        session.run(self._init_op)
        if not self._is_chief:
            return
        session.run(self._init_tokens_op)
        runner = self._optimizer.get_chief_queue_runner()
        threads = runner.create_threads(session, coord=coord, daemon=True, start=True)
        waker = threading.Thread(target=_wake_at_stop, args=(session, coord, self._optimizer._accumulators, threads), daemon=True)
        coord.register_thread(waker)
        waker.start()


def _wake_at_stop(session: Any, coord: Coordinator, accumulators: list[Operation], threads: list[threading.Thread]) -> None:
    """Wake the chief's threads, which wait for gradients, when the loop ends."""
    coord.wait_for_stop()
    while any(thread.is_alive() for thread in threads):
        for node in accumulators:
            session._store.state(node).release_waiting()
        time.sleep(_POLL_SECONDS)  # one may just be about to wait
