"""A picture's page in a browser, from a file: it moves and scales, asks for nothing, complains of nothing, and runs no code of a graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import autograd_lite as tf
from autograd_lite.teach.render.kinds import Kind
from autograd_lite.teach.render.page import to_page
from autograd_lite.teach.render.picture import Box, Picture
from autograd_lite.teach.render.svg import to_svg
from tests.teach.explorer.browser import Tab, executable, opened_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="needs Chromium"),
    pytest.mark.xdist_group("browser"),
]
PLACE = "new DOMMatrix(getComputedStyle(document.getElementById('sheet')).transform)"
READY = "document.getElementById('frame')?.className === 'moves'"


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with opened_browser() as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Iterator[Tab]:
    browser.requests.clear()
    browser.complaints.clear()
    browser.window(1000, 700)
    yield browser
    assert browser.complaints == []
    assert len(browser.requests) == 1 and browser.requests[0].startswith("file://")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [3], name="x")
        for _ in range(20):
            x = tf.negative(x)
    graph.render(tmp_path / "g.html")
    return tmp_path / "g.html"


def test_all_of_a_picture_is_seen_at_first(tab: Tab, page: Path) -> None:
    tab.open(page, READY)
    seen = "document.querySelector('#sheet svg').getBoundingClientRect()"
    assert tab.value(f"{seen}.bottom <= innerHeight + 1 && {seen}.right <= innerWidth + 1 && {seen}.height > 300")
    assert tab.value("document.getElementById('bar').hidden") is False


def test_keys_and_buttons_scale_and_move(tab: Tab, page: Path) -> None:
    tab.open(page, READY)
    tab.value("document.getElementById('frame').focus()")
    before = tab.value(f"{PLACE}.a")
    tab.key("+")
    assert tab.value(f"{PLACE}.a") == pytest.approx(before * 1.25, rel=1e-4)
    tab.key("-")
    assert tab.value(f"{PLACE}.a") == pytest.approx(before, rel=1e-4)
    x, y = tab.value(f"[{PLACE}.e, {PLACE}.f]")
    tab.key("ArrowRight")
    tab.key("ArrowDown")
    assert tab.value(f"[{PLACE}.e, {PLACE}.f]") == pytest.approx([x - 60, y - 60], abs=0.01)
    tab.value("document.getElementById('whole').click()")
    assert tab.value(f"{PLACE}.a") == 1
    tab.value("document.getElementById('fit').click()")
    assert tab.value(f"[{PLACE}.a, {PLACE}.e, {PLACE}.f]") == pytest.approx([before, x, y], abs=0.01)


def test_the_wheel_scales_where_the_pointer_is_and_the_pointer_drags(tab: Tab, page: Path) -> None:
    tab.open(page, READY)
    tab.value("document.getElementById('whole').click()")
    corner = tab.value("(({left, top}) => [left, top])(document.getElementById('frame').getBoundingClientRect())")
    before = tab.value(f"[{PLACE}.a, {PLACE}.e, {PLACE}.f]")
    tab.command("Input.dispatchMouseEvent", type="mouseWheel", x=400, y=300, deltaX=0, deltaY=-200)
    tab.wait_for(f"{PLACE}.a > 1.2")
    after = tab.value(f"[{PLACE}.a, {PLACE}.e, {PLACE}.f]")
    for axis, at in ((1, 400 - corner[0]), (2, 300 - corner[1])):  # what was under the pointer still is
        assert (at - before[axis]) / before[0] == pytest.approx((at - after[axis]) / after[0], abs=0.5)
    tab.command("Input.dispatchMouseEvent", type="mousePressed", x=400, y=300, button="left", clickCount=1)
    tab.command("Input.dispatchMouseEvent", type="mouseMoved", x=450, y=320, button="left")
    tab.command("Input.dispatchMouseEvent", type="mouseReleased", x=450, y=320, button="left", clickCount=1)
    assert tab.value(f"[{PLACE}.e, {PLACE}.f]") == pytest.approx([after[1] + 50, after[2] + 20], abs=0.01)


def test_names_run_nothing(tab: Tab, tmp_path: Path) -> None:
    hostile = '</title></svg><script>window.evil = 1</script><img src=x onerror="window.evil = 2">'
    picture = Picture([Box(0, Kind.OPERATION, hostile, hostile, hostile)], [], [], [hostile])
    (tmp_path / "g.html").write_text(to_page(to_svg(picture), hostile), encoding="utf-8")
    tab.open(tmp_path / "g.html", READY)
    assert tab.value("window.evil === undefined && document.title") == hostile
    assert tab.value("document.querySelectorAll('script').length") == 1
