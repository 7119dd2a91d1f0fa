"""Your data: a table comes in, gets its roles, and is counted before anything is computed; then Explore opens on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import streamlit as st

from fairviz.data.cautions import about_columns, about_roles
from fairviz.data.dataset import DomainDataset
from fairviz.data.judged import FEWEST, judged, people, proposed_held_out, small_groups
from fairviz.data.opened import Opened, open_frame
from fairviz.data.own import Own, OwnStore
from fairviz.data.proposals import propose
from fairviz.data.roles import Roles
from fairviz.data.sets import DATASETS
from fairviz.data.sources import OWN, fingerprint_of, load_dataset
from fairviz.errors import DataError, FairvizError
from fairviz.experiments.scenario import Scenario
from fairviz.experiments.weighted import MOST_HELD_OUT
from fairviz.store.specs import FIT
from fairviz.telling import words
from fairviz.ui.parts import base, dials, holdings, links, loading, mine
from fairviz.ui.parts.choosing import choose_roles
from fairviz.ui.parts.intake import Handed, show_read, take_in, take_table

NEEDED = (
    "Needed: a column with what was decided or what came of it, one with the group, and one with places, times or "
    "kinds to hold out in turn (or random parts). All other columns are what a classifier may look at."
)


@base.guarded(FIT)
def page() -> None:
    """Your data."""
    base.header("fairviz · Whose decisions, about whom?", "Your data")
    st.caption(
        "The table stays on the machine that serves this page and is sent nowhere else; 'Delete' removes it with "
        "everything made from it." + (" Whoever uses the app on this machine sees it." if mine.shared() else "")
    )
    handed = take_in()
    if handed is not None:
        loading.drawer().get_ready()  # while the person looks at the roles
    if handed is None:
        st.caption(NEEDED)
    elif isinstance(handed, Scenario):
        try:
            _scenario(handed)
        except FairvizError as error:
            st.error(words.plain(str(error)), icon=":material/error:")
    else:
        st.markdown("#### What was read")
        opened, marks = show_read(handed.opened, handed.token[:16])
        st.markdown("#### Who decides what about whom?")
        try:
            _roles(handed, opened, marks)
        except FairvizError as error:
            st.error(words.plain(str(error)), icon=":material/error:")
    holdings.body(lambda own: _open(own))  # looked up when it is pressed


def _roles(handed: Handed, opened: Opened, marks: bool) -> None:
    """Roles, what to mind, what can be judged, and Go; of the table as it is used (see ``show_read``)."""
    key = handed.token[:16] + "m" * marks
    kept = st.session_state.get("_looked")
    if kept is None or kept[0] != key:
        with st.spinner("Looking at the columns …"):
            kept = st.session_state["_looked"] = (key, propose(opened.frame), about_columns(opened.frame))
    _, proposed, cautions = kept
    roles = replace(choose_roles(opened, proposed, cautions, key), marks=marks)
    dataset, notes = _applied(handed, roles)
    few = small_groups(dataset.frame[dataset.schema.sensitive])
    if few:
        told = words.join([f"{group} ({n})" for group, n in few.items()])
        text = f"Leave out people of groups with fewer than {FEWEST} people, of whom nothing can be said: {told}"
        if st.checkbox(words.plain(text), value=True, key=f"few_{key}"):
            roles = replace(roles, least=FEWEST)
            dataset, notes = _applied(handed, roles)
    unused = _unused(dataset, key)
    if unused:
        roles = replace(roles, unused=tuple(unused))
        dataset, notes = _applied(handed, roles)
    found = [c for c in cautions if c.column not in _named(roles)] + about_roles(dataset)
    if found or notes:
        with st.expander(f"What to mind ({len(found) + len(notes)})", expanded=any(c.leave_out for c in found)):
            for text in notes:
                st.markdown(f"- {words.plain(text)}")
            for caution in found:
                out = " It is left out." if caution.column in roles.excluded else " Better left out."
                advice = out if caution.leave_out else ""
                st.markdown(f"- {words.plain(caution.text + advice)}")
    st.markdown("#### What can be judged")
    held_out = _judged(dataset, key)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    title = left.text_input("Call it", handed.title, max_chars=80, key=f"title_{key}")
    if right.button("Go", type="primary", key="go", width="stretch", disabled=not held_out):
        _go(handed, roles, title, held_out, dataset)


def _scenario(scenario: Scenario) -> None:
    """Open a scenario; one of a person's own table asks for the table, if it is not here."""
    told = [f"{len(scenario.rows):,} trials", f"{scenario.rows['target'].nunique()} held-out domains"]
    what = scenario.own.get("title", "a table") if scenario.dataset == OWN else DATASETS[scenario.dataset].title
    st.markdown(f"A scenario of **{words.plain(str(what))}**: {', '.join(told)}.")
    if scenario.dataset != OWN:
        if st.button("Open it", type="primary", key="open_scenario"):
            _visit(scenario.address)
        return
    for own in mine.tables().values():
        with suppress(FairvizError):
            if fingerprint_of(OWN, {"id": own.id}) == scenario.fingerprint:
                if st.button("Open it", type="primary", key="open_scenario"):
                    _visit({**scenario.address, "data": [own.id]})
                return
    handed = None
    if scenario.own.get("base"):
        opened = open_frame(str(what), load_dataset(str(scenario.own["base"])).frame)
        handed = Handed(str(what), str(what), b"", str(scenario.own["base"]), opened)
    else:
        handed = take_table("A scenario holds no rows. The table that it is about", "scenario_table")
    if handed is None:
        return
    roles = Roles.from_json(scenario.own["roles"])
    dataset, _ = roles.apply(OWN, handed.opened.frame, where=str(what))
    if dataset.fingerprint() != scenario.fingerprint:
        raise DataError("These are not the rows of the scenario. Hand in the same file.")
    if st.button("Open it", type="primary", key="open_scenario"):
        held_out = [str(domain) for domain in scenario.own["held_out"]]
        own = _kept(handed, roles, str(what), held_out, dataset)
        _visit({**scenario.address, "data": [own.id]})


