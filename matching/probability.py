"""Scores -> calibrated probabilities: by the settings the linkage ships with, then by labels of the user, if any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.calibrate import Calibration, Labels, calibrator
from matching.decided import Decided
from matching.settings import LinkSettings

F64 = npt.NDArray[np.float64]


class Probability:
    """Probability of a score (log2 odds of the model).

    The model takes the fields for independent given the class and is too sure for it, and otherwise so for pairs of two
    lists than for pairs within one; slope and shift of each kind are in the settings (docs/adr/0013).
    """

    def __init__(self, settings: LinkSettings, labels: Calibration | None = None) -> None:
        self._between, self._inside = settings.kalibrasi_antar, settings.kalibrasi_dalam
        self.labels = labels

    @classmethod
    def of_run(cls, info: Mapping[str, Any]) -> Probability:
        """That of a finished run; `info` is `penautan` of run.json."""
        stated = info.get("kalibrasi_label")
        return cls(LinkSettings(**info["pengaturan"]), Calibration.from_dict(stated) if stated else None)

    def __call__(self, weight: F64, within: npt.NDArray[np.bool_]) -> F64:
        """Probabilities of scores; `within`: both rows are of one list."""
        slope = np.where(within, self._inside[0], self._between[0])
        shift = np.where(within, self._inside[1], self._between[1])
        probability = np.asarray(1.0 / (1.0 + np.exp(-(slope * weight * np.log(2) + shift))), dtype=np.float64)
        return probability if self.labels is None else np.clip(self.labels(probability), 0.0, 1.0)

    def learn(self, labels: Decided, row: npt.NDArray[np.int64], probability: F64) -> None:
        """Calibrate by labelled pairs, of which label k is candidate pair `row[k]` (-1: none of them)."""
        seen = row >= 0
        if seen.any():
            self.labels = calibrator(Labels(probability[row[seen]], labels.sama[seen], labels.pangsa[seen]))
