"""Trials: the same counts every time, nothing seen of the domains held out; and the rule that chooses settings."""

import inspect
import json
from dataclasses import asdict, fields, replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fairviz.cli import parser
from fairviz.comparison import trials as module
from fairviz.comparison.methods import CLASSIFIER, GENERATOR, METHODS, REFERENCE, wording
from fairviz.comparison.plans import HELD_OUT, TABLE_METHODS, Plan, choose
from fairviz.comparison.trials import TRIAL, Trial, compute, record, rerun_command, run, spent
from fairviz.controls import CONTROLS
from fairviz.data import load_dataset
from fairviz.data.dataset import DomainDataset
from fairviz.data.sources import DATASETS
from fairviz.errors import SettingError
from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.evaluation.protocol import evaluate
from fairviz.library import FitSpec, Library
from fairviz.rivals import RIVALS
from fairviz.store import key_of
from fairviz.synthesizers import FADM, SYNTHESIZERS
from tests.shell import HOSTILE, words_of

DOMAINS = ("East", "North", "South", "West")
TINY = {"n": 300, "n_steps": 5, "n_iter": 15}
DP2 = {"control": "dp", "lambda_z": 0.2}
#: Settings that are no numbers.
TEXT = ("control", "constraint")


@pytest.fixture(scope="module")
def dataset() -> DomainDataset:
    """100 rows in each of four regions."""
    return load_dataset("simulated", n=400)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Library:
    """Fits that the tests of this file share."""
    return empty(tmp_path_factory.mktemp("shared"))


def empty(folder) -> Library:
    return Library(folder / "store", folder / "none")


def trial(method="fadm_dp", setting=None, target="East", seed=0, classifier="logistic_regression", **more) -> Trial:
    setting = DP2 if setting is None and method == "fadm_dp" else setting or {}
    return Trial.of(method, setting, target, classifier, seed, **{**TINY, **more})


def changed(dataset: DomainDataset, domain: str) -> DomainDataset:
    """The same data set, but in one domain skill is turned about, labels too, and every sector is the same."""
    frame = dataset.frame.copy()
    rows = (frame["region"] == domain).to_numpy()
    frame.loc[rows, "skill"] = -7 * frame.loc[rows, "skill"]
    frame.loc[rows, "sector"] = "care"
    frame.loc[rows, "outcome"] = np.where(frame.loc[rows, "outcome"] == "hired", "not hired", "hired")
    return DomainDataset.from_frame(dataset.name, frame, dataset.schema)


# the same counts every time


@pytest.mark.parametrize(
    ("method", "setting"),
    [
        ("fadm_dp", DP2), ("preview_dp", DP2), ("balanced", {"share": 1.0}), ("gan", {}), ("untouched", {}),
        ("overwrite", {"share": 0.4, "label": 1}), ("steering", {"share": 1.0}),
        ("fairret", {"constraint": "dp", "weight": 0.1}),
    ],
)  # fmt: skip
def test_twice_the_same_and_every_row_of_the_target_counted(dataset, library, tmp_path, method, setting) -> None:
    one = trial(method, setting, seed=1)
    (first,) = compute(dataset, [one], library)
    (second,) = compute(dataset, [one], empty(tmp_path))  # nothing stored: fit and all
    assert (first.table == second.table).all()
    assert first.domains == ("East",)
    assert first.groups == ("men", "women")
    east = dataset.frame[dataset.frame["region"] == "East"]
    for k, group in enumerate(first.groups):
        for y, outcome in enumerate(("not hired", "hired")):
            wanted = ((east["group"] == group) & (east["outcome"] == outcome)).sum()
            assert first.table[0, k, y].sum() == wanted
    assert first.table.sum() == 100


def test_a_generator_s_trial_is_fit_sample_evaluate(dataset, library) -> None:
    source, target = dataset.leave_out("North")
    rows = FADM(n_iter=15).fit(source).sample(300, control="dp", lambda_z=0.2, random_state=3, n_steps=5)
    wanted = evaluate(rows, target, classifier="logistic_regression", seed=3)
    (found,) = compute(dataset, [trial(target="North", seed=3)], library)
    assert (found.table == wanted.table).all()


