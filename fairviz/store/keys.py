"""What names a result: the hash of everything that made it; and the files that an entry of each kind holds."""

from __future__ import annotations

import hashlib
import json
from typing import Any

#: Part of every key. It stays as it is: another value would orphan every stored result.
KEY_FORMAT = 1
#: Of the manifest. 1 had no digest of its own; ``upgrade_entry`` brings it to 2.
MANIFEST_FORMAT, EARLIER_FORMAT = 2, 1
MANIFEST = "manifest.json"
ARRAYS = "arrays.safetensors"
#: The files that an entry of each kind holds beside its manifest, no more and no fewer.
PAYLOADS: dict[str, frozenset[str]] = {
    "fit": frozenset({"fit.json", ARRAYS}),
    "sweep": frozenset({"facts.json", "trials.csv"}),
    "frontier": frozenset({"facts.json", "trials.csv"}),
    "table1": frozenset({"facts.json", "trials.csv", "inner.csv"}),
    "quality": frozenset({"facts.json", "scores.csv"}),
}
#: Bytes at most, by ending: far above what is ever written, and what a laptop can still parse.
MAX_BYTES = {".json": 32 * 2**20, ".csv": 16 * 2**20, ".safetensors": 256 * 2**20}
MAX_MANIFEST = 2**20
FIELDS = {"format", "kind", "key", "spec", "made", "files"}


def canonical(spec: dict[str, Any]) -> str:
    """One text for one spec: sorted keys, no spaces, numbers as Python prints them."""
    return json.dumps(spec, sort_keys=True, separators=(",", ":"), allow_nan=False)


def key_of(spec: dict[str, Any]) -> str:
    """SHA-256 of the canonical spec (hex)."""
    return hashlib.sha256(canonical({"format": KEY_FORMAT, **spec}).encode()).hexdigest()


def digest_of(manifest: dict[str, Any]) -> str:
    """SHA-256 of everything in a manifest but its field ``digest`` (hex)."""
    return hashlib.sha256(canonical({k: v for k, v in manifest.items() if k != "digest"}).encode()).hexdigest()
