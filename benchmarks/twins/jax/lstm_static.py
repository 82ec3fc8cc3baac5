"""The LSTM unrolled, with the cell written out: gates i, j, f, o, and 1 added to f."""
from programs.lstm import BATCH, STEPS, UNITS, data


def build(jax, np):
    sequences, start = data(np)
    parameters = jax.tree.map(jax.numpy.array, (start, np.zeros(4 * UNITS, np.float32)))
    tanh, sigmoid = jax.numpy.tanh, jax.nn.sigmoid

    def loss(parameters, x):
        weights, bias = parameters
        state = hidden = jax.numpy.zeros((BATCH, UNITS))
        for number in range(STEPS):
            gates = jax.numpy.concatenate([x[:, number], hidden], 1) @ weights + bias
            i, j, f, o = jax.numpy.split(gates, 4, axis=1)
            state = state * sigmoid(f + 1) + sigmoid(i) * tanh(j)
            hidden = tanh(state) * sigmoid(o)
        return (hidden * hidden).mean()

    both = jax.jit(jax.value_and_grad(loss))
    run = lambda: jax.block_until_ready(both(parameters, sequences))

    def result():
        value, gradients = run()
        return [value, *(np.abs(gradient).sum() for gradient in gradients)]

    return run, result