def test_a_rival_s_trial_is_plain_scikit_learn(dataset, library) -> None:
    """With 300 rows for a source of 300, all of them are used."""
    source, target = dataset.leave_out("South")
    train = pd.get_dummies(source.features, dtype=float)
    test = pd.get_dummies(target.features, dtype=float).reindex(columns=train.columns, fill_value=0.0)
    for name in ("skill", "experience"):
        scaler = StandardScaler().fit(train[[name]])
        train[[name]], test[[name]] = scaler.transform(train[[name]]), scaler.transform(test[[name]])
    predicted = LogisticRegression(max_iter=1000).fit(train, source.y).predict(test)
    (found,) = compute(dataset, [trial("untouched", target="South")], library)
    assert np.abs(found.table - Counts.from_predictions(target, predicted).table).max() <= 1
    (none,) = compute(dataset, [trial("constant", target="South")], library)
    assert source.y.mean() < 0.5
    assert none.table[..., 1].sum() == 0


def test_other_seeds_prices_and_methods_give_other_counts(dataset, library) -> None:
    """So the equalities above are not those of a constant; two of so few people may agree by chance."""
    cases = [trial(seed=1), trial(seed=2), trial("balanced", {"share": 1.0}), trial("untouched"), trial(target="West")]
    tables = [c.table.ravel().tolist() for c in compute(dataset, cases, library)]
    assert len({str(t) for t in tables}) >= len(cases) - 1


def test_fewer_rows_are_drawn_with_the_seed(dataset, library) -> None:
    few = [trial("untouched", n=60, seed=seed) for seed in (0, 0, 1, 2, 3)]
    tables = [c.table.tolist() for c in compute(dataset, few, library, fresh=True)]
    assert tables[0] == tables[1]
    assert any(t != tables[0] for t in tables[2:])


def test_trials_computed_together_are_those_computed_alone(dataset, library) -> None:
    """Several settings of one fit share its rows only where these are the same."""
    together = [
        trial(), trial(classifier="gradient_boosting"), trial(setting={"control": "dp", "lambda_z": 0.0}),
        trial("preview_dp", DP2), trial(seed=1), trial(n=200), trial(),
    ]  # fmt: skip
    found = compute(dataset, together, library, fresh=True)
    for one, counts in zip(together, found, strict=True):
        (alone,) = compute(dataset, [one], library, fresh=True)
        assert (counts.table == alone.table).all(), one


@pytest.mark.parametrize("change", [{"target": "North"}, {"without": "South"}, {"n_iter": 2}], ids=str)
def test_trials_of_several_fits_do_not_share_rows(dataset, library, change) -> None:
    one = trial()
    other = replace(one, **change)
    found = compute(dataset, [one, other], library, fresh=True)
    (alone,) = compute(dataset, [other], library, fresh=True)
    assert (found[1].table == alone.table).all()


def test_run_gives_every_trial_once_in_any_order(dataset, tmp_path) -> None:
    wanted = [trial(target=t, seed=s) for t in ("East", "North") for s in (0, 1)]
    wanted += [trial("reweighing", {"share": 1.0}, target="North"), trial("constant")]
    library, records, fits = empty(tmp_path), [], 0
    for phase, done, total, new in run(dataset, wanted, library):
        assert 1 <= done <= total
        fits += phase == "fits"
        records += new
    assert fits == 2  # the seeds share a fit
    found = {tuple(r[f.name] for f in fields(Trial)): r for r in records}
    assert len(found) == len(records) == 6
    for one in wanted:
        (alone,) = compute(dataset, [one], library, fresh=True)
        assert found[tuple(getattr(one, f.name) for f in fields(Trial))] == record(one, alone)
    again = [new for _, _, _, news in run(dataset, wanted[::-1], library) for new in news]
    assert sorted(map(str, again)) == sorted(map(str, records))
    assert all(phase == "tests" for phase, *_ in run(dataset, wanted, library))  # nothing left to fit


