"""The convolutional network."""
from programs.cnn import RATE, data
from twins.jax.models import Trained, adam, adam_slots, cross_entropy


def build(jax, np):
    images, digits, starts = data(np)
    lax = jax.lax

    def loss(parameters, kept, x, labels):
        weights, biases = parameters
        value = x
        for filters, bias in zip(weights[:2], biases):
            value = lax.conv_general_dilated(value, filters, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            value = jax.nn.relu(value + bias)
            value = lax.reduce_window(value, -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")
        value = jax.nn.relu(value.reshape(len(value), -1) @ weights[2] + biases[2])
        return cross_entropy(jax, labels, value @ weights[3] + biases[3]), kept

    parameters = (starts, [np.full(array.shape[-1], 0.1, np.float32) for array in starts])
    model = Trained(jax, loss, adam(RATE), parameters, adam_slots(jax, parameters))
    return lambda: model.step(images, digits), lambda: model.result(images, digits)
