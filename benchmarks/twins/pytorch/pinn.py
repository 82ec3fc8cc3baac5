"""The physics-informed network."""
from programs.pinn import NU, RATE, data
from twins.pytorch.models import parameter, trained


def build(torch, np):
    inside, edge, values, starts = data(np)
    layers = [(parameter(torch, start), parameter(torch, np.zeros((1, start.shape[1]), np.float32))) for start in starts]

    def network(x, t):
        hidden = torch.cat([x, t], 1)
        for weights, bias in layers[:-1]:
            hidden = torch.tanh(hidden @ weights + bias)
        weights, bias = layers[-1]
        return hidden @ weights + bias

    def derivatives(y, *xs):
        return torch.autograd.grad(y.sum(), xs, create_graph=True)

    def loss():
        x, t = (torch.from_numpy(inside[:, index:index + 1].copy()).requires_grad_() for index in range(2))
        u = network(x, t)
        u_t, u_x = derivatives(u, t, x)
        u_xx, = derivatives(u_x, x)
        residue = u_t + u * u_x - NU * u_xx
        edge_x, edge_t = (torch.from_numpy(edge[:, index:index + 1].copy()) for index in range(2))
        return ((torch.from_numpy(values) - network(edge_x, edge_t)) ** 2).mean() + (residue**2).mean()

    return trained(loss, torch.optim.Adam([tensor for layer in layers for tensor in layer], lr=RATE)), lambda: [loss()]
