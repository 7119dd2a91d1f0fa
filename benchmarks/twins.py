"""200 tables of 60,000 rows that differ in one cell each: is anybody shown another's numbers?

``python -m benchmarks.twins``. Each is kept under an id of its own and read again through the pieces of the page,
several at a time and in an order by chance, some once more after others came in between. For every one: a fingerprint
that no other has, and counts by domain, group and label that are those of its own bytes, counted with plain Python.
Tables with the same counts (``different_counts`` is less than ``tables``) are told apart by fingerprints alone.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from benchmarks.common import keep
from benchmarks.own import calibration

TABLES, ROWS, AT_ONCE = 200, 60_000, 4
DOMAINS = ("north", "south", "west", "east")


def original(rng: np.random.Generator) -> list[list[str]]:
    """Rows of text: granted, sex, office, hours."""
    sex, office = rng.choice(["f", "m"], ROWS), rng.choice(DOMAINS, ROWS)
    hours = np.round(30 + 8 * (sex == "m") + 5 * rng.normal(size=ROWS)).astype(int)
    granted = np.where(hours + 5 * rng.normal(size=ROWS) > 34, "yes", "no")
    return [list(row) for row in zip(granted.tolist(), sex.tolist(), office.tolist(), map(str, hours), strict=True)]


def twin(rows: list[list[str]], k: int) -> bytes:
    """The table with one cell changed: the answer to a person in two of three, hours in the third."""
    row = list(rows[k * 97])
    if k % 3:
        row[0] = "no" if row[0] == "yes" else "yes"
    else:
        row[3] = str(int(row[3]) + 1)
    text = io.StringIO()
    csv.writer(text).writerows([["granted", "sex", "office", "hours"], *rows[: k * 97], row, *rows[k * 97 + 1 :]])
    return text.getvalue().encode()


def counted(data: bytes) -> Counter:
    """People by office, sex and answer."""
    return Counter((row[2], row[1], row[0]) for row in list(csv.reader(io.StringIO(data.decode())))[1:])


def main() -> None:
    """Print and keep a row."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FAIRVIZ_CACHE"] = folder
        from fairviz.data.own import OwnStore
        from fairviz.data.roles import Division, Label, Roles
        from fairviz.data.sources import OWN
        from fairviz.ui.parts import loading

        roles = Roles(Label("granted", ("yes",)), Division(("sex",)), Division(("office",)))
        store, unit, rows = OwnStore(), calibration(), original(np.random.default_rng(3))
        begun, wanted = time.monotonic(), {}
        for k in range(TABLES):
            data = twin(rows, k)
            own = store.add(f"twin {k}", roles, f"person {k}", data=data, held_out=DOMAINS[:1])
            wanted[own.id] = counted(data)
        kept_s = time.monotonic() - begun

        def look(key: str) -> tuple[str, str, bool]:
            options = json.dumps({"id": key})
            facts = loading.published_facts(OWN, options)
            told = {(c["domain"], c["group"], ("no", "yes")[c["label"]]): c["n"] for c in facts["counts"]}
            return key, loading.source(OWN, {"id": key}).fingerprint, told == wanted[key]

        begun, order = time.monotonic(), [*wanted, *list(wanted)[::5]]
        random.Random(0).shuffle(order)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            seen = list(pool.map(look, order))
        took = time.monotonic() - begun
    prints = {key: {fingerprint for one, fingerprint, _ in seen if one == key} for key in wanted}
    everyone = [tuple(sorted(counts.items())) for counts in wanted.values()]
    keep("twins", [{
        "tables": TABLES, "rows": ROWS, "at_once": AT_ONCE, "looks": len(seen),
        "shown_anothers_counts": sum(not right for _, _, right in seen),
        "with_two_fingerprints": sum(len(found) != 1 for found in prints.values()),
        "fingerprints": len(set.union(*prints.values())), "different_counts": len(set(everyone)),
        "seconds_to_keep": round(kept_s, 1), "seconds_per_look": round(took / len(seen), 2), "unit_s": round(unit, 3),
    }])  # fmt: skip


if __name__ == "__main__":
    main()
