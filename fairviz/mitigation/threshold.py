"""A threshold per group on the unmitigated model (Hardt et al. 2016), fairlearn's. Needs the target's groups."""

from __future__ import annotations

import numpy as np

from fairviz.mitigation.base import Mitigation, Task, needed
from fairviz.mitigation.reductions import CONSTRAINT
from fairviz.settings import Dial

_BOTH = ({"constraint": "dp"}, {"constraint": "eop"})


class ThresholdOptimizer(Mitigation):
    """Group thresholds that equalise a rate on the source."""

    name = "threshold_optimizer"
    source = "Hardt et al. (2016), fairlearn"
    parameters = (CONSTRAINT,)
    dials = (Dial("threshold_optimizer", "Threshold per group", _BOTH, light=_BOTH),)
    needs_group = True

    def answer(self, task: Task, *, constraint: str) -> np.ndarray:
        """See :class:`Mitigation`."""
        postprocessing = needed("fairlearn.postprocessing")

        names = {"dp": "demographic_parity", "eop": "true_positive_rate_parity"}
        adjusted = postprocessing.ThresholdOptimizer(
            estimator=task.fitted(), constraints=names[constraint], prefit=True, predict_method="predict_proba"
        )
        adjusted.fit(task.x, task.source.y, sensitive_features=task.source.z)
        return np.asarray(adjusted.predict(task.x_target, sensitive_features=task.target.z, random_state=task.seed))
