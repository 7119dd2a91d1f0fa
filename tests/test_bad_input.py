"""Bad input at the door: one line that names what matters, exit code 2, at once, and nothing written."""

import csv
import gzip
import io
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest

from fairviz.cli import main
from fairviz.data import DomainDataset, Schema, TableEncoder, read_csv
from fairviz.data.reading import MAX_BYTES, read_table, read_text
from fairviz.errors import DataError, SettingError
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.experiments import runner
from fairviz.files import PREFIX, written_aside

ROLES = ["--label", "paid", "--favourable", "yes", "--sensitive", "sex", "--domain", "town"]
HEADER = ["age", "score", "job", "paid", "sex", "town"]
SCHEMA = Schema(("age", "score", "job"), "paid", "yes", "sex", "town")
SECONDS = 2.0


def rows(n=60):
    """The header and n rows of text."""
    cells = [
        [
            str(20 + i * 7 % 50), f"{i * 37 % 100 / 10}", ("cook", "clerk", "smith")[i % 3],
            "yes" if i * 7 % 10 < 4 else "no", "fm"[i // 2 % 2], ("North", "South", "West")[i // 4 % 3],
        ]
        for i in range(n)
    ]  # fmt: skip
    return [list(HEADER), *cells]


def written(table, separator=","):
    """Rows of text as the bytes of a file."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(table)
    return out.getvalue().encode("utf-8", "surrogatepass")


def with_column(name, value, place=None):
    """The rows with one column made by ``value(i)``; a new one goes to ``place``."""
    table = rows()
    if name in HEADER:
        j = HEADER.index(name)
        for i, row in enumerate(table[1:]):
            row[j] = value(i)
        return table
    table[0].insert(place or 0, name)
    for i, row in enumerate(table[1:]):
        row.insert(place or 0, value(i))
    return table


def with_cell(name, row, value):
    """The rows with one cell changed; rows count from 1."""
    table = rows()
    table[row][HEADER.index(name)] = value
    return table


@pytest.fixture(autouse=True)
def nothing_shipped(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("FAIRVIZ_PRETRAINED", str(tmp_path_factory.mktemp("shipped") / "none"))
    monkeypatch.delenv("FAIRVIZ_DATA", raising=False)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder of the simulated data set."""
    path = tmp_path_factory.mktemp("runs") / "run"
    command = ["fit", "--dataset", "simulated", "--target", "East", "--iterations", "2", "--meta", "none"]
    assert main([*command, "--out", str(path)]) == 0
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder, with a good file in it."""
    (tmp_path / "good.csv").write_bytes(written(rows()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tree(path):
    return sorted((str(p), p.stat().st_mtime_ns if p.is_file() else 0) for p in path.rglob("*"))


def refused(capsys, folder, argv, *words, seconds=SECONDS):
    before = tree(folder)
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
    assert tree(folder) == before
    assert took < seconds


def fit(path="bad.csv", *more):
    return ["fit", "--csv", path, *ROLES, "--target", "West", "--iterations", "1", "--out", "run", *more]


def zipped(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "a,b\n1,2\n")
    return out.getvalue()


GOOD = written(rows())
LINES = GOOD.decode().splitlines(keepends=True)

# --- files that are no CSV --------------------------------------------------------------------------------------------

FILES = {
    "empty": (b"", ["empty"]),
    "newlines": (b"\n\n\n", ["empty"]),
    "blanks": (b"  \n \t \n", ["empty"]),
    "mark only": (b"\xef\xbb\xbf", ["empty"]),
    "mark and newline": (b"\xef\xbb\xbf\r\n", ["empty"]),
    "header only": (GOOD.splitlines(keepends=True)[0], ["no rows"]),
    "header without end": (GOOD.splitlines()[0], ["no rows"]),
    "workbook": (zipped("xl/workbook.xml"), ["Excel workbook", "Save it as"]),
    "zip": (zipped("people.csv"), ["zip archive"]),
    "gzip": (gzip.compress(GOOD), ["gzip"]),
    "bzip2": (b"BZh91AY&SY" + b"\0" * 20, ["bzip2"]),
    "xz": (b"\xfd7zXZ\0" + b"x" * 20, ["xz archive"]),
    "7z": (b"7z\xbc\xaf\x27\x1c" + b"x" * 20, ["7z archive"]),
    "zstandard": (b"\x28\xb5\x2f\xfd" + b"x" * 20, ["zstandard"]),
    "rar": (b"Rar!\x1a\x07" + b"x" * 20, ["RAR"]),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1" + b"\0" * 20, ["Excel"]),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\n", ["PDF"]),
    "png": (b"\x89PNG\r\n\x1a\n\0\0", ["PNG"]),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", ["JPEG"]),
    "gif": (b"GIF89a\x01\0", ["GIF"]),
    "parquet": (b"PAR1" + b"\x15\x04" * 9, ["Parquet"]),
    "sqlite": (b"SQLite format 3\0" + b"\0" * 20, ["SQLite"]),
    "program": (b"\x7fELF\x02\x01\x01" + b"\0" * 20, ["program"]),
    "login page": (b"<!DOCTYPE html>\n<html><body>Log in</body></html>", ["web page"]),
    "page": (b"\n  <HTML><head></head></HTML>", ["web page"]),
    "xml": (b'<?xml version="1.0"?><a/>', ["XML"]),
    "json object": (b'{"age": [1, 2]}', ["JSON"]),
    "json list": (b'[{"age": 1}, {"age": 2}]', ["JSON"]),
    "json lists": (b"[[1, 2], [3, 4]]", ["JSON"]),
    "utf-16": (GOOD.decode().encode("utf-16"), ["UTF-16", "Save it as"]),
    "utf-16 big": (b"\xfe\xff" + GOOD.decode().encode("utf-16-be"), ["UTF-16"]),
    "utf-16 without mark": (GOOD.decode().encode("utf-16-le"), ["UTF-16"]),
    "utf-32": (GOOD.decode().encode("utf-32"), ["UTF-32"]),
    "latin-1": (GOOD.replace(b"cook", "café".encode("latin-1"), 1), ["line 2", "0xe9", "Latin-1", "UTF-8"]),
    "windows quotes": (GOOD + b"30,1.5,\x93cook\x94,yes,f,West\n", ["line 62", "0x93"]),
    "half a character": (GOOD.replace(b"cook", b"caf\xc3", 1), ["line 2", "0xc3"]),
    "lone surrogate": (GOOD.replace(b"cook", b"\xed\xa0\x80", 1), ["line 2", "0xed"]),
    "overlong": (GOOD.replace(b"cook", b"\xc0\xaf", 1), ["line 2"]),
    "nul": (GOOD.replace(b"cook", b"co\0k", 1), ["NUL"]),
    "nul far down": (GOOD * 1 + b"30,1.5,cook,yes,f,West\n" * 400 + b"30,1.5,co\0k,yes,f,West\n", ["line 462", "NUL"]),
    "nul at the end": (GOOD + b"\0" * 8, ["NUL"]),
    "noise": (bytes(np.random.default_rng(0).integers(128, 256, 3000).astype(np.uint8)), ["UTF-8"]),
}  # fmt: skip

# --- rows that do not fit ---------------------------------------------------------------------------------------------

SHAPES = {
    "longer row": ("".join([*LINES[:5], "1,2,3,4,5,6,7\n", *LINES[5:]]), ["line 6 has 7"]),
    "shorter row": ("".join([*LINES[:5], "1,2,3\n", *LINES[5:]]), ["line 6 has 3"]),
    "trailing comma on rows": (LINES[0] + "".join(f"{line.strip()},\n" for line in LINES[1:]), ["has 7", "55 more"]),
    "trailing comma everywhere": ("".join(f"{line.strip()},\n" for line in LINES), ["column 7 of 7 has no name"]),
    "one more field": (LINES[0] + "".join(f"9,{line}" for line in LINES[1:]), ["has 7", "line 2", "line 6"]),
    "six ragged rows": (LINES[0] + "1,2\n" * 6, ["line 2", "line 6", "1 more"]),
    "ragged semicolons": ("".join([*LINES, "1,2\n"]).replace(",", ";"), ["line 62 has 2", "semicolons"]),
    "ragged after a quoted line break": (
        "".join([LINES[0], '30,1.5,"co\nok",yes,f,West\n', *LINES[1:], "1,2\n"]), ["line 64 has 2"],
    ),
    "unclosed quote": ("".join([*LINES[:3], '30,1.5,"cook,yes,f,West\n', *LINES[3:]]), ["line 4", "never closed"]),
    "unclosed quote at the end": ("".join([*LINES, '30,1.5,"cook']), ["line 62", "never closed"]),
    "text behind a quote": ("".join([*LINES[:3], '30,1.5,"co"ok,yes,f,West\n', *LINES[3:]]), ["line 4"]),
    "two separators": ("a;x,b;y\n1;2,3;4\n5;6,7;8\n", ["commas or semicolons"]),
    "no header": ("".join(LINES[1:]), ["'paid', 'sex', 'town' is missing", "line of names"]),
    "comment with the width of the header": ("# a,b,c,d,e,f\n" + "".join(LINES), ["'paid', 'sex', 'town' is missing"]),
    "spaces for separators": (GOOD.decode().replace(",", " "), ["missing"]),
    "colons for separators": (GOOD.decode().replace(",", ":"), ["missing"]),
    "501 columns": (",".join(f"c{i}" for i in range(501)) + "\n", ["501 columns", "500"]),
    "2,000 columns": (
        ",".join(f"c{i}" for i in range(2000)) + "\n" + ",".join("1" * 2000) + "\n", ["2,000 columns", "500"],
    ),
    "long cell": ("".join([*LINES[:3], f"30,1.5,{'x' * 200_000},yes,f,West\n"]), ["line 4", "131,072 characters"]),
    "long quoted cell": ("".join([*LINES[:3], '30,1.5,"' + "x\n" * 100_000]), ["line 4", "131,072", "quote"]),
}  # fmt: skip

# --- names ------------------------------------------------------------------------------------------------------------

NAMES = {
    "twice": (["age", "age", *HEADER[2:]], ["'age' occurs more than once"]),
    "twice after trim": (["age", " age ", *HEADER[2:]], ["'age' occurs more than once"]),
    "twice but for what is invisible": (["age", "a\u200bge", *HEADER[2:]], ["'age' occurs more than once"]),
    "twice but for composition": (["caf\u00e9", "cafe\u0301", *HEADER[2:]], ["'café' occurs more than once"]),
    "twice but for a control": (["age", "ag\x1be", *HEADER[2:]], ["'age' occurs more than once"]),
    "three times": (["x", "x", "x", *HEADER[3:]], ["'x' occurs more than once"]),
    "empty": (["", *HEADER[1:]], ["column 1 of 6 has no name"]),
    "blank": (["age", "  ", *HEADER[2:]], ["column 2 of 6 has no name"]),
    "invisible": (["age", "score", "\u200b", *HEADER[3:]], ["column 3 of 6 has no name"]),
    "5,000 characters": (["x" * 5000, *HEADER[1:]], ["column 1", "5,000 characters"]),
    "201 characters": ([*HEADER[:5], "x" * 201], ["column 6", "201 characters"]),
    "line break": (["age\nin years", *HEADER[1:]], ["column 1", "line break"]),
    "other case of a role": (["age", "score", "job", "Paid", "sex", "town"], ["'paid' is missing", "'Paid'"]),
}
for odd in ("a.b", "a[0]", "'", "constructor", "__proto__", "<img onerror>", "![x](http://x)", "=cmd", "%s", "{0}"):
    NAMES[f"unknown role beside {odd}"] = ([odd, "score", "job", "wage", "sex", "town"], ["'paid' is missing"])

# --- values -----------------------------------------------------------------------------------------------------------

STRAYS = (
    "1,000", "1,234,567", "1.234,5", "1 000", "1'000", "1\u00a0000", "5%", "$5", "€5", "5 €", "(5)", "£1,000", "1,5",
    "high", "unknown", "n.a.", "5 kg", "12:30", "2020-01-01", "1.2.3", "0x1F", "1_000", "٣", "１", "--5", "1e", "e5",
    ".", "NA", "N/A", "NaN", "null", "None", "-", "?", "TRUE", "=1+1", "@5", "1/2", "5+", "<5", "5-9", "12a", "a",
)  # fmt: skip
INFINITE = ("inf", "-inf", "Infinity", "+INF", "1e400", "-1e400", "1e+400", "1.5e308", "9" * 400 + ".5", "1E999")
VALUES = {}
for j, value in enumerate(STRAYS):
    name, row = (("age", 8), ("score", 1), ("age", 60))[j % 3]
    VALUES[f"{name} {value}"] = (with_cell(name, row, value), [f"'{name}', row {row}", repr(value)])
for j, value in enumerate(INFINITE):
    VALUES[f"infinite {value[:8]}"] = (with_cell("score", 5 + j, value), [f"'score', row {5 + j}", value[:6]])
for value in ("NA", "nan", "null", "None", "?", "-", "#N/A"):
    table = with_column("age", lambda i, value=value: value if i % 3 == 1 else str(i))
    VALUES[f"a third {value}"] = (table, ["'age', row 2", repr(value), "only an empty cell"])
for value in ("1,000", "5%", "$5", "1.000.000", "5,5", "€ 7"):
    VALUES[f"all {value}"] = (with_column("age", lambda i, value=value: value), ["'age', row 1", repr(value)])
VALUES["all infinite"] = (with_column("age", lambda i: "inf"), ["'age', row 1", "infinite"])
VALUES["one id with E"] = (with_cell("age", 9, "1E5"), ["'age', row 9", "'1E5'"])
VALUES["two strays"] = (with_cell("age", 9, "x"), ["row 9", "59 of 60 cells"])
VALUES["every row an identifier"] = (with_column("job", lambda i: f"person {i}"), ["'job' differs in every row"])
VALUES["names with a gap"] = (
    with_column("job", lambda i: f"person {i}" if i else ""), ["'job' differs in every row", "'person 1'"],
)  # fmt: skip
VALUES["wide numbers as identifiers"] = (
    with_column("age", lambda i: str(2**53 + 1 + i)), ["'age' differs in every row", str(2**53 + 1)],
)  # fmt: skip
VALUES["beyond int64"] = (with_column("age", lambda i: str(2**63 + i)), ["'age' differs in every row"])
VALUES["padded identifiers"] = (with_column("age", lambda i: f"00{i}"), ["'age' differs in every row"])
PAID = [row[3] for row in rows()[1:]]
for title, (yes, no) in {"label": ("yes", "no"), "0 and 1": ("1", "0"), "other words": ("up", "down"),
                         "1.5 and 2": ("1.5", "2"), "word and nothing": ("x", "")}.items():  # fmt: skip
    table = with_column("copy", lambda i, yes=yes, no=no: yes if PAID[i] == "yes" else no)
    VALUES[f"copy of the label as {title}"] = (table, ["'copy'", "'paid'", "Leave the column out"])

# --- roles ------------------------------------------------------------------------------------------------------------

TABLES = {
    "one class": (with_column("paid", lambda i: "yes"), ["'paid' has 1 distinct", "both classes"]),
    "three classes": (with_column("paid", lambda i: ("yes", "no", "maybe")[i % 3]), ["'paid' has 3", "Merge"]),
    "classes by case": (with_column("paid", lambda i: ("yes", "Yes", "no")[i % 3]), ["'paid' has 3", "'Yes'"]),
    "label differs in every row": (with_column("paid", lambda i: f"person {i}"), ["'paid' has 60", "identifier"]),
    "label is a measurement": (with_column("paid", lambda i: f"{i}.5"), ["'paid' has 60", "threshold"]),
    "label counts": (with_column("paid", lambda i: str(i % 12)), ["'paid' has 12", "threshold"]),
    "label missing": (with_cell("paid", 7, ""), ["label 'paid' is missing in 1 of 60", "row 7"]),
    "label blank": (with_cell("paid", 7, "  "), ["label 'paid' is missing", "row 7"]),
    "label invisible": (with_cell("paid", 7, "\u200b"), ["label 'paid' is missing", "row 7"]),
    "label NA": (with_cell("paid", 7, "NA"), ["'paid' has 3", "'NA'"]),
    "label of many letters": (with_cell("paid", 7, "x" * 3000), ["'paid' has 3"]),
    "other words": (with_column("paid", lambda i: "up" if i % 3 else "down"), ["'yes' does not occur", "'down'"]),
    "favourable in capitals": (with_column("paid", lambda i: "YES" if i % 3 else "no"), ["'yes' does not occur"]),
    "one group": (with_column("sex", lambda i: "f"), ["'sex' has 1 group"]),
    "21 groups": (with_column("sex", lambda i: f"g{i % 21}"), ["'sex' has 21 group", "Merge"]),
    "group in every row": (with_column("sex", lambda i: str(i)), ["'sex' has 60 group"]),
    "group missing": (with_cell("sex", 3, ""), ["'sex' is missing in 1", "row 3"]),
    "groups missing": (with_column("sex", lambda i: ""), ["'sex' is missing in 60"]),
    "one domain": (with_column("town", lambda i: "West"), ["'town' has a single value"]),
    "domain in every row": (with_column("town", lambda i: f"t{i}"), ["'town' has 60 values"]),
    "31 domains": (with_column("town", lambda i: f"t{i % 31}"), ["'town' has 31 values"]),
    "domain missing": (with_cell("town", 60, ""), ["'town' is missing", "row 60"]),
    "a domain called all": (with_column("town", lambda i: ("all", "West")[i % 2]), ["'town'", "'all'", "Rename"]),
    "a domain called all, trimmed": (with_column("town", lambda i: (" all", "West")[i % 2]), ["'all'", "Rename"]),
    "only the roles": ([row[3:] for row in rows()], ["no column is left"]),
    "a role alone": ([row[3:4] for row in rows()], ["no column is left"]),
    "one row": (rows(1), ["'paid' has 1"]),
    "two rows": (rows(2), ["'sex' has 1 group"]),
}

BAD = {
    **{f"file: {k}": v for k, v in FILES.items()},
    **{f"shape: {k}": (v[0].encode(), v[1]) for k, v in SHAPES.items()},
    **{f"name: {k}": (written([v[0], *rows()[1:]]), v[1]) for k, v in NAMES.items()},
    **{f"value: {k}": (written(v[0]), v[1]) for k, v in VALUES.items()},
    **{f"role: {k}": (written(v[0]), v[1]) for k, v in TABLES.items()},
}


@pytest.mark.parametrize(("data", "words"), BAD.values(), ids=BAD.keys())
def test_a_file_is_refused(capsys, folder, data, words):
    (folder / "bad.csv").write_bytes(data)
    refused(capsys, folder, fit(), "bad", *words)


@pytest.mark.parametrize("value", ["x", "1,000", "5%", "inf", "1e400", str(2**53 + 1), "-" + "9" * 30])
def test_rows_to_evaluate_are_refused(capsys, folder, value):
    """Declared numeric by the data set, so a whole number beyond 2**53 is no category here."""
    table = [row[:4] for row in with_cell("age", 4, value)]
    (folder / "bad.csv").write_bytes(written(table))
    argv = ["evaluate", "bad.csv", "--csv", "good.csv", *ROLES, "--target", "West"]
    refused(capsys, folder, argv, "bad.csv", "'age', row ", value[:20])


def test_10_001_categories_are_refused(capsys, folder):
    table = [HEADER, *(row[:2] + [f"job {i // 2}"] + row[3:] for i, row in enumerate(rows(20_002)[1:]))]
    (folder / "bad.csv").write_bytes(written(table))
    refused(capsys, folder, fit(), "'job' has 10,001 categories", "Leave the column out")


# --- what is no file --------------------------------------------------------------------------------------------------

LONG = "x" * 300


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("none.csv", ["none.csv: no such file"]),
        ("good.csv/x.csv", ["no such file"]),
        (".", ["is a folder"]),
        ("sub", ["sub is a folder"]),
        ("pipe", ["pipe is a pipe or device"]),
        ("/dev/zero", ["/dev/zero is a pipe or device"]),
        ("/dev/null", ["pipe or device"]),
        ("loop", ["loop: cannot be read"]),
        ("dangling", ["no such file"]),
        ("huge.csv", [f"{MAX_BYTES + 1:,} bytes", f"{MAX_BYTES:,}"]),
        (LONG, ["file name too long"]),
        ("a/" * 2500, ["file name too long"]),
        ("no\0pe", ["NUL"]),
        ("", ["is empty"]),
        ("  ", ["is empty"]),
        ("~nouser/x.csv", ["no such user"]),
        ("new\nline.csv", ["new\\nline.csv: no such file"]),
        ("esc\x1b[31m.csv", ["esc\\x1b[31m.csv: no such file"]),
        ("\udcff.csv", ["no such file"]),
    ],
    ids=lambda v: repr(v)[:24] if isinstance(v, str) else "",
)
@pytest.mark.parametrize("place", ["csv", "rows"])
def test_a_path_that_is_no_file_of_rows(capsys, folder, path, words, place):
    (folder / "sub").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("none")
    with open(folder / "huge.csv", "wb") as handle:
        handle.truncate(MAX_BYTES + 1)
    evaluate = ["evaluate", path, "--csv", "good.csv", *ROLES, "--target", "West"]
    refused(capsys, folder, fit(path) if place == "csv" else evaluate, *words)


OUT = [
    (".", ["."]), ("sub", ["sub"]), ("pipe", ["pipe"]), ("good.csv/x", ["cannot be written"]), (LONG, ["too long"]),
    ("a/" + LONG, ["too long"]), ("no\0pe", ["NUL"]), ("", ["is empty"]), ("   ", ["is empty"]),
    ("~nouser", ["no such user"]),
    ("~nouser/x", ["no such user"]), ("/dev/null", ["/dev/null"]), ("/proc/x", ["/proc"]), ("/proc/self/x", ["/proc"]),
    ("/dev/full", ["/dev/full"]), ("good.csv/\x1b", ["cannot be written"]), ("a/" * 2500, ["too long"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "words"), OUT, ids=lambda v: repr(v)[:24] if isinstance(v, str) else "")
@pytest.mark.parametrize("command", ["fit", "sample", "sweep"])
def test_a_path_that_cannot_be_written(capsys, folder, run, path, words, command, monkeypatch):
    """Refused before the work, not after it."""
    monkeypatch.setattr("fairviz.synthesizers.FADM.fit_steps", lambda *_: pytest.fail("trained"))
    monkeypatch.setattr("fairviz.synthesizers.FADM.sample_chunks", lambda *_, **__: pytest.fail("sampled"))
    (folder / "sub").mkdir()
    os.mkfifo(folder / "pipe")
    argv = {
        "fit": ["fit", "--csv", "good.csv", *ROLES, "--target", "West", "--out", path],
        "sample": ["sample", run, "-n", "10", "--out", path],
        "sweep": ["sweep", run, "--lambdas", "0", "--seeds", "1", "-n", "100", "--out", path],
    }[command]
    refused(capsys, folder, argv, *words)


@pytest.mark.parametrize("path", ["good.csv", "good.csv/x", "pipe", LONG, "no\0pe", "", "/proc/x", "~nouser"])
@pytest.mark.parametrize("command", ["pretrain", "frontier", "table1"])
def test_a_store_that_cannot_be_written(capsys, folder, path, command, monkeypatch):
    monkeypatch.setattr("fairviz.synthesizers.FADM.fit_steps", lambda *_: pytest.fail("trained"))
    os.mkfifo(folder / "pipe")
    refused(capsys, folder, [command, "--dataset", "simulated", "--quick", "--jobs", "1", "--out", path])


# --- choices ----------------------------------------------------------------------------------------------------------

SAMPLE = ["sample", "{run}", "-n", "50", "--out", "a.csv"]
SWEEP = ["sweep", "{run}", "--lambdas", "0", "--seeds", "1", "--classifiers", "mlp", "-n", "100", "--out", "a.csv"]
EVALUATE = ["evaluate", "good.csv", "--csv", "good.csv", *ROLES, "--target", "West"]
TRIAL = [
    "trial",
    "--dataset",
    "simulated",
    "--target",
    "East",
    "--method",
    "fadm",
    "--setting",
    '{{"control": "dp", "lambda_z": 0.1}}',
]
FRONTIER = ["frontier", "--dataset", "simulated", "--quick"]
TABLE1 = ["table1", "--dataset", "simulated", "--quick"]
PRETRAIN = ["pretrain", "--dataset", "simulated", "--quick", "--out", "store"]
RUNNERS = (SWEEP, FRONTIER, TABLE1, PRETRAIN)
NUMBERS = ("nan", "inf", "-1", "1e99", "x", "1.5", "", "9" * 400)
CHOICES = [
    *((fit("good.csv", "--seed", v), []) for v in (*NUMBERS, str(2**64))),
    *((fit("good.csv", "--iterations", v), []) for v in ("0", "1e9", *NUMBERS)),
    *(([*SAMPLE, "-n", v], []) for v in ("0", "5e9", *NUMBERS)),
    *(([*SAMPLE, "--seed", v], []) for v in (*NUMBERS, str(2**64))),
    *(([*SAMPLE, "--steps", v], []) for v in ("0", "1e9", *NUMBERS)),
    *(([*SAMPLE, "--lambda-z", v], []) for v in ("nan", "inf", "-1", "x", "")),
    *(([*SAMPLE, "--lambda-y", v], []) for v in ("nan", "inf", "-1", "x", "")),
    *(([*SWEEP, "-n", v], []) for v in ("0", *NUMBERS)),
    *(([*SWEEP, "--seeds", v], []) for v in ("0", *NUMBERS)),
    *(([*SWEEP, "--jobs", v], []) for v in ("0", "65", *NUMBERS)),
    *(([*SWEEP, "--lambdas", v], []) for v in ("a,b", "0,,1", ",", "0;1", "nan", "0,inf", "", " ", "0 1", "null")),
    *(([*SWEEP, "--classifiers", v], []) for v in ("mlp,,mlp", "mlp, ", ",", "mlp,mlp", "MLP", "", "x,mlp", "\0")),
    *(([*EVALUATE, "--seed", v], []) for v in (*NUMBERS, str(2**32))),
    *(([*TRIAL, "--seed", v], []) for v in (*NUMBERS, str(2**32))),
    *(([*TRIAL, "--steps", v], []) for v in ("0", *NUMBERS)),
    *(([*TRIAL, "-n", v], []) for v in ("0", "99", *NUMBERS)),
    *(([*TRIAL, "--setting", v], ["--setting"]) for v in ("", "{{", "[]", "1", "x", "[" * 100_000, "\0")),
    *(([*TRIAL, "--setting", v], ["lambda_z"])
      for v in ('{{"lambda_z": NaN}}', '{{"lambda_z": "x"}}', '{{"lambda_z": -1}}', '{{"lambda_z": true}}',
                '{{"lambda_z": null}}', '{{"lambda_z": [1]}}', '{{"lambda_z": 1e999}}', '{{"lambda": 1}}')),
    *(([*TRIAL, "--setting", v], ["control"])
      for v in ('{{"control": "wat"}}', '{{"control": 1}}', '{{"control": ["dp"]}}', '{{"control": null}}')),
    *(([c, *rest, "--backend", "dask"], ["--backend dask needs --scheduler", "tcp://"]) for c, *rest in RUNNERS),
    *(([c, *rest, "--backend", "dask", "--scheduler", v], ["--scheduler"])
      for c, *rest in RUNNERS for v in ("", " ", "\0")),
    *(([c, *rest, "--scheduler", "tcp://127.0.0.1:8786"], ["--scheduler goes with --backend dask"])
      for c, *rest in RUNNERS),
    *(([c, *rest, "--backend", v, "--scheduler", "tcp://127.0.0.1:8786"], ["--backend"])
      for c, *rest in RUNNERS for v in ("", "Dask", "cloud", "loky", "x" * 5000)),
    *(([c, *rest, "--seeds", v], []) for c, *rest in (FRONTIER, TABLE1, PRETRAIN) for v in ("0", "-1", "101", "x", "")),
    *(([c, *rest, "--jobs", v], []) for c, *rest in (FRONTIER, TABLE1, PRETRAIN) for v in ("0", "-1", "65", "x", "")),
    *(([*FRONTIER, "--methods", v], []) for v in ("vae,,gan", "vae, ", ",", "", "VAE", "vae,vae", "wat", "\0")),
    *(([*FRONTIER, "--classifiers", v], []) for v in ("mlp,,mlp", " ", "wat", "mlp,mlp", "gradient boosting")),
    *(([c, *rest, "--dataset", v], []) for c, *rest in (FRONTIER, TABLE1, PRETRAIN, TRIAL) for v in ("wat", "", "\0")),
    *((fit("good.csv", "--features", v), ["--features"]) for v in ("", " ", ",", "age,,job", "age,age", "age, ")),
    (fit("good.csv", "--features", "age,paid"), ["'paid' has more than one role"]),
    (fit("good.csv", "--features", "age,town"), ["'town' has more than one role"]),
    (fit("good.csv", "--features", "age,shoe"), ["'shoe' is missing"]),
    (fit("good.csv", "--features", "Age"), ["'Age' is missing"]),
    (fit("good.csv", "--features", "x" * 5000), ["is missing"]),
    *((fit("good.csv", f"--{role}", v), [w]) for role in ("label", "sensitive", "domain")
      for v, w in (("shoe", "'shoe' is missing"), ("", "is empty"), ("no\0pe", "NUL"), ("x" * 5000, "missing"))),
    (fit("good.csv", "--label", "sex"), ["'sex' has more than one role"]),
    (fit("good.csv", "--sensitive", "town"), ["'town' has more than one role"]),
    (fit("good.csv", "--domain", "paid"), ["'paid' has more than one role"]),
    (fit("good.csv", "--favourable", ""), ["--favourable is empty"]),
    (fit("good.csv", "--favourable", "YES"), ["'YES' does not occur"]),
    (fit("good.csv", "--target", ""), ["--target is empty"]),
    (fit("good.csv", "--target", "west"), ["no domain 'west'"]),
    (fit("good.csv", "--target", "x" * 5000), ["no domain"]),
    (fit("good.csv", "--meta", ""), ["--meta"]),
    (fit("good.csv", "--dataset", "simulated"), ["--dataset does not go with --csv"]),
    (fit("good.csv", "--bias", "1"), ["--bias does not go with --csv"]),
    (["fit", "--dataset", "simulated", "--label", "x", "--target", "East", "--out", "run"], ["--label goes with"]),
    (["fit", "--dataset", "simulated", "--features", "x", "--target", "East", "--out", "run"], ["--features goes"]),
    (["fit", "--csv", "", "--target", "East", "--out", "run"], ["--csv is empty"]),
    (["fit", "--dataset", "", "--target", "East", "--out", "run"], ["--dataset is empty"]),
    (["fit", "--dataset", "x" * 5000, "--target", "East", "--out", "run"], ["No data set"]),
    (["fit", "--dataset", "../../etc", "--target", "East", "--out", "run"], ["No data set"]),
    *((["fit", "--dataset", "simulated", f"--{k}", v, "--target", "East", "--out", "run"], [k])
      for k in ("bias", "proxy", "shift") for v in ("nan", "inf", "-1", "9", "x", "")),
    *(([*SAMPLE, "--control", v], []) for v in ("", "DP", "wat", "\0")),
    *(([*SAMPLE, "--solver", v], []) for v in ("", "heun", "x" * 5000)),
    (["sample", "", "--out", "a.csv"], ["RUN is empty"]),
    (["sample", "no\0pe", "--out", "a.csv"], ["NUL"]),
    (["sample", LONG, "--out", "a.csv"], ["too long"]),
    (["sample", "good.csv", "--out", "a.csv"], ["good.csv"]),
    (["sample", "--dataset", "", "--target", "East", "--out", "a.csv"], ["--dataset is empty"]),
    (["sample", "--dataset", "simulated", "--target", "", "--out", "a.csv"], ["--target is empty"]),
    (["sweep", "--dataset", "simulated", "--target", ""], ["--target is empty"]),
    (["sweep", ""], ["RUN is empty"]),
    *(([*EVALUATE, "--classifier", v], []) for v in ("", "MLP", "wat", "x" * 5000)),
    *(([*EVALUATE, "--target", v], []) for v in ("", "all", "west", "\0")),
    *(([*TRIAL, "--target", v], []) for v in ("", "all", "east", "wat")),
    *(([*TRIAL, "--method", v], []) for v in ("", "FADM", "wat", "x" * 5000)),
    *(([*TRIAL, "--classifier", v], []) for v in ("", "MLP", "wat")),
    *(([*TRIAL, "--without", v], []) for v in (" ", "East", "wat", "all")),
    (["datasets", "--download", ""], ["--download is empty"]),
    (["datasets", "--download", "x" * 5000], ["No data set"]),
    (["wat"], ["wat"]), ([""], []), (["fit"], ["--target"]), (["fit", "--wat"], []), ([*SAMPLE, "extra"], ["extra"]),
    ([*SAMPLE, "--wat\nwat"], ["wat"]),
    *(([*SAMPLE, f"--{o}=--"], [f"--{o} is '--'"]) for o in ("seed", "out", "control", "lambda-z", "steps")),
]  # fmt: skip


@pytest.mark.parametrize(("argv", "words"), CHOICES, ids=lambda v: ascii(" ".join(v[-2:]))[1:40] if v else "")
def test_a_choice_is_refused(capsys, folder, run, argv, words, monkeypatch):
    monkeypatch.setattr("fairviz.synthesizers.FADM.fit_steps", lambda *_: pytest.fail("trained"))
    argv = [a if "\0" in a or a.startswith("[[") else a.format(run=run) for a in argv]
    refused(capsys, folder, argv, *words)


# --- clusters that are none -------------------------------------------------------------------------------------------


@pytest.fixture
def hurried(monkeypatch):
    """Nobody waits long for a cluster, and nothing is trained here in its place."""
    monkeypatch.setattr(runner, "GREETING_S", 1.0)
    monkeypatch.setattr(runner, "WORKERS_S", 1.0)
    monkeypatch.setattr("fairviz.synthesizers.FADM.fit_steps", lambda *_: pytest.fail("trained"))
    monkeypatch.setattr("fairviz.synthesizers.FADM.sample_chunks", lambda *_, **__: pytest.fail("sampled"))


def on_cluster(argv, run, address):
    return [*(a.format(run=run) for a in argv), "--backend", "dask", "--scheduler", address]


@pytest.mark.parametrize(
    "address",
    ["nonsense", "8786", "a b", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:notaport", "x:y:z", "wat://127.0.0.1:1",
     "inproc://x", "tls://127.0.0.1:1", "tcp://x\ny", "\x1b[31m", "é", "x" * 5000],
    ids=lambda v: ascii(v)[:24],
)  # fmt: skip
def test_what_is_no_address_of_a_scheduler(capsys, folder, run, hurried, address):
    refused(capsys, folder, on_cluster(SWEEP, run, address), "--scheduler is", "tcp://10.0.0.1:8786", seconds=20)


@pytest.fixture
def listener():
    """A port where somebody listens who is no scheduler: silent, or answering as a web server does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve(answer):
            with suppress(OSError):
                while True:
                    kept.append(server.accept()[0])
                    if answer:
                        kept[-1].sendall(answer)

        def begin(answer):
            threading.Thread(target=serve, args=(answer,), daemon=True).start()
            return f"tcp://127.0.0.1:{server.getsockname()[1]}"

        yield begin
        server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


@pytest.mark.parametrize("argv", RUNNERS, ids=lambda argv: argv[0])
def test_a_scheduler_where_nobody_answers(capsys, folder, run, hurried, argv):
    with socket.socket() as probe:  # taken, but nobody listens
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
        words = f"No Dask scheduler answers at {address}", "Start one, or check the address"
        refused(capsys, folder, on_cluster(argv, run, address), *words, seconds=20)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"], ids=["", "web"])
def test_a_port_where_somebody_else_listens(capsys, folder, run, hurried, listener, answer):
    address = listener(answer)
    refused(capsys, folder, on_cluster(SWEEP, run, address), f"No Dask scheduler answers at {address}", seconds=20)


def test_a_cluster_without_workers(capsys, folder, run, hurried, tmp_path_factory):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=0, processes=False, protocol="tcp://", dashboard_address=None,
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address
        words = f"The cluster at {address} has no workers", f"dask worker {address}"
        refused(capsys, folder, on_cluster(SWEEP, run, address), *words, seconds=20)


def test_at_least_300_bad_inputs():
    assert len(BAD) + len(CHOICES) + 3 * len(OUT) > 300


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_two_rows_are_too_few_to_train_on(capsys, folder, classifier):
    table = [row[:4] for row in rows()[:3]]
    table[1][3], table[2][3] = "yes", "no"
    (folder / "bad.csv").write_bytes(written(table))
    argv = ["evaluate", "bad.csv", "--csv", "good.csv", *ROLES, "--target", "West", "--classifier", classifier]
    refused(capsys, folder, argv, f"{classifier} needs", "found 2 row(s)")


# --- what is read -----------------------------------------------------------------------------------------------------

WANTED = pd.DataFrame(
    {
        "age": np.array([int(row[0]) for row in rows()[1:]]),
        "score": np.array([float(row[1]) for row in rows()[1:]]),
        **{name: pd.Series([row[j] for row in rows()[1:]], dtype=object) for j, name in enumerate(HEADER) if j > 1},
    }
)
TEXT = GOOD.decode()
ACCEPTED = {
    "as it is": (TEXT, []),
    "byte order mark": ("\ufeff" + TEXT, []),
    "crlf": (TEXT.replace("\n", "\r\n"), []),
    "cr": (TEXT.replace("\n", "\r"), []),
    "no last newline": (TEXT.rstrip(), []),
    "blank lines": (TEXT.replace("\n", "\n\n") + "\n \n", []),
    "blank lines on top": ("\n\n" + TEXT, []),
    "spaces": (TEXT.replace(",", " , "), []),
    "quotes": ("".join('"' + line.strip().replace(",", '","') + '"\n' for line in LINES), []),
    "semicolons": (TEXT.replace(",", ";"), ["semicolons"]),
    "tabs": (TEXT.replace(",", "\t"), ["tabs"]),
    "bars": (TEXT.replace(",", "|"), ["bars"]),
    "decimal comma": (TEXT.replace(",", ";").replace(".", ","), ["semicolons", "'score'"]),
    "comments": ("# made in 1994\n# by hand, twice\n" + TEXT, ["2 comment line(s)"]),
    "hint of a spreadsheet": ("sep=;\n" + TEXT.replace(",", ";"), ["semicolons"]),
    "control characters": (TEXT.replace("cook", "co\x1b\x07ok", 2), ["4 control"]),
    "zero width": (TEXT.replace("cook", "co\u200bo\u2060k", 3), ["6 invisible"]),
    "directions": (TEXT.replace("North", "\u202eNorth\u202c"), ["invisible"]),
    "exponents": (TEXT.replace("3.7,", "3.7e+00,"), []),
    "signs": (TEXT.replace("\n27,", "\n+27,"), []),
}


@pytest.mark.parametrize(("text", "words"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_the_same_rows_are_read(tmp_path, text, words):
    path = tmp_path / "people.csv"
    path.write_bytes(text.encode())
    frame = read_table(path)
    pd.testing.assert_frame_equal(frame, WANTED)
    notes = frame.attrs["notes"]
    assert len(notes) == len(words)
    for note, word in zip(notes, words, strict=True):
        assert note.startswith(str(path))
        assert word in note
    again = DomainDataset.from_frame("people", WANTED, SCHEMA)
    assert read_csv(path, SCHEMA).fingerprint() == again.fingerprint()


def column(tmp_path, *cells):
    (tmp_path / "one.csv").write_bytes(written([["x", "y"], *([cell, "0"] for cell in cells)]))
    return read_table(tmp_path / "one.csv")["x"].tolist()


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["1", "2", ""], [1.0, 2.0, np.nan]),
        (["00123", "4567"], ["00123", "4567"]),
        (["1E5", "2E7", "123"], ["1E5", "2E7", "123"]),
        (["1e5", "3F2", "123"], ["1e5", "3F2", "123"]),
        (["1e-05", "2.5E+3", ".5", "7."], [1e-5, 2500.0, 0.5, 7.0]),
        (["NA", "None", "null", "nan", "x"], ["NA", "None", "null", "nan", "x"]),
        (["Male", " Male", "male"], ["Male", "Male", "male"]),
        (["caf\u00e9", "cafe\u0301"], ["caf\u00e9", "caf\u00e9"]),
        ([str(2**53), str(-(2**53))], [2**53, -(2**53)]),
        ([str(2**53 + 1), "7", ""], [str(2**53 + 1), "7", None]),
        ([str(2**63), "1.5"], [str(2**63), "1.5"]),
        (["9" * 5000, "1"], ["9" * 5000, "1"]),
        (["12.05.2020", "13.05.2020"], ["12.05.2020", "13.05.2020"]),
        (["18-24", "25-34"], ["18-24", "25-34"]),
        (["=1+1", "@x"], ["=1+1", "@x"]),
        (["1", "x", "3"], ["1", "x", "3"]),
    ],
    ids=lambda v: ascii(v[0])[:20],
)
def test_cells_keep_what_they_say(tmp_path, cells, wanted):
    found = column(tmp_path, *cells)
    pd.testing.assert_series_equal(pd.Series(found, dtype=object), pd.Series(wanted, dtype=object))


