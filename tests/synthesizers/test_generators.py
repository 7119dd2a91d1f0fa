"""The generators that FADM is measured against, and the contract that every one keeps."""

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from fairviz.checks import check_count
from fairviz.data import Schema
from fairviz.data.dataset import DomainDataset
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.errors import DataError, SettingError
from fairviz.synthesizers import DDPM, GAN, SYNTHESIZERS, VAE, Balanced, FairGAN, check_synthesizer
from fairviz.synthesizers.base import FitStep, Synthesizer
from fairviz.synthesizers.tabular import EMA, draw_codes, fold, learning_rate
from tests.synthesizers import test_preview

TINY = {"n_iter": 3, "batch_size": 32, "hidden": 8, "depth": 1}
MORE = {
    "fadm": {"classifier_hidden": 8, "classifier_depth": 1},
    "vae": {"latent": 2},
    "gan": {"latent": 4},
    "fairgan": {"latent": 4},
}
SMALL = {"batch_size": 256, "hidden": 32, "depth": 2}
TABULAR = [name for name in SYNTHESIZERS if name != "fadm"]


def tiny(name: str, **change: Any) -> Synthesizer:
    """A generator that trains in a blink and has learnt nothing."""
    return SYNTHESIZERS[name](**{**TINY, **MORE.get(name, {}), **change})


def dataset(columns: dict[str, Any], *, features: tuple[str, ...]) -> DomainDataset:
    """Rows with label ``y`` (favourable: yes) and group ``z``, in two alike domains."""
    n = len(columns["y"])
    frame = pd.DataFrame({**columns, "d": np.where(np.arange(n) % 2, "d1", "d2")})
    return DomainDataset.from_frame("toy", frame, Schema(features, "y", "yes", "z", "d"))


def words(codes: np.ndarray, *names: str) -> np.ndarray:
    return np.array(names)[codes]


# --- the contract -----------------------------------------------------------------------------------------------------


def _kinds() -> dict[str, DomainDataset]:
    rng = np.random.default_rng(0)
    n = 240
    y, z = rng.permuted(np.arange(n) % 2), rng.permuted(np.arange(n) % 3)
    number, other, text = rng.normal(size=n) + y, rng.integers(0, 90, n), words(rng.integers(0, 3, n), "r", "s", "t")
    holes = np.where(rng.random(n) < 0.3, np.nan, number)
    ages = pd.array(np.where(rng.random(n) < 0.2, None, other), dtype="Int64")
    labels, two, three = words(y, "no", "yes"), words(z % 2, "z0", "z1"), words(z, "z0", "z1", "z2")
    both = ("number", "text", "other")
    return {
        "two groups": dataset({"number": number, "text": text, "other": other, "y": labels, "z": two}, features=both),
        "three groups": dataset(
            {"number": number, "text": text, "other": other, "y": labels, "z": three}, features=both
        ),
        "no numbers": dataset(
            {"text": text, "more": words(y, "u", "v"), "y": labels, "z": two}, features=("text", "more")
        ),
        "no categories": dataset(
            {"number": number, "other": other, "y": labels, "z": two}, features=("number", "other")
        ),
        "missing numbers": dataset(
            {"number": holes, "text": text, "other": ages, "y": labels, "z": two}, features=both
        ),
    }


KINDS = _kinds()


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_every_generator_keeps_the_contract(name: str, kind: str) -> None:
    promises = check_synthesizer(tiny(name), KINDS[kind], n=1100)
    assert len(promises) > 20
    assert "a fit rebuilt from its state draws the same rows" in promises


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_the_contract_on_its_own_rows(name: str) -> None:
    mine = tiny(name)
    params = mine.get_params()
    check_synthesizer(mine)
    assert mine.get_params() == params
    assert not [key for key in vars(mine) if key.endswith("_")]  # a clone was fitted


