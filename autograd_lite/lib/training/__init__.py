"""Training loops: threads that stop together, sessions that recover, and hooks around each step."""
