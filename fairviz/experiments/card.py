"""What goes along with synthetic rows: a data card, and the rows as files that people open elsewhere."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from fairviz.data.own import OwnStore
from fairviz.data.sets import DATASETS
from fairviz.data.sources import OWN
from fairviz.errors import FairvizError
from fairviz.store import key_of
from fairviz.store.specs import FitSpec, versions
from fairviz.synthesizers.hyper import WEIGHT
from fairviz.text import plain

if TYPE_CHECKING:  # a page that shows recorded numbers does without torch
    from fairviz.experiments.quality import Measured
    from fairviz.synthesizers.tabular import TableSynthesizer

FORMAT = 1
WHAT = (
    "Synthetic rows, drawn from a generator that was fitted to records of people. No row is a record of a person, but "
    "synthetic does not mean anonymous: rare combinations of real people can come back."
)
USE = "Use: what another model, label, group or domain would make of these rows was not tested."
NOT_MEASURED = (
    "Privacy: no attack was tried on these rows, so nothing is known of what they give away about the people behind "
    "them.",
    "Fidelity: nobody compared the distributions of these rows with those of the real ones.",
    USE,
)
#: The same where such generators were measured.
STILL_NOT_MEASURED = (
    "Privacy: one attack alone was tried, on rows of such generators, not on these. Others may tell more.",
    "Fidelity of these very rows: a price or a label strength moves them away from the real ones on purpose.",
    USE,
)
#: Kinds of file by name: its ending, and what people call it.
FORMS = {"csv": ("csv", "CSV"), "spreadsheet": ("csv", "CSV for spreadsheets"), "parquet": ("parquet", "Parquet")}
#: What a spreadsheet takes for a formula, also in wide letters and after characters that it passes over.
_FORMULA = re.compile(r"[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
#: Where the card lies in a Parquet file's metadata.
_IN_PARQUET = "fairviz card"


@dataclass(frozen=True)
class DataCard:
    """What rows are, where they are from, how to draw them again, and what nobody measured.

    Attributes
    ----------
    data : dict
        The data set that was learned from: ``name, title, options, fingerprint``.
    roles : dict
        ``label, favourable, unfavourable, sensitive, groups, domain, held_out``; ``held_out`` is ``all`` for none.
    columns : list of dict
        Of the rows, in order: ``name, role, type``.
    fit : dict
        ``key, synthesizer, params``, and a second domain left out of the training (``without``), or "".
    setting : dict
        ``n, seed`` and every setting of the generator.
    again : str
        The command that draws these rows.
    versions : dict
    file : dict
        Of the rows: ``name, form, bytes, sha256``; empty until they are written.
    changed : dict of str to int
        By column: texts that were given an apostrophe, so that no spreadsheet runs them.
    measured : dict
        See :class:`fairviz.experiments.quality.Measured`; empty where generators like this one were not measured.
    """

    data: dict[str, Any]
    roles: dict[str, Any]
    columns: list[dict[str, str]]
    fit: dict[str, Any]
    setting: dict[str, Any]
    again: str
    versions: dict[str, str] = field(default_factory=versions)
    file: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls, spec: FitSpec, fit: TableSynthesizer, frame: pd.DataFrame, setting: Mapping[str, Any], *, title: str,
        again: str, measured: Measured | None = None,
    ) -> DataCard:  # fmt: skip
        """The card of rows.

        Parameters
        ----------
        frame : DataFrame
            The rows, or some of them: columns and types count.
        setting : mapping
            ``n, seed`` and the generator's settings.
        title : str
            What the data set is called.
        again : str
            The command that draws the rows.
        measured : Measured, optional
            What is known of generators like this one.
        """
        schema = fit.schema_
        roles = {schema.label: "label", **dict.fromkeys(schema.features, "feature")}
        # the id of a person's table opens the table: it never leaves the machine
        options = {} if spec.dataset == OWN else spec.options
        return cls(
            {"name": spec.dataset, "title": title, "options": options, "fingerprint": spec.fingerprint},
            {
                "label": schema.label, "favourable": fit.labels_[1], "unfavourable": fit.labels_[0],
                "sensitive": schema.sensitive, "groups": list(fit.groups_), "domain": schema.domain,
                "held_out": spec.target,
            },
            [
                {"name": str(n), "role": roles.get(n, WEIGHT), "type": _type(frame[n])} for n in frame.columns
            ],
            {"key": key_of(spec.to_json()), "synthesizer": spec.synthesizer, "params": spec.params,
             "without": spec.without},
            dict(setting), again.encode("utf-8", "replace").decode(),  # a path may be no text
            measured=asdict(measured) if measured is not None else {},
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return {"format": FORMAT, "what": WHAT, **asdict(self), "not_measured": list(self._not_measured)}

    @property
    def _not_measured(self) -> tuple[str, ...]:
        return STILL_NOT_MEASURED if self.measured else NOT_MEASURED

    def text(self) -> str:
        """The same as a file of JSON."""
        return json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n"

    def markdown(self) -> str:
        """The same for people; text from data cannot become markup."""
        roles, held_out, options = self.roles, self.roles["held_out"], ", ".join(_pairs(self.data["options"]))
        seen = "on every domain" if held_out == "all" else f"without {roles['domain']} {held_out!r}"
        if self.fit["without"]:
            seen += f" and {self.fit['without']!r}"
        told = {
            "Rows": f"{self.setting['n']:,}",
            "Drawn from": f"a fit of {self.fit['synthesizer']} {seen}; its key is {self.fit['key']}",
            "Learned from": f"{self.data['title']}{options and f' ({options})'}; "
            f"fingerprint {self.data['fingerprint']}",
            "Label": f"{roles['label']}; good for the person: {roles['favourable']!r}, else {roles['unfavourable']!r}",
            "Group": f"{roles['sensitive']} ({', '.join(roles['groups'])}); it is not among the columns",
            "Domain": f"{roles['domain']}; it is not among the columns",
            "Setting": ", ".join(_pairs(self.setting)),
            "Hyper-parameters": ", ".join(_pairs(self.fit["params"])),
            "Made with": ", ".join(_pairs(self.versions)),
        }
        if self.file:
            told["File"] = ", ".join(_pairs(self.file))
        lines = ["# Data card", "", WHAT, "", *(f"- **{name}:** {plain(text)}" for name, text in told.items()), ""]
        if self.file.get("form") == "spreadsheet":
            lines += ["## Changed for spreadsheets", "", plain(self._told_changes()), ""]
        lines += ["## Columns", "", "| column | role | type |", "|---|---|---|"]
        lines += [f"| {plain(c['name'])} | {c['role']} | {c['type']} |" for c in self.columns]
        if self.measured:
            lines += ["", "## Measured on generators like this one", "", *self._told_measures()]
        lines += ["", "## Not measured", "", *(f"- {text}" for text in self._not_measured), ""]
        lines += ["## Draw them again", "", *(f"    {line}" for line in self.again.splitlines()), ""]
        return "\n".join(lines)

    def _told_measures(self) -> list[str]:
        known = self.measured
        halves = f"{known['halves']} random halves" if known["halves"] > 1 else "a random half"
        lines = [
            f"With the same hyper-parameters and labels, without a price, on {halves} of the data "
            f"({known['trained_on']:,} people), against the other half, {known['time'][:10]}. Real rows are the first "
            "half's own people: the most that likeness can reach, and the least that privacy can.", "",
            "| | such rows | real rows | range | good is | meaning |", "|---|---|---|---|---|---|",
        ]  # fmt: skip
        return lines + [
            f"| {v['title']} | {v['value']} | {v['real']} | {v['low']:g} to {v['high']:g} | {v['better']} | "
            f"{v['meaning']} |"
            for v in known["values"]
        ]

    def _told_changes(self) -> str:
        if not self.changed:
            return "Nothing: no text begins as a formula does."
        told = "; ".join(f"{n:,} in {name}" for name, n in self.changed.items())
        return f"Texts that a spreadsheet would run as a formula begin with an apostrophe: {told}."

    def sealed(self, name: str, form: str, size: int, sha256: str) -> DataCard:
        """The card of a file."""
        return replace(self, file={"name": name, "form": form, "bytes": size, "sha256": sha256})


def title_of(spec: FitSpec) -> str:
    """What people call the data set of a fit; its name where that is all there is."""
    with suppress(FairvizError):  # a table that was deleted
        if spec.dataset == OWN:
            return OwnStore().get(str(spec.options.get("id"))).title
    built_in = DATASETS.get(spec.dataset)
    if built_in is not None and (spec.options or built_in.fingerprint == spec.fingerprint):
        return built_in.title
    return spec.dataset


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{name} {value}" for name, value in values.items()]


def _type(values: pd.Series) -> str:
    if not pd.api.types.is_numeric_dtype(values):
        return "category"
    return "whole number" if pd.api.types.is_integer_dtype(values) else "number"


def spreadsheet_safe(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Texts and names of columns that a spreadsheet would run as a formula get an apostrophe; how many, by column."""
    out, changed = {}, {}
    for name in frame.columns:
        values, risky = frame[name], 0
        if not pd.api.types.is_numeric_dtype(values):
            text = values.astype(object)
            found = text.map(lambda cell: isinstance(cell, str) and _FORMULA.match(cell) is not None).astype(bool)
            risky, values = int(found.sum()), text.where(~found, "'" + text.astype(str))
        head = _FORMULA.match(str(name)) is not None
        out[f"'{name}" if head else name] = values
        if risky + head:
            changed[str(name)] = risky + head
    return pd.DataFrame(out), changed


