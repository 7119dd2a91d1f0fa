"""Run folders that somebody else made: every one that is not whole gives one clear error, quickly and in little memory.

Each folder is a real fit with one thing wrong. Those who alter it may also write a manifest that fits what they
altered, so most are sealed again after the change.
"""

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

from fairviz.cli import main
from fairviz.data import load_dataset
from fairviz.errors import StoreError
from fairviz.library import FitSpec, open_run, save_run
from fairviz.store import ARRAYS, MANIFEST, digest_of, key_of, read_entry
from fairviz.synthesizers import SYNTHESIZERS

OPTIONS = {"n": 400}
SIZES = {"n_iter": 10, "batch_size": 64, "hidden": 16, "depth": 1, "classifier_hidden": 8, "classifier_depth": 1,
         "latent": 4}  # fmt: skip
FIT = "fit.json"
Damage = Callable[[Path], Any]


def make_run(path: Path, synthesizer: str) -> Any:
    """A real run folder in a moment; returns the fit."""
    dataset, kind = load_dataset("simulated", **OPTIONS), SYNTHESIZERS[synthesizer]
    sizes = {name: value for name, value in SIZES.items() if name in kind().get_params()}
    spec = FitSpec.of(dataset, "East", OPTIONS, synthesizer=synthesizer, **sizes)
    fit = kind(**spec.params).fit(spec.source_of(dataset))
    save_run(path, spec, fit, 0.1)
    return fit


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder that every hostile one is made from."""
    path = tmp_path_factory.mktemp("whole") / "run"
    make_run(path, "fadm")
    return path


# what somebody with a text editor can do


def manifest_of(run: Path) -> dict:
    return json.loads((run / MANIFEST).read_text())


def write_manifest(run: Path, manifest: dict, *, seal: bool = True) -> None:
    """With ``seal`` its digest fits what it says."""
    if seal:
        manifest["digest"] = digest_of(manifest)
    (run / MANIFEST).write_text(json.dumps(manifest, indent=1))


def of_manifest(change: Callable[[dict], Any], *, seal: bool = True) -> Damage:
    """Change the manifest; ``seal``: and its digest."""

    def damage(run: Path) -> None:
        manifest = manifest_of(run)
        change(manifest)
        write_manifest(run, manifest, seal=seal)

    return damage


def reseal(run: Path) -> None:
    """Make the manifest fit the files and the spec."""
    manifest = manifest_of(run)
    manifest["key"] = key_of(manifest["spec"])
    for name, about in manifest["files"].items():
        about["bytes"] = (run / name).stat().st_size
        with open(run / name, "rb") as handle:
            about["sha256"] = hashlib.file_digest(handle, "sha256").hexdigest()
    write_manifest(run, manifest)


def bytes_of(name: str, change: Callable[[bytes], bytes]) -> Damage:
    """Change the bytes of a payload; the manifest fits them."""

    def damage(run: Path) -> None:
        (run / name).write_bytes(change((run / name).read_bytes()))
        reseal(run)

    return damage


def of_fit(change: Callable[[dict], Any]) -> Damage:
    """Change the content of fit.json; the manifest fits it."""

    def rewrite(data: bytes) -> bytes:
        meta = json.loads(data)
        change(meta)
        return json.dumps(meta).encode()

    return bytes_of(FIT, rewrite)


def of_params(**params: Any) -> Damage:
    """Change hyper-parameters in fit.json and in the spec alike."""

    def damage(run: Path) -> None:
        manifest = manifest_of(run)
        manifest["spec"]["params"].update(params)
        write_manifest(run, manifest)
        of_fit(lambda meta: meta["params"].update(params))(run)

    return damage


def of_arrays(change: Callable[[dict], Any]) -> Damage:
    """Change the arrays; the manifest fits them."""

    def rewrite(data: bytes) -> bytes:
        arrays = {name: value.copy() for name, value in safetensors.numpy.load(data).items()}
        change(arrays)
        return safetensors.numpy.save(arrays)

    return bytes_of(ARRAYS, rewrite)


def of_header(change: Callable[[dict], Any]) -> Damage:
    """Change the header of the arrays' file."""

    def rewrite(data: bytes) -> bytes:
        n = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + n])
        change(header)
        text = json.dumps(header).encode()
        return len(text).to_bytes(8, "little") + text + data[8 + n :]

    return bytes_of(ARRAYS, rewrite)


