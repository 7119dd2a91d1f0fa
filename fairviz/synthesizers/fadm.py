"""FADM: fair data by guided diffusion, meta-trained over domains (Lin et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import _names
from fairviz.diffusion.guidance import ScoreFn, Tilt, entropy_term, guided, label_term, tilt_term
from fairviz.diffusion.losses import clean_time
from fairviz.diffusion.networks import GIVEN_LABEL, MARGINAL
from fairviz.diffusion.precision import fast_matmul
from fairviz.diffusion.sde import VPSDE
from fairviz.diffusion.solvers import SOLVERS, solve
from fairviz.errors import SettingError
from fairviz.synthesizers.base import MAX_ROWS, FitStep, check_count, check_price
from fairviz.synthesizers.controls import CONTROLS
from fairviz.synthesizers.fadm_training import Networks, check_fadm_params, train
from fairviz.synthesizers.stored import Form, check_arrays
from fairviz.synthesizers.table import CHUNK, TableSynthesizer, chunk_seeds

N_REFERENCE = 4000
MAX_STEPS = 5000


class FADM(TableSynthesizer):
    """Score network, label classifier and sensitive classifier, trained side by side.

    Parameters
    ----------
    n_iter : int
        Iterations of Algorithm 1.
    batch_size : int
        Rows of ``B_src``, half in ``B_in`` and half in ``B_out``.
    hidden, depth : int
        Width and number of hidden layers of the score network.
    classifier_hidden, classifier_depth : int
        The same for the two classifiers.
    learning_rate : float
        Peak rate of the optimiser (gamma of Algorithm 1), cosine decay.
    inner_lr : float
        alpha of Algorithm 1.
    beta : float
        Weight of the held-out domain's loss.
    meta : str
        One of ``fairviz.meta.META_MODES``.
    domain_weights : str
        How ``L(B_in)`` and ``L(B_out)`` are weighted: ``rows`` (by their domains' shares of the rows, so that every
        source row counts the same) or ``equal`` (by 1, as in MLDG).
    label_in_score : bool
        True: the score network learns ``grad log p_t(x|y)``, which holds one unit of label guidance, and the label
        classifier adds ``lambda_y - 1`` units; the sum is eq. 11's. False: the paper's unconditional network.
    random_state : int

    Attributes
    ----------
    notes_ : list of str
        What a person should know about this fit.
    """

    registered: ClassVar[str] = "fadm"

    def __init__(
        self,
        *,
        n_iter: int = 5000,
        batch_size: int = 512,
        hidden: int = 256,
        depth: int = 3,
        classifier_hidden: int = 128,
        classifier_depth: int = 2,
        learning_rate: float = 4e-3,
        inner_lr: float = 0.01,
        beta: float = 1.0,
        meta: str = "second_order",
        domain_weights: str = "rows",
        label_in_score: bool = True,
        random_state: int = 0,
    ) -> None:
        self.n_iter = n_iter
        self.batch_size = batch_size
        self.hidden = hidden
        self.depth = depth
        self.classifier_hidden = classifier_hidden
        self.classifier_depth = classifier_depth
        self.learning_rate = learning_rate
        self.inner_lr = inner_lr
        self.beta = beta
        self.meta = meta
        self.domain_weights = domain_weights
        self.label_in_score = label_in_score
        self.random_state = random_state

    def fit_steps(self, source: DomainDataset) -> Iterator[FitStep]:
        """Train; yields a :class:`FitStep` after every iteration.

        Raises
        ------
        SettingError
            A hyper-parameter is out of range.
        DataError
            The source has one class only, or a loss is no longer finite.
        """
        x, y, z, d = self._learn_table(source)
        self.nets_ = self._networks()
        if len(source.domains) < 2 and self.meta != "none":
            self.notes_.append(
                f"Only one source domain ({source.domains[0]}): the meta step is undefined, trained plainly."
            )
        yield from train(self.nets_, x, y, z, d, self.get_params())
        self._set_tilt(x, y, z)

    def _check_params(self) -> None:
        check_fadm_params(self.get_params())

    def _networks(self) -> Networks:
        return Networks.build(VPSDE(), self.encoder_.width_, self.blocks_, len(self.groups_), self.get_params())

    @property
    def label_prior_(self) -> float:
        """P(y=1) in the source."""
        return float(self.joint_[:, 1].sum())

    @torch.no_grad()
    def _set_tilt(self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> None:
        """Group shares of the source, and the predictions on source rows from which the tilted prior follows."""
        self.tilt_ = Tilt.from_source(y, z, len(self.groups_))
        rng = torch.Generator().manual_seed(self.random_state)
        rows = torch.randperm(len(x), generator=rng)[:N_REFERENCE]
        log_p = self.nets_.sensitive(x[rows], clean_time(self.nets_.sde, len(rows)))
        self.reference_ = (y[rows], log_p[:, MARGINAL].exp(), log_p[:, GIVEN_LABEL + 1].exp())

    def sample(self, n: int, *, random_state: int = 0, **settings: Any) -> pd.DataFrame:
        """Draw ``n`` guided rows; see :meth:`sample_chunks` for the settings."""
        return pd.concat(list(self.sample_chunks(n, random_state=random_state, **settings)), ignore_index=True)

    def sample_chunks(
        self,
        n: int,
        *,
        lambda_y: Any = 1.0,
        lambda_z: Any = 0.0,
        lambda_eop: Any = 0.0,
        control: str = "dp",
        n_steps: int = 10,
        solver: str = "sde_dpmpp_2m",
        random_state: int = 0,
    ) -> Iterator[pd.DataFrame]:
        """Draw rows in chunks (eq. 11, with the controls of docs/method.md).

        Rows do not depend on ``n``: the first rows of a larger draw are those of a smaller one. The same seed uses
        the same noise at every setting.

        Parameters
        ----------
        n : int
            Rows, 1 to 5,000,000.
        lambda_y, lambda_z : float or array of shape (n,)
            Strength of label guidance (1 is ``p(x|y)``), price of unfairness. Not negative.
        lambda_eop : float or array of shape (n,)
            Price of the true-positive gap, with control ``dp_eop`` only (``lambda_z`` is then that of parity).
        control : str
            A key of ``CONTROLS``.
        n_steps : int
            Score evaluations, 1 to 5,000.
        solver : str
            ``sde_dpmpp_2m`` (10 to 20 steps) or ``euler_maruyama`` (200 steps and more).

        Raises
        ------
        SettingError
        """
        n = check_count("n", n, 1, MAX_ROWS)
        n_steps = check_count("n_steps", n_steps, 1, MAX_STEPS)
        random_state = check_count("random_state", random_state, 0, 2**63 - 1)
        if control not in CONTROLS:
            raise SettingError(f"No control {control!r}. Choose one of {_names(list(CONTROLS))}.")
        if solver not in SOLVERS:
            raise SettingError(f"No solver {solver!r}. Choose one of {_names(list(SOLVERS))}.")
        strength = check_price("lambda_y", lambda_y, n)
        price, price_eop = check_price("lambda_z", lambda_z, n), check_price("lambda_eop", lambda_eop, n)
        if price_eop.any() and control != "dp_eop":
            raise SettingError(f"lambda_eop goes with control 'dp_eop' only, not with {control!r}.")
        for start, stop, rng in chunk_seeds(n, random_state):
            parts = [torch.from_numpy(np.resize(a[start:stop], CHUNK)) for a in (strength, price, price_eop)]
            frame = self._sample_chunk(parts[0], parts[1], parts[2], control, n_steps, solver, rng)
            yield frame.iloc[: stop - start]

    @torch.no_grad()
    def _sample_chunk(
        self,
        strength: torch.Tensor,
        price: torch.Tensor,
        price_eop: torch.Tensor,
        control: str,
        n_steps: int,
        solver: str,
        rng: torch.Generator,
    ) -> pd.DataFrame:
        # always a whole chunk, so that matrix shapes, and with them every last bit, do not depend on n
        noise = torch.randn(CHUNK, self.encoder_.width_, generator=rng)
        u = torch.rand(CHUNK, generator=rng, dtype=torch.float64)
        nothing = torch.zeros_like(price)
        dp, eop = {"dp": (price, nothing), "eop": (nothing, price), "dp_eop": (price, price_eop)}.get(
            control, (nothing, nothing)
        )
        y = (u < self._prior(dp, eop)).long()
        terms: list[ScoreFn] = []
        label_weight = strength - 1.0 if self.label_in_score else strength
        if label_weight.any():
            terms.append(label_term(self.nets_.label, y, label_weight))
        if control == "entropy" and price.any():
            terms.append(entropy_term(self.nets_.sensitive, price))
        if dp.any() or eop.any():
            terms.append(tilt_term(self.nets_.sensitive, self.tilt_, y, dp, eop))
        with fast_matmul():
            score = guided(self._score(y), *terms)
            *_, x = solve(self.nets_.sde, score, noise, n_steps=n_steps, solver=solver, rng=rng)
        return self._decode(x, y)

    def _score(self, y: torch.Tensor) -> ScoreFn:
        nets = self.nets_
        label = y if self.label_in_score else None
        return lambda x, t: nets.sde.score_of(x, t, nets.score.denoised(x, t, label))

    def _prior(self, dp: torch.Tensor, eop: torch.Tensor) -> torch.Tensor:
        """P(y=1) for every row: the source's, moved by the tilt.

        The reference rows are a subsample, so the tilt's effect is taken relative to price 0.
        """
        untouched = torch.full(dp.shape, self.label_prior_, dtype=torch.float64)
        if not (dp.any() or eop.any()):
            return untouched
        y, p_z, p_z1 = self.reference_
        tilted = self.tilt_.label_prior(y, p_z, p_z1, dp, eop).double()
        base = y.double().mean()
        odds = (tilted / (1 - tilted)) / (base / (1 - base)) * self.label_prior_ / (1 - self.label_prior_)
        return torch.where((dp == 0) & (eop == 0), untouched, odds / (1 + odds))

    def state(self) -> tuple[dict, dict[str, np.ndarray]]:
        """JSON-able dictionary and arrays; see :meth:`from_state`."""
        arrays = {f"net.{name}": value.numpy() for name, value in self.nets_.parameters().items()}
        arrays |= {f"tilt.{name}": getattr(self.tilt_, name).numpy() for name in ("c", "pi", "pi_1")}
        arrays |= dict(zip(("ref.y", "ref.z", "ref.z1"), (a.numpy() for a in self.reference_), strict=True))
        return self._table_state(), arrays

    def _forms(self) -> dict[str, Form]:
        with torch.device("meta"):
            forms = {f"net.{name}": Form.of(value) for name, value in self._networks().parameters().items()}
        k, least = len(self.groups_), float(np.finfo(np.float32).tiny)  # shares are divided by
        return forms | {
            "tilt.c": Form((k,), low=-2, high=2),
            "tilt.pi": Form((k,), low=least, high=1),
            "tilt.pi_1": Form((k,), low=least, high=1),
            "ref.y": Form(("n",), "int64", 0, 1),
            "ref.z": Form(("n", k), low=0, high=1.001),  # a sum of rounded exponentials
            "ref.z1": Form(("n", k), low=0, high=1.001),
        }

    @classmethod
    def from_state(cls, meta: dict, arrays: dict[str, np.ndarray]) -> FADM:
        """Rebuild a fit; the inverse of :meth:`state`.

        Raises
        ------
        StoreError
            These are not the dictionary and arrays of any fit of FADM.
        """
        fit: FADM = cls._from_table(meta)
        check_arrays(fit._forms(), arrays)
        tensors = {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
        fit.nets_ = fit._networks()
        fit.nets_.load({name[4:]: value for name, value in tensors.items() if name.startswith("net.")})
        fit.tilt_ = Tilt(tensors["tilt.c"], tensors["tilt.pi"], tensors["tilt.pi_1"])
        fit.reference_ = (tensors["ref.y"], tensors["ref.z"], tensors["ref.z1"])
        return fit
