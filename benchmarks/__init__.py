"""What background tasks cost, beside other frameworks: `python -m benchmarks` measures it all."""
