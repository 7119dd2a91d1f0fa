"""Files that are odd and yet a table: bytes, the rows that every door must read, and words of what it must say."""

from tests.people import GOOD, rows, with_cell, with_column, written

TEXT = GOOD.decode()
SEMICOLONS = TEXT.replace(",", ";")


def named(*names):
    """The rows under other names of the three features."""
    return [[*names, "paid", "sex", "town"], *rows()[1:]]


def without(table, *places):
    """A table without some rows; rows count from 1."""
    return [row for k, row in enumerate(table) if k not in places]


ENCODED = {
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, rows(), []),
    "utf-16": (TEXT.encode("utf-16"), rows(), ["UTF-16"]),
    "utf-16, big end first": (b"\xfe\xff" + TEXT.encode("utf-16-be"), rows(), ["UTF-16"]),
    "Excel's Unicode text": (
        TEXT.replace(",", "\t").replace("\n", "\r\n").encode("utf-16"), rows(), ["UTF-16", "separated by tabs"],
    ),
    "control character": (TEXT.replace("cook", "co\x1bok", 2).encode(), rows(), ["2 control character(s)"]),
    "zero width": (TEXT.replace("cook", "co\u200bok", 1).encode(), rows(), ["1 invisible character(s)"]),
    "direction marks": (TEXT.replace("cook", "\u202ecook\u202c", 1).encode(), rows(), ["2 invisible character(s)"]),
    "two ways of one word": (
        written(with_column("job", lambda i: ("caf\u00e9", "cafe\u0301", "smith")[i % 3])),
        with_column("job", lambda i: ("caf\u00e9", "caf\u00e9", "smith")[i % 3]), ["20 line(s) held letters in two"],
    ),
}  # fmt: skip
SHAPED = {
    "tabs": (TEXT.replace(",", "\t").encode(), rows(), ["separated by tabs"]),
    "bars": (TEXT.replace(",", "|").encode(), rows(), ["separated by bars"]),
    "semicolons": (SEMICOLONS.encode(), rows(), ["separated by semicolons"]),
    "decimal comma": (
        SEMICOLONS.replace(".", ",").encode(), rows(),
        ["semicolons", "comma in column 'score' is read as a decimal point"],
    ),
    "carriage returns alone": (TEXT.replace("\n", "\r").encode(), rows(), []),
    "Windows line ends": (TEXT.replace("\n", "\r\n").encode(), rows(), []),
    "comments on top": (b"# ours\n# of 2024\n" + GOOD, rows(), ["2 comment line(s)"]),
    "Excel's hint": (b"sep=;\n" + SEMICOLONS.encode(), rows(), ["semicolons"]),
    "blank lines": (b"\n\n" + GOOD.replace(b"\n", b"\n\n"), rows(), []),
    "blanks around cells": (GOOD.replace(b",", b" , "), rows(), []),
    "line break in quotes": (
        TEXT.replace("cook", '"co\nok"').encode(),
        with_column("job", lambda i: ("co\nok", "clerk", "smith")[i % 3]), [],
    ),
    "separator in quotes": (
        "".join(f'{line[:-1]},"x;{"ab"[k % 2]}"\n' for k, line in enumerate(TEXT.splitlines(keepends=True))).encode(),
        [[*row[:3], f"x;{'ab'[k % 2]}", *row[3:]] for k, row in enumerate(rows())], [],
    ),
    "all in quotes": ("".join('"' + line.replace(",", '","') + '"\n' for line in TEXT.split()).encode(), rows(), []),
}  # fmt: skip
NAMES = (
    ("a.b", "a[0]", "'"), ("constructor", "__proto__", "index"), ("<img onerror>", "![x](http://x.invalid/x)", "=cmd"),
    ("%s", "{0}", "$x$"), ("group", "domain", "label"), ("(missing)", "all", "x" * 200), ("Paid", "PAID", "paid?"),
)  # fmt: skip
VALUES = {
    "NA, None and null": lambda i: ("NA", "None", "null")[i % 3],
    "one case and another": lambda i: ("M", "Male", "male")[i % 3],
    "padded numbers": lambda i: ("00123", "0456", "7")[i % 3],
    "1E5": lambda i: ("1E5", "2E5", "3E5")[i % 3],
    "beyond 2**53": lambda i: str(2**53 + 1 + 2 * (i % 3)),
    "days": lambda i: f"2020-01-0{1 + i % 3}",
    "a word deep in the file": lambda i: str(i % 5) if i < 50 else "unknown",
    "payloads": lambda i: ("<script>alert(1)</script>", "[x](javascript:x)", "=1+1")[i % 3],
}
MISSING = {
    "label": (with_cell("paid", 7, ""), without(rows(), 7), ["1 rows without a label were left out"]),
    "label, blank": (with_cell("paid", 7, "  "), without(rows(), 7), ["1 rows without a label were left out"]),
    "label, invisible": (
        with_cell("paid", 7, "\u200b"), without(rows(), 7), ["1 rows without a label", "1 invisible character(s)"],
    ),
    "group": (
        with_column("sex", lambda i: ("f", "m", "")[i % 3]),
        with_column("sex", lambda i: ("f", "m", "(missing)")[i % 3]),
        ["20 rows without a group are kept as group '(missing)'"],
    ),
    "domain": (
        with_cell("town", 60, ""), with_cell("town", 60, "(missing)"),
        ["1 rows without a domain are kept as domain '(missing)'"],
    ),
    "feature": (
        with_column("job", lambda i: ("cook", "")[i % 2]),
        with_column("job", lambda i: ("cook", "(missing)")[i % 2]), [],
    ),
}  # fmt: skip

ODD = {
    **{f"encoding: {k}": v for k, v in ENCODED.items()},
    **{f"shape: {k}": v for k, v in SHAPED.items()},
    **{f"names: {', '.join(v)[:40]}": (written(named(*v)), named(*v), []) for v in NAMES},
    **{f"values: {k}": (written(with_column("job", v)), with_column("job", v), []) for k, v in VALUES.items()},
    **{f"missing: {k}": (written(v[0]), v[1], v[2]) for k, v in MISSING.items()},
}
