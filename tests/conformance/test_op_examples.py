"""Ops that are public functions show how they are called, and what they give."""

import doctest
import re

import numpy as np
import pytest

import autograd_lite as tf
import autograd_lite.ops
from autograd_lite.graph.opdef import TABLE

PUBLIC = sorted(name for name, opdef in TABLE.items() if opdef.names)
_NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?|\bnan\b|-?\binf\b")


class _NearlyEqual(doctest.OutputChecker):
    """Numbers may differ in their last digits, which depend on the machine; everything between them may not."""

    def check_output(self, want, got, optionflags):
        numbers = [[float(number) for number in _NUMBER.findall(text)] for text in (want, got)]
        plain = [re.sub(r"np\.\w+\((.*)\)", r"\1", re.sub(r"\s+", "", _NUMBER.sub("#", text))) for text in (want, got)]
        return plain[0] == plain[1] and np.allclose(*numbers, rtol=1e-5, atol=1e-7, equal_nan=True)


@pytest.mark.parametrize("name", PUBLIC)
def test_example_of_a_public_op_is_true(name):
    opdef = TABLE[name]
    test = doctest.DocTestParser().get_doctest(opdef.__doc__, {"tf": tf, "np": np}, name, None, 0)
    assert test.examples, f"{name} is public as tf.{opdef.names[0]} and has no example"
    assert any(f"tf.{public}(" in test.examples[0].source for public in opdef.names)
    report = []
    runner = doctest.DocTestRunner(_NearlyEqual(), verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    with tf.Graph().as_default():
        runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
