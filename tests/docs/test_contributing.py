"""What CONTRIBUTING says about adding an op is true: its example runs and has the right gradient, twice."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.structure.source_files import ROOT

_USE = """
import numpy as np
import autograd_lite as tf
tf.constant
{declaration}
values = np.array([[-1.5, 0.5, 2.0]])
with tf.Graph().as_default(), tf.Session() as session:
    x = tf.placeholder(tf.float64, [1, 3])
    y = squared_relu(x)
    (slope,) = tf.gradients(y, x)
    (bend,) = tf.gradients(slope, x)
    assert y.op.type == "SquaredRelu" and y.shape.as_list() == [1, 3]
    print(*(session.run(tensor, {{x: values}}).ravel().tolist() for tensor in (y, slope, bend)))
"""


def test_the_example_of_an_op_runs_and_can_be_differentiated_twice() -> None:
    declaration = re.search(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    assert declaration is not None
    program = _USE.format(declaration=declaration.group(1))
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[0.0, 0.25, 4.0] [0.0, 1.0, 4.0] [0.0, 2.0, 2.0]"
