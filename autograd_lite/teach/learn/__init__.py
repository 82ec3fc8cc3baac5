"""The exercises of the lessons, and the function that checks their answers."""
