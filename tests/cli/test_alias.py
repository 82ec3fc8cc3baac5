import importlib
import sys
import types

import pytest

import autograd_lite
from autograd_lite.cli.alias import install_as_tensorflow, uninstall_as_tensorflow
from autograd_lite.cli.internals import NAMES, SOURCES
from autograd_lite.core.release import get_release, set_release
from tests.programs_run import python

READ_DATA_SETS = "examples.tutorials.mnist.input_data.read_data_sets"


@pytest.fixture
def alias():
    uninstall_as_tensorflow()  # another test may have left it
    if "tensorflow" in sys.modules:
        pytest.skip("TensorFlow itself is imported in this process")
    release = get_release()
    install_as_tensorflow()
    yield
    uninstall_as_tensorflow()
    set_release(release)


def outcome(statement):
    names = {}
    try:
        exec(statement, names)
    except ImportError as error:
        return error
    return names


@pytest.mark.parametrize(
    "statement, name, same_as",
    [
        ("import tensorflow as tf; found = tf.gfile.GFile", "found", "gfile.GFile"),
        ("from tensorflow import float32 as found", "found", "float32"),
        ("import tensorflow.compat.v1 as tf; found = tf.flags.FLAGS", "found", "flags.FLAGS"),
        ("from tensorflow.compat.v1 import logging; found = logging.info", "found", "logging.info"),
        ("from tensorflow.examples.tutorials.mnist import input_data as m; found = m.read_data_sets", "found", READ_DATA_SETS),
        ("from tensorflow.contrib.learn.python.learn.datasets.mnist import read_data_sets as found", "found", READ_DATA_SETS),
        ("import tensorflow.contrib.learn as learn; found = learn.datasets.mnist.DataSet", "found", "contrib.learn.datasets.mnist.DataSet"),
        ("from tensorflow.python.framework import ops; found = ops.reset_default_graph", "found", "reset_default_graph"),
        ("from tensorflow.python.platform import gfile; found = gfile.FastGFile", "found", "gfile.FastGFile"),
        ("from tensorflow.python.platform import tf_logging as logging; found = logging.warn", "found", "logging.warn"),
        ("from tensorflow.python.util.compat import as_bytes as found", "found", "compat.as_bytes"),
        ("import tensorflow.python as p; found = p.framework.dtypes.float32", "found", "float32"),
        ("import tensorflow; found = tensorflow.python.framework.errors.NotFoundError", "found", "errors.NotFoundError"),
        ("from tensorflow.core.framework.graph_pb2 import GraphDef as found", "found", "GraphDef"),
    ],
)  # fmt: skip
def test_programs_find_our_names_under_tensorflows_modules(alias, statement, name, same_as):
    found = outcome(statement)
    expected = autograd_lite
    for part in same_as.split("."):
        expected = getattr(expected, part)
    assert found[name] is expected


@pytest.mark.parametrize(
    "statement, words",
    [
        ("import tensorflow.contrib.nothing", ["No module named 'tensorflow.contrib.nothing'", "stands in for TensorFlow"]),
        ("import tensorflow.contrib.boosted_trees", ["No module named", "Only a part of tf.contrib is here"]),
        ("from tensorflow.gfile import Existz", ["cannot import name 'Existz' from 'tensorflow.gfile'", "tf.gfile.Exists"]),
        ("from tensorflow.python.platform import gfil", ["No module named 'tensorflow.python.platform.gfil'", "platform.gfile"]),
        ("from tensorflow.python.util.compat import as_byte", ["private to TensorFlow", "tensorflow.python.util.compat.as_bytes"]),
        ("import tensorflow.compat.v2 as tf", ["compat.v2 is TF2's interface", "import tensorflow.compat.v1"]),
        ("from tensorflow import Gralph", ["cannot import name 'Gralph' from 'tensorflow'", "tf.Graph"]),
    ],
)
def test_what_is_not_there_is_explained(alias, statement, words):
    error = outcome(statement)
    assert isinstance(error, ModuleNotFoundError)
    for word in words:
        assert word in str(error)


@pytest.mark.parametrize("folder", ["graph", "ops", "api", "runtime", "lib", "cli", "wire", "autodiff", "kernels"])
def test_the_engine_does_not_show_under_tensorflows_name(alias, folder):
    importlib.import_module("autograd_lite.cli.main")
    tf = importlib.import_module("tensorflow")
    assert isinstance(outcome(f"import tensorflow.{folder}"), ImportError)
    assert not hasattr(tf, folder)


