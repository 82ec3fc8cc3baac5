"""The measured programs, each written once, in the language of TensorFlow 1.

A program is a module with
  `TITLE`   what it is, for the table;
  `TARGET`  the time of autograd_lite that is asked for, divided by TensorFlow's (None: only shown);
  `build(tf, np, session)`  builds the graph and returns `(step, result)`: `step()` is what gets measured, `result()` a list of numbers
            that must agree between engines after the first step, so that both are known to do the same work.
A module for many small programs has `CASES` as well, {name of the program: its title}, and a `build` that takes the name as its last
argument; each is measured under `MODULE:NAME`.
`session(graph=None)` opens a session with the number of threads that was asked for.
"""
