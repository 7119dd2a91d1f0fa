"""Nothing is seen of the domains held out."""

import json
from itertools import combinations

import pandas as pd
import pytest

from fairviz.errors import SettingError
from fairviz.experiments.bench import Bench
from fairviz.store import key_of
from fairviz.store.specs import FitSpec
from tests.experiments.trials import DOMAINS, changed, compute, empty, trial


def test_two_domains_left_out_are_one_fit_in_either_order(dataset, library) -> None:
    first = FitSpec.of(dataset, "East", without="West", n_iter=15, meta="second_order")
    second = FitSpec.of(dataset, "West", without="East", n_iter=15, meta="second_order")
    assert first == second
    assert key_of(first.to_json()) == key_of(second.to_json())
    assert FitSpec.from_json(json.loads(json.dumps(first.to_json()))) == first
    ours, theirs = trial(without="West"), trial(target="West", without="East")
    assert ours.fit_spec(dataset) == theirs.fit_spec(dataset) == first
    assert Bench(dataset, library).key(ours) != Bench(dataset, library).key(theirs)  # but tested on another domain
    pairs = {key_of(trial(target=a, without=b).fit_spec(dataset).to_json()) for a, b in combinations(DOMAINS, 2)}
    assert len(pairs) == 6


def test_the_source_has_neither_domain(dataset) -> None:
    frame = dataset.frame
    wanted = frame[frame["region"].isin(["North", "South"])].reset_index(drop=True)
    for one in (trial(without="West"), trial(target="West", without="East")):
        source, target = one.split(dataset)
        pd.testing.assert_frame_equal(source.frame, wanted)
        assert set(target.frame["region"]) == {one.target}
        assert len(target) == 100
        pd.testing.assert_frame_equal(one.fit_spec(dataset).source_of(dataset).frame, wanted)
    source, _ = trial().split(dataset)
    assert set(source.frame["region"]) == {"North", "South", "West"}


@pytest.mark.parametrize("method", ["balanced", "reweighing"])
def test_rows_of_a_domain_left_out_cannot_matter(dataset, tmp_path, method) -> None:
    """A trial inside the source is the same whatever the outer target holds; and is another if the source changes."""
    inner = trial(method, {"share": 1.0}, target="North", without="East")
    (found,) = compute(dataset, [inner], empty(tmp_path / "a"))
    (again,) = compute(changed(dataset, "East"), [inner], empty(tmp_path / "b"))
    assert (found.table == again.table).all()
    (other,) = compute(changed(dataset, "West"), [inner], empty(tmp_path / "c"))
    assert (found.table != other.table).any()


def test_unknown_domains_and_methods_are_refused(dataset, library) -> None:
    with pytest.raises(SettingError, match="No method 'wat'"):
        trial("wat")
    for method in ("fadm", "reweighing"):
        for where in ({"target": "Mars"}, {"without": "Mars"}, {"target": "all"}, {"without": "East"}):
            with pytest.raises(SettingError, match="no domain"):
                compute(dataset, [trial(method, **where)], library)
