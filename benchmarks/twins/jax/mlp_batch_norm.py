"""The network with batch normalization and Adam."""
from programs.mlp_batch_norm import BATCH, EPSILON, MOMENTUM, RATE
from programs.mlp_dropout import data
from twins.jax.models import Trained, adam, adam_slots, cross_entropy, normalized


def build(jax, np):
    images, digits, starts = data(np, BATCH)
    widths = [array.shape[1] for array in starts]
    norms = [(np.ones(width, np.float32), np.zeros(width, np.float32)) for width in widths[:-1]]
    moving = [[np.zeros(width, np.float32), np.ones(width, np.float32)] for width in widths[:-1]]

    def loss(parameters, kept, x, labels):
        weights, norms, bias = parameters
        value, moved = x, []
        for layer, norm, means in zip(weights, norms, kept):
            value, after = normalized(jax, value @ layer, *norm, means, 0, MOMENTUM, EPSILON)
            value = jax.nn.relu(value)
            moved.append(after)
        return cross_entropy(jax, labels, value @ weights[-1] + bias), moved

    parameters = (starts, norms, np.zeros(10, np.float32))
    model = Trained(jax, loss, adam(RATE), parameters, adam_slots(jax, parameters), moving)
    return lambda: model.step(images, digits), lambda: model.result(images, digits)
