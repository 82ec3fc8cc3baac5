import numpy as np

import autograd_lite as tf
from autograd_lite.lib.distributions.logits import logits_and_probs


def test_logits_and_probs_belong_together():
    logits, probs = logits_and_probs(None, [0.25, 0.5], "both", many_classes=False)
    np.testing.assert_allclose(tf.Session().run(tf.sigmoid(logits)), [0.25, 0.5], rtol=1e-6)
    assert probs.op.name == "both/probs"
