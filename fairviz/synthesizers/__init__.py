"""Synthesizers: fit a data set, sample a frame."""

from fairviz.synthesizers.base import FitStep, Synthesizer
from fairviz.synthesizers.checks import check_synthesizer
from fairviz.synthesizers.ddpm import DDPM, Balanced
from fairviz.synthesizers.fadm import FADM
from fairviz.synthesizers.gan import GAN, FairGAN
from fairviz.synthesizers.vae import VAE

SYNTHESIZERS: dict[str, type[Synthesizer]] = {
    "fadm": FADM,
    "ddpm": DDPM,
    "balanced": Balanced,
    "vae": VAE,
    "gan": GAN,
    "fairgan": FairGAN,
}

__all__ = [
    "DDPM",
    "FADM",
    "GAN",
    "SYNTHESIZERS",
    "VAE",
    "Balanced",
    "FairGAN",
    "FitStep",
    "Synthesizer",
    "check_synthesizer",
]
