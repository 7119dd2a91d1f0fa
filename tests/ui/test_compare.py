"""The Compare page without a browser, on the shipped comparisons."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fairviz.errors import StoreError
from fairviz.evaluation.quality import MEASURES
from fairviz.experiments.chosen import chosen_elsewhere
from fairviz.experiments.quality import REAL, Maker
from fairviz.experiments.results import Results
from fairviz.store import Entry
from fairviz.store.library import Library, pretrained_dir
from fairviz.store.specs import FRONTIER, QUALITY, TABLE
from fairviz.ui.parts.scores import domain_points
from tests.ui.pages import compare_page

pytestmark = pytest.mark.usefixtures("fresh_caches")


def start(**query: str) -> AppTest:
    app = AppTest.from_function(compare_page, default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def texts(app: AppTest) -> str:
    return "\n".join([m.value for m in app.markdown] + [c.value for c in app.caption])


def table1(app: AppTest) -> pd.DataFrame:
    """The paper's table as text; what guards it from being read as Markdown taken away."""
    frames = [t.value.rename(columns=lambda c: c.replace("\\", "")) for t in app.table]
    found = next(frame for frame in frames if "Paper: accuracy, R_DP, R_EOp" in frame.columns)
    return found.map(lambda cell: str(cell).replace("\\", ""))


def test_opens_on_adult_with_a_point_and_the_table() -> None:
    app = start()
    assert not app.exception
    assert app.selectbox(key="compare_data").value == "adult"
    assert "FADM, soft labels, independence" in texts(app)  # chosen elsewhere for three of five domains
    assert "right for" in texts(app)
    assert "Table 1 of the paper" in texts(app)
    table = table1(app)
    fadm = table.set_index("Method").loc["FADM, entropy (paper)"]
    assert fadm["Paper: accuracy, R_DP, R_EOp"] == "84.97, 0.91, 0.75"  # the paper's Table 1, row FADM, Avg


def test_the_numbers_are_those_of_the_file() -> None:
    """Accuracy of the constant predictor, from the published data set's label counts alone."""
    app = start()
    table = table1(app)
    constant = table.set_index("Method").loc["Always the same answer"]
    entry = next(e for e in Library().shipped.entries(TABLE) if e.spec["dataset"]["name"] == "adult")
    counts = entry.json("facts.json")["counts"]
    shares = []
    for domain in entry.spec["targets"]:
        rows = [c for c in counts if c["domain"] == domain]
        shares.append(sum(c["n"] for c in rows if c["label"] == 0) / sum(c["n"] for c in rows))
    assert constant["Accuracy, %"].startswith(f"{100 * sum(shares) / len(shares):.1f} (")
    assert constant["R_EOp"] == "not estimable"


@pytest.mark.parametrize("axis", ["R_DP", "R_EOp", "R_DP_other"])
def test_every_axis(axis: str) -> None:
    app = start()
    app.selectbox(key="compare_axis").set_value(axis).run()
    assert not app.exception


def test_every_shipped_data_set() -> None:
    shipped = {e.spec["dataset"]["name"] for e in Library().shipped.entries(FRONTIER)}
    assert "adult" in shipped
    app = start()
    for name in sorted(shipped):
        app.selectbox(key="compare_data").set_value(name).run()
        assert not app.exception, name


def test_another_point_brings_its_command() -> None:
    app = start()
    box = app.selectbox(key="compare_point")
    other = next(o for o in box.options if "Exponentiated gradient" in o)
    box.set_value(next(i for i in ids(app) if i.startswith("exponentiated_gradient"))).run()
    assert not app.exception
    assert other.split(":")[0] in texts(app)
    assert "--method exponentiated_gradient" in app.code[0].value
    assert "fairviz trial --dataset adult" in app.code[0].value


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.fixture
def copy(monkeypatch, tmp_path) -> Library:
    """A library whose shipped part may be damaged."""
    shutil.copytree(pretrained_dir(), tmp_path / "shipped")
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path / "shipped"))
    return Library()


def shipped(library: Library, kind: str, dataset: str) -> Entry:
    return next(e for e in library.shipped.entries(kind) if e.spec["dataset"]["name"] == dataset)


