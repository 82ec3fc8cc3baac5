"""The measured programs in the languages of the other engines: the same model on the same data, with the same numbers.

A twin of `programs/NAME.py` is `twins/ENGINE/NAME.py`, that of its case CASE `twins/ENGINE/NAME_CASE.py`. Its `build(engine's module, np)`
(for NumPy: `build(np)`) returns `(step, result)` as the program's does, and takes its data from there. Each is written as its users would
write a step of training: PyTorch eagerly, JAX jitted as a whole, NumPy by hand with the gradient derived on paper.
"""
