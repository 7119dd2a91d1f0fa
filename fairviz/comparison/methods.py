"""The methods that are compared, and the settings of their dials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fairviz.controls import CONTROLS, MAX_LAMBDA_Y
from fairviz.dual import MAX_PRICE
from fairviz.errors import SettingError

Setting = dict[str, Any]

#: Made of synthetic rows; made of real rows with a fairer model; to compare with.
GENERATOR, CLASSIFIER, REFERENCE = "generator", "classifier", "reference"


@dataclass(frozen=True)
class Method:
    """One way to fairer predictions.

    Attributes
    ----------
    title : str
        For people.
    family : str
        Methods of one family share a front.
    kind : str
        ``generator``, ``classifier`` or ``reference``.
    settings : tuple of dict
        Positions of the dial.
    light, quick : tuple of dict
        Fewer of them; every second one if ``light`` is empty.
    synthesizer : str
        For generators: a key of ``SYNTHESIZERS``.
    rival : str
        For the others: a key of ``fairviz.rivals.RIVALS``.
    fit_settings : tuple of str
        Settings that act in training, so that every value is a fit of its own.
    weights : bool
        The setting acts as weights on unguided rows.
    needs_group : bool
        Needs the person's group when it decides.
    only : str
        The one downstream classifier it works with, or "".
    source : str
        Where it is from.
    """

    title: str
    family: str
    kind: str
    settings: tuple[Setting, ...] = ({},)
    quick: tuple[Setting, ...] = ()
    light: tuple[Setting, ...] = ()
    synthesizer: str = ""
    rival: str = ""
    fit_settings: tuple[str, ...] = ()
    weights: bool = False
    needs_group: bool = False
    only: str = ""
    source: str = ""

    def positions(self, level: str = "full") -> tuple[Setting, ...]:
        """Settings to try: ``full``, ``light`` or ``quick``."""
        if level == "quick" and self.quick:
            return self.quick
        return self.settings if level == "full" else self.light or self.settings[::2]


def _prices(control: str, prices: Iterable[float]) -> tuple[Setting, ...]:
    return tuple({"control": control, "lambda_z": price} for price in prices)


#: Equality on the sources of the registered sets lies at 0.0002 to 0.28 for dp (law_school to 0.89) and 0.003 to 0.16
#: for eop, read off the duals before any test; beyond it nothing changes.
DP = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
EOP = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
#: Of the true positive gap, for the rule estimated on the target, whose dial is the multiplier and not a price.
MULTIPLIERS = (0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.12)
ENTROPY = (5.0, 10.0, 30.0)
#: Label strengths other than 1: sharper labels with the prices that they ask for, and softer ones.
SHARP_DP: tuple[Setting, ...] = ({"control": "dp", "lambda_y": 2.0, "lambda_z": 0.25},)
SOFT_DP: tuple[Setting, ...] = ({"control": "dp", "lambda_y": 0.5, "lambda_z": 0.2},)
SHARP_EOP = tuple({"control": "eop", "lambda_y": 2.0, "lambda_z": price} for price in (0.02, 0.08, 0.32))
BOTH = tuple({"control": "dp_eop", "lambda_z": a, "lambda_eop": b} for a, b in ((0.1, 0.01), (0.15, 0.02), (0.2, 0.02)))
NO_CONTROL: Setting = {"control": "dp", "lambda_z": 0.0}
FADM_PAPER = "Lin, Li, Zhao and Shao (2024), arXiv 2406.09495"
OURS = "docs/method.md, Fair control that knows the label"

METHODS: dict[str, Method] = {
    "fadm_dp": Method(
        "FADM, parity price", "FADM, label-aware", GENERATOR, (NO_CONTROL, *_prices("dp", DP), *SHARP_DP, *SOFT_DP),
        (NO_CONTROL, *_prices("dp", (0.1, 0.2))), synthesizer="fadm", source=OURS,
    ),
    "fadm_eop": Method(
        "FADM, opportunity price", "FADM, label-aware", GENERATOR, (*_prices("eop", EOP), *SHARP_EOP),
        _prices("eop", (0.02,)), synthesizer="fadm", source=OURS,
    ),
    "fadm_both": Method(
        "FADM, both prices", "FADM, label-aware", GENERATOR, BOTH, BOTH[1:2], synthesizer="fadm", source=OURS,
    ),
    "fadm_entropy": Method(
        "FADM, entropy (paper)", "FADM, entropy", GENERATOR, (NO_CONTROL, *_prices("entropy", ENTROPY)),
        (NO_CONTROL, *_prices("entropy", (10.0,))), synthesizer="fadm", source=FADM_PAPER,
    ),
    "preview_dp": Method(
        "FADM preview, parity price", "FADM, preview weights", GENERATOR, (NO_CONTROL, *_prices("dp", DP)),
        (NO_CONTROL, *_prices("dp", (0.1, 0.2))), synthesizer="fadm", weights=True, source="docs/method.md, Preview",
    ),
    "preview_eop": Method(
        "FADM preview, opportunity price", "FADM, preview weights", GENERATOR, _prices("eop", EOP),
        _prices("eop", (0.02,)), synthesizer="fadm", weights=True, source="docs/method.md, Preview",
    ),
    "ddpm": Method("DDPM", "DDPM", GENERATOR, synthesizer="ddpm", source="the paper's baseline"),
    "vae": Method("VAE", "VAE", GENERATOR, synthesizer="vae", source="the paper's baseline"),
    "gan": Method("GAN", "GAN", GENERATOR, synthesizer="gan", source="the paper's baseline"),
    "fairgan": Method(
        "FairGAN", "FairGAN", GENERATOR, ({"fairness": 1.0},), synthesizer="fairgan", fit_settings=("fairness",),
        source="Xu et al. (2018), arXiv 1805.11202, with their weight 1",
    ),
    "balanced": Method(
        "Balanced diffusion", "Balanced diffusion", GENERATOR, tuple({"share": v} for v in (0.0, 0.25, 0.5, 0.75, 1.0)),
        tuple({"share": v} for v in (0.0, 1.0)), synthesizer="balanced",
        source="the idea of fair-tab-diffusion, Yang et al. (2024), arXiv 2404.08254",
    ),
    "untouched": Method("Real rows, untouched", "Real rows, untouched", REFERENCE, rival="untouched"),
    "reweighing": Method(
        "Reweighing", "Reweighing", CLASSIFIER, tuple({"share": v} for v in (0.25, 0.5, 0.75, 1.0, 1.5)),
        ({"share": 1.0},), tuple({"share": v} for v in (0.5, 1.0)), rival="reweighing",
        source="Kamiran and Calders (2012)",
    ),
    "tilted_dp": Method(
        "Real rows, parity price", "Real rows, tilt weights", CLASSIFIER, tuple({"lambda_dp": v} for v in DP),
        tuple({"lambda_dp": v} for v in (0.1, 0.2)), tuple({"lambda_dp": v} for v in DP[1::2]), rival="tilted",
        source=OURS,
    ),
    "tilted_eop": Method(
        "Real rows, opportunity price", "Real rows, tilt weights", CLASSIFIER, tuple({"lambda_eop": v} for v in EOP),
        ({"lambda_eop": 0.02},), rival="tilted", source=OURS,
    ),
    "exponentiated_gradient": Method(
        "Exponentiated gradient", "Exponentiated gradient", CLASSIFIER,
        (*({"constraint": "dp", "bound": v} for v in (0.01, 0.04, 0.08)), {"constraint": "eop", "bound": 0.03}),
        ({"constraint": "dp", "bound": 0.04},),
        ({"constraint": "dp", "bound": 0.01}, {"constraint": "eop", "bound": 0.03}), rival="exponentiated_gradient",
        source="Agarwal et al. (2018), fairlearn",
    ),
    "grid_search": Method(
        "Grid search", "Grid search", CLASSIFIER,
        (*({"constraint": "dp", "index": v} for v in (5, 6, 7, 8)),
         *({"constraint": "eop", "index": v} for v in (5, 6, 7))),
        ({"constraint": "dp", "index": 6},),
        tuple({"constraint": "dp", "index": v} for v in (5, 6, 7, 8)), rival="grid_search",
        source="Agarwal et al. (2018), fairlearn",
    ),
    "fairret": Method(
        "fairret on the network", "fairret on the network", CLASSIFIER,
        (*({"constraint": "dp", "weight": v} for v in (0.0, 0.03, 0.1, 0.3)),
         *({"constraint": "eop", "weight": v} for v in (0.03, 0.1))),
        ({"constraint": "dp", "weight": 0.1},), rival="fairret", only="mlp",
        source="Buyl, Defrance and De Bie (2024), fairret",
    ),
    "steering": Method(
        "Affine steering", "Affine steering", CLASSIFIER, tuple({"share": v} for v in (0.25, 0.5, 0.75, 1.0)),
        ({"share": 1.0},), tuple({"share": v} for v in (0.5, 1.0)), rival="steering",
        source="Sharma et al. (2025), arXiv 2509.15759",
    ),
    "threshold_optimizer": Method(
        "Threshold per group", "Threshold per group", CLASSIFIER, ({"constraint": "dp"}, {"constraint": "eop"}),
        light=({"constraint": "dp"}, {"constraint": "eop"}), rival="threshold_optimizer", needs_group=True,
        source="Hardt et al. (2016), fairlearn",
    ),
    "overwrite": Method(
        "Trivial line: answers overwritten", "Trivial line", REFERENCE,
        tuple({"share": v, "label": 1} for v in (0.05, 0.1, 0.2, 0.4, 0.7)), ({"share": 0.2, "label": 1},),
        rival="overwrite",
    ),
    "constant": Method("Always the same answer", "Always the same answer", REFERENCE, rival="constant"),
    "fair_bayes": Method(
        "Fair Bayes rule, estimated on the target", "Fair Bayes rule, estimated on the target", REFERENCE,
        (*({"lambda_dp": v} for v in (0.0, *DP)), *({"lambda_eop": v} for v in MULTIPLIERS)),
        tuple({"lambda_dp": v} for v in (0.0, 0.1, 0.2)), rival="fair_bayes",
        source="Menon and Williamson (2018), plug-in",
    ),
}  # fmt: skip


#: Smallest and largest value of the numbers in a setting.
LIMITS = {
    "lambda_y": (0.0, MAX_LAMBDA_Y), "lambda_z": (0.0, CONTROLS["entropy"].top), "lambda_eop": (0.0, MAX_PRICE),
    "lambda_dp": (0.0, MAX_PRICE),
    "share": (0.0, 1.5), "bound": (0.0, 1.0), "fairness": (0.0, 1e3), "weight": (0.0, 1e3), "label": (0, 1),
    "index": (0, 8),
}  # fmt: skip


def check_setting(name: str, setting: Setting) -> None:
    """Refuse a setting that a method does not have.

    Raises
    ------
    SettingError
    """
    known: dict[str, set] = {}
    for position in METHODS[name].settings:
        for key, value in position.items():
            known.setdefault(key, set()).add(value)
    for key, value in setting.items():
        if key not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise SettingError(f"{name} has no setting {key!r}; {has}.")
        if all(isinstance(v, str) for v in known[key]):
            if value not in known[key]:
                raise SettingError(f"{name}: {key} is {value!r}; choose one of {', '.join(sorted(known[key]))}.")
            continue
        low, high = LIMITS[key]
        ok = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
        if not ok or (isinstance(low, int) and value != int(value)):
            raise SettingError(f"{name}: {key} is {value!r}; choose a number from {low:g} to {high:g}.")
    for key, values in known.items():
        needed = key in ("constraint", "index", "bound", "weight") or (key == "share" and name == "overwrite")
        if needed and key not in setting:
            raise SettingError(f"{name} needs the setting {key!r}, such as {next(iter(values))!r}.")


def wording(setting: Setting) -> str:
    """A setting in short: ``λ_z 0.2``."""
    names = {
        "lambda_y": "λ_y", "lambda_z": "λ_z", "lambda_dp": "λ_z", "lambda_eop": "λ_eop", "share": "share",
        "bound": "gap at most", "fairness": "weight", "weight": "weight", "label": "label", "index": "multiplier",
    }  # fmt: skip
    parts = [f"{names[k]} {v:g}" for k, v in setting.items() if k in names]
    kind = setting.get("constraint")  # a control is in the method's title
    return ", ".join([*([kind] if kind else []), *parts]) or "–"
