"""The gallery is what the library draws, and its pictures can be read: no text lies on another."""

import importlib
import sys
from xml.etree import ElementTree

import pytest

from autograd_lite.teach.render.text_width import text_width
from tests.structure.source_files import ROOT

SVG = "{http://www.w3.org/2000/svg}"
sys.path.insert(0, str(ROOT / "docs"))
try:
    gallery = importlib.import_module("gallery_pictures")
finally:
    sys.path.remove(str(ROOT / "docs"))
NAMES = list(gallery.GALLERY)


def test_the_gallery_has_what_a_course_draws():
    assert {"quadratic", "softmax", "mlp", "lenet", "lstm_cell", "while_loop", "batch_norm"} <= set(NAMES)
    files = {f"{name}.svg" for name in NAMES} | {"index.md"}
    assert {file.name for file in gallery.FOLDER.iterdir()} == files, "run python docs/gallery_pictures.py"
    assert (gallery.FOLDER / "index.md").read_text(encoding="utf-8") == gallery.page(), "run python docs/gallery_pictures.py"


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_the_one_that_the_library_draws(name, tmp_path):
    gallery.picture(name, str(tmp_path / "picture.svg"))
    drawn = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert drawn == (gallery.FOLDER / f"{name}.svg").read_text(encoding="utf-8"), "run python docs/gallery_pictures.py"


@pytest.mark.parametrize("name", NAMES)
def test_no_text_lies_on_another_or_outside(name):
    root = ElementTree.parse(gallery.FOLDER / f"{name}.svg").getroot()
    width, height = float(root.get("width")), float(root.get("height"))
    boxes = []
    for part in (root, root.find(f"{SVG}g")):
        x0, y0 = map(float, part.get("transform", "translate(0 0)")[10:-1].split())
        groups = [part, *part.findall(f"{SVG}g[{SVG}title]")]
        for text in (text for group in groups for text in group.findall(f"{SVG}text")):
            size = float(text.get("font-size", 12))
            wide = text_width(text.text, size, text.get("font-weight") == "bold")
            left = x0 + float(text.get("x")) - (0 if text.get("text-anchor") == "start" else wide / 2)
            base = y0 + float(text.get("y"))
            boxes.append((left, left + wide, base - 0.72 * size, base, text.text))
    assert len(boxes) > 10
    for number, (left, right, top, bottom, words) in enumerate(boxes):
        assert left >= 0 and right <= width and top >= 0 and bottom <= height, words
        for other_left, other_right, other_top, other_bottom, other in boxes[:number]:
            apart = left >= other_right or other_left >= right or top >= other_bottom or other_top >= bottom
            assert apart, (words, other)