def of_spec(change: Callable[[dict], Any]) -> Damage:
    """Change the spec; key and digest fit it."""

    def damage(run: Path) -> None:
        manifest = manifest_of(run)
        change(manifest["spec"])
        write_manifest(run, manifest)
        reseal(run)

    return damage


def flip(name: str, at: float) -> Damage:
    """One bit, ``at`` of the way through the file."""

    def damage(run: Path) -> None:
        data = bytearray((run / name).read_bytes())
        data[int(at * len(data))] ^= 1
        (run / name).write_bytes(data)

    return damage


def instead(name: str, make: Callable[[Path], Any]) -> Damage:
    """Something else where a file was; what it was lies outside of the folder."""

    def damage(run: Path) -> None:
        shutil.move(run / name, run.parent / "moved")
        make(run / name)

    return damage


def bound_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(path.parent)  # a socket's name must be short
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)


def sparse(name: str, size: int, *, seal: bool = False) -> Damage:
    """A file that is huge and takes no room on the disk."""

    def damage(run: Path) -> None:
        os.truncate(run / name, size)
        if seal:
            reseal(run)

    return damage


def set_in(*where: Any, to: Any) -> Callable[[Any], None]:
    """Assign deep inside."""

    def change(value: Any) -> None:
        for step in where[:-1]:
            value = value[step]
        value[where[-1]] = to

    return change


def drop(*where: Any) -> Callable[[Any], None]:
    """Delete deep inside."""

    def change(value: Any) -> None:
        for step in where[:-1]:
            value = value[step]
        del value[where[-1]]

    return change


def column(field: str, change: Callable[[Any], Any], which: int = 0) -> Damage:
    """Change one field of an encoder's column: 0 is a number, 2 has categories."""

    def edit(meta: dict) -> None:
        one = meta["encoder"]["columns"][which]
        one[field] = change(one[field])

    return of_fit(edit)


def array(name: str, change: Callable[[np.ndarray], Any]) -> Damage:
    """Change one array."""
    return of_arrays(lambda arrays: arrays.update({name: np.ascontiguousarray(change(arrays[name]))}))


def filled(name: str, value: float) -> Damage:
    """One value of an array."""

    def change(values: np.ndarray) -> np.ndarray:
        values.flat[-1] = value
        return values

    return array(name, change)


def deep(n: int, inner: str = "0") -> bytes:
    return ("[" * n + inner + "]" * n).encode()


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

