"""Comparisons as text and JSON; every expected number is worked by hand."""

import json
import math

import pytest

from fairviz.experiments.methods import METHODS
from fairviz.experiments.overview import overview, standing, straight
from fairviz.experiments.results import Results
from fairviz.experiments.tables import as_json, frontier_text, made_line
from fairviz.synthesizers.hyper import trainings
from tests.experiments.by_hand import ALL, BEST, FADM, NAMES, NOBODY, PLAIN, REWEIGHING, both_seeds, dials
from tests.experiments.published import area, published
from tests.markdown import cells


def test_a_method_that_is_not_here_is_read_all_the_same(tmp_path, made) -> None:
    """Of another package, or of a later version: the entry says all that there is to say."""
    (theirs,) = json.loads(json.dumps(dials("reweighing")))
    theirs |= {"name": "their_dial", "method": "their_method", "title": "Theirs", "family": "Their family"}
    theirs["positions"] = [{"setting": {"push": 3}, "wording": "push 3"}]
    rows = [{**r, "method": "their_method", "setting": '{"push": 3}'} for r in REWEIGHING]
    assert "their_method" not in METHODS
    known = {"dials": [*dials("unmitigated"), theirs]}
    entry = published(tmp_path / "theirs", "frontier", [*PLAIN, *rows], made, **known)
    found = Results.of(entry).points().set_index("title")
    assert found.loc["Theirs", "accuracy"] == pytest.approx((0.735 + 0.80) / 2)
    assert found.loc["Theirs", "wording"] == "push 3"
    # its front starts at the unmitigated model, whose seeds are at 0.795 and 0.55, and at 0.785 and 0.51
    spread = abs(area(0.55, 0.795) - area(0.51, 0.785)) / math.sqrt(2)
    shown = cells(frontier_text(entry).split("R_EOp")[0])
    assert shown["Their family"][0] == f"{area(0.53, 0.79):.3f} ±{spread:.3f}"
    assert json.loads(json.dumps(as_json(entry)))["results"]["gradient_boosting"]["points"][1]["dial"] == "their_dial"


def test_frontier_text(frontier_entry) -> None:
    text = frontier_text(frontier_entry)
    first = text.split("R_EOp")[0]
    assert "adult, gradient_boosting, R_DP" in first
    table = cells(first)
    fair = (0.9 + 20 / 24) / 2
    ours = 0.285 * 0.325 + (0.285 + 0.225) / 2 * (fair - 0.325)
    strict = 0.16 * 0.325 + (0.16 + 0.10) / 2 * (fair - 0.325)
    assert table["FADM, label-aware"][:2] == [f"{ours:.3f} ±0.000", f"{strict:.4f}"]
    assert table["FADM, label-aware"][2:] == ["10.2", "78.5"]
    spread = (0.295 * 0.55 - 0.285 * 0.51) / math.sqrt(2)
    assert table["Real rows, unmitigated"][0] == f"{0.29 * 0.53:.3f} ±{spread:.3f}"
    assert table[f"_{BEST}_"][2] == "0.0"
    assert "Always the same answer" not in table
    areas = [float(row[0].split()[0]) for name, row in table.items() if name != "method" and row[0][0].isdigit()]
    assert areas == sorted(areas, reverse=True)
    assert len(areas) == 4
    assert "adult, gradient_boosting, R_EOp" in text
    # 120 seconds, two workers, 48 trials
    for word in ("2 seeds", "2 held-out domains", "a machine of four cores", "torch 9.9", "scikit-learn 8.8",
                 "28 trials in 2 minutes with 2 workers"):  # fmt: skip
        assert word in text


def test_standing_by_hand(tmp_path, made) -> None:
    """Areas of the fronts from the table above; the DDPM of this test is FADM's price 0."""
    ddpm = both_seeds("ddpm", {}, ((4, 16), (10, 40)), ((2, 3), (5, 15)))
    entry = published(tmp_path / "standing", "frontier", [*ALL, *ddpm], made, names=("ddpm", *NAMES))
    told = [cell.strip() for cell in standing({"adult": entry}).split("\n")[-1].strip("| ").split("|")]
    fair = (0.9 + 20 / 24) / 2

    def front(base: float, *corners: tuple[float, float]) -> float:
        """Area of (accuracy, ratio) corners above a base accuracy: a rectangle, then trapezoids."""
        (a, r), *others = [(accuracy - base, ratio) for accuracy, ratio in corners]
        area = a * r
        for b, s in others:
            area, a, r = area + (a + b) / 2 * (s - r), b, s
        return area

    # accuracies of the constant and of a coin
    of = {base: front(base, (0.785, 0.325), (0.725, fair)) for base in (0.625, 0.5)}
    alone = {base: front(base, (0.785, 0.325)) for base in (0.625, 0.5)}
    bound = front(0.625, (0.875, 0.45), (0.83, 0.825))
    rival = {base: front(base, (0.79, 0.53), (0.7675, 0.65)) for base in (0.625, 0.5)}
    assert told[:2] == ["adult", "FADM, label-aware"]
    assert told[2].startswith("78.5 (")
    assert told[3].startswith("79.0 (")
    assert told[4].startswith(f"{of[0.625] / alone[0.625]:.2f} (DDPM; {of[0.5] / alone[0.5]:.2f}); ")
    assert told[5].startswith(f"{bound / alone[0.625]:.2f}; ")
    assert told[6].startswith(f"{of[0.625] / rival[0.625]:.2f} (Reweighing; {of[0.5] / rival[0.5]:.2f}); ")


