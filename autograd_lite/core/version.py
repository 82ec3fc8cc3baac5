"""Versions: of this package, said once, and of the TensorFlow whose graphs it builds, which programs ask for."""

from __future__ import annotations

from autograd_lite.core.export import export_computed, export_constant
from autograd_lite.core.release import release

PACKAGE_VERSION = "0.1.0"
GIT_VERSION = f"autograd_lite {PACKAGE_VERSION}"
COMPILER_VERSION = "none"
CXX11_ABI_FLAG = 0
MONOLITHIC_BUILD = 0
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0

export_constant(__name__, "PACKAGE_VERSION", "PACKAGE_VERSION")
export_constant(__name__, "GIT_VERSION", "GIT_VERSION", "version.GIT_VERSION", "__git_version__")
export_constant(__name__, "COMPILER_VERSION", "COMPILER_VERSION", "version.COMPILER_VERSION", "__compiler_version__")
export_constant(__name__, "CXX11_ABI_FLAG", "CXX11_ABI_FLAG", "__cxx11_abi_flag__", "sysconfig.CXX11_ABI_FLAG")
export_constant(__name__, "MONOLITHIC_BUILD", "MONOLITHIC_BUILD", "__monolithic_build__", "sysconfig.MONOLITHIC_BUILD")
for _limit in ("GRAPH_DEF_VERSION_MIN_CONSUMER", "GRAPH_DEF_VERSION_MIN_PRODUCER"):
    export_constant(__name__, _limit, _limit, f"version.{_limit}")


@export_computed("__version__", "VERSION", "version.VERSION")
def tensorflow_version() -> str:
    """The version that programs see as `tf.__version__`: "1.15.5", or "2.21.0" after `set_release("2.21")`.

    The version of this package itself is `PACKAGE_VERSION`.
    """
    return release().version


@export_computed("GRAPH_DEF_VERSION", "version.GRAPH_DEF_VERSION")
def graph_def_version() -> int:
    """The number that graphs saved by this release carry as their producer."""
    return release().producer
