"""The network with dropout."""
from programs.mlp_dropout import DROPPED, RATE, data
from twins.jax.models import Trained, cross_entropy, descent


def build(jax, np):
    images, digits, starts = data(np)
    parameters = [(array, np.zeros(array.shape[1], np.float32)) for array in starts]

    def model(training):
        def loss(parameters, key, x, labels):
            value = x
            for number, (weights, bias) in enumerate(parameters):
                value = value @ weights + bias
                if number < len(DROPPED):
                    value = jax.nn.relu(value)
                    if training:
                        key, mine = jax.random.split(key)
                        kept = jax.random.bernoulli(mine, 1 - DROPPED[number], value.shape)
                        value = jax.numpy.where(kept, value / (1 - DROPPED[number]), 0)
            return cross_entropy(jax, labels, value), key

        return Trained(jax, loss, descent(RATE), parameters, (), jax.random.PRNGKey(0))

    def result():
        """The loss after one step without dropout."""
        plain = model(False)
        plain.step(images, digits)
        return plain.result(images, digits)

    dropped = model(True)
    return lambda: dropped.step(images, digits), result
