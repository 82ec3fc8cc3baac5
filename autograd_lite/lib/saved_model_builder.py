"""Writing SavedModels: a folder with graphs, their signatures, variables and other files, for use by other programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from typing import Any

from autograd_lite.api.control import group
from autograd_lite.core import dtypes
from autograd_lite.core.export import export
from autograd_lite.graph.default_graph import control_dependencies
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.static_value import constant_value
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import logging, saved_model_constants as names
from autograd_lite.lib.meta_graph import write_message
from autograd_lite.lib.saver import Saver
from autograd_lite.lib.saver_builder import V2
from autograd_lite.lib.signatures import predict_signature_def
from autograd_lite.lib.tables import tables_initializer
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variables import global_variables_initializer, local_variables_initializer, saveable_objects
from autograd_lite.wire import messages
from autograd_lite.wire.files import make_folders, text_path, translated


@export("saved_model.Builder", "saved_model.builder.SavedModelBuilder")
class SavedModelBuilder:
    """Puts together a SavedModel: first a graph with the variables of a session, then more graphs that share them, then `save`.

    Args:
      export_dir: the folder, which is made; it may exist if it is empty.

    Raises:
      AssertionError: when there is something in it.

    >>> import os, tempfile
    >>> import autograd_lite as tf
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     session.run(tf.Variable(1.0).initializer)
    ...     builder = tf.saved_model.Builder(tempfile.mkdtemp() + "/model")
    ...     builder.add_meta_graph_and_variables(session, [tf.saved_model.SERVING])
    ...     os.path.basename(builder.save())
    b'saved_model.pb'
    """

    def __init__(self, export_dir: Any) -> None:
        self._saved_model = messages.SavedModel(saved_model_schema_version=names.SAVED_MODEL_SCHEMA_VERSION)
        self._export_dir = text_path(export_dir)
        if os.path.isdir(self._export_dir) and os.listdir(self._export_dir):
            raise AssertionError(
                f"Export directory {self._export_dir} already exists, and isn't empty. Please choose a different export directory, or "
                "delete all the contents of the specified directory."
            )  # fmt: skip
        make_folders(self._export_dir)
        self._has_saved_variables = False

    def add_meta_graph_and_variables(
        self,
        sess: Any,
        tags: Iterable[str],
        signature_def_map: dict[str, Any] | None = None,
        assets_collection: Iterable[Tensor] | None = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Add the graph of a session and write its variables.

        Args:
          sess: the session.
          tags: what tells this graph from the others of the model, such as `[tf.saved_model.SERVING]`.
          signature_def_map: from the names of signatures to SignatureDef messages.
          assets_collection: constants that name files, which are copied into the model.
          legacy_init_op: the old name of `main_op`.
          clear_devices: whether to forget on which devices the nodes are.
          main_op: an operation that is run when the model is loaded.
          strip_default_attrs: whether to leave out attributes that hold their default.
          saver: saves the variables; one is made if None.

        Raises:
          AssertionError: when variables have been written before.
          TypeError: when the saver or the operation is something else.
          ValueError: when an asset names no file, or a signature names no tensor.
        """
        if self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has already been saved. Please invoke `add_meta_graph()` instead."
            )  # fmt: skip
        with sess.graph.as_default(), all_or_nothing(sess.graph):
            saver = self._prepare(signature_def_map, assets_collection, main_op or legacy_init_op, saver)
            prefix = os.path.join(self._export_dir, names.VARIABLES_DIRECTORY, names.VARIABLES_FILENAME)
            make_folders(os.path.dirname(prefix))
            saver.save(sess, prefix, write_meta_graph=False, write_state=False)
            self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)
        self._has_saved_variables = True

    def add_meta_graph(
        self,
        tags: Iterable[str],
        signature_def_map: dict[str, Any] | None = None,
        assets_collection: Iterable[Tensor] | None = None,
        legacy_init_op: Any = None,
        clear_devices: bool = False,
        main_op: Any = None,
        strip_default_attrs: bool = False,
        saver: Any = None,
    ) -> None:
        """Add the default graph, which uses the variables that are written already. The arguments are as above.

        Raises:
          AssertionError: when no variables have been written yet.
        """
        if not self._has_saved_variables:
            raise AssertionError(
                "Graph state including variables and assets has not been saved yet. Please invoke `add_meta_graph_and_variables()` first."
            )
        with all_or_nothing(get_default_graph()):
            saver = self._prepare(signature_def_map, assets_collection, main_op or legacy_init_op, saver)
            self._add(saver, tags, signature_def_map, clear_devices, strip_default_attrs)

    def save(self, as_text: bool = False) -> bytes:
        """Write the graphs; with them the model is complete.

        Args:
          as_text: whether to write protobuf's text form.

        Returns:
          The path of the file.
        """
        name = names.SAVED_MODEL_FILENAME_PBTXT if as_text else names.SAVED_MODEL_FILENAME_PB
        path = os.path.join(self._export_dir, name)
        write_message(path, self._saved_model, as_text)
        logging.info("SavedModel written to: %s", path)
        return os.fsencode(path)

    def _prepare(self, signatures: dict[str, Any] | None, assets: Iterable[Tensor] | None, main_op: Any, saver: Any) -> Saver:
        """Check everything, note assets and operation in the graph, and make a saver."""
        if saver is not None and not isinstance(saver, Saver):
            raise TypeError(f"saver must be a tf.train.Saver: {saver!r}")
        for name, signature in (signatures or {}).items():
            _check_signature(name, signature)
        graph = get_default_graph()
        if main_op is not None:
            if not isinstance(main_op, Operation):
                raise TypeError(f"main_op needs to be an Operation: {main_op!r}")
            for key in (names.MAIN_OP_KEY, names.LEGACY_INIT_OP_KEY):
                if graph.get_collection(key):
                    raise ValueError(f"Graph already contains one or more main ops under the collection {key}.")
        files = [(tensor, _asset_path(tensor)) for tensor in assets or ()]
        self._copy_assets(files)
        if main_op is not None:
            graph.add_to_collection(names.MAIN_OP_KEY, main_op)
        return saver or Saver(saveable_objects(), sharded=True, write_version=V2, allow_empty=True)

    def _copy_assets(self, files: list[tuple[Tensor, str]]) -> None:
        """Copy the files into the model; two that have the same name get numbers."""
        folder = os.path.join(self._export_dir, names.ASSETS_DIRECTORY)
        taken: dict[str, str] = {}
        for tensor, path in files:
            name = os.path.basename(path)
            number = 0
            while taken.setdefault(name, path) != path:
                number += 1
                name = f"{os.path.basename(path)}_{number}"
            make_folders(folder)
            with translated(path):
                shutil.copyfile(path, os.path.join(folder, name))
            described = messages.AssetFileDef(filename=name)
            described.tensor_info.name = tensor.name
            item = messages.CollectionDef.AnyList().value.add()
            item.Pack(described)
            tensor.graph.add_to_collection(names.ASSETS_KEY, item)

    def _add(
        self, saver: Saver, tags: Iterable[str], signatures: dict[str, Any] | None, clear_devices: bool, strip_default_attrs: bool
    ) -> None:
        meta = saver.export_meta_graph(clear_devices=clear_devices, strip_default_attrs=strip_default_attrs)
        meta.meta_info_def.tags.extend(tags)
        for name, signature in (signatures or {}).items():
            meta.signature_def[name].CopyFrom(signature)
        self._saved_model.meta_graphs.add().CopyFrom(meta)


