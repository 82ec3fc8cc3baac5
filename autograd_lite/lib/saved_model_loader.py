"""Reading SavedModels: the graph with the right tags, its variables, and what has to be run at the start."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from autograd_lite.core.errors import InvalidArgumentError
from autograd_lite.core.export import export
from autograd_lite.graph.graph import Graph
from autograd_lite.graph.trust import trust, untrusted_nodes
from autograd_lite.lib import logging, saved_model_constants as names
from autograd_lite.lib.saver import import_with_saver
from autograd_lite.wire import messages
from autograd_lite.wire.files import text_path
from autograd_lite.wire.text_format import read_message

_TABLE_FILES = ("InitializeTableFromTextFile", "InitializeTableFromTextFileV2")


def _model_file(export_dir: str) -> str | None:
    """The file with the graphs, binary or text."""
    for name in (names.SAVED_MODEL_FILENAME_PB, names.SAVED_MODEL_FILENAME_PBTXT):
        path = os.path.join(export_dir, name)
        if os.path.isfile(path):
            return path
    return None


@export("saved_model.maybe_saved_model_directory", "saved_model.loader.maybe_saved_model_directory", "saved_model.contains_saved_model")
def maybe_saved_model_directory(export_dir: Any) -> bool:
    """Whether a folder holds a SavedModel.

    >>> maybe_saved_model_directory("/no/such/folder")
    False
    """
    return _model_file(text_path(export_dir)) is not None


def read_saved_model(export_dir: Any) -> Any:
    """The SavedModel message of a folder.

    Raises:
      OSError: when there is none, or it cannot be read.
    """
    folder = text_path(export_dir)
    path = _model_file(folder)
    if path is None:
        raise OSError(
            f"SavedModel file does not exist at: {folder}/{{{names.SAVED_MODEL_FILENAME_PBTXT}|{names.SAVED_MODEL_FILENAME_PB}}}"
        )  # fmt: skip
    try:
        return read_message(path, messages.SavedModel())
    except ValueError as error:
        raise OSError(f"Cannot parse file {path}: {error}.") from None


def _with_tags(model: Any, tags: Iterable[str], export_dir: str) -> Any:
    """The graph of a model with just these tags."""
    wanted = [tags] if isinstance(tags, str) else list(tags)
    for meta in model.meta_graphs:
        if set(meta.meta_info_def.tags) == set(wanted):
            return meta
    available = [set(meta.meta_info_def.tags) for meta in model.meta_graphs]
    shown = str(wanted).strip("[]")
    raise RuntimeError(
        f"MetaGraphDef associated with tags {shown} could not be found in SavedModel, with available tags '{available}'. To inspect "
        f"available tag-sets in the SavedModel, please use the SavedModel CLI: `saved_model_cli`.\n  The model is in {export_dir}."
    )  # fmt: skip


def _asset_paths(meta: Any, export_dir: str, scope: str | None) -> dict[str, str]:
    """The names of the tensors that name files of the model, and where these are.

    Raises:
      InvalidArgumentError: when a name leads out of the model's folder.
    """
    paths = {}
    for packed in meta.collection_def[names.ASSETS_KEY].any_list.value if names.ASSETS_KEY in meta.collection_def else ():
        asset = messages.AssetFileDef()
        if not packed.Unpack(asset):
            raise InvalidArgumentError(None, None, f"SavedModel {export_dir} has an asset that is no AssetFileDef")
        if os.path.basename(asset.filename) != asset.filename or asset.filename in ("", ".", "..") or "\0" in asset.filename:
            raise InvalidArgumentError(None, None, f"SavedModel {export_dir} names an asset outside of its folder: {asset.filename!r}")
        name = f"{scope}/{asset.tensor_info.name}" if scope else asset.tensor_info.name
        paths[name] = os.path.join(export_dir, names.ASSETS_DIRECTORY, asset.filename)
    return paths


def _trust_tables(graph: Graph, assets: Iterable[str]) -> None:
    """Let tables be filled from files of the model."""
    files = {graph.get_tensor_by_name(name) for name in assets}
    trust(graph, [op for op in untrusted_nodes(graph) if op.type in _TABLE_FILES and op.inputs[1] in files])


def _starting_op(meta: Any, scope: str | None) -> str | None:
    """The name of the operation that is run when the model is loaded."""
    for key in (names.MAIN_OP_KEY, names.LEGACY_INIT_OP_KEY):
        if key not in meta.collection_def:
            continue
        found = list(meta.collection_def[key].node_list.value)
        if len(found) != 1:
            raise RuntimeError(f"Expected exactly one SavedModel init op. Found {len(found)}: {found}.")
        return f"{scope}/{found[0]}" if scope else found[0]
    return None


@export("saved_model.load", "saved_model.loader.load")
def load(sess: Any, tags: Iterable[str], export_dir: Any, import_scope: str | None = None, **saver_kwargs: Any) -> Any:
    """Add the graph of a SavedModel to that of a session, restore its variables and run its initialization.

    Args:
      sess: the session.
      tags: those of the graph, all of them, such as `[tf.saved_model.SERVING]`.
      export_dir: the model's folder.
      import_scope: a prefix for the names.
      **saver_kwargs: handed to `tf.train.import_meta_graph`.

    Returns:
      The MetaGraphDef message, whose `signature_def` tells the names of inputs and outputs.

    Raises:
      OSError: when there is no model.
      RuntimeError: when none of its graphs has these tags.
      DataLossError, NotFoundError: when its variables are damaged or missing.
    """
    folder = text_path(export_dir)
    meta = _with_tags(read_saved_model(folder), tags, folder)
    assets = _asset_paths(meta, folder, import_scope)
    with sess.graph.as_default():
        saver, _ = import_with_saver(meta, import_scope=import_scope, **saver_kwargs)
        _trust_tables(sess.graph, assets)
    if saver is not None and list(meta.collection_def["variables"].bytes_list.value if "variables" in meta.collection_def else ()):
        saver.restore(sess, os.path.join(folder, names.VARIABLES_DIRECTORY, names.VARIABLES_FILENAME))
    else:
        logging.info("The specified SavedModel has no variables; no checkpoints were restored.")
    first = _starting_op(meta, import_scope)
    if first is not None:
        logging.info("Running initialization op on SavedModel bundle.")
        sess.run(first, assets)
    return meta
