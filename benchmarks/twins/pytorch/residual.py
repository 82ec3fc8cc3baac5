"""The residual blocks, NCHW."""
from programs.residual import BLOCKS, CHANNELS, EPSILON, MOMENTUM, RATE, data
from twins.pytorch.models import parameter, trained


def build(torch, np):
    images, digits, starts, end = data(np)
    images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    filters = [parameter(torch, array.transpose(3, 2, 0, 1).copy()) for array in starts]
    norms = [torch.nn.BatchNorm2d(CHANNELS, eps=EPSILON, momentum=0.01) for _ in filters]
    last = parameter(torch, end)

    def loss():
        layers = iter(zip(filters, norms))

        def convolved(value):
            weights, norm = next(layers)
            return norm(torch.nn.functional.conv2d(value, weights, padding=1))

        value = torch.relu(convolved(torch.from_numpy(images)))
        for _ in range(BLOCKS):
            value = torch.relu(value + convolved(torch.relu(convolved(value))))
        return torch.nn.functional.cross_entropy(value.mean(dim=(2, 3)) @ last, torch.from_numpy(digits))

    everything = [*filters, last, *(tensor for norm in norms for tensor in norm.parameters())]
    return trained(loss, torch.optim.SGD(everything, lr=RATE, momentum=MOMENTUM)), lambda: [loss()]
