"""Fits and results: found by spec in two stores, saved, opened, refused."""

import json

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from fairviz.cli import parser
from fairviz.data import DATASETS, load_dataset
from fairviz.errors import SettingError, StoreError
from fairviz.library import FIT, SWEEP, FitSpec, Library, Run, load_fit, open_run, pretrained_dir, save_run
from fairviz.segments import Row
from fairviz.store import MANIFEST, ResultStore, key_of, write_entry
from fairviz.synthesizers import FADM
from tests.shell import HOSTILE, words_of

TINY = {"n_iter": 8, "hidden": 16, "depth": 1, "classifier_hidden": 8, "classifier_depth": 1, "batch_size": 64}
OPTIONS = {"n": 400}


@pytest.fixture(scope="module")
def dataset():
    return load_dataset("simulated", **OPTIONS)


@pytest.fixture(scope="module")
def spec(dataset):
    return FitSpec.of(dataset, "East", OPTIONS, **TINY)


@pytest.fixture(scope="module")
def fit(spec, dataset):
    return FADM(**spec.params).fit(dataset.source_for("East"))


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "store", tmp_path / "shipped")


STORY = {"bias": 2.0, "proxy": 1.0, "shift": 1.0}
DEFAULT = DATASETS["simulated"].fingerprint


def put_default(root, target, fingerprint=DEFAULT, mark="", name="simulated", **params):
    """A default fit's entry; what it holds does not matter for finding it."""
    spec = FitSpec(name, fingerprint, target, {}, FADM(**params).get_params())
    return ResultStore(root).put(FIT, spec.to_json(), json_files={"fit.json": {"mark": mark}}, arrays={})


def sweep(x):
    """The files of a recorded sweep."""
    return {"json_files": {"facts.json": {}}, "tables": {"trials.csv": pd.DataFrame({"x": [x]})}}


# specs


def test_spec_round_trip(spec):
    assert FitSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_spec_holds_everything_that_makes_a_fit(spec, dataset):
    assert spec.to_json() == {
        "dataset": {"name": "simulated", "options": {"n": 400}, "fingerprint": dataset.fingerprint()},
        "target": "East",
        "synthesizer": "fadm",
        "params": {**FADM().get_params(), **TINY},
    }


@pytest.mark.parametrize("name", FADM().get_params())
def test_every_hyper_parameter_is_in_the_key(spec, name):
    value = spec.params[name]
    other = not value if isinstance(value, bool) else value + "x" if isinstance(value, str) else value + 1
    changed = FitSpec("simulated", spec.fingerprint, "East", OPTIONS, {**spec.params, name: other})
    assert key_of(changed.to_json()) != key_of(spec.to_json())


def test_target_options_and_rows_are_in_the_key(spec):
    variants = [
        spec,
        FitSpec("simulated", spec.fingerprint, "West", OPTIONS, spec.params),
        FitSpec("simulated", spec.fingerprint, "East", {"n": 401}, spec.params),
        FitSpec("simulated", "0" * 64, "East", OPTIONS, spec.params),
        FitSpec("other", spec.fingerprint, "East", OPTIONS, spec.params),
    ]
    assert len({key_of(v.to_json()) for v in variants}) == 5


def test_unknown_target(dataset):
    with pytest.raises(SettingError, match=r"no domain 'Mars'. Choose one of 'East', 'North', 'South', 'West', 'all'"):
        FitSpec.of(dataset, "Mars")
    assert FitSpec.of(dataset, "all").target == "all"


def test_rows_are_those_of_the_spec(spec, dataset):
    assert spec.load_rows().fingerprint() == dataset.fingerprint()
    other = FitSpec("simulated", "0" * 64, "East", OPTIONS, spec.params)
    with pytest.raises(StoreError, match="rows here are not those"):
        other.load_rows()


# runs


def test_a_run_samples_what_the_fit_samples(tmp_path, spec, fit):
    save_run(tmp_path / "run", spec, fit, 1.23)
    again, opened = open_run(tmp_path / "run")
    assert again == spec
    settings = {"lambda_z": 0.2, "control": "dp", "random_state": 5}
    pd.testing.assert_frame_equal(opened.sample(300, **settings), fit.sample(300, **settings))
    assert not opened.sample(300, random_state=6).equals(opened.sample(300, random_state=5))


