"""Hash values of strings and tensors whose arguments have older names or become tensors."""

from __future__ import annotations

from typing import Any

from autograd_lite.api.arguments import renamed
from autograd_lite.api.raw import raw
from autograd_lite.core.export import export
from autograd_lite.graph.tensor import Tensor


@export("strings.to_hash_bucket", "string_to_hash_bucket")
def string_to_hash_bucket(string_tensor: Any = None, num_buckets: Any = None, name: str | None = None, input: Any = None) -> Tensor:
    """Give every string one of `num_buckets` numbers; `to_hash_bucket_fast` is the better one for new programs.

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.string_to_hash_bucket(["hello", ""], 1000))
    array([938, 899])
    """
    return raw.StringToHashBucket(renamed("input", input, "string_tensor", string_tensor), num_buckets=num_buckets, name=name)


@export("fingerprint")
def fingerprint(data: Any, method: Any = "farmhash64", name: str | None = None) -> Tensor:
    """Give the eight bytes of FarmHash's fingerprint for every row of `data`: shape [rows, 8].

    Args:
      data: a tensor of any type with at least one axis. method: only "farmhash64".

    >>> import autograd_lite as tf
    >>> tf.Session().run(tf.fingerprint(["hello"]))
    array([[232,  12,  56,  49, 169, 229, 139, 180]], dtype=uint8)
    """
    return raw.Fingerprint(data, method, name=name)
