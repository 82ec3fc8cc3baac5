"""Iterators in checkpoints: where in its dataset an iterator is, saved and restored."""

from __future__ import annotations

import os
from typing import Any

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import get_collection
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import logging
from autograd_lite.lib.checkpoint_state import latest_checkpoint
from autograd_lite.lib.data.iterators import GLOBAL_ITERATORS
from autograd_lite.lib.saveables import SaveableObject, SaveSpec
from autograd_lite.lib.saver import Saver
from autograd_lite.lib.training.basic_hooks import SecondOrStepTimer, step_for
from autograd_lite.lib.training.coordinator import Coordinator
from autograd_lite.lib.training.session_run_hook import SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues
from autograd_lite.wire.files import make_folders

_HAVE_A_PLACE = ("IteratorV2", "OneShotIterator")  # other nodes only name an iterator
_LATEST = "checkpoint_input"


class _IteratorSaveable(SaveableObject):
    """An iterator, kept as the number of elements that it has given."""

    def __init__(self, resource: Tensor) -> None:
        position = raw.IteratorPosition(resource)
        super().__init__(resource, [SaveSpec(position, "", f"{resource.op.name}-position")], resource.op.name)

    def restore(self, restored_tensors: list[Tensor], restored_shapes: list[Any] | None) -> Operation:
        """Begin anew and pass over so many elements."""
        return raw.SeekIterator(self.op, restored_tensors[0])


@export("data.experimental.make_saveable_from_iterator", "contrib.data.make_saveable_from_iterator")
def make_saveable_from_iterator(iterator: Any) -> SaveableObject:
    """What a Saver needs to keep where an iterator is.

    The number of elements that it has given is saved. Restoring begins the dataset anew and passes over so many, so it takes time, and the
    order must follow from seeds. An iterator that has an initializer must have been initialized before it is restored.

    Raises:
      TypeError: when it is no iterator.

    >>> iterator = tf.data.Dataset.range(9).shuffle(9, seed=1).make_initializable_iterator()
    >>> tf.add_to_collection(tf.GraphKeys.SAVEABLE_OBJECTS, tf.data.experimental.make_saveable_from_iterator(iterator))
    >>> saver = tf.train.Saver()
    """
    if not hasattr(iterator, "_iterator_resource"):
        raise TypeError(f"An iterator is wanted, as made by make_initializable_iterator(). Got {iterator!r}.")
    return _IteratorSaveable(iterator._iterator_resource)


@export("data.experimental.CheckpointInputPipelineHook", "contrib.data.CheckpointInputPipelineHook")
class CheckpointInputPipelineHook(SessionRunHook):
    """Saves where all iterators of the graph are, next to an estimator's checkpoints, and goes on from there when training goes on.

    Args:
      estimator: whose `model_dir` takes the files (`input.ckpt-...`), as often as its `config` says for checkpoints.
    """

    def __init__(self, estimator: Any) -> None:
        self._folder = estimator.model_dir
        config = estimator.config
        self._timer = SecondOrStepTimer(every_secs=config.save_checkpoints_secs, every_steps=config.save_checkpoints_steps)
        self._saver: Saver | None = None
        self._step: Any = None

    def begin(self) -> None:
        """Add the nodes that save and restore, and make the folder.

        Raises:
          ValueError: when the graph has no iterator.
        """
        self._step = step_for("CheckpointInputPipelineHook")
        resources = [resource for resource in get_collection(GLOBAL_ITERATORS) if resource.op.type in _HAVE_A_PLACE]
        if not resources:
            raise ValueError("CheckpointInputPipelineHook: the graph has no iterator of a dataset whose place could be saved.")
        make_folders(self._folder)
        self._saver = Saver([_IteratorSaveable(resource) for resource in resources], sharded=True, save_relative_paths=True)

    def after_create_session(self, session: Any, coord: Coordinator) -> None:
        """Go to where the last training stopped; save where this one begins if there was none."""
        found = latest_checkpoint(self._folder, _LATEST)
        step = int(session.run(self._step))
        if found is None:
            self._save(session, step)
        else:
            self._the_saver().restore(session, found)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the number of the step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Save when it is time."""
        step = int(run_values.results) + 1
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            self._save(run_context.session, int(run_context.session.run(self._step)))

    def end(self, session: Any) -> None:
        """Save the last place."""
        step = int(session.run(self._step))
        if step != self._timer.last_triggered_step():
            self._save(session, step)

    def _the_saver(self) -> Saver:
        if self._saver is None:
            raise RuntimeError("CheckpointInputPipelineHook: begin() was not called.")
        return self._saver

    def _save(self, session: Any, step: int) -> None:
        path = os.path.join(self._folder, "input.ckpt")
        logging.info("Saving the places of iterators for %d into %s.", step, path)
        self._the_saver().save(session, path, global_step=step, latest_filename=_LATEST, write_meta_graph=False)
