"""Keys of trials: one setting is written in one way, and any difference makes another key."""

from dataclasses import fields, replace

from fairviz.data import load_dataset
from fairviz.experiments.bench import Bench
from fairviz.experiments.trial import Trial
from fairviz.synthesizers import FADM
from tests.experiments.trials import DP2, changed, trial


def test_any_field_makes_another_key(dataset, library) -> None:
    one, bench = trial(), Bench(dataset, library)
    changes = {
        "method": "fadm_preview", "setting": '{"control": "dp", "lambda_z": 0.1}', "target": "North",
        "without": "West", "classifier": "mlp", "seed": 1, "n": 299, "n_steps": 6, "n_iter": 16,
    }  # fmt: skip
    assert set(changes) == {f.name for f in fields(Trial)}
    keys = [bench.key(one), *(bench.key(replace(one, **{name: value})) for name, value in changes.items())]
    others = (load_dataset("simulated", n=400, seed=1), changed(dataset, "East"))
    keys += [Bench(other, library).key(one) for other in others]
    assert len(set(keys)) == len(changes) + 3
    again = Bench(load_dataset("simulated", n=400), library).key(trial())
    assert again == keys[0]


def test_the_reader_s_options_are_part_of_the_fit(dataset, library) -> None:
    options = {"bias": 2.0}
    assert trial().fit_spec(dataset, options).options == options
    assert Bench(dataset, library, options).key(trial()) != Bench(dataset, library).key(trial())


def test_one_setting_is_written_in_one_way() -> None:
    """What does nothing is not written: the start of every dial is one trial."""
    starts = [{}, {"control": "eop"}, {"control": "entropy", "lambda_z": 0.0}, {"lambda_y": 1.0, "lambda_z": 0}]
    assert {trial(setting=setting) for setting in starts} == {trial(setting={})}
    assert trial(setting={}).setting == "{}"
    assert trial(setting={"lambda_z": 0.2}) == trial(setting={**DP2, "lambda_y": 1, "lambda_eop": 0.0}) == trial()
    assert trial(setting={"control": "eop", "lambda_z": 0.2}) != trial()
    assert trial("fair_bayes", {"multiplier_dp": 0.0}).setting == "{}"
    assert trial("overwrite", {"share": 0.2}) == trial("overwrite", {"label": 1, "share": 0.2})
    assert trial("reweighing", {}) == trial("reweighing", {"share": 1})
    assert trial("fairret", {"constraint": "dp", "weight": 0.1}, classifier="gradient_boosting").classifier == "mlp"


def test_the_setting_s_order_makes_no_other_key(dataset) -> None:
    turned = trial(setting={"lambda_z": 0.2, "control": "dp"})
    assert turned == trial()
    assert turned.position == DP2


def test_settings_of_the_training_are_in_the_fit_and_no_others(dataset) -> None:
    specs = [trial("fairgan", {"fairness": value}).fit_spec(dataset) for value in (1.0, 3.0)]
    assert [spec.params["fairness"] for spec in specs] == [1.0, 3.0]
    assert trial().fit_spec(dataset) == trial(setting={}, seed=5, n=200, n_steps=9).fit_spec(dataset)
    assert trial().fit_spec(dataset).params["n_iter"] == 15
    assert trial(n_iter=0).fit_spec(dataset).params == FADM(meta="second_order").get_params()
    assert trial("reweighing").fit_spec(dataset) is None