# the store


def test_stored_and_read_back(dataset, tmp_path, monkeypatch) -> None:
    library, one = empty(tmp_path), trial("reweighing", {"share": 1.0})
    (first,) = compute(dataset, [one], library)
    entry = library.get(TRIAL, one.spec(dataset))
    assert (np.array(entry.json()["table"]) == first.table).all()
    assert entry.made["torch"]
    assert spent(dataset, [one], library) == {
        "trials": 1, "trials_timed": 1, "trial_core_seconds": round(entry.made["seconds"]),
        "fits": 0, "fit_core_seconds": 0,
    }  # fmt: skip
    monkeypatch.setattr(module, "_test", lambda *_: pytest.fail("computed again"))
    (second,) = compute(dataset, [one], library)
    assert (second.table == first.table).all()
    assert (second.domains, second.groups) == (first.domains, first.groups)


def test_fresh_computes_again_and_stores_nothing(dataset, tmp_path) -> None:
    library, one = empty(tmp_path), trial("reweighing", {"share": 1.0})
    (true,) = compute(dataset, [one], library, fresh=True)
    assert library.get(TRIAL, one.spec(dataset)) is None
    wrong = Counts(true.domains, true.groups, true.table[:, :, ::-1])
    library.store.put(TRIAL, one.spec(dataset), json_files={"result.json": wrong.to_json()})
    assert (compute(dataset, [one], library)[0].table == wrong.table).all()
    assert (compute(dataset, [one], library, fresh=True)[0].table == true.table).all()
    assert (compute(dataset, [one], library)[0].table == wrong.table).all()


def test_record_is_the_trial_and_its_counts() -> None:
    counts = Counts(("East",), ("men", "women"), np.arange(8).reshape(1, 2, 2, 2))
    row = record(trial(seed=4, without="West"), counts)
    assert json.loads(row["setting"]) == DP2
    assert (row["method"], row["target"], row["without"], row["seed"]) == ("fadm_dp", "East", "West", 4)
    assert [row[f"n_{k}_{y}_{p}"] for k in (0, 1) for y in (0, 1) for p in (0, 1)] == list(range(8))


# keys


def test_any_field_makes_another_key(dataset) -> None:
    one = trial()
    changes = {
        "method": "preview_dp", "setting": '{"control": "dp", "lambda_z": 0.1}', "target": "North", "without": "West",
        "classifier": "mlp", "seed": 1, "n": 299, "n_steps": 6, "n_iter": 16,
    }  # fmt: skip
    assert set(changes) == {f.name for f in fields(Trial)}
    specs = [one.spec(dataset), *(replace(one, **{name: value}).spec(dataset) for name, value in changes.items())]
    specs += [one.spec(load_dataset("simulated", n=400, seed=1)), one.spec(changed(dataset, "East"))]
    keys = [key_of(spec) for spec in specs]
    assert len(set(keys)) == len(changes) + 3
    assert key_of(trial().spec(load_dataset("simulated", n=400))) == keys[0]


def test_the_setting_s_order_makes_no_other_key(dataset) -> None:
    turned = trial(setting={"lambda_z": 0.2, "control": "dp"})
    assert turned == trial()
    assert turned.position == DP2


def test_settings_of_the_training_are_in_the_fit_and_no_others(dataset) -> None:
    specs = [trial("fairgan", {"fairness": value}).fit_spec(dataset) for value in (1.0, 3.0)]
    assert [spec.params["fairness"] for spec in specs] == [1.0, 3.0]
    assert trial().fit_spec(dataset) == trial(setting={}, seed=5, n=200, n_steps=9).fit_spec(dataset)
    assert trial().fit_spec(dataset).params["n_iter"] == 15
    assert trial(n_iter=0).fit_spec(dataset).params == FADM().get_params()
    assert trial("reweighing").fit_spec(dataset) is None


