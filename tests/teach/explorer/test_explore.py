import base64
import gzip
import html
import json
import os
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.teach.explorer import page
from autograd_lite.teach.explorer.explore import LARGEST_PAGE

HOSTILE = '</script><script>window.hacked=1</script>"\'<img src=x onerror=alert(1)>\u2028\u2029&amp;{{story}}'


@pytest.fixture(autouse=True)
def empty_graph():
    with tf.Graph().as_default() as graph:
        yield graph


def explored(loss, feed_dict=None, **keywords):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return tf.explore(loss, feed_dict, session, **keywords)


def quadratic():
    w = tf.Variable(3.0, name="w")
    return w**2 - 10 * w + 25


def story_in(text):
    """The data that a page carries."""
    (packed,) = re.findall(r'<script type="text/plain" id="story">([^<]*)</script>', text)
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def test_the_page_is_one_file_that_names_no_other(tmp_path):
    target = tmp_path / "quadratic.html"
    explored(quadratic()).save(target)
    text = target.read_text(encoding="utf-8")
    assert target.stat().st_size < LARGEST_PAGE
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"\s(?:src|href|action|srcset|data)\s*=|@import|url\((?!#)", markup)
    assert "default-src 'none'" in text and "innerHTML" not in text
    assert [item.name for item in tmp_path.iterdir()] == ["quadratic.html"]


def test_the_page_says_whose_work_it_carries():
    text = explored(quadratic()).html().decode()
    assert all(words in text for words in ("Graphviz 16.1.0", "EPL-2.0", "Viz.js 3.31.0", "MIT", "Expat"))
    folder = page.FOLDER / "vendor"
    assert "Eclipse Public License - v 2.0" in (folder / "EPL-2.0.md").read_text()
    assert "Permission is hereby granted" in (folder / "NOTICE.md").read_text()
    assert gzip.decompress((folder / "viz-global.js.gz").read_bytes()).startswith(b"/*!\nViz.js 3.31.0")


def test_the_same_run_gives_the_same_page():
    loss = quadratic()
    assert explored(loss).html() == explored(loss).html()


def test_the_data_of_the_page_are_those_of_the_story():
    explorer = explored(quadratic(), title="Parabola")
    data = story_in(explorer.html().decode())
    assert data["title"] == "Parabola" and data["problem"] == ""
    assert [node["name"] for node in data["nodes"]] == [node.name for node in explorer.story.nodes]
    assert [result["value"]["data"] for result in data["results"]] == [[3], [2], [9], [10], [30], [-21], [25], [4]]
    assert data["results"][0]["gradient"]["data"] == [-4]
    terms = [(data["nodes"][term["consumer"]]["name"], term["value"]["data"]) for term in data["results"][0]["terms"]]
    assert terms == [("mul", [-10]), ("pow", [6])]
    assert data["types"]["Mul"]["rule"].startswith("<math") and "<mfrac>" in data["types"]["Mul"]["derivative"]
    assert [data["nodes"][node]["name"] for node in data["backward"]] == ["add", "sub", "mul", "pow"]
    assert data["nodes"][0]["where"].startswith("test_explore.py:")


def test_a_picture_stands_where_scripts_do_not_run():
    text = explored(quadratic()).html().decode()
    (picture,) = re.findall(r"<noscript>\s*<p>.*?(<svg.*?</svg>)", text, re.DOTALL)
    assert "∂ -4" in picture and ">w<" in picture


def test_names_from_a_graph_cannot_become_markup():
    w = tf.Variable(3.0, name="w")
    explorer = explored(w * w, title=HOSTILE)
    for node in explorer.story.nodes:  # no graph is built or imported with such a name, but a page must not depend on that
        node.name = f"{HOSTILE}/{node.name}"
    text = explorer.html().decode()
    assert story_in(text)["title"] == HOSTILE and story_in(text)["nodes"][0]["name"] == f"{HOSTILE}/w"
    assert "<script>window.hacked" not in text and "<img" not in text
    title = re.findall("<title>(.*?)</title>", text)[0]
    assert html.unescape(title) == HOSTILE and "<" not in title
    ElementTree.fromstring(re.findall(r"<noscript>\s*<p>.*?(<svg.*?</svg>)", text, re.DOTALL)[0])


def test_a_notebook_shows_the_page_in_a_frame_that_is_locked_in():
    explorer = explored(quadratic())
    shown = explorer._repr_html_()
    (content,) = re.findall(r'^<iframe srcdoc="([^"]*)" sandbox="allow-scripts"', shown)
    assert html.unescape(content) == explorer.html().decode()
    assert repr(explorer) == "<Explorer of 'add': 8 nodes, 9 steps>"


@pytest.mark.parametrize("scoped", [True, False])
def test_two_thousand_nodes_make_a_page_of_ordinary_size_that_says_what_is_folded(scoped):
    h = w = tf.Variable(0.5, name="w")
    for number in range(500):
        with tf.name_scope(f"block{number // 20}/layer{number}" if scoped else None):
            h = tf.tanh(h * 1.01) + w
    text = explored(h).html()
    data = story_in(text.decode())
    assert len(text) < LARGEST_PAGE and len(data["nodes"]) > 2000
    assert "nodes are folded into" in text.decode()


def test_large_arrays_make_a_page_of_ordinary_size():
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    h = x
    for width in (512, 256, 128, 64, 10):
        h = tf.layers.dense(h, width, tf.nn.relu)
    assert len(explored(tf.reduce_mean(h), {x: np.random.RandomState(0).rand(64, 784)}).html()) < LARGEST_PAGE


def test_loops_and_conditionals_are_explained():
    x = tf.Variable(1.5, name="x")
    y = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), [0, x])[1]
    data = story_in(explored(tf.cond(x > 1, lambda: y * 2, lambda: y)).html().decode())
    assert {"loop", "conditional"} <= set(data["types"]) and "while loop" in data["types"]["loop"]["about"]
    assert data["problem"] == "while is a loop."


def test_a_path_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    explorer = explored(quadratic())
    with pytest.raises(ValueError, match="does not end in .html"):
        explorer.save(tmp_path / "page.pdf")
    with pytest.raises(FileNotFoundError):
        explorer.save(tmp_path / "missing" / "page.html")
    os.mkdir(tmp_path / "folder.html")
    with pytest.raises(OSError):
        explorer.save(tmp_path / "folder.html")
    assert [item.name for item in tmp_path.iterdir()] == ["folder.html"]


def test_wrong_arguments_are_refused_as_record_refuses_them():
    loss = quadratic()
    with tf.Session(graph=tf.Graph()) as session, pytest.raises(ValueError, match="the session runs"):
        tf.explore(loss, session=session)
    with pytest.raises(ValueError, match="no session"):
        tf.explore(loss)
    with tf.Session(), pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value w"):
        tf.explore(loss)
