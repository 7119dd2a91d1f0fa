"""Run folders whose payloads are not those of a fit, or would fill the memory of a reader who believes them."""

import json
import os

import numpy as np

from fairviz.store import ARRAYS, MANIFEST
from tests.store.hostile import (
    FIT,
    Damage,
    array,
    bytes_of,
    column,
    deep,
    drop,
    filled,
    flip,
    of_arrays,
    of_fit,
    of_header,
    of_manifest,
    of_params,
    of_spec,
    set_in,
    sparse,
)


def names(n: int) -> bytes:
    return b"{" + b",".join(b'"%d":""' % k for k in range(n)) + b"}"


def wide(meta: dict) -> None:
    """A column of as many categories as would need a network of gigabytes."""
    meta["encoder"]["columns"][2]["categories"] = [str(n) for n in range(400_000)]


def many_columns(meta: dict) -> None:
    one = {**meta["encoder"]["columns"][2], "categories": ["a", "b"]}
    meta["schema"]["features"] = [f"c{n}" for n in range(20_000)]
    meta["encoder"]["columns"] = [{**one, "name": name} for name in meta["schema"]["features"]]


WEIGHT = "net.score.head.weight"
SMALL = "net.label.head.bias"

FITS: dict[str, Damage] = {
    "altered": flip(FIT, 0.5),
    "cut": lambda p: os.truncate(p / FIT, 100),
    "empty": bytes_of(FIT, lambda b: b""),
    "a list": bytes_of(FIT, lambda b: b"[1]"),
    "an empty object": bytes_of(FIT, lambda b: b"{}"),
    "deep": bytes_of(FIT, lambda b: deep(100_000)),
    "deep inside": of_fit(set_in("notes", to=json.loads(deep(400)))),
    "not UTF-8": bytes_of(FIT, lambda b: b.replace(b"simulated", b"simul\xffted")),
    "UTF-16": bytes_of(FIT, lambda b: b.decode().encode("utf-16")),
    "half a surrogate pair": of_fit(set_in("name", to="\ud800")),
    "a name twice": bytes_of(FIT, lambda b: b.replace(b'"notes":', b'"notes": ["x"], "notes":')),
    "NaN in joint": of_fit(set_in("joint", 0, 0, to=float("nan"))),
    "Infinity in knots": column("knots", lambda k: [*k[:-1], float("inf")]),
    "1e999 in knots": bytes_of(FIT, lambda b: b.replace(b'"knots": [\n     -', b'"knots": [\n     -1e999, -', 1)),
    "a huge whole number": of_fit(set_in("joint", 0, 0, to=10**400)),
    "a number of ten thousand digits": bytes_of(FIT, lambda b: b.replace(b'"joint": [', b'"joint": [' + b"9" * 9999)),
    "a field missing": of_fit(drop("notes")),
    "a field more": of_fit(set_in("more", to=1)),
    "another synthesizer": of_fit(set_in("synthesizer", to="ddpm")),
    "an unknown synthesizer": lambda p: (
        of_spec(set_in("synthesizer", to="evil"))(p), of_fit(set_in("synthesizer", to="evil"))(p)
    ),
    "synthesizer a list": of_fit(set_in("synthesizer", to=["fadm"])),
    "params a list": of_fit(set_in("params", to=[])),
    "other params than the manifest": of_fit(set_in("params", "n_iter", to=11)),
    "a hyper-parameter more": of_params(evil=1),
    "a hyper-parameter missing": lambda p: (
        of_spec(drop("params", "meta"))(p), of_fit(drop("params", "meta"))(p)
    ),
    "hidden text": of_params(hidden="16"),
    "hidden true": of_params(hidden=True),
    "hidden a fraction": of_params(hidden=16.0),
    "hidden 0": of_params(hidden=0),
    "hidden negative": of_params(hidden=-4),
    "hidden a trillion": of_params(hidden=10**12),
    "depth 0": of_params(depth=0),
    "other hidden": of_params(hidden=17),
    "other depth": of_params(depth=2),
    "classifier_depth huge": of_params(classifier_depth=10**6),
    "label_in_score a number": of_params(label_in_score=1),
    "another label_in_score": of_params(label_in_score=False),
    "an unknown meta": of_params(meta="evil"),
    "meta a list": of_params(meta=["none"]),
    "an unknown domain_weights": of_params(domain_weights="evil"),
    "learning_rate negative": of_params(learning_rate=-0.1),
    "learning_rate text": of_params(learning_rate="x"),
    "random_state negative": of_params(random_state=-1),
    "name a number": of_fit(set_in("name", to=5)),
    "notes a text": of_fit(set_in("notes", to="x")),
    "notes of numbers": of_fit(set_in("notes", to=[1])),
    "schema a list": of_fit(set_in("schema", to=[])),
    "schema without label": of_fit(drop("schema", "label")),
    "schema with a field more": of_fit(set_in("schema", "more", to=1)),
    "schema's label a list": of_fit(set_in("schema", "label", to=["outcome"])),
    "schema's features a text": of_fit(set_in("schema", "features", to="skill")),
    "schema without features": of_fit(set_in("schema", "features", to=[])),
    "schema's features in another order": of_fit(lambda m: m["schema"]["features"].reverse()),
    "schema with a column of two roles": of_fit(set_in("schema", "domain", to="group")),
    "another favourable value": of_fit(set_in("schema", "favourable", to="not hired")),
    "one group": of_fit(lambda m: (m["groups"].pop(), m["joint"].pop())),
    "a group more": of_fit(lambda m: (m["groups"].append("x"), m["joint"].append([0.0, 0.0]))),
    "a group twice": of_fit(set_in("groups", to=["men", "men"])),
    "groups of numbers": of_fit(set_in("groups", to=[0, 1])),
    "one label": of_fit(lambda m: m["labels"].pop(0)),
    "three labels": of_fit(lambda m: m["labels"].append("x")),
    "labels the other way round": of_fit(lambda m: m["labels"].reverse()),
    "joint negative": of_fit(set_in("joint", to=[[-0.5, 0.5], [0.5, 0.5]])),
    "joint not summing to 1": of_fit(set_in("joint", to=[[0.5, 0.5], [0.5, 0.5]])),
    "joint with one label only": of_fit(set_in("joint", to=[[0.5, 0.0], [0.5, 0.0]])),
    "joint of text": of_fit(set_in("joint", 0, 0, to="0.5")),
    "joint of another shape": of_fit(set_in("joint", to=[[0.5], [0.5]])),
    "joint a number": of_fit(set_in("joint", to=1)),
    "encoder a list": of_fit(set_in("encoder", to=[])),
    "encoder of another format": of_fit(set_in("encoder", "format", to=2)),
    "encoder without columns": of_fit(set_in("encoder", "columns", to=[])),
    "encoder with a column less": of_fit(lambda m: m["encoder"]["columns"].pop()),
    "encoder's columns in another order": of_fit(lambda m: m["encoder"]["columns"].reverse()),
    "a column a list": of_fit(set_in("encoder", "columns", 0, to=[])),
    "a column with a field more": of_fit(set_in("encoder", "columns", 0, "more", to=1)),
    "a column without knots": of_fit(drop("encoder", "columns", 0, "knots")),
    "a column's name a number": column("name", lambda n: 1),
    "knots a text": column("knots", lambda k: "x"),
    "knots of text": column("knots", lambda k: ["x"] * len(k)),
    "knots out of order": column("knots", lambda k: k[::-1]),
    "a knot too few": column("knots", lambda k: k[1:]),
    "levels outside 0 to 1": column("levels", lambda v: [*v[:-1], 2.0]),
    "a level too many": column("levels", lambda v: [*v[:-1], 0.9999, 1.0]),
    "edges of another length": column("edges", lambda v: [0.5]),
    "edges out of order": column("edges", lambda v: v[::-1]),
    "decimals text": column("decimals", lambda v: "2"),
    "decimals huge": column("decimals", lambda v: 10**9),
    "atoms a number": column("atoms", lambda v: 3),
    "atoms out of order": column("atoms", lambda v: [2.0, 1.0]),
    "two missing values": column("atoms", lambda v: [None, None]),
    "categories empty": column("categories", lambda v: [], 2),
    "a category twice": column("categories", lambda v: [v[0]] * len(v), 2),
    "categories of numbers": column("categories", lambda v: list(range(len(v))), 2),
    "a category less": column("categories", lambda v: v[1:], 2),
    "a column of both kinds": column("knots", lambda v: [1.0, 2.0], 2),
}  # fmt: skip

