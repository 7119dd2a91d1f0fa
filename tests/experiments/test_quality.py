"""Generators on random halves: one that gives its people back is found out, and means are those worked out by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import Schema
from fairviz.errors import DataError, SettingError
from fairviz.evaluation.quality import MEASURES
from fairviz.experiments.quality import (
    REAL,
    Maker,
    makers,
    means,
    measured,
    measured_of,
    quality,
    quality_json,
    quality_text,
)  # fmt: skip
from fairviz.store import Entry, ResultStore
from fairviz.store.library import Library
from fairviz.store.specs import QUALITY, FitSpec
from fairviz.synthesizers import FADM, SYNTHESIZERS, VAE
from fairviz.synthesizers.hyper import PRESETS

SCHEMA = Schema(("age", "job"), "paid", "yes", "sex", "town")


def people(n: int = 600) -> DomainDataset:
    rng = np.random.default_rng(0)
    age = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "age": age, "job": rng.choice(["a", "b"], n), "sex": rng.choice(["f", "m"], n),
            "town": rng.choice(["N", "S"], n), "paid": np.where(age + rng.normal(size=n) > 0, "yes", "no"),
        }
    )  # fmt: skip
    return DomainDataset.from_frame("people", frame, SCHEMA)


class Parrot(VAE):
    """Gives back the rows that it was trained on."""

    registered = "parrot"

    def fit(self, source: DomainDataset) -> "Parrot":
        self.seen = source.frame[["age", "job", "paid"]]
        return self

    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        return self.seen.sample(n, replace=True, random_state=random_state)


def published(tmp_path: Path, halves: list[tuple[str, int, dict[str, float]]], **spec: object) -> Entry:
    """A table whose numbers are given; all others are 0."""
    names = [m.name for m in MEASURES] + [f"{m.name}_{end}" for m in MEASURES if m.spans for end in ("low", "high")]
    rows = [
        {"maker": maker, "seed": seed, "trained_on": 300, **dict.fromkeys(names, 0.0), **more}
        for maker, seed, more in halves
    ]  # fmt: skip
    store = ResultStore(tmp_path)
    known = {"dataset": {"name": "people", "options": {}, "fingerprint": "f" * 64}, "quick": False, "halves": 2, **spec}
    made = {"time": "2026-01-02T03:04:05+00:00", "machine": "m", "torch": "t", "scikit-learn": "s"}
    store.publish(QUALITY, known, json_files={"facts.json": {}}, tables={"scores.csv": pd.DataFrame(rows)}, made=made)
    entry = store.get(QUALITY, known)
    assert entry is not None
    return entry


def test_one_that_gives_its_people_back_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SYNTHESIZERS._builtin, "parrot", Parrot)
    found = measured(people(), Maker("Parrot", "parrot"), 0)
    assert found["trained_on"] == 300
    assert found["nearer"] == 1
    assert found["copies"] == 1
    assert found["attack"] > 0.95  # 2,000 draws of 300 people miss e^(-20/3) of them
    assert found["copies_held"] == 0


def test_a_half_is_measured_against_the_other() -> None:
    """Ages are all different, so a row of the half equals nobody of the other half; and the halves are of one kind."""
    found = measured(people(), Maker(REAL), 0)
    assert (found["copies"], found["copies_held"], found["nearer"]) == (1, 0, 1)
    assert found["shapes"] > 0.9
    # paid is yes where age and as much noise are above 0: P(age > age') for a yes and a no is 3/4
    assert found["auc"] == pytest.approx(0.75, abs=0.07)


def test_published_is_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SYNTHESIZERS._builtin, "parrot", Parrot)
    steps = list(_run(quality(people(), [Maker("Parrot", "parrot")], tmp_path, halves=2)))
    entry = steps.pop()
    assert [(phase, done, total) for phase, done, total, _ in steps] == [("halves", k, 4) for k in (1, 2, 3, 4)]
    alone = measured(people(), Maker("Parrot", "parrot"), 1)
    row = entry.table("scores.csv").set_index(["maker", "seed"]).loc[("Parrot", 1)]
    for name in ("shapes", "detection", "auc", "attack"):
        assert row[name] == pytest.approx(alone[name])
    # what did not change is taken where that is asked for, to the last digit; what did is measured
    other, first = Maker("Other", "parrot"), entry.table("scores.csv")
    *_, more = _run(quality(people(), [Maker("Parrot", "parrot"), other], tmp_path, halves=2, extend=True))
    assert more.made["measured"] == 2
    kept = more.table("scores.csv").query("maker != 'Other'").reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, first)
    monkeypatch.setattr(Parrot, "get_params", lambda self, deep=True: {"words": 2})
    *_, changed = _run(quality(people(), [Maker("Parrot", "parrot"), other], tmp_path, halves=2, extend=True))
    assert changed.made["measured"] == 4
    # a second measurement takes the first one's place
    *_, again = _run(quality(people(), [], tmp_path, halves=1))
    assert [e.path for e in ResultStore(tmp_path).entries(QUALITY)] == [again.path]


def _run(steps):
    while True:
        try:
            yield next(steps)
        except StopIteration as end:
            yield end.value
            return


def test_means_by_hand(tmp_path: Path) -> None:
    halves = [
        (REAL, 0, {"detection": 0.96}), (REAL, 1, {"detection": 1.0}),
        ("G", 0, {"detection": 0.5, "nearer": 0.5, "nearer_low": 0.4, "nearer_high": 0.6, "impossible": 0.0004}),
        ("G", 1, {"detection": 0.9, "nearer": 0.7, "nearer_low": 0.66, "nearer_high": 0.74, "impossible": 0.0006}),
    ]  # fmt: skip
    entry = published(tmp_path, halves)
    found = means(entry)
    assert found["G"]["detection"][0] == pytest.approx(0.7)
    assert found["G"]["nearer"] == pytest.approx((0.6, 0.53, 0.67))
    assert found[REAL]["detection"][0] == pytest.approx(0.98)
    text = quality_text(entry).splitlines()
    assert text[0] == "| | good is | Real rows | G |"
    assert "| Detection, boosting | high | 0.98 | 0.70 |" in text
    assert "| Nearer to people trained on | low | 0.00 (0.00–0.00) | 0.60 (0.53–0.67) |" in text
    assert "| Impossible rows | low | 0.00 | 0.0005 |" in text  # few, but not none
    assert "2 random halves of 300 people each" in text[-1]
    told = quality_json(entry)["G"]["detection"]
    assert (told["value"], told["low"], told["range"], told["better"]) == (pytest.approx(0.7), None, [0.0, 1.0], "high")


def test_a_fit_finds_what_was_measured_of_its_like(tmp_path: Path) -> None:
    best = PRESETS["fairviz"].params
    maker = Maker("G", "fadm", dict(best), {"labels": "boosted"})
    halves = [(REAL, 0, {"auc": 0.8}), ("G", 0, {"auc": 0.75})]
    published(tmp_path / "own", halves, makers=[Maker(REAL).to_json(), maker.to_json()])
    library = Library(tmp_path / "own", tmp_path / "none")
    params = FADM(**best, random_state=3).get_params()  # another seed is the same kind of generator
    spec = FitSpec("people", "f" * 64, "N", {}, params)
    found = measured_of(library, spec, "soft")
    assert found is not None
    use = next(v for v in found.values if v["name"] == "auc")
    assert (use["value"], use["real"], found.halves, found.trained_on) == ("0.75", "0.80", 2, 300)
    assert measured_of(library, spec, "network") is None
    assert measured_of(library, FitSpec("people", "0" * 64, "N", {}, params), "soft") is None
    assert measured_of(library, FitSpec("people", "f" * 64, "N", {}, {**params, "n_iter": 7}), "soft") is None


def test_few_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"people has 150 rows; halves of 100"):
        next(quality(people(150), [], tmp_path))
    with pytest.raises(SettingError, match="halves"):
        next(quality(people(), [], tmp_path, halves=-1))


def test_the_presets_are_measured_where_a_source_is_small_too() -> None:
    found = {maker.title: maker.to_json() for maker in makers(1000)}
    assert found["FADM (meta-learnt)"]["params"]["n_iter"] == 1000
    assert found["FADM (preset fairviz)"]["params"]["n_iter"] == 4000  # bounds itself
    assert found["FADM (preset fairviz)"]["sampling"] == {"labels": "boosted", "solver": "mixed_dpmpp_2m"}
    assert "random_state" not in found["VAE"]["params"]


def test_a_preset_of_a_former_training_is_said_to_be(tmp_path: Path) -> None:
    now = makers()[0].to_json()
    then = {**now, "params": {**now["params"], "n_iter": 12_001}}
    halves = [(REAL, 0, {}), (now["title"], 0, {})]
    said = "FADM (preset fairviz) is of its former training"
    for name, maker, wanted in (("now", now, False), ("then", then, True)):
        entry = published(tmp_path / name, halves, makers=[Maker(REAL).to_json(), maker])
        assert (said in quality_text(entry)) is wanted
