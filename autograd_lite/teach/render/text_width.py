"""How wide text is: DejaVu Sans, in which pictures are drawn; Verdana is as wide, other sans-serif fonts are narrower."""

from __future__ import annotations

import unicodedata

# Thousandths of the font's size, for the characters from space to "~".
_REGULAR = """
318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 636 636 636 636 636 636 636 636 636 636 337 337 838 838 838 531
1000 684 686 698 770 632 575 775 752 295 295 656 557 863 748 787 603 787 695 635 611 732 684 989 685 611 685 390 337 390 838 500
500 613 635 550 635 615 352 635 634 278 278 579 278 974 634 612 635 635 411 521 392 634 592 818 592 592 525 636 337 636 838
"""
_BOLD = """
348 456 521 838 696 1002 872 306 457 457 523 838 380 415 380 365 696 696 696 696 696 696 696 696 696 696 400 400 838 838 838 580
1000 774 762 734 830 683 683 821 837 372 372 775 637 995 837 850 733 850 770 720 682 812 774 1103 771 724 725 457 365 457 838 500
500 675 716 593 716 678 435 716 712 343 343 665 343 1042 712 687 716 716 493 595 478 712 652 924 645 652 582 712 365 712 838
"""
_FIRST = 32
_WIDTHS = {bold: [int(word) / 1000 for word in (_BOLD if bold else _REGULAR).split()] for bold in (False, True)}
_OTHER, _WIDE = 0.85, 1.0  # of letters that are not in the table, and of those of the Far East


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text in the unit of `size`.

    >>> round(text_width("MatMul", 12, bold=True), 1) > round(text_width("MatMul", 12), 1) > 40
    True
    """
    widths = _WIDTHS[bold]
    return size * sum(widths[ord(letter) - _FIRST] if " " <= letter <= "~" else _other(letter) for letter in text)


def _other(letter: str) -> float:
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else _OTHER
