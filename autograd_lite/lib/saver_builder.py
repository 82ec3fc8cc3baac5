"""The nodes that a saver adds to the graph: those that save and those that restore."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite.api.constants import constant
from autograd_lite.api.control import group, with_dependencies
from autograd_lite.api.raw import raw
from autograd_lite.core.device import canonical, merge
from autograd_lite.graph.default_graph import control_dependencies, device, name_scope
from autograd_lite.graph.graph import get_default_graph
from autograd_lite.graph.operation import Operation
from autograd_lite.graph.tensor import Tensor
from autograd_lite.lib import saveables as saving
from autograd_lite.lib.transaction import all_or_nothing
from autograd_lite.wire import messages

V1, V2 = 1, 2  # of SaverDef.CheckpointFormatVersion
_CPU = "/device:CPU:0"


class BaseSaverBuilder:
    """Builds the nodes of a saver, each tensor restored by an op of its own; `BulkSaverBuilder` restores all with one.

    Args:
      write_version: the format of checkpoints, `tf.train.SaverDef.V1` or `V2`.
    """

    SaveSpec = saving.SaveSpec
    SaveableObject = saving.SaveableObject

    def __init__(self, write_version: int = V2) -> None:
        self._write_version = write_version

    # the ops, which a builder of your own may replace

    def save_op(self, filename_tensor: Tensor, saveables: Sequence[saving.SaveableObject]) -> Operation:
        """An operation that writes tensors into the checkpoint of this name."""
        specs = [spec for saveable in saveables for spec in saveable.specs]
        names = [spec.name for spec in specs]
        slices = [spec.slice_spec for spec in specs]
        tensors = [spec.tensor for spec in specs]
        if self._write_version == V2:
            return raw.SaveV2(filename_tensor, names, slices, tensors)
        if self._write_version != V1:
            raise RuntimeError(f"Unexpected write_version: {self._write_version}")
        return _save_slices(filename_tensor, names, slices, tensors)

    def restore_op(self, filename_tensor: Tensor, saveable: saving.SaveableObject, preferred_shard: int) -> list[Tensor]:
        """The tensors of one saveable object, read from the checkpoint of this name."""
        return [
            raw.RestoreV2(filename_tensor, [spec.name], [spec.slice_spec], dtypes=[spec.dtype.base_dtype])[0] for spec in saveable.specs
        ]  # fmt: skip

    def sharded_filename(self, filename_tensor: Tensor, shard: int, num_shards: Tensor) -> Tensor:
        """The name of the files of one shard."""
        return raw.ShardedFilename(filename_tensor, shard, num_shards)

    def bulk_restore(
        self, filename_tensor: Tensor, saveables: Sequence[saving.SaveableObject], preferred_shard: int, restore_sequentially: bool
    ) -> list[Tensor]:
        """All tensors of several saveable objects."""
        tensors: list[Tensor] = []
        for saveable in saveables:
            before = tensors[-1:] if restore_sequentially else []
            with control_dependencies(before), device(_on_cpu(saveable.device) if saveable.device else None):
                tensors += self.restore_op(filename_tensor, saveable, preferred_shard)
        return tensors

    # the graph

    def build(
        self,
        names_to_saveables: Any,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        filename: str = "model",
    ) -> Any:
        """Add the nodes that save and restore to the default graph.

        Args:
          names_to_saveables: variables and saveable objects, as a list or as a dictionary from their names in checkpoints.
          reshape: whether to bring what is read into the variables' shapes.
          sharded: whether each device writes files of its own.
          max_to_keep, keep_checkpoint_every_n_hours: noted in the SaverDef.
          name: a name for the scope of the nodes.
          restore_sequentially: whether to read one tensor after the other.
          filename: the name of checkpoints when none is fed.

        Returns:
          A SaverDef message that names the nodes.
        """
        with all_or_nothing(get_default_graph()):
            return self._build(names_to_saveables, reshape, sharded, max_to_keep, keep_checkpoint_every_n_hours, name,
                               restore_sequentially, filename)  # fmt: skip

    def _build(self, named: Any, reshape: bool, sharded: bool, max_to_keep: int | None, every_n_hours: float, name: str | None,
               in_turn: bool, filename: str | None) -> Any:  # fmt: skip
        saveables = saving.validate_and_slice_inputs(named)
        with name_scope(name, "save", saving.owners(saveables)):
            path = raw.PlaceholderWithDefault(filename or "model", shape=(), name="filename")
            path = raw.PlaceholderWithDefault(path, shape=(), name="Const")  # this name is in every old checkpoint's graph
            if sharded:
                by_device = _by_device(saveables)
                saved = self._sharded_save(path, by_device)
                restored = self._sharded_restore(path, by_device, in_turn, reshape)
            else:
                saved = self._save(path, saveables)
                restored = self._restore(path, saveables, in_turn, reshape)
        return messages.SaverDef(
            filename_tensor_name=path.name,
            save_tensor_name=saved.name,
            restore_op_name=restored.name,
            max_to_keep=max_to_keep or 0,
            sharded=sharded,
            keep_checkpoint_every_n_hours=every_n_hours,
            version=self._write_version,
        )

    def _save(self, path: Tensor, saveables: Sequence[saving.SaveableObject]) -> Tensor:
        """The checkpoint's name, after the saveable objects are saved."""
        save = self.save_op(path, saveables)
        with get_default_graph().colocate_with(path.op, ignore_existing=False):
            return with_dependencies([save], path)

    def _sharded_save(self, path: Tensor, by_device: list[tuple[str, list[saving.SaveableObject]]]) -> Tensor:
        if self._write_version == V2:
            return self._sharded_save_v2(path, by_device)
        count = constant(len(by_device), name="num_shards")
        saves = []
        for shard, (where, saveables) in enumerate(by_device):
            with device(where or None):
                saves.append(self._save(self.sharded_filename(path, shard, count), saveables))
        with control_dependencies([save.op for save in saves]):
            return raw.ShardedFilespec(path, count)

    def _sharded_save_v2(self, path: Tensor, by_device: list[tuple[str, list[saving.SaveableObject]]]) -> Tensor:
        """Each device writes a checkpoint of its own into a folder beside the real one; then they are merged."""
        with device("CPU"):
            ending = raw.Select(raw.StaticRegexFullMatch(path, pattern="^s3://.*"), constant(".part"), constant("_temp/part"))
            temporary = raw.StringJoin([path, ending])
        count = constant(len(by_device), name="num_shards")
        prefixes, saves = [], []
        last = ""
        for shard, (where, saveables) in enumerate(by_device):
            last = _on_cpu(where)
            with device(last):
                prefixes.append(self.sharded_filename(temporary, shard, count))
                saves.append(self._save(prefixes[-1], saveables))
        with control_dependencies([save.op for save in saves]), device(last):
            merged = raw.MergeV2Checkpoints(prefixes, path, delete_old_dirs=True)
            with control_dependencies([merged]):
                return raw.Identity(path)

    def _restore(
        self,
        path: Tensor,
        saveables: Sequence[saving.SaveableObject],
        in_turn: bool,
        reshape: bool,
        shard: int = -1,
        name: str = "restore_all",
    ) -> Operation:
        tensors = self.bulk_restore(path, saveables, shard, in_turn)
        assigned = []
        start = 0
        for saveable in saveables:
            wanted = [_shape_of(spec.tensor) for spec in saveable.specs] if reshape else None
            assigned.append(saveable.restore(tensors[start : start + len(saveable.specs)], wanted))
            start += len(saveable.specs)
        return group(*assigned, name=name)

    def _sharded_restore(
        self, path: Tensor, by_device: list[tuple[str, list[saving.SaveableObject]]], in_turn: bool, reshape: bool
    ) -> Operation:  # fmt: skip
        restored = []
        for shard, (where, saveables) in enumerate(by_device):
            with device(where or None):
                restored.append(self._restore(path, saveables, in_turn, reshape, shard, "restore_shard"))
        return group(*restored, name="restore_all")