def _visit(address: Mapping[str, Sequence[str]]) -> None:
    """Explore, as an address says."""
    for name, texts in address.items():
        links.put(name, texts)
    st.switch_page(next(page for page in base.pages() if page.title == "Explore"))


def _named(roles: Roles) -> set[str]:
    return {roles.label.column, *roles.group.columns, *roles.domain.columns}


def _applied(handed: Handed, roles: Roles) -> tuple[DomainDataset, list[str]]:
    """The data set that the roles make, made once for as long as they stay; with what is left out and without."""
    token = (handed.token, roles)
    kept: dict[tuple[str, Roles], tuple[DomainDataset, list[str]]] = st.session_state.get("_applied", {})
    if token not in kept:
        made = roles.apply(OWN, handed.opened.frame, where=handed.opened.name)
        kept = st.session_state["_applied"] = {**dict(list(kept.items())[-2:]), token: made}
    return kept[token]


def _unused(dataset: DomainDataset, key: str) -> list[str]:
    """Domains that are neither trained on nor tested on."""
    if len(dataset.domains) < 3:  # two are needed
        return []
    return list(st.multiselect(
        "Domains left out altogether", dataset.domains, max_selections=len(dataset.domains) - 2, format_func=str,
        key=f"unused_{key}_{dataset.fingerprint()[:8]}",
        help="Their people are neither trained on nor tested on. All others are trained on, but for the one held out.",
    ))  # fmt: skip


def _judged(dataset: DomainDataset, key: str) -> list[str]:
    """People by domain, group and label; which domains are held out."""
    label, group = dataset.labels[1], dataset.schema.sensitive
    table = judged(dataset)
    few = table.loc[~table["rates"], "domain"].tolist()
    if few:
        st.caption(words.plain(
            f"Too few people of some group to judge: {words.join(few[:6])}{' and others' if len(few) > 6 else ''}. "
            "They are trained on, and better not held out."
        ))  # fmt: skip
    proposed = proposed_held_out(dataset, MOST_HELD_OUT)
    held_out = st.multiselect(
        "Held out in turn, and tested on", list(table["domain"]), default=proposed,
        key=f"held_{key}_{dataset.fingerprint()[:8]}", format_func=str,
        help="For each of them a model is made without it. The fewer, the sooner it is all there.",
    )  # fmt: skip
    with st.expander("People by domain, group and label", expanded=True):
        counts = people(dataset)
        st.dataframe(
            counts, hide_index=True, key="people_read", height=min(38 + 35 * len(counts), 320),
            column_config={
                "domain": dataset.schema.domain, "group": group, "people": "People",
                "favourable": f"of them {label}",
                "more": st.column_config.NumberColumn(
                    "Lacking for ±0.1", help="People more it would take to know this group's rate of yes within ±0.1."
                ),
            },
        )  # fmt: skip
    return list(held_out)


def _go(handed: Handed, roles: Roles, title: str, held_out: list[str], dataset: DomainDataset) -> None:
    """Keep the table and open Explore on it."""
    own = _kept(handed, roles, title, held_out, dataset)
    for kept in ("_read", "_looked", "_applied"):  # a person who comes back begins anew; memory is for all
        st.session_state.pop(kept, None)
    _open(own)


def _kept(handed: Handed, roles: Roles, title: str, held_out: list[str], dataset: DomainDataset) -> Own:
    """Keep a table, and find where its dials end."""
    with st.status("Keeping the table …", expanded=False) as status:
        own = OwnStore().add(
            title, roles, mine.owner(), data=handed.data, base=handed.base, held_out=tuple(held_out),
            fingerprint=dataset.fingerprint(),
        )  # fmt: skip
        return dials.learn_ends(
            own.id, lambda domain: status.update(label=f"Where do the dials end? Without {words.plain(domain)} …")
        )


def _open(own: Own) -> None:
    _visit({"data": [own.id]})
