"""`tf.train.Checkpoint`: objects saved by the names of their parts rather than by the names of variables."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from autograd_lite.core import dtypes, errors
from autograd_lite.core.export import export
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.lib import checkpoint_state
from autograd_lite.lib.checkpoint_contents import load_checkpoint
from autograd_lite.lib.object_graph import Match, Trackable, described, is_trackable, matched, nodes_of, slots_of, way_to
from autograd_lite.lib.object_names import OBJECT_GRAPH_KEY, read_object_graph
from autograd_lite.lib.variable import Variable
from autograd_lite.lib.variables import make_variable
from autograd_lite.runtime.session import get_default_session
from autograd_lite.wire import messages
from autograd_lite.wire.bundle_writer import Item, write_bundle
from autograd_lite.wire.files import make_folders, text_path


def _session(session: Any) -> Any:
    """The session that is given, or the default one.

    Raises:
      RuntimeError: when there is neither.
    """
    session = session or get_default_session()
    if session is None:
        raise RuntimeError(
            "When graph building, saving and restoring need a session: give session=, or use `with tf.Session() as session:`."
        )  # fmt: skip
    return session


@export("train.Checkpoint")
class Checkpoint(Trackable):
    """A group of objects that are saved together: variables, optimizers, other checkpoints, lists and dictionaries of them.

    In the checkpoint a variable is named after the way that leads to it, such as `model/w`, so that it does not matter what the graph
    calls it.

    Args:
      **kwargs: the objects by name; they become attributes.

    Raises:
      ValueError: when something has no variables that could be saved.

    >>> import tempfile
    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     w = tf.Variable([1.0, 2.0])
    ...     checkpoint = tf.train.Checkpoint(weights=w)
    ...     session.run(tf.global_variables_initializer())
    ...     path = checkpoint.save(tempfile.mkdtemp() + "/ck")
    ...     session.run(w.assign([0.0, 0.0])).tolist()
    ...     checkpoint.restore(path).assert_consumed().run_restore_ops()
    ...     session.run(w).tolist()
    [0.0, 0.0]
    [1.0, 2.0]
    """

    _save_counter: Any = None

    def __init__(self, **kwargs: Any) -> None:
        for name, thing in sorted(kwargs.items()):
            if not is_trackable(thing):
                raise ValueError(
                    f"`Checkpoint` was expecting a trackable object (an object derived from `Trackable`), got {thing}. If you believe this "
                    "object should be trackable (i.e. it is part of the TensorFlow Python API and manages state), please open an issue."
                )  # fmt: skip
            setattr(self, name, thing)

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        parts = [(name, thing) for name, thing in vars(self).items() if not name.startswith("_") and is_trackable(thing)]
        return parts if self._save_counter is None else [*parts, ("save_counter", self._save_counter)]

    @property
    def save_counter(self) -> Any:
        """The variable that counts how often this was saved; it is made when it is first asked for."""
        if self._save_counter is None:
            graph = get_default_graph()
            with graph.name_scope(None), graph.device("/cpu:0"):
                self._save_counter = make_variable(0, dtype=dtypes.int64, name="save_counter", trainable=False, use_resource=True)
        return self._save_counter

    def write(self, file_prefix: Any, session: Any = None) -> str:
        """Write a checkpoint under just this name, without counting it.

        Args:
          file_prefix: its path.
          session: holds the variables; the default one if None.

        Returns:
          The path.

        Raises:
          FailedPreconditionError: when a variable is not initialized.
        """
        prefix = text_path(file_prefix)
        graph, variables = described(self)
        values = _session(session).run([variable._as_graph_element() for _, variable in variables])
        items = [Item(key, np.asarray(value), variable.dtype.base_dtype) for (key, variable), value in zip(variables, values)]
        content = np.empty((), object)
        content[()] = graph.SerializeToString(deterministic=True)
        if os.path.dirname(prefix):
            make_folders(os.path.dirname(prefix))
        write_bundle(prefix, [*items, Item(OBJECT_GRAPH_KEY, content, dtypes.string)])
        return prefix

    def save(self, file_prefix: Any, session: Any = None) -> str:
        """Write the next checkpoint of a series: its number is put behind the path, and the folder's state file names it.

        Args:
          file_prefix: the path without the number.
          session: holds the variables; the default one if None.

        Returns:
          The path with the number.
        """
        session = _session(session)
        prefix = text_path(file_prefix)
        path = self.write(f"{prefix}-{self._counted(session)}", session)
        checkpoint_state.write_state(os.path.dirname(prefix), path, [path], relative=True)
        return path

    @staticmethod
    def _default_session() -> Any:
        return _session(None)

    def _counted(self, session: Any) -> int:
        """Count one more save, without a new node; a counter that was never set begins at 1."""
        with session.graph.as_default():
            counter = self.save_counter
        try:
            number = int(session.run(counter._as_graph_element())) + 1
        except errors.FailedPreconditionError:
            number = 1
        counter.load(np.int64(number), session)
        return number

    def restore(self, save_path: Any) -> _RestoreStatus:
        """Prepare to set the objects to what a checkpoint holds.

        Args:
          save_path: what `save` or a `tf.train.Saver` returned, or `tf.train.latest_checkpoint(folder)`; None restores nothing.

        Returns:
          A status. `run_restore_ops()` sets the variables, `initialize_or_restore()` also initializes those that the checkpoint does not
          have, `assert_consumed()` checks that everything fits.

        Raises:
          NotFoundError: when there is no such checkpoint.
          DataLossError: when it is damaged.
        """
        return _RestoreStatus(self, None if save_path is None else text_path(save_path))


class _RestoreStatus:
    """What `Checkpoint.restore` returns."""

    def __init__(self, root: Checkpoint, prefix: str | None) -> None:
        self._root = root
        self._prefix = prefix
        self._reader = None if prefix is None else load_checkpoint(prefix)
        self._graph = messages.TrackableObjectGraph()
        self._by_name = False  # the checkpoint was written by a Saver
        if prefix is None:
            return
        try:
            self._graph = read_object_graph(prefix)
        except errors.NotFoundError:
            self._by_name = True
        else:
            _ = root.save_counter  # the checkpoint has one, too

    def _matched(self) -> Match:
        if not self._by_name:
            return matched(self._root, self._graph)
        nodes = nodes_of(self._root)
        variables = [node.thing for node in nodes if isinstance(node.thing, Variable)] + [slot.variable for slot in slots_of(nodes)]
        held = {variable.op.name for variable in variables if self._reader is not None and self._reader.has_tensor(variable.op.name)}
        keys = [(variable.op.name, variable) for variable in variables if variable.op.name in held]
        return Match({}, keys, [variable for variable in variables if variable.op.name not in held])

    def assert_consumed(self) -> _RestoreStatus:
        """Raise AssertionError unless every object is in the checkpoint and everything in the checkpoint is an object."""
        self.assert_existing_objects_matched()
        found = self._matched().found
        for number, node in enumerate(self._graph.nodes):
            if number not in found:
                raise AssertionError(f"Unresolved object in checkpoint {way_to(self._graph, number)}: {node}")
        return self

    def assert_existing_objects_matched(self) -> _RestoreStatus:
        """Raise AssertionError unless every object is in the checkpoint."""
        if self._prefix is None:
            raise AssertionError("No checkpoint specified (save_path=None); nothing is being restored.")
        unmatched = [thing for thing in self._matched().unmatched if isinstance(thing, Variable) and thing is not self._root._save_counter]
        if unmatched:
            raise AssertionError(
                f"Found {len(unmatched)} Python objects that were not bound to checkpointed values, likely due to changes in the Python "
                f"program. Showing {min(10, len(unmatched))} of {len(unmatched)} unmatched objects: {unmatched[:10]}"
            )
        return self

    def assert_nontrivial_match(self) -> _RestoreStatus:
        """Raise AssertionError when no variable is in the checkpoint."""
        if all(variable is self._root._save_counter for _, variable in self._matched().keys):
            raise AssertionError(f"Nothing to load: no variable of these objects is in the checkpoint {self._prefix}")
        return self

    def expect_partial(self) -> _RestoreStatus:
        """Say that not everything needs to fit; there are no warnings that this would silence."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Set the variables that are in the checkpoint; either all of them are read or none is set.

        Raises:
          AssertionError: when there is no checkpoint.
          InvalidArgumentError: when a shape or type differs.
        """
        if self._reader is None:
            raise AssertionError("No checkpoint specified, so no restore ops are available (save_path=None to Saver.restore).")
        session = _session(session)
        found = [(variable, self._value(key, variable)) for key, variable in self._matched().keys]
        for variable, value in found:
            variable.load(value, session)

    def _value(self, key: str, variable: Variable) -> np.ndarray:
        assert self._reader is not None
        value = np.asarray(self._reader.get_tensor(key))
        wanted = self._reader.get_variable_to_dtype_map()[key]
        if wanted != variable.dtype.base_dtype or not variable.get_shape().is_compatible_with(value.shape):
            raise errors.InvalidArgumentError(
                None, variable.op,
                f"{key} in the checkpoint is {wanted.name} of shape {value.shape}, the variable {variable.name} is "
                f"{variable.dtype.base_dtype.name} of shape {variable.get_shape()}"
            )  # fmt: skip
        return value

    def initialize_or_restore(self, session: Any = None) -> None:
        """Set the variables that are in the checkpoint, and initialize the others."""
        session = _session(session)
        restored = {id(variable) for _, variable in self._matched().keys} if self._reader is not None else set()
        nodes = nodes_of(self._root)
        variables = [node.thing for node in nodes if isinstance(node.thing, Variable)] + [slot.variable for slot in slots_of(nodes)]
        session.run([variable.initializer for variable in variables if id(variable) not in restored])
        if restored:
            self.run_restore_ops(session)
