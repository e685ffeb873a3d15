"""The benchmarks behind `graft bench`, one module a name.

Each module has `run(console, options) -> BenchResult`, and `setup(console)` where it needs peers in an environment of
their own.
"""
