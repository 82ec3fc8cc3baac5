"""How fast autograd_lite is beside TensorFlow, PyTorch and JAX, measured fairly: the same program, alternating, in one run.

    python -m benchmarks --tensorflow-python /path/to/python/with/tensorflow --pytorch-python ... --jax-python ... --threads 1,2
    python -m benchmarks --only quadratic,mlp_dropout --rounds 30 --json out.json
    python -m benchmarks --results out.json --page docs/benchmarks.md
"""