ARRAY_FILES: dict[str, Damage] = {
    "altered": flip(ARRAYS, 0.9),
    "cut": lambda p: os.truncate(p / ARRAYS, 5000),
    "empty": bytes_of(ARRAYS, lambda b: b""),
    "cut and sealed": bytes_of(ARRAYS, lambda b: b[:-100]),
    "seven bytes": bytes_of(ARRAYS, lambda b: b[:7]),
    "a header longer than the file": bytes_of(ARRAYS, lambda b: (2**62).to_bytes(8, "little") + b[8:]),
    "a header of nothing": bytes_of(ARRAYS, lambda b: bytes(8) + b[8:]),
    "a header that is no JSON": bytes_of(ARRAYS, lambda b: b[:8] + b"x" * 64 + b[72:]),
    "a deep header": bytes_of(ARRAYS, lambda b: (200_001).to_bytes(8, "little") + deep(100_000)),
    "a header that is a list": bytes_of(ARRAYS, lambda b: (2).to_bytes(8, "little") + b"[]"),
    "an array's entry a number": of_header(set_in(WEIGHT, to=1)),
    "a shape of text": of_header(set_in(WEIGHT, "shape", to=["a", "b"])),
    "a negative shape": of_header(set_in(WEIGHT, "shape", to=[-1, 16])),
    "a huge shape": of_header(set_in(WEIGHT, "shape", to=[2**40, 2**40])),
    "offsets beyond the file": of_header(set_in(WEIGHT, "data_offsets", to=[0, 2**40])),
    "offsets the wrong way round": of_header(set_in(SMALL, "data_offsets", to=[8, 0])),
    "overlapping arrays": of_header(set_in(SMALL, "data_offsets", to=[0, 8])),
    "offsets missing": of_header(drop(SMALL, "data_offsets")),
    "an unknown type": of_header(set_in(SMALL, "dtype", to="X99")),
    "a type that numpy has not": of_header(set_in(SMALL, "dtype", to="BF16")),
    "metadata": of_header(set_in("__metadata__", to={"a": "b"})),
    "no arrays": of_arrays(dict.clear),
    "an array missing": of_arrays(drop(SMALL)),
    "a reference missing": of_arrays(drop("ref.z")),
    "an array more": of_arrays(set_in("net.evil", to=np.zeros(3, np.float32))),
    "an array renamed": of_arrays(lambda a: a.update({"net.x": a.pop(SMALL)})),
    "two weights swapped": of_arrays(lambda a: a.update({WEIGHT: a[SMALL], SMALL: a[WEIGHT]})),
    "a weight transposed": array(WEIGHT, lambda v: v.T),
    "a weight that would be broadcast": array(SMALL, lambda v: v[:1]),
    "a weight without dimensions": array(SMALL, lambda v: np.float32(1)),
    "a weight of another type": array(WEIGHT, lambda v: v.astype(np.float64)),
    "a weight of whole numbers": array(SMALL, lambda v: v.astype(np.int32)),
    "a weight of half precision": array(SMALL, lambda v: v.astype(np.float16)),
    "NaN in a weight": filled(WEIGHT, float("nan")),
    "infinity in a weight": filled(SMALL, float("-inf")),
    "NaN in a reference": filled("ref.z", float("nan")),
    "a probability of 7": filled("ref.z1", 7.0),
    "a label of 3": filled("ref.y", 3),
    "labels of another type": array("ref.y", lambda v: v.astype(np.float32)),
    "references of other lengths": array("ref.y", lambda v: v[1:]),
    "references of no rows": of_arrays(lambda a: a.update({n: a[n][:0] for n in ("ref.y", "ref.z", "ref.z1")})),
    "references of another number of groups": array("ref.z", lambda v: np.concatenate([v, v[:, :1]], 1)),
    "a posterior of 2": filled("dual.eta", 2.0),
    "NaN in a posterior": filled("dual.p_z", float("nan")),
    "posteriors of other lengths": array("dual.p_z1", lambda v: v[1:]),
    "posteriors missing": of_arrays(drop("dual.p_z1")),
    "a tilt of an earlier version beside posteriors": of_arrays(set_in("tilt.c", to=np.zeros(2, np.float32))),
}