FOLDERS: dict[str, Damage] = {
    "no folder": shutil.rmtree,
    "a file in its place": lambda p: (shutil.rmtree(p), p.write_text("x")),
    "a pipe in its place": lambda p: (shutil.rmtree(p), os.mkfifo(p)),
    "a link to itself": lambda p: (shutil.rmtree(p), p.symlink_to(p)),
    "empty": lambda p: [f.unlink() for f in p.iterdir()],
    "manifest missing": lambda p: (p / MANIFEST).unlink(),
    "fit.json missing": lambda p: (p / FIT).unlink(),
    "arrays missing": lambda p: (p / ARRAYS).unlink(),
    "manifest a pipe": instead(MANIFEST, os.mkfifo),
    "manifest a folder": instead(MANIFEST, Path.mkdir),
    "manifest a link": instead(MANIFEST, lambda p: p.symlink_to(p.parent.parent / "moved")),
    "manifest a link to a device": instead(MANIFEST, lambda p: p.symlink_to("/dev/zero")),
    "manifest a socket": instead(MANIFEST, bound_socket),
    "fit.json a pipe": instead(FIT, os.mkfifo),
    "fit.json a folder": instead(FIT, Path.mkdir),
    "fit.json a link": instead(FIT, lambda p: p.symlink_to(p.parent.parent / "moved")),
    "arrays a pipe": instead(ARRAYS, os.mkfifo),
    "arrays a link": instead(ARRAYS, lambda p: p.symlink_to(p.parent.parent / "moved")),
    "arrays a link to a device": instead(ARRAYS, lambda p: p.symlink_to("/dev/zero")),
    "arrays a link to nothing": instead(ARRAYS, lambda p: p.symlink_to(p.parent / "nothing")),
    "a file more": lambda p: (p / "notes.txt").write_text("x"),
    "a hidden file more": lambda p: (p / ".hidden").write_text("x"),
    "a folder more": lambda p: (p / "more").mkdir(),
    "a pipe more": lambda p: os.mkfifo(p / "more"),
    "a thousand files more": lambda p: [(p / f"{n}.txt").touch() for n in range(1000)],
    "a file more with a name that is no text": lambda p: Path(os.fsdecode(bytes(p / "x") + b"\xff\n")).touch(),
}

MANIFESTS: dict[str, Damage] = {
    "empty": lambda p: (p / MANIFEST).write_bytes(b""),
    "cut": lambda p: os.truncate(p / MANIFEST, 300),
    "binary": lambda p: (p / MANIFEST).write_bytes(b"\xff\xfe\x00"),
    "a list": lambda p: (p / MANIFEST).write_text("[]"),
    "a number": lambda p: (p / MANIFEST).write_text("2"),
    "deep": lambda p: (p / MANIFEST).write_bytes(deep(100_000)),
    "deep in made": of_manifest(set_in("made", "deep", to=json.loads(deep(500)))),
    "a huge whole number": lambda p: (p / MANIFEST).write_text('{"format": ' + "9" * 100_000 + "}"),
    "blanks without end": lambda p: os.truncate(p / MANIFEST, 2**31),
    "followed by blanks": lambda p: (p / MANIFEST).write_bytes((p / MANIFEST).read_bytes() + b" " * 2**21),
    "a flipped bit in made": of_manifest(set_in("made", "seconds", to=0.2), seal=False),
    "a flipped bit in kind": of_manifest(set_in("kind", to="fiu"), seal=False),
    "a flipped bit in text": of_manifest(set_in("files", FIT, "text", to=["a"]), seal=False),
    "digest missing": of_manifest(drop("digest"), seal=False),
    "digest no text": of_manifest(set_in("digest", to=5), seal=False),
    "another kind": of_manifest(set_in("kind", to="sweep")),
    "a kind of an earlier version": of_manifest(set_in("kind", to="cell")),
    "a kind of another version": of_manifest(set_in("kind", to="fiu")),
    "kind a list": of_manifest(set_in("kind", to=["fit"])),
    "format missing": of_manifest(drop("format")),
    "format text": of_manifest(set_in("format", to="2")),
    "format true": of_manifest(set_in("format", to=True)),
    "format a list": of_manifest(set_in("format", to=[2])),
    "format of a later version": of_manifest(set_in("format", to=3)),
    "format of an earlier version": of_manifest(lambda m: (m.pop("digest"), m.update(format=1)), seal=False),
    "a field more": of_manifest(set_in("note", to="x")),
    "made missing": of_manifest(drop("made")),
    "made a list": of_manifest(set_in("made", to=[])),
    "spec a list": of_manifest(set_in("spec", to=[])),
    "spec and key differ": of_manifest(set_in("spec", "target", to="West")),
    "key a number": of_manifest(set_in("key", to=7)),
    "no files": of_manifest(set_in("files", to={})),
    "files a list": of_manifest(set_in("files", to=[FIT, ARRAYS])),
    "only one file": lambda p: ((p / ARRAYS).unlink(), of_manifest(drop("files", ARRAYS))(p)),
    "a file outside": of_manifest(lambda m: m["files"].update({"../secret": m["files"][FIT]})),
    "a file by its full path": of_manifest(lambda m: m["files"].update({"/etc/passwd": m["files"].pop(FIT)})),
    "itself among the files": of_manifest(lambda m: m["files"].update({MANIFEST: m["files"][FIT]})),
    "size text": of_manifest(set_in("files", FIT, "bytes", to="100")),
    "size a fraction": lambda p: of_manifest(set_in("files", FIT, "bytes", to=float((p / FIT).stat().st_size)))(p),
    "size negative": of_manifest(set_in("files", FIT, "bytes", to=-1)),
    "size wrong": of_manifest(set_in("files", FIT, "bytes", to=1)),
    "digest of a file missing": of_manifest(drop("files", FIT, "sha256")),
    "digest of a file wrong": of_manifest(set_in("files", FIT, "sha256", to="0" * 64)),
    "digest of a file a number": of_manifest(set_in("files", FIT, "sha256", to=0)),
    "a file's entry a list": of_manifest(set_in("files", FIT, to=[1, 2])),
    "text a number": of_manifest(set_in("files", FIT, "text", to=3)),
    "a name twice": lambda p: (p / MANIFEST).write_text(
        (p / MANIFEST).read_text().replace('"kind": "fit"', '"kind": "sweep", "kind": "fit"')
    ),
    "1e999 in made": lambda p: (p / MANIFEST).write_text((p / MANIFEST).read_text().replace(": 0.1,", ": 1e999,")),
    "not a number in made": of_manifest(set_in("made", "seconds", to=float("nan")), seal=False),
}