class Rows(Synthesizer):
    """The smallest synthesizer that keeps the contract: source rows, drawn again."""

    def __init__(self, *, n_iter: int = 2, random_state: int = 0) -> None:
        self.n_iter = n_iter
        self.random_state = random_state

    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        schema = source.schema
        self.pick_ = np.random.default_rng(self.random_state).permutation(len(source))[:200]
        self.frame_ = source.frame[[*schema.features, schema.label]].iloc[self.pick_].reset_index(drop=True)
        for step in range(self.n_iter):
            yield FitStep(step + 1, self.n_iter, {"none": 0.0}, 0.0)

    def _uniform(self, n: int, random_state: int) -> np.ndarray:
        return np.random.default_rng(random_state).random(n)

    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        n = check_count("n", n, 1, 10_000)
        rows = (self._uniform(n, random_state) * len(self.frame_)).astype(int)
        return self.frame_.iloc[rows].reset_index(drop=True)

    def state(self) -> tuple[dict, dict[str, np.ndarray]]:
        meta, arrays = {"params": self.get_params(), "columns": list(self.frame_), "categories": {}}, {}
        for name, column in self.frame_.items():
            if isinstance(column.dtype, pd.CategoricalDtype):
                meta["categories"][name] = list(column.cat.categories)
                arrays[str(name)] = column.cat.codes.to_numpy()
            else:
                arrays[str(name)] = column.to_numpy()
        return meta, arrays

    @classmethod
    def from_state(cls, meta: dict, arrays: dict[str, np.ndarray]) -> "Rows":
        fit = cls(**meta["params"])
        known = meta["categories"]
        fit.frame_ = pd.DataFrame(
            {
                name: pd.Categorical.from_codes(arrays[name], known[name]) if name in known else arrays[name]
                for name in meta["columns"]
            }
        )
        return fit


