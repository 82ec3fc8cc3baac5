import base64
import hashlib
import os
import shutil
import stat
from xml.etree import ElementTree

import pytest

import autograd_lite as tf
from autograd_lite.core import optional
from autograd_lite.teach.render import engines, plot, render
from autograd_lite.teach.render.dot import to_dot
from autograd_lite.teach.render.picture import describe

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def graph():
    with tf.Graph().as_default() as made:
        w = tf.Variable(0.0, name="w")
        x = tf.placeholder(tf.float32, [], name="x")
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(w - x, name="loss"))
    return made


@pytest.fixture
def no_graphviz(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: None)


def words(path):
    return [text.text for text in ElementTree.parse(path).getroot().iter(SVG + "text")]


def test_svg_needs_no_other_program(graph, tmp_path, no_graphviz):
    graph.render(tmp_path / "g.svg")
    assert {"Placeholder", "w", "ApplyGradientDescent", "variable", "gradient"} <= set(words(tmp_path / "g.svg"))
    assert "init" not in words(tmp_path / "g.svg")


def test_the_same_graph_gives_the_same_bytes(graph, tmp_path):
    graph.render(tmp_path / "a.svg", engine="own")
    tf.render(graph, tmp_path / "b.svg", engine="own")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_png_and_pdf_are_drawn_by_matplotlib_without_graphviz(graph, tmp_path, no_graphviz):
    pytest.importorskip("matplotlib")
    graph.render(tmp_path / "g.png")
    graph.render(tmp_path / "g.PDF", direction="LR")
    assert (tmp_path / "g.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert (tmp_path / "g.PDF").read_bytes()[:5] == b"%PDF-"


def test_what_always_works_works_without_anything(graph, tmp_path, no_graphviz, monkeypatch):
    monkeypatch.setattr(optional, "available", lambda name: False)
    for ending in ("svg", "html", "dot", "gv"):
        graph.render(tmp_path / f"g.{ending}")
        assert (tmp_path / f"g.{ending}").stat().st_size > 1000


def test_a_missing_drawer_says_what_was_tried_and_what_to_install_and_writes_nothing(graph, tmp_path, no_graphviz, monkeypatch):
    monkeypatch.setattr(optional, "available", lambda name: False)
    with pytest.raises(tf.RenderError) as caught:
        graph.render(tmp_path / "g.png")
    said = str(caught.value)
    assert "Tried: `dot` on PATH (not found), package pygraphviz (not installed), matplotlib (not installed)." in said
    assert 'pip install "autograd_lite[draw]"' in said and "Works without any of them: .svg, .html and .dot." in said
    assert os.listdir(tmp_path) == []


def program(folder, text):
    path = folder / "dot"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for dot is a shell script")
def test_the_program_dot_comes_first_and_is_given_the_text(graph, tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder, f'cat > "{tmp_path}/given"; echo "drawn $1"; test -f "$FONTCONFIG_FILE"')
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    graph.render(tmp_path / "g.png")
    graph.render(tmp_path / "g.dot")
    assert (tmp_path / "g.png").read_text() == "drawn -Tpng\n"
    assert (tmp_path / "given").read_text() == (tmp_path / "g.dot").read_text()


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for dot is a shell script")
@pytest.mark.parametrize(
    "script, said", [("echo broken >&2; exit 3", r"failed with status 3: broken"), ("exec sleep 20", r"not ready after 0 s; depth= folds")]
)
def test_a_dot_that_fails_or_hangs_is_told_and_the_next_way_is_taken(graph, tmp_path, monkeypatch, script, said):
    program(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(engines, "TIME_LIMIT", 0.3)
    with pytest.raises(tf.RenderError, match=said):
        graph.render(tmp_path / "g.svg", engine="dot")
    assert not (tmp_path / "g.svg").exists()
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda name: None)
    graph.render(tmp_path / "g.svg")
    assert "variable" in words(tmp_path / "g.svg")


def test_graphviz_is_never_asked_for_a_format_that_is_not_on_the_list():
    with pytest.raises(ValueError, match="svg, png, pdf only"):
        engines.draw_by_pygraphviz("digraph {}", "webp") if engines.importlib.util.find_spec("pygraphviz") else engines._known("webp")


def needs(engine):
    there = shutil.which("dot") if engine == "dot" else engines.importlib.util.find_spec("pygraphviz")
    return pytest.mark.skipif(not there, reason=f"{engine} is not installed")


@pytest.mark.parametrize("engine", [pytest.param("dot", marks=needs("dot")), pytest.param("pygraphviz", marks=needs("pygraphviz"))])
def test_graphviz_draws_if_it_is_there(graph, tmp_path, engine):
    for ending, start in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF-")):
        graph.render(tmp_path / f"g.{ending}", engine=engine)
        assert (tmp_path / f"g.{ending}").read_bytes().startswith(start)
    shown = words(tmp_path / "g.svg")
    assert {"Placeholder", "ApplyGradientDescent", "w", "float32 []"} <= set(shown)  # every label is there, in the first picture too


@pytest.mark.parametrize("name, value, wanted", [
    ("direction", "up", "direction must be one of 'TB', 'LR', received 'up'"),
    ("gradients", "no", "gradients must be one of 'show', 'fold', 'hide', received 'no'"),
    ("show", "colours", "show must be one of 'shapes', 'dtypes', 'values', 'gradients', received 'colours'"),
    ("engine", "paint", "engine must be one of None, 'dot', 'pygraphviz', 'own', received 'paint'"),
    ("depth", -1, "depth must be a whole number from 0, or None, received -1"),
])  # fmt: skip
def test_a_wrong_argument_is_told(graph, tmp_path, name, value, wanted):
    with pytest.raises(ValueError, match="^" + wanted):
        graph.render(tmp_path / "g.svg", **{name: value})
    assert os.listdir(tmp_path) == []


def test_another_ending_is_refused(graph):
    with pytest.raises(ValueError, match=r"'g.webp' does not end in one of .svg, .png, .pdf, .html, .dot, .gv"):
        graph.render("g.webp")


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_left(graph, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"The picture cannot be written: No such file or directory: '.*nowhere.g.svg'"):
        graph.render(tmp_path / "nowhere" / "g.svg")
    (tmp_path / "g.svg").mkdir()
    with pytest.raises(OSError, match="The picture cannot be written"):
        graph.render(tmp_path / "g.svg")
    assert os.listdir(tmp_path) == ["g.svg"]


def test_something_of_another_graph_is_refused(graph, tmp_path):
    with tf.Graph().as_default():
        other = tf.constant(1.0, name="other")
    with pytest.raises(ValueError, match=r"other:0 is not an element of this graph"):
        graph.render(tmp_path / "g.svg", other)
    with pytest.raises(ValueError, match="is not an element of this graph"):
        tf.render([graph.get_tensor_by_name("loss:0"), other], tmp_path / "g.svg")


def test_an_unknown_scope_is_told_with_the_nearest_names(graph, tmp_path):
    with pytest.raises(KeyError, match=r"'losss' is neither a name scope nor a node(.|\n)*The nearest names: loss"):
        graph.render(tmp_path / "g.svg", "losss")
    with pytest.raises(TypeError, match="cannot be drawn: a graph, a tensor"):
        graph.render(tmp_path / "g.svg", 3.5)


def test_rendering_from_left_to_right_turns_the_flow(graph, tmp_path):
    graph.render(tmp_path / "g.dot", direction="LR")
    assert 'rankdir="LR"' in (tmp_path / "g.dot").read_text()
    graph.render(tmp_path / "tall.svg", engine="own")
    graph.render(tmp_path / "wide.svg", engine="own", direction="LR")
    tall, wide = (ElementTree.parse(tmp_path / name).getroot() for name in ("tall.svg", "wide.svg"))
    assert float(tall.get("height")) > float(tall.get("width")) and float(wide.get("width")) > float(wide.get("height"))


def test_name_scopes_are_clusters_for_graphviz(graph):
    text = to_dot(describe(graph))
    assert text.count("subgraph") == len(describe(graph).frames) > 0
    assert text.count("{") == text.count("}")


def test_graphviz_is_told_to_put_the_backward_pass_below_the_loss(graph):
    picture = describe(graph)
    loss = next(box for box in picture.boxes if box.name == "loss")
    first = next(box for box in picture.boxes if box.name == "gradients/grad_ys_0")
    assert f'n{loss.id} -> n{first.id} [style="invis"];' in to_dot(picture)
    assert "invis" not in to_dot(describe(graph, gradients="hide"))


def test_a_chain_of_two_thousand_nodes_is_drawn(tmp_path):
    with tf.Graph().as_default() as graph:
        x = tf.constant(1.0, name="x")
        for _ in range(1999):
            x = tf.negative(x)
    graph.render(tmp_path / "g.svg", engine="own", depth=99)
    assert words(tmp_path / "g.svg").count("Neg") == 1999
    graph.render(tmp_path / "folded.svg", engine="own")
    assert words(tmp_path / "folded.svg").count("50 nodes") == 40


def test_a_picture_that_is_too_large_for_a_png_says_how_small_it_is_drawn(monkeypatch):
    pytest.importorskip("matplotlib")
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [], name="x")
        for _ in range(40):
            x = tf.negative(x)
    written = []
    monkeypatch.setattr(plot._Canvas, "text", lambda canvas, words, *place, **look: written.append(words))
    monkeypatch.setattr(plot, "_MOST_DOTS", 1_000)
    plot.draw(describe(graph), "png")
    note = " ".join(written[-3:])  # in lines of the width of the picture
    note = note[note.index("Drawn at") :]
    assert "% of its size, for a PNG has at most 1,000 dots a side:" in note
    written.clear()
    plot.draw(describe(graph), "pdf")
    assert not any(words.startswith("Drawn at") for words in written)


