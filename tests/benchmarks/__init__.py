"""The figures of speed, beside the bare framework: `python -m tests.benchmarks`. Linux only; not run by pytest."""
