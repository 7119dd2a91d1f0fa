"""Table 1 of the paper and ours beside it; every expected number is worked by hand."""

import numpy as np
import pandas as pd
import pytest

from fairviz.experiments.methods import lines
from fairviz.experiments.results import Results
from fairviz.experiments.tables import PAPER, PAPER_DOMAINS, table1_rows, table1_text
from tests.experiments.by_hand import DP0, DP2, FADM, PLAIN, both_seeds
from tests.experiments.published import TABLE_NAMES, at, published
from tests.markdown import cells


def test_table1_rows(table1_entry) -> None:
    rows = table1_rows(table1_entry).set_index(["method", "domain"])
    assert list(dict.fromkeys(m for m, _ in rows.index)) == list(TABLE_NAMES)
    black, other, mean = (rows.loc[("fadm_dp", d)] for d in ("Black", "Other", "mean"))
    assert (black["n"], other["n"], mean["n"]) == (200, 100, 300)
    assert (black["accuracy"], black["R_DP"]) == (pytest.approx(0.73), pytest.approx(0.9))
    assert (other["accuracy"], other["R_DP"]) == (pytest.approx(0.81), pytest.approx(0.25))
    assert (mean["accuracy"], mean["R_DP"]) == (pytest.approx(0.77), pytest.approx(0.575))
    # women 24 of 40 and men 32 of 50 found
    assert black["R_EOp"] == pytest.approx(0.6 / 0.64)
    assert black["R_DP_other"] == pytest.approx(60 / 64)  # men 60 of 100, women 64 of 100 told no
    assert black["R_DP_low"] < 0.9 < black["R_DP_high"]
    assert (black["setting"], other["setting"], mean["setting"]) == ("λ_z 0.2", "λ_z 0", "")
    assert mean["R_DP_domains"] == 2
    assert rows.loc[("constant", "mean"), "R_DP_domains"] == 0
    assert rows.loc[("unmitigated", "Black"), "accuracy"] == pytest.approx(0.78)
    assert rows.loc[("gan", "Black"), "paper"] == (72.24, 0.90, 0.69)
    assert rows.loc[("gan", "mean"), "paper"] == (72.66, 0.85, 0.74)
    assert pd.isna(rows.loc[("fadm_dp", "Black"), "paper"])  # the paper's FADM is the one with the entropy


def test_dials_that_share_a_trial_each_have_their_own_choice(tmp_path, made) -> None:
    """The parity price stays at 0 for Black and the entropy for Other; what the other one chose is not averaged in."""
    entropy = {"control": "entropy", "lambda_z": 10.0}
    strong = both_seeds("fadm", entropy, ((20, 20), (20, 20)), ((8, 4), (4, 8)))
    parity, spread = {"Black": DP0, "Other": DP2}, {"Black": entropy, "Other": DP0}
    chosen = [{"dial": "fadm_dp", "target": t, "setting": s} for t, s in parity.items()]
    chosen += [{"dial": "fadm_entropy", "target": t, "setting": s} for t, s in spread.items()]
    shared = at([*FADM, *strong], parity) + at([*FADM, *strong], spread)
    names = ("fadm_entropy", "fadm_dp", "unmitigated")
    entry = published(
        tmp_path / "shared", "table1", [*shared, *PLAIN], made, names=names, chosen=chosen, rule=""
    )  # fmt: skip
    rows = table1_rows(entry).set_index(["method", "domain"])
    found = {key: (rows.loc[key, "accuracy"], rows.loc[key, "setting"]) for key in rows.index}
    assert found["fadm_dp", "Black"] == (pytest.approx(0.76), "λ_z 0")
    assert found["fadm_dp", "Other"] == (pytest.approx(0.72), "λ_z 0.2")
    assert found["fadm_entropy", "Black"] == (pytest.approx(0.55), "λ_z 10")
    assert found["fadm_entropy", "Other"] == (pytest.approx(0.81), "λ_z 0")
    assert found["fadm_dp", "mean"][0] == pytest.approx(0.74)
    assert found["fadm_entropy", "mean"][0] == pytest.approx(0.68)


def test_table1_text(table1_entry) -> None:
    text = table1_text(table1_entry)
    table = cells(text)
    assert table["method"] == ["Black", "Other", "mean", "chosen inside the source"]
    # Other at price 0: 90 % : 60 % are told no, 30 % : 75 % of the truly yes are found
    black, other, mean, chosen = table["FADM, parity price"]
    assert chosen == "λ_z 0.2 (1); λ_z 0 (1)"
    assert (black, other) == ("73.0 · 0.90 · 0.94 · 0.94", "81.0 · 0.25 · 0.67 · 0.40")
    assert mean in ("77.0 · 0.57 · 0.80 · 0.67", "77.0 · 0.58 · 0.80 · 0.67")  # 0.575 before rounding
    assert table["_the paper's_"] == ["_72.2 · 0.90 · 0.69_", "_80.4 · 0.89 · 0.78_", "_72.7 · 0.85 · 0.74_", ""]
    assert table["Always the same answer"][2] == "62.5 · – · 1.00 · –"
    assert text.count("the paper's_") == 1
    for word in ("favourable: >50K", "favourable: <=50K", "by a coin", "a machine of four cores", "20,000 rows"):
        assert word in text


def test_other_data_sets_are_not_set_beside_the_paper(tmp_path, made, table1_entry) -> None:
    rows = Results.of(table1_entry).rows.to_dict("records")
    chosen = table1_entry.json("facts.json")["chosen"]
    entry = published(
        tmp_path / "bank", "table1", rows, made, dataset="bank_marketing", names=TABLE_NAMES, chosen=chosen, rule=""
    )
    assert "the paper's_" not in table1_text(entry)


def test_the_note_names_the_classifier(tmp_path, made, table1_entry) -> None:
    rows = Results.of(table1_entry).rows.assign(classifier="mlp").to_dict("records")
    entry = published(tmp_path / "mlp", "table1", rows, made, classifier="mlp", names=TABLE_NAMES, chosen=[], rule="")
    assert "mlp on 20,000 rows" in table1_text(entry)
    assert "gradient_boosting" not in table1_text(entry)


# the paper's figures as they were copied


#: The paper prints 0.74 for the VAE's mean parity ratio; its five domains give 0.776.
MISPRINT = ("vae", 1)


@pytest.mark.parametrize("method", list(PAPER))
def test_the_paper_s_averages_are_those_of_its_domains(method) -> None:
    """A figure copied wrongly would show here; the paper averaged before it rounded."""
    figures = np.array(PAPER[method])
    assert figures.shape == (len(PAPER_DOMAINS) + 1, 3)
    assert method in lines()
    means = figures[:-1].mean(0)
    for k, tolerance in enumerate((0.01, 0.02, 0.02)):
        off = abs(means[k] - figures[-1, k])
        assert (off > tolerance) == ((method, k) == MISPRINT)
    assert ((figures[:, 1:] > 0) & (figures[:, 1:] <= 1)).all()
    assert ((figures[:, 0] > 50) & (figures[:, 0] < 100)).all()
