"""What somebody with a text editor can do to a run folder.

They may also write a manifest that fits what they altered, so most damage is sealed again.
"""

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from fairviz.data import load_dataset
from fairviz.store import ARRAYS, MANIFEST, digest_of, key_of
from fairviz.store.fits import save_run
from fairviz.store.specs import FitSpec
from fairviz.synthesizers import SYNTHESIZERS
from tests.store.fits import OPTIONS

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
