"""The LSTM unrolled, with the cell written out: gates i, j, f, o, and 1 added to f."""
from programs.lstm import BATCH, STEPS, UNITS, data
from twins.pytorch.models import parameter


def build(torch, np):
    sequences, start = data(np)
    weights, bias = parameter(torch, start), parameter(torch, np.zeros(4 * UNITS, np.float32))

    def run():
        weights.grad = bias.grad = None
        x = torch.from_numpy(sequences)
        state = hidden = torch.zeros(BATCH, UNITS)
        for number in range(STEPS):
            gates = torch.addmm(bias, torch.cat([x[:, number], hidden], 1), weights)
            i, j, f, o = gates.chunk(4, 1)
            state = state * torch.sigmoid(f + 1) + torch.sigmoid(i) * torch.tanh(j)
            hidden = torch.tanh(state) * torch.sigmoid(o)
        loss = (hidden * hidden).mean()
        loss.backward()
        return loss

    return run, lambda: [run(), weights.grad.abs().sum(), bias.grad.abs().sum()]
