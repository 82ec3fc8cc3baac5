"""Fetch a file over HTTP: from the first address that answers, checked before it takes its name."""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Sequence
from typing import IO, Any

from autograd_lite.core import optional
from autograd_lite.core.safe_write import replacing

_CHUNK = 1 << 16
_TIMEOUT_SECONDS = 30


def download(urls: Sequence[str], path: str | os.PathLike[str], *, limit: int, size: int | None = None, sha256: str | None = None) -> str:
    """Save what the first working address of `urls` sends as `path`, and return that address.

    The file appears under its name only when it is whole and right. A bar shows the progress on a terminal.

    Args:
      urls: http or https addresses of the same file.
      limit: give up on an answer with more bytes than this.
      size: the number of bytes it must have, if known.
      sha256: the checksum it must have, if known.

    Raises:
      ValueError: an address is not http or https.
      OSError: no address gave the file; the message has a line for each.
    """
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"only http and https addresses are fetched, received {url!r}")
    failures = []
    for url in urls:
        try:
            _fetch(url, path, limit, size, sha256)
            return url
        except (OSError, ValueError) as error:
            failures.append(f"  {url}: {error}")
    raise OSError("\n".join([f"could not download {os.path.basename(path)}; tried", *failures]))


def _fetch(url: str, path: str | os.PathLike[str], limit: int, size: int | None, sha256: str | None) -> None:
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer, replacing(path) as file:
        announced = answer.headers.get("Content-Length", "")
        total = int(announced) if announced.isdecimal() else None
        got, digest = _copy(answer, file, limit if size is None else min(limit, size), total, os.path.basename(path))
        wanted = total if size is None else size
        if wanted is not None and got != wanted:
            raise ValueError(f"{got} bytes came, {wanted} were wanted")
        if sha256 is not None and digest != sha256:
            raise ValueError(f"the SHA-256 checksum is {digest}, wanted {sha256}")


def _copy(answer: Any, file: IO[bytes], limit: int, total: int | None, title: str) -> tuple[int, str]:
    """Copy at most `limit` bytes; the number copied and their checksum."""
    digest, got = hashlib.sha256(), 0
    with optional.load("tqdm").tqdm(total=total, unit="B", unit_scale=True, desc=title, disable=None) as bar:
        while piece := answer.read(_CHUNK):
            got += len(piece)
            if got > limit:
                raise ValueError(f"more than {limit} bytes came")
            digest.update(piece)
            file.write(piece)
            bar.update(len(piece))
    return got, digest.hexdigest()
