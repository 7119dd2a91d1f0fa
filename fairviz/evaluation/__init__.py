"""Evaluation: counts, metrics on them, intervals, and the downstream test on a domain nobody trained on."""

from fairviz.plugins import lazily

_WHERE = {
    "CLASSIFIERS": "classifiers", "Counts": "counts", "constant_predictor": "protocol", "evaluate": "protocol",
    "real_data_model": "protocol",
}  # fmt: skip
__all__ = list(_WHERE)
__getattr__ = lazily(__name__, _WHERE)
