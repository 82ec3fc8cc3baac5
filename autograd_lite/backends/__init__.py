"""Where arrays live and who computes on them: NumPy, CuPy, and a strict fake device; and the random streams of all of them."""
