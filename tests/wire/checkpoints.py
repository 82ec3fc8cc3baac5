"""Checkpoints of the recorded data, and damaged ones made of them."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.core import errors
from autograd_lite.wire import messages
from autograd_lite.wire.checkpoint_reader import open_checkpoint
from autograd_lite.wire.checksum import masked_crc32c
from autograd_lite.wire.table import table_chunks, table_entries

FOLDER = Path(__file__).parents[1] / "golden" / "data" / "checkpoints"
RECORDED = [case for case in json.loads((FOLDER / "index.json").read_text()) if "tensors" in case]
REFUSED = (errors.DataLossError, errors.InvalidArgumentError, errors.NotFoundError, errors.OutOfRangeError, errors.UnimplementedError)
NUMBERS = [0, 1, 2, 3, 7, 14, 20, 21, 22, 127, 2**20, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1]


def content(prefix: Any) -> dict[str, list[Any]]:
    """Everything that a checkpoint holds: name -> type, shape and values."""
    reader = open_checkpoint(str(prefix))
    found = {}
    for name in reader.names():
        stored = reader.stored(name)
        array = reader.tensor(name)
        assert array.nbytes < 1 << 26, "far more than the file holds"
        found[name] = [stored.dtype.name, stored.shape, array.tolist() if array.dtype == object else np.asarray(array).tobytes()]
    return found


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Bytes changed, cut, put in or copied."""
    changed = bytearray(data)
    kind = rng.randrange(7)
    at = rng.randrange(len(changed))
    if kind == 0:
        changed[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        changed[at] = rng.randrange(256)
    elif kind == 2:
        del changed[at:]
    elif kind == 3:
        del changed[at : at + rng.randrange(1, 20)]
    elif kind == 4:
        changed[at:at] = rng.randbytes(rng.randrange(1, 10))
    elif kind == 5:
        changed[at : at + 8] = rng.choice([b"\xff" * 8, bytes(8), b"\xff" * 7 + b"\x7f", struct.pack("<Q", rng.choice(NUMBERS))])
    else:
        other, size = rng.randrange(len(changed)), rng.randrange(1, 64)
        changed[at : at + size] = changed[other : other + size]
    return bytes(changed)


def lying(index: bytes, rng: random.Random) -> bytes:
    """An index whose checksums are right and whose entries tell something else."""
    entries = list(table_entries(index))
    at = rng.randrange(len(entries))
    key, value = entries[at]
    if key == b"":
        header = messages.BundleHeaderProto.FromString(value)
        header.num_shards = rng.choice([0, 2, 5, -1, 2**31 - 1])
        header.endianness = rng.choice([0, 0, 0, 1])
        entries[at] = key, header.SerializeToString()
    elif rng.random() < 0.3:
        entries[at] = key, damaged(value, rng) if value else b"\x08"
    else:
        entries[at] = key, _lying_entry(value, rng)
    return b"".join(table_chunks(sorted(dict(entries).items())))


def _lying_entry(value: bytes, rng: random.Random) -> bytes:
    entry = messages.BundleEntryProto.FromString(value)
    number = rng.choice(NUMBERS) * rng.choice([1, 1, -1])
    kind = rng.randrange(7)
    if kind == 0:
        entry.dtype = rng.choice([*range(24), 101, 999])
    elif kind == 1:
        entry.offset = number
    elif kind == 2:
        entry.size = number
    elif kind == 3:
        entry.shard_id = rng.choice([1, -1, 2**31 - 1])
    elif kind == 4:
        entry.shape.dim.add(size=number)
    elif kind == 5 and entry.shape.dim:
        rng.choice(entry.shape.dim).size = number
    else:
        extent = entry.slices.add().extent
        for _ in range(rng.randrange(3)):
            extent.add(start=rng.choice([0, number]), length=rng.choice([1, number]))
    return entry.SerializeToString()


def resealed(table: bytes, rng: random.Random) -> bytes:
    """A table one of whose blocks is damaged, with a checksum that is right."""
    changed = bytearray(table)
    size = rng.randrange(1, max(2, len(changed) - 60))
    changed[rng.randrange(size)] ^= 1 << rng.randrange(8)
    struct.pack_into("<I", changed, size + 1, masked_crc32c(bytes(changed[: size + 1])))
    return bytes(changed)
