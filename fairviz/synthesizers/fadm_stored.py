"""A fit of FADM as a dictionary and arrays, and back, checked: somebody else may have written them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import torch

from fairviz.diffusion.sde import VPSDE
from fairviz.dual import GAPS, Dual
from fairviz.errors import StoreError
from fairviz.synthesizers.fadm_training import Networks
from fairviz.synthesizers.hyper import LATER, FADMParams
from fairviz.synthesizers.stored import NO_PRICE, Form, check_arrays, present
from fairviz.synthesizers.tabular import TableSynthesizer
from fairviz.synthesizers.teacher import NO_TEACHER, Teacher
from fairviz.zeros import Zeros


def with_last(p: np.ndarray) -> np.ndarray:
    """Posteriors of all groups, (n, K), from those of all but the last, (n, K - 1), in float32."""
    p = p.astype(np.float32)
    return np.column_stack([p, (np.float32(1) - p.sum(1, dtype=np.float32)).clip(0, 1)])


class StoredFADM(FADMParams, TableSynthesizer):
    """What :class:`fairviz.synthesizers.FADM` keeps of a fit; see there for its attributes."""

    nets_: Networks
    reference_: tuple[torch.Tensor, torch.Tensor, torch.Tensor]
    dual_: Dual | None
    why_no_price_: dict[str, str] | None
    teacher_: Teacher | None
    about_teacher_: dict[str, Any] | None
    zeros_: Zeros | None
    #: Whether the last group's posterior is left out of the file, for it follows from the others'.
    implied_: bool

    optional_fields: ClassVar[frozenset[str]] = frozenset({"why_no_price", "teacher", "zeros", "implied"})
    later_params: ClassVar[Mapping[str, Any]] = LATER

    @property
    def _columns(self) -> list[str]:
        """Of a row that is drawn."""
        return [*self.schema_.features, self.schema_.label]

    def _networks(self) -> Networks:
        """Fresh networks for the table that was learned."""
        return Networks.build(VPSDE(), self.encoder_.width_, self.blocks_, len(self.groups_), self.get_params())

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """JSON-able dictionary and arrays; see :meth:`from_state`."""
        arrays = {f"net.{name}": value.numpy() for name, value in self.nets_.parameters().items()}
        arrays |= dict(zip(("ref.y", "ref.z", "ref.z1"), (a.numpy() for a in self.reference_), strict=True))
        arrays |= {f"teacher.{name}": array for name, array in present(self.teacher_, NO_TEACHER).arrays().items()}
        dual = present(self.dual_, NO_PRICE)
        arrays |= {"dual.eta": dual.eta, "dual.p_z": dual.p_z[:, :-1], "dual.p_z1": dual.p_z1[:, :-1]}
        told = {"why_no_price": dual.why_not, "teacher": present(self.teacher_, NO_TEACHER).about(), "implied": True}
        if self.zeros_ is not None:
            told["zeros"] = self.zeros_.to_json()
        return {**self._table_state(), **told}, arrays

    def _forms(self) -> dict[str, Form]:
        with torch.device("meta"):
            forms = {f"net.{name}": Form.of(value) for name, value in self._networks().parameters().items()}
        k = len(self.groups_)
        forms |= {
            "ref.y": Form(("n",), "int64", 0, 1),
            "ref.z": Form(("n", k), low=0, high=1.001),  # a sum of rounded exponentials
            "ref.z1": Form(("n", k), low=0, high=1.001),
        }
        if self.about_teacher_ is not None:  # else of an earlier version
            taught = Teacher.forms(self.about_teacher_, len(self.schema_.features), self.encoder_.width_, k)
            forms |= {f"teacher.{name}": form for name, form in taught.items()}
        if self.why_no_price_ is None:  # of an earlier version: the sign of its price came from base rates
            shares = Form((k,), low=float(np.finfo(np.float32).tiny), high=1)
            return forms | {"tilt.c": Form((k,), low=-2, high=2), "tilt.pi": shares, "tilt.pi_1": shares}
        groups = k - 1 if self.implied_ else k
        return forms | {
            "dual.eta": Form(("m",), low=0, high=1),
            "dual.p_z": Form(("m", groups), low=0, high=1.001),
            "dual.p_z1": Form(("m", groups), low=0, high=1.001),
        }

    @classmethod
    def _from_table(cls, meta: dict[str, Any]) -> Self:
        fit: Self = super()._from_table(meta)
        told = meta.get("why_no_price")
        if told is not None and not (
            isinstance(told, dict) and told.keys() <= set(GAPS) and all(isinstance(why, str) for why in told.values())
        ):
            raise StoreError("fit.json: why_no_price is not a sentence for each price")
        fit.why_no_price_ = told
        fit.implied_ = meta.get("implied", False)
        if not isinstance(fit.implied_, bool):
            raise StoreError("fit.json: implied is neither true nor false")
        fit.zeros_ = Zeros.from_json(meta["zeros"], fit._columns) if "zeros" in meta else None
        if fit.structural_zeros != (fit.zeros_ is not None):
            raise StoreError("fit.json: its structural zeros do not go with its hyper-parameters")
        fit.about_teacher_ = meta.get("teacher")
        if fit.about_teacher_ is not None:
            Teacher.check_about(fit.about_teacher_, fit.schema_.features)
        return fit

    @classmethod
    def from_state(cls, meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> Self:
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
            if fit.implied_:
                p_z, p_z1 = with_last(p_z), with_last(p_z1)
            fit.dual_ = Dual(eta, p_z, p_z1, pi, pi_1, why_not=fit.why_no_price_)
        fit.teacher_ = None
        if fit.about_teacher_ is not None:
            taught = {name[8:]: value for name, value in arrays.items() if name.startswith("teacher.")}
            fit.teacher_ = Teacher.from_state(fit.about_teacher_, taught, len(fit.groups_))
        return fit
