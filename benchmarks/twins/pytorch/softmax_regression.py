"""Softmax regression."""
from programs.softmax_regression import CLASSES, PIXELS, RATE, data
from twins.pytorch.models import parameter, trained


def build(torch, np):
    images, digits = data(np)
    weights, bias = (parameter(torch, np.zeros(shape, np.float32)) for shape in ([PIXELS, CLASSES], [CLASSES]))

    def loss():
        x, labels = torch.from_numpy(images), torch.from_numpy(digits)
        return torch.nn.functional.cross_entropy(x @ weights + bias, labels)

    return trained(loss, torch.optim.SGD([weights, bias], lr=RATE)), lambda: [loss()]