@pytest.mark.parametrize(
    "name", ["a.b", "a[0]", "'", "constructor", "__proto__", "<img onerror>", "=cmd", "#id", "x" * 200]
)
def test_odd_names_are_text(tmp_path, name):
    (tmp_path / "odd.csv").write_bytes(written([[name, *HEADER[1:]], *rows()[1:]]))
    frame = read_table(tmp_path / "odd.csv")
    assert frame.columns.tolist() == [name, *HEADER[1:]]
    assert frame[name].tolist() == WANTED["age"].tolist()


def test_a_feature_in_quotes_may_hold_a_comma(capsys, folder):
    (folder / "bad.csv").write_bytes(written([["age, years", *HEADER[1:]], *rows()[1:]]))
    argv = fit("bad.csv", "--meta", "none", "--features", '"age, years",job')
    assert main(argv) == 0, capsys.readouterr().err


def test_a_column_left_out_may_hold_anything(capsys, folder):
    table = with_column("id", lambda i: f"person {i}")
    table = [[*row, "what" if k == 0 else "1,000" if k == 5 else str(k)] for k, row in enumerate(table)]
    (folder / "bad.csv").write_bytes(written(table))
    assert main(fit("bad.csv", "--meta", "none", "--features", "age,score,job")) == 0, capsys.readouterr().err


