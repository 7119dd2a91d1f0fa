"""Prices at which methods with a fair control are compared, and what can be set on them."""

from __future__ import annotations

from collections.abc import Iterable

from fairviz.controls.base import MAX_LAMBDA_Y
from fairviz.controls.registry import CONTROLS
from fairviz.dual import MAX_PRICE
from fairviz.settings import Dial, Parameter, Setting

OURS = "docs/method.md, Fair control that knows the label"
#: Equality on the sources of the built-in sets lies at 0.0002 to 0.28 for dp (law_school to 0.89) and 0.003 to 0.16
#: for eop, read off the duals before any test; beyond it nothing changes.
DP = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
EOP = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
#: How far label and group are made unrelated: 1 is where they are independent on the source.
SHARES = (0.25, 0.5, 0.75, 1.0, 1.125, 1.25, 1.5, 1.75)
#: ``control`` may be any of the registry, another package's too.
PRICE_PARAMETERS = (
    Parameter("control", "dp", choices=CONTROLS, beside=("lambda_z", "lambda_eop")),
    Parameter("lambda_eop", 0.0, high=MAX_PRICE, symbol="λ_eop", neutral=True),
    Parameter("lambda_z", 0.0, high=100.0, symbol="λ_z", neutral=True),
)
#: Who labels synthetic rows: the paper's networks, or the best posterior of the source's real rows.
NETWORK, BOOSTED = "network", "boosted"
#: Boosted labels that are not drawn: a weight for either. What rows in a file are asked for.
SOFT = "soft"
LABELS = Parameter("labels", NETWORK, choices=(NETWORK, BOOSTED), neutral=True)
#: Which solver of the reverse diffusion draws rows where nothing is said, and the one that was measured as best.
SOLVER, BEST_SOLVER = "sde_dpmpp_2m", "mixed_dpmpp_2m"
#: What pages draw with, by who labels the rows: results of the networks' labels were recorded with the former solver.
SOLVERS_OF = {NETWORK: SOLVER, BOOSTED: BEST_SOLVER}
#: Hyper-parameters of the training that was measured as best: plain, no impossible rows, and no small source
#: learnt by heart.
BEST_TRAINING = {
    "meta": "none", "n_iter": 4000, "network": "residual", "structural_zeros": True, "max_passes": 100.0,
}  # fmt: skip
LABEL_STRENGTH = Parameter("lambda_y", 1.0, high=MAX_LAMBDA_Y, symbol="λ_y", neutral=True)


def at_prices(control: str, prices: Iterable[float], **more: float) -> tuple[Setting, ...]:
    """Positions of one control."""
    return tuple({"control": control, **more, "lambda_z": price} for price in prices)


#: No control: the start of every dial.
START: Setting = {}
#: Label strengths other than 1: sharper labels with the prices that they ask for, and softer ones.
_SHARP_DP = at_prices("dp", (0.25,), lambda_y=2.0)
_SOFT_DP = at_prices("dp", (0.2,), lambda_y=0.5)
_SHARP_EOP = at_prices("eop", (0.02, 0.08, 0.32), lambda_y=2.0)
_BOTH = tuple(
    {"control": "dp_eop", "lambda_z": a, "lambda_eop": b} for a, b in ((0.1, 0.01), (0.15, 0.02), (0.2, 0.02))
)
_OWN, _WEIGHTED = "FADM, label-aware", "FADM, preview weights"
_SOFT, _DRAWN = "FADM, soft labels", "FADM, drawn labels"
#: Fits of a data set whose dials are tried at all positions.
FITS = 3
_DRAWN_AT: tuple[Setting, ...] = (START, *at_prices("dp", (0.1, 0.2)))
#: The training, the labels and the solver that were measured as best.
BEST: Setting = {"labels": BOOSTED, "preset": "fairviz", "solver": BEST_SOLVER}


def _best(positions: Iterable[Setting], fits: int = 1) -> tuple[Setting, ...]:
    """Positions with the training and the labels that were measured as best."""
    return tuple({**setting, **BEST, "fits": fits} for setting in positions)


def _soft(name: str, title: str, positions: tuple[Setting, ...], quick: tuple[Setting, ...]) -> Dial:
    """A dial of soft labels: three fits where all positions are tried, so that intervals hold what a fit adds."""
    return Dial(f"fadm_soft_{name}", f"FADM, soft labels, {title}", _best(positions, FITS), _SOFT,
                light=_best(positions[::2]), quick=_best(quick))  # fmt: skip


FADM_DIALS = (
    Dial("fadm_drawn", "FADM, drawn labels, parity price", _best(_DRAWN_AT, FITS), _DRAWN, light=_best(_DRAWN_AT[:1]),
         quick=_best(_DRAWN_AT[:1])),
    Dial("fadm_dp", "FADM, parity price", (START, *at_prices("dp", DP), *_SHARP_DP, *_SOFT_DP), _OWN,
         quick=(START, *at_prices("dp", (0.1, 0.2)))),
    Dial("fadm_eop", "FADM, opportunity price", (*at_prices("eop", EOP), *_SHARP_EOP), _OWN,
         quick=at_prices("eop", (0.02,))),
    Dial("fadm_both", "FADM, both prices", _BOTH, _OWN, quick=_BOTH[1:2]),
    Dial("fadm_entropy", "FADM, entropy (paper)", (START, *at_prices("entropy", (5.0, 10.0, 30.0))), "FADM, entropy",
         quick=(START, *at_prices("entropy", (10.0,)))),
)  # fmt: skip
PREVIEW_DIALS = (
    _soft("dp", "parity price", (START, *at_prices("dp", DP)), (START, *at_prices("dp", (0.1, 0.2)))),
    _soft("eop", "opportunity price", at_prices("eop", EOP), at_prices("eop", (0.02,))),
    _soft("both", "both prices", _BOTH, _BOTH[1:2]),
    _soft("independence", "independence", at_prices("independence", SHARES), at_prices("independence", (1.0,))),
    Dial("preview_dp", "FADM preview, parity price", (START, *at_prices("dp", DP)), _WEIGHTED,
         quick=(START, *at_prices("dp", (0.1, 0.2)))),
    Dial("preview_eop", "FADM preview, opportunity price", at_prices("eop", EOP), _WEIGHTED,
         quick=at_prices("eop", (0.02,))),
)  # fmt: skip
