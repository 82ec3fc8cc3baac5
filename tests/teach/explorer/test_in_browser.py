"""The explorer's page in a browser, from a file: it asks for nothing, complains of nothing, and its numbers are the engine's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.teach.explorer.explore import Explorer
from tests.teach.explorer.browser import Tab, executable, opened_browser
from tests.teach.explorer.test_explore import HOSTILE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="needs Chromium"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with opened_browser() as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Iterator[Tab]:
    browser.requests.clear()
    browser.complaints.clear()
    browser.window(1280, 800)
    yield browser
    assert browser.complaints == []
    assert len(browser.requests) == 1 and browser.requests[0].startswith("file://")


@pytest.fixture(autouse=True)
def empty_graph() -> Iterator[Any]:
    with tf.Graph().as_default() as graph:
        graph.seed = 1
        yield graph


def explored(loss: Any, feed_dict: Any = None, **keywords: Any) -> Explorer:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return tf.explore(loss, feed_dict, session, **keywords)


def quadratic() -> Explorer:
    w = tf.Variable(3.0, name="w")
    loss = w**2 - 10 * w + 25
    tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    return explored(loss)


def logistic() -> Explorer:
    x, y = tf.placeholder(tf.float32, [None, 2], name="x"), tf.placeholder(tf.float32, [None], name="y")
    w, b = tf.Variable([[0.5], [-0.3]], name="w"), tf.Variable(0.1, name="b")
    with tf.name_scope("model"):
        z = tf.squeeze(tf.matmul(x, w), 1) + b
    loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=z))
    tf.train.AdamOptimizer(0.5).minimize(loss)
    return explored(loss, {x: [[1, 2], [-1, 0.5], [0.3, -2]], y: [1, 0, 1]})


def convolutional() -> Explorer:
    image = tf.placeholder(tf.float32, [None, 12, 12, 1], name="image")
    maps = tf.layers.max_pooling2d(tf.layers.conv2d(image, 3, 3, activation=tf.nn.relu), 2, 2)
    logits = tf.layers.dense(tf.layers.flatten(maps), 4)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1, 3], logits=logits))
    return explored(loss, {image: np.random.RandomState(0).rand(2, 12, 12, 1)})


def with_control_flow() -> Explorer:
    x = tf.Variable(1.5, name="x")
    y = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), [0, x])[1]
    return explored(tf.cond(x > 1, lambda: y * 2, lambda: y) + x)


def opened(tab: Tab, explorer: Explorer, folder: Path) -> None:
    explorer.save(folder / "page.html")
    tab.open(folder / "page.html")


def shown(tab: Tab, node: str) -> str:
    """The words in a node's box, as a screen reader gets them."""
    found = f"[...document.querySelectorAll('.node')].find(one => one.querySelector('title').textContent === {node!r})"
    return tab.value(f"{found}?.getAttribute('aria-label')")


def test_the_keys_step_forwards_then_backwards(tab: Tab, tmp_path: Path) -> None:
    opened(tab, quadratic(), tmp_path)
    assert tab.value("document.getElementById('count').textContent") == "0 / 10"
    assert shown(tab, "pow") == "pow, Pow, value not computed yet, gradient not computed yet"
    assert shown(tab, "w") == "w, variable, value = 3, gradient not computed yet"
    tab.key("ArrowRight")
    assert shown(tab, "pow") == "pow, Pow, value = 9, gradient not computed yet"
    assert "forward" in tab.value("document.getElementById('now').textContent")
    for _ in range(4):
        tab.key("ArrowRight")
    assert shown(tab, "add") == "add, AddV2, value = 4, gradient 1"
    for _ in range(3):
        tab.key("ArrowRight")
    assert shown(tab, "w") == "w, variable, value = 3, gradient −10 so far"
    tab.key("ArrowRight")
    assert shown(tab, "w") == "w, variable, value = 3, gradient −4"
    tab.key("ArrowLeft")
    assert shown(tab, "w") == "w, variable, value = 3, gradient −10 so far"
    tab.key("End")
    assert "optimizer would change w" in tab.value("document.getElementById('now').textContent")
    assert "3.4" in tab.value("document.getElementById('panel').textContent")
    tab.key("Home")
    assert tab.value("explorer.steps.now") == 0


def test_the_buttons_do_what_the_keys_do(tab: Tab, tmp_path: Path) -> None:
    opened(tab, quadratic(), tmp_path)
    for button, step in (("next", 1), ("next", 2), ("back", 1), ("end", 10), ("reset", 0)):
        tab.value(f"document.getElementById('{button}').click()")
        assert tab.value("explorer.steps.now") == step
    tab.value("document.getElementById('play').click()")
    assert tab.value("document.getElementById('play').getAttribute('aria-pressed')") == "true"
    tab.wait_for("explorer.steps.now >= 2")
    tab.value("document.getElementById('play').click()")
    assert tab.value("document.getElementById('play').getAttribute('aria-pressed')") == "false"
    tab.value("(scrub => { scrub.value = 7; scrub.dispatchEvent(new Event('input')); })(document.getElementById('scrub'))")
    assert tab.value("explorer.steps.now") == 7


