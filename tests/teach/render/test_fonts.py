"""The letters that come along: enough of them, as wide as the layout takes them to be, under a licence that says that we may."""

import pytest

from autograd_lite.teach.render.engines import FONTS, _fonts
from autograd_lite.teach.render.text_width import text_width

ASCII = "".join(map(chr, range(32, 127)))


@pytest.mark.parametrize("name, bold", [("DejaVuSans.ttf", False), ("DejaVuSans-Bold.ttf", True)])
def test_letters_are_as_wide_as_the_table_says(name, bold):
    fonts = pytest.importorskip("fontTools.ttLib")
    font = fonts.TTFont(FONTS / name)
    letters, widths, unit = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    for letter in ASCII:
        assert text_width(letter, 1000, bold) == pytest.approx(1000 * widths[letters[ord(letter)]][0] / unit, abs=0.51), letter
    assert all(ord(letter) in letters for letter in "\u2026\u25a0éüßλμσ∂∇→≤∑√")


def test_text_is_as_wide_as_its_letters_and_grows_with_its_size():
    assert text_width(ASCII, 12) == pytest.approx(sum(text_width(letter, 12) for letter in ASCII))
    assert text_width("ab", 24) == pytest.approx(2 * text_width("ab", 12)) and text_width("ab", 12, True) > text_width("ab", 12)
    assert text_width("", 12) == 0 and text_width("日", 12) == 12


def test_the_fonts_are_small_and_their_licence_is_with_them():
    assert sum(file.stat().st_size for file in FONTS.iterdir()) < 200_000
    licence = (FONTS / "LICENSE.txt").read_text(encoding="utf-8")
    assert "Bitstream Vera Fonts Copyright" in licence and "Arev Fonts Copyright" in licence


def test_the_fonts_of_the_machine_are_asked_for_letters_beyond_them_only(tmp_path):
    for text, asked in (("MatMul \u2026 é λ →", False), ("日本語", True)):
        with open(_fonts(str(tmp_path), text), encoding="utf-8") as file:
            configuration = file.read()
        assert str(FONTS) in configuration and ("/etc/fonts/fonts.conf" in configuration) is asked
