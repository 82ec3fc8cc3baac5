"""What several twins need: losses, Adam, and a step of training that is jitted as a whole."""


def cross_entropy(jax, labels, logits):
    """The mean of the cross-entropies of softmax with one-hot labels."""
    return -(labels * jax.nn.log_softmax(logits)).sum(axis=1).mean()


def normalized(jax, x, scale, offset, moving, axes, momentum, epsilon):
    """Batch normalization: the normalized `x`, and the moving mean and variance after it."""
    mean, variance = x.mean(axis=axes), x.var(axis=axes)
    moved = [old * momentum + new * (1 - momentum) for old, new in zip(moving, (mean, variance))]
    return (x - mean) / jax.numpy.sqrt(variance + epsilon) * scale + offset, moved


def descent(rate):
    """Gradient descent as a rule (parameters, gradients, slots) -> (parameters, slots)."""
    return lambda jax, parameters, gradients, slots: (jax.tree.map(lambda p, g: p - rate * g, parameters, gradients), slots)


def momentum(rate, keep):
    """Momentum as such a rule; its slots start as zeros like the parameters."""
    def rule(jax, parameters, gradients, slots):
        slots = jax.tree.map(lambda v, g: keep * v + g, slots, gradients)
        return jax.tree.map(lambda p, v: p - rate * v, parameters, slots), slots

    return rule


def adam(rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Adam as such a rule; its slots start as `adam_slots`."""
    def rule(jax, parameters, gradients, slots):
        count, first, second = slots
        count = count + 1
        first = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, first, gradients)
        second = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g * g, second, gradients)
        size = rate * jax.numpy.sqrt(1 - beta2**count) / (1 - beta1**count)
        moved = jax.tree.map(lambda p, m, v: p - size * m / (jax.numpy.sqrt(v) + epsilon), parameters, first, second)
        return moved, (count, first, second)

    return rule


def adam_slots(jax, parameters):
    """What Adam starts from."""
    return jax.numpy.zeros(()), jax.tree.map(jax.numpy.zeros_like, parameters), jax.tree.map(jax.numpy.zeros_like, parameters)


class Trained:
    """Parameters, slots and whatever else a model keeps, moved by a jitted step that reuses their memory.

    Args:
      loss: (parameters, kept, *batch) -> (loss, kept).
      rule: one of the above.
    """

    def __init__(self, jax, loss, rule, parameters, slots, kept=()):
        def moved(parameters, slots, kept, *batch):
            (value, kept), gradients = jax.value_and_grad(loss, has_aux=True)(parameters, kept, *batch)
            parameters, slots = rule(jax, parameters, gradients, slots)
            return parameters, slots, kept, value

        self.jax = jax
        self.moved = jax.jit(moved, donate_argnums=(0, 1, 2))
        self.loss = jax.jit(lambda parameters, kept, *batch: loss(parameters, kept, *batch)[0])
        self.state = jax.tree.map(jax.numpy.array, (parameters, slots, kept))

    def step(self, *batch):
        """One step of training."""
        *self.state, value = self.moved(*self.state, *batch)
        self.jax.block_until_ready(self.state)

    def result(self, *batch):
        """The loss now."""
        return [self.loss(self.state[0], self.state[2], *batch)]
