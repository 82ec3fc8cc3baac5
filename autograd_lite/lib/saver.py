"""`tf.train.Saver`: variables saved in checkpoints and restored from them."""

from __future__ import annotations

import math
import numbers
import os
import time
from collections.abc import Iterable
from typing import Any

from autograd_lite.core import errors
from autograd_lite.core.export import export
from autograd_lite.graph.graph import Graph, get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.trust import trust
from autograd_lite.lib import checkpoint_state, logging
from autograd_lite.lib.checkpoint_state import checkpoint_exists, get_checkpoint_mtimes, meta_graph_filename
from autograd_lite.lib.collection_protos import register_proto_function
from autograd_lite.lib.meta_graph import export_scoped_meta_graph, import_scoped_meta_graph
from autograd_lite.lib.object_names import object_graph_key_mapping
from autograd_lite.lib.saver_builder import V2, BulkSaverBuilder
from autograd_lite.lib.training_util import global_step as value_of_step
from autograd_lite.lib.variables import saveable_objects
from autograd_lite.runtime.session import BaseSession
from autograd_lite.wire import messages
from autograd_lite.wire.files import text_path

_NAMES = ("save_tensor_name", "filename_tensor_name", "restore_op_name")
_FILE_OPS = frozenset({"MergeV2Checkpoints", "Restore", "RestoreSlice", "RestoreV2", "Save", "SaveSlices", "SaveV2"})
# what makes file names of a file name
_PATH_OPS = frozenset({"Const", "Identity", "Pack", "Select", "ShardedFilename", "ShardedFilespec", "StaticRegexFullMatch", "StringJoin"})


