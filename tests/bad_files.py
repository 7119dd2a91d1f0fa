"""Files that are no table, or whose rows cannot be used: bytes, and words of the message that each must give."""

import gzip
import io
import zipfile

import numpy as np

from tests.people import GOOD, HEADER, LINES, rows, with_cell, with_column, written

# files that are no CSV


def zipped(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "a,b\n1,2\n")
    return out.getvalue()


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
    "utf-16, half a character": (GOOD.decode().encode("utf-16")[:-1], ["UTF-16", "Save it as"]),
    "utf-16, lone surrogate": ((GOOD.decode() + "\ud800").encode("utf-16", "surrogatepass"), ["UTF-16"]),
    "utf-16, nul": (GOOD.decode().replace("cook", "co\0k", 1).encode("utf-16"), ["line 2", "NUL"]),
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


# rows that do not fit


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
    "spaces for separators": (GOOD.decode().replace(",", " "), ["one column only ('age score", "commas, semicolons"]),
    "colons for separators": (GOOD.decode().replace(",", ":"), ["one column only"]),
    "501 columns": (",".join(f"c{i}" for i in range(501)) + "\n", ["501 columns", "500"]),
    "2,000 columns": (
        ",".join(f"c{i}" for i in range(2000)) + "\n" + ",".join("1" * 2000) + "\n", ["2,000 columns", "500"],
    ),
    "long cell": ("".join([*LINES[:3], f"30,1.5,{'x' * 200_000},yes,f,West\n"]), ["line 4", "131,072 characters"]),
    "long quoted cell": ("".join([*LINES[:3], '30,1.5,"' + "x\n" * 100_000]), ["line 4", "131,072", "quote"]),
}  # fmt: skip


# names


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


# values


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


# roles


TABLES = {
    "one class": (with_column("paid", lambda i: "yes"), ["'paid' has 1 distinct", "both classes"]),
    "three classes": (with_column("paid", lambda i: ("yes", "no", "maybe")[i % 3]), ["'paid' has 3", "Merge"]),
    "classes by case": (with_column("paid", lambda i: ("yes", "Yes", "no")[i % 3]), ["'paid' has 3", "'Yes'"]),
    "label differs in every row": (with_column("paid", lambda i: f"person {i}"), ["'paid' has 60", "identifier"]),
    "label is a measurement": (with_column("paid", lambda i: f"{i}.5"), ["'paid' has 60", "threshold"]),
    "label counts": (with_column("paid", lambda i: str(i % 12)), ["'paid' has 12", "threshold"]),
    "labels missing": (with_column("paid", lambda i: ""), ["label 'paid' is missing in 60 of 60", "row 1"]),
    "label NA": (with_cell("paid", 7, "NA"), ["'paid' has 3", "'NA'"]),
    "label of many letters": (with_cell("paid", 7, "x" * 3000), ["'paid' has 3"]),
    "other words": (with_column("paid", lambda i: "up" if i % 3 else "down"), ["'yes' does not occur", "'down'"]),
    "favourable in capitals": (with_column("paid", lambda i: "YES" if i % 3 else "no"), ["'yes' does not occur"]),
    "one group": (with_column("sex", lambda i: "f"), ["'sex' has 1 group"]),
    "21 groups": (with_column("sex", lambda i: f"g{i % 21}"), ["'sex' has 21 group", "Merge"]),
    "group in every row": (with_column("sex", lambda i: str(i)), ["'sex' has 60 group"]),
    "groups missing": (with_column("sex", lambda i: ""), ["'sex' has 1 group(s) ('(missing)')"]),
    "one domain": (with_column("town", lambda i: "West"), ["'town' has a single value"]),
    "domain in every row": (with_column("town", lambda i: f"t{i}"), ["'town' has 60 values"]),
    "31 domains": (with_column("town", lambda i: f"t{i % 31}"), ["'town' has 31 values"]),
    "domains missing": (with_column("town", lambda i: ""), ["'town' has a single value ('(missing)')"]),
    "a domain called all": (with_column("town", lambda i: ("all", "West")[i % 2]), ["'town'", "'all'", "Rename"]),
    "a domain called all, trimmed": (with_column("town", lambda i: (" all", "West")[i % 2]), ["'all'", "Rename"]),
    "only the roles": ([row[3:] for row in rows()], ["no column is left"]),
    "a role alone": ([row[3:4] for row in rows()], ["one column only ('paid')"]),
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
