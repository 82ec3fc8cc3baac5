import pytest

from tests.programs_run import PROGRAMS, cli


def test_a_program_is_run_and_its_graph_drawn(tmp_path):
    done = cli("render", PROGRAMS / "quadratic_tensorflow.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0.0", "0.099999994", "4.9999886"]
    assert "operations drawn in quadratic_tensorflow.svg" in done.stderr
    assert "ApplyGradientDescent" in (tmp_path / "quadratic_tensorflow.svg").read_text()


@pytest.mark.parametrize(
    "ending, status, drawn",
    [("sys.exit(0)", 0, True), ("sys.exit()", 0, True), ("sys.exit(3)", 3, False), ("sys.exit('no')", 1, False)],
)
def test_a_program_that_leaves_by_itself_is_drawn_if_it_went_well(tmp_path, ending, status, drawn):
    (tmp_path / "p.py").write_text(f"import sys\nimport tensorflow as tf\ntf.constant(1.0)\n{ending}\n")
    done = cli("render", "-o", "out.dot", "p.py", cwd=tmp_path)
    assert done.returncode == status
    assert (tmp_path / "out.dot").exists() is drawn


def test_a_graph_of_the_programs_own_is_found(tmp_path):
    (tmp_path / "p.py").write_text("import tensorflow as tf\ng = tf.Graph()\nwith g.as_default():\n    tf.constant(1.0, name='mine')\n")
    assert cli("render", "-o", "out.dot", "p.py", cwd=tmp_path).returncode == 0
    assert "mine" in (tmp_path / "out.dot").read_text()


def test_no_graph_and_a_wrong_ending_are_said_plainly(tmp_path):
    (tmp_path / "p.py").write_text("print('ran')\n")
    empty = cli("render", "p.py", cwd=tmp_path)
    assert (empty.returncode, empty.stderr) == (1, "autograd-lite: p.py has built no graph\n")
    wrong = cli("render", "-o", "p.gif", "p.py", cwd=tmp_path)
    assert wrong.returncode == 2 and wrong.stdout == "" and "'p.gif' does not end in one of .svg" in wrong.stderr


def test_part_of_a_graph_is_drawn_as_asked_for(tmp_path):
    (tmp_path / "p.py").write_text(
        "import tensorflow as tf\nx = tf.placeholder(tf.float32, [2, 3], name='x')\n"
        "loss = tf.reduce_sum(tf.layers.dense(x, 4, name='layer'))\ntf.train.GradientDescentOptimizer(1.0).minimize(loss)\n"
    )
    done = cli("render", "--gradients", "hide", "--depth", "0", "--direction", "LR", "-o", "folded.dot", "p.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "folded.dot").read_text()
    assert 'rankdir="LR"' in text and "Folded: " in text and "Not shown: gradients" in text and "ApplyGradientDescent" not in text
    assert cli("render", "--scope", "layer", "-o", "layer.html", "p.py", cwd=tmp_path).returncode == 0
    page = (tmp_path / "layer.html").read_text()
    assert "Name scope layer" in page and "ApplyGradientDescent" not in page
    unknown = cli("render", "--scope", "nowhere", "p.py", cwd=tmp_path)
    assert unknown.returncode == 1 and "'nowhere' is neither a name scope nor a node of this graph" in unknown.stderr
    negative = cli("render", "--depth", "-1", "p.py", cwd=tmp_path)
    assert negative.returncode == 1 and "depth must be a whole number from 0" in negative.stderr
