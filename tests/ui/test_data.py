"""Your data, without a browser: what comes in is read, given roles, counted, kept, opened on Explore, and deleted."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from fairviz.data import cautions
from fairviz.data.own import NOT_FOUND, OwnStore
from fairviz.data.roles import Division, Label, Roles
from fairviz.data.sources import OWN, load_dataset
from fairviz.evaluation.tradeoff import tables_of
from fairviz.experiments.trial import table_of
from fairviz.experiments.weighted import ends_of
from fairviz.store.library import Library
from fairviz.ui import data as module
from tests.browser import tables
from tests.ui.pages import drawn, sentence, start

pytestmark = pytest.mark.usefixtures("fresh_caches")
ROLES = Roles(Label("visa_status", ("granted",)), Division(("region_of_origin",)), Division(("office",)), ("case",))


def data_page() -> None:
    """The page alone."""
    from fairviz.ui import data

    data.page()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> None:
    """Tables are kept in a folder of the test's own; what Go opens is written down instead."""
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "_open", lambda own: module.st.session_state.__setitem__("went_to", own.id))


def pasted(text: str) -> AppTest:
    """The page after text was pasted."""
    app = AppTest.from_function(data_page, default_timeout=120).run()
    app.button_group(key="intake").set_value("paste").run()
    return app.text_area(key="pasted").set_value(text).run()


def told(app: AppTest) -> str:
    return "\n".join([m.value for m in app.markdown] + [c.value for c in app.caption])


def kept(n: int = 1500, held_out: tuple[str, ...] = ("Lagos, main", "Delhi")) -> str:
    """A table with where its dials end, as Go leaves it; its id."""
    store = OwnStore()
    own = store.add("Visas", ROLES, "this machine", data=tables.visas(n), held_out=held_out)
    dataset = load_dataset(OWN, id=own.id)
    found = {target: ends_of(dataset, target) for target in held_out}
    store.change(own.id, ends={gap: {t: found[t][gap] for t in held_out} for gap in ("dp", "eop")})
    return own.id


def test_a_pasted_table_is_read_and_its_roles_are_proposed() -> None:
    app = pasted(tables.visas(600).decode())
    assert not app.exception
    assert not app.error
    assert "**600 rows, 8 columns.**" in told(app)
    key = next(s.key for s in app.selectbox if s.key.startswith("label_")).removeprefix("label_")
    assert app.selectbox(key=f"label_{key}").value == "visa_status"
    chosen = {m.label: m.value for m in app.multiselect}
    assert chosen["Good for the person"] == ["granted"]
    assert chosen["Group"] == ["region_of_origin"]
    assert chosen["Domain"] == ["office"]
    assert chosen["Left out of learning"] == ["case"]
    assert "'case' differs in every row" in told(app)


def test_people_are_counted_by_domain_group_and_label() -> None:
    text = tables.visas(600).decode()
    app = pasted(text)
    rows = pd.read_csv(pd.io.common.StringIO(text))
    shown = next(d.value for d in app.dataframe if "favourable" in d.value.columns)
    wanted = rows.groupby(["office", "region_of_origin"])["visa_status"].agg(
        people="size", favourable=lambda s: int((s == "granted").sum())
    )
    for row in shown.to_dict("records"):
        one = wanted.loc[(row["domain"], row["group"])]
        assert (row["people"], row["favourable"]) == (one["people"], one["favourable"])
        assert row["more"] == max(0, 97 - one["people"])
    assert shown["people"].sum() == 600