SPECS: dict[str, Damage] = {
    "empty": of_spec(dict.clear),
    "data set a text": of_spec(set_in("dataset", to="simulated")),
    "data set without a name": of_spec(drop("dataset", "name")),
    "options a list": of_spec(set_in("dataset", "options", to=[])),
    "target a number": of_spec(set_in("target", to=3)),
    "another synthesizer": of_spec(set_in("synthesizer", to="ddpm")),
    "synthesizer a list": of_spec(set_in("synthesizer", to=["fadm"])),
    "other hyper-parameters": of_spec(set_in("params", "n_iter", to=11)),
    "hyper-parameter of another type": of_spec(set_in("params", "n_iter", to=10.0)),
    "a field more": of_spec(set_in("more", to=1)),
    "without a number": of_spec(set_in("without", to=1)),
}

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

CASES = {
    f"{group}: {name}": damage
    for group, cases in {
        "folder": FOLDERS, "manifest": MANIFESTS, "spec": SPECS, "fit.json": FITS, "arrays": ARRAY_FILES, "big": BIG,
    }.items()
    for name, damage in cases.items()
}  # fmt: skip


def tree(root: Path) -> dict[str, tuple]:
    """Every name below, with what would change if it were written to or read through a link."""
    return {str(p): (p.lstat().st_size, p.lstat().st_mtime_ns, p.lstat().st_mode) for p in sorted(root.rglob("*"))}


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(whole, tmp_path / "work" / "run"))


@pytest.fixture
def alarm():
    """A test that waits for ever is ended."""

    def ring(*_: object) -> None:
        raise AssertionError("still reading after ten seconds")

    before = signal.signal(signal.SIGALRM, ring)
    yield lambda: signal.alarm(10)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("damage", CASES.values(), ids=CASES)
def test_a_hostile_run_is_one_clear_error(run: Path, tmp_path: Path, cache: Path, alarm, damage: Damage) -> None:
    damage(run)
    before, begun = tree(tmp_path), time.process_time()  # of this process: the machine may be busy with others
    alarm()
    with pytest.raises(StoreError) as caught:
        open_run(run)
    assert time.process_time() - begun < 2
    text = str(caught.value)
    assert str(run) in text
    assert text.isprintable()
    assert len(text) < 600
    assert tree(tmp_path) == before
    assert not cache.exists()


