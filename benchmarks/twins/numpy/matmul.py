"""One large product."""
from programs.matmul import data


def build(np):
    a, b = data(np)
    return lambda: a @ b, lambda: [(a @ b).sum()]
