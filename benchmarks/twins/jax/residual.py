"""The residual blocks."""
from programs.residual import BLOCKS, CHANNELS, EPSILON, MOMENTUM, RATE, data
from twins.jax.models import Trained, cross_entropy, momentum, normalized


def build(jax, np):
    images, digits, filters, last = data(np)
    norms = [(np.ones(CHANNELS, np.float32), np.zeros(CHANNELS, np.float32)) for _ in filters]
    moving = [[np.zeros(CHANNELS, np.float32), np.ones(CHANNELS, np.float32)] for _ in filters]

    def loss(parameters, kept, x, labels):
        filters, norms, last = parameters
        layers, moved = iter(zip(filters, norms, kept)), []

        def convolved(value):
            weights, norm, means = next(layers)
            value = jax.lax.conv_general_dilated(value, weights, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            value, after = normalized(jax, value, *norm, means, (0, 1, 2), 0.99, EPSILON)
            moved.append(after)
            return value

        value = jax.nn.relu(convolved(x))
        for _ in range(BLOCKS):
            value = jax.nn.relu(value + convolved(jax.nn.relu(convolved(value))))
        return cross_entropy(jax, labels, value.mean(axis=(1, 2)) @ last), moved

    parameters = (filters, norms, last)
    slots = jax.tree.map(np.zeros_like, parameters)
    model = Trained(jax, loss, momentum(RATE, MOMENTUM), parameters, slots, moving)
    return lambda: model.step(images, digits), lambda: model.result(images, digits)