def test_a_run_records_how_it_was_made(tmp_path, spec, fit):
    made = save_run(tmp_path / "run", spec, fit, 1.26).made
    assert made["seconds"] == 1.3
    assert {"torch", "numpy", "pandas", "scikit-learn", "machine", "fairviz"} <= set(made)


def test_a_run_does_not_overwrite(tmp_path, spec, fit):
    save_run(tmp_path / "run", spec, fit, 1.0)
    before = (tmp_path / "run" / MANIFEST).read_bytes()
    with pytest.raises(StoreError, match="already exists"):
        save_run(tmp_path / "run", spec, fit, 2.0)
    assert (tmp_path / "run" / MANIFEST).read_bytes() == before


def test_opening_what_is_no_run(tmp_path, spec, fit):
    with pytest.raises(StoreError, match=r"none: no such folder.*fairviz fit"):
        open_run(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match=r"manifest\.json is missing"):
        open_run(tmp_path / "empty")
    save_run(tmp_path / "run", spec, fit, 1.0)
    arrays = tmp_path / "run" / "arrays.safetensors"
    data = bytearray(arrays.read_bytes())
    data[len(data) // 2] ^= 1
    arrays.write_bytes(data)
    with pytest.raises(StoreError, match=r"arrays\.safetensors was altered"):
        open_run(tmp_path / "run")


def test_opening_an_entry_that_is_no_fit(tmp_path):
    entry = write_entry(tmp_path / "sweep", SWEEP, {"target": "East", "seed": 0}, **sweep(1))
    with pytest.raises(StoreError, match="holds a sweep, not a fit"):
        load_fit(entry)
    with pytest.raises(StoreError, match="holds a sweep, not a fit"):
        open_run(tmp_path / "sweep")
    with pytest.raises(StoreError, match="holds a sweep, not a fit"):
        Run.open(tmp_path / "sweep")


# finding


def test_an_empty_library(library):
    assert library.find_fits(DEFAULT) == {}
    assert library.recorded(DEFAULT) is None
    assert not library.store.root.exists()
    with pytest.raises(SettingError, match=r"simulated: no fit with target 'East'; there are no fits.*fairviz fit"):
        library.find_fit("simulated", "East")
    with pytest.raises(SettingError, match=r"No data set 'adlut'. Choose one of 'adult', 'simulated'"):
        library.find_fit("adlut", "East")


def test_fits_are_found_by_fingerprint_and_default_parameters(library):
    put_default(library.store.root, "East")
    put_default(library.store.root, "West", load_dataset("simulated", **STORY).fingerprint())
    put_default(library.store.root, "North", n_iter=7)
    put_default(library.store.root, "South", "f1")
    assert set(library.find_fits(DEFAULT)) == {"East"}
    assert set(library.find_fits("f1")) == {"South"}
    assert library.find_fits("simulated") == {}
    assert library.find_fit("simulated", "East").spec["target"] == "East"
    assert library.find_fit("simulated", "West", STORY).spec["target"] == "West"
    with pytest.raises(SettingError, match=r"no fit with target 'North'; there are fits for 'East'"):
        library.find_fit("simulated", "North")
    with pytest.raises(SettingError, match=r"no fit with target 'East'; there are fits for 'West'"):
        library.find_fit("simulated", "East", STORY)


def test_a_file_of_the_same_name_is_another_data_set(library):
    """A CSV file called adult.csv: its fits and sweeps are never Adult's, whose rows need not be here."""
    put_default(library.store.root, "White", "f" * 64, name="adult", mark="theirs")
    spec = {"dataset": {"name": "adult", "options": {}, "fingerprint": "f" * 64}}
    ResultStore(library.shipped.root).put(SWEEP, spec, **sweep(1))
    adult = DATASETS["adult"].fingerprint
    assert library.find_fits(adult) == {}
    assert library.recorded(adult) is None
    with pytest.raises(SettingError, match="no fits for this data set"):
        library.find_fit("adult", "White")
    put_default(library.shipped.root, "White", adult, name="adult", mark="ours")
    assert library.find_fit("adult", "White").json("fit.json") == {"mark": "ours"}


def test_the_same_rows_under_another_name_are_the_same_data_set(library):
    put_default(library.store.root, "White", DATASETS["adult"].fingerprint, name="people")
    assert library.find_fit("adult", "White").spec["dataset"]["name"] == "people"


@pytest.mark.parametrize("domain", ["East", *HOSTILE])
def test_the_advice_survives_a_shell(library, tmp_path, domain):
    with pytest.raises(SettingError) as caught:
        library.find_fit("simulated", domain, STORY)
    (tmp_path / "here").mkdir()
    words = words_of(str(caught.value).split("name its folder: ")[1], tmp_path / "here")
    args = parser().parse_args(words)
    assert (args.command, args.dataset, args.target, args.bias) == ("fit", "simulated", domain, 2.0)


def test_the_users_store_comes_before_the_shipped_one(library):
    spec = put_default(library.shipped.root, "East", mark="shipped").spec
    put_default(library.shipped.root, "West", mark="shipped")
    assert library.get(FIT, spec).json("fit.json") == {"mark": "shipped"}
    put_default(library.store.root, "East", mark="mine")
    assert library.get(FIT, spec).json("fit.json") == {"mark": "mine"}
    found = {target: entry.json("fit.json")["mark"] for target, entry in library.find_fits(DEFAULT).items()}
    assert found == {"East": "mine", "West": "shipped"}


def test_a_damaged_entry_of_the_user_falls_back_to_the_shipped_one(library):
    spec = put_default(library.shipped.root, "East", mark="shipped").spec
    mine = put_default(library.store.root, "East", mark="mine").path
    (mine / "fit.json").write_text("{}")
    assert library.get(FIT, spec).json("fit.json") == {"mark": "shipped"}
    assert not mine.exists()


def test_a_damaged_shipped_entry_stays_where_it_is(library):
    entry = put_default(library.shipped.root, "East")
    (entry.path / "fit.json").write_text("{}")
    assert library.get(FIT, entry.spec) is None
    assert entry.path.is_dir()


def test_a_recorded_sweep_is_the_shipped_one(library):
    spec = {"dataset": {"name": "simulated", "fingerprint": DEFAULT}}
    ResultStore(library.store.root).put(SWEEP, spec, **sweep(1))
    assert library.recorded(DEFAULT) is None
    shipped = ResultStore(library.shipped.root).put(SWEEP, spec, **sweep(2))
    assert library.recorded(DEFAULT) == shipped
    assert library.recorded(DEFAULT).table("trials.csv")["x"].tolist() == [2]
    assert library.recorded(DATASETS["adult"].fingerprint) is None


def test_trials_are_kept_in_the_users_store(library):
    """Found by another library of the same folder; one whose file was altered is left out, and said to be."""
    about = {"method": "fadm", "setting": '{"control": "dp", "lambda_z": 0.2}', "target": "2008", "classifier": "mlp",
             "seed": 3, "without": "", "n": 300, "n_steps": 10, "n_iter": 0}  # fmt: skip
    rows = [Row(key * 32, about, np.arange(8).reshape(2, 2, 2) + k, 1.5) for k, key in enumerate("ab")]
    for row in rows:
        library.trials.put(DEFAULT, ("men", "women"), [row])
    again = Library(library.store.root, library.shipped.root)
    found = again.trials.get([row.key for row in rows] + ["c" * 32])
    assert list(found) == [row.key for row in rows]
    for row in rows:
        assert found[row.key].about == about
        assert found[row.key].seconds == 1.5
        np.testing.assert_array_equal(found[row.key].table, row.table)
    assert not library.shipped.root.exists()
    paths = list((library.store.root / "trials").iterdir())
    path = next(path for path in paths if "a" * 32 in parquet.read_table(path)["key"].to_pylist())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    damaged = Library(library.store.root, library.shipped.root).trials
    assert list(damaged.get([row.key for row in rows])) == ["b" * 32]
    assert list(damaged.damaged) == [path.name]
    assert library.find_fits(DEFAULT) == {}


def test_folders_come_from_the_environment(monkeypatch, tmp_path, cache):
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path / "p"))
    assert pretrained_dir() == tmp_path / "p"
    library = Library()
    assert library.store.root == cache / "store"
    assert library.shipped.root == tmp_path / "p"
    assert library.shipped.read_only
    assert not library.store.read_only


def test_fits_do_not_depend_on_where_they_are_made(dataset, spec, fit):
    """The same spec gives the same weights."""
    other = FADM(**spec.params).fit(load_dataset("simulated", **OPTIONS).source_for("East"))
    mine, again = fit.state()[1], other.state()[1]
    assert mine.keys() == again.keys()
    for name, value in mine.items():
        np.testing.assert_array_equal(value, again[name], err_msg=name)
