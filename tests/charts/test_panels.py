"""Small charts of methods, one for each held-out domain, as they are drawn; and where names stand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from fairviz import charts
from fairviz.charts.labels import apart
from tests.charts.drawing import WIDTHS, check, drawn

KINDS = {"A": "generator", "B": "classifier", "Real": "reference"}


def frame() -> pd.DataFrame:
    """Two domains that can be judged, one that cannot, and a method that is far off in the second."""
    rows = [
        ("small", "A", -0.020, 0.5), ("small", "B", 0.010, 0.7), ("small", "Real", 0.0, 0.4),
        ("large", "A", -0.010, 0.9), ("large", "B", -0.090, 0.6), ("large", "Real", 0.0, 0.3),
        ("none", "A", -0.010, np.nan), ("none", "Real", 0.0, np.nan),
    ]  # fmt: skip
    found = pd.DataFrame(rows, columns=["domain", "family", "gain", "fairness"])
    return found.assign(low=found["fairness"] - 0.05, high=found["fairness"] + 0.05, setting="s",
                        ours=found["family"] == "A")  # fmt: skip


@pytest.mark.parametrize("width", [*WIDTHS, 250])
def test_panels_share_their_axes_and_leave_out_what_is_far(width: int) -> None:
    found = charts.panels(frame(), KINDS, y_title="ratio")
    assert list(found) == ["small", "large"]
    axes = []
    for chart, many in zip(found.values(), (3, 2), strict=True):
        one = drawn(chart, width)
        check(one)
        axes.append((one.ends("bottom"), one.ends("left")))
        assert len({tuple(vars(box).values()) for box, _ in one.symbols}) == many + 1  # and the ring
    assert np.array(axes[0]) == pytest.approx(np.array(axes[1]))
    (left, right), (low, high) = axes[0]
    assert left < -2.0 < 1.0 < right  # points of accuracy
    assert low < 0.3 < 0.9 < high


def test_a_points_place_is_its_value() -> None:
    """The ring of ours in the first panel, read off the axes."""
    one = drawn(charts.panels(frame(), KINDS, y_title="ratio")["small"], 560)
    ring = max((box for box, _ in one.symbols), key=lambda box: box.right - box.left)
    (left, right), (low, high) = one.ends("bottom"), one.ends("left")
    across = ((ring.left + ring.right) / 2 - one.plot.left) / (one.plot.right - one.plot.left)
    up = (one.plot.bottom - (ring.top + ring.bottom) / 2) / (one.plot.bottom - one.plot.top)
    assert left + across * (right - left) == pytest.approx(-2.0, abs=0.02)
    assert low + up * (high - low) == pytest.approx(0.5, abs=0.005)


def test_nothing_that_can_be_judged_has_no_panels() -> None:
    assert charts.panels(frame().assign(fairness=np.nan), KINDS, y_title="ratio") == {}


def test_names_by_hand() -> None:
    assert apart([0.1, 0.5, 0.9], 0.1, 0.05) == pytest.approx([0.1, 0.5, 0.9])
    assert apart([0.5, 0.5], 0.1, 0.05) == pytest.approx([0.45, 0.55])
    assert apart([0.0, 0.0], 0.1, 0.05) == pytest.approx([0.05, 0.15])
    assert apart([1.0], 0.1, 0.05) == pytest.approx([0.95])
    assert apart([0.5] * 3, 0.6, 0.1) == pytest.approx([0.1, 0.5, 0.9])  # no room for more
    assert apart([], 0.1, 0.05) == []


@pytest.mark.parametrize("seed", range(5))
def test_names_are_as_near_as_a_general_solver_gets_them(seed: int) -> None:
    """Least squares under the same distances and margins, by another library."""
    wanted = np.sort(np.random.default_rng(seed).beta(2, 2, 6))
    least, margin = 0.09, 0.03
    limits = [{"type": "ineq", "fun": lambda x, k=k: x[k + 1] - x[k] - least} for k in range(5)]
    start = margin + np.arange(6) * (1 - 2 * margin) / 5
    best = minimize(
        lambda x: ((x - wanted) ** 2).sum(), start, constraints=limits, bounds=[(margin, 1 - margin)] * 6,
        method="SLSQP", options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    found = np.array(apart(list(wanted), least, margin))
    assert all(b - a >= least - 1e-9 for a, b in itertools.pairwise(found))
    assert found == pytest.approx(best.x, abs=1e-4)
