"""`tf.AUTO_REUSE`: find a variable when it exists, make it otherwise."""

from __future__ import annotations

import enum

from autograd_lite.core.export import export_constant


class ReuseMode(enum.Enum):
    """Ways of reusing variables other than yes and no."""

    AUTO_REUSE = 1


AUTO_REUSE = ReuseMode.AUTO_REUSE

export_constant(__name__, "AUTO_REUSE", "AUTO_REUSE")