def test_each_consumer_has_a_row_and_the_sum_stands_below(tab: Tab, tmp_path: Path) -> None:
    opened(tab, quadratic(), tmp_path)
    tab.key("End")
    tab.value("explorer.selectNode(0)")
    cells = "[...one.rows].map(row => [...row.cells].map(cell => cell.textContent))"
    tables = tab.value(f"[...document.querySelectorAll('#panel table')].map(one => {cells})")
    head = ["used by", "its gradient", "× local derivative", "= contribution"]
    assert [head, ["mul (y)", "−1", "10", "−10"], ["pow (x)", "1", "6", "6"], ["sum", "−4"]] in tables
    assert any(row[3:] == ["✓ agree"] for table in tables for row in table)
    assert tab.value("document.querySelectorAll('#panel math').length") >= 1


@pytest.mark.parametrize("model", [quadratic, logistic, convolutional], ids=lambda model: model.__name__)
def test_a_slider_moves_everything_as_the_engine_would(model: Any, tab: Tab, tmp_path: Path) -> None:
    explorer = model()
    opened(tab, explorer, tmp_path)
    tab.key("End")
    leaf = next(node for node in explorer.story.nodes if node.kind.value == "variable")
    tab.value(f"explorer.selectNode({leaf.id})")
    if leaf.results[0].value.size <= 12:
        slider = "document.querySelector('#sliders input[type=range]')"
        tab.value(f"(one => {{ one.value = 0.25; one.dispatchEvent(new Event('input')); }})({slider})")
    else:
        tab.value(f"explorer.move({sum(len(node.results) for node in explorer.story.nodes[: leaf.id])}, 0, 0.25)")
    moved = leaf.results[0].value.copy()
    moved.reshape(-1)[0] = 0.25
    graph = leaf.op.graph
    loss = explorer.story.loss.tensor
    with graph.as_default(), tf.Session() as session:
        wanted = [result.tensor for result in explorer.story.leaves]
        feeds = {result.tensor: result.value for result in explorer.story.leaves} | {leaf.results[0].tensor: moved}
        expected_loss, *expected = session.run([loss, *tf.gradients(loss, wanted)], feeds)
    numbers = {id(result): place for place, result in enumerate(result for node in explorer.story.nodes for result in node.results)}
    loss_now = f"Number(explorer.valueOf({numbers[id(explorer.story.loss)]}).data[0])"
    assert tab.value(loss_now) == pytest.approx(float(expected_loss), rel=1e-4)
    for result, gradient in zip(explorer.story.leaves, expected):
        mine = tab.value(f"explorer.gradientOf({numbers[id(result)]}).data")
        np.testing.assert_allclose(mine, gradient.reshape(-1), rtol=2e-3, atol=1e-5)
    assert "differ" not in tab.value("document.getElementById('panel').textContent").replace("differences", "").replace("difference", "")
    tab.value("explorer.asRecorded()")
    assert tab.value(loss_now) == pytest.approx(float(explorer.story.loss.value), rel=1e-4)


def test_leaves_of_up_to_twelve_numbers_are_moved_when_they_are_chosen(tab: Tab, tmp_path: Path) -> None:
    x = tf.placeholder(tf.float32, [None, 4], name="x")
    hidden = tf.layers.dense(x, 3, tf.nn.relu, name="hidden")
    loss = tf.losses.mean_squared_error([[0.5]], tf.layers.dense(hidden, 1, name="out"))
    opened(tab, explored(loss, {x: [[1.0, 2.0, 3.0, 4.0]]}), tmp_path)
    labels = "[...document.querySelectorAll('.slider span')].map(one => one.textContent)"
    assert tab.value(labels) == ["out/bias[0]"]
    assert "up to 12 numbers" in tab.value("document.getElementById('sliders').textContent")
    tab.value("explorer.select('n' + explorer.data.nodes.findIndex(node => node.name === 'hidden/bias'))")
    assert tab.value(labels) == ["hidden/bias[0]", "hidden/bias[1]", "hidden/bias[2]", "out/bias[0]"]


