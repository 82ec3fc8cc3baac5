"""The chain and its derivative written down, a tile at a time that the first cache holds."""
from programs.elementwise_chain import COUNT, data

TILE = 4000


def build(np):
    x, gradient = data(np), np.empty(COUNT, np.float32)
    half, three_halves = np.float32(0.5), np.float32(1.5)

    def tile(x, gradient):
        a = np.tanh(x * three_halves + half)
        grown = np.exp(a * half)
        b = grown - a
        c = 1 / (1 + np.exp(-(b * b + x)))
        # y = c x with c = sigmoid(b b + x), b = exp(a / 2) - a, a = tanh(1.5 x + 0.5)
        outer = x * c * (1 - c)
        np.multiply(outer * 2 * b * (grown * half - 1) * (1 - a * a), three_halves, out=gradient)
        np.add(gradient, outer + c, out=gradient)

    def step():
        for begin in range(0, COUNT, TILE):
            tile(x[begin:begin + TILE], gradient[begin:begin + TILE])

    return step, lambda: [gradient.sum(dtype=np.float64)]
