"""``fairviz sample``: the rows of the fit, whole or not at all, and what is refused."""

import errno
import hashlib
import json
import os
import shlex
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.data import load_dataset
from fairviz.files import PREFIX
from fairviz.store import MANIFEST, write_entry
from fairviz.store.fits import open_run, save_run
from fairviz.store.specs import FitSpec
from fairviz.synthesizers import FADM, SYNTHESIZERS
from tests.cli.commands import fill, ok, refused, tree


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ([], {}),
        (["--lambda-z", 0.2, "--seed", 4], {"lambda_z": 0.2, "random_state": 4}),
        (
            ["--control", "entropy", "--lambda-z", 3, "--lambda-y", 2],
            {"control": "entropy", "lambda_z": 3, "lambda_y": 2},
        ),
        (
            ["--control", "dp_eop", "--lambda-z", 0.1, "--lambda-eop", 0.05, "--steps", 4],
            {"control": "dp_eop", "lambda_z": 0.1, "lambda_eop": 0.05, "n_steps": 4},
        ),
    ],
    ids=["default", "dp", "entropy", "dp_eop"],
)
def test_sample_is_that_of_the_fit_in_this_process(capsys, tmp_path, run, arguments, settings):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    ok(capsys, "sample", run, "-n", 1200, *arguments, "--out", first)
    ok(capsys, "sample", run, "-n", 1200, *arguments, "--out", second)
    assert first.read_bytes() == second.read_bytes()
    wanted = open_run(run)[1].sample(1200, **settings)
    assert first.read_text() == wanted.to_csv(index=False)
    cards = [tmp_path / f"{name}.card.json" for name in "ab"]
    assert tree(tmp_path) == sorted(str(path) for path in (first, second, *cards))


