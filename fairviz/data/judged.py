"""What can be judged in a table before any metric is: people by domain, group and label, and how many more it takes."""

from __future__ import annotations

import math

import pandas as pd

from fairviz.data.dataset import DomainDataset

#: Standard score of a 95 % interval.
Z = 1.96
#: Half the width of an interval that is worth showing.
WITHIN = 0.1
#: Fewer people than this in a group, and a rate is not estimated at all.
FEWEST = 10


def needed(within: float = WITHIN) -> int:
    """People for a rate to be known within so much, at worst (half of them say yes): 97 for 0.1."""
    return math.ceil(Z**2 * 0.25 / within**2)


def people(dataset: DomainDataset) -> pd.DataFrame:
    """A row per domain and group: ``domain, group, people, favourable, more``; the domain with most people first.

    ``more``: people more it would take to know the group's rate of yes within 0.1.
    """
    frame = pd.DataFrame({"domain": dataset.d, "group": dataset.z, "favourable": dataset.y})
    counts = frame.groupby(["domain", "group"])["favourable"].agg(people="size", favourable="sum")
    every = pd.MultiIndex.from_product(
        [range(len(dataset.domains)), range(len(dataset.groups))], names=["domain", "group"]
    )
    counts = counts.reindex(every, fill_value=0).reset_index()
    size = counts.groupby("domain")["people"].transform("sum")
    counts = counts.assign(size=size).sort_values(["size", "domain", "group"], ascending=[False, True, True])
    return pd.DataFrame(
        {
            "domain": [dataset.domains[d] for d in counts["domain"]],
            "group": [dataset.groups[k] for k in counts["group"]],
            "people": counts["people"].to_numpy(),
            "favourable": counts["favourable"].to_numpy(),
            "more": (needed() - counts["people"].to_numpy()).clip(min=0),
        }
    )


def judged(dataset: DomainDataset) -> pd.DataFrame:
    """A row per domain: ``domain, people, rates, found, more``; the domain with most people first.

    ``rates``: every group has enough people for its rate of yes. ``found``: and enough of them have the favourable
    label for the share that is found. ``more``: people more, over all groups, to know every group's rate within 0.1.
    """
    rows = []
    for domain, part in people(dataset).groupby("domain", sort=False):
        rows.append(
            {
                "domain": domain,
                "people": int(part["people"].sum()),
                "rates": bool((part["people"] >= FEWEST).all()),
                "found": bool((part["favourable"] >= FEWEST).all()),
                "more": int(part["more"].sum()),
            }
        )
    return pd.DataFrame(rows)


def proposed_held_out(dataset: DomainDataset, most: int = 5) -> list[str]:
    """The largest domains in which every group can be judged; if there is none, those with most groups that can."""
    table, counts = judged(dataset), people(dataset)
    enough = (counts["people"] >= FEWEST).groupby(counts["domain"]).sum()
    table = table.assign(groups=table["domain"].map(enough))
    return list(table[table["groups"] == table["groups"].max()]["domain"].head(most))


def small_groups(groups: pd.Series) -> dict[str, int]:
    """Groups of too few people to be judged anywhere, with how many they are; ``groups``: of every person."""
    counts = groups.value_counts()
    return {str(group): int(n) for group, n in counts.items() if 0 < n < FEWEST}
