"""Labels -> a mapping of probabilities: calibration by what people said, as stiff as the labels are few.

The model's own word counts like a number of labels, spread over the score and answered as the model would. So a few
answers move little, and much evidence moves what it speaks of. A form of calibration is used only where it foretells
held-out labels better than the model does without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from matching.labels import F64, logit

LEAST: Final = 20  # labels below which nothing is calibrated
LEAST_EACH: Final = 3  # of them matches, and of them non-matches
FREE_FORM: Final = 200  # labels from which a step function may be fitted
OWN_WORD: Final = 10.0  # labels that the model's own word is worth
FOLDS: Final = 5
_GRID: Final = np.linspace(-8.0, 8.0, 33)  # log odds at which the model's own word stands


@dataclass(frozen=True, slots=True)
class Labels:
    """Labelled pairs: `probability` by the model, `same` as people said, `chance` with which each was drawn."""

    probability: F64
    same: npt.NDArray[np.bool_]
    chance: F64

    @property
    def weight(self) -> F64:
        """Weights by inclusion, summing to the effective number of labels."""
        raw = 1 / np.clip(self.chance, 1e-6, 1)
        # One rarely drawn pair must not outvote all others.
        raw = np.minimum(raw, 10 * np.median(raw)) if len(raw) else raw
        effective = raw.sum() ** 2 / max(float((raw**2).sum()), 1e-300)
        return np.asarray(raw / max(float(raw.sum()), 1e-300) * effective, dtype=np.float64)

    def part(self, chosen: npt.NDArray[np.bool_]) -> Labels:
        """The chosen labels."""
        return Labels(self.probability[chosen], self.same[chosen], self.chance[chosen])


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising mapping of probabilities: log odds at the knots `x` become `y`, linear between and parallel beyond.

    `kind`: none, platt or isotonic. `info`: number of labels, losses (mean log loss of held-out labels, nats).
    """

    kind: str
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()
    slope: float = 1.0  # platt
    intercept: float = 0.0
    info: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, probability: F64) -> F64:
        """Calibrated probabilities, in the order of the given ones."""
        score = logit(probability)
        if self.kind == "platt":
            score = self.slope * score + self.intercept
        elif self.kind == "isotonic":
            x, y = np.array(self.x), np.array(self.y)
            inside = np.interp(score, x, y)
            beyond = np.where(score < x[0], score - x[0], np.where(score > x[-1], score - x[-1], 0.0))
            score = inside + beyond
        else:
            return np.asarray(probability, dtype=np.float64)
        return np.asarray(1 / (1 + np.exp(-score)), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Plain values from which `from_dict` makes the same calibration."""
        return {
            "kind": self.kind, "x": list(self.x), "y": list(self.y), "slope": self.slope, "intercept": self.intercept,
            "info": dict(self.info),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Calibration:
        """The calibration that `to_dict` wrote."""
        return cls(
            data["kind"], tuple(data["x"]), tuple(data["y"]), data["slope"], data["intercept"], dict(data["info"])
        )


def _with_own_word(labels: Labels) -> tuple[F64, F64, F64]:
    """(log odds, answer, weight) of the labels and of the model's own word."""
    own = 1 / (1 + np.exp(-_GRID))
    each = OWN_WORD / len(_GRID)
    score = np.concatenate((np.clip(logit(labels.probability), -12, 12), _GRID, _GRID))
    answer = np.concatenate((labels.same.astype(float), np.ones(len(_GRID)), np.zeros(len(_GRID))))
    weight = np.concatenate((labels.weight, own * each, (1 - own) * each))
    return score, answer, weight


def _platt(labels: Labels) -> Calibration:
    score, answer, weight = _with_own_word(labels)
    # The own word is the only prior: the regression adds none of its own.
    from sklearn.linear_model import LogisticRegression  # a second of importing, for those who have labels only

    fitted = LogisticRegression(C=1e6, max_iter=1_000, tol=1e-8).fit(score[:, None], answer, sample_weight=weight)
    slope = max(float(fitted.coef_[0, 0]), 1e-3)  # never turned round
    return Calibration("platt", slope=slope, intercept=float(fitted.intercept_[0]))


def _isotonic(labels: Labels) -> Calibration:
    score, answer, weight = _with_own_word(labels)
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(y_min=1e-4, y_max=1 - 1e-4).fit(score, answer, sample_weight=weight)
    x = np.asarray(fitted.X_thresholds_, dtype=np.float64)
    y = logit(np.asarray(fitted.y_thresholds_, dtype=np.float64))
    return Calibration("isotonic", tuple(x.tolist()), tuple(y.tolist()))


_FORMS: Final[dict[str, tuple[Callable[[Labels], Calibration], int]]] = {
    "platt": (_platt, LEAST),
    "isotonic": (_isotonic, FREE_FORM),
}


def _loss(probability: F64, labels: Labels) -> tuple[float, float]:
    """(sum of weighted log losses, sum of weights)."""
    p = np.clip(probability, 1e-4, 1 - 1e-4)
    each = -np.where(labels.same, np.log(p), np.log1p(-p))
    return float((labels.weight * each).sum()), float(labels.weight.sum())


def held_out_loss(labels: Labels, form: Callable[[Labels], Calibration] | None) -> float:
    """Mean log loss of labels that the calibration `form` was not fitted on (None: the model as it is)."""
    order = np.lexsort((labels.same, labels.probability))
    fold = np.empty(len(order), dtype=np.int64)
    fold[order] = np.arange(len(order)) % FOLDS  # every fold spans the whole score
    total = weight = 0.0
    for k in range(FOLDS):
        test = labels.part(fold == k)
        mapped = test.probability if form is None else form(labels.part(fold != k))(test.probability)
        loss, size = _loss(mapped, test)
        total, weight = total + loss, weight + size
    return total / max(weight, 1e-300)


def calibrator(labels: Labels) -> Calibration:
    """The calibration that foretells held-out labels best; of kind "none" where none helps or labels are too few."""
    n, same = len(labels.same), int(labels.same.sum())
    info: dict[str, Any] = {"labels": n, "same": same, "effective": float(labels.weight.sum()) if n else 0.0}
    if n < LEAST or min(same, n - same) < LEAST_EACH:
        return Calibration("none", info={**info, "why": "too_few"})
    losses = {"none": held_out_loss(labels, None)}
    losses |= {name: held_out_loss(labels, form) for name, (form, least) in _FORMS.items() if n >= least}
    best = min(losses, key=lambda name: losses[name])  # the first of equals: the simplest
    info["held_out_loss"] = losses
    if best == "none":
        return Calibration("none", info={**info, "why": "no_gain"})
    made = _FORMS[best][0](labels)
    return Calibration(made.kind, made.x, made.y, made.slope, made.intercept, info)
