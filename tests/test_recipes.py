"""CONTRIBUTING's recipes, each from outside the package: one file and its entry point, and it is everywhere."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fairviz.cli import main
from fairviz.controls import CONTROLS
from fairviz.data.sources import load_dataset
from fairviz.evaluation.metrics import axes
from fairviz.experiments.methods import METHODS, line_named
from fairviz.mitigation import MITIGATIONS
from fairviz.mitigation.checks import check_mitigation
from fairviz.store.fits import load_fit
from fairviz.store.library import Library
from fairviz.synthesizers import SYNTHESIZERS, check_synthesizer
from tests.outside import install
from tests.ui.pages import compare_page

ROOT = Path(__file__).parent.parent
GENERATOR = '''
    """Rows of the source drawn again, each number from another row of its label."""
    import numpy as np
    import pandas as pd
    from fairviz.checks import MAX_ROWS, check_count
    from fairviz.errors import SettingError
    from fairviz.settings import Dial
    from fairviz.synthesizers.base import FitStep, Synthesizer

    class Shuffled(Synthesizer):
        source_of_idea = "a test"
        dials = (Dial("shuffled", "Shuffled rows"),)

        def __init__(self, *, n_iter=1):
            self.n_iter = n_iter

        def fit_steps(self, source):
            self.columns_ = [*source.schema.features, source.schema.label]
            self.label_, self.y_ = source.schema.label, source.y
            self.kinds_, codes = [], []
            for name in self.columns_:
                code, kinds = pd.factorize(source.frame[name].astype(object), sort=True)
                self.kinds_.append(kinds.tolist())
                codes.append(code)
            self.codes_ = np.stack(codes, 1)
            yield FitStep(1, 1, {"none": 0.0}, 0.0)

        def sample(self, n, *, random_state=0, **settings):
            check_count("n", n, 1, MAX_ROWS)
            if settings:
                raise SettingError(f"Shuffled has no setting {next(iter(settings))!r}.")
            rng = np.random.default_rng(random_state)
            u = rng.random((MAX_ROWS // 100, len(self.columns_)))[:n]
            y = self.y_[(u[:, -1] * len(self.y_)).astype(int)]
            rows = [np.flatnonzero(self.y_ == label) for label in (0, 1)]
            frame = {}
            for j, (name, kinds) in enumerate(zip(self.columns_, self.kinds_)):
                pick = np.where(y == 1, rows[1][(u[:, j] * len(rows[1])).astype(int)],
                                rows[0][(u[:, j] * len(rows[0])).astype(int)])
                values = np.array(kinds, dtype=object)[self.codes_[pick, j]]
                frame[name] = values if isinstance(kinds[0], str) else values.astype(float)
            return pd.DataFrame(frame)

        def state(self):
            return {"columns": self.columns_, "label": self.label_, "kinds": self.kinds_}, {
                "codes": self.codes_.astype(np.int64), "y": self.y_}

        @classmethod
        def from_state(cls, meta, arrays):
            fit = cls()
            fit.columns_, fit.label_, fit.kinds_ = meta["columns"], meta["label"], meta["kinds"]
            fit.codes_, fit.y_ = arrays["codes"], arrays["y"]
            return fit
'''


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("FAIRVIZ_CACHE", str(tmp_path / "cache"))
    st.cache_resource.clear()


def test_a_generator_joins_frontier_and_compare(tmp_path, monkeypatch, capsys) -> None:
    install(tmp_path, monkeypatch, "shuffling", GENERATOR, {"fairviz.synthesizers": {"shuffled": "shuffling:Shuffled"}})
    assert len([line for line in GENERATOR.strip().splitlines() if line.strip()]) < 50
    assert "shuffled" in METHODS
    check_synthesizer(SYNTHESIZERS["shuffled"]())
    command = ["frontier", "--dataset", "simulated", "--methods", "shuffled,unmitigated,constant,overwrite", "--quick"]
    assert main([*command, "--jobs", "1"]) == 0
    assert "| Shuffled rows |" in capsys.readouterr().out
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path / "none"))
    app = AppTest.from_function(compare_page, default_timeout=120).run()
    assert not app.exception
    assert "Shuffled rows" in app.multiselect[0].options
    point = next(o for o in app.selectbox(key="compare_point").options if o.startswith("Shuffled rows"))
    app.selectbox(key="compare_point").set_value("shuffled {}").run()
    assert not app.exception
    assert point.split(":")[0] in "\n".join(m.value for m in app.markdown)
    assert "--method shuffled" in app.code[0].value


def test_a_mitigation_runs_as_a_trial(tmp_path, monkeypatch, capsys) -> None:
    code = """
        import numpy as np
        from fairviz.mitigation.base import Mitigation
        from fairviz.settings import Dial, Parameter, spread

        class Lottery(Mitigation):
            name = "lottery"
            parameters = (Parameter("chance", 0.5, symbol="chance"),)
            dials = (Dial("lottery", "Lottery", spread("chance", (0.2, 0.8))),)

            def answer(self, task, *, chance):
                return (np.random.default_rng(task.seed).random(len(task.target)) < chance).astype(int)
    """
    install(tmp_path, monkeypatch, "lotteries", code, {"fairviz.mitigations": {"lottery": "lotteries:Lottery"}})
    check_mitigation(MITIGATIONS["lottery"]())
    assert line_named("lottery").about("full")["positions"][0] == {"setting": {"chance": 0.2}, "wording": "chance 0.2"}
    argv = [
        "trial",
        "--dataset",
        "simulated",
        "--target",
        "East",
        "--method",
        "lottery",
        "--setting",
        '{"chance": 0.8}',
    ]
    assert main(argv) == 0
    answer = json.loads(capsys.readouterr().out)
    counts = pd.DataFrame(answer["counts"])
    people = len(load_dataset("simulated").leave_out("East")[1])
    yes = (np.random.default_rng(0).random(people) < 0.8).sum()
    assert counts.loc[counts["predicted"] == counts["predicted"].max(), "n"].sum() == yes


def test_a_control_is_priced_guides_and_weighs(tmp_path, monkeypatch) -> None:
    """Half of another control's price: rows and weights are those of the other at half the price."""
    code = """
        from fairviz.controls.tilting import GapControl

        class Half(GapControl):
            name = "half"
            title = "Parity at half the price"
            meaning = "Each point of gap in the rate of yes is worth half of {price} points of accuracy."
            note = "For a test."
            gaps = ("dp",)
            recorded = False

            def prices(self, lambda_z, lambda_eop=0.0):
                return 0.5 * lambda_z, 0.0 * lambda_z

        HALF = Half()
    """
    install(tmp_path, monkeypatch, "halves", code, {"fairviz.controls": {"half": "halves:HALF"}})
    assert list(CONTROLS)[-1] == "half"
    fit = load_fit(Library().find_fits(load_dataset("simulated").fingerprint())["East"])
    half, whole = (fit.sample(1500, control=c, lambda_z=p) for c, p in (("half", 0.2), ("dp", 0.1)))
    pd.testing.assert_frame_equal(half, whole)
    pool = fit.pool(1000)
    assert pool.weights(control="half", lambda_z=0.2).tolist() == pool.weights(control="dp", lambda_z=0.1).tolist()