def test_what_was_changed_in_reading_is_said(capsys, folder):
    (folder / "bad.csv").write_bytes(GOOD.replace(b",", b";").replace(b"cook", b"co\x1bok", 1))
    assert main(fit("bad.csv", "--meta", "none")) == 0
    err = capsys.readouterr().err
    assert "Note: bad.csv: the columns are separated by semicolons." in err
    assert "Note: bad.csv: 1 control character(s) were removed." in err


# --- nothing is lost --------------------------------------------------------------------------------------------------


def wide(value):
    """Rows with two wide numbers, an empty cell, and one more value."""
    return with_column("age", lambda i: "" if i == 9 else value if i == 0 else str(2**53 + 2 * (i % 2)))


def test_data_sets_that_differ_in_a_wide_number_differ(tmp_path):
    prints = set()
    for value in (2**53, 2**53 + 1, 2**53 + 2, 2**63, 2**63 + 1, 10**30, 10**30 + 1):
        (tmp_path / "wide.csv").write_bytes(written(wide(str(value))))
        data = read_csv(tmp_path / "wide.csv", SCHEMA)
        assert data.frame["age"].iloc[0] == str(value)
        assert data.frame["age"].iloc[9] == "(missing)"
        prints.add(data.fingerprint())
    assert len(prints) == 7


