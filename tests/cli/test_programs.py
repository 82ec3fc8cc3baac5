"""Programs of TensorFlow 1's time, unedited; the numbers are those that TensorFlow 2.21 (compat.v1) prints for them."""

import re

import numpy as np
import pytest

from tests.programs_run import PROGRAMS, cli

_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]\d+)?|-?\b\d+\b")

PRINTED = {
    "gaussian_process": """
        31.335209 13.294697 -1.267664
        [0.75072 0.89208 0.06152] [0.00377 0.00264 0.64889] 30.8468 -118.9877
        """,
    "kmeans": """
        Found in iterations: 10
        [[-0.07909856 -0.20226969] [1.4578305 3.4694324] [0.07641102 0.24793987] [4.0078664 0.00992102]]
        [63 250 62 125]
        1
        """,
    "gan_two_optimizers": """
        10 8 8
        Iterations: 0  Discriminator loss: 1.3430  Generator loss: 0.6555 gp 0.5513
        Iterations: 25  Discriminator loss: 1.3040  Generator loss: 0.7844 gp 0.2673
        Iterations: 50  Discriminator loss: 1.1749  Generator loss: 0.8493 gp 0.1417
        """,
    "maml_second_order": """
        2.0104 2.2438 2.1942 1.0643
        [[6. 1. 0.] [1. 12. 0.] [0. 0. 18.]] [[2. 0. 0.] [0. 4. 0.] [0. 0. 6.]] [6. 1. 0.]
        """,
    "word2vec": """
        Average loss at step  100 :  2.2086234
        Average loss at step  200 :  1.6262145
        Average loss at step  300 :  1.5953709
        the ['sat', 'and', 'jumped']
        quick ['sat', 'fox', 'brown']
        dog ['jumped', 'quick', 'on']
        """,
}


def numbers(text):
    return [float(word) for word in _NUMBER.findall(text.replace("float32", ""))]


@pytest.mark.parametrize("program", PRINTED)
def test_a_program_prints_the_numbers_that_tensorflow_prints(program):
    done = cli("run", PROGRAMS / f"{program}_compat_v1.py")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    np.testing.assert_allclose(numbers(done.stdout), numbers(PRINTED[program]), rtol=1e-4, atol=1.01e-4)
