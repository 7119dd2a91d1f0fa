"""Experiments: methods, trials, the runner, plans and their published tables."""
