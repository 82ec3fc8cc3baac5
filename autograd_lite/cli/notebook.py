"""`%load_ext autograd_lite`: a notebook's `import tensorflow` gives this library."""

from __future__ import annotations

from typing import Any

from autograd_lite.cli.alias import install_as_tensorflow, uninstall_as_tensorflow
from autograd_lite.core.export import export
from autograd_lite.core.version import tensorflow_version


@export("load_ipython_extension")
def load_ipython_extension(ipython: Any) -> None:
    """Called by `%load_ext autograd_lite`: `import tensorflow` in the cells below gives this library.

    A notebook that imports `tensorflow.compat.v1` was written on TF 2 and gets release 2.21, as with `autograd-lite run`.

    Raises:
      RuntimeError: TensorFlow itself is imported already.
    """
    install_as_tensorflow(release_of_v1="2.21")
    print(f"`import tensorflow` now gives autograd_lite (TensorFlow {tensorflow_version()}); %unload_ext autograd_lite ends that.")


@export("unload_ipython_extension")
def unload_ipython_extension(ipython: Any) -> None:
    """Called by `%unload_ext autograd_lite`: the next `import tensorflow` finds TensorFlow itself, or nothing."""
    uninstall_as_tensorflow()