def written(frame: pd.DataFrame, card: DataCard, form: str, name: str) -> tuple[bytes, DataCard]:
    """Rows as the bytes of a file, and the card of that file.

    Parameters
    ----------
    form : str
        A key of ``FORMS``. ``csv`` is what ``fairviz sample`` writes, to the last byte.
    name : str
        Of the file.
    """
    if form == "parquet":
        data = _parquet(frame, card)
    elif form == "spreadsheet":
        safe, changed = spreadsheet_safe(frame)
        data, card = safe.to_csv(index=False).encode(), replace(card, changed=changed)
    else:
        data = frame.to_csv(index=False).encode()
    return data, card.sealed(name, form, len(data), hashlib.sha256(data).hexdigest())


def _parquet(frame: pd.DataFrame, card: DataCard) -> bytes:
    """Parquet with the card in its metadata, for files get parted from what lay beside them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    kept = {**(table.schema.metadata or {}), _IN_PARQUET: card.text()}
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(kept), sink, compression="zstd")
    result: bytes = sink.getvalue().to_pybytes()
    return result


def packed(frame: pd.DataFrame, card: DataCard, form: str) -> bytes:
    """A ZIP of the rows with their card, for programs (``card.json``) and for people (``card.md``).

    The same rows and card give the same bytes.
    """
    name = f"rows.{FORMS[form][0]}"
    data, card = written(frame, card, form, name)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for inside, content in ((name, data), ("card.json", card.text()), ("card.md", card.markdown())):
            # a date of its own would make other bytes of the same rows
            archive.writestr(zipfile.ZipInfo(inside, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return held.getvalue()
