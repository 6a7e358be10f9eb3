"""A short, complete training script for each library of `docs/trainers.md`."""
