"""The smallest synthesizer that keeps the contract, and others that each break one promise."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch

from fairviz.checks import check_count
from fairviz.data.dataset import DomainDataset
from fairviz.synthesizers.base import FitStep, Synthesizer


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
