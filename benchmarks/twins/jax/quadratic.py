"""The quadratic."""


def build(jax, np):
    train = jax.jit(lambda w: w - 0.01 * jax.grad(lambda w: w**2 - 10 * w + 25)(w))
    w = jax.numpy.zeros(())

    def step():
        nonlocal w
        w = train(w).block_until_ready()

    return step, lambda: [w]