# what is held out


def test_two_domains_left_out_are_one_fit_in_either_order(dataset) -> None:
    first = FitSpec.of(dataset, "East", without="West", n_iter=15)
    second = FitSpec.of(dataset, "West", without="East", n_iter=15)
    assert first == second
    assert key_of(first.to_json()) == key_of(second.to_json())
    assert FitSpec.from_json(json.loads(json.dumps(first.to_json()))) == first
    ours, theirs = trial(without="West"), trial(target="West", without="East")
    assert ours.fit_spec(dataset) == theirs.fit_spec(dataset) == first
    assert key_of(ours.spec(dataset)) != key_of(theirs.spec(dataset))  # but tested on another domain
    pairs = {key_of(trial(target=a, without=b).fit_spec(dataset).to_json()) for a, b in combinations(DOMAINS, 2)}
    assert len(pairs) == 6


def test_the_source_has_neither_domain(dataset) -> None:
    frame = dataset.frame
    wanted = frame[frame["region"].isin(["North", "South"])].reset_index(drop=True)
    for one in (trial(without="West"), trial(target="West", without="East")):
        source, target = one.split(dataset)
        pd.testing.assert_frame_equal(source.frame, wanted)
        assert set(target.frame["region"]) == {one.target}
        assert len(target) == 100
        pd.testing.assert_frame_equal(one.fit_spec(dataset).source_of(dataset).frame, wanted)
    source, _ = trial().split(dataset)
    assert set(source.frame["region"]) == {"North", "South", "West"}


@pytest.mark.parametrize("method", ["balanced", "reweighing"])
def test_rows_of_a_domain_left_out_cannot_matter(dataset, tmp_path, method) -> None:
    """A trial inside the source is the same whatever the outer target holds; and is another if the source changes."""
    inner = trial(method, {"share": 1.0}, target="North", without="East")
    (found,) = compute(dataset, [inner], empty(tmp_path / "a"))
    (again,) = compute(changed(dataset, "East"), [inner], empty(tmp_path / "b"))
    assert (found.table == again.table).all()
    (other,) = compute(changed(dataset, "West"), [inner], empty(tmp_path / "c"))
    assert (found.table != other.table).any()


def test_unknown_domains_and_methods_are_refused(dataset, library) -> None:
    with pytest.raises(SettingError, match="No method 'wat'"):
        trial("wat")
    for method in ("fadm_dp", "reweighing"):
        for where in ({"target": "Mars"}, {"without": "Mars"}, {"target": "all"}, {"without": "East"}):
            with pytest.raises(SettingError, match="no domain"):
                compute(dataset, [trial(method, **where)], library)


# plans


def test_every_method_can_be_run() -> None:
    for name, method in METHODS.items():
        assert bool(method.synthesizer) != bool(method.rival), name
        assert method.kind in (GENERATOR, CLASSIFIER, REFERENCE)
        assert (method.kind == GENERATOR) == bool(method.synthesizer), name
        assert method.title
        assert method.family
        if method.only:
            assert method.only in CLASSIFIERS
        asked = {key for setting in method.settings for key in setting}
        if method.rival:
            parameters = set(inspect.signature(RIVALS[method.rival]).parameters) - {"task"}
            assert asked <= parameters, name
        else:
            maker = SYNTHESIZERS[method.synthesizer]
            assert set(method.fit_settings) <= set(maker().get_params())
            drawn = {"control", "lambda_y", "lambda_z", "lambda_eop"} if maker is FADM else set(maker.settings)
            assert asked - set(method.fit_settings) <= drawn, name
            assert all(setting.get("control", "dp") in CONTROLS for setting in method.settings)
    assert set(TABLE_METHODS) == {name for name, m in METHODS.items() if m.kind == GENERATOR and not m.weights}


