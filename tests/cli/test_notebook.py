import importlib
import sys

import pytest

import autograd_lite
from autograd_lite.core.release import get_release, set_release
from tests.programs_run import python


@pytest.fixture
def no_tensorflow():
    autograd_lite.unload_ipython_extension(None)  # another test may have left it
    if "tensorflow" in sys.modules:
        pytest.skip("TensorFlow itself is imported in this process")
    release = get_release()
    yield
    autograd_lite.unload_ipython_extension(None)
    set_release(release)


def test_the_extension_installs_the_alias_and_says_so_once(no_tensorflow, capsys):
    autograd_lite.load_ipython_extension(None)
    importlib.import_module("tensorflow")
    importlib.import_module("tensorflow.gfile")
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "`import tensorflow` now gives autograd_lite" in out


def test_a_notebook_runs_the_first_program(tmp_path):
    pytest.importorskip("IPython")
    lines = [
        "get_ipython().run_line_magic('load_ext', 'autograd_lite')",
        "import tensorflow as tf",
        "w = tf.Variable(0.0)",
        "train = tf.train.GradientDescentOptimizer(0.01).minimize(w**2 - 10 * w + 25)",
        "session = tf.InteractiveSession()",
        "tf.global_variables_initializer().run()",
        "train.run()",
        "print(w.eval())",
    ]
    done = python("-m", "IPython", "--no-banner", "-c", "\n".join(lines), IPYTHONDIR=str(tmp_path))
    assert "`import tensorflow` now gives autograd_lite" in done.stdout, done.stderr
    assert done.stdout.endswith("0.099999994\n"), done.stderr


def test_unloading_takes_the_alias_away(no_tensorflow):
    autograd_lite.load_ipython_extension(None)
    autograd_lite.unload_ipython_extension(None)
    assert "tensorflow" not in sys.modules
