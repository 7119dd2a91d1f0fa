"""What generators learn, in worlds whose joint is known."""

import functools
import math

import numpy as np
import pandas as pd
import pytest
import torch

from fairviz.data.dataset import DomainDataset
from fairviz.synthesizers import DDPM, GAN, VAE, Balanced, FairGAN
from fairviz.synthesizers.base import Synthesizer
from tests.synthesizers import known
from tests.synthesizers.generators import KINDS, SMALL, TINY, dataset, tiny, words

#: P(a, b, y): given one label a and b go together, given the other they go apart.
CELLS = np.array([[[0.30, 0.03], [0.02, 0.20]], [[0.02, 0.19], [0.20, 0.04]]])
TOLERANCE = 0.05


@functools.cache
def cells_data() -> DomainDataset:
    """2,000 rows in exactly the proportions of CELLS; the group leans on a."""
    a, b, y = np.repeat(np.indices((2, 2, 2)).reshape(3, -1), np.rint(2000 * CELLS).astype(int).ravel(), axis=1)
    z = (np.random.default_rng(0).random(len(a)) < np.where(a == 1, 0.7, 0.3)).astype(int)
    columns = {"a": words(a, "a0", "a1"), "b": words(b, "b0", "b1"), "y": words(y, "no", "yes")}
    return dataset({**columns, "z": words(z, "z0", "z1")}, features=("a", "b"))


def cells(frame: pd.DataFrame) -> np.ndarray:
    """P(a, b, y) of rows."""
    code = [(frame[name].astype(str) == one).to_numpy(int) for name, one in (("a", "a1"), ("b", "b1"), ("y", "yes"))]
    return np.bincount(np.ravel_multi_index(code, (2, 2, 2)), minlength=8).reshape(2, 2, 2) / len(frame)


def test_what_learnt_too_little_is_outside_the_tolerance() -> None:
    """Margins alone, and each feature given the label alone, miss a cell by more than twice the tolerance."""
    assert CELLS.sum() == pytest.approx(1.0)
    margins = [CELLS.sum((1, 2)), CELLS.sum((0, 2)), CELLS.sum((0, 1))]
    only_margins = np.einsum("a,b,y->aby", *margins)
    given_label = np.einsum("ay,by->aby", CELLS.sum(1), CELLS.sum(0) / margins[2])
    assert np.abs(only_margins - CELLS).max() > 2 * TOLERANCE
    assert np.abs(given_label - CELLS).max() > 2 * TOLERANCE


@pytest.mark.parametrize(
    ("generator", "settings"),
    [
        (VAE(n_iter=1200, latent=4, learning_rate=5e-3, **SMALL), {}),
        (DDPM(n_iter=1000, **SMALL), {}),
        (Balanced(n_iter=1000, **SMALL), {"share": 0.0}),
        (GAN(n_iter=900, latent=8, learning_rate=2e-3, **SMALL), {}),
    ],
    ids=["vae", "ddpm", "balanced", "gan"],
)
def test_a_generator_learns_the_joint(generator: Synthesizer, settings: dict) -> None:
    rows = generator.fit(cells_data()).sample(10_000, random_state=1, **settings)
    assert np.abs(cells(rows) - CELLS).max() < TOLERANCE


#: P(y, z) where a feature is the group.
GIVEN_AWAY = np.array([[0.40, 0.15], [0.10, 0.35]])


@functools.cache
def given_away() -> DomainDataset:
    """A feature that is the group, one that is noise, and a label that depends on the group."""
    y, z = np.repeat(np.indices((2, 2)).reshape(2, -1), np.rint(2000 * GIVEN_AWAY).astype(int).ravel(), axis=1)
    b = np.arange(2000) % 2
    columns = {"a": words(z, "a0", "a1"), "b": words(b, "b0", "b1"), "y": words(y, "no", "yes")}
    return dataset({**columns, "z": words(z, "z0", "z1")}, features=("a", "b"))


