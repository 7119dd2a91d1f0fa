"""Rows and fits that trials share, and published tables of made-up counts."""

import pytest

from fairviz.data import load_dataset
from fairviz.data.dataset import DomainDataset
from fairviz.store.library import Library
from tests.experiments.by_hand import ALL, DP0, DP2, FADM, NOBODY, PLAIN, both_seeds
from tests.experiments.published import TABLE_NAMES, at, published
from tests.experiments.trials import empty


@pytest.fixture(scope="session")
def dataset() -> DomainDataset:
    """100 rows in each of four regions."""
    return load_dataset("simulated", n=400)


@pytest.fixture(scope="session")
def library(tmp_path_factory) -> Library:
    """Fits that the tests of trials share."""
    return empty(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def made() -> dict:
    return {
        "seconds": 120, "workers": 2, "trials_computed": 48, "machine": "a machine of four cores", "torch": "9.9",
        "scikit-learn": "8.8",
    }  # fmt: skip


@pytest.fixture
def frontier_entry(tmp_path, made):
    return published(tmp_path / "frontier", "frontier", ALL, made)


@pytest.fixture
def table1_entry(tmp_path, made):
    """FADM chose price 0.2 for Black and 0 for Other."""
    price = {"Black": DP2, "Other": DP0}
    keep = at(FADM, price)
    gan = both_seeds("gan", {}, ((12, 24), (8, 32)), ((6, 4), (4, 8)))
    chosen = [{"dial": "fadm_dp", "target": t, "setting": s} for t, s in price.items()]
    chosen += [{"dial": "gan", "target": t, "setting": {}} for t in price]
    rows = [*keep, *gan, *PLAIN, *NOBODY]
    return published(
        tmp_path / "table1", "table1", rows, made, names=TABLE_NAMES, chosen=chosen, rule="by a coin"
    )  # fmt: skip
