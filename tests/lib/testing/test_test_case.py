"""`tf.test.TestCase`, as programs use it."""

import os
import threading
import unittest

import numpy as np
import pytest

import autograd_lite as tf


def run(body, **more):
    """The result of a test case with this body of one test."""
    kind = type("Case", (tf.test.TestCase,), {"test_it": body, **more})
    return kind("test_it").run()


def passes(body, **more):
    result = run(body, **more)
    assert result.wasSuccessful(), [text for _, text in result.failures + result.errors]


def failure(body):
    """The last part of the message of a test that fails."""
    (found,) = run(body).failures
    return found[1].partition("AssertionError: ")[2]


def test_each_test_starts_with_an_empty_graph_and_the_same_random_numbers():
    drawn = []

    def draw(self):
        assert tf.get_default_graph().get_operations() == []
        with self.session() as session:
            drawn.append((np.random.rand(), session.run(tf.random_normal([], seed=None))))

    passes(draw)
    passes(draw)
    assert drawn[0] == drawn[1]


def test_the_session_of_a_test_is_kept_until_its_end():
    kept = []

    def keep(self):
        with self.test_session() as first:
            v = tf.get_variable("v", initializer=3.0)
            first.run(v.initializer)
        with self.cached_session() as second:
            assert first is second and v.eval() == 3.0
        with self.session() as other, self.assertRaises(tf.errors.FailedPreconditionError):
            other.run(v)
        with self.assertRaisesRegex(ValueError, "graph used to get the cached session is different"), self.cached_session(tf.Graph()):
            pass
        kept.append(first)

    passes(keep)
    with pytest.raises(RuntimeError, match="closed Session"):
        kept[0].run(tf.constant(1.0))


def test_nodes_are_for_the_cpu_unless_the_session_may_use_a_gpu():
    def places(self):
        with self.session():
            self.assertDeviceEqual(tf.constant(1.0).device, "/cpu:0")
        with self.session(use_gpu=True):
            self.assertEqual(tf.constant(1.0).device, "")

    passes(places)


def test_tensors_are_evaluated_with_and_without_a_session():
    def evaluates(self):
        assert self.evaluate({"a": tf.constant(2)}) == {"a": 2}
        with self.session():
            assert self.evaluate([tf.constant(3)]) == [3]

    passes(evaluates)


def test_errors_of_ops_are_matched_by_their_messages():
    def raises(self):
        with self.session() as session:
            with self.assertRaisesOpError("must feed a value"):
                session.run(tf.placeholder(tf.float32))
            with self.assertRaisesWithPredicateMatch(ValueError, lambda error: "equal" in str(error)):
                tf.matmul(tf.ones([1, 2]), tf.ones([1, 2]))
            with self.assertRaisesRegexp(ValueError, "Dimensions"):  # noqa: UP005
                tf.matmul(tf.ones([1, 2]), tf.ones([1, 2]))

    passes(raises)

    def other(self):
        with self.assertRaisesWithPredicateMatch(ValueError, "this"):
            raise ValueError("that")

    assert "does not match 'this'" in failure(other)

    def none(self):
        with self.assertRaisesOpError("anything"):
            pass

    assert failure(none) == "OpError not raised\n"


def test_what_a_checked_thread_raises_fails_the_test():
    def good(self):
        found = []
        thread = self.checkedThread(target=found.append, args=(7,))
        thread.start()
        thread.join()
        assert found == [7]

    passes(good)

    def bad(self):
        thread = self.checkedThread(target=int, args=("x",))
        thread.start()
        thread.join()

    assert failure(bad).startswith("Error in checkedThread: invalid literal")

    def left(self):
        self.done = threading.Event()
        thread = self.checkedThread(target=self.done.wait)
        thread.start()
        self.addCleanup(self.done.set)

    assert "still running" in failure(left)


def test_files_of_a_test_have_a_folder_of_their_own():
    def folders(self):
        assert os.path.isdir(self.get_temp_dir()) and self.get_temp_dir() == self.get_temp_dir()
        assert os.path.dirname(self.get_temp_dir()) == tf.test.get_temp_dir()

    passes(folders)


def test_messages_are_compared_with_their_text():
    def compares(self):
        self.assertProtoEquals("i: 3", tf.AttrValue(i=3))
        graph = tf.Graph()
        with graph.as_default():
            self.assertProtoEqualsVersion("", graph.as_graph_def())

    passes(compares)
    assert "i: 3" in failure(lambda self: self.assertProtoEquals("i: 3", tf.AttrValue(i=4)))


def test_the_method_test_session_is_no_test():
    kind = type("Case", (tf.test.TestCase,), {})
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(kind).run(result)
    assert [reason for _, reason in result.skipped] == ["Not a test."] and result.wasSuccessful()
