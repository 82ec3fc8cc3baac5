"""The network with batch normalization and Adam."""
from programs.mlp_batch_norm import BATCH, EPSILON, MOMENTUM, RATE
from programs.mlp_dropout import data
from twins.pytorch.models import parameter, trained


def build(torch, np):
    images, digits, starts = data(np, BATCH)
    weights = [parameter(torch, array) for array in starts]
    bias = parameter(torch, np.zeros(10, np.float32))
    norms = [torch.nn.BatchNorm1d(array.shape[1], eps=EPSILON, momentum=1 - MOMENTUM) for array in starts[:-1]]

    def loss():
        value, labels = torch.from_numpy(images), torch.from_numpy(digits)
        for layer, norm in zip(weights, norms):
            value = torch.relu(norm(value @ layer))
        return torch.nn.functional.cross_entropy(value @ weights[-1] + bias, labels)

    everything = [*weights, bias, *(tensor for norm in norms for tensor in norm.parameters())]
    return trained(loss, torch.optim.Adam(everything, lr=RATE)), lambda: [loss()]
