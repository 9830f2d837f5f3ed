"""What a stage costs, in memory and in seconds, from the sizes of what it works on (`costs.toml`).

The coefficients were fitted to measured runs by `benchmarks.costs`; the file says on which machine and when.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("costs.toml")


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of one stage: a constant, and so much per unit of each size."""

    bytes_fixed: float
    bytes_per: Mapping[str, float]
    seconds_fixed: float
    seconds_per: Mapping[str, float]

    def memory(self, sizes: Mapping[str, float]) -> int:
        """Peak bytes of the process during the stage."""
        return round(self.bytes_fixed + sum(each * sizes.get(name, 0.0) for name, each in self.bytes_per.items()))

    def seconds(self, sizes: Mapping[str, float]) -> float:
        """Wall seconds on the machine that costs.toml names."""
        return self.seconds_fixed + sum(each * sizes.get(name, 0.0) for name, each in self.seconds_per.items())


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of all stages by name, and what is expected of lists nobody has read yet."""

    stages: Mapping[str, Cost]
    ratios: Mapping[str, float]


@cache
def costs(path: Path = FILE) -> Costs:
    """The costs in the TOML file `path`: MB and seconds, per million of each size."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return Costs({name: _cost(part) for name, part in raw["tahap"].items()}, dict(raw["perkiraan"]))


def _cost(part: Mapping[str, Any]) -> Cost:
    return Cost(
        part["mb"] * 1e6,
        dict(part["bita_per"]),  # MB per million is bytes each
        part["detik"],
        {name: each / 1e6 for name, each in part["detik_per_juta"].items()},
    )