def test_go_keeps_the_table_as_it_was_chosen() -> None:
    text = tables.visas(1200).decode()
    app = pasted(text)
    next(t for t in app.text_input if t.label == "Call it").set_value("Visas of mine").run()
    next(m for m in app.multiselect if m.label.startswith("Held out")).set_value(["Delhi"]).run()
    app.button(key="go").click().run()
    assert not app.exception
    own = OwnStore().get(app.session_state["went_to"])
    assert (own.title, own.held_out, own.roles) == ("Visas of mine", ("Delhi",), ROLES)
    assert set(own.ends["dp"]) == {"Delhi"}
    frame = load_dataset(OWN, id=own.id).frame
    assert frame["degree"].astype(str).tolist() == pd.read_csv(pd.io.common.StringIO(text))["degree"].tolist()
    assert (frame["visa_status"] == "granted").sum() == text.count(",granted\n") + text.count(",granted\r\n")


def test_a_domain_can_be_left_out_altogether() -> None:
    """In no count, not offered to be held out, and not kept among the rows that are learned from."""
    text = tables.visas(1200).decode()
    app = pasted(text)
    offices = sorted(set(pd.read_csv(pd.io.common.StringIO(text))["office"]))
    next(m for m in app.multiselect if m.label == "Domains left out altogether").set_value([offices[0]]).run()
    assert not app.exception
    shown = next(d.value for d in app.dataframe if "favourable" in d.value.columns)
    assert sorted(set(shown["domain"])) == offices[1:]
    assert sorted(next(m for m in app.multiselect if m.label.startswith("Held out")).options) == offices[1:]
    app.button(key="go").click().run()
    assert not app.exception
    own = OwnStore().get(app.session_state["went_to"])
    assert own.roles.unused == (offices[0],)
    assert sorted(load_dataset(OWN, id=own.id).domains) == offices[1:]


def test_columns_with_marks_of_absence_are_numbers_at_a_press() -> None:
    """Many odd columns get two warnings and a list; with the press they are numbers, also in the table that is kept."""
    rows = pd.read_csv(pd.io.common.StringIO(tables.visas(1200).decode()))
    for k in range(5):
        rows[f"test {k}"] = [["NA", "?", "-", "null", "."][k] if j % 9 == 0 else j % (k + 7) for j in range(len(rows))]
    app = pasted(rows.to_csv(index=False))
    assert len(app.warning) == 2
    assert any(box.label.startswith("3 columns more are kept as text") for box in app.expander)
    out = next(m for m in app.multiselect if m.label == "Left out of learning").value
    assert {f"test {k}" for k in range(5)} <= set(out)
    press = next(box for box in app.checkbox if box.label.startswith("Read NA, ? and the like as missing"))
    assert "5 columns are numbers but for them" in press.label
    press.check().run()
    assert not app.exception
    assert not app.warning
    assert next(m for m in app.multiselect if m.label == "Left out of learning").value == ["case"]
    app.button(key="go").click().run()
    assert not app.exception
    frame = load_dataset(OWN, id=app.session_state["went_to"]).frame
    for k in range(5):
        wanted = [None if j % 9 == 0 else j % (k + 7) for j in range(len(rows))]
        assert [None if pd.isna(cell) else cell for cell in frame[f"test {k}"]] == wanted


def test_a_column_of_very_many_values_is_left_out_or_merged(monkeypatch) -> None:
    monkeypatch.setattr(cautions, "MAX_CATEGORIES", 300)
    rows = pd.read_csv(pd.io.common.StringIO(tables.visas(1200).decode()))
    rows["town of birth"] = [f"town {k % 350}" for k in range(len(rows))]
    app = pasted(rows.to_csv(index=False))
    out = next(m for m in app.multiselect if m.label == "Left out of learning")
    assert "town of birth" in out.value
    next(m for m in app.multiselect if m.label.startswith("Learned from with")).set_value(["town of birth"]).run()
    assert not app.exception
    assert not app.error
    assert "town of birth" not in next(m for m in app.multiselect if m.label == "Left out of learning").value
    app.button(key="go").click().run()
    own = OwnStore().get(app.session_state["went_to"])
    kept = load_dataset(OWN, id=own.id).frame["town of birth"].astype(str)
    counts = rows["town of birth"].value_counts()
    assert (kept != "(other)").sum() == counts.iloc[:250].sum()
    assert kept.nunique() == 251


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n1,2,3\n", "line 3 has 3"),
        ("a,a\n1,2\n", "occurs more than once"),
        ("<html><body>log in</body></html>", "it is a web page"),
        ("a,b\n", "no rows"),
    ],
)
def test_what_is_no_table_is_said(text: str, words: str) -> None:
    app = pasted(text)
    assert not app.exception
    assert words in "".join(e.value for e in app.error).replace("\\", "")
    assert not [b for b in app.button if b.key == "go"]