def test_with_very_many_arrows_graphviz_is_given_no_labels_and_the_picture_says_so():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [3, 4], name="x")
        for _ in range(110):
            x = tf.add(x, tf.negative(x))
    text = to_dot(describe(graph))
    assert "With so many arrows their shapes are tooltips only." in text and 'label="[3,4]"' not in text
    assert 'label="", tooltip="Neg:0 [3,4]"' in text and "nslimit=2" in text
    few = to_dot(describe(graph.get_tensor_by_name("Add_3:0")))
    assert 'label="[3,4]"' in few and "nslimit" not in few


def test_after_a_minute_of_one_graphviz_the_other_is_not_asked(graph, tmp_path, monkeypatch):
    def too_slow(text, file_format):
        raise engines.TooSlow("`dot` on PATH (not ready after 60 s)")

    monkeypatch.setattr(render, "draw_by_dot", too_slow)
    monkeypatch.setattr(render, "draw_by_pygraphviz", lambda text, file_format: pytest.fail("asked"))
    graph.render(tmp_path / "g.svg")
    assert "variable" in words(tmp_path / "g.svg")


def test_a_page_has_the_picture_and_needs_nothing_from_elsewhere(graph, tmp_path):
    graph.render(tmp_path / "g.html", "loss", direction="LR")
    page = (tmp_path / "g.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "<title>Graph of loss</title>" in page
    assert "<svg xmlns=" in page and ">Placeholder</text>" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    script = page.partition("<script>")[2].partition("</script>")[0]
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in page
