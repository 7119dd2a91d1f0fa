"""Hyper-parameters: FADM's defaults and everybody's ranges. No torch, so that fits are found without it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fairviz.checks import check_count
from fairviz.controls.dials import BEST_SOLVER, BEST_TRAINING, BOOSTED
from fairviz.errors import SettingError
from fairviz.meta import META_MODES
from fairviz.settings import Parameter

#: Largest hyper-parameters that count something.
HIGHEST = {
    "n_iter": 1_000_000, "batch_size": 100_000, "hidden": 4096, "depth": 64, "latent": 4096,
    "classifier_hidden": 4096, "classifier_depth": 64,
}  # fmt: skip
#: rows: the two losses are weighted by their domains' shares, so every source row counts the same. equal: by 1, so
#: a domain of 400 rows counts as much as one of 40,000.
DOMAIN_WEIGHTS = ("rows", "equal")
#: plain: layers in a row. residual: with skip connections, and told what every block of a noised row says by itself.
NETWORKS = ("plain", "residual")
#: What soft rows call their weights.
WEIGHT = "weight"
#: Hyper-parameters that earlier versions had not, with the values by which those versions fitted. Where a fit has these
#: values they are not written down, so that it keeps its name.
LATER = {"structural_zeros": False, "max_passes": 0.0, "network": "plain"}
#: Fewest iterations that a bound on the passes leaves.
FEWEST_ITERATIONS = 100


def written(params: Mapping[str, Any]) -> dict[str, Any]:
    """Hyper-parameters as a specification and a file hold them."""
    return {name: value for name, value in params.items() if name not in LATER or value != LATER[name]}


@dataclass(frozen=True)
class Preset:
    """Hyper-parameters that go together.

    Attributes
    ----------
    meaning : str
        A few words.
    params : dict
        Hyper-parameters of a fit that are not the defaults.
    sampling : dict
        Settings of sampling that go with them.
    """

    meaning: str
    params: dict[str, Any]
    sampling: dict[str, Any]


#: A trial's fit where its setting says nothing: results were recorded so before plain training was found better.
META = "meta"
#: The paper's: a score network that is not told the label, second-order meta-learning, the entropy of ``p(z|x)``,
#: labels from the networks, Euler-Maruyama. What stays ours in it: categories as probabilities instead of plain noise.
#: fairviz's: plain training, which was found closer to the data (benchmarks/LOG.md), longer, and with a guard against
#: learning a small source by heart; no impossible rows; labels from the best posterior.
PRESETS = {
    META: Preset(
        "meta-learning over domains, a label in the score network, prices of gaps", {"meta": "second_order"}, {}
    ),
    "paper": Preset(
        "as published", {"meta": "second_order", "label_in_score": False},
        {"control": "entropy", "labels": "network", "solver": "euler_maruyama", "n_steps": 200},
    ),
    "fairviz": Preset(
        "closest to the data", BEST_TRAINING,
        {"control": "dp", "labels": BOOSTED, "solver": BEST_SOLVER, "n_steps": 20},
    ),
}  # fmt: skip
PRESET = Parameter("preset", META, choices=PRESETS, in_fit=True, neutral=True)
#: Fits that seeds of one setting take turns with, so that a spread over seeds holds that of fits too.
FITS = Parameter("fits", 1, low=1, high=100, whole=True, in_fit=True, neutral=True)


def iterations(params: Mapping[str, Any], n_rows: int) -> int:
    """Iterations of a training on so many rows: ``n_iter``, or fewer, so that no row is seen more than ``max_passes``
    times in the mean: few rows that are seen too often come back as they are.
    """
    n_iter, passes = int(params["n_iter"]), float(params.get("max_passes", 0.0))
    if not passes:
        return n_iter
    return min(n_iter, max(FEWEST_ITERATIONS, math.ceil(passes * n_rows / int(params["batch_size"]))))


@dataclass(kw_only=True, eq=False, repr=False)
class FADMParams:
    """What a fit of FADM is by default; see :class:`fairviz.synthesizers.FADM`."""

    n_iter: int = 5000
    batch_size: int = 512
    hidden: int = 256
    depth: int = 3
    classifier_hidden: int = 128
    classifier_depth: int = 2
    learning_rate: float = 4e-3
    inner_lr: float = 0.01
    beta: float = 1.0
    meta: str = "none"
    domain_weights: str = "rows"
    label_in_score: bool = True
    random_state: int = 0
    structural_zeros: bool = False
    max_passes: float = 0.0
    network: str = "plain"


def trainings() -> dict[str, dict[str, Any]]:
    """By preset, all hyper-parameters of its training as a fit's specification has them."""
    whole = {name: written(asdict(FADMParams(**preset.params))) for name, preset in PRESETS.items()}
    return {name: {k: v for k, v in params.items() if k != "random_state"} for name, params in whole.items()}


def check_params(params: dict[str, Any]) -> None:
    """Refuse hyper-parameters out of range, whichever of them a synthesizer has.

    Raises
    ------
    SettingError
    """
    for name in HIGHEST.keys() & params.keys():
        check_count(name, params[name], 2 if name == "batch_size" else 1, HIGHEST[name])
    check_count("random_state", params["random_state"], 0, 2**63 - 1)
    for name, value in params.items():
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and not (math.isfinite(value) and value >= 0):
            raise SettingError(f"{name} is {value}; choose a finite number of 0 or more.")


def check_fadm_params(params: dict[str, Any]) -> None:
    """Refuse hyper-parameters out of range, or a name that is none of the choices.

    Raises
    ------
    SettingError
    """
    check_params(params)
    if params["meta"] not in META_MODES:
        raise SettingError(f"meta is {params['meta']!r}; choose one of {', '.join(META_MODES)}.")
    for name, choices in (("domain_weights", DOMAIN_WEIGHTS), ("network", NETWORKS)):
        if params.get(name, LATER.get(name)) not in choices:
            raise SettingError(f"{name} is {params[name]!r}; choose one of {', '.join(choices)}.")
