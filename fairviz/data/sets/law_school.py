"""Law school: 20,798 US law students."""

from __future__ import annotations

import numpy as np

from fairviz.data.dataset import DomainDataset
from fairviz.data.published import Published, table_of
from fairviz.data.schema import Schema
from fairviz.data.sources import Compare, Source

# grades from within law school (decile1b, decile3, zgpa, zfygpa) come after admission and are left out
SCHEMA = Schema(
    features=("lsat", "ugpa", "fulltime", "fam_inc", "male"),
    label="bar_exam",
    favourable="passed",
    sensitive="race",
    domain="tier",
    categorical=("fulltime", "male"),
)
FILES = Published(
    "law_school", {"law_school_clean.csv": "23c1b173f3480beb7afc4957b107a9917dfc4a8dc9d87ea6034ec35222152452"}
)


def read(*, download: bool = False) -> DomainDataset:
    """Law school (``law_school_clean``): 20,798 students, tier of the school as domain, race as sensitive attribute."""
    frame = table_of(FILES, "law_school_clean.csv", download)
    frame["tier"] = "tier " + frame["tier"].astype(int).astype(str)
    frame["bar_exam"] = np.where(frame["pass_bar"] == 1, "passed", "not passed")
    for name in ("fulltime", "male"):
        frame[name] = frame[name].astype(int)
    return DomainDataset.from_frame("law_school", frame[list(SCHEMA.columns)], SCHEMA)


SOURCE = Source(
    read=read,
    title="Law school (US bar exam)",
    story="20,798 US law students of the 1990s; who passes the bar at the first attempt?",
    licence="none stated, research use",
    publisher="Law School Admission Council (Wightman 1998), as cleaned by Le Quy et al. (2022)",
    schema=SCHEMA,
    fingerprint="b4cb49570ad34b1a1131e30bc8d9f12417f2650cded15c87aa0c610845b2480a",
    files=FILES,
    nouns={"domain": "tier of law school", "White": "White students", "Non-White": "other students"},
    compare=Compare(n_iter=3000),
)
