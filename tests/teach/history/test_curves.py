"""The curves of a history in files and notebooks."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as tf
from autograd_lite.teach.history.panels import nice_numbers, panels_of

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def history():
    made = tf.TrainingHistory()
    for step in range(1, 101):
        made.append(step, loss=10.0 / step)
        if step % 20 == 0:
            made.append(step, {"val_loss": 11.0 / step, "test/accuracy": step / 200, "lr": 0.1})
    return made


def root_of(drawn):
    return ElementTree.fromstring(drawn.svg())


def words(drawn):
    return [text.text for text in root_of(drawn).iter(SVG + "text")]


def curves_in(drawn):
    """Name -> the points of its lines, by the order in the file."""
    groups = root_of(drawn).iter(SVG + "g")
    return {g.find(SVG + "title").text: [p.get("d") for p in g.iter(SVG + "path")] for g in groups}


def test_names_that_measure_the_same_share_a_panel(history):
    assert [(panel.title, [curve.name for curve in panel.curves]) for panel in panels_of(history)] == [
        ("loss", ["loss", "val_loss"]),
        ("accuracy", ["test/accuracy"]),
        ("lr", ["lr"]),
    ]


def test_a_picture_has_titles_a_legend_axes_and_all_points(history):
    drawn = history.plot()
    assert {"loss", "val_loss", "accuracy", "test/accuracy", "lr", "step", "100", "0.5"} <= set(words(drawn))
    assert curves_in(drawn)["loss"][0].count("L") == 99
    assert len(list(root_of(drawn).iter(SVG + "circle"))) == 15  # of the three short curves


def test_points_lie_where_the_axes_say(history):
    (panel,) = panels_of(history, "loss")
    assert panel.x.low == 1 and panel.x.high == 100 and panel.y.low < 0.1 and panel.y.high > 10
    (path,) = curves_in(history.plot(names="loss"))["loss"]
    first, last = (tuple(map(float, point.split())) for point in (path[1:].split("L")[0], path.split("L")[-1]))
    assert first[0] < last[0] and first[1] < last[1]  # to the right, and downwards on the page


@pytest.mark.parametrize("ending, start", [("svg", b"<svg"), ("html", b"<!DOCTYPE html>"), ("png", b"\x89PNG"), ("PDF", b"%PDF")])
def test_the_ending_says_how_it_is_drawn(history, tmp_path, ending, start):
    if ending in ("png", "PDF"):
        pytest.importorskip("matplotlib")
    path = tmp_path / f"curves.{ending}"
    history.plot(path, log=True, smooth=5)
    assert path.read_bytes().startswith(start)


def test_an_unknown_ending_an_unknown_name_and_a_bad_place_are_told(history, tmp_path):
    with pytest.raises(ValueError, match="does not end in one of .svg, .png, .pdf, .html"):
        history.plot(tmp_path / "x.gif")
    with pytest.raises(KeyError, match="No 'los' in this history.*Do you mean 'loss'"):
        history.plot(names=["los"])
    with pytest.raises(OSError, match="cannot be written: .*nowhere"):
        history.plot(tmp_path / "nowhere" / "x.svg")
    with pytest.raises(ValueError, match="smooth is a number of values from 1"):
        history.plot(smooth=0)
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_the_command_that_installs_it_is_told(history, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(tf.RenderError, match=r'pip install "autograd_lite\[plot\]"\nWorks without it: .svg and .html'):
        history.plot(tmp_path / "x.png")
    history.plot(tmp_path / "x.svg")


def test_values_that_are_not_finite_are_gaps_with_crosses_and_a_note():
    history = tf.TrainingHistory()
    for step, value in enumerate([1.0, 2.0, np.nan, 3.0, np.inf, 4.0, 5.0]):
        history.append(step, loss=value)
    drawn = history.plot()
    line, crosses = curves_in(drawn)["loss"]
    assert line.count("M") == 2 and crosses.count("M") == 2
    assert "loss is not finite at step 2, and at 2 of 7 steps in all" in words(drawn)


@pytest.mark.parametrize(
    "values",
    [[np.nan] * 3, [0.0], [5.0, 5.0], [-1.7e308, 1.7e308], [1e-320, 2e-320], [-1.0, -2.0], [1e300, np.inf], [1e15, 1e15 + 1]],
)
@pytest.mark.parametrize("log", [False, True])
def test_extreme_values_are_drawn_within_the_picture(values, log, tmp_path):
    history = tf.TrainingHistory()
    for step, value in enumerate(values):
        history.append(step, loss=value)
    root = root_of(history.plot(log=log))
    for circle in root.iter(SVG + "circle"):
        assert 0 <= float(circle.get("cx")) <= float(root.get("width")) and 0 <= float(circle.get("cy")) <= float(root.get("height"))
    assert "nan" not in ElementTree.tostring(root, encoding="unicode").replace("NaN", "")
    if "matplotlib" in sys.modules:
        history.plot(tmp_path / "x.png", log=log)


def test_a_long_curve_keeps_its_peaks():
    history = tf.TrainingHistory()
    for step in range(20_000):
        history.append(step, loss=1000.0 if step == 12_345 else 1.0)
    (panel,) = panels_of(history)
    assert len(panel.curves[0].steps) <= 1002 and 12_345 in panel.curves[0].steps


def test_smoothing_shows_means_of_long_curves_only(history):
    loss, validation = panels_of(history, smooth=10)[0].curves
    assert validation.smooth is None
    np.testing.assert_allclose(loss.smooth[-1], history["loss"][-10:].mean())
    np.testing.assert_allclose(loss.smooth[3], history["loss"][:4].mean())


def test_of_many_names_the_rest_is_counted():
    history = tf.TrainingHistory()
    history.append(1, {f"weight{number}": number for number in range(40)})
    drawn = history.plot()
    assert "Not shown: 28 more names, such as weight12; plot(names=[...]) shows them." in " ".join(words(drawn))
    assert len(panels_of(history, [f"weight{number}" for number in range(40)])) == 40


def test_an_empty_history_says_so():
    assert "Nothing is recorded yet." in words(tf.TrainingHistory().plot())
    assert set(tf.TrainingHistory()._repr_mimebundle_()) == {"text/plain"}


def test_a_notebook_shows_curves_and_table(history):
    bundle = history._repr_mimebundle_(include=None, exclude=None)
    assert bundle["text/plain"] == repr(history)
    root = ElementTree.fromstring(bundle["text/html"])
    assert root.find(SVG + "svg") is not None and [cell.text for cell in root.iter("th")] == ["name", "values", "first", "last", "best"]
    shown = history.plot(names="loss")
    assert repr(shown) == repr(history) and shown._repr_mimebundle_()["image/svg+xml"] == shown.svg()


def test_a_hostile_name_is_only_a_word(tmp_path):
    name = '</text><script>alert("1")</script>$x_'
    history = tf.TrainingHistory()
    history.append(1, {name: 1.0, "val_" + name: np.nan})
    html = history._repr_mimebundle_()["text/html"]
    assert "<script" not in html and "&lt;script&gt;" in html
    history.plot(tmp_path / "x.html")
    assert (tmp_path / "x.html").read_text().count("<script") == 1  # the page's own
    if "matplotlib" in sys.modules:
        history.plot(tmp_path / "x.png")


def test_the_same_history_gives_the_same_bytes(history):
    assert history.plot().svg() == history.plot().svg()


@pytest.mark.parametrize("low, high", [(0.0, 1.0), (-3.0, 1e6), (1e-9, 2e-9), (0.0, 7.0), (-1e308, 1e308)])
def test_numbers_at_an_axis_are_few_and_within_it(low, high):
    found = nice_numbers(low, high)
    assert 2 <= len(found) <= 6 and found[0] >= low - 1e-9 * (high - low) and found[-1] <= high + 1e-9 * (high - low)
