"""Three hundred scalar operations and their gradient."""
from programs.scalar_chain import START, chain


def build(torch, np):
    def run():
        x = torch.tensor(START, requires_grad=True)
        y = chain(x, torch.sin, torch.tanh, torch.sqrt)
        y.backward()
        return [y.item(), x.grad.item()]

    return run, run
