"""The explorer: one page that steps a graph forwards and backwards, with every value, derivative and gradient, offline."""