def test_a_missing_attribute_is_explained(alias):
    tf = importlib.import_module("tensorflow")
    with pytest.raises(AttributeError, match="module 'tensorflow.gfile' has no attribute 'Existz'\n  The nearest.*: tf.gfile.Exists"):
        tf.gfile.Existz


def test_modules_look_like_tensorflows(alias):
    tf = importlib.import_module("tensorflow")
    assert isinstance(tf, types.ModuleType) and tf.__name__ == "tensorflow"
    assert tf.gfile is importlib.import_module("tensorflow.gfile")
    assert {"Graph", "float32", "gfile", "python"} <= set(dir(tf))
    assert tf.__version__ == autograd_lite.__version__


def test_the_version_follows_the_release(alias):
    tf = importlib.import_module("tensorflow")
    set_release("1.15")
    assert tf.__version__ == tf.VERSION == "1.15.5"
    set_release("2.21")
    assert tf.__version__ == tf.VERSION == "2.21.0"


def test_importing_compat_v1_sets_the_release_when_asked_to(alias):
    set_release("1.15")
    importlib.import_module("tensorflow.compat.v1")
    assert get_release() == "1.15"
    uninstall_as_tensorflow()
    install_as_tensorflow(release_of_v1="2.21")
    importlib.import_module("tensorflow")
    assert get_release() == "1.15"
    importlib.import_module("tensorflow.compat.v1")
    assert get_release() == "2.21"


def test_installing_twice_does_no_harm_and_uninstalling_leaves_nothing(alias):
    install_as_tensorflow()
    importlib.import_module("tensorflow.gfile")
    assert sum(type(finder).__name__ == "TensorFlowFinder" for finder in sys.meta_path) == 1
    uninstall_as_tensorflow()
    assert not [name for name in sys.modules if name.partition(".")[0] == "tensorflow"]
    assert not any(type(finder).__name__ == "TensorFlowFinder" for finder in sys.meta_path)


def test_it_refuses_when_tensorflow_itself_is_there(tmp_path):
    (tmp_path / "tensorflow.py").write_text("")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import tensorflow, autograd_lite; autograd_lite.install_as_tensorflow()"
    done = python("-c", program)
    assert done.returncode == 1
    assert f"RuntimeError: TensorFlow itself is imported already (from {tmp_path}" in done.stderr


def test_the_alias_wins_over_an_installed_tensorflow_that_is_not_imported(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise SystemExit('the real one')")
    program = "import autograd_lite; autograd_lite.install_as_tensorflow(); import tensorflow as tf; print(tf)"
    done = python("-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {program}")
    assert done.stdout == "<module 'tensorflow' provided by autograd_lite>\n"


def test_a_public_module_inside_a_private_one_is_the_public_one(alias):
    tf = importlib.import_module("tensorflow")
    context = importlib.import_module("tensorflow.python.eager.context")  # shows the names of tf itself
    assert context.gfile is tf.gfile


def test_a_private_module_is_there_only_if_what_it_shows_is(alias, monkeypatch):
    monkeypatch.setitem(SOURCES, "python.platform.nowhere", ("no.such.module",))
    platform = importlib.import_module("tensorflow.python.platform")
    assert "gfile" in dir(platform) and "nowhere" not in dir(platform)
    assert not hasattr(platform, "nowhere")
    assert isinstance(outcome("import tensorflow.python.platform.nowhere"), ModuleNotFoundError)


def test_the_table_of_private_modules_is_sound():
    assert all(module.startswith(("python", "core")) for module in SOURCES)
    assert set(NAMES) <= set(SOURCES)
    for place in {place for names in NAMES.values() for place in names.values()}:
        module, _, attribute = place.partition(":")
        assert hasattr(importlib.import_module(f"autograd_lite.{module}"), attribute), place


def test_a_module_that_is_a_function_too_can_be_called(alias):
    import tensorflow as tf

    with tf.Graph().as_default() as graph:
        tf.Variable([1.0, 2.0])
    assert tf.summary(graph).rows == autograd_lite.summary(graph).rows
    with pytest.raises(TypeError, match="'module' object is not callable"):
        tf.nn(graph)