#: Those that would fill the memory or the time of a reader who believes them.
BIG: dict[str, Damage] = {
    "arrays of 30 GB": sparse(ARRAYS, 30 * 10**9),
    "fit.json of 30 GB": sparse(FIT, 30 * 10**9),
    "manifest of 30 GB": sparse(MANIFEST, 30 * 10**9),
    "arrays of 30 GB, sealed": lambda p: (
        os.truncate(p / ARRAYS, 30 * 10**9),
        of_manifest(set_in("files", ARRAYS, "bytes", to=30 * 10**9))(p),
    ),
    "arrays of 250 MB of nothing, sealed": sparse(ARRAYS, 250 * 10**6, seal=True),
    "fit.json of 250 MB, sealed": sparse(FIT, 250 * 10**6, seal=True),
    "an array of 250 MB that does not belong": of_arrays(set_in("net.evil", to=np.zeros(62_000_000, np.float32))),
    "fit.json of ten million lists": bytes_of(FIT, lambda b: b"[" + b"[]," * 10_000_000 + b"0]"),
    "fit.json of a million names": bytes_of(FIT, lambda b: names(1_000_000)),
    "fit.json of as many names as are read": bytes_of(FIT, lambda b: names(249_000)),
    "fit.json of as many lists as are read": bytes_of(FIT, lambda b: b"[" + b"[]," * 499_000 + b"0]"),
    "fit.json of as many bytes as are read": bytes_of(FIT, lambda b: b'["' + b"x" * (2**25 - 4) + b'"]'),
    "networks of gigabytes": of_params(
        hidden=4096, depth=64, classifier_hidden=4096, classifier_depth=64, batch_size=2
    ),
    "a column of 400,000 categories": of_fit(wide),
    "20,000 columns": of_fit(many_columns),
}
