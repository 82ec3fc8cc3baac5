import textwrap

import pytest

from tests.programs_run import PROGRAMS, cli
from tests.teach.explorer.test_explore import story_in


def names(page):
    return [node["name"] for node in story_in(page.read_text(encoding="utf-8"))["nodes"]]


def test_a_program_is_run_and_its_loss_explored(tmp_path):
    done = cli("explore", PROGRAMS / "quadratic_tensorflow.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0.0", "0.099999994", "4.9999886"]
    assert "<Explorer of 'Add_1': 8 nodes, 10 steps> written to quadratic_tensorflow.html" in done.stderr
    data = story_in((tmp_path / "quadratic_tensorflow.html").read_text(encoding="utf-8"))
    assert data["results"][0]["value"]["data"] == [pytest.approx(4.9999886)]


def test_what_was_fed_last_is_fed_again_and_the_session_may_be_left_open(tmp_path):
    (tmp_path / "p.py").write_text(
        "import tensorflow as tf\n"
        "x = tf.placeholder(tf.float32, name='x')\n"
        "w = tf.Variable(2.0, name='w')\n"
        "train = tf.train.GradientDescentOptimizer(0.0).minimize(w * x)\n"
        "s = tf.Session()\n"
        "s.run(w.initializer)\n"
        "for value in (1.0, 5.0):\n"
        "    s.run(train, {x: value})\n"
    )
    done = cli("explore", "-o", "page.html", "p.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    results = story_in((tmp_path / "page.html").read_text(encoding="utf-8"))["results"]
    assert [result["value"]["data"] for result in results] == [[5], [2], [10]]


def test_a_loss_can_be_named(tmp_path):
    (tmp_path / "p.py").write_text(
        "import tensorflow as tf\n"
        "w = tf.Variable(2.0, name='w')\n"
        "y = tf.square(w, name='mine')\n"
        "with tf.Session() as s:\n"
        "    s.run(w.initializer)\n"
        "    print(s.run(y))\n"
    )
    unnamed = cli("explore", "p.py", cwd=tmp_path)
    assert unnamed.returncode == 1 and "no loss was found. Name it: --loss NAME" in unnamed.stderr
    named = cli("explore", "--loss", "mine", "p.py", cwd=tmp_path)
    assert named.returncode == 0 and names(tmp_path / "p.html") == ["w", "mine"]
    unknown = cli("explore", "--loss", "yours", "p.py", cwd=tmp_path)
    assert unknown.returncode == 1 and "yours" in unknown.stderr and "Traceback" not in unknown.stderr


def test_no_session_and_a_wrong_ending_are_said_plainly(tmp_path):
    (tmp_path / "p.py").write_text("print('ran')\n")
    empty = cli("explore", "p.py", cwd=tmp_path)
    assert (empty.returncode, empty.stderr) == (1, "autograd-lite: p.py has run no session\n")
    wrong = cli("explore", "-o", "p.pdf", "p.py", cwd=tmp_path)
    assert wrong.returncode == 2 and wrong.stdout == "" and "does not end in .html" in wrong.stderr


def test_the_loss_is_what_was_differentiated_though_its_last_operation_adds_no_node_to_the_backward_pass(tmp_path):
    program = """
        import autograd_lite as tf
        def build():
            w = tf.Variable(0.0)
            return tf.train.GradientDescentOptimizer(0.1).minimize(w**2 - 10 * w + 25)
        train = build()
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            session.run(train)
    """
    (tmp_path / "p.py").write_text(textwrap.dedent(program))
    assert "<Explorer of 'add': 8 nodes" in cli("explore", "p.py", cwd=tmp_path).stderr
    assert "Gradient check of add:0" in cli("check", "p.py", cwd=tmp_path).stdout
