"""Fits, sweeps and trials found in two stores: the user's and the one that ships."""

import numpy as np
import pytest
from pyarrow import parquet

from fairviz.cli import parser
from fairviz.controls.dials import BEST_TRAINING
from fairviz.data import DATASETS, load_dataset
from fairviz.errors import SettingError
from fairviz.store import ResultStore
from fairviz.store.library import Library, pretrained_dir
from fairviz.store.specs import FIT, SWEEP, FitSpec
from fairviz.store.trials import Row
from fairviz.synthesizers import FADM
from tests.shell import HOSTILE, words_of
from tests.store.fits import sweep

STORY = {"bias": 2.0, "proxy": 1.0, "shift": 1.0}
DEFAULT = DATASETS["simulated"].fingerprint


def put_default(root, target, fingerprint=DEFAULT, mark="", name="simulated", **params):
    """A default fit's entry; what it holds does not matter for finding it."""
    spec = FitSpec(name, fingerprint, target, {}, FADM(**{**BEST_TRAINING, **params}).get_params())
    return ResultStore(root).put(FIT, spec.to_json(), json_files={"fit.json": {"mark": mark}}, arrays={})


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