@pytest.mark.parametrize("name", list(METHODS))
def test_positions(name) -> None:
    method = METHODS[name]
    full, light, quick = (method.positions(level) for level in ("full", "light", "quick"))
    assert full == method.settings
    for some in (full, light, quick):
        assert some
        texts = [json.dumps(s, sort_keys=True) for s in some]
        assert len(set(texts)) == len(texts)
        assert len({wording(s) for s in some}) == len(texts)  # told apart in the tables
    assert len(quick) <= len(light) <= len(full)
    assert len(quick) <= 3
    assert all(setting in full for setting in quick)
    for setting in light:  # of the dial, though one bound lies between two of the full one
        alike = [s for s in full if set(s) == set(setting) and all(s[k] == v for k, v in setting.items() if k in TEXT)]
        for key, value in setting.items():
            if key not in TEXT:
                assert min(s[key] for s in alike) <= value <= max(s[key] for s in alike)


def test_a_plan_lists_every_trial_once(dataset) -> None:
    plan = Plan("simulated", ("fairret", "untouched"), ("mlp", "logistic_regression"), quick=True)
    found = {(t.method, t.target, t.classifier, t.seed) for t in plan.trials(dataset)}
    assert found == {
        (method, target, classifier, 0)
        for target in ("East", "North")
        for method, classifier in (("fairret", "mlp"), ("untouched", "mlp"), ("untouched", "logistic_regression"))
    }
    assert len(plan.trials(dataset)) == 6
    full = Plan("simulated", ("balanced", "overwrite"), seeds=3).trials(dataset)
    assert len(full) == 4 * 3 * (3 + 3)  # every second of five positions each
    assert {t.n_iter for t in full} == {0}
    assert {t.seed for t in full} == {0, 1, 2}
    assert len(Plan("adult", ("balanced",), seeds=3).trials(dataset)) == 4 * 3 * 5


def test_inner_trials_stay_inside_the_source(dataset) -> None:
    plan = Plan("simulated", quick=True)
    inner = plan.inner(dataset, ["balanced", "vae", "fadm_dp"])
    assert {t.method for t in inner} == {"balanced", "fadm_dp"}  # nothing to choose for the VAE
    assert {(t.without, t.target) for t in inner} == {(o, i) for o in ("East", "North") for i in DOMAINS if i != o}
    assert len(inner) == 2 * 3 * (2 + 3)
    assert {t.seed for t in inner} == {0}
    for one in inner:
        for part in one.split(dataset):
            assert one.without not in part.domains
        assert one.without in (one.fit_spec(dataset).target, one.fit_spec(dataset).without)
        assert one.without not in one.fit_spec(dataset).source_of(dataset).domains


def test_plans_refuse() -> None:
    for methods in (("wat",), ("fadm_dp", "wat"), ("",)):
        with pytest.raises(SettingError, match="No method"):
            Plan("simulated", methods)
    for seeds in (0, -1, 101, 1.5, True):
        with pytest.raises(SettingError, match="seeds is"):
            Plan("simulated", seeds=seeds)
    assert set(HELD_OUT) <= set(DATASETS)


# choosing


PRICES = ({"control": "dp", "lambda_z": 0.0}, {"control": "dp", "lambda_z": 0.1}, {"control": "dp", "lambda_z": 0.2})


def inner_row(setting, validation, without, right, men_yes, women_yes, method="fadm_dp") -> dict:
    """1,000 men and 1,000 women, half of them truly yes.

    ``right`` of each 1,000 are told right, so the accuracy is right / 1,000; ``men_yes`` of 1,000 men are told yes.
    """
    table = []
    for yes in (men_yes, women_yes):
        found = (right - 500 + yes) // 2  # right = found + 500 - (yes - found)
        wrong = yes - found
        assert found + 500 - wrong == right
        assert min(found, wrong) >= 0
        table.append([[500 - wrong, wrong], [500 - found, found]])
    one = Trial.of(method, setting, validation, "gradient_boosting", 0, without=without)
    return record(one, Counts((validation,), ("men", "women"), np.array([table])))