def test_a_slider_that_saturates_a_sigmoid_brings_up_the_remark(tab: Tab, tmp_path: Path) -> None:
    x = tf.Variable(0.5, name="x")
    opened(tab, explored(tf.sigmoid(x, name="s") * 2.0), tmp_path)
    tab.key("End")
    tab.value("explorer.selectNode(explorer.data.nodes.findIndex(node => node.name === 's'))")
    assert tab.value("document.querySelectorAll('.hint').length") == 0
    tab.value("explorer.move(0, 0, 8)")
    assert tab.value("document.querySelector('.hint').textContent").startswith("Saturated: 100% of its inputs")
    assert tab.value("document.querySelectorAll('.node .warning').length") == 1


def test_scopes_fold_and_unfold_and_what_they_pass_back_stays_right(tab: Tab, tmp_path: Path) -> None:
    opened(tab, logistic(), tmp_path)
    tab.key("End")
    boxes = tab.value("explorer.drawing.boxes.size")
    gradient = shown(tab, "w")
    tab.value("document.getElementById('fold').click()")
    assert tab.value("explorer.drawing.boxes.size") < boxes
    assert shown(tab, "w") == gradient and "nodes, folded" in shown(tab, "model")
    assert "nodes are folded into 2 boxes" in tab.value("document.getElementById('notes').textContent")
    tab.value("explorer.select([...explorer.drawing.boxes.keys()].find(key => key[0] === 'g'))")
    panel = tab.value("document.getElementById('panel').textContent")
    assert "What comes in" in panel and "What goes out" in panel and "not computed yet" not in panel
    tab.key("ArrowLeft")
    tab.key("ArrowLeft")
    assert tab.value("explorer.steps.now") < tab.value("explorer.steps.last") - 2  # the steps inside a folded box count as one
    tab.value("document.getElementById('unfold').click()")
    assert tab.value("explorer.drawing.boxes.size") == boxes


def test_loops_and_conditionals_are_one_explained_box_each(tab: Tab, tmp_path: Path) -> None:
    opened(tab, with_control_flow(), tmp_path)
    tab.key("End")
    assert shown(tab, "while") == "while, loop, value = 5.063, gradient 2"
    tab.value("explorer.selectNode(explorer.data.nodes.findIndex(node => node.kind === 'loop'))")
    assert "A while loop, shown as one node" in tab.value("document.getElementById('panel').textContent")
    assert "No sliders here: while is a loop." in tab.value("document.getElementById('sliders').textContent")


def test_names_with_markup_are_shown_as_they_are_and_do_nothing(tab: Tab, tmp_path: Path) -> None:
    w = tf.Variable(3.0, name="w")
    explorer = explored(w * w, title=HOSTILE)
    for node in explorer.story.nodes:
        node.name = f"{HOSTILE}{node.id}"
    opened(tab, explorer, tmp_path)
    for _ in range(4):
        tab.key("ArrowRight")
    tab.value("(explorer.selectNode(0), document.getElementById('all').open = true)")
    tab.wait_for("document.querySelectorAll('#table td').length")
    assert tab.value("window.hacked") is None and tab.value("document.querySelectorAll('img').length") == 0
    assert tab.value("document.querySelector('#panel h2').textContent").startswith(f"{HOSTILE}0")
    assert tab.value("document.title") == " ".join(HOSTILE.split(" "))


def test_unusual_names_that_a_graph_may_have_are_no_trouble(tab: Tab, tmp_path: Path) -> None:
    w = tf.Variable(3.0, name="cluster_a")
    with tf.name_scope("digraph"), tf.name_scope("node.x-1"):
        loss = tf.multiply(w, w, name="subgraph") + tf.exp(w, name="edge")
    opened(tab, explored(loss), tmp_path)
    tab.key("End")
    assert shown(tab, "digraph/node.x-1/subgraph") == "digraph/node.x-1/subgraph, Mul, value = 9, gradient 1"


def test_two_thousand_nodes_open_folded_and_can_be_stepped_through(tab: Tab, tmp_path: Path) -> None:
    h = w = tf.Variable(0.5, name="w")
    for number in range(500):
        with tf.name_scope(f"block{number // 20}/layer{number}"):
            h = tf.tanh(h * 1.01) + w
    opened(tab, explored(h), tmp_path)
    assert tab.value("explorer.data.nodes.length") > 2000 and tab.value("explorer.drawing.boxes.size") <= 60
    assert "nodes are folded into" in tab.value("document.getElementById('notes').textContent")
    tab.key("End")
    assert tab.value("explorer.steps.gradientOf(0)") == "full"


def test_three_hundred_nodes_are_laid_out(tab: Tab, tmp_path: Path, record_property: Any) -> None:
    h = tf.Variable(0.5, name="w")
    for number in range(60):
        with tf.name_scope(f"block{number // 20}/layer{number}"):
            h = tf.tanh(h * 1.01) + 0.001
    opened(tab, explored(h), tmp_path)
    tab.value("document.getElementById('unfold').click()")
    assert tab.value("explorer.drawing.boxes.size") > 300
    record_property("milliseconds", tab.value("explorer.drawing.layoutTime"))