def test_text_and_numbers_that_look_alike_differ():
    numbers = WANTED.assign(age=WANTED["age"] % 5)
    text = numbers.assign(age=numbers["age"].astype(str))
    prints = [DomainDataset.from_frame("people", frame, SCHEMA).fingerprint() for frame in (numbers, text)]
    assert prints[0] != prints[1]


@pytest.mark.parametrize("values", [np.int64(2**53 + 1), np.uint64(2**64 - 1)])
def test_a_frame_of_wide_whole_numbers_is_refused(values):
    frame = WANTED.assign(age=np.full(60, values))
    with pytest.raises(DataError, match=r"'age' holds a whole number beyond 2\*\*53 \(row 1: \d+\)"):
        DomainDataset.from_frame("people", frame, SCHEMA)


@pytest.mark.parametrize("top", [2.0**53 + 2, 2.0**63, 1e19, 1e99])
def test_wide_floats_come_back_from_the_encoder(top):
    values = np.array([1.0, 2.0, top, -top] * 20)
    for column in (values, np.where(np.arange(80) == 5, np.nan, values)):
        frame = pd.DataFrame({"x": column})
        encoder = TableEncoder().fit(frame)
        found = encoder.inverse_transform(encoder.transform(frame))["x"].to_numpy(float)
        np.testing.assert_array_equal(found, column)