def test_overview_by_hand(tmp_path, made) -> None:
    """Families by area above the constant, a coin's in brackets; one data set may lack what another has."""
    per_group = both_seeds(
        "threshold_optimizer", {"constraint": "dp", "folds": 5}, ((12, 24), (8, 32)), ((6, 4), (4, 8))
    )
    names = ("threshold_optimizer", *NAMES)
    entries = {
        "adult": published(tmp_path / "adult", "frontier", [*ALL, *per_group], made, names=names),
        "other": published(tmp_path / "other", "frontier", [*FADM, *NOBODY], made, names=("fadm_dp", "constant")),
    }
    lines_of = [line.strip("| ").split(" | ") for line in overview(entries).split("\n")]
    assert lines_of[0] == ["adult", "other"]
    table = {line[0]: line[1:] for line in lines_of[2:]}
    fair = (0.9 + 20 / 24) / 2
    ours = 0.285 * 0.325 + (0.285 + 0.225) / 2 * (fair - 0.325)
    strict = 0.16 * 0.325 + (0.16 + 0.10) / 2 * (fair - 0.325)  # the constant is right for 62.5 %
    assert table["FADM, label-aware"] == [f"{strict:.4f} ({ours:.3f})"] * 2
    assert set(table) == {
        f"_{BEST}_", "FADM, label-aware", "Reweighing", "Real rows, unmitigated", "Threshold per group *"
    }  # fmt: skip
    areas = [float(cells_[0].split()[0]) for cells_ in table.values()]
    assert areas == sorted(areas, reverse=True)


def test_trials_of_several_runs_tell_their_core_minutes(tmp_path, made) -> None:
    known = {"trials": 30, "trials_timed": 30, "trial_core_seconds": 600, "fits": 3, "fit_core_seconds": 240}
    entry = published(tmp_path / "timed", "frontier", ALL, {**made, "trials_computed": 0, **known})
    assert "30 trials in 10 core-minutes and 3 fits in 4 core-minutes." in made_line(entry)
    runs = [{"trials_computed": n, "seconds": 60 * m, "workers": 2} for n, m in ((20, 4), (0, 1), (5, 3))]
    some = published(tmp_path / "some", "frontier", ALL, {**made, **known, "trials_timed": 29, "runs": runs})
    assert "28 trials: 20 in 4 minutes with 2 workers, 5 in 3 minutes with 2 workers" in made_line(some)


def test_a_comparison_older_than_todays_price_says_so(tmp_path, made) -> None:
    warned = []
    for version in ("0.1.0", "0.2.0", "0.2.9", "0.3.0", "0.10.0", "1.0.0"):
        entry = published(tmp_path / version, "frontier", ALL, {**made, "fairviz": version})
        warned.append(f"version {version}, whose price was on the signed gap" in made_line(entry))
    assert warned == [True, True, True, False, False, False]


def test_json_holds_the_same_numbers_and_no_nan(frontier_entry, table1_entry) -> None:
    plain = json.loads(json.dumps(as_json(frontier_entry), allow_nan=False))["results"]["gradient_boosting"]
    assert len(plain["points"]) == 7
    found = {p["method"]: p for p in plain["points"]}
    assert found["unmitigated"]["accuracy"] == pytest.approx(0.79)
    assert found["constant"]["R_DP"] is None
    area = {f["family"]: f["hypervolume"] for f in plain["R_DP"]}
    assert area["Real rows, unmitigated"] == pytest.approx(0.29 * 0.53)
    assert {f["family"] for f in plain["R_EOp"]} == set(area)
    rows = json.loads(json.dumps(as_json(table1_entry), allow_nan=False))["rows"]
    (gan,) = [r for r in rows if r["method"] == "gan" and r["domain"] == "Black"]
    assert gan["accuracy"] == pytest.approx(0.73)
    assert gan["paper"] == [72.24, 0.90, 0.69]


def test_straight_by_hand(tmp_path, made) -> None:
    """Of two domains each is chosen for by the other: FADM loses six points at its price, so price 0 is taken."""
    names = ("threshold_optimizer", *NAMES)
    per_group = both_seeds(
        "threshold_optimizer", {"constraint": "dp", "folds": 5}, ((12, 24), (8, 32)), ((6, 4), (4, 8))
    )
    entry = published(tmp_path / "straight", "frontier", [*ALL, *per_group], made, names=names)
    lines_of = [line.strip("| ").split(" | ") for line in straight({"adult": entry}).split("\n")]
    table = dict(lines_of[2:])
    assert table["FADM, label-aware"] == "78.5 · 0.33"  # the means of the front's first point: .785, .325
    assert table["Real rows, unmitigated"].startswith("79.0 · 0.53")
    assert table["Always the same answer"] == "62.5 · –"
    assert "Threshold per group *" in table
    assert f"_{BEST}_" in table


def test_lines_of_a_presets_former_training_are_said_to_be(tmp_path, made) -> None:
    """The preset's lines alone, and only where it means another training now."""
    preset = [{**row, "setting": '{"preset": "fairviz"}'} for row in ALL[:2]]
    former = {**trainings(), "fairviz": {**trainings()["fairviz"], "n_iter": 12_000}}
    for name, rows, then, warned in (
        ("now", preset, {"trainings": trainings()}, False), ("then", preset, {"trainings": former}, True),
        ("untold", preset, {}, True), ("without", ALL, {"trainings": former}, False),
    ):  # fmt: skip
        line = made_line(published(tmp_path / name, "frontier", rows, made, **then))
        assert ("Lines of the preset fairviz are of its former training" in line) is warned