@pytest.mark.parametrize("name", ["trials.csv", "facts.json", "manifest.json"])
def test_a_result_damaged_while_the_app_is_open(copy: Library, name: str) -> None:
    """The page goes on with what is whole, says what is not, and is well again once that is restored."""
    app = start()
    app.selectbox(key="compare_data").set_value("german_credit").run()
    path = shipped(copy, FRONTIER, "german_credit").path
    whole = (path / name).read_bytes()
    damage(path / name)
    app.run()
    assert not app.exception
    (told,) = [w.value.replace("\\", "") for w in app.warning]
    assert f"{path}: {name}" in told
    assert "ships with fairviz is damaged" in told
    assert "Make it again, or restore it" in told
    assert app.selectbox(key="compare_data").value == "adult"
    assert "German credit" not in app.selectbox(key="compare_data").options
    (path / name).write_bytes(whole)
    app.run()
    assert not app.warning
    assert "German credit" in app.selectbox(key="compare_data").options


@pytest.mark.parametrize("method", ["json", "table"])
def test_a_result_damaged_while_it_is_read(monkeypatch, method: str) -> None:
    """One sentence instead of a traceback, and the failure is not kept."""

    def broken(self: Entry, *_: object) -> None:
        raise StoreError("there: trials.csv was altered. Make it again.")

    with monkeypatch.context() as patch:
        patch.setattr(Entry, method, broken)
        app = start()
        assert not app.exception
        assert [e.value.replace("\\", "") for e in app.error] == ["there: trials.csv was altered. Make it again."]
    app.run()
    assert not app.exception
    assert not app.error
    assert "right for" in texts(app)


def ids(app: AppTest) -> list[str]:
    from fairviz.ui.parts import comparisons

    entry = comparisons.comparisons(FRONTIER)["adult"]["shipped"]
    return comparisons.comparison_points(str(entry.path), "gradient_boosting")["id"].tolist()


def wrong(rows: pd.DataFrame) -> tuple[float, int]:
    """Mean over seeds of all people whom a model is wrong about, and all people, from the counts themselves."""
    cells = [c for c in rows.columns if re.fullmatch(r"n_\d_\d_\d", c)]
    off = [c for c in cells if c.split("_")[2] != c.split("_")[3]]
    return float(rows.groupby("seed")[off].sum().sum(axis=1).mean()), int(rows[rows["seed"] == 0][cells].sum().sum())


def test_a_point_is_told_in_people() -> None:
    """How many more mistakes than real rows without control, by hand from the file's counts."""
    entry = next(e for e in Library().shipped.entries(FRONTIER) if e.spec["dataset"]["name"] == "adult")
    trials = entry.table("trials.csv")
    mine = trials[(trials["method"] == "exponentiated_gradient")]
    setting = sorted(mine["setting"].unique())[0]
    app = start(compare_point=f"exponentiated_gradient {setting}")
    row = next(line for line in texts(app).split("\n") if line.startswith("Beside real rows without control the model"))
    (errors, people), (before, _) = (
        wrong(rows) for rows in (mine[mine["setting"] == setting], trials[trials["method"] == "unmitigated"])
    )
    more = round(1000 * (errors - before) / people)
    assert f"**{abs(more)} {'more' if more > 0 else 'fewer'} people in 1,000**" in row
    assert f"{round(1000 * errors / people)} instead of {round(1000 * before / people)}" in row
    assert f"{people:,} people of 5 domains" in texts(app)


def test_domain_by_domain_has_a_chart_for_each() -> None:
    """Real rows at 0; always the same answer where the label's own share puts it."""
    entry = next(e for e in Library().shipped.entries(FRONTIER) if e.spec["dataset"]["name"] == "adult")
    results = Results.of(entry)
    rows = chosen_elsewhere(results, "R_DP", results.points())
    real, same = results.family("unmitigated"), results.family("constant")
    found = domain_points(rows, [real, same], "R_DP", "", real).set_index(["family", "domain"])["gain"]
    assert (found[real] == 0).all()
    trials = entry.table("trials.csv")
    black = trials[(trials["method"] == "unmitigated") & (trials["target"] == "Black")]
    errors, people = wrong(black)
    truly = black.iloc[0][[c for c in black.columns if re.fullmatch(r"n_\d_1_\d", c)]].sum()
    assert found[same, "Black"] == pytest.approx((people - truly) / people - (1 - errors / people))
    app = start()
    for domain in entry.spec["targets"]:
        assert f"**{domain}** ·" in texts(app).replace("\\", "")


