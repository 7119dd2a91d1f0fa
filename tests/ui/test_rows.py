"""Synthetic rows on Explore: drawn when asked for, and taken away as files with a card."""

import io
import json
import shlex
import zipfile

import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.data.sources import OWN
from fairviz.store.library import Library
from fairviz.ui.parts import rows as module
from fairviz.ui.parts.setting import Setting
from tests.ui.pages import simulated

pytestmark = pytest.mark.usefixtures("fresh_caches")


@pytest.fixture
def offered(monkeypatch) -> dict[str, tuple[bytes, str]]:
    """What the download buttons of the rows hold, by their key: bytes and name of the file."""
    found: dict[str, tuple[bytes, str]] = {}

    def button(label: str, data: object, file_name: str, mime: str, *, key: str, **_: object) -> None:
        if key.startswith("download_rows"):
            found[key] = (data, file_name)

    monkeypatch.setattr(module.st, "download_button", button)
    return found


@pytest.fixture
def packings(monkeypatch) -> list[str]:
    """Every file that is made, by its form."""
    made: list[str] = []
    packed = module.packed
    monkeypatch.setattr(module, "packed", lambda frame, card, form: made.append(form) or packed(frame, card, form))
    return made


def test_a_command_for_a_person_s_table_does_not_tell_its_id() -> None:
    setting = Setting(OWN, {"id": "0123456789abcdef" * 2}, "dp", 1.0, 0.25, 0.0, "mlp")
    settings = {"n": 100, "control": "dp", "lambda_y": 1.0, "lambda_z": 0.25, "lambda_eop": 0.0, "labels": "boosted"}
    settings |= {**module._LEFT, "solver": "mixed_dpmpp_2m"}
    assert module._again(setting, "Delhi", settings) == (
        "fairviz sample FOLDER_OF_THE_FIT -n 100 --control dp --lambda-y 1.0 --lambda-z 0.25 --labels boosted "
        "--steps 10 --solver mixed_dpmpp_2m --seed 0 --out rows.csv"
    )


def test_rows_are_taken_away_with_a_card_that_draws_them_again(offered, packings, tmp_path, monkeypatch) -> None:
    app = simulated("North")
    app.slider(key="price_dp").set_value(0.11).run()
    assert offered == {}
    app.select_slider(key="rows_n").set_value(100).run()
    app.button(key="draw").click().run()
    assert not app.exception
    assert sorted(packings) == ["csv", "parquet", "spreadsheet"]
    app.run()
    app.run()
    assert len(packings) == 3  # not at every run of the page
    nonce = app.session_state["nonce"]
    assert {key: name for key, (_, name) in offered.items()} == {
        f"download_rows_{form}": f"fairviz-rows-{form}-{nonce}.zip" for form in ("csv", "spreadsheet", "parquet")
    }
    files = {key: zipfile.ZipFile(io.BytesIO(data)) for key, (data, _) in offered.items()}
    card = json.loads(files["download_rows_csv"].read("card.json"))
    target = app.selectbox(key="rows_target_simulated").value
    fit = Library().find_fit("simulated", target)
    assert card["fit"]["key"] == fit.key
    assert card["roles"]["held_out"] == target
    assert card["setting"] == {
        "n": 100, "seed": 0, "control": "dp", "lambda_y": 1.0, "lambda_z": 0.11, "lambda_eop": 0.0, "n_steps": 10,
        "solver": "mixed_dpmpp_2m", "labels": "boosted",
    }  # fmt: skip
    monkeypatch.chdir(tmp_path)
    program, *again = shlex.split(card["again"])
    assert program == "fairviz"
    assert main(again) == 0
    raw = files["download_rows_csv"].read("rows.csv")
    assert (tmp_path / "rows.csv").read_bytes() == raw
    parquet = pd.read_parquet(io.BytesIO(files["download_rows_parquet"].read("rows.parquet")))
    assert parquet.to_csv(index=False).encode() == raw
    app.slider(key="price_dp").set_value(0.12).run()  # other rows than those that were drawn: nothing is offered
    assert "Press the button to draw rows" in "".join(c.value for c in app.caption)
    assert len(packings) == 3
