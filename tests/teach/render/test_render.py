import os
import shutil
from xml.etree import ElementTree

import pytest

import autograd_lite as tf
from autograd_lite.core import optional
from autograd_lite.teach.render.dot import to_dot
from autograd_lite.teach.render.picture import Box, Kind, Picture
from autograd_lite.teach.render.svg import to_svg

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = 'a"]; evil [x="\\N<&>\n'


@pytest.fixture
def graph():
    with tf.Graph().as_default() as made:
        w = tf.Variable(0.0, name="w")
        x = tf.placeholder(tf.float32, [], name="x")
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(w - x))
    return made


@pytest.fixture
def no_dot(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_svg_needs_no_other_program(graph, tmp_path, no_dot):
    tf.render(graph, tmp_path / "g.svg")
    root = ElementTree.parse(tmp_path / "g.svg").getroot()
    words = [text.text for text in root.iter(SVG + "text")]
    assert {"Placeholder", "w", "ApplyGradientDescent", "variable", "gradient"} <= set(words)
    assert "init" not in words


def test_the_same_graph_gives_the_same_bytes(graph, tmp_path, no_dot):
    tf.render(graph, tmp_path / "a.svg")
    tf.render(graph, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_png_and_pdf_are_drawn_by_matplotlib(graph, tmp_path, no_dot):
    pytest.importorskip("matplotlib")
    tf.render(graph, tmp_path / "g.png")
    tf.render(graph, tmp_path / "g.PDF")
    assert (tmp_path / "g.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert (tmp_path / "g.PDF").read_bytes()[:5] == b"%PDF-"


def test_a_missing_drawer_says_what_to_install_and_writes_nothing(graph, tmp_path, no_dot, monkeypatch):
    monkeypatch.setattr(optional, "available", lambda name: False)
    with pytest.raises(ImportError, match=r'autograd_lite\[plot\](.|\n)*apt install graphviz(.|\n)*\.svg and \.dot pictures need neither'):
        tf.render(graph, tmp_path / "g.png")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_dot_draws_if_it_is_there(graph, tmp_path, ending):
    tf.render(graph, tmp_path / f"g.{ending}")
    assert (tmp_path / f"g.{ending}").stat().st_size > 1000


def test_dot_text_is_handed_to_graphviz(graph, tmp_path, monkeypatch):
    asked = []

    class Source:
        def __init__(self, text):
            self.text = text

        def pipe(self, format):
            asked.append((self.text, format))
            return b"drawn"

    monkeypatch.setattr(shutil, "which", lambda name: "/somewhere/dot")
    monkeypatch.setattr(optional.load("graphviz"), "Source", Source)
    tf.render(graph, tmp_path / "g.png")
    tf.render(graph, tmp_path / "g.dot")
    assert (tmp_path / "g.png").read_bytes() == b"drawn"
    assert asked == [((tmp_path / "g.dot").read_text(), "png")]


def test_another_ending_is_refused(graph, tmp_path):
    with pytest.raises(ValueError, match=r"'g.webp' does not end in one of .dot, .gv, .svg, .png, .pdf"):
        tf.render(graph, "g.webp")


def test_names_cannot_break_out_of_the_file():
    picture = Picture([Box(0, Kind.OPERATION, HOSTILE, HOSTILE + "2", "")], [])
    line = next(line for line in to_dot(picture).splitlines() if line.startswith("  n0"))
    assert r'label="a\"]; evil [x=\"\\N<&> ' in line
    root = ElementTree.fromstring(to_svg(picture))
    assert HOSTILE.strip() in [text.text.strip() for text in root.iter(SVG + "text")]