def _check_signature(name: str, signature: Any) -> None:
    if not isinstance(signature, messages.SignatureDef):
        raise TypeError(f"signature_def_map must map names to SignatureDef messages; {name!r} is {signature!r}")
    for info in [*signature.inputs.values(), *signature.outputs.values()]:
        if info.WhichOneof("encoding") is None:
            raise AssertionError(f"All TensorInfo protos used in the SignatureDefs must have the name field set: {info}")
        if not info.dtype:
            raise AssertionError(f"All TensorInfo protos used in the SignatureDefs must have the dtype field set: {info}")


def _asset_path(tensor: Any) -> str:
    """The file that a constant names.

    Raises:
      TypeError: when it is no constant text.
      ValueError: when the text is empty.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"Asset must be a Tensor: {tensor!r}")
    value = constant_value(tensor) if tensor.op.type == "Const" else None
    if value is None or tensor.dtype.base_dtype != dtypes.string:
        raise TypeError(f"Asset must be a constant string: {tensor!r}")
    path = text_path(value.item())
    if not path:
        raise ValueError(f"Invalid asset filepath tensor {tensor}")
    return path


@export("saved_model.simple_save")
def simple_save(
    session: Any, export_dir: Any, inputs: dict[str, Any], outputs: dict[str, Any], legacy_init_op: Any = None
) -> None:  # fmt: skip
    """Write a SavedModel for serving: the graph of a session, its variables, and one signature with these inputs and outputs.

    Args:
      session: the session.
      export_dir: the folder, which must be new or empty.
      inputs: from names to tensors.
      outputs: the same for what the model computes.
      legacy_init_op: an operation that is run when the model is loaded.

    Raises:
      AssertionError: when the folder is not empty.
      ValueError: when there are no inputs or no outputs.

    >>> import tempfile
    >>> import autograd_lite as tf
    >>> folder = tempfile.mkdtemp() + "/model"
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     x = tf.placeholder(tf.float32, name="x")
    ...     y = x * tf.Variable(3.0)
    ...     session.run(tf.global_variables_initializer())
    ...     tf.saved_model.simple_save(session, folder, {"x": x}, {"y": y})
    >>> with tf.Graph().as_default(), tf.Session() as session:
    ...     signature = tf.saved_model.load(session, ["serve"], folder).signature_def["serving_default"]
    ...     print(session.run(signature.outputs["y"].name, {signature.inputs["x"].name: 2.0}))
    6.0
    """
    signature = predict_signature_def(inputs, outputs)
    builder = SavedModelBuilder(export_dir)
    builder.add_meta_graph_and_variables(
        session, [names.SERVING], {names.DEFAULT_SERVING_SIGNATURE_DEF_KEY: signature},
        assets_collection=session.graph.get_collection("asset_filepaths"), main_op=legacy_init_op, clear_devices=True,
    )  # fmt: skip
    builder.save()


@export("saved_model.main_op.main_op")
def main_op() -> Operation:
    """An operation that initializes all variables and tables, to be run when a model is loaded."""
    return group(global_variables_initializer(), local_variables_initializer(), tables_initializer())


@export("saved_model.main_op.main_op_with_restore", "saved_model.main_op_with_restore")
def main_op_with_restore(restore_op_name: Any) -> Operation:
    """An operation that initializes all variables and tables, then runs another, which restores the variables."""
    with control_dependencies([main_op()]):
        return group(restore_op_name)