def test_balanced_rows_have_label_and_group_independent() -> None:
    """The feature that is the group shows what a row's group was."""
    fit = Balanced(n_iter=600, **SMALL).fit(given_away())
    tables = {share: cells(fit.sample(10_000, random_state=1, share=share)).sum(1) for share in (0.0, 0.5, 1.0)}
    product = np.outer([0.5, 0.5], [0.55, 0.45])  # of the margins of group and label
    assert np.abs(tables[0.0] - GIVEN_AWAY.T).max() < 0.025
    assert np.abs(tables[1.0] - product).max() < 0.025
    assert np.abs(tables[0.5] - 0.5 * (GIVEN_AWAY.T + product)).max() < 0.025
    dependence = {share: t[1, 1] - t[1].sum() * t[:, 1].sum() for share, t in tables.items()}
    assert dependence[0.0] == pytest.approx(0.125, abs=0.02)
    assert dependence[1.0] == pytest.approx(0.0, abs=0.015)
    pd.testing.assert_frame_equal(fit.sample(50), fit.sample(50, share=1.0))  # which is the default


def with_joint(joint: list[list[float]]) -> Balanced:
    fit = Balanced()
    fit.joint_ = torch.tensor(joint, dtype=torch.float64)
    return fit


def test_joint_of_label_and_group_by_hand() -> None:
    """Margins (0.5, 0.5) and (0.55, 0.45)."""
    fit = with_joint([[0.40, 0.10], [0.15, 0.35]])
    assert fit.joint(0.0).tolist() == [[0.40, 0.10], [0.15, 0.35]]
    assert np.allclose(fit.joint(1.0), [[0.275, 0.225], [0.275, 0.225]])
    assert np.allclose(fit.joint(0.5), [[0.3375, 0.1625], [0.2125, 0.2875]])
    three = with_joint([[0.2, 0.0], [0.1, 0.3], [0.1, 0.3]])  # margins (0.2, 0.4, 0.4) and (0.4, 0.6)
    kept = np.array([[0.08, 0.0], [0.16, 0.24], [0.16, 0.24]])
    assert np.allclose(three.joint(1.0), kept / 0.88)  # a cell without rows stays empty, the rest share its part
    assert np.allclose(three.joint(0.0), [[0.2, 0.0], [0.1, 0.3], [0.1, 0.3]])
    for share in (0.0, 0.3, 1.0):
        assert float(three.joint(share).sum()) == pytest.approx(1.0)


def test_the_joint_is_counted_on_the_source() -> None:
    assert np.allclose(tiny("balanced").fit(given_away()).joint_, GIVEN_AWAY.T)


@pytest.mark.parametrize("name", ["vae", "gan"])
def test_rows_are_draws_from_what_the_network_says(name: str) -> None:
    """A network that says the same of everybody: shares of a block by its softmax, a number by mean and spread."""
    fit = tiny(name).fit(KINDS["two groups"])
    (block,) = [range(a, b) for a, b in fit.blocks_]
    net, shares = fit.nets_["decoder" if name == "vae" else "generator"], [0.6, 0.3, 0.1]
    torch.nn.init.zeros_(net[-1].weight)
    torch.nn.init.constant_(net[-1].bias, 0.4)
    net[-1].bias[block.start : block.stop] = torch.tensor(shares).log() + 1.0
    if name == "vae":
        torch.nn.init.constant_(fit.nets_["spread"][0], math.log(0.3))
    with torch.no_grad():
        x, _ = fit._draw(20_000, torch.Generator().manual_seed(0))
    found = torch.bincount(x[:, block.start : block.stop].argmax(1), minlength=3) / 20_000
    assert found.tolist() == pytest.approx(shares, abs=0.015)
    numbers = [column for column in range(fit.encoder_.width_) if column not in block]
    assert len(numbers) == 2
    assert x[:, numbers].mean(0).tolist() == pytest.approx([0.4, 0.4], abs=0.01)
    assert x[:, numbers].std(0).tolist() == pytest.approx([0.3 if name == "vae" else 0.0] * 2, abs=0.01)


@pytest.mark.parametrize("name", ["vae", "ddpm", "balanced"])
def test_labels_are_drawn_with_the_sources_share(name: str) -> None:
    """Rows for group and label: (0.05, 0.15) and (0.05, 0.75)."""
    fit = tiny(name).fit(KINDS["two groups"])
    fit.joint_ = torch.tensor([[0.05, 0.15], [0.05, 0.75]], dtype=torch.float64)
    assert (fit.sample(5000)["y"] == "yes").mean() == pytest.approx(0.9, abs=0.02)