def test_a_frame_is_cleaned_as_a_file_is():
    frame = WANTED.assign(job=WANTED["job"].replace({"cook": " co\u200bok", "clerk": "clerk\x1b"}))
    frame["sex"] = pd.Categorical(frame["sex"].replace({"f": "f\u200b"}))
    assert (
        DomainDataset.from_frame("people", frame, SCHEMA).fingerprint()
        == DomainDataset.from_frame("people", WANTED, SCHEMA).fingerprint()
    )


def test_no_domain_may_be_called_all():
    frame = WANTED.assign(town=WANTED["town"].replace({"West": "all"}))
    with pytest.raises(DataError, match=r"'town' has a value 'all'.*Rename"):
        DomainDataset.from_frame("people", frame, SCHEMA)


# --- files written aside ----------------------------------------------------------------------------------------------


def test_two_samples_to_one_file_at_once(capsys, folder, run, monkeypatch):
    """The second begins and ends while the first is at work; what is there at the end is one of them, whole."""

    def draw(seed, out):
        return main(["sample", str(run), "-n", "1500", "--seed", str(seed), "--out", str(out)])

    assert draw(0, folder / "first.csv") == 0
    write, codes = pd.DataFrame.to_csv, []

    def slow(self, handle, **how):
        if not codes:
            codes.append(None)
            codes.append(draw(1, folder / "both.csv"))
        return write(self, handle, **how)

    monkeypatch.setattr(pd.DataFrame, "to_csv", slow)
    assert draw(0, folder / "both.csv") == 0
    assert codes[1] == 0
    assert (folder / "both.csv").read_bytes() == (folder / "first.csv").read_bytes()
    assert sorted(p.name for p in folder.iterdir()) == ["both.csv", "first.csv", "good.csv"]


