"""The commands on screen do what the page says, whatever the data are called."""

from dataclasses import replace

import pytest

from fairviz.cli import parser
from fairviz.ui.parts.setting import Setting, reproduce
from tests.shell import HOSTILE, words_of


@pytest.mark.parametrize("domain", ["East", *HOSTILE])
def test_the_commands_survive_a_shell(tmp_path, domain) -> None:
    setting = Setting("simulated", {"bias": 2.0}, "dp_eop", 1.5, 0.2, 0.05, "mlp")
    words = words_of(reproduce(setting, domain), tmp_path)
    cut = words.index("evaluate")
    sample, evaluate = parser().parse_args(words[:cut]), parser().parse_args(words[cut:])
    assert (sample.dataset, sample.target, sample.bias, sample.n) == ("simulated", domain, 2.0, 10_000)
    assert (sample.control, sample.lambda_y, sample.lambda_z, sample.lambda_eop) == ("dp_eop", 1.5, 0.2, 0.05)
    assert (sample.out, sample.seed) == ("syn.csv", 0)
    assert (evaluate.rows, evaluate.dataset, evaluate.target, evaluate.bias) == ("syn.csv", "simulated", domain, 2.0)
    assert (evaluate.classifier, evaluate.seed, evaluate.json) == ("mlp", 0, True)


def test_the_command_draws_the_rows_that_were_tested(tmp_path) -> None:
    """Soft rows, unless the networks' labels are asked for."""
    soft = Setting("simulated", {}, "dp", 1.0, 0.2, 0.0, "mlp")
    assert "--labels" not in reproduce(replace(soft, labels="network"), "East")
    words = words_of(reproduce(soft, "East"), tmp_path)
    told = parser().parse_args(words[: words.index("evaluate")])
    assert (told.labels, told.solver) == ("soft", "mixed_dpmpp_2m")
