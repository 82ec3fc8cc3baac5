"""Training histories told and drawn."""
