import textwrap

import pytest

from tests.programs_run import PROGRAMS, cli

DIGITS = ["0.0", "0.099999994", "4.9999886"]


def write(tmp_path, text, name="program.py"):
    path = tmp_path / name
    path.write_text(textwrap.dedent(text))
    return path


@pytest.mark.parametrize(
    "program, lines",
    [
        ("quadratic_tensorflow.py", DIGITS),
        ("quadratic_operators_tensorflow.py", DIGITS * 2),
        ("quadratic_compat_v1.py", DIGITS),
        ("quadratic_placeholder_tensorflow.py", DIGITS),
    ],
)
def test_unedited_programs_print_tensorflows_digits(program, lines):
    done = cli("run", PROGRAMS / program)
    assert done.stdout.split() == lines, done.stderr
    assert done.stderr == ""
    assert done.returncode == 0


def test_placeholders_without_a_shape_take_single_numbers_and_whole_arrays():
    done = cli("run", PROGRAMS / "linear_regression_compat_v1.py")
    assert done.stderr == ""
    # As TensorFlow 2.21 (compat.v1) prints it.
    assert done.stdout.splitlines() == [
        "0005 0.60833 0.52349 0.41989",
        "0010 0.02704 0.37267 0.40094",
        "0015 0.01428 0.34983 0.40093",
        "0020 0.01383 0.34603 0.40371",
        "Tensor(\"Add:0\", dtype=float32) truediv:0 GradientDescent <tf.Variable 'weight:0' shape=() dtype=float32_ref> bias:0",
    ]


def test_an_unedited_tutorial_with_flags_and_mnist_learns(tmp_path):
    done = cli("run", PROGRAMS / "softmax_tensorflow.py", "--steps", "60", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 0.75


def test_a_program_sees_what_python_would_show_it(tmp_path):
    write(tmp_path, "value = 7\n", "neighbour.py")
    program = write(
        tmp_path,
        """
        import sys, neighbour
        class Here: pass
        print(sys.argv[1:], __name__, __file__ == sys.argv[0], neighbour.value, Here.__module__, sys.modules["__main__"].Here is Here)
        """,
    )
    done = cli("run", program, "--release", "a b", "-x")
    assert done.stdout == "['--release', 'a b', '-x'] __main__ True 7 __main__ True\n"


@pytest.mark.parametrize("ending, status", [("sys.exit(3)", 3), ("sys.exit()", 0), ("sys.exit('no')", 1), ("raise KeyError", 1), ("", 0)])
def test_the_exit_status_is_the_programs(tmp_path, ending, status):
    assert cli("run", write(tmp_path, f"import sys\n{ending}\n")).returncode == status


@pytest.mark.parametrize(
    "importing, options, environment, release",
    [
        ("import tensorflow as tf", [], {}, "1.15.5"),
        ("import tensorflow.compat.v1 as tf", [], {}, "2.21.0"),
        ("from tensorflow.compat import v1 as tf", [], {}, "2.21.0"),
        ("import tensorflow.compat.v1 as tf", ["--release", "1.15"], {}, "1.15.5"),
        ("import tensorflow.compat.v1 as tf", [], {"AUTOGRAD_LITE_RELEASE": "1.15"}, "1.15.5"),
        ("import tensorflow as tf", ["--release", "2.21"], {}, "2.21.0"),
        ("import autograd_lite as tf", [], {}, "1.15.5"),
    ],
)
def test_the_release_follows_the_option_then_the_environment_then_the_import(tmp_path, importing, options, environment, release):
    done = cli("run", *options, write(tmp_path, f"{importing}\nprint(tf.__version__)\n"), **environment)
    assert done.stdout == f"{release}\n", done.stderr


def test_the_backend_is_chosen_by_option(tmp_path):
    program = write(tmp_path, "from autograd_lite.backends.registry import get_backend\nprint(get_backend().name)\n")
    assert cli("run", "--backend", "strict", program).stdout == "strict\n"
    refused = cli("run", "--backend", "abacus", program)
    assert refused.returncode == 2 and "invalid choice: 'abacus'" in refused.stderr


def test_app_run_finds_the_programs_main_by_itself(tmp_path):
    program = """
    import tensorflow as tf
    flags = tf.app.flags
    flags.DEFINE_integer("n", 1, "how many")
    def main(_):
        print(flags.FLAGS.n)
    if __name__ == "__main__":
        tf.app.run()
    """
    assert cli("run", write(tmp_path, program), "--n=5").stdout == "5\n"


FAILING = """
import tensorflow as tf

def read(name):
    return tf.gfile.GFile(name).read()

read("no-such-file")
"""


def test_a_traceback_shows_the_programs_lines_only(tmp_path):
    done = cli("run", write(tmp_path, FAILING))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert [line.split(", ")[1:] for line in lines if line.startswith("  File ")] == [["line 7", "in <module>"], ["line 5", "in read"]]
    assert "NotFoundError: no-such-file; No such file or directory" in done.stderr
    assert "inside autograd_lite; autograd-lite run --full-traceback shows all" in lines[-1]


def test_what_went_on_inside_this_library_before_an_error_is_left_out(tmp_path):
    program = "import tensorflow as tf\nw = tf.Variable(1.0)\nwith tf.Session() as s:\n    s.run(w)\n"
    done = cli("run", write(tmp_path, program))
    assert done.stderr.count("Traceback") == 1
    assert "direct cause" not in done.stderr
    assert "FailedPreconditionError: Attempting to use uninitialized value Variable" in done.stderr


def test_the_whole_traceback_comes_when_asked_for(tmp_path):
    done = cli("run", "--full-traceback", write(tmp_path, FAILING))
    assert "gfile.py" in done.stderr and "left out" not in done.stderr


def test_a_syntax_error_is_shown_as_python_shows_it(tmp_path):
    done = cli("run", write(tmp_path, "x = = 1\n"))
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].endswith('program.py", line 1')
    assert "Traceback" not in done.stderr and "SyntaxError: invalid syntax" in done.stderr


def test_an_error_raised_from_another_shows_both(tmp_path):
    done = cli("run", write(tmp_path, "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('x') from e\n"))
    assert "ZeroDivisionError" in done.stderr and "direct cause" in done.stderr and "ValueError: x" in done.stderr
    assert "autograd_lite" not in done.stderr


def test_a_missing_script_is_said_plainly():
    done = cli("run", "nope.py")
    assert (done.returncode, done.stderr) == (2, "autograd-lite: can't open file 'nope.py': No such file or directory\n")