def inner_table(target: str, numbers, method="fadm_dp", settings=PRICES) -> pd.DataFrame:
    """A row per setting and validation domain; ``numbers``: right, men_yes, women_yes per setting."""
    return pd.DataFrame(
        inner_row(setting, validation, target, *number, method=method)
        for setting, number in zip(settings, numbers, strict=True)
        for validation in DOMAINS
        if validation != target
    )


PLAN = Plan("simulated", ("fadm_dp",), quick=True)
NEVER = ((800, 500, 500), (500, 500, 100), (500, 500, 100))  # nothing to gain beyond price 0


def chosen(dataset, east, north=NEVER) -> dict:
    inner = pd.concat([inner_table("East", east), inner_table("North", north)])
    found = choose(PLAN, dataset, inner, ["fadm_dp"])
    return {target: setting["lambda_z"] for (_, target), setting in found.items()}


def test_hand_made_rows_are_what_they_say() -> None:
    row = inner_row(PRICES[0], "West", "East", 800, 500, 400)
    assert sum(row[f"n_{k}_{y}_{y}"] for k in (0, 1) for y in (0, 1)) == 1600
    assert row["n_0_0_1"] + row["n_0_1_1"] == 500
    assert row["n_1_0_1"] + row["n_1_1_1"] == 400


@pytest.mark.parametrize(
    ("numbers", "price"),
    [
        # fairer at every price: 0.1 costs six tenths of a point, 0.2 costs two points
        (((800, 500, 300), (794, 500, 400), (780, 500, 500)), 0.1),
        # 0.2 costs eight tenths of a point
        (((800, 500, 300), (796, 500, 400), (792, 500, 500)), 0.2),
        # just over one point
        (((800, 500, 300), (788, 500, 400), (788, 500, 500)), 0.0),
        # within the point it is fairness alone that counts, not accuracy
        (((796, 500, 480), (800, 500, 300), (798, 500, 310)), 0.0),
        # the most accurate need not be price 0: from 0.1 the others are too far
        (((780, 500, 500), (800, 500, 300), (780, 500, 500)), 0.1),
        # equal in all: the first
        (((800, 500, 400), (800, 500, 400), (800, 500, 400)), 0.0),
        # nobody is told yes at 0.2, and it is not within the budget
        (((800, 500, 300), (798, 500, 400), (500, 0, 0)), 0.1),
    ],
    ids=["budget", "inside", "just over", "fairness", "not the first", "tie", "nobody"],
)
def test_the_rule_by_hand(dataset, numbers, price) -> None:
    assert chosen(dataset, numbers)["East"] == price
    assert chosen(dataset, NEVER, numbers) == {"East": 0.0, "North": price}


def test_exactly_one_point_is_at_most_one_point(dataset) -> None:
    assert chosen(dataset, ((800, 500, 300), (794, 500, 400), (790, 500, 500)))["East"] == 0.2


def test_telling_nobody_yes_is_not_the_fairest_setting(dataset) -> None:
    """At 0.2 everybody is told no, which is as accurate as the others."""
    assert chosen(dataset, ((500, 500, 300), (500, 500, 400), (500, 0, 0)))["East"] == 0.1


def test_the_budget_is_of_the_mean_over_validation_domains(dataset) -> None:
    """2.8 points lost in one domain and none in two are 0.93 of a point; 3.6 are 1.2."""
    for lost, price in ((28, 0.2), (36, 0.1)):
        inner = inner_table("East", ((800, 500, 300), (800, 500, 310), (800, 500, 500)))
        hit = (inner["target"] == "West") & inner["setting"].str.contains("0.2", regex=False)
        assert hit.sum() == 1
        worse = inner_row(PRICES[2], "West", "East", 800 - lost, 500, 500)
        inner.loc[hit, list(worse)] = list(worse.values())
        inner = pd.concat([inner, inner_table("North", NEVER)])
        assert choose(PLAN, dataset, inner, ["fadm_dp"])["fadm_dp", "East"]["lambda_z"] == price


