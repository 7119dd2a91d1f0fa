"""The contract of a mitigation as runnable assertions, for people who add their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from fairviz.contracts import Contract, story
from fairviz.data.dataset import DomainDataset
from fairviz.errors import SettingError
from fairviz.mitigation.base import Mitigation, Task
from fairviz.settings import REFERENCE, Setting, canonical


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
    dataset = story(1600) if dataset is None else dataset
    source, target = dataset.leave_out(dataset.domains[-1])
    contract, classifier = Contract("a mitigation"), mitigation.only or "logistic_regression"

    def task(of: DomainDataset = target) -> Task:
        return Task.of(source, of, classifier, 0)

    contract.check(mitigation.dials, "it has a dial")
    with contract.leaves_alone(source):
        for dial in mitigation.dials:
            contract.check(dial.positions, f"dial {dial.name} has positions")
            for setting in dial.positions:
                _check_position(contract, mitigation, setting, [task(), task()])
        if not mitigation.needs_group and mitigation.kind != REFERENCE:
            last = [dial.positions[-1] for dial in mitigation.dials]
            pairs = [(mitigation.predict(task(), s), mitigation.predict(task(_turned(target)), s)) for s in last]
            blind = all((one == other).all() for one, other in pairs)
            contract.check(blind, "the answers do not depend on the groups of the target, unless needs_group says so")
    refused = False
    try:
        mitigation.predict(task(), {"no_such_setting": 1.0})
    except SettingError:
        refused = True
    contract.check(refused, "a setting that does not exist is refused with a SettingError")
    return contract.kept


def _check_position(contract: Contract, mitigation: Mitigation, setting: Setting, tasks: list[Task]) -> None:
    told = canonical(mitigation.name, mitigation.parameters, setting)
    contract.check(told == canonical(mitigation.name, mitigation.parameters, told), f"{setting} is written in one way")
    found, again = (mitigation.predict(task, setting) for task in tasks)
    contract.check(found.shape == (len(tasks[0].target),), f"{setting} gives an answer for every row of the target")
    contract.check(np.isin(found, (0, 1)).all(), f"{setting} gives 0 or 1")
    contract.check((found == again).all(), f"{setting} gives the same answers with the same seed")


def _turned(target: DomainDataset) -> DomainDataset:
    """The same people, each in the next group."""
    names = np.array(target.groups, dtype=object)[(target.z + 1) % len(target.groups)]
    column = {target.schema.sensitive: pd.Categorical(names, list(target.groups))}
    return replace(target, frame=target.frame.assign(**column))
