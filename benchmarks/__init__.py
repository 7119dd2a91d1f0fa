"""Benchmarks: run by hand, results kept as CSV in benchmarks/results."""
