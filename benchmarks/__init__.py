"""Scripts that measure: run each with ``python -m benchmarks.NAME``."""
