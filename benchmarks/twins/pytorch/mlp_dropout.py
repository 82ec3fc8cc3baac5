"""The network with dropout."""
from programs.mlp_dropout import DROPPED, RATE, data
from twins.pytorch.models import parameter, trained


def build(torch, np):
    images, digits, starts = data(np)

    def model(training):
        layers = [(parameter(torch, array), parameter(torch, np.zeros(array.shape[1], np.float32))) for array in starts]

        def loss():
            value, labels = torch.from_numpy(images), torch.from_numpy(digits)
            for number, (weights, bias) in enumerate(layers):
                value = torch.addmm(bias, value, weights)
                if number < len(DROPPED):
                    value = torch.nn.functional.dropout(torch.relu(value), DROPPED[number], training)
            return torch.nn.functional.cross_entropy(value, labels)

        return trained(loss, torch.optim.SGD([tensor for layer in layers for tensor in layer], lr=RATE)), loss

    def result():
        """The loss after one step without dropout."""
        step, loss = model(False)
        step()
        return [loss()]

    return model(True)[0], result
