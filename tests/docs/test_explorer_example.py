"""The saved page of the guide to the explorer is one that the library of today would write."""

import re
import runpy

import numpy as np

from tests.programs_run import ROOT
from tests.teach.explorer.test_explore import story_in

SAVED = ROOT / "docs" / "static" / "explorer_example.html"


def test_the_saved_page_has_the_scripts_and_the_numbers_of_today():
    saved = SAVED.read_text(encoding="utf-8")
    fresh = runpy.run_path(str(ROOT / "docs" / "explorer_example.py"))["logistic_regression"]().html().decode("utf-8")
    scripts = re.compile(r"<style>.*?</style>|<script>.*?</script>", re.DOTALL)
    assert scripts.findall(saved) == scripts.findall(fresh), "run python docs/explorer_example.py"
    then, now = story_in(saved), story_in(fresh)
    assert [node["name"] for node in then["nodes"]] == [node["name"] for node in now["nodes"]]
    for old, new in zip(then["results"], now["results"], strict=True):
        for what in ("value", "gradient"):
            if what in new:
                np.testing.assert_allclose(old[what]["data"], new[what]["data"], rtol=1e-4, atol=1e-6)
