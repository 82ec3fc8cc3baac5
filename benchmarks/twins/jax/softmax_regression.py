"""Softmax regression."""
from programs.softmax_regression import CLASSES, PIXELS, RATE, data
from twins.jax.models import Trained, cross_entropy, descent


def build(jax, np):
    batch = data(np)
    start = [np.zeros(shape, np.float32) for shape in ([PIXELS, CLASSES], [CLASSES])]

    def loss(parameters, kept, x, labels):
        weights, bias = parameters
        return cross_entropy(jax, labels, x @ weights + bias), kept

    model = Trained(jax, loss, descent(RATE), start, ())
    return lambda: model.step(*batch), lambda: model.result(*batch)