@export("train.Saver")
class Saver:
    """Saves variables in checkpoints and restores them.

    Checkpoints have TensorFlow's format. A checkpoint appears complete or not at all: whatever stops the program, the last one that was
    saved can be restored.

    Args:
      var_list: what to save: a list of variables, or a dictionary from names in the checkpoint to variables; all variables if None.
      reshape: whether a variable may be restored from a tensor of another shape with as many elements.
      sharded: whether each device writes a file of its own.
      max_to_keep: how many of the newest checkpoints are kept; 0 or None keeps all.
      keep_checkpoint_every_n_hours: of the others, one in so many hours is kept for ever.
      name: a prefix for the names of the nodes that the saver adds.
      restore_sequentially: whether to restore one variable after the other, which takes less memory.
      saver_def: a SaverDef message that names nodes which are in the graph already.
      builder: what builds the nodes; a `BulkSaverBuilder` if None.
      defer_build: whether to wait with the nodes for a call of `build`.
      allow_empty: whether there may be no variable at all.
      write_version: the format, `tf.train.SaverDef.V2` or `V1`.
      pad_step_number: whether to write the step with 8 digits, so that names sort as numbers do.
      save_relative_paths: whether the state file names checkpoints relative to its folder, which may then be moved.
      filename: the checkpoint's name when none is fed to the graph.

    Raises:
      TypeError: when something in `var_list` is no variable.
      ValueError: when there is nothing to save, or two variables have one name.

    >>> import tempfile
    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     w = tf.Variable([1.0, 2.0])
    ...     saver = tf.train.Saver()
    ...     session.run(w.initializer)
    ...     path = saver.save(session, tempfile.mkdtemp() + "/model", global_step=7)
    ...     w.load([0.0, 0.0], session)
    ...     saver.restore(session, path)
    ...     session.run(w)
    array([1., 2.], dtype=float32)
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. Either set defer_build=False or var_list=None."
            )  # fmt: skip
        self._var_list = var_list
        self._reshape = reshape
        self._sharded = sharded
        self._max_to_keep = max_to_keep
        self._keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self._name = name
        self._restore_sequentially = restore_sequentially
        self.saver_def = saver_def
        self._builder = builder
        self._is_built = False
        self._is_empty = False
        self._allow_empty = allow_empty
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._save_relative_paths = save_relative_paths
        self._filename = filename
        self._last_checkpoints: list[tuple[str, float]] = []  # with the time of each, the oldest first
        self._checkpoints_to_be_deleted: list[tuple[str, float]] = []
        self._next_checkpoint_time = math.inf  # a checkpoint from after this is kept for ever
        self._object_restore_saver: Saver | None = None
        if not defer_build:
            self.build()
        if self.saver_def is not None:
            self._check_saver_def()
            self._write_version = self.saver_def.version

    def build(self) -> None:
        """Add the nodes to the graph, if that has not been done."""
        if self._is_built:
            return
        if self.saver_def is None:
            found = saveable_objects() if self._var_list is None else self._var_list
            if not found and not self._allow_empty:
                raise ValueError("No variables to save\n  Make the saver after the variables, or give it var_list=.")
            self._var_list = found
            self._is_empty = not found
            if not self._is_empty:
                self._builder = self._builder or BulkSaverBuilder(self._write_version)
                self.saver_def = self._builder.build(
                    found, reshape=self._reshape, sharded=self._sharded, max_to_keep=self._max_to_keep,
                    keep_checkpoint_every_n_hours=self._keep_checkpoint_every_n_hours, name=self._name,
                    restore_sequentially=self._restore_sequentially, filename=self._filename,
                )  # fmt: skip
        else:
            self.saver_def = _renamed(self.saver_def, self._name)
        self._is_built = True
        if self.saver_def is not None:
            self._check_saver_def()
            self._next_checkpoint_time = time.time() + self.saver_def.keep_checkpoint_every_n_hours * 3600

    def _check_saver_def(self) -> None:
        if not isinstance(self.saver_def, messages.SaverDef):
            raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {self.saver_def}")
        for name in _NAMES:
            if not getattr(self.saver_def, name):
                raise ValueError(f"saver_def must specify the {name}: {self.saver_def}")

    # saving

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Save the variables, as they are in a session.

        Args:
          sess: the session.
          save_path: the checkpoint's path, without any ending.
          global_step: the number of the step (or a tensor that holds it), which is put behind the path.
          latest_filename: the name of the folder's state file; `checkpoint` if None.
          meta_graph_suffix: the ending of the file for the graph.
          write_meta_graph: whether to write the graph beside the checkpoint.
          write_state: whether to note the checkpoint in the state file, and to delete old ones.
          strip_default_attrs: whether to leave attributes with default values out of the graph's file.
          save_debug_info: accepted for old programs, without effect.

        Returns:
          The path for `restore`; None when there is nothing to save.

        Raises:
          RuntimeError: when `build` was put off and not called.
          TypeError: when `sess` is no session.
          ValueError: when the folder does not exist, or the state file's name is wrong.
          FailedPreconditionError: when a variable is not initialized.
          PermissionDeniedError, ResourceExhaustedError, ...: when files cannot be written.
        """
        del save_debug_info
        if not self._is_built:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        state_file = latest_filename or "checkpoint"
        if os.path.split(state_file)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        prefix = text_path(save_path)
        file = self._numbered(sess, prefix, global_step)
        if global_step is None and os.path.basename(prefix) == state_file and not self._sharded:
            raise ValueError(f"'latest_filename' collides with 'save_path': '{state_file}' and '{prefix}'")
        if not isinstance(sess, BaseSession) and not hasattr(sess, "run"):
            raise TypeError(f"'sess' must be a Session; {sess}")
        if self._write_version != V2:
            logging.warn("TensorFlow's V1 checkpoint format is deprecated. Consider tf.train.Saver(write_version=tf.train.SaverDef.V2).")
        path = None if self._is_empty else self._save_variables(sess, file, prefix)
        if write_meta_graph:
            with sess.graph.as_default():
                self.export_meta_graph(meta_graph_filename(file, meta_graph_suffix), strip_default_attrs=strip_default_attrs)
        if path is not None and write_state:
            self._note(path, os.path.dirname(prefix), state_file, meta_graph_suffix)
        return path

    def _numbered(self, sess: Any, prefix: str, step: Any) -> str:
        """The path with the number of the step."""
        if step is None:
            return prefix
        number = int(step) if isinstance(step, numbers.Integral) else value_of_step(sess, step)
        return f"{prefix}-{number:08d}" if self._pad_step_number else f"{prefix}-{number:d}"

    def _save_variables(self, sess: Any, file: str, prefix: str) -> str:
        definition = self.saver_def
        try:
            path = sess.run(definition.save_tensor_name, {definition.filename_tensor_name: file})
        except (errors.FailedPreconditionError, errors.NotFoundError) as error:
            folder = os.path.dirname(prefix)
            if folder and not os.path.isdir(folder):
                raise ValueError(f"Parent directory of {prefix} doesn't exist, can't save.\n  Make it first: os.makedirs.") from error
            raise
        return path.decode() if isinstance(path, bytes) else str(path)

    def _note(self, path: str, folder: str, state_file: str, suffix: str) -> None:
        """Write the state file, and then delete a checkpoint that is too old."""
        self._record_last_checkpoint(path)
        checkpoint_state.write_state(folder, path, self.last_checkpoints, state_file, self._save_relative_paths)
        self._maybe_delete_old_checkpoints(suffix)

    def _record_last_checkpoint(self, path: str) -> None:
        if not self.saver_def.max_to_keep:
            return
        self._last_checkpoints = [known for known in self._last_checkpoints if known[0] != path]
        self._last_checkpoints.append((path, time.time()))
        if len(self._last_checkpoints) > self.saver_def.max_to_keep:
            self._checkpoints_to_be_deleted.append(self._last_checkpoints.pop(0))

    def _maybe_delete_old_checkpoints(self, suffix: str) -> None:
        if not self._checkpoints_to_be_deleted:
            return
        path, made = self._checkpoints_to_be_deleted.pop(0)
        if made > self._next_checkpoint_time:  # this one stays for ever
            self._next_checkpoint_time += self.saver_def.keep_checkpoint_every_n_hours * 3600
            return
        try:
            checkpoint_state.remove_checkpoint(path, self.saver_def.version, suffix)
        except errors.OpError as error:
            logging.warn("Ignoring: %s", error)

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that the saver made and that are there, the oldest first; it is what `recover_last_checkpoints` takes."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Replace the list of checkpoints, the oldest first. The old way: `recover_last_checkpoints` knows their times, too."""
        assert isinstance(last_checkpoints, list)
        self._last_checkpoints = [(path, math.inf) for path in last_checkpoints]

    def set_last_checkpoints_with_time(self, last_checkpoints_with_time: list[tuple[str, float]]) -> None:
        """Replace the list of checkpoints: pairs of path and time, the oldest first."""
        assert isinstance(last_checkpoints_with_time, list)
        self._last_checkpoints = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths: Iterable[Any]) -> None:
        """Take up the work of a saver of an earlier run: these checkpoints, the oldest first, count as the saver's own.

        Those that are no longer there are left out.
        """
        found = [(text_path(path), get_checkpoint_mtimes([path])) for path in checkpoint_paths]
        self.set_last_checkpoints_with_time([(path, times[0]) for path, times in found if times])

    # restoring

    def restore(self, sess: Any, save_path: Any) -> None:
        """Set the variables to what a checkpoint holds; they need no initializing then.

        Args:
          sess: the session.
          save_path: what `save` returned, or `tf.train.latest_checkpoint(folder)`.

        Raises:
          ValueError: when there is no such checkpoint.
          NotFoundError: when a variable is not in the checkpoint.
          InvalidArgumentError: when a variable has another shape or type.
          DataLossError, OutOfRangeError: when the checkpoint is damaged.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.\n  tf.train.latest_checkpoint gives None when it finds no checkpoint.")
        prefix = text_path(save_path)
        if not checkpoint_exists(prefix):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {prefix}\n  There is no {prefix}.index.")
        logging.info("Restoring parameters from %s", prefix)
        definition = self.saver_def
        try:
            sess.run(definition.restore_op_name, {definition.filename_tensor_name: prefix})
        except errors.NotFoundError as error:
            names_to_keys = _object_names(prefix)
            if names_to_keys is None:
                raise _explained(error, "a Variable name or other graph key that is missing") from error
            logging.warn("Restoring an object-based checkpoint using a name-based saver. This may be somewhat fragile, and will re-build "
                            "the Saver. Instead, consider loading object-based checkpoints using tf.train.Checkpoint().")  # fmt: skip
            self._restore_objects(sess, prefix, names_to_keys, error)
        except errors.InvalidArgumentError as error:
            raise _explained(error, "a mismatch between the current graph and the graph") from error

    def _restore_objects(self, sess: Any, prefix: str, names_to_keys: dict[str, str], original: errors.NotFoundError) -> None:
        """Restore from a checkpoint that `tf.train.Checkpoint` wrote."""
        if self._object_restore_saver is None:
            with sess.graph.as_default():
                variables = saveable_objects() if self._var_list is None else self._var_list
                named = variables if isinstance(variables, dict) else {variable.op.name: variable for variable in variables}
                if not named.keys() <= names_to_keys.keys():
                    raise _explained(original, "a Variable name or other graph key that is missing") from original
                self._object_restore_saver = Saver({names_to_keys[name]: variable for name, variable in named.items()})
        self._object_restore_saver.restore(sess, prefix)

    # messages

    def as_saver_def(self) -> Any:
        """The SaverDef message that names the nodes."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The SaverDef message; None when the nodes do not lie in `export_scope`."""
        if export_scope is None:
            return self.saver_def
        if not self.saver_def.filename_tensor_name.startswith(export_scope):
            return None
        copy = messages.SaverDef.FromString(self.saver_def.SerializeToString())
        for name in _NAMES:
            setattr(copy, name, getattr(copy, name).removeprefix(export_scope.rstrip("/") + "/"))
        return copy

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """The saver whose nodes, in the default graph, a SaverDef message names."""
        return Saver(saver_def=saver_def, name=import_scope)

    def export_meta_graph(
        self,
        filename: Any = None,
        collection_list: Iterable[str] | None = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> Any:
        """The default graph with this saver as a MetaGraphDef message, written to a file if one is named.

        The arguments are those of `tf.train.export_meta_graph`.
        """
        return export_meta_graph(
            filename=filename, saver_def=self.saver_def, collection_list=collection_list, as_text=as_text, export_scope=export_scope,
            clear_devices=clear_devices, clear_extraneous_savers=clear_extraneous_savers, strip_default_attrs=strip_default_attrs,
        )  # fmt: skip


def _renamed(saver_def: Any, scope: str | None) -> Any:
    """A SaverDef whose nodes lie in `scope`."""
    if not scope or not isinstance(saver_def, messages.SaverDef):
        return saver_def
    copy = messages.SaverDef.FromString(saver_def.SerializeToString())
    for name in _NAMES:
        setattr(copy, name, f"{scope.rstrip('/')}/{getattr(copy, name)}")
    return copy


def _object_names(prefix: str) -> dict[str, str] | None:
    try:
        return object_graph_key_mapping(prefix)
    except errors.OpError:
        return None


def _explained(error: errors.OpError, what: str) -> errors.OpError:
    """The error of a restore that failed, with what is probably wrong first."""
    text = (
        f"Restoring from checkpoint failed. This is most likely due to {what} from the checkpoint. Please ensure that you have not "
        f"altered the graph expected based on the checkpoint. Original error:\n\n{error.message}\n"
        "  tf.train.list_variables(path) tells what the checkpoint holds."
    )
    return type(error)(error.node_def, error.op, text)


register_proto_function(
    "savers", "SaverDef", lambda saver, export_scope=None: saver.to_proto(export_scope),
    lambda saver_def, import_scope=None: Saver.from_proto(saver_def, import_scope),
)  # fmt: skip


# ------------------------------------------------------------------- graphs


@export("train.export_meta_graph")
def export_meta_graph(
    filename: Any = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Iterable[str] | None = None,
    as_text: bool = False,
    graph: Graph | None = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> Any:
    """A graph, its collections and its saver as a MetaGraphDef message, written to a file if one is named.

    Args:
      filename: the file; its folder is made if needed.
      meta_info_def, graph_def, saver_def: parts of the message that are known already.
      collection_list: the names of the collections to write; all if None.
      as_text: whether the file shall be text.
      graph: the graph; the default one if None.
      export_scope: write what lies in this name scope only, without the scope's name.
      clear_devices: whether to leave out on which devices the nodes are.
      clear_extraneous_savers: whether to leave out savers other than that of `saver_def`.
      strip_default_attrs: whether to leave out attributes that hold their default.
      save_debug_info: accepted for old programs, without effect.

    Raises:
      TypeError: when an argument is of another type.

    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default():
    ...     w = tf.Variable(1.0, name="w")
    ...     sorted(tf.train.export_meta_graph().collection_def)
    ['trainable_variables', 'variables']
    """
    del save_debug_info
    meta, _ = export_scoped_meta_graph(
        filename, graph_def, graph, export_scope, as_text, clear_devices=clear_devices, saver_def=saver_def,
        clear_extraneous_savers=clear_extraneous_savers, strip_default_attrs=strip_default_attrs, meta_info_def=meta_info_def,
        collection_list=collection_list, **kwargs,
    )  # fmt: skip
    return meta


@export("train.import_meta_graph")
def import_meta_graph(meta_graph_or_file: Any, clear_devices: bool = False, import_scope: str | None = None, **kwargs: Any) -> Any:
    """Add a graph that was written beside a checkpoint, with its variables and collections, to the default graph.

    The nodes of its saver may read and write the files that `save` and `restore` name. Other nodes that would touch files do not run unless
    `allow_io=True` is given.

    Args:
      meta_graph_or_file: the path of the `.meta` file, or a MetaGraphDef message.
      clear_devices: whether to forget on which devices the nodes were.
      import_scope: a prefix for the names.
      **kwargs: `input_map`, `return_elements`, `allow_io`, as in `tf.import_graph_def`.

    Returns:
      A saver that restores the variables; None when the graph has none.

    Raises:
      OSError: when there is no such file or it cannot be read.
      ValueError: when the graph in it is not valid; nothing is added then.

    >>> import tempfile
    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     session.run(tf.Variable(3.0, name="w").initializer)
    ...     path = tf.train.Saver().save(session, tempfile.mkdtemp() + "/model")
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     saver = tf.train.import_meta_graph(path + ".meta")
    ...     saver.restore(session, path)
    ...     print(session.run("w:0"))
    3.0
    """
    return import_with_saver(meta_graph_or_file, clear_devices, import_scope, **kwargs)[0]


def import_with_saver(
    meta_graph_or_file: Any, clear_devices: bool = False, import_scope: str | None = None, **kwargs: Any
) -> tuple[Any, Any]:  # fmt: skip
    """The saver of an imported graph, or None, and what `return_elements` named."""
    graph = get_default_graph()
    meta, variables, elements = import_scoped_meta_graph(meta_graph_or_file, clear_devices, import_scope=import_scope, **kwargs)
    if meta.HasField("saver_def"):
        scope = import_scope
        if variables:  # an import scope that was taken has got a number
            name, variable = next(iter(variables.items()))
            scope = variable.op.name.removesuffix(name)
        saver = Saver(saver_def=meta.saver_def, name=scope)
        _trust_saver(graph, saver.saver_def)
        return saver, elements
    if saveable_objects(import_scope):
        return Saver(), elements
    logging.info("Saver not created because there are no variables in the graph to restore")
    return None, elements


def _trust_saver(graph: Graph, saver_def: Any) -> None:
    """Let the nodes of an imported saver run, those whose file names come from what `save` and `restore` feed."""
    try:
        fed = graph.get_tensor_by_name(saver_def.filename_tensor_name)
        ends = [graph.get_tensor_by_name(saver_def.save_tensor_name).op, graph.get_operation_by_name(saver_def.restore_op_name)]
    except (KeyError, ValueError):
        return  # the saver will say so when it is used
    waiting, seen = ends, set(ends)
    while waiting:
        op = waiting.pop()
        for before in [*(tensor.op for tensor in op.inputs), *op.control_inputs]:
            if before not in seen:
                seen.add(before)
                waiting.append(before)
    trust(graph, [op for op in seen if op.type in _FILE_OPS and _is_named_by(op, fed)])


def _is_named_by(op: Operation, fed: Any) -> bool:
    """Whether the file name of a node is the tensor that is fed, with nothing but constant endings behind it."""
    return all(_is_path(path, fed) for path in (op.inputs[:2] if op.type == "MergeV2Checkpoints" else op.inputs[:1]))


def _is_path(path: Any, fed: Any) -> bool:
    waiting, seen, reached = [path], {path}, False
    while waiting:
        tensor = waiting.pop()
        if tensor is fed:
            reached = True
            continue
        if tensor.op.type not in _PATH_OPS or tensor.op.type == "Const" and _leads_up(tensor):
            return False
        new = [before for before in tensor.op.inputs if before not in seen]
        seen.update(new)
        waiting += new
    return reached


def _leads_up(constant: Any) -> bool:
    """Whether a constant text could lead to another folder: `_temp/part`, the name of a folder below, is all that savers need."""
    value = constant_value(constant)
    return value is not None and value.dtype == object and any(b".." in word for word in value.ravel().tolist())
