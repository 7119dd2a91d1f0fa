"""Evaluation: train on given rows, test on the target's real rows, return counts; all else derives from counts."""

from fairviz.evaluation.counts import Counts
from fairviz.evaluation.downstream import CLASSIFIERS
from fairviz.evaluation.protocol import constant_predictor, evaluate, real_data_model

__all__ = ["CLASSIFIERS", "Counts", "constant_predictor", "evaluate", "real_data_model"]
