"""`autograd-lite check`."""

from __future__ import annotations

from tests.programs_run import ROOT, cli

WRONG = """
import tensorflow as tf

@tf.RegisterGradient("Half")
def half(op, dy):
    return 0.5 * dy * 2.0 * op.inputs[0]

def main():
    x = tf.placeholder(tf.float32, [2])
    w = tf.Variable([1.0, 2.0], name="w")
    with tf.get_default_graph().gradient_override_map({"Square": "Half"}):
        error = tf.square(w - x, name="error")
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(error))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(train, {x: [3.0, 5.0]})
    print("trained to the end")

main()
"""


def test_a_right_program_passes_and_stops_at_its_first_step():
    done = cli("check", ROOT / "examples" / "quadratic.py")
    assert done.returncode == 0, done.stderr
    assert "All gradients are right (1 variable)." in done.stdout and "4.99" not in done.stdout


def test_a_wrong_gradient_is_found_in_a_loss_that_has_no_name(tmp_path):
    (tmp_path / "p.py").write_text(WRONG)
    done = cli("check", "p.py", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "it is 0.5 times the right one everywhere" in done.stdout and "trained to the end" not in done.stdout


def test_the_loss_can_be_named(tmp_path):
    (tmp_path / "p.py").write_text(WRONG)
    done = cli("check", "--loss", "error", "p.py", cwd=tmp_path)
    assert "Gradient check of error:0" in done.stdout
    missing = cli("check", "--loss", "nobody", "p.py", cwd=tmp_path)
    assert missing.returncode == 2 and "there is no tensor 'nobody'" in missing.stderr


def test_programs_without_a_run_or_a_loss_say_so(tmp_path):
    (tmp_path / "p.py").write_text("import tensorflow as tf\n")
    done = cli("check", "p.py", cwd=tmp_path)
    assert done.returncode == 2 and "nothing was checked: it ran no session." in done.stderr
    (tmp_path / "q.py").write_text("import tensorflow as tf\ntf.Session().run(tf.constant(1.0))\n")
    assert "no loss was found. Name it: --loss NAME" in cli("check", "q.py", cwd=tmp_path).stderr
    assert cli("check", "nowhere.py", cwd=tmp_path).returncode == 2
