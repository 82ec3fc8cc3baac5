"""Names and constants come from files of others: whatever is in them, a picture stays a picture and shows it as text."""

import html
import re
from xml.etree import ElementTree

import pytest

import autograd_lite as tf
from autograd_lite.teach.render import engines
from autograd_lite.teach.render.dot import to_dot
from autograd_lite.teach.render.kinds import Kind
from autograd_lite.teach.render.page import to_page
from autograd_lite.teach.render.picture import Arrow, Box, Frame, Picture
from autograd_lite.teach.render.plot import draw
from autograd_lite.teach.render.svg import to_svg
from autograd_lite.teach.render.words import clean

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    '<script>alert("1")</script>',
    'a"]; evil [label="x',
    'x" onload="alert(1)',
    "&lt;b&gt; &amp; &#60;",
    "]]> --> </svg></title></text>",
    "\\N \\G \\T \\\" \\",
    "two\nlines\r\n\ttab",
    "nul\0 bell\a escape\x1b[31m delete\x7f",
    "right\u202eto left \u2066 and \ufeffmarks\u2028",
    "half a pair \ud800",
    "$\\frac{1}{0}$ ${x} {0} %s",
    "<b>bold</b><br/>",
    "é ü λ → 日本語 🙂",
    "x" * 10_000,
    "",
]


def picture(name):
    boxes = [
        Box(0, Kind.OPERATION, name, name, name, values=(clean(name)[:50],)),
        Box(1, Kind.SCOPE, name, f"{name}/{name}", name, scope=name, count=3),
    ]
    return Picture(boxes, [Arrow(0, 1, label=clean(name)[:50], tensor=name)], [Frame(name)] if name else [], [f"Folded: {name}"])


def shown(root):
    return [text.text or "" for text in root.iter(SVG + "text")]


@pytest.mark.parametrize("name", HOSTILE)
def test_svg_holds_them_as_text(name):
    root = ElementTree.fromstring(to_svg(picture(name)))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "defs", "marker", "path", "rect", "g", "title", "text"}
    assert not [key for element in root.iter() for key in element.keys() if key.startswith("on")]
    assert any(clean(name).endswith(text) for text in shown(root) if text or not name)


@pytest.mark.parametrize("name", HOSTILE)
def test_dot_holds_them_as_text(name):
    text = to_dot(picture(name))
    text.encode()  # no half of a pair is left
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', re.sub(r"label=<.*?>(?=[,\]])", 'label=""', text))
    assert "evil" not in outside and "script" not in outside and outside.count("n0 [") == 1
    assert outside.count("{") == outside.count("}") and len(text.splitlines()) == len(to_dot(picture("a")).splitlines()) - (not name) * 2


@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_holds_them_as_text_and_allows_its_own_script_only(name):
    page = to_page(to_svg(picture(name)), name)
    assert page.count("<script") == page.count("</script") == 1
    assert "script-src 'sha256-" in page and "default-src 'none'" in page
    assert re.search("<title>(.*?)</title>", page, re.DOTALL)[1] == html.escape(clean(name))


@pytest.mark.parametrize("name", HOSTILE)
def test_matplotlib_draws_them_as_text(name):
    pytest.importorskip("matplotlib")
    assert draw(picture(name[:300]), "png").startswith(b"\x89PNG")


@pytest.mark.skipif(engines.importlib.util.find_spec("pygraphviz") is None, reason="pygraphviz is not installed")
@pytest.mark.parametrize("name", HOSTILE)
def test_graphviz_draws_them_as_text(name):
    root = ElementTree.fromstring(engines.draw_by_pygraphviz(to_dot(picture(name[:300])), "svg"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {"svg", "g", "title", "polygon", "path", "text", "a"}
    assert "evil" not in [group.get("id") for group in root.iter(SVG + "g")]
    letters = "".join(shown(root)).replace("\N{NO-BREAK SPACE}", " ")
    wanted = clean(name[:300])[-20:].strip()
    assert wanted.replace(" ", "") in letters.replace(" ", "")


def test_a_constant_of_a_graph_is_only_text(tmp_path):
    with tf.Graph().as_default() as graph:
        tf.constant('<img src=x onerror="alert(1)">', name="evil")
    for ending in ("svg", "html", "dot"):
        graph.render(tmp_path / f"g.{ending}", engine=None if ending == "dot" else "own")
        assert "<img" not in (tmp_path / f"g.{ending}").read_text(encoding="utf-8")


def test_clean_text_has_one_line_and_nothing_that_cannot_be_seen():
    for name in HOSTILE:
        text = clean(name)
        assert text.isprintable() and len(text) == len(name)
        text.encode()
