"""What several twins need: parameters out of arrays, and a step of training."""


def parameter(torch, array):
    """A tensor that is trained, with a copy of `array` as its first value."""
    return torch.tensor(array, requires_grad=True)


def trained(loss, optimizer):
    """The function that makes one step of training."""
    def step():
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()

    return step
