"""``fairviz datasets``."""

from __future__ import annotations

import argparse

from fairviz.cli.output import answer, answer_json, say
from fairviz.data.sets import DATASETS
from fairviz.errors import SettingError
from fairviz.text import listing, quoted


def datasets(args: argparse.Namespace) -> None:
    """List the built-in data sets, or download one."""
    if args.download:
        if args.download not in DATASETS:
            raise SettingError(f"No data set {quoted(args.download)}. Choose one of {listing(list(DATASETS))}.")
        files = DATASETS[args.download].files
        say(
            f"{args.download}: made on the spot, nothing to download."
            if files is None
            else f"Saved in {files.download()}."
        )
    rows = [
        {
            "name": name,
            "title": source.title,
            "rows_here": source.available(),
            "label": source.schema.label,
            "favourable": source.schema.favourable,
            "sensitive": source.schema.sensitive,
            "domain": source.schema.domain,
            "licence": source.licence,
            "publisher": source.publisher,
        }
        for name, source in DATASETS.items()
    ]
    if args.json:
        answer_json(rows)
        return
    for row in rows:
        get = (
            f"fairviz datasets --download {row['name']}"
            if DATASETS[str(row["name"])].downloadable
            else "set FAIRVIZ_DATA"
        )
        answer(f"{row['name']:<15} {row['title']} ({'rows here' if row['rows_here'] else f'rows not here: {get}'})")
        answer(f"{'':<15} {row['favourable']!r} of {row['label']!r}, by {row['sensitive']!r}, over {row['domain']!r}")
