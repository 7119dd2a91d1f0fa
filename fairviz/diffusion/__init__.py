"""Score-based diffusion over rows: SDE, networks, losses, guidance, solvers (torch only)."""
