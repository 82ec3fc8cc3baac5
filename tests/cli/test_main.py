import pytest

from autograd_lite.cli.main import build_parser, main
from autograd_lite.core.version import PACKAGE_VERSION
from tests.programs_run import cli


def test_the_version_names_both_versions(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith(f"autograd_lite {PACKAGE_VERSION} (TensorFlow ")


def test_help_lists_the_commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    for command in ("run", "bench", "demo", "doctor", "examples:"):
        assert command in out


def test_no_command_shows_the_help_and_fails(capsys):
    assert main([]) == 2
    assert "usage: autograd-lite" in capsys.readouterr().err


def test_what_follows_the_script_belongs_to_the_script():
    options = build_parser().parse_args(["run", "--release", "1.15", "x.py", "--release", "2.21", "--help", "-v"])
    assert (options.release, options.script, options.arguments) == ("1.15", "x.py", ["--release", "2.21", "--help", "-v"])


def test_the_module_is_the_command():
    done = cli("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Backends" in done.stdout
