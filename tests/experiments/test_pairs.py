"""Who is told yes with a price and without it: against predictions counted one by one; kept, stored and published."""

import numpy as np
import pytest

from fairviz.evaluation.protocol import trained
from fairviz.evaluation.tradeoff import both_of
from fairviz.experiments.bench import Bench, rows_of
from fairviz.experiments.runner import run
from fairviz.experiments.trial import table_of
from fairviz.experiments.where import Where
from fairviz.store import ResultStore
from tests.experiments.trials import DP2, empty, trial

SOFT = {"labels": "boosted"}
PRICED = trial("fadm_preview", {**DP2, **SOFT}, seed=2)


def by_hand(dataset, library, one) -> np.ndarray:
    """Two models of one pool, and every person of the held-out domain looked at."""
    fit = library.fit(one.fit_spec(dataset), dataset)
    pool = fit.pool(one.n, labels="boosted", random_state=one.seed, n_steps=one.n_steps)
    target, told = dataset.leave_out(one.target)[1], []
    prices = {name: value for name, value in one.position.items() if name != "labels"}
    for setting in (prices, {}):
        model = trained(pool.rows, target, one.classifier, one.seed, pool.weights(**setting))
        told.append(model.predict(target.features))
    both = np.zeros((2, 2), int)
    for now, before, z, y in zip(*told, target.z, target.y, strict=True):
        both[z, y] += now and before
    assert (told[0] != told[1]).any()
    return both


def test_pairs_by_hand(dataset, library) -> None:
    (row,) = Bench(dataset, library, paired=True).compute([PRICED], fresh=True)
    assert (row.both == by_hand(dataset, library, PRICED)).all()
    assert (row.both <= row.table[..., 1]).all()


@pytest.mark.parametrize("other", [trial("fadm_preview", SOFT), trial(), trial("reweighing", {"share": 1.0})])
def test_only_prices_of_a_pool_have_pairs(dataset, library, other) -> None:
    (row,) = Bench(dataset, library, paired=True).compute([other])
    assert row.both is None
    assert "both_0_0" not in row.flat()


def test_a_row_without_pairs_is_computed_again_where_they_are_asked_for(dataset, tmp_path) -> None:
    library = empty(tmp_path)
    (plain,) = Bench(dataset, library).compute([PRICED])
    assert plain.both is None
    (paired,) = Bench(dataset, library, paired=True).compute([PRICED])
    assert paired.both is not None
    assert (paired.table == plain.table).all()
    (kept,) = Bench(dataset, empty(tmp_path)).compute([PRICED])  # read from disk
    assert (kept.both == paired.both).all()
    steps = list(run(dataset, [PRICED, trial("constant")], empty(tmp_path), Where(n_jobs=1), paired=True))
    taken = [row for step in steps for row in step.rows]
    assert {"lambda_z" in row.about["setting"]: row.both is None for row in taken} == {True: False, False: True}


def test_pairs_are_columns_of_a_published_table(dataset, library, tmp_path) -> None:
    trials = [PRICED, trial("constant")]
    rows = Bench(dataset, library, paired=True).compute(trials)
    store = ResultStore(tmp_path)
    store.publish("sweep", {"a": 1}, json_files={"facts.json": {}}, tables={"trials.csv": table_of(rows)})
    table = next(iter(store.entries("sweep"))).table("trials.csv")
    assert both_of(table, 2)[0].tolist() == rows[0].both.tolist()
    assert np.isnan(both_of(table, 2)[1]).all()
    assert np.isnan(both_of(table.drop(columns=[n for n in table if n.startswith("both")]), 2)).all()
    again = rows_of(table, dataset)
    assert (again[0].both == rows[0].both).all()
    assert again[1].both is None