class OneColumnShort(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        return super().sample(n, random_state=random_state).iloc[:, 1:]


class OtherOrder(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        return super().sample(n, random_state=random_state).iloc[:, ::-1]


class GroupToo(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        return super().sample(n, random_state=random_state).assign(group="men")


class TooFewRows(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        return super().sample(n, random_state=random_state).iloc[1:]


class SeedIgnored(Rows):
    def _uniform(self, n: int, random_state: int) -> np.ndarray:
        return np.random.default_rng(0).random(n)


class AlwaysFresh(Rows):
    def _uniform(self, n: int, random_state: int) -> np.ndarray:
        return np.random.default_rng().random(n)


class DependsOnN(Rows):
    def _uniform(self, n: int, random_state: int) -> np.ndarray:
        return np.random.default_rng([random_state, n]).random(n)


class DependsOnNWithinAChunk(Rows):
    """Chunks of 1,000 have seeds of their own, the last one is drawn as long as it has to be."""

    def _uniform(self, n: int, random_state: int) -> np.ndarray:
        sizes = [min(1000, n - start) for start in range(0, n, 1000)]
        return np.concatenate([np.random.default_rng([random_state, i, k]).random(k) for i, k in enumerate(sizes)])


class NumpysGenerator(Rows):
    def _uniform(self, n: int, random_state: int) -> np.ndarray:
        np.random.seed(random_state)  # noqa: NPY002
        return np.random.random(n)  # noqa: NPY002


class TorchsGenerator(Rows):
    def _uniform(self, n: int, random_state: int) -> np.ndarray:
        torch.manual_seed(random_state)
        return torch.rand(n, dtype=torch.float64).numpy()


class TorchsGeneratorInFit(Rows):
    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        torch.manual_seed(self.random_state)
        yield from super().fit_steps(source)


class ChangesItsParameters(Rows):
    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        yield from super().fit_steps(source)
        self.n_iter = 7


class ParametersAreNotPlain(Rows):
    def __init__(self, *, n_iter: int = 2, random_state: int = 0, sizes: tuple[int, ...] = (3, 4)) -> None:
        super().__init__(n_iter=n_iter, random_state=random_state)
        self.sizes = sizes


class ParametersAreObjects(Rows):
    def __init__(self, *, n_iter: int = 2, random_state: int = 0, kind: Any = int) -> None:
        super().__init__(n_iter=n_iter, random_state=random_state)
        self.kind = kind


class InitDoesMore(Rows):
    def __init__(self, *, n_iter: int = 2, random_state: int = 0) -> None:
        super().__init__(n_iter=n_iter + 1, random_state=random_state)


class StateForgetsOrder(Rows):
    def state(self) -> tuple[dict, dict[str, np.ndarray]]:
        meta, arrays = super().state()
        return meta, {name: values[::-1] for name, values in arrays.items()}


class StateIsNotJson(Rows):
    def state(self) -> tuple[dict, dict[str, np.ndarray]]:
        meta, arrays = super().state()
        return {**meta, "columns": tuple(meta["columns"])}, arrays


class StateHoldsNumpyNumbers(Rows):
    def state(self) -> tuple[dict, dict[str, np.ndarray]]:
        meta, arrays = super().state()
        return {**meta, "n": np.int64(3)}, arrays


class StateHoldsObjects(Rows):
    def state(self) -> tuple[dict, dict[str, np.ndarray]]:
        meta, arrays = super().state()
        return meta, {**arrays, "more": np.array(["a", None], dtype=object)}


class FitIsChance(Rows):
    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        yield from super().fit_steps(source)
        self.frame_ = self.frame_.sample(frac=1, random_state=np.random.default_rng()).reset_index(drop=True)


class ChangesTheSource(Rows):
    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        yield from super().fit_steps(source)
        source.frame.iloc[3, 0] = 99.0


class ReordersTheSource(Rows):
    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        source.frame.sort_values("skill", inplace=True, ignore_index=True)
        yield from super().fit_steps(source)


class AcceptsAnything(Rows):
    def sample(self, n: int, *, random_state: int = 0, **settings: Any) -> pd.DataFrame:
        return super().sample(n, random_state=random_state)


class RoundsN(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        return super().sample(math.ceil(n), random_state=random_state)


class RefusesWithAnotherError(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        if n < 1:
            raise ValueError("n is too small")
        return super().sample(n, random_state=random_state)


class OneLabelOnly(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        return super().sample(n, random_state=random_state).assign(outcome="hired")


class LabelsAreCodes(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        frame = super().sample(n, random_state=random_state)
        return frame.assign(outcome=(frame["outcome"] == "hired").astype(int))


class NewCategory(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        return super().sample(n, random_state=random_state).assign(degree="doctor")


class NumberAsText(Rows):
    def sample(self, n: int, *, random_state: int = 0) -> pd.DataFrame:
        frame = super().sample(n, random_state=random_state)
        return frame.assign(skill=frame["skill"].astype(str))


class NoSteps(Rows):
    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        list(super().fit_steps(source))
        return iter(())


class StopsCounting(Rows):
    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        for step in super().fit_steps(source):
            yield FitStep(1, step.n_steps, step.losses, 0.0)


class EndsEarly(Rows):
    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        for step in super().fit_steps(source):
            yield FitStep(step.step, step.n_steps + 1, step.losses, 0.0)


class LossIsNoNumber(Rows):
    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        for step in super().fit_steps(source):
            yield FitStep(step.step, step.n_steps, {"none": float("nan")}, 0.0)


def test_the_smallest_synthesizer_keeps_the_contract() -> None:
    assert check_synthesizer(Rows())


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (OneColumnShort, "its columns are the features and the label"),
        (OtherOrder, "its columns are the features and the label"),
        (GroupToo, "its columns are the features and the label"),
        (TooFewRows, "sample gives a frame of n rows"),
        (SeedIgnored, "another seed draws other rows"),
        (AlwaysFresh, "the same seed draws the same rows"),
        (DependsOnN, "the first rows do not depend on how many follow"),
        (DependsOnNWithinAChunk, "the first rows do not depend on how many follow"),
        (NumpysGenerator, "no global random generator is touched"),
        (TorchsGenerator, "no global random generator is touched"),
        (TorchsGeneratorInFit, "no global random generator is touched"),
        (ChangesItsParameters, "fitting leaves the hyper-parameters alone"),
        (ParametersAreNotPlain, "hyper-parameters are plain values"),
        (ParametersAreObjects, "hyper-parameters are plain values"),
        (InitDoesMore, "__init__ stores its arguments and does nothing else"),
        (StateForgetsOrder, "a fit rebuilt from its state draws the same rows"),
        (StateIsNotJson, "dictionary survives JSON"),
        (StateHoldsNumpyNumbers, "dictionary survives JSON"),
        (StateHoldsObjects, "arrays are numeric"),
        (FitIsChance, "fitting again with the same seed gives the same fit"),
        (ChangesTheSource, "the source is not changed"),
        (ReordersTheSource, "the source is not changed"),
        (AcceptsAnything, "a setting that does not exist is refused"),
        (RoundsN, "n = 1.5 is refused"),
        (RefusesWithAnotherError, "n = 0 is refused"),
        (OneLabelOnly, "both labels occur"),
        (LabelsAreCodes, "labels are the data set's"),
        (NewCategory, "categories of degree occur in the source"),
        (NumberAsText, "skill is a number"),
        (NoSteps, "fit_steps yields FitStep"),
        (StopsCounting, "steps count up to the announced number"),
        (EndsEarly, "steps count up to the announced number"),
        (LossIsNoNumber, "losses are finite numbers"),
    ],
)
def test_a_broken_promise_is_named(broken: type[Rows], promise: str) -> None:
    with pytest.raises(AssertionError, match=f"contract of a synthesizer is broken: .*{promise}"):
        check_synthesizer(broken())


@functools.cache
def tiny_fit(name: str) -> Any:
    return tiny(name).fit(KINDS["missing numbers"])


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_rows_do_not_depend_on_n_within_a_chunk_either(name: str) -> None:
    fit = tiny_fit(name)
    pd.testing.assert_frame_equal(fit.sample(70, random_state=3), fit.sample(1300, random_state=3).iloc[:70])
    pd.testing.assert_frame_equal(fit.sample(1100, random_state=3), fit.sample(1300, random_state=3).iloc[:1100])


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_no_global_generator_is_touched_by_any_call(name: str) -> None:
    """Fitting, drawing, and reading a fit back."""
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    wanted, wanted_np = torch.rand(3), np.random.random(3)  # noqa: NPY002
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    fit = tiny(name).fit(KINDS["two groups"])
    fit.sample(20)
    type(fit).from_state(*fit.state()).sample(20)
    assert torch.equal(torch.rand(3), wanted)
    assert (np.random.random(3) == wanted_np).all()  # noqa: NPY002


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_missing_numbers_are_drawn_too(name: str) -> None:
    rows = tiny_fit(name).sample(1000)
    for column in ("number", "other"):
        assert 0 < rows[column].isna().sum() < 1000
    assert pd.api.types.is_integer_dtype(rows["other"])
    assert rows["other"].dropna().between(0, 89).all()


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_a_source_of_one_class_is_refused(name: str) -> None:
    data = KINDS["two groups"]
    with pytest.raises(DataError, match="one class only"):
        tiny(name).fit(data.take(data.y == 0))


@pytest.mark.parametrize("name", TABULAR)
def test_divergence_stops_with_a_reason(name: str) -> None:
    with pytest.raises(DataError, match=r"diverged at step \d+ .*Lower the learning rate"):
        tiny(name, n_iter=300, learning_rate=1e30).fit(KINDS["two groups"])


EVERY = {
    "n_iter": (0, -1, 2.5, 10**9, True),
    "batch_size": (1, 0, 10**6),
    "hidden": (0, -3, 10**5),
    "depth": (0, 1000),
    "learning_rate": (-1.0, -1, float("nan"), float("inf")),
    "random_state": (-1, 0.5),
}
OWN = {"vae": {"latent": (0, -1, 1.5), "kl_weight": (-1.0, -1, float("nan"))}, "gan": {"latent": (0, -1)}}
OWN["fairgan"] = {**OWN["gan"], "fairness": (-1.0, -1, float("inf"))}


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [(n, k, v) for n in TABULAR for k, values in {**EVERY, **OWN.get(n, {})}.items() for v in values],
)
def test_hyperparameters_out_of_range(name: str, key: str, value: float) -> None:
    with pytest.raises(SettingError, match=f"{key} is {value}"):
        tiny(name, **{key: value}).fit(KINDS["two groups"])


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("vae", {"lambda_z": 0.1}, "VAE has no setting 'lambda_z'; it has n, random_state."),
        ("gan", {"share": 0.5}, "GAN has no setting 'share'"),
        ("ddpm", {"share": 0.5}, "DDPM has no setting 'share'; it has n, random_state, n_steps."),
        ("ddpm", {"n_steps": 0}, "n_steps is 0; choose a number from 1 to 5000"),
        ("ddpm", {"n_steps": float("nan")}, "n_steps is nan"),
        ("ddpm", {"n_steps": 2.5}, "n_steps is 2.5"),
        ("balanced", {"share": 1.01}, "share is 1.01; choose a number from 0 to 1"),
        ("balanced", {"share": -0.1}, "share is -0.1"),
        ("balanced", {"share": float("nan")}, "share is nan"),
        ("vae", {"n": 0}, "n is 0"),
        ("vae", {"n": 10**9}, "n is 1000000000"),
        ("vae", {"random_state": -1}, "random_state is -1"),
    ],
)
def test_bad_settings(name: str, settings: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        tiny_fit(name).sample(**{"n": 10, **settings})


# --- learning ---------------------------------------------------------------------------------------------------------

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


@pytest.mark.parametrize("name", ["ddpm", "balanced"])
def test_number_of_steps_is_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = tiny_fit(name)
    asked, real = [], fit.nets_["score"].denoised
    monkeypatch.setattr(fit.nets_["score"], "denoised", lambda *given: asked.append(1) or real(*given))
    for n_steps in (3, 10, 20):
        asked.clear()
        fit.sample(10, n_steps=n_steps)
        assert len(asked) == n_steps


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
    fadm = test_preview.fitted()
    meta, arrays = fadm.state()
    params = {k: v for k, v in meta["params"].items() if k in DDPM().get_params()}
    score = {name: values for name, values in arrays.items() if name.startswith("net.score.")}
    del meta["why_no_price"]  # a generator without a price has nothing to say about it
    ddpm = DDPM.from_state({**meta, "synthesizer": "ddpm", "params": params}, score)
    n = 8000
    one, other = test_preview.table(fadm.sample(n, random_state=1)), test_preview.table(ddpm.sample(n, random_state=2))
    assert (np.abs(one - other) <= 4 * np.sqrt(2 * one * (1 - one) / n) + 1e-3).all()


# --- what all share ---------------------------------------------------------------------------------------------------


def test_draw_codes_follows_the_shares() -> None:
    shares = np.array([0.0, 0.1, 0.4, 0.0, 0.3, 0.2, 0.0])
    n = 100_000
    for scale in (1.0, 7.0):  # need not sum to 1
        codes = draw_codes(torch.tensor(scale * shares), n, torch.Generator().manual_seed(0)).numpy()
        found = np.bincount(codes, minlength=7) / n
        assert len(found) == 7
        assert (np.abs(found - shares) <= 4 * np.sqrt(shares * (1 - shares) / n)).all()  # none where the share is 0


def test_draw_codes_is_the_inverse_of_the_cumulative_shares() -> None:
    u = torch.rand(500, generator=torch.Generator().manual_seed(3), dtype=torch.float64).numpy()
    wanted = (u[:, None] >= np.array([0.5, 0.75])).sum(1)
    found = draw_codes(torch.tensor([0.5, 0.25, 0.25]), 500, torch.Generator().manual_seed(3))
    assert found.tolist() == wanted.tolist()


def test_learning_rate_warms_up_and_decays() -> None:
    """A hundred steps up to the peak, then a cosine down to a hundredth of it."""
    n, peak = 100_000, 0.3
    assert learning_rate(0, n, peak) == pytest.approx(0.01 * peak)
    assert learning_rate(49, n, peak) == pytest.approx(0.5 * peak, rel=1e-4)
    assert learning_rate(99, n, peak) == pytest.approx(peak, rel=1e-4)
    assert learning_rate(n // 2, n, peak) == pytest.approx(peak * (0.01 + 0.99 / 2))
    assert learning_rate(n // 3, n, peak) == pytest.approx(peak * (0.01 + 0.99 * 0.75), rel=1e-4)
    assert learning_rate(n - 1, n, peak) == pytest.approx(0.01 * peak, rel=1e-4)
    after = [learning_rate(step, 1000, peak) for step in range(99, 1000)]
    assert after == sorted(after, reverse=True)
    assert max(learning_rate(step, 1000, peak) for step in range(1000)) <= peak


def test_learning_rate_of_a_short_run_still_warms_up() -> None:
    rates = [learning_rate(step, 4, 1.0) for step in range(4)]
    decay = [0.01 + 0.99 * share for share in (1.0, 0.5 + math.sqrt(0.125), 0.5, 0.5 - math.sqrt(0.125))]
    assert rates == pytest.approx([warm * d for warm, d in zip((0.25, 0.5, 0.75, 1.0), decay, strict=True)])


def test_fold_is_the_moving_average_by_hand() -> None:
    """Decay (step + 1) / (step + 10) at first: 1/10, 2/11, 3/12."""
    average, weight = [torch.tensor([0.0, 10.0])], torch.tensor([1.0, 20.0], requires_grad=True)
    fold(average, [weight], 0)
    assert average[0].tolist() == pytest.approx([0.9, 19.0])
    with torch.no_grad():
        weight.copy_(torch.tensor([2.0, 0.0]))
    fold(average, [weight], 1)
    assert average[0].tolist() == pytest.approx([0.9 * 2 / 11 + 2.0 * 9 / 11, 19.0 * 2 / 11])
    fold(average, [weight], 2)
    first = 0.25 * (0.9 * 2 / 11 + 18 / 11) + 0.75 * 2.0
    assert average[0].tolist() == pytest.approx([first, 0.25 * 19.0 * 2 / 11])
    assert weight.tolist() == [2.0, 0.0]
    assert not average[0].requires_grad


def test_fold_settles_at_a_long_memory() -> None:
    average = [torch.tensor([0.0])]
    fold(average, [torch.tensor([1.0])], 1_000_000)
    assert EMA == 0.998
    assert float(average[0]) == pytest.approx(1 - EMA, rel=1e-4)


@pytest.mark.parametrize("name", TABULAR)
def test_progress_counts_down(name: str) -> None:
    steps = list(tiny(name, n_iter=6).fit_steps(KINDS["two groups"]))
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step.n_steps for step in steps} == {6}
    assert steps[-1].seconds_left == 0.0
    assert all(step.seconds_left > 0 for step in steps[:-1])


def test_source_of_the_contract_is_the_simulated_story() -> None:
    """Rows by default: a check against them by hand agrees."""
    source = DomainDataset.from_frame("simulated", Hiring().sample(600, seed=0), HIRING_SCHEMA)
    assert check_synthesizer(Rows(), source) == check_synthesizer(Rows())