def test_all_three_ratios_count(dataset) -> None:
    """Equally accurate settings: neither R_DP nor R_EOp alone decides."""
    inner = pd.concat([inner_table("East", NEVER), inner_table("North", NEVER)], ignore_index=True)

    def put(setting, men, women):
        text = json.dumps(setting, sort_keys=True)
        rows = (inner["setting"] == text) & (inner["without"] == "East")
        for k, (wrong, right) in enumerate((men, women)):
            for name, value in (("0_0", 500 - wrong), ("0_1", wrong), ("1_0", 500 - right), ("1_1", right)):
                inner.loc[rows, f"n_{k}_{name}"] = value

    def price():
        return choose(PLAN, dataset, inner, ["fadm_dp"])["fadm_dp", "East"]["lambda_z"]

    # of 2,000 people 1,450 are right each time; R_DP, R_DP of the other reading, R_EOp:
    low = (100, 400), (125, 275)  # 400/500, 500/600, 275/400: mean 0.774
    parity = (100, 400), (150, 300)  # 450/500, 500/550, 300/400: 0.853
    chance = (150, 350), (80, 330)  # 410/500, 500/590, 330/350: 0.870
    found = (150, 350), (20, 270)  # 290/500, 500/710, 270/350: 0.685
    for settings, wanted in (((low, parity, chance), 0.2), ((parity, found, low), 0.0), ((low, parity, found), 0.1)):
        for setting, people in zip(PRICES, settings, strict=True):
            put(setting, *people)
        assert price() == wanted


def test_rows_of_the_target_play_no_part(dataset) -> None:
    """Neither the data set's rows of the target, nor trials tested on it, nor trials of another method."""
    numbers = ((800, 500, 300), (794, 500, 400), (780, 500, 500))
    inner = pd.concat([inner_table("East", numbers), inner_table("North", NEVER)], ignore_index=True)
    wanted = choose(PLAN, dataset, inner, ["fadm_dp"])
    assert wanted["fadm_dp", "East"] == PRICES[1]
    assert choose(PLAN, changed(dataset, "East"), inner, ["fadm_dp"]) == wanted
    tempting = [(500, 500, 100), (500, 500, 100), (990, 500, 500)]  # on East, price 0.2 is best by far
    more = [inner_row(s, "East", "North", *n) for s, n in zip(PRICES, tempting, strict=True)]
    more += [inner_row(s, "East", "", *n) for s, n in zip(PRICES, tempting, strict=True)]
    others = inner_table("East", tempting, method="preview_dp")
    tested_on_east = (inner["without"] == "North") & (inner["target"] == "East")
    swapped = pd.concat([inner[~tested_on_east], pd.DataFrame(more), others], ignore_index=True)
    assert choose(PLAN, dataset, swapped, ["fadm_dp"])["fadm_dp", "East"] == PRICES[1]


def test_a_method_with_one_position_has_nothing_to_choose(dataset) -> None:
    none = inner_table("East", NEVER).head(0)
    assert choose(PLAN, dataset, none, ["vae"]) == {("vae", "East"): {}, ("vae", "North"): {}}


@pytest.mark.parametrize("domain", ["East", *HOSTILE])
def test_the_command_of_a_trial_survives_a_shell(tmp_path, domain):
    setting = {"constraint": "dp", "word": domain}
    trial = Trial("fairret", json.dumps(setting, sort_keys=True), domain, "mlp", 3, without=domain, n=300, n_iter=7)
    args = parser().parse_args(words_of(rerun_command("simulated", asdict(trial)), tmp_path))
    assert (args.dataset, args.target, args.without, args.method) == ("simulated", domain, domain, "fairret")
    assert (json.loads(args.setting), args.classifier, args.seed) == (setting, "mlp", 3)
    assert (args.n, args.steps, args.iterations) == (300, 20, 7)