def test_a_killed_writer_leaves_nothing_for_long(capsys, folder, run):
    old, young = (folder / f"{PREFIX}{n}-{n:016x}" for n in (1, 2))
    other, notes = folder / ".mine", folder / f"{PREFIX}notes.txt"
    for path in (old, young, other, notes):
        path.write_text("half")
        os.utime(path, (time.time() - 4000,) * 2)
    os.utime(young)
    assert main(["sample", str(run), "-n", "10", "--out", "a.csv"]) == 0
    assert not old.exists()
    assert young.exists()
    assert other.exists()
    assert notes.exists()


def test_kill_while_writing(folder):
    """The old file stays, and only a file with the prefix is left."""
    (folder / "a.csv").write_text("old")
    script = (
        "import os, signal, pathlib\nfrom fairviz.files import written_aside\n"
        "with written_aside(pathlib.Path('a.csv')) as handle:\n"
        "    handle.write(b'new'); handle.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], timeout=120, cwd=folder, check=False, env={
        **os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert done.returncode == -9
    assert (folder / "a.csv").read_text() == "old"
    assert len(list(folder.glob(f"{PREFIX}*"))) == 1


def test_a_written_file_has_the_permissions_of_any_other(folder):
    with written_aside(folder / "a.txt", encoding="utf-8") as handle:
        handle.write("é")
    (folder / "b.txt").write_text("x")
    assert (folder / "a.txt").stat().st_mode == (folder / "b.txt").stat().st_mode


@pytest.mark.parametrize("target", ["", "mars"])
def test_a_spec_asks_for_a_target(target):
    from fairviz.library import FitSpec

    with pytest.raises(SettingError, match="no domain"):
        FitSpec.of(DomainDataset.from_frame("people", WANTED, SCHEMA), target)


# --- memory and time, in a process of its own -------------------------------------------------------------------------

BIG = """
import os, resource, sys, time
from fairviz.cli import main
argv = {argv!r}
main([*argv, "--csv", "good.csv", "--target", "Mars"])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
base = peak()
for name in sys.argv[1:]:
    begun = time.perf_counter()
    code = main([*argv, "--csv", name])
    print(name, code, round(time.perf_counter() - begun, 2), round(peak() - base))
"""


def test_large_files_cost_little(folder):
    names = [f"c{i}" for i in range(214_285)]
    big = 50_000_000
    with open(folder / "columns.csv", "w") as handle:
        handle.write(",".join(names) + "\n" + ",".join("1" * len(names)) + "\n")
    (folder / "cell.csv").write_bytes(GOOD + b"30,1.5," + b"x" * big + b",yes,f,West\n")
    (folder / "quoted.csv").write_bytes(GOOD + b'30,1.5,"' + b"x\n" * (big // 2))
    (folder / "line.csv").write_bytes(b"x" * big)
    (folder / "commas.csv").write_bytes(b"," * big)
    (folder / "quotes.csv").write_bytes(b'"' * big)
    (folder / "nul.csv").write_bytes(GOOD + b"\0" * big)
    (folder / "ragged.csv").write_bytes(GOOD + b"1,2\n" * 1_000_000)
    with open(folder / "huge.csv", "wb") as handle:
        handle.truncate(40_000_000_000)
    os.mkfifo(folder / "pipe.csv")
    files = ["columns.csv", "cell.csv", "quoted.csv", "line.csv", "commas.csv", "quotes.csv", "nul.csv", "ragged.csv",
             "huge.csv", "pipe.csv", "/dev/zero"]  # fmt: skip
    argv = ["fit", *ROLES, "--target", "West", "--out", "run"]
    done = subprocess.run(
        [sys.executable, "-c", BIG.format(argv=argv), *files],
        capture_output=True, text=True, timeout=120, cwd=folder, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in found] == files
    assert {line[1] for line in found} == {"2"}, done.stderr
    assert max(float(line[2]) for line in found) < 2 * SECONDS, found  # twice, for a machine shared with others
    assert max(int(line[3]) for line in found) <= 200, found
    assert done.stderr.count("\n") == len(files) + 1
    assert "214,285 columns" in done.stderr


def test_read_text_keeps_one_object_for_equal_cells(tmp_path):
    (tmp_path / "a.csv").write_bytes(GOOD)
    column = read_text(tmp_path / "a.csv").columns[3]
    assert len({id(cell) for cell in column}) == 2