def test_sample_agrees_with_a_fit_never_stored(capsys, tmp_path, run):
    dataset = load_dataset("simulated")
    fit = FADM(n_iter=5, meta="none").fit(dataset.source_for("East"))
    ok(capsys, "sample", run, "-n", 300, "--lambda-z", 0.1, "--out", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == fit.sample(300, lambda_z=0.1).to_csv(index=False)


OTHERS = {
    "ddpm": {"n_iter": 2, "hidden": 8, "depth": 1},
    "balanced": {"n_iter": 2, "hidden": 8, "depth": 1},
    "vae": {"n_iter": 2, "hidden": 8},
    "gan": {"n_iter": 2, "hidden": 8},
    "fairgan": {"n_iter": 2, "hidden": 8},
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_generator_can_be_sampled(capsys, tmp_path, name):
    dataset = load_dataset("simulated")
    spec = FitSpec.of(dataset, "East", synthesizer=name, **OTHERS[name])
    fit = SYNTHESIZERS[name](**spec.params).fit(spec.source_of(dataset))
    save_run(tmp_path / "run", spec, fit, 1.0)
    steps = {"n_steps": 3} if "n_steps" in fit.settings else {}
    told = ["--steps", 3] if steps else []
    ok(capsys, "sample", tmp_path / "run", "-n", 1200, "--seed", 4, *told, "--out", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == fit.sample(1200, random_state=4, **steps).to_csv(index=False)
    argv = ["sample", tmp_path / "run", "-n", 50, "--out", tmp_path / "b.csv"]
    dial = ["--control", "eop", "--lambda-y", 2, "--lambda-z", 0.2, "--lambda-eop", 0.1, "--solver", "euler_maruyama"]
    takes = "it takes -n, --seed, --steps." if steps else "it takes -n, --seed."
    refused(
        capsys,
        tmp_path,
        [*argv, *dial],
        f"{name!r}",
        "--control, --lambda-y, --lambda-z, --lambda-eop, --solver",
        takes,
    )
    if not steps:
        refused(capsys, tmp_path, [*argv, "--steps", 20], f"--steps: the generator {name!r} has no such setting", takes)


def test_seed_and_price_change_the_rows_and_n_does_not(capsys, tmp_path, run):
    def draw(*arguments):
        ok(capsys, "sample", run, *arguments, "--out", tmp_path / "a.csv")
        return (tmp_path / "a.csv").read_text()

    few, many = draw("-n", 150), draw("-n", "1_100")
    assert many.startswith(few)
    assert many.count("\n") == 1101
    assert draw("-n", 150, "--seed", 1) != few
    assert draw("-n", 150, "--lambda-z", 0.3) != few


# the card beside the rows


def test_the_card_beside_the_rows_says_how_to_draw_them_again(capsys, tmp_path, run, monkeypatch):
    """What it gives as the command gives the same bytes, from the same folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(run, "my run")
    setting = ["--control", "dp_eop", "--lambda-z", 0.1, "--lambda-eop", 0.05, "--steps", 4]
    ok(capsys, "sample", "my run", "-n", 1200, *setting, "--seed", 7, "--out", "a b.csv")
    rows, card = Path("a b.csv").read_bytes(), json.loads(Path("a b.card.json").read_bytes())
    manifest = json.loads((run / MANIFEST).read_bytes())
    assert card["file"] == {
        "name": "a b.csv", "form": "csv", "bytes": len(rows), "sha256": hashlib.sha256(rows).hexdigest()
    }  # fmt: skip
    assert card["fit"]["key"] == manifest["key"]
    assert card["data"] == {"title": "Simulated hiring", **manifest["spec"]["dataset"]}
    assert (card["roles"]["held_out"], card["roles"]["label"]) == ("East", "outcome")
    assert card["setting"] == {
        "n": 1200, "seed": 7, "control": "dp_eop", "lambda_y": 1.0, "lambda_z": 0.1, "lambda_eop": 0.05, "n_steps": 4,
        "solver": "sde_dpmpp_2m", "labels": "network",
    }  # fmt: skip
    assert [c["name"] for c in card["columns"]] == rows.splitlines()[0].decode().split(",")
    Path("a b.csv").unlink()
    program, *again = shlex.split(card["again"])
    assert program == "fairviz"
    ok(capsys, *again)
    assert Path("a b.csv").read_bytes() == rows


def test_parquet_holds_the_rows_with_their_types(capsys, tmp_path, run):
    ok(capsys, "sample", run, "-n", 1200, "--lambda-z", 0.1, "--out", tmp_path / "a.parquet")
    wanted = open_run(run)[1].sample(1200, lambda_z=0.1)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.parquet"), wanted)
    card, data = json.loads((tmp_path / "a.card.json").read_bytes()), (tmp_path / "a.parquet").read_bytes()
    assert card["file"] == {
        "name": "a.parquet", "form": "parquet", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()
    }  # fmt: skip


def test_a_card_that_cannot_be_written_is_refused_before_the_rows_are_drawn(capsys, tmp_path, run, monkeypatch):
    monkeypatch.setattr(FADM, "sample_chunks", lambda *_, **__: pytest.fail("sampled"))
    (tmp_path / "a.card.json").mkdir()
    refused(capsys, tmp_path, ["sample", run, "--out", tmp_path / "a.csv"], "a.card.json cannot be written")
    long = tmp_path / ("x" * 248 + ".csv")  # may be written itself
    refused(capsys, tmp_path, ["sample", run, "--out", long], "too long")


# files written aside


def test_two_samples_to_one_file_at_once(capsys, folder, run, monkeypatch):
    """The second begins and ends while the first is at work; what is there at the end is one of them, whole."""

    def draw(seed, out):
        return main(["sample", str(run), "-n", "1500", "--seed", str(seed), "--out", str(out)])

    assert draw(0, folder / "first.csv") == 0
    write, codes = pd.DataFrame.to_csv, []

    def slow(self, handle, **how):
        if not codes:
            codes.append(None)
            codes.append(draw(1, folder / "both.csv"))
        return write(self, handle, **how)

    monkeypatch.setattr(pd.DataFrame, "to_csv", slow)
    assert draw(0, folder / "both.csv") == 0
    assert codes[1] == 0
    assert (folder / "both.csv").read_bytes() == (folder / "first.csv").read_bytes()
    found = sorted(p.name for p in folder.iterdir())
    assert found == ["both.card.json", "both.csv", "first.card.json", "first.csv", "good.csv"]


def test_a_killed_writer_leaves_nothing_for_long(capsys, folder, run):
    old, young = (folder / f"{PREFIX}{n}-{n:016x}" for n in (1, 2))
    other, notes = folder / ".mine", folder / f"{PREFIX}notes.txt"
    for path in (old, young, other, notes):
        path.write_text("half")
        os.utime(path, (time.time() - 4000,) * 2)
    os.utime(young)
    assert main(["sample", str(run), "-n", "10", "--out", "a.csv"]) == 0
    assert not old.exists()
    assert young.exists()
    assert other.exists()
    assert notes.exists()


def test_a_refused_sample_keeps_the_old_file(capsys, tmp_path, run):
    out = tmp_path / "a.csv"
    out.write_text("old")
    refused(capsys, tmp_path, ["sample", run, "--lambda-z", "nan", "--out", out], "lambda_z")
    assert out.read_text() == "old"


def test_a_full_disk_leaves_the_old_sample(capsys, tmp_path, run, monkeypatch):
    out, write = tmp_path / "a.csv", pd.DataFrame.to_csv
    out.write_text("old")

    def full(self, handle, **how):
        if not how["header"]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, handle, **how)

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    refused(capsys, tmp_path, ["sample", run, "-n", 1500, "--out", out], "No space left on device")
    assert out.read_text() == "old"


# bad input


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["-n", "0"], ["n is 0", "1 to 5,000,000"]),
        (["-n", "-5"], ["n is -5"]),
        (["-n", "1e9"], ["n is 1000000000"]),
        (["-n", "1.5"], ["-n", "1.5"]),
        (["-n", "inf"], ["-n", "inf"]),
        (["--lambda-z", "-1"], ["lambda_z is -1", "from 0 to 10"]),
        (["--lambda-z", "nan"], ["lambda_z is nan"]),
        (["--lambda-z", "inf"], ["lambda_z is inf"]),
        (["--lambda-y", "-0.5"], ["lambda_y is -0.5"]),
        (["--lambda-y", "nan"], ["lambda_y is nan"]),
        (["--lambda-z", "much"], ["--lambda-z", "much"]),
        (["--lambda-eop", "0.1"], ["lambda_eop goes with control 'dp_eop'"]),
        (["--steps", "0"], ["n_steps is 0"]),
        (["--steps", "1e9"], ["n_steps is 1000000000"]),
        (["--control", "wat"], ["No control 'wat'", "'dp'"]),
        (["--solver", "wat"], ["No solver 'wat'"]),
        (["--seed", "-1"], ["random_state is -1"]),
        (["--seed", str(2**64)], ["random_state"]),
        (["--dataset", "simulated"], ["not both"]),
        (["--out", "{tmp}/none/a.csv"], ["cannot be written"]),
        (["--out", "{tmp}"], ["cannot be written"]),
        (["--out", "{csv}/a.csv"], ["cannot be written"]),
        (["--out", "."], ["cannot be written"]),
    ],
    ids=" ".join,
)
def test_sample_refuses(capsys, tmp_path, csv, run, change, words):
    argv = ["sample", run, "-n", "50", "--out", tmp_path / "a.csv", *change]
    refused(capsys, tmp_path, fill(argv, tmp=tmp_path, csv=csv), *words)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], ["Name a run folder"]),
        (["--dataset", "simulated"], ["--dataset and --target"]),
        (["--dataset", "simulated", "--target", "East"], ["no fit with target 'East'", "fairviz fit"]),
        (["--dataset", "adlut", "--target", "East"], ["No data set 'adlut'"]),
        (["{tmp}/none"], ["none: no such folder", "fairviz fit"]),
        (["{tmp}"], ["manifest.json is missing"]),
    ],
)
def test_sample_without_a_fit(capsys, tmp_path, argv, words):
    refused(capsys, tmp_path, fill(["sample", *argv, "--out", "{tmp}/a.csv"], tmp=tmp_path), *words)


def _truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("arrays.safetensors", _truncate, ["arrays.safetensors has", "wanted"]),
        ("arrays.safetensors", _flip, ["arrays.safetensors was altered"]),
        ("fit.json", _flip, ["fit.json was altered"]),
        ("fit.json", lambda p: p.unlink(), ["fit.json is missing"]),
        (MANIFEST, lambda p: p.unlink(), ["manifest.json is missing"]),
        (MANIFEST, _truncate, ["manifest.json is damaged"]),
    ],
    ids=["truncated", "flipped", "flipped json", "file missing", "manifest missing", "manifest truncated"],
)
@pytest.mark.parametrize("command", ["sample", "sweep"])
def test_a_damaged_run_is_refused(capsys, tmp_path, run, name, damage, words, command):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    damage(copy / name)
    refused(capsys, tmp_path, [command, copy, "--out", tmp_path / "a.csv"], str(copy), *words)


@pytest.mark.parametrize("command", ["sample", "sweep"])
def test_an_entry_that_is_no_fit_is_refused(capsys, tmp_path, command):
    tables = {"trials.csv": pd.DataFrame({"seed": [0]})}
    write_entry(tmp_path / "sweep", "sweep", {"seed": 0}, json_files={"facts.json": {}}, tables=tables)
    refused(capsys, tmp_path, [command, tmp_path / "sweep", "--out", tmp_path / "a.csv"], "holds a sweep, not a fit")
