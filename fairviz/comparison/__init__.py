"""Every method on the same split: which there are, single trials, the frontier, the paper's table."""
