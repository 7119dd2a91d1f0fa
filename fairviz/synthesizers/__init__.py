"""Synthesizers: fit a data set, sample a frame.

A new one is a file beside these and a line here, or an entry point ``fairviz.synthesizers`` of another package. Classes
are imported when they are asked for: what only reads recorded results needs no torch.
"""

from __future__ import annotations

from typing import Any

from fairviz.plugins import Registry, lazily

SYNTHESIZERS: Registry[Any] = Registry(
    "fairviz.synthesizers",
    {
        "fadm": "fairviz.synthesizers.fadm:FADM",
        "ddpm": "fairviz.synthesizers.ddpm:DDPM",
        "vae": "fairviz.synthesizers.vae:VAE",
        "gan": "fairviz.synthesizers.gan:GAN",
        "fairgan": "fairviz.synthesizers.gan:FairGAN",
        "balanced": "fairviz.synthesizers.ddpm:Balanced",
    },
)
_WHERE = {
    "DDPM": "ddpm", "FADM": "fadm", "GAN": "gan", "VAE": "vae", "Balanced": "ddpm", "FairGAN": "gan", "FitStep": "base",
    "Synthesizer": "base", "check_synthesizer": "checks",
}  # fmt: skip

__all__ = ["SYNTHESIZERS", *_WHERE]
__getattr__ = lazily(__name__, _WHERE)
