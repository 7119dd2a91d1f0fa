"""Commands in this process: what they print, and how they refuse."""

import functools
import math
import time

import numpy as np
import pandas as pd

from fairviz.cli import main

ROLES = ["--label", "paid", "--favourable", "yes", "--sensitive", "sex", "--domain", "town"]
#: What refusing may take.
SECONDS = 2.0


def people(n=360, seed=6):
    """Rows of a made-up table; some ages are blank."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    score = np.round(rng.normal(size=n) + 0.4 * (sex == "m"), 2)
    age = rng.integers(18, 80, n).astype(object)
    age[rng.random(n) < 0.05] = ""
    return pd.DataFrame(
        {
            "age": age,
            "score": score,
            "job": rng.choice(["cook", "clerk", "smith, black", "?"], n),
            "paid": np.where(score + 0.5 * rng.normal(size=n) > 0.3, "yes", "no"),
            "sex": sex,
            "town": rng.choice(["North", "South", "West"], n, p=[0.5, 0.3, 0.2]),
        }
    )


def fit(path="bad.csv", *more):
    """A short training on a file, into ``run``."""
    return ["fit", "--csv", path, *ROLES, "--target", "West", "--iterations", "1", "--out", "run", *more]


def fill(argv, **places):
    """Arguments with the places that they name."""
    return [str(a).format(**places) for a in argv]


def tree(*folders):
    """Names of all files below."""
    return sorted(str(p) for folder in folders if folder.exists() for p in folder.rglob("*"))


def stamps(folder):
    """Names of all files below, and when they were written."""
    return sorted((str(p), p.stat().st_mtime_ns if p.is_file() else 0) for p in folder.rglob("*"))


def ok(capsys, *argv):
    """Standard output of a command that works."""
    capsys.readouterr()
    code = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out


def refused(capsys, folder, argv, *words, seconds=math.inf):
    """Exit code 2, one line that says ``words``, no output, and no file that is new or touched."""
    before = stamps(folder)
    capsys.readouterr()
    begun = time.perf_counter()
    code = main([str(a) for a in argv])
    took = time.perf_counter() - begun
    out, err = capsys.readouterr()
    assert code == 2, err
    assert out == ""
    assert err.startswith("fairviz: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1, err
    assert len(err) < 4000
    assert "Traceback" not in err
    for word in words:
        assert word in err
    assert stamps(folder) == before
    assert took < seconds


refused_at_once = functools.partial(refused, seconds=SECONDS)