class BulkSaverBuilder(BaseSaverBuilder):
    """The builder of `tf.train.Saver`: one op reads all tensors."""

    def bulk_restore(
        self, filename_tensor: Tensor, saveables: Sequence[saving.SaveableObject], preferred_shard: int, restore_sequentially: bool
    ) -> list[Tensor]:
        """All tensors of several saveable objects, read by one op."""
        specs = [spec for saveable in saveables for spec in saveable.specs]
        with device("cpu:0"):
            return raw.RestoreV2(
                filename_tensor,
                [spec.name for spec in specs],
                [spec.slice_spec for spec in specs],
                dtypes=[spec.dtype.base_dtype for spec in specs],
            )


def _save_slices(path: Tensor, names: list[str], slices: list[str], tensors: list[Any]) -> Operation:
    with name_scope("save", None, [path]) as scope:
        named = constant(names, name="tensor_names")
        cut = constant(slices, name="shapes_and_slices")
        return raw.SaveSlices(path, named, cut, tensors, name=scope)


def _shape_of(tensor: Any) -> Any:
    """The static shape of a tensor, or its shape as a tensor."""
    return tensor.get_shape() if tensor.get_shape().is_fully_defined() else raw.Shape(tensor)


def _on_cpu(where: str) -> str:
    """The processor of the machine of a device."""
    return merge(canonical(where), _CPU)


def _by_device(saveables: Sequence[saving.SaveableObject]) -> list[tuple[str, list[saving.SaveableObject]]]:
    """Saveable objects by the device on which they live.

    Raises:
      ValueError: when the tensors of one live on several.
    """
    found: dict[str, list[saving.SaveableObject]] = {}
    for saveable in saveables:
        places = sorted({canonical(spec.device) for spec in saveable.specs})
        if len(places) != 1:
            raise ValueError(f"All tensors of a saveable object must be on the same device: {saveable.name}")
        found.setdefault(places[0], []).append(saveable)
    return sorted(found.items(), key=lambda pair: pair[0])
