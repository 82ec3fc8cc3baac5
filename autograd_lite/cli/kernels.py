"""`autograd-lite kernels`: the machine code that is kept on this disk, and how to remove it."""

from __future__ import annotations

from autograd_lite.kernels import cache, native, pool


def report(clear: bool) -> list[str]:
    """List what is kept, or remove it."""
    if clear:
        removed = cache.clear()
        return [f"Removed {removed} compiled kernel{'s' * (removed != 1)} from {cache.folder()}."]
    count, size = cache.usage()
    lines = [f"{cache.folder()}: {count} compiled kernels, {size / 1e6:.1f} of at most {cache.MOST_BYTES / 1e6:.0f} MB"]
    if native.installed():
        lines.append(f"compiled for {native.target().cpu}; a kernel may use {pool.threads()} threads")
    else:
        lines.append('None are compiled here: AUTOGRAD_LITE_KERNELS says so, or the extra is missing (pip install "autograd_lite[fast]").')
    return lines
