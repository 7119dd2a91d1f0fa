"""From a table of counts to the numbers on the page, worked by hand."""

from dataclasses import asdict

import numpy as np
import pytest

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.metrics import between
from fairviz.evaluation.runs import Runs, average
from fairviz.evaluation.tradeoff import Sweep, domain_rows, headline, tables_of
from fairviz.experiments.recorded import recorded_trial, sweep_of
from fairviz.experiments.trial import table_of
from fairviz.store.trials import Row
from fairviz.telling.view import dumbbell_frame, recorded_background
from tests.evaluation.test_metrics import HAND

GROUPS = ("women", "men")


def sweep() -> Sweep:
    """Two domains, two seeds, prices 0 and 0.1; seed 1 says yes to 10 more women who are truly yes."""
    rows = []
    for target, scale in (("a", 1), ("b", 2)):
        for seed in (0, 1):
            for price, control in ((0.0, "dp"), (0.1, "dp"), (0.1, "eop")):
                table = HAND * 10 * scale
                if price:
                    table[0, 0, 1] += np.array([-10, 10]) * scale
                table[0, 0, 0] += np.array([-seed, seed])
                rows.append(row(table, target, "mlp", seed, {"control": control, "lambda_z": price}))
        rows.append(row(HAND * 10 * scale, target, "mlp", 0, {}, method="unmitigated"))
        zero = HAND * 10 * scale
        zero = np.stack([zero.sum(-1), 0 * zero.sum(-1)], -1)
        rows.append(row(zero, target, "logistic_regression", 0, {}, method="constant"))
    return Sweep.of(table_of(rows), GROUPS)


def row(table: np.ndarray, *about, **more) -> Row:
    """A recorded trial with its counts (1, K, 2, 2)."""
    return Row("", asdict(recorded_trial(*about, **more)), table[0])


def test_record_round_trip() -> None:
    table = table_of([row(HAND, "a", "mlp", 0, {})])
    assert table["target"].tolist() == ["a"]
    assert table["n_0_1_1"].tolist() == [6]  # women, truly yes, found
    assert (tables_of(table, 2) == HAND).all()


def test_settings_become_columns() -> None:
    """What a setting does not say is no control; what a method is trained on has a word."""
    rows = sweep().rows
    assert set(rows["method"]) == {"fadm", "unmitigated", "constant"}
    priced = rows[(rows["method"] == "fadm") & (rows["lambda_z"] == 0.1)]
    assert set(priced["control"]) == {"dp", "eop"}
    assert (rows.loc[rows["setting"] == "{}", ["lambda_y", "lambda_z", "lambda_eop"]] == [1.0, 0.0, 0.0]).all(axis=None)


def test_a_table_holds_two_dials_by_whose_labels_they_are() -> None:
    """Trials of other methods, other training and, in a comparison, other strengths are in it, and not on the line."""
    given = [
        ("fadm", {}), ("fadm", {"lambda_z": 0.1}), ("fadm", {"labels": "boosted", "preset": "fairviz"}),
        ("fadm", {"preset": "fairviz"}), ("fadm", {"lambda_z": 0.1, "lambda_y": 2.0}),
        ("fadm_preview", {}), ("fadm_preview", {"labels": "boosted", "preset": "fairviz"}),
        ("fadm_preview", {"labels": "boosted", "preset": "fairviz", "fits": 3, "lambda_z": 0.2}),
        ("fadm_preview", {"control": "dp_eop", "labels": "boosted", "lambda_eop": 0.1}), ("unmitigated", {}),
    ]  # fmt: skip
    trials = [recorded_trial("a", "mlp", 0, setting, method=method) for method, setting in given]
    table = table_of([Row(str(k), asdict(t), HAND[0] + k) for k, t in enumerate(trials)])
    first = {k: row["n_0_0_0"] for k, row in enumerate(table.to_dict("records"))}

    def found(labels: str, whole: bool) -> set[int]:
        sweep = sweep_of(table, ("men", "women"), labels, whole=whole)
        assert sweep is not None
        return {k for k, n in first.items() if n in set(sweep.rows["n_0_0_0"])}

    assert found("network", True) == {0, 1, 4, 9}
    assert found("network", False) == {0, 1, 9}
    assert found("boosted", True) == {6, 7, 8, 9}
    assert found("boosted", False) == {6, 7, 9}
    assert sweep_of(table[table["method"] != "fadm_preview"], ("men", "women"), "boosted", whole=True) is None


