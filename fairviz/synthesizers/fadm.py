"""FADM: fair data by guided diffusion, meta-trained over domains (Lin et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch

from fairviz.checks import check_count
from fairviz.controls import control_named
from fairviz.controls.dials import (
    BOOSTED,
    FADM_DIALS,
    LABEL_STRENGTH,
    LABELS,
    NETWORK,
    PREVIEW_DIALS,
    PRICE_PARAMETERS,
    SOLVER,
)  # fmt: skip
from fairviz.data.dataset import DomainDataset
from fairviz.diffusion.guidance import Tilt
from fairviz.diffusion.losses import clean_time
from fairviz.diffusion.networks import GIVEN_LABEL, MARGINAL
from fairviz.diffusion.solvers import SOLVERS
from fairviz.dual import Dual
from fairviz.errors import SettingError
from fairviz.numerics import settle
from fairviz.posteriors import MAX_ROWS, estimate
from fairviz.settings import Dial, Parameter
from fairviz.synthesizers.base import FitStep
from fairviz.synthesizers.fadm_stored import StoredFADM, with_last
from fairviz.synthesizers.fadm_training import train
from fairviz.synthesizers.guided import guided_chunks
from fairviz.synthesizers.hyper import FITS, META, PRESET, PRESETS, WEIGHT, check_fadm_params, iterations, written
from fairviz.synthesizers.pool import Pool
from fairviz.synthesizers.stored import NO_PRICE, present
from fairviz.synthesizers.teacher import LINE, NO_TEACHER, SMALL, Answers, Teacher
from fairviz.zeros import Zeros

N_REFERENCE = 4000
#: Source rows that a draft's price rests on: a straight line learns from them within a second.
DRAFT_PRICE_ROWS = 2500
#: Soft rows that are drawn at most: they are made at once.
MAX_SOFT = 1_000_000
#: Source rows that a teacher learns from, at most.
TEACHER_ROWS = 200_000


class FADM(StoredFADM):
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
    structural_zeros : bool
        Rows with a pair of values that the source never has, though chance would bring it about often, are drawn anew
        (see :class:`fairviz.zeros.Zeros`).
    max_passes : float
        How often a source row is seen in the mean, at most; 0 for no bound. A small source is then trained on for fewer
        iterations than ``n_iter``, or its rows would come back as they are.
    network : str
        The score network: ``plain`` or ``residual`` (:class:`fairviz.diffusion.networks.ResidualScoreNetwork`).

    Attributes
    ----------
    notes_ : list of str
        What a person should know about this fit.
    dual_ : Dual or None
        Posteriors on the source's rows, from which a price's multiplier follows; None in a fit that an earlier version
        made (see :meth:`learn_price`).
    teacher_ : Teacher or None
        The best posterior on the source's rows, for ``labels="boosted"``; None in a fit of an earlier version (see
        :meth:`learn_teacher`).
    """

    registered: ClassVar[str] = "fadm"
    source_of_idea: ClassVar[str] = "Lin, Li, Zhao and Shao (2024), arXiv 2406.09495; its prices: docs/method.md"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        PRESET, FITS, Parameter("solver", SOLVER, choices=SOLVERS, neutral=True),
        PRICE_PARAMETERS[0], LABELS, LABEL_STRENGTH, *PRICE_PARAMETERS[1:],
    )  # fmt: skip
    dials: ClassVar[tuple[Dial, ...]] = FADM_DIALS
    weighted_dials: ClassVar[tuple[Dial, ...]] = PREVIEW_DIALS
    takes_steps: ClassVar[bool] = True
    has_price: ClassVar[bool] = True

    @classmethod
    def hyper_parameters(cls, setting: Mapping[str, Any], seed: int) -> dict[str, Any]:
        """Those of the setting's preset; its fits take turns over seeds."""
        params = dict(PRESETS[setting.get(PRESET.name, META)].params)
        turn = seed % setting.get(FITS.name, 1)
        return {**params, "random_state": turn} if turn else params

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
        n_iter = iterations(self.get_params(), len(x))
        if n_iter < self.n_iter:
            self.notes_.append(
                f"Trained for {n_iter:,} of {self.n_iter:,} iterations: each of {len(x):,} source rows was seen "
                f"{self.max_passes:g} times, and more would bring them back as they are."
            )
        self._in_training = (source, x, y, z)
        self.zeros_ = Zeros.learn(source.frame[self._columns]) if self.structural_zeros else None
        yield from train(self.nets_, x, y, z, d, self.get_params(), self.memory)
        del self._in_training
        self._set_reference(x, y, z)
        self.learn_price(source)
        self.learn_teacher(source)

    def draft(self) -> FADM | None:
        """What the fit would be if its training, which a memory watches, ended now; its price rests on few rows."""
        if self.memory is None or not self.memory.average:
            return None
        source, x, y, z = self._in_training
        draft = copy(self)
        draft.nets_ = self._networks()
        draft.nets_.load(dict(zip(draft.nets_.parameters(), self.memory.average, strict=True)))
        draft._set_reference(x, y, z)
        draft.notes_ = list(self.notes_)
        draft.learn_price(source, max_rows=DRAFT_PRICE_ROWS)
        draft.learn_teacher(source, max_rows=DRAFT_PRICE_ROWS)
        return draft

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Hyper-parameters; those that earlier versions had not only where they act, so that a fit keeps its name."""
        return written(super().get_params(deep))

    def _check_params(self) -> None:
        check_fadm_params(self.get_params())

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

    def learn_price(self, source: DomainDataset, *, max_rows: int = MAX_ROWS) -> None:
        """Estimate on (so many of) the source's rows what a price asks for; the networks stay as they are."""
        settle()
        self.dual_ = _rounded(estimate(source, max_rows=max_rows, seed=self.random_state))
        self.why_no_price_ = self.dual_.why_not

    def learn_teacher(self, source: DomainDataset, *, max_rows: int = TEACHER_ROWS) -> None:
        """Learn the best posterior from (so many of) the source's rows; the networks stay as they are."""
        self.teacher_ = Teacher.learn(source, self.encoder_, max_rows=max_rows, seed=self.random_state)
        if self.teacher_.kind == LINE and not any(note == SMALL for note in self.notes_):
            self.notes_.append(SMALL)

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
        return present(self.dual_, NO_PRICE)

    def end_of_dial(self, control: str) -> float:
        """Where the dial of a control ends: 0 for one without a point of equality; see :meth:`Control.end`.

        Raises
        ------
        SettingError
            No such control, or what is priced cannot be told on the source.
        """
        what = control_named(control)
        return what.end(self.price_) or 0.0 if what.gaps else 0.0

    def answers(self, features: pd.DataFrame, labels: str = NETWORK) -> Answers:
        """What the networks, or the teacher, say of n rows.

        Raises
        ------
        SettingError
            The fit was made by an earlier version and has no teacher.
        """
        if labels != NETWORK:
            return present(self.teacher_, NO_TEACHER).answers(features, self.encoder_)
        parts = []
        settle()
        with torch.no_grad():
            for part in torch.from_numpy(self.encoder_.transform(features)).split(1000):
                t = clean_time(self.nets_.sde, len(part))
                log_p = self.nets_.sensitive(part, t)
                parts.append((self.nets_.label(part, t), log_p[:, MARGINAL], log_p[:, GIVEN_LABEL + 1]))
        return Answers(*(torch.cat(list(column)).exp().numpy() for column in zip(*parts, strict=True)))

    def pool(self, n: int, **how: Any) -> Pool:
        """Unguided rows that any setting can weigh; see :meth:`fairviz.synthesizers.pool.Pool.draw`."""
        return Pool.draw(self, n, **how)

    def soft(
        self, n: int, *, random_state: int = 0, n_steps: int = 10, solver: str = SOLVER, **setting: Any
    ) -> pd.DataFrame:
        """2n rows: ``n`` unguided ones, once with either label, and a column ``weight`` that carries label and setting.

        Settings as for :meth:`fairviz.synthesizers.pool.Pool.weights`.

        Raises
        ------
        SettingError
            A setting is out of range, or a column is called ``weight`` already.
        """
        if WEIGHT in self._columns:
            raise SettingError(
                f"A column is called {WEIGHT!r} already, so soft labels have no place. Take labels='boosted'."
            )
        how: dict[str, Any] = {"random_state": random_state, "n_steps": n_steps, "solver": solver, "labels": BOOSTED}
        pool = self.pool(check_count("n", n, 1, MAX_SOFT), **how)
        return pool.rows.assign(**{WEIGHT: pool.weights(**setting)})

    def sample(self, n: int, *, random_state: int = 0, **settings: Any) -> pd.DataFrame:
        """Draw ``n`` guided rows; settings as for :func:`fairviz.synthesizers.guided.guided_chunks`."""
        return pd.concat(list(self.sample_chunks(n, random_state=random_state, **settings)), ignore_index=True)

    def sample_chunks(self, n: int, *, random_state: int = 0, **settings: Any) -> Iterator[pd.DataFrame]:
        """The same in chunks of 1,000, as they are drawn; see :func:`fairviz.synthesizers.guided.guided_chunks`."""
        yield from guided_chunks(self, n, random_state=random_state, **settings)


def _rounded(dual: Dual) -> Dual:
    """The dual as it comes back from a file, so that a fit and its copy read from disk agree to the last bit."""
    return replace(
        dual, eta=dual.eta.astype(np.float32), p_z=with_last(dual.p_z[:, :-1]), p_z1=with_last(dual.p_z1[:, :-1])
    )