def test_four_points_can_be_pinned_and_no_more() -> None:
    app = start()
    wanted = [i for i in ids(app) if i.startswith("fadm_dp")][:5]
    for point in wanted[:4]:
        app.selectbox(key="compare_point").set_value(point).run()
        app.button(key="pin").click().run()
        assert not app.exception
    assert len([b for b in app.button if str(b.key).startswith("unpin_")]) == 4
    app.selectbox(key="compare_point").set_value(wanted[4]).run()
    assert app.button(key="pin").disabled
    app.button(key=f"unpin_{wanted[0]}").click().run()
    assert len([b for b in app.button if str(b.key).startswith("unpin_")]) == 3


def test_methods_that_need_the_group_are_marked() -> None:
    app = start()
    app.multiselect(key="methods_adult").set_value(["threshold_optimizer"]).run()
    assert not app.exception
    assert "Needs the person's group when it decides" in texts(app)


def test_trivial_baselines_cannot_be_left_out() -> None:
    app = start()
    box = app.multiselect(key="methods_adult")
    assert "Trivial line" not in box.options
    box.set_value(["ddpm"]).run()
    assert any("Trivial line" in option for option in app.selectbox(key="compare_point").options)
    assert "Always the same answer is right for 823 of 1,000" in texts(app)  # Table 1's 82.3 %


def test_no_method_chosen_is_said() -> None:
    app = start()
    app.multiselect(key="methods_adult").set_value([]).run()
    assert not app.exception
    assert any("at least one method" in i.value for i in app.info)


def test_nothing_to_compare_yet(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path))
    app = start()
    assert not app.exception
    assert any("fairviz frontier" in i.value for i in app.info)


METHODS = ["reweighing", "unmitigated", "constant"]


def publish(kind: str, dataset: str, time: str, quick: bool = False, fingerprint: str = "") -> Entry:
    """A result of the user's own: part of the shipped one's trials, under its own spec."""
    entry = shipped(Library(), kind, dataset)
    rows = entry.table("trials.csv")
    about = entry.spec["dataset"]
    spec = {**entry.spec, "dials": METHODS, "seeds": [0], "quick": quick,
            "dataset": {**about, "fingerprint": fingerprint or about["fingerprint"]}}  # fmt: skip
    rows = rows[rows["method"].isin(METHODS) & (rows["seed"] == 0)]
    tables = {name: entry.table(name) for name in entry.files if name.endswith(".csv")} | {"trials.csv": rows}
    facts = entry.json("facts.json")
    facts["dials"] = [dial for dial in facts["dials"] if dial["name"] in METHODS]
    return Library().store.put(
        kind, spec, json_files={"facts.json": facts}, tables=tables, made={**entry.made, "time": time}
    )


def test_the_users_own_results_stand_beside_the_shipped_ones() -> None:
    publish(FRONTIER, "adult", "2027-01-02T03:04:05+00:00")
    publish(FRONTIER, "adult", "2027-02-03T03:04:05+00:00", quick=True)
    publish(TABLE, "adult", "2027-03-04T03:04:05+00:00")
    app = start()
    box = app.selectbox(key="run")
    quick = "Yours, made 2027-02-03, 1 seed, 3 methods · quick run: few rows, not for conclusions"
    assert box.options == ["Shipped with fairviz", "Yours, made 2027-01-02, 1 seed, 3 methods", quick]
    assert box.value == "shipped"
    assert "run" not in app.query_params
    assert "FADM, soft labels, independence" in texts(app)
    box.set_value("yours").run()
    assert not app.exception
    assert not app.warning
    assert app.query_params["run"] in ("yours", ["yours"])
    assert "1 seeds." in texts(app)
    assert set(app.multiselect[0].options) == {"Reweighing", "Real rows, unmitigated", "Always the same answer"}
    app.selectbox(key="run").set_value("quick").run()
    assert not app.exception
    assert [w.value.replace("\\", "") for w in app.warning] == [quick]
    # a link opens the same
    again = start(run="quick", table_run="yours")
    assert not again.exception
    assert again.selectbox(key="run").value == "quick"
    assert again.selectbox(key="table_run").value == "yours"
    again.selectbox(key="run").set_value("shipped").run()
    assert "run" not in again.query_params
    assert again.query_params["table_run"] in ("yours", ["yours"])
    # other data sets have nothing to choose from
    again.selectbox(key="compare_data").set_value("simulated").run()
    assert not again.exception
    assert not [b for b in again.selectbox if b.key == "run"]
    assert start(run="wat").selectbox(key="run").value == "shipped"


