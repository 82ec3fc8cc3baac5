"""The measured programs, each written once, in the language of TensorFlow 1.

A program is a module with
  `TITLE`   what it is, for the table;
  `TARGET`  the time of autograd_lite that is asked for, divided by that of the best of the other engines (None: only shown);
  `build(tf, np, session)`  builds the graph and returns `(step, result)`: `step()` is what gets measured, `result()` a list of numbers
            that must agree between engines after the first step, so that all are known to do the same work;
and perhaps
  `FLOPS`, `BYTES`  operations that a step needs, and bytes that it has to move because no cache holds them: the limit in the table;
  `data(np)`  the numbers it starts from, which its twins (`benchmarks/twins`) share;
  `SINGLE = True`   nothing in it can be shared out among threads;
  `WHOLE = True`    each step does everything anew;
  `SIDE_BY_SIDE = True`  its cases (see below) are compared with each other, so they are measured in the same turns.
A module for many small programs has `CASES` as well, {name of the program: its title}, and a `build` that takes the name as its last
argument; each is measured under `MODULE:NAME`. TARGET, FLOPS and BYTES may then be dicts by name.
`session(graph=None)` opens a session with the number of threads that was asked for.
"""

# What `python -m benchmarks` measures when nothing else is asked for, in the order of its table.
GROUPS = {
    "headline": [
        "constant", "quadratic", "quadratic_placeholder", "scalar_chain", "softmax_regression", "mlp_dropout", "mlp_batch_norm", "cnn",
        "residual", "lstm:static", "pinn", "graph_convolution", "word2vec", "elementwise_chain", "matmul", "feed_max", "build_layers",
        "import",
    ],
    "sequences": ["vanilla_rnn", "lstm:dynamic", "scalar_loop", "queue_pipeline", "data_pipeline"],
    "kernels": ["kernels", "rows", "operations"],
    "sharing": ["shared_session"],
    "scaling": ["scaling"],
}  # fmt: skip