def test_groups_are_drawn_with_the_sources_share(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = tiny("gan").fit(KINDS["three groups"])
    fit.joint_ = torch.tensor([[0.05, 0.15], [0.4, 0.3], [0.1, 0.0]], dtype=torch.float64)
    drawn, real = [], fit._generate
    monkeypatch.setattr(fit, "_generate", lambda z, *more, **how: drawn.append(z) or real(z, *more, **how))
    fit.sample(5000)
    assert (torch.bincount(torch.cat(drawn)) / 5000).tolist() == pytest.approx([0.2, 0.7, 0.1], abs=0.02)


def test_fairgan_hides_the_group_that_gan_shows() -> None:
    """How far the cells (a, b, y) of rows drawn for one group are from those for the other, from 0 to 1."""
    groups = torch.arange(2).repeat_interleave(4000)

    def told(generator: GAN) -> tuple[float, np.ndarray]:
        fit = generator.fit(given_away())
        drawn = fit._generate(groups, torch.Generator().manual_seed(0), hard=True)
        frame = fit._decode(drawn[:, :-2], drawn[:, -2:].argmax(1))
        one, other = cells(frame.iloc[:4000]), cells(frame.iloc[4000:])
        return float(np.abs(one - other).sum() / 2), (one + other) / 2

    size = {"n_iter": 300, "latent": 8, "learning_rate": 2e-3, **SMALL}
    plain, _ = told(GAN(**size))
    fair, both = told(FairGAN(fairness=10.0, **size))
    assert plain > 0.95  # the feature is the group
    assert fair < 0.4
    for margin in (both.sum((1, 2)), both.sum((0, 2)), both.sum((0, 1))):
        assert 0.15 < margin[0] < 0.85  # not by saying the same of everybody


def test_fairgan_without_weight_is_gan() -> None:
    same = {**TINY, "latent": 4}
    fits = [GAN(**same).fit(given_away()), FairGAN(fairness=0.0, **same).fit(given_away())]
    pd.testing.assert_frame_equal(*(fit.sample(200) for fit in fits))
    assert "detector" not in fits[1].nets_


@pytest.mark.parametrize(
    "generator",
    [
        VAE(n_iter=700, latent=4, learning_rate=5e-3, **SMALL),
        DDPM(n_iter=500, **SMALL),
        GAN(n_iter=700, latent=8, learning_rate=1e-3, random_state=1, **SMALL),
    ],
    ids=["vae", "ddpm", "gan"],
)
def test_numbers_beside_categories(generator: Synthesizer) -> None:
    """u and v go together, and both are higher where a is a1 and where the label is yes; a category lies between."""
    rng = np.random.default_rng(0)
    n = 2000
    y, a = np.arange(n) % 2, (np.arange(n) // 2) % 2
    u = rng.normal(size=n) + 2.0 * a
    v = 0.8 * u + 0.6 * rng.normal(size=n) + 2.0 * y
    columns = {"u": u, "a": words(a, "a0", "a1"), "v": v, "y": words(y, "no", "yes")}
    data = dataset({**columns, "z": words(rng.permuted(np.arange(n) % 2), "z0", "z1")}, features=("u", "a", "v"))
    rows = generator.fit(data).sample(5000, random_state=1)
    one, yes = (rows["a"] == "a1").to_numpy(float), (rows["y"] == "yes").to_numpy(float)
    design = np.stack([np.ones(len(rows)), rows["u"], yes], 1)
    slope = np.linalg.lstsq(design, rows["v"].to_numpy(), rcond=None)[0]
    assert rows["u"][one == 1].mean() - rows["u"][one == 0].mean() == pytest.approx(2.0, abs=0.5)
    assert slope[1] == pytest.approx(0.8, abs=0.25)
    assert slope[2] == pytest.approx(2.0, abs=0.6)
    assert rows["u"].std() == pytest.approx(u.std(), rel=0.2)
    assert rows["v"].std() == pytest.approx(v.std(), rel=0.2)


def test_ddpm_with_fadms_score_network_draws_fadms_rows() -> None:
    """The same network, so the same distribution as FADM at price 0; and the state is read by name."""
    fadm = known.fitted()
    meta, arrays = fadm.state()
    params = {k: v for k, v in meta["params"].items() if k in DDPM().get_params()}
    score = {name: values for name, values in arrays.items() if name.startswith("net.score.")}
    for own in ("why_no_price", "teacher", "implied"):  # a generator without them has nothing to say about it
        del meta[own]
    ddpm = DDPM.from_state({**meta, "synthesizer": "ddpm", "params": params}, score)
    n = 8000
    one, other = known.table(fadm.sample(n, random_state=1)), known.table(ddpm.sample(n, random_state=2))
    assert (np.abs(one - other) <= 4 * np.sqrt(2 * one * (1 - one) / n) + 1e-3).all()
