import pytest

import autograd_lite as tf
from autograd_lite.lib.testing.benchmark import run_benchmarks


class CubeBenchmark(tf.test.Benchmark):
    measured: list = []

    def benchmark_cube(self):
        with tf.Graph().as_default(), tf.Session(config=tf.test.benchmark_config()) as session:
            x = tf.placeholder(tf.float32)
            result = self.run_op_benchmark(session, x**3, feed_dict={x: 2.0}, min_iters=4, mbs=1, extras={"size": 1})
            assert self.evaluate(tf.constant(3)) == 3
        self.measured.append(result)


def test_a_benchmark_measures_and_reports_under_its_name():
    CubeBenchmark.measured.clear()
    run_benchmarks("CubeBenchmark.*cube")
    run_benchmarks("no such name")
    (result,) = CubeBenchmark.measured
    assert result["iters"] == 4 and result["name"] == "CubeBenchmark.benchmark_cube"
    assert result["wall_time"] > 0 and result["throughput"] == 1 / result["wall_time"]
    assert result["extras"]["size"] == 1


def test_a_class_without_benchmarks_is_abstract():
    assert not CubeBenchmark.is_abstract()
    assert tf.test.Benchmark.is_abstract()


def test_without_a_default_session_nothing_is_evaluated():
    with pytest.raises(ValueError, match="no default session"):
        CubeBenchmark().evaluate(tf.constant(1.0))
