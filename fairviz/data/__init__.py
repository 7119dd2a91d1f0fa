"""Data: a frame plus a schema, its encoder, and where built-in sets come from."""

from fairviz.plugins import lazily

#: What ``target`` says when no domain is held out, so no domain may be called so.
ALL_DOMAINS = "all"
_WHERE = {
    "DATASETS": "sets", "DomainDataset": "dataset", "Schema": "schema", "TableEncoder": "encoder",
    "load_dataset": "sources", "read_csv": "dataset",
}  # fmt: skip
__all__ = ["ALL_DOMAINS", *_WHERE]
__getattr__ = lazily(__name__, _WHERE)
