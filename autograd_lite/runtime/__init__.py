"""Floor 6: sessions. They hold what lives between runs (variables, random streams, queues), check what is fed, and run plans."""
