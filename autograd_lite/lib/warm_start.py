"""Warm start: variables of a new model that begin where those of an older one ended, also when their vocabulary has grown."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.collections import GraphKeys
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import logging
from autograd_lite.lib.checkpoint_contents import checkpoint_path, load_checkpoint
from autograd_lite.lib.checkpoint_initializers import start_from_checkpoint
from autograd_lite.lib.initializers import Zeros
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.lib.variable import Variable
from autograd_lite.wire.files import read_bytes, text_path


@export("train.VocabInfo")
class VocabInfo(NamedTuple):
    """What rows (or columns) of a variable stand for, before and now, for `tf.train.warm_start`.

    Args:
      new_vocab: a text file with a word a line.
      new_vocab_size: how many of its lines count.
      num_oov_buckets: how many entries for unknown words follow.
      old_vocab: the file of the older model.
      old_vocab_size: how many of its lines count; all if -1.
      backup_initializer: starts what the older model did not have; zeros if None.
      axis: 0 if rows stand for words, 1 if columns do.
    """

    new_vocab: Any
    new_vocab_size: int
    num_oov_buckets: int
    old_vocab: Any
    old_vocab_size: int = -1
    backup_initializer: Any = None
    axis: int = 0


@export("train.warm_start")
def warm_start(
    ckpt_to_initialize_from: Any,
    vars_to_warm_start: Any = ".*",
    var_name_to_vocab_info: dict[str, VocabInfo] | None = None,
    var_name_to_prev_var_name: dict[str, str] | None = None,
) -> None:
    """Let variables start with what the checkpoint of an older model holds.

    Args:
      ckpt_to_initialize_from: the path of a checkpoint, or a folder whose newest is taken.
      vars_to_warm_start: a regular expression for names of trainable variables; a list of them for all global variables; a list of
        variables; None for those of `var_name_to_vocab_info` only.
      var_name_to_vocab_info: for variables whose rows or columns stand for words: the vocabularies.
      var_name_to_prev_var_name: for variables that have another name in the checkpoint: that name.

    Raises:
      ValueError: when a name is not that of a variable here, or the checkpoint does not have it.
    """
    vocabularies = dict(var_name_to_vocab_info or {})
    previous = dict(var_name_to_prev_var_name or {})
    logging.info("Warm-starting from: %s", ckpt_to_initialize_from)
    path = checkpoint_path(ckpt_to_initialize_from)
    known = load_checkpoint(ckpt_to_initialize_from).get_variable_to_shape_map()
    groups = _grouped_variables(vars_to_warm_start)
    _check_used("var_name_to_prev_var_name", previous, groups)
    _check_used("var_name_to_vocab_info", vocabularies, groups)
    with all_or_nothing(get_default_graph()):
        for name, parts in groups.items():
            old = previous.get(name, name)
            if name not in vocabularies and vars_to_warm_start is None:
                continue
            if old not in known:
                raise ValueError(f"Tensor {old} is not found in {ckpt_to_initialize_from} checkpoint {known}")
            if name in vocabularies:
                _start_with_vocabulary(parts, path, old, vocabularies[name])
            else:
                start_from_checkpoint(parts if len(parts) > 1 else parts[0], path, old)


def _check_used(argument: str, named: dict[str, Any], groups: dict[str, list[Any]]) -> None:
    unused = set(named) - set(groups)
    if unused:
        raise ValueError(
            f"You provided the following variables in {argument} that were not used: {unused}.  Perhaps you misspelled them?  Here is the "
            f"list of viable variable names: {groups.keys()}"
        )  # fmt: skip


def _grouped_variables(chosen: Any) -> dict[str, list[Any]]:
    """Variables by name; the parts of one are together."""
    graph = get_default_graph()
    if chosen is None or isinstance(chosen, str):
        variables = graph.get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=chosen)
    elif not isinstance(chosen, list):
        raise ValueError(f"`vars_to_warm_start must be a `list` or `str`.  Given type is {type(chosen)}")
    elif all(isinstance(item, str) for item in chosen):
        variables = [variable for scope in chosen for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=scope)]
    elif all(isinstance(item, Variable) for item in chosen):
        variables = chosen
    else:
        kinds = [type(item) for item in chosen]
        raise ValueError(f"If `vars_to_warm_start` is a list, it must be all `Variable` or all `str`.  Given types are {kinds}")
    groups: dict[str, list[Any]] = {}
    for variable in variables:
        info = variable._get_save_slice_info()
        name = re.sub(r":\d+$", "", variable.name) if info is None else info.full_name
        groups.setdefault(name, []).append(variable)
    return groups


def _words(path: Any, size: int) -> list[bytes]:
    words = read_bytes(text_path(path)).splitlines()
    if size > len(words):
        raise ValueError(f"{path} has {len(words)} lines, {size} are wanted")
    return words if size < 0 else words[:size]


def _start_with_vocabulary(parts: list[Any], path: str, name: str, info: VocabInfo) -> None:
    """Start a variable from a checkpoint whose rows (or columns) stand for other words, or for words in another order."""
    old = {word: place for place, word in enumerate(_words(info.old_vocab, info.old_vocab_size))}
    new = _words(info.new_vocab, info.new_vocab_size)
    places = np.array([old.get(word, -1) for word in new] + [-1] * info.num_oov_buckets, np.int64)

    def remapped(value: Tensor, variable: Any) -> Tensor:
        part = variable._get_save_slice_info()
        begin = part.var_offset[info.axis] if part is not None else 0
        mine = places[begin : begin + variable.shape.as_list()[info.axis]]
        held = raw.GatherV2(value, np.maximum(mine, 0), info.axis)
        backup = info.backup_initializer or Zeros()
        shape = variable.shape.as_list()
        present = (mine >= 0).reshape([-1 if axis == info.axis else 1 for axis in range(len(shape))])
        fresh = backup(shape, dtype=variable.dtype.base_dtype)
        return raw.Select(np.broadcast_to(present, shape).copy(), raw.Reshape(held, shape), fresh)

    start_from_checkpoint(parts, path, name, remapped)