def test_a_metric_is_one_object(monkeypatch, capsys, tmp_path) -> None:
    """Ratio of false omission rates: of those told no, how many are truly yes. By hand from the counts."""
    code = """
        from fairviz.evaluation.metrics import Rate, Ratio

        RATE = Rate("false omission rate", "rows told no", "is wrong to say no to {who}", "to {who}", hits=((1, 0),),
                    among=((0, 0), (1, 0)))
        R_FOR = Ratio("R_FOR", "False omission parity", "Ratio of false omissions", axis=True, rates=(RATE,))
    """
    install(tmp_path, monkeypatch, "omissions", code, {"fairviz.metrics": {"R_FOR": "omissions:R_FOR"}})
    assert axes()[-1] == "R_FOR"
    out = tmp_path / "rows.csv"
    assert main(["sample", "--dataset", "simulated", "--target", "East", "-n", "2000", "--out", str(out)]) == 0
    capsys.readouterr()
    argv = ["evaluate", str(out), "--dataset", "simulated", "--target", "East", "--classifier", "logistic_regression"]
    assert main([*argv, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["results"]["given rows"]
    counts = pd.DataFrame(report["counts"]).set_index(["group", "label", "predicted"])["n"]
    told = {}
    for group in {g for g, _, _ in counts.index}:
        no, yes = (counts[group, label, 0] for label in (0, 1))
        told[group] = yes / (no + yes)
    assert report["metrics"]["R_FOR"]["value"] == pytest.approx(min(told.values()) / max(told.values()))
    assert report["metrics"]["R_FOR"]["low"] <= report["metrics"]["R_FOR"]["value"]
    assert 0 < report["metrics"]["R_FOR"]["noise_floor"][0] <= 1
    app = AppTest.from_string("from fairviz.ui import explore; explore.page()", default_timeout=120).run()
    app.selectbox(key="axis").set_value("R_FOR").run()
    assert not app.exception
    assert "It is wrong to say no to" in "\n".join(m.value for m in app.markdown)


DATA = """
    import numpy as np
    import pandas as pd
    from fairviz.data.dataset import DomainDataset
    from fairviz.data.schema import Schema
    from fairviz.data.sources import Source

    SCHEMA = Schema(("size",), "sold", "yes", "shop", "town")

    def read():
        rng = np.random.default_rng(0)
        size, shop = rng.normal(size=600), rng.integers(2, size=600)
        sold = np.where(size + shop + rng.normal(size=600) > 0.5, "yes", "no")
        frame = pd.DataFrame({"size": size, "sold": sold, "shop": np.array(["red", "blue"])[shop],
                              "town": np.array(["A", "B", "C"])[np.arange(600) % 3]})
        return DomainDataset.from_frame("shoes", frame, SCHEMA)

    SHOES = Source(read=read, title="Shoes", story="Pairs of shoes.", licence="none", publisher="a test", schema=SCHEMA,
                   fingerprint=read().fingerprint(), nouns={"domain": "town"})
"""


def test_a_data_set_is_listed_tried_and_opened(monkeypatch, capsys, tmp_path) -> None:
    install(tmp_path, monkeypatch, "shoes", DATA, {"fairviz.datasets": {"shoes": "shoes:SHOES"}})
    assert main(["datasets", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)][-1] == "shoes"
    assert main(["trial", "--dataset", "shoes", "--target", "B", "--method", "unmitigated"]) == 0
    counts = pd.DataFrame(json.loads(capsys.readouterr().out)["counts"])
    assert counts["n"].sum() == 200
    frontier = ["frontier", "--dataset", "shoes", "--methods", "unmitigated,constant,overwrite", "--quick"]
    assert main([*frontier, "--jobs", "1"]) == 0
    app = AppTest.from_string("from fairviz.ui import explore; explore.page()", default_timeout=120)
    app.query_params["data"] = "shoes"
    app.run()
    assert not app.exception
    assert app.button(key="train").label == "Train 3 fits"
    compare = AppTest.from_string("from fairviz.ui import compare; compare.page()", default_timeout=120)
    compare.query_params["compare_data"] = "shoes"
    compare.run()
    assert not compare.exception
    assert "Tested on one town at a time (A, B)" in "\n".join(c.value for c in compare.caption)


def test_a_downstream_model_is_a_function(monkeypatch, capsys, tmp_path) -> None:
    code = """
        from sklearn.naive_bayes import GaussianNB
        from sklearn.pipeline import make_pipeline
        from fairviz.evaluation.downstream import linear_input

        def bayes(codes, seed):
            return make_pipeline(linear_input(codes), GaussianNB())
    """
    install(tmp_path, monkeypatch, "bayesian", code, {"fairviz.classifiers": {"naive_bayes": "bayesian:bayes"}})
    trial = ["trial", "--dataset", "simulated", "--target", "East", "--method", "unmitigated", "-n", "2000"]
    assert main([*trial, "--classifier", "naive_bayes"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["trial"]["classifier"] == "naive_bayes"
    assert 0.6 < found["metrics"]["accuracy"]["value"] < 0.9


def test_a_page_is_a_function_and_a_line(monkeypatch, tmp_path) -> None:
    code = """
        import streamlit as st
        from fairviz.ui.parts import base

        @base.guarded()
        def page():
            base.header("fairviz \u00b7 What is new?", "New")
            st.write("Nothing yet.")
    """
    install(tmp_path, monkeypatch, "newpage", code, {})
    text = (ROOT / "app.py").read_text()
    line = '    st.Page(compare.page, title="Compare", url_path="compare"),\n'
    assert line in text
    text = text.replace(line, line + '    st.Page(newpage.page, title="New", url_path="new", default=True),\n')
    text = text.replace(', url_path="explore", default=True', ', url_path="explore"')
    text = text.replace("import streamlit as st", "import newpage\nimport streamlit as st", 1)
    app = AppTest.from_string(text, default_timeout=120).run()
    assert not app.exception
    assert [m.value for m in app.markdown][:3] == ["#### fairviz \u00b7 What is new?", "**New**", "Nothing yet."]
