"""Entries of kinds that hold what the tests of the store need."""

import json

import numpy as np
import pandas as pd

from fairviz.store import MANIFEST, digest_of

SPEC = {"data": {"name": "a", "n": 3}, "lambda": 0.5, "seeds": [0, 1], "flag": True}


def payload():
    return {
        "json_files": {"result.json": {"x": [1, 2], "name": "é"}},
        "arrays": {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "i": np.array([2**62, -1])},
        "tables": {"rows.csv": pd.DataFrame({"a": ["NA", "", "x,y", "001"], "b": [1, 2, 3, 4]})},
        "made": {"seconds": 1.5},
    }


KINDS = {
    "mixed": frozenset({"result.json", "arrays.safetensors", "rows.csv"}),
    "rows": frozenset({"rows.csv"}),
    "arrays": frozenset({"arrays.safetensors"}),
    "result": frozenset({"result.json"}),
}


def tree(root):
    return sorted(str(p.relative_to(root)) for p in root.rglob("*")) if root.exists() else []


def flip(path, at=-1, bit=1):
    data = bytearray(path.read_bytes())
    data[at] ^= bit
    path.write_bytes(data)


def make_earlier(path):
    """As an earlier version wrote it."""
    manifest = json.loads((path / MANIFEST).read_text())
    assert manifest.pop("digest") == digest_of(manifest)
    manifest["format"] = 1
    (path / MANIFEST).write_text(json.dumps(manifest, indent=1))