def test_path_shares_price_zero_between_controls() -> None:
    for control in ("dp", "eop"):
        path = sweep().setting(control, 1.0, "mlp", ["a", "b"]).path("accuracy")
        assert path["lambda_z"].tolist() == [0.0, 0.1]
    path = sweep().setting("dp", 1.0, "mlp", ["a"]).path("R_EOp")
    assert path["fairness"].tolist() == pytest.approx([0.6 / 0.8, 0.7 / 0.8])
    # seed 1 loses one woman's right answer of 1000
    assert path["accuracy"].tolist() == pytest.approx([0.81 - 0.0005, 0.82 - 0.0005])
    assert path["accuracy_sd"].tolist() == pytest.approx([0.001 / np.sqrt(2)] * 2)


def test_average_keeps_the_totals() -> None:
    tables = [HAND.copy() for _ in range(3)]
    tables[0][0, 0, 0] = [26, 4]
    mean = average([Counts(("a",), GROUPS, t) for t in tables])
    assert (mean.table.sum(-1) == HAND.sum(-1)).all()
    assert mean.table[0, 0, 0].tolist() == [27, 3]


def test_headline_means_over_estimable_domains() -> None:
    small = HAND.copy()
    small[0, 0, 1] = [1, 2]
    counts = Counts(("a", "b"), GROUPS, np.concatenate([HAND, small]))
    head = headline(Runs((counts,)), "R_EOp")
    assert head["fairness"] == pytest.approx(0.75)
    assert head["n_domains"] == 1
    assert head["accuracy"] == pytest.approx((0.81 + (27 + 2 + 24 + 24) / 93) / 2)
    assert head["accuracy_low"] < head["accuracy"] < head["accuracy_high"]
    assert headline(Runs((counts,)), "R_DP")["n_domains"] == 2


def test_domain_rows_by_hand() -> None:
    (row,) = domain_rows(Runs((Counts(("a",), GROUPS, HAND),)))
    assert row["n"] == 100
    women, men = row["groups"]
    assert (women["n"], women["n_positive"], women["predicted"], women["found"]) == (40, 10, 9, 6)
    assert (men["n"], men["n_positive"], men["predicted"], men["found"]) == (60, 30, 30, 24)
    assert row["R_DP"][0] == pytest.approx(0.45)
    assert row["R_DP"][1] < 0.45 < row["R_DP"][2]


def test_recorded_view() -> None:
    view = recorded_background(
        sweep(), control="dp", lambda_y=1.0, classifier="mlp", domains=("a", "b"), metric="R_EOp"
    ).at(0.1)
    assert view.head["fairness"] == pytest.approx(0.7 / 0.8)
    assert view.head_before["fairness"] == pytest.approx(0.6 / 0.8)
    assert len(view.seeds) == 2
    assert view.references["accuracy"].tolist() == pytest.approx([0.81])
    assert view.constant["accuracy"].tolist() == pytest.approx([0.6])
    assert between("R_EOp").oriented(HAND, 0, 1)[0] == pytest.approx(0.75)
    assert between("R_EOp").oriented(HAND, 1, 0)[0] == pytest.approx(1 / 0.75)  # the direction shows
    assert between("dp_difference").oriented(HAND, 1, 0)[0] == pytest.approx(0.225 - 0.5)
    frame = dumbbell_frame(view, "R_EOp")
    assert frame["domain"].tolist() == ["b (n=2,000)", "a (n=1,000)"]
    assert frame["now"].tolist() == pytest.approx([0.875, 0.875])
    assert frame["before"].tolist() == pytest.approx([0.75, 0.75])
