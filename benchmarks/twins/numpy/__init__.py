"""Twins in the language of NumPy, differentiated by hand."""