def test_boxes_do_not_overlap_and_their_text_fits(tab: Tab, tmp_path: Path) -> None:
    opened(tab, logistic(), tmp_path)
    tab.key("End")
    overlapping = """(() => {
        const boxes = [...document.querySelectorAll('.node .body')].map(one => one.getBoundingClientRect());
        const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        return boxes.flatMap((a, i) => boxes.slice(i + 1).filter(b => !apart(a, b))).length;
    })()"""
    assert tab.value(overlapping) == 0
    outside = """[...document.querySelectorAll('.node')].filter(node => {
        const box = node.querySelector('.body').getBoundingClientRect();
        return [...node.querySelectorAll('text')].some(text => text.getBoundingClientRect().right > box.right);
    }).length"""
    assert tab.value(outside) == 0


def test_the_page_can_be_used_without_a_mouse_and_by_ear(tab: Tab, tmp_path: Path) -> None:
    opened(tab, quadratic(), tmp_path)
    tab.key("ArrowDown")
    assert tab.value("document.activeElement.getAttribute('aria-label')") == "w, variable, value = 3, gradient not computed yet"
    tab.key("ArrowDown")
    assert tab.value("document.activeElement.getAttribute('aria-label')").startswith("pow/y, constant")
    assert tab.value("document.querySelectorAll('.node[tabindex=\"0\"]').length") == 1
    unnamed = """[...document.querySelectorAll('button, input, [role=button], svg[role], canvas')].filter(one =>
        !(one.getAttribute('aria-label') || one.textContent.trim() || one.closest('label'))).length"""
    assert tab.value(unnamed) == 0
    assert tab.value("document.getElementById('now').getAttribute('aria-live')") == "polite"


def test_dark_and_light_and_small_windows(tab: Tab, tmp_path: Path) -> None:
    tab.window(390, 800, dark=True, mobile=True)
    opened(tab, quadratic(), tmp_path)
    assert tab.value("document.documentElement.dataset.theme") == "dark"
    assert tab.value("document.documentElement.scrollWidth") <= 390
    scheme = "[document.documentElement.dataset.theme, getComputedStyle(document.documentElement).colorScheme].join()"
    tab.window(390, 800, mobile=True)
    tab.wait_for(f"{scheme} === 'light,light'")  # the page follows the system
    tab.window(390, 800, dark=True, mobile=True)
    tab.wait_for(f"{scheme} === 'dark,dark'")
    tab.value("dispatchEvent(new Event('beforeprint'))")
    assert tab.value(scheme) == "light,light" and tab.value("document.getElementById('all').open")  # on paper
    tab.value("dispatchEvent(new Event('afterprint'))")
    assert tab.value(scheme) == "dark,dark" and not tab.value("document.getElementById('all').open")
    tab.value("document.getElementById('theme').click()")
    tab.window(390, 800, mobile=True)
    tab.window(390, 800, dark=True, mobile=True)
    assert tab.value(scheme) == "light,light"  # until the reader chooses
    top = "document.getElementById('{}').getBoundingClientRect().top"
    assert tab.value(f"{top.format('side')} > {top.format('graph')}")


def test_a_frame_in_a_notebook_shows_the_same_page_and_cannot_reach_out(browser: Tab, tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><meta charset='latin-1'><body>{quadratic()._repr_html_()}", encoding="utf-8")
    browser.complaints.clear()
    browser.open(notebook, "document.querySelector('iframe')")
    targets = browser.command("Page.getFrameTree")["frameTree"]["childFrames"]
    context = browser.command("Page.createIsolatedWorld", frameId=targets[0]["frame"]["id"])["executionContextId"]

    def inside(expression: str) -> Any:
        return browser.command("Runtime.evaluate", expression=expression, contextId=context, returnByValue=True)["result"].get("value")

    for _ in range(200):
        if inside("document.documentElement?.dataset.ready") == "true":
            break
        browser.value("new Promise(done => setTimeout(done, 50))")
    assert inside("document.querySelectorAll('.node').length") == 8
    assert inside("(() => { try { return parent.document.title } catch { return 'locked' } })()") == "locked"
    assert browser.complaints == []


def test_without_scripts_the_picture_shows(browser: Tab, tmp_path: Path) -> None:
    quadratic().save(tmp_path / "page.html")
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(tmp_path / "page.html", "document.readyState === 'complete' && document.querySelector('noscript svg')")
        box = "document.querySelector('body noscript svg').getBoundingClientRect()"
        assert browser.value(f"{box}.width > 200 && {box}.height > 200 && {box}.top < 300")
        assert browser.value("document.querySelector('main').getBoundingClientRect().height") == 0
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
