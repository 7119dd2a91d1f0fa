"""Where trials are carried out: places that are none."""

import pytest

from fairviz.errors import SettingError
from fairviz.experiments.where import Where


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"n_jobs": 0}, "jobs is 0"), ({"n_jobs": 65}, "jobs is 65"), ({"n_jobs": True}, "jobs is"),
        ({"backend": "slurm"}, "No backend 'slurm'"), ({"backend": "dask"}, "needs --scheduler"),
        ({"scheduler": "tcp://10.0.0.1:8786"}, "goes with --backend dask"),
    ],
    ids=str,
)  # fmt: skip
def test_where_refuses(where, words) -> None:
    with pytest.raises(SettingError, match=words):
        Where(**where)
