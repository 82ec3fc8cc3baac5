"""`autograd-lite bench`."""

import json

from autograd_lite.cli import bench, main


def test_everything_after_the_command_goes_to_the_suite(tmp_path):
    out = tmp_path / "out.json"
    options = ["--only", "constant", "--engines", "autograd_lite", "--rounds", "1", "--seconds", "0.01", "--json", str(out)]
    status = main.main(["bench", *options])
    assert status == 0
    assert json.loads(out.read_text())["programs"][0]["name"] == "constant"


def test_an_installed_package_says_where_the_suite_is(tmp_path, capsys):
    assert bench.bench([], tmp_path) == 2
    assert "python -m benchmarks" in capsys.readouterr().err