def test_there_are_enough() -> None:
    assert len(CASES) >= 80


MEASURE = """
import json, os, resource, sys, time
from pathlib import Path
from fairviz.errors import StoreError
from fairviz.library import open_run
open_run(Path(sys.argv[1]))  # what is loaded once for all is not the folder's doing
for path in sys.argv[2:]:
    pid = os.fork()
    if pid == 0:
        before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        try:
            open_run(Path(path))
            text = ""
        except StoreError as error:
            text = str(error)
        used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(json.dumps([path, text, used, time.monotonic() - begun]), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
"""


def test_what_is_big_takes_little_memory(whole: Path, tmp_path: Path) -> None:
    paths = []
    for n, damage in enumerate(BIG.values()):
        paths.append(Path(shutil.copytree(whole, tmp_path / str(n) / "run")))
        damage(paths[-1])
    command = [sys.executable, "-c", MEASURE, str(whole), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [path for path, *_ in found] == [str(p) for p in paths], done.stderr
    for name, (path, text, megabytes, _) in zip(BIG, found, strict=True):
        assert path in text, name
        assert megabytes < 200, (name, megabytes)


@pytest.mark.parametrize("name", ["folder: manifest a pipe", "arrays: NaN in a weight", "fit.json: hidden true"])
@pytest.mark.parametrize("command", ["sample", "sweep"])
def test_the_commands_say_it_in_one_line(capsys, run: Path, tmp_path: Path, cache: Path, alarm, name, command) -> None:
    CASES[name](run)
    before = tree(tmp_path)
    alarm()
    assert main([command, str(run), "--out", str(tmp_path / "out.csv")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert str(run) in err
    assert tree(tmp_path) == before
    assert not cache.exists()


def test_an_earlier_run_is_upgraded_and_opens(capsys, run: Path) -> None:
    CASES["manifest: format of an earlier version"](run)
    with pytest.raises(StoreError, match=r"earlier version; run 'fairviz upgrade .*/run'"):
        open_run(run)
    assert main(["upgrade", str(run)]) == 0
    assert capsys.readouterr().out == f"{run} upgraded.\n"
    open_run(run)
    assert main(["upgrade", str(run)]) == 0
    assert capsys.readouterr().out == f"{run} is of the present form already.\n"
    assert main(["upgrade", str(run.parent / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_a_store_of_earlier_results_is_upgraded_whole(capsys, whole: Path, tmp_path: Path) -> None:
    for name in ("a" * 32, "b" * 32):
        shutil.copytree(whole, tmp_path / "fit" / name)
    CASES["manifest: format of an earlier version"](tmp_path / "fit" / ("a" * 32))
    assert main(["upgrade", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith(f"1 of 2 results in {tmp_path} upgraded")
    assert read_entry(tmp_path / "fit" / ("a" * 32)).kind == "fit"


@pytest.mark.parametrize("synthesizer", SYNTHESIZERS)
def test_a_whole_run_opens_and_draws_the_same_rows(tmp_path: Path, synthesizer: str) -> None:
    fit = make_run(tmp_path / "run", synthesizer)
    before = tree(tmp_path)
    spec, again = open_run(tmp_path / "run")
    assert spec.synthesizer == synthesizer
    settings = {"lambda_z": 0.2} if synthesizer == "fadm" else {}
    rows = fit.sample(300, random_state=1, **settings)
    pd.testing.assert_frame_equal(again.sample(300, random_state=1, **settings), rows)
    assert tree(tmp_path) == before
    reseal(tmp_path / "run")  # the tools above make no damage of their own
    open_run(tmp_path / "run")
    of_fit(lambda meta: None)(tmp_path / "run")
    of_arrays(lambda arrays: None)(tmp_path / "run")
    of_header(lambda header: None)(tmp_path / "run")
    of_params()(tmp_path / "run")
    of_spec(lambda spec: None)(tmp_path / "run")
    open_run(tmp_path / "run")
