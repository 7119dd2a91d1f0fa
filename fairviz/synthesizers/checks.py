"""The contract of a synthesizer as runnable assertions, for people who add their own."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import torch
from sklearn.base import clone

from fairviz.data.dataset import DomainDataset
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.errors import SettingError
from fairviz.synthesizers.base import FitStep, Synthesizer


def _say(ok: bool, promise: str) -> None:
    if not ok:
        raise AssertionError(f"The contract of a synthesizer is broken: {promise}")


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
    if source is None:
        source = DomainDataset.from_frame("simulated", Hiring().sample(600, seed=0), HIRING_SCHEMA)
    done: list[str] = []

    def check(ok: object, promise: str) -> None:
        _say(bool(ok), promise)
        done.append(promise)

    params = synthesizer.get_params()
    check(_is_json(params), "hyper-parameters are plain values, so that they can be a key")
    check(_clones(synthesizer, params), "__init__ stores its arguments and does nothing else")

    fit, before = clone(synthesizer), _cells(source)
    np_state, torch_state = str(np.random.get_state()), torch.random.get_rng_state().tolist()  # noqa: NPY002
    steps = list(fit.fit_steps(source))
    check(steps and all(isinstance(step, FitStep) for step in steps), "fit_steps yields FitStep")
    check(
        [s.step for s in steps] == sorted({s.step for s in steps}) and steps[-1].step == steps[-1].n_steps,
        "steps count up to the announced number",
    )
    check(all(np.isfinite(v) for s in steps for v in s.losses.values()), "losses are finite numbers")
    check(_cells(source) == before, "the source is not changed")
    check(fit.get_params() == params, "fitting leaves the hyper-parameters alone")

    rows = fit.sample(n, random_state=1)
    schema = source.schema
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
    check(rows.equals(fit.sample(n, random_state=1)), "the same seed draws the same rows")
    first = all(rows.head(k).equals(fit.sample(k, random_state=1)) for k in (n // 2, 1000) if k < n)
    check(first, "the first rows do not depend on how many follow")
    check(not rows.equals(fit.sample(n, random_state=2)), "another seed draws other rows")
    same_state = str(np.random.get_state()) == np_state  # noqa: NPY002
    same_state = same_state and torch.random.get_rng_state().tolist() == torch_state
    check(same_state, "no global random generator is touched")
    for bad in (0, -1, 1.5):
        check(_refuses(fit, n=bad), f"n = {bad} is refused with a SettingError")
    check(_refuses(fit, n=10, no_such_setting=1.0), "a setting that does not exist is refused with a SettingError")

    meta, arrays = fit.state()
    check(_is_json(meta), "state()'s dictionary survives JSON")
    check(all(isinstance(a, np.ndarray) and a.dtype != object for a in arrays.values()), "state()'s arrays are numeric")
    again = type(fit).from_state(json.loads(json.dumps(meta)), {k: a.copy() for k, a in arrays.items()})
    check(rows.equals(again.sample(n, random_state=1)), "a fit rebuilt from its state draws the same rows")
    other = clone(synthesizer).fit(source)
    check(rows.equals(other.sample(n, random_state=1)), "fitting again with the same seed gives the same fit")
    return done


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


def _is_json(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


def _clones(synthesizer: Synthesizer, params: dict) -> bool:
    try:
        return bool(clone(synthesizer).get_params() == params)
    except RuntimeError:
        return False


def _cells(source: DomainDataset) -> str:
    """The fingerprint as it is now; ``source.fingerprint()`` remembers its first answer."""
    return DomainDataset(source.name, source.frame, source.schema, source.groups).fingerprint()
