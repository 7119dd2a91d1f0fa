"""The contract of a synthesizer as runnable assertions, for people who add their own."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from sklearn.base import clone

from fairviz.contracts import Contract, is_json, story
from fairviz.data.dataset import DomainDataset
from fairviz.errors import SettingError
from fairviz.synthesizers.base import FitStep, Synthesizer


def check_synthesizer(synthesizer: Synthesizer, source: DomainDataset | None = None, *, n: int = 1500) -> list[str]:
    """Fit and sample a synthesizer and assert everything that the project relies on.

    Parameters
    ----------
    synthesizer : Synthesizer
        Unfitted, with hyper-parameters that train in seconds; it is cloned, never changed.
    source : DomainDataset, optional
        Rows to fit; 600 rows of the simulated story by default.
    n : int
        Rows to draw, more than 1,000 so that more than one chunk is drawn.

    Returns
    -------
    list of str
        What was checked.

    Raises
    ------
    AssertionError
        Names the promise that is broken.
    """
    source = story(600) if source is None else source
    contract = Contract("a synthesizer")
    params = synthesizer.get_params()
    contract.check(is_json(params), "hyper-parameters are plain values, so that they can be a key")
    contract.check(_clones(synthesizer, params), "__init__ stores its arguments and does nothing else")
    fit = clone(synthesizer)
    with contract.leaves_alone(source):
        _check_steps(contract, list(fit.fit_steps(source)))
        contract.check(fit.get_params() == params, "fitting leaves the hyper-parameters alone")
        rows = fit.sample(n, random_state=1)
        _check_rows(contract, rows, source, n)
        _check_seeds(contract, fit, rows)
    for bad in (0, -1, 1.5):
        contract.check(_refuses(fit, n=bad), f"n = {bad} is refused with a SettingError")
    refused = _refuses(fit, n=10, no_such_setting=1.0)
    contract.check(refused, "a setting that does not exist is refused with a SettingError")
    _check_state(contract, fit, rows)
    other = clone(synthesizer).fit(source)
    contract.check(rows.equals(other.sample(n, random_state=1)), "fitting again with the same seed gives the same fit")
    return contract.kept


def _check_steps(contract: Contract, steps: list[FitStep]) -> None:
    contract.check(steps and all(isinstance(step, FitStep) for step in steps), "fit_steps yields FitStep")
    count = [s.step for s in steps]
    up = count == sorted(set(count)) and steps[-1].step == steps[-1].n_steps
    contract.check(up, "steps count up to the announced number")
    contract.check(all(np.isfinite(v) for s in steps for v in s.losses.values()), "losses are finite numbers")


def _check_rows(contract: Contract, rows: pd.DataFrame, source: DomainDataset, n: int) -> None:
    schema, check = source.schema, contract.check
    check(isinstance(rows, pd.DataFrame) and len(rows) == n, "sample gives a frame of n rows")
    check(list(rows.columns) == [*schema.features, schema.label], "its columns are the features and the label")
    check(set(rows[schema.label].astype(str)) <= set(source.labels), "labels are the data set's")
    check(rows[schema.label].nunique() == 2, "both labels occur")
    for name in schema.features:
        model = source.frame[name]
        if isinstance(model.dtype, pd.CategoricalDtype):
            known = set(model.astype(str))
            check(set(rows[name].astype(str)) <= known, f"categories of {name} occur in the source")
        else:
            check(pd.api.types.is_numeric_dtype(rows[name]), f"{name} is a number")


def _check_seeds(contract: Contract, fit: Synthesizer, rows: pd.DataFrame) -> None:
    n = len(rows)
    contract.check(rows.equals(fit.sample(n, random_state=1)), "the same seed draws the same rows")
    first = all(rows.head(k).equals(fit.sample(k, random_state=1)) for k in (n // 2, 1000) if k < n)
    contract.check(first, "the first rows do not depend on how many follow")
    contract.check(not rows.equals(fit.sample(n, random_state=2)), "another seed draws other rows")


def _check_state(contract: Contract, fit: Synthesizer, rows: pd.DataFrame) -> None:
    meta, arrays = fit.state()
    contract.check(is_json(meta), "state()'s dictionary survives JSON")
    numeric = all(isinstance(a, np.ndarray) and a.dtype != object for a in arrays.values())
    contract.check(numeric, "state()'s arrays are numeric")
    again = type(fit).from_state(json.loads(json.dumps(meta)), {k: a.copy() for k, a in arrays.items()})
    same = rows.equals(again.sample(len(rows), random_state=1))
    contract.check(same, "a fit rebuilt from its state draws the same rows")


def _refuses(fit: Synthesizer, **how: object) -> bool:
    try:
        fit.sample(**how)  # type: ignore[arg-type]
    except SettingError:
        return True
    except TypeError:
        return "no_such_setting" in how
    except Exception:
        return False
    return False


def _clones(synthesizer: Synthesizer, params: dict[str, object]) -> bool:
    try:
        return bool(clone(synthesizer).get_params() == params)
    except RuntimeError:
        return False
