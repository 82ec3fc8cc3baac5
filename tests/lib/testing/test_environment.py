import os
import unittest.mock

import pytest

import autograd_lite as tf
from tests.programs_run import python

PROGRAM = """
import autograd_lite as tf
tf.flags.DEFINE_integer("wanted", 4, "what the square should be")

class SquareTest(tf.test.TestCase):
    def test_square(self):
        with self.session():
            self.assertAllEqual(tf.square(2).eval(), tf.flags.FLAGS.wanted)

class SquareBenchmark(tf.test.Benchmark):
    def benchmark_square(self):
        print("measuring")

if __name__ == "__main__":
    tf.test.main()
"""


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [([], 0, "OK (skipped=1)"), (["--wanted=5"], 1, "FAILED (failures=1, skipped=1)"), (["SquareTest.test_square"], 0, "Ran 1 test in")],
)
def test_main_reads_flags_and_runs_the_tests_of_the_script(tmp_path, arguments, status, said):
    (tmp_path / "square_test.py").write_text(PROGRAM)
    done = python(tmp_path / "square_test.py", *arguments, cwd=tmp_path)
    assert done.returncode == status and said in done.stderr


def test_main_runs_benchmarks_instead_when_asked(tmp_path):
    (tmp_path / "square_test.py").write_text(PROGRAM)
    done = python(tmp_path / "square_test.py", "--benchmarks=Square", cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("measuring\n", "", 0)


def test_folders_follow_the_environment(tmp_path, monkeypatch):
    assert tf.test.get_temp_dir() == tf.test.get_temp_dir()
    monkeypatch.setenv("TEST_TMPDIR", str(tmp_path / "new"))
    assert tf.test.get_temp_dir() == str(tmp_path / "new") and os.path.isdir(tmp_path / "new")
    monkeypatch.setenv("TEST_SRCDIR", str(tmp_path))
    assert tf.test.test_src_dir_path("a/b") == str(tmp_path / "a" / "b")


def test_without_a_gpu_there_is_none():
    assert tf.test.gpu_device_name() == ""
    assert (tf.test.is_gpu_available(), tf.test.is_built_with_cuda(), tf.test.is_built_with_rocm()) == (False, False, False)


def test_mock_is_that_of_unittest():
    assert tf.test.mock is unittest.mock


def test_a_local_cluster_shares_its_variables():
    (worker, other), (ps,) = tf.test.create_local_cluster(num_workers=2, num_ps=1)
    with tf.device("/job:ps/task:0"):
        v = tf.get_variable("v", initializer=3.0)
    with tf.Session(worker.target) as first, tf.Session(other.target) as second:
        first.run(v.initializer)
        assert second.run(v) == 3.0
    assert ps.server_def.job_name == "ps"
