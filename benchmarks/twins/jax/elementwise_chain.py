"""The chain of elementwise operations."""
from programs.elementwise_chain import chain, data


def build(jax, np):
    x = jax.numpy.array(data(np))
    gradient = jax.jit(jax.grad(lambda x: chain(x, jax.numpy.tanh, jax.numpy.exp, jax.nn.sigmoid).sum()))
    return lambda: gradient(x).block_until_ready(), lambda: [gradient(x).sum()]
