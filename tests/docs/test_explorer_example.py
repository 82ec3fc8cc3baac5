"""The example page of the guide to the explorer is written when the documentation is built."""

import runpy

from tests.programs_run import ROOT
from tests.teach.explorer.test_explore import story_in


def test_the_example_is_written_and_written_again_only_when_it_changes(tmp_path):
    made = runpy.run_path(str(ROOT / "docs" / "explorer_example.py"))
    write_example, target = made["write_example"], tmp_path / "generated" / "explorer_example.html"
    write_example.__globals__["TARGET"] = target
    write_example()
    story = story_in(target.read_text(encoding="utf-8"))
    assert {"model/y_hat", "cost/loss"} <= {node["name"] for node in story["nodes"]} and len(story["updates"]) == 2
    written = target.stat().st_mtime_ns
    write_example()
    assert target.stat().st_mtime_ns == written
    target.write_text("old")
    write_example()
    assert target.stat().st_size > 1000