def test_a_label_of_one_value_is_said_and_the_rest_of_the_page_stays() -> None:
    app = pasted("sex,site,hired,x\n" + "".join(f"{'fm'[k % 2]},{'ns'[k % 3 > 0]},yes,{k % 7}\n" for k in range(60)))
    next(s for s in app.selectbox if s.key.startswith("label_")).set_value("hired").run()
    assert not app.exception
    assert "1 distinct value" in app.error[0].value.replace("\\", "")
    assert "60 rows, 4 columns" in told(app)


def test_first_numbers_are_those_of_weighted_real_rows() -> None:
    """At the dial's stop: accuracy by hand from the stored counts of both stages."""
    key = kept()
    app = start(data=key)
    assert not app.exception
    assert not app.error
    assert "The first numbers will be here in a few seconds" in told(app)
    drawn(app)
    first = next(c.value for c in app.caption if "weighted" in c.value)
    assert "Logistic regression on up to 2,500 rows" in first
    drawn(app)
    assert "Gradient boosting on all rows" in next(c.value for c in app.caption if c.value.startswith("Real rows"))
    price = app.select_slider(key="price_dp").value
    rows = table_of(Library().trials._rows.values() if Library().trials._rows else _all_rows())
    here = rows[
        (rows["n"] == 50_000) & (rows["classifier"] == "gradient_boosting") & (rows["method"] == "tilted")
        & (rows["setting"] == f'{{"control": "dp", "lambda_z": {price}}}')
    ]  # fmt: skip
    assert sorted(here["target"]) == ["Delhi", "Lagos, main"]
    cells = tables_of(here, 5)
    right = np.mean((cells[:, :, 0, 0] + cells[:, :, 1, 1]).sum(1) / cells.sum((1, 2, 3)))
    shown = re.search(r"right for \*\*(\d+) of 1,000", sentence(app))[1]
    assert int(shown) == round(1000 * right)


def _all_rows() -> list:
    """Every stored trial, by reading the segments again."""
    trials = Library().trials
    trials._look()
    return list(trials._rows.values())


def test_a_link_to_a_table_that_is_not_here_says_so() -> None:
    """The same words for one that never was and one that was deleted; then the page opens on Adult."""
    app = start(data="0" * 32)
    assert NOT_FOUND.split(".")[0] in app.warning[0].value.replace("\\", "")
    assert app.selectbox(key="data").value == "adult"
    key = kept(400)
    OwnStore().delete(key)
    again = start(data=key)
    assert again.warning[0].value == app.warning[0].value


def test_somebody_else_s_table_is_in_nobody_s_list_and_opens_by_its_link() -> None:
    own = OwnStore().add("Theirs", ROLES, "another", data=tables.visas(400), held_out=("Delhi",))
    app = start()
    assert own.id not in app.selectbox(key="data").options
    assert "Theirs" not in "".join(app.selectbox(key="data").options)
    linked = start(data=own.id)
    assert not linked.warning
    assert linked.selectbox(key="data").value == own.id


def test_delete_takes_everything_made_from_the_table() -> None:
    key = kept(800)
    app = start(data=key)
    drawn(app)
    assert _all_rows()
    page = AppTest.from_function(data_page, default_timeout=60).run()
    assert "**Visas**" in told(page)
    page.button(key=f"delete_{key}").click().run()
    assert "**Visas**" not in told(page)
    assert not list(OwnStore().root.glob("[0-9a-f]*"))
    assert not _all_rows()
