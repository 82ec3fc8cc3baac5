"""Drives a headless Chromium through its DevTools protocol, with nothing but the standard library."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATIENCE = 60.0  # seconds for anything
_CODES = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35, "Tab": 9, "Enter": 13, " ": 32}


def executable() -> str | None:
    """The browser of this machine; AUTOGRAD_LITE_CHROMIUM names another."""
    named = os.environ.get("AUTOGRAD_LITE_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


class Socket:
    """The client's side of a WebSocket that carries text (RFC 6455)."""

    def __init__(self, url: str) -> None:
        host, _, path = url.removeprefix("ws://").partition("/")
        name, _, port = host.partition(":")
        self._socket = socket.create_connection((name, int(port)), timeout=_PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET /{path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}"]
        self._socket.sendall("\r\n".join([*lines, "Sec-WebSocket-Version: 13", "", ""]).encode())
        self._rest = b""
        while b"\r\n\r\n" not in self._rest:
            self._rest += self._socket.recv(4096)
        answer, _, self._rest = self._rest.partition(b"\r\n\r\n")
        assert b" 101 " in answer.split(b"\r\n")[0], answer

    def send(self, text: str) -> None:
        payload = text.encode()
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else struct.pack(">BH", 0xFE, min(length, 0xFFFF))
        if length > 0xFFFF:
            size = struct.pack(">BQ", 0xFF, length)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._socket.sendall(b"\x81" + size + mask + masked)

    def receive(self) -> str:
        message = b""
        while True:
            head = self._exactly(2)
            length = head[1] & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", self._exactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self._exactly(8))
            part = self._exactly(length)
            if head[0] & 0x0F in (0, 1, 2):
                message += part
                if head[0] & 0x80:
                    return message.decode()

    def _exactly(self, count: int) -> bytes:
        while len(self._rest) < count:
            more = self._socket.recv(65536)
            if not more:
                raise ConnectionError("the browser has closed the connection")
            self._rest += more
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def close(self) -> None:
        self._socket.close()


class Tab:
    """One page: what it asks for over the network and what it complains about is kept."""

    def __init__(self, url: str) -> None:
        self._socket = Socket(url)
        self._number = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.receive())
            self._note(message)
            if message.get("id") == self._number:
                assert "error" not in message, (method, message["error"])
                return message["result"]

    def _note(self, message: dict[str, Any]) -> None:
        method, parameters = message.get("method", ""), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.complaints.append(str(parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"])

    def open(self, path: Path, ready: str = "document.documentElement?.dataset.ready === 'true'") -> None:
        """Load a file and wait until an expression holds in it."""
        self.command("Page.navigate", url=path.resolve().as_uri())
        self.wait_for(ready)

    def wait_for(self, expression: str) -> None:
        """Wait until an expression of the page is true."""
        end = time.monotonic() + _PATIENCE
        while not self.value(f"Boolean({expression})"):
            assert time.monotonic() < end, (expression, self.complaints)
            time.sleep(0.05)

    def value(self, expression: str) -> Any:
        """The value of an expression in the page; of a promise, what it comes to."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def key(self, name: str) -> None:
        """Press and release a key."""
        text = {"Enter": "\r", " ": " "}.get(name, name if len(name) == 1 else "")
        common = {"key": name, "windowsVirtualKeyCode": _CODES.get(name, 0)}
        self.command("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **common)
        self.command("Input.dispatchKeyEvent", type="keyUp", **common)

    def window(self, width: int, height: int, dark: bool = False, mobile: bool = False) -> None:
        """Give the page a size and a colour scheme."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def picture(self, path: Path) -> None:
        """Write what the page looks like into a PNG file."""
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"]))

    def close(self) -> None:
        self._socket.close()


@contextmanager
def opened_browser() -> Iterator[Tab]:
    """A browser with one tab, closed at the end."""
    command = executable()
    assert command is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        flags = ["headless=new", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-dev-shm-usage"]
        flags += ["remote-debugging-port=0", f"user-data-dir={folder}", "disable-features=IsolateSandboxedIframes"]
        process = subprocess.Popen(
            [command, *(f"--{flag}" for flag in flags), "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            port = _port(Path(folder) / "DevToolsActivePort", process)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=_PATIENCE) as answer:
                target = next(item for item in json.load(answer) if item["type"] == "page")
            tab = Tab(target["webSocketDebuggerUrl"])
            yield tab
            tab.close()
        finally:
            process.terminate()
            process.wait(timeout=_PATIENCE)


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    end = time.monotonic() + _PATIENCE
    while not (file.exists() and file.read_text().strip()):
        assert process.poll() is None, "the browser has ended"
        assert time.monotonic() < end, "the browser does not answer"
        time.sleep(0.05)
    return int(file.read_text().split()[0])
