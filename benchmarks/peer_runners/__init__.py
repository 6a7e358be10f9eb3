"""What `benchmarks.peers` runs: one small script for each environment library."""
