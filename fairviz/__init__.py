"""fairviz: fair synthetic data from score-based diffusion, and what it costs."""

__version__ = "0.3.0"
