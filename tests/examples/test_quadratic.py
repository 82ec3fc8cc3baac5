from tests.programs_run import ROOT, python

DIGITS = ["0.0", "0.099999994", "4.9999886"]


def test_every_way_of_saying_it_prints_tensorflows_digits():
    done = python(ROOT / "examples" / "quadratic.py")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 6 * 4
    for start in range(0, len(lines), 4):
        assert lines[start].startswith("cost from ")
        assert lines[start + 1 : start + 4] == DIGITS
