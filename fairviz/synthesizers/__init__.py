"""Synthesizers: fit a data set, sample a frame."""

from fairviz.synthesizers.base import FitStep, Synthesizer
from fairviz.synthesizers.controls import CONTROLS
from fairviz.synthesizers.fadm import FADM

SYNTHESIZERS = {"fadm": FADM}

__all__ = ["CONTROLS", "FADM", "SYNTHESIZERS", "FitStep", "Synthesizer"]
