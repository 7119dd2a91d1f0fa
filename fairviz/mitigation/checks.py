"""The contract of a mitigation as runnable assertions, for people who add their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from fairviz.data.dataset import DomainDataset
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.errors import SettingError
from fairviz.mitigation.base import Mitigation, Task
from fairviz.settings import REFERENCE, canonical


def check_mitigation(mitigation: Mitigation, dataset: DomainDataset | None = None) -> list[str]:
    """Predict at every position of every dial and assert everything that the project relies on.

    Parameters
    ----------
    mitigation : Mitigation
    dataset : DomainDataset, optional
        Two domains or more, the last of which is the target; 1,600 rows of the simulated story by default.

    Returns
    -------
    list of str
        What was checked.

    Raises
    ------
    AssertionError
        Names the promise that is broken.
    """
    if dataset is None:
        dataset = DomainDataset.from_frame("simulated", Hiring().sample(1600, seed=0), HIRING_SCHEMA)
    source, target = dataset.leave_out(dataset.domains[-1])
    classifier = mitigation.only or "logistic_regression"
    done: list[str] = []

    def check(ok: object, promise: str) -> None:
        if not ok:
            raise AssertionError(f"The contract of a mitigation is broken: {promise}")
        done.append(promise)

    check(mitigation.dials, "it has a dial")
    state = str(np.random.get_state()), torch.random.get_rng_state().tolist()  # noqa: NPY002
    before = source.frame.copy()
    for dial in mitigation.dials:
        check(dial.positions, f"dial {dial.name} has positions")
        for setting in dial.positions:
            told = canonical(mitigation.name, mitigation.parameters, setting)
            again = canonical(mitigation.name, mitigation.parameters, told)
            check(told == again, f"{setting} is written in one way")
            found = mitigation.predict(Task.of(source, target, classifier, 0), setting)
            check(found.shape == (len(target),), f"{setting} gives an answer for every row of the target")
            check(np.isin(found, (0, 1)).all(), f"{setting} gives 0 or 1")
            twice = mitigation.predict(Task.of(source, target, classifier, 0), setting)
            check((found == twice).all(), f"{setting} gives the same answers with the same seed")
    if not mitigation.needs_group:
        turned = np.array(target.groups, dtype=object)[(target.z + 1) % len(target.groups)]
        frame = target.frame.assign(**{target.schema.sensitive: pd.Categorical(turned, list(target.groups))})
        swapped, blind = replace(target, frame=frame), True
        for dial in mitigation.dials if mitigation.kind != REFERENCE else ():
            one = dial.positions[-1]
            pair = [mitigation.predict(Task.of(source, t, classifier, 0), one) for t in (target, swapped)]
            blind = blind and bool((pair[0] == pair[1]).all())
        check(blind, "the answers do not depend on the groups of the target, unless needs_group says so")
    check(source.frame.equals(before), "the source is not changed")
    now = str(np.random.get_state()), torch.random.get_rng_state().tolist()  # noqa: NPY002
    check(now == state, "no global random generator is touched")
    try:
        mitigation.predict(Task.of(source, target, classifier, 0), {"no_such_setting": 1.0})
    except SettingError:
        check(True, "a setting that does not exist is refused with a SettingError")
    else:
        check(False, "a setting that does not exist is refused with a SettingError")
    return done
