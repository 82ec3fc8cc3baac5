import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from autograd_lite.lib.download import download

CONTENT = bytes(range(256)) * 1000


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path != "/unannounced":
            self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/cut" else CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("page", ["/file", "/unannounced"])
def test_a_whole_file_gets_its_name(site, tmp_path, page):
    wanted = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
    assert download([site + page], tmp_path / "f", limit=1 << 20, **wanted) == site + page
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_the_next_address_is_tried_when_one_fails(site, tmp_path):
    assert download([site + "/missing", site + "/file"], tmp_path / "f", limit=1 << 20) == site + "/file"


@pytest.mark.parametrize(
    "page, wanted, reason",
    [
        ("/missing", {}, "404"),
        ("/cut", {}, "bytes came"),
        ("/file", {"size": 10}, "more than 10 bytes came"),
        ("/unannounced", {"size": len(CONTENT) + 1}, "bytes came"),
        ("/unannounced", {"limit": 1000}, "more than 1000 bytes came"),
        ("/file", {"sha256": "0" * 64}, "the SHA-256 checksum is"),
    ],
)
def test_a_wrong_answer_leaves_nothing_and_says_why(site, tmp_path, page, wanted, reason):
    with pytest.raises(OSError) as caught:
        download([site + page], tmp_path / "f", **{"limit": 1 << 20, **wanted})
    assert str(caught.value).startswith("could not download f; tried\n  http://127.0.0.1")
    assert reason in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_only_the_web_is_asked(tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(ValueError, match="only http and https"):
        download([f"file://{tmp_path}/secret"], tmp_path / "f", limit=10)