def test_a_quick_run_alone_is_shown_and_marked(monkeypatch, tmp_path) -> None:
    publish(FRONTIER, "simulated", "2027-02-03T03:04:05+00:00", quick=True)
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path))
    app = start()
    assert not app.exception
    assert app.selectbox(key="compare_data").options == ["Simulated hiring"]
    assert any("quick run: few rows, not for conclusions" in w.value.replace("\\", "") for w in app.warning)


def test_results_of_other_rows_are_not_shown(monkeypatch, tmp_path) -> None:
    """Whatever their data set is called."""
    publish(FRONTIER, "adult", "2027-02-03T03:04:05+00:00", fingerprint="f" * 64)
    assert "run" not in [b.key for b in start().selectbox]
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path))
    st.cache_resource.clear()
    app = start()
    assert any("no comparison yet" in i.value for i in app.info)


def test_an_own_result_of_an_earlier_version_is_left_out_and_said() -> None:
    """It named methods otherwise, so it cannot be read; the sentence says what to do."""
    entry = shipped(Library(), FRONTIER, "simulated")
    spec = {key: value for key, value in entry.spec.items() if key != "dials"} | {"methods": ["fadm_dp"]}
    facts = {key: value for key, value in entry.json("facts.json").items() if key != "dials"}
    tables = {"trials.csv": entry.table("trials.csv")}
    made = {**entry.made, "time": "2026-01-02T03:04:05+00:00"}
    Library().store.put(FRONTIER, spec, json_files={"facts.json": facts}, tables=tables, made=made)
    app = start()
    assert not app.exception
    (told,) = [w.value.replace("\\", "") for w in app.warning]
    assert "made by an earlier version" in told
    assert "fairviz frontier --dataset simulated" in told
    app.selectbox(key="compare_data").set_value("simulated").run()
    assert not app.exception
    assert "FADM, soft labels, parity price" in texts(app)


def measured(quick: bool = False) -> None:
    """A measurement of the user's own of German credit's rows: one half, all numbers given."""
    store = Library().store
    entry = shipped(Library(), FRONTIER, "german_credit")
    makers = [Maker(REAL).to_json(), {**Maker(REAL).to_json(), "title": "Mine"}]
    names = [m.name for m in MEASURES] + [f"{m.name}_{end}" for m in MEASURES if m.spans for end in ("low", "high")]
    rows = [{"maker": m["title"], "seed": 0, "trained_on": 500, **dict.fromkeys(names, 0.25)} for m in makers]
    spec = {"dataset": entry.spec["dataset"], "makers": makers, "halves": 1, "quick": quick}
    tables = {"scores.csv": pd.DataFrame(rows)}
    store.put(QUALITY, spec, json_files={"facts.json": {}}, tables=tables, made=entry.made)


def test_how_real_the_rows_are_is_said_where_it_was_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(pretrained_dir() / "frontier", tmp_path / "frontier")  # without what ships of quality
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path))
    app = start(compare_data="german_credit")
    assert "`fairviz quality --dataset german_credit`" in texts(app)
    measured(quick=True)
    st.cache_resource.clear()
    app = start(compare_data="german_credit")
    assert "quick run of yours" in texts(app)
    table = next(d.value for d in app.dataframe if "Good is" in d.value.columns).set_index("Measure")
    assert table.loc["Membership attack", "Mine"] == "0.25 (0.25–0.25)"
    assert table.loc["Detection, boosting", "Good is"] == "high, of 0 to 1"
    measured()
    st.cache_resource.clear()
    app = start(compare_data="german_credit")
    assert "quick run of yours" not in texts(app)
    assert "One random half of 500 people" in texts(app)


def test_who_wins_domain_by_domain() -> None:
    """Adult: five held-out domains, each won, tied or lost."""
    app = start()
    table = next(d.value for d in app.dataframe if "Against" in d.value.columns).set_index("Against")
    assert (table["Domains"] == 5).all()
    for column in (c for c in table if "won" in c):
        assert all(sum(int(n) for n in cell.split(", ")) <= 5 for cell in table[column])
    mine = table.loc["Always the same answer"]
    assert mine["Accuracy: won, tied, lost"].split(", ")[0] == "5"  # 82 % in the mean; ours is above it everywhere
