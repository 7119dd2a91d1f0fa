"""Results on disk: verified entries, segments of trials, fits, the library, background jobs; no torch."""

from fairviz.store.entries import EarlierFormatError, Entry, read_entry
from fairviz.store.keys import ARRAYS, MANIFEST, PAYLOADS, canonical, digest_of, key_of
from fairviz.store.results import ResultStore, clear_leftovers
from fairviz.store.writing import replace_entry, upgrade_entry, write_atomic, write_entry

__all__ = [
    "ARRAYS", "MANIFEST", "PAYLOADS", "EarlierFormatError", "Entry", "ResultStore", "canonical", "clear_leftovers",
    "digest_of", "key_of", "read_entry", "replace_entry", "upgrade_entry", "write_atomic", "write_entry",
]  # fmt: skip
