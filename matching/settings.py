"""Settings of the linkage: bands and bounds, with their defaults."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

# The model takes the fields for independent given the class, and is too sure for it. Slope and shift were fitted on the
# truth of eight synthetic kabupaten (docs/adr/0013); labels of the user's own lists (`padan label`) replace them.
Calibrated = tuple[Annotated[float, Field(gt=0, le=3)], Annotated[float, Field(ge=-5, le=5)]]


class LinkSettings(BaseModel):
    """Bands are probabilities; bounds are numbers of records or pairs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    padan: float = Field(default=0.90, gt=0.5, lt=1, description="a pair at or above it is a match")
    tinjau: float = Field(default=0.20, gt=0, lt=1, description="a pair at or above it goes to clerical review")
    pasti: float = Field(default=0.99, gt=0.5, lt=1, description="a finding at or above it is called certain")
    blok_maksimum: int = Field(default=400, ge=2, description="largest block whose pairs are all built")
    pasangan_per_bagian: int = Field(default=2_000_000, ge=1000, description="pairs compared at a time")
    putaran_keluarga: int = Field(
        default=1, ge=0, le=5, description="times the pairs are judged again in the light of what is linked already"
    )
    kalibrasi_antar: Calibrated = Field(
        default=(0.68, 1.4), description="slope and shift (nats) of the log odds of pairs of two lists"
    )
    kalibrasi_dalam: Calibrated = Field(
        default=(0.75, -0.25), description="slope and shift (nats) of the log odds of pairs within one list"
    )

    @model_validator(mode="after")
    def _in_order(self) -> LinkSettings:
        if not self.tinjau < self.padan <= self.pasti:
            raise ValueError("the bands must be in order: tinjau < padan <= pasti")
        return self
