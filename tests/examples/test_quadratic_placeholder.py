from tests.programs_run import ROOT, python


def test_other_coefficients_give_other_minima_with_tensorflows_digits():
    done = python(ROOT / "examples" / "quadratic_placeholder.py")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "1 * w**2 + -10 * w + 25, smallest at w = 5",
        "0.0",
        "0.099999994",
        "4.9999886 with cost 0.0",
        "1 * w**2 + -20 * w + 100, smallest at w = 10",
        "0.0",
        "0.19999999",
        "9.999977 with cost 0.0",
        "2 * w**2 + 8 * w + 8, smallest at w = -2",
        "0.0",
        "-0.08",
        "-1.9999986 with cost 0.0",
    ]
