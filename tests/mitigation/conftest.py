"""Source and target of a draw, and of the simulated story."""

import numpy as np
import pandas as pd
import pytest

from fairviz.data.dataset import DomainDataset
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.mitigation.base import Task
from tests.mitigation.tasks import draw


@pytest.fixture(scope="session")
def split():
    """Source and target of a draw: 1,500 rows each, the label leaning towards group 1."""
    return draw(1500, 1), draw(1500, 2)


@pytest.fixture(scope="session")
def hiring():
    """The simulated story; source and target of 3,000 and 20,000 rows, the target being the North."""
    story, rng = Hiring(), np.random.default_rng(0)
    parts = [story.sample_domain("North", 20_000, rng)]
    parts += [story.sample_domain(region, 1000, rng) for region in ("East", "South", "West")]
    dataset = DomainDataset.from_frame("simulated", pd.concat(parts, ignore_index=True), HIRING_SCHEMA)
    return story, Task.of(*dataset.leave_out("North"), "logistic_regression", 0)
