"""Real Factorio servers: find, prepare, launch and check one, and talk to the mod on it."""
