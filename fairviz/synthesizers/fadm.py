"""FADM: fair data by guided diffusion, meta-trained over domains (Lin et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from fairviz.checks import MAX_ROWS, check_count, check_price
from fairviz.controls import MAX_LAMBDA_Y, control_named
from fairviz.controls.base import Steering
from fairviz.controls.dials import FADM_DIALS, LABEL_STRENGTH, PREVIEW_DIALS, PRICE_PARAMETERS
from fairviz.data.dataset import DomainDataset
from fairviz.data.schema import _names
from fairviz.diffusion.guidance import ScoreFn, Tilt, guided, label_term
from fairviz.diffusion.losses import clean_time
from fairviz.diffusion.networks import GIVEN_LABEL, MARGINAL
from fairviz.diffusion.sde import VPSDE
from fairviz.diffusion.solvers import SOLVERS, solve
from fairviz.dual import GAPS, Dual
from fairviz.errors import DataError, SettingError, StoreError
from fairviz.numerics import settle
from fairviz.posteriors import estimate
from fairviz.settings import Dial, Parameter
from fairviz.synthesizers.base import FitStep
from fairviz.synthesizers.fadm_training import Networks, check_fadm_params, train
from fairviz.synthesizers.stored import Form, check_arrays
from fairviz.synthesizers.tabular import CHUNK, TableSynthesizer, chunk_seeds

N_REFERENCE = 4000
MAX_STEPS = 5000
NO_PRICE = (
    "This fit was made by an earlier version of fairviz and does not hold what a price of unfairness needs. Its "
    "networks are still good: run 'fairviz upgrade FOLDER' with the rows it was made from."
)


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
    dual_ : Dual or None
        Posteriors on the source's rows, from which a price's multiplier follows; None in a fit that an earlier version
        made (see :meth:`learn_price`).
    """

    registered: ClassVar[str] = "fadm"
    source_of_idea: ClassVar[str] = "Lin, Li, Zhao and Shao (2024), arXiv 2406.09495; its prices: docs/method.md"
    parameters: ClassVar[tuple[Parameter, ...]] = (PRICE_PARAMETERS[0], LABEL_STRENGTH, *PRICE_PARAMETERS[1:])
    dials: ClassVar[tuple[Dial, ...]] = FADM_DIALS
    weighted_dials: ClassVar[tuple[Dial, ...]] = PREVIEW_DIALS
    takes_steps: ClassVar[bool] = True
    has_price: ClassVar[bool] = True
    optional_fields: ClassVar[frozenset[str]] = frozenset({"why_no_price"})

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
        settle()
        x, y, z, d = self._learn_table(source)
        self.nets_ = self._networks()
        if len(source.domains) < 2 and self.meta != "none":
            self.notes_.append(
                f"Only one source domain ({source.domains[0]}): the meta step is undefined, trained plainly."
            )
        yield from train(self.nets_, x, y, z, d, self.get_params())
        self._set_reference(x, y, z)
        self.learn_price(source)

    def _check_params(self) -> None:
        check_fadm_params(self.get_params())

    def _networks(self) -> Networks:
        return Networks.build(VPSDE(), self.encoder_.width_, self.blocks_, len(self.groups_), self.get_params())

    @property
    def label_prior_(self) -> float:
        """P(y=1) in the source."""
        return float(self.joint_[:, 1].sum())

    @torch.no_grad()
    def _set_reference(self, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> None:
        """The networks' predictions on source rows, from which the tilted label prior follows."""
        rng = torch.Generator().manual_seed(self.random_state)
        rows = torch.randperm(len(x), generator=rng)[:N_REFERENCE]
        log_p = self.nets_.sensitive(x[rows], clean_time(self.nets_.sde, len(rows)))
        self.reference_ = (y[rows], log_p[:, MARGINAL].exp(), log_p[:, GIVEN_LABEL + 1].exp())

    def learn_price(self, source: DomainDataset) -> None:
        """Estimate on the source's rows what a price asks for; the networks play no part and stay as they are."""
        settle()
        self.dual_: Dual | None = _rounded(estimate(source, seed=self.random_state))
        self.why_no_price_: dict[str, str] | None = self.dual_.why_not

    @property
    def tilt_(self) -> Tilt:
        """The tilt with the source's shares."""
        joint = self.joint_
        return Tilt.from_shares(joint.sum(1), joint[:, 1])

    @property
    def price_(self) -> Dual:
        """What a price's multiplier follows from.

        Raises
        ------
        SettingError
            The fit was made by an earlier version.
        """
        if self.dual_ is None:
            raise SettingError(NO_PRICE)
        return self.dual_

    def end_of_dial(self, control: str) -> float:
        """Where the dial of a control ends: 0 for one without a point of equality; see :meth:`Control.end`.

        Raises
        ------
        SettingError
            No such control, or what is priced cannot be told on the source.
        """
        what = control_named(control)
        return what.end(self.price_) or 0.0 if what.gaps else 0.0

    def pool(self, n: int, *, random_state: int = 0, n_steps: int = 10) -> Any:
        """Unguided rows that any setting can weigh; see :meth:`fairviz.synthesizers.pool.Pool.draw`."""
        from fairviz.synthesizers.pool import Pool

        return Pool.draw(self, n, random_state=random_state, n_steps=n_steps)

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
            Strength of label guidance (1 is ``p(x|y)``), price of unfairness: 0 to ``MAX_LAMBDA_Y``, 0 to the
            control's ``top``. The price of a gap acts through its multiplier, which stops growing at equality.
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
            A setting is out of range, or what is priced cannot be told on the source.
        DataError
            The solver left the finite numbers.
        """
        n = check_count("n", n, 1, MAX_ROWS)
        n_steps = check_count("n_steps", n_steps, 1, MAX_STEPS)
        random_state = check_count("random_state", random_state, 0, 2**63 - 1)
        what = control_named(control)
        if solver not in SOLVERS:
            raise SettingError(f"No solver {solver!r}. Choose one of {_names(list(SOLVERS))}.")
        strength = check_price("lambda_y", lambda_y, n, MAX_LAMBDA_Y)
        price, second = what.check(lambda_z, lambda_eop, n)
        settle()
        for start, stop, rng in chunk_seeds(n, random_state):
            own, z, eop = (np.resize(a[start:stop], CHUNK) for a in (strength, price, second))
            steering = what.steering(self, z, eop)
            frame = self._sample_chunk(torch.from_numpy(own).float(), steering, n_steps, solver, rng)
            yield frame.iloc[: stop - start]

    @torch.no_grad()
    def _sample_chunk(
        self,
        strength: torch.Tensor,
        steering: Steering | None,
        n_steps: int,
        solver: str,
        rng: torch.Generator,
    ) -> pd.DataFrame:
        # always a whole chunk, so that matrix shapes, and with them every last bit, do not depend on n
        noise = torch.randn(CHUNK, self.encoder_.width_, generator=rng)
        u = torch.rand(CHUNK, generator=rng, dtype=torch.float64)
        y = (u < (self.label_prior_ if steering is None else steering.prior(self))).long()
        terms: list[ScoreFn] = []
        label_weight = strength - 1.0 if self.label_in_score else strength
        if label_weight.any():
            terms.append(label_term(self.nets_.label, y, label_weight))
        if steering is not None:
            terms += steering.terms(self, y)
        score = guided(self._score(y), *terms)
        *_, x = solve(self.nets_.sde, score, noise, n_steps=n_steps, solver=solver, rng=rng)
        if not torch.isfinite(x).all():
            raise DataError(
                "The sampler left the finite numbers: guidance this strong needs more steps, or a smaller lambda."
            )
        return self._decode(x, y)

    def _score(self, y: torch.Tensor) -> ScoreFn:
        nets = self.nets_
        label = y if self.label_in_score else None
        return lambda x, t: nets.sde.score_of(x, t, nets.score.denoised(x, t, label))

    def state(self) -> tuple[dict, dict[str, np.ndarray]]:
        """JSON-able dictionary and arrays; see :meth:`from_state`."""
        arrays = {f"net.{name}": value.numpy() for name, value in self.nets_.parameters().items()}
        arrays |= dict(zip(("ref.y", "ref.z", "ref.z1"), (a.numpy() for a in self.reference_), strict=True))
        dual = self.price_
        arrays |= {f"dual.{name}": getattr(dual, name) for name in ("eta", "p_z", "p_z1")}
        return {**self._table_state(), "why_no_price": dual.why_not}, arrays

    def _forms(self) -> dict[str, Form]:
        with torch.device("meta"):
            forms = {f"net.{name}": Form.of(value) for name, value in self._networks().parameters().items()}
        k = len(self.groups_)
        forms |= {
            "ref.y": Form(("n",), "int64", 0, 1),
            "ref.z": Form(("n", k), low=0, high=1.001),  # a sum of rounded exponentials
            "ref.z1": Form(("n", k), low=0, high=1.001),
        }
        if self.why_no_price_ is None:  # of an earlier version: the sign of its price came from base rates
            shares = Form((k,), low=float(np.finfo(np.float32).tiny), high=1)
            return forms | {"tilt.c": Form((k,), low=-2, high=2), "tilt.pi": shares, "tilt.pi_1": shares}
        return forms | {
            "dual.eta": Form(("m",), low=0, high=1),
            "dual.p_z": Form(("m", k), low=0, high=1.001),
            "dual.p_z1": Form(("m", k), low=0, high=1.001),
        }

    @classmethod
    def _from_table(cls, meta: dict) -> FADM:
        fit: FADM = super()._from_table(meta)
        told = meta.get("why_no_price")
        if told is not None and not (
            isinstance(told, dict) and told.keys() <= set(GAPS) and all(isinstance(why, str) for why in told.values())
        ):
            raise StoreError("fit.json: why_no_price is not a sentence for each price")
        fit.why_no_price_ = told
        return fit

    @classmethod
    def from_state(cls, meta: dict, arrays: dict[str, np.ndarray]) -> FADM:
        """Rebuild a fit; the inverse of :meth:`state`.

        Raises
        ------
        StoreError
            These are not the dictionary and arrays of any fit of FADM.
        """
        fit = cls._from_table(meta)
        check_arrays(fit._forms(), arrays)
        tensors = {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
        fit.nets_ = fit._networks()
        fit.nets_.load({name[4:]: value for name, value in tensors.items() if name.startswith("net.")})
        fit.reference_ = (tensors["ref.y"], tensors["ref.z"], tensors["ref.z1"])
        fit.dual_ = None
        if fit.why_no_price_ is not None:
            pi, pi_1 = fit.joint_.sum(1).numpy(), fit.joint_[:, 1].numpy()
            eta, p_z, p_z1 = (arrays[f"dual.{name}"] for name in ("eta", "p_z", "p_z1"))
            fit.dual_ = Dual(eta, p_z, p_z1, pi, pi_1, why_not=fit.why_no_price_)
        return fit


def _rounded(dual: Dual) -> Dual:
    """The dual as it comes back from a file, so that a fit and its copy read from disk agree to the last bit."""
    return replace(dual, **{name: getattr(dual, name).astype(np.float32) for name in ("eta", "p_z", "p_z1")})
