"""The convolutional network.  Images are NCHW here, the form that PyTorch takes; the wide layer gets its input in the program's order."""
from programs.cnn import RATE, data
from twins.pytorch.models import parameter, trained


def build(torch, np):
    images, digits, starts = data(np)
    images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    weights = [parameter(torch, array.transpose(3, 2, 0, 1).copy() if array.ndim == 4 else array) for array in starts]
    biases = [parameter(torch, np.full(array.shape[-1], 0.1, np.float32)) for array in starts]

    def loss():
        value, labels = torch.from_numpy(images), torch.from_numpy(digits)
        for filters, bias in zip(weights[:2], biases):
            value = torch.relu(torch.nn.functional.conv2d(value, filters, bias, padding=2))
            value = torch.nn.functional.max_pool2d(value, 2)
        value = value.permute(0, 2, 3, 1).reshape(-1, 7 * 7 * 64)
        value = torch.relu(torch.addmm(biases[2], value, weights[2]))
        return torch.nn.functional.cross_entropy(torch.addmm(biases[3], value, weights[3]), labels)

    return trained(loss, torch.optim.Adam([*weights, *biases], lr=RATE)), lambda: [loss()]
