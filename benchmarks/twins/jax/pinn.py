"""The physics-informed network, differentiated as in the program: by gradients of sums."""
from programs.pinn import NU, RATE, data
from twins.jax.models import Trained, adam, adam_slots


def build(jax, np):
    inside, edge, values, starts = data(np)
    parameters = [(start, np.zeros((1, start.shape[1]), np.float32)) for start in starts]

    def network(parameters, x, t):
        hidden = jax.numpy.concatenate([x, t], 1)
        for weights, bias in parameters[:-1]:
            hidden = jax.numpy.tanh(hidden @ weights + bias)
        weights, bias = parameters[-1]
        return hidden @ weights + bias

    def loss(parameters, kept, x, t, edge_x, edge_t, wanted):
        total = lambda x, t: network(parameters, x, t).sum()
        u = network(parameters, x, t)
        u_x, u_t = jax.grad(total, argnums=(0, 1))(x, t)
        u_xx = jax.grad(lambda x: jax.grad(total)(x, t).sum())(x)
        residue = u_t + u * u_x - NU * u_xx
        return ((wanted - network(parameters, edge_x, edge_t)) ** 2).mean() + (residue**2).mean(), kept

    model = Trained(jax, loss, adam(RATE), parameters, adam_slots(jax, parameters))
    batch = (inside[:, :1], inside[:, 1:], edge[:, :1], edge[:, 1:], values)
    return lambda: model.step(*batch), lambda: model.result(*batch)
