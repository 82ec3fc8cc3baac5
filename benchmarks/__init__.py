"""How fast autograd_lite is beside TensorFlow, measured fairly: the same program, alternating, in one run.

    python -m benchmarks --tensorflow-python /path/to/python/with/tensorflow
    python -m benchmarks --only quadratic,mlp_dropout --rounds 30 --json out.json
"""
