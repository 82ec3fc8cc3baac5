"""The passes of the compiler, one a file; each takes a program and returns it changed. `compiler/pipeline.py` says in which order."""
