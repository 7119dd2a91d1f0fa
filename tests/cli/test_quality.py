"""``fairviz quality`` on a CSV file."""

from fairviz.experiments.quality import quality_json
from fairviz.store import ResultStore
from fairviz.store.specs import QUALITY
from tests.cli.commands import ROLES, ok, refused


def test_a_table_of_ones_own(capsys, tmp_path, csv):
    argv = ["quality", "--csv", csv, *ROLES, "--quick", "--jobs", "1", "--out", tmp_path / "store"]
    text = ok(capsys, *argv)
    assert "| Membership attack | low | 1.00 (" in text
    assert "are no proof of privacy" in text
    (entry,) = ResultStore(tmp_path / "store").entries(QUALITY)
    told = quality_json(entry)
    assert list(told) == ["Real rows", "FADM (own table)"]
    # the people's own rows give them all away, a generator of 60 iterations hardly anybody
    assert told["Real rows"]["copies"]["value"] == 1
    assert told["FADM (own table)"]["copies"]["value"] < 0.5
    assert told["FADM (own table)"]["attack"]["high"] < told["Real rows"]["attack"]["low"]


def test_refused(capsys, tmp_path, csv):
    data = ["quality", "--csv", csv, *ROLES]
    refused(capsys, tmp_path, [*data, "--makers", "wat"], "No generator 'wat'", "FADM (own table)")
    refused(capsys, tmp_path, [*data, "--halves", "-1"], "halves")
    refused(capsys, tmp_path, [*data, "--out", str(csv)], "it is a file")
    refused(capsys, tmp_path, ["quality"], "Name a data set")
