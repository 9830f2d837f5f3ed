"""Settings of the linkage: bands and bounds, with their defaults."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


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
    kemiringan: float = Field(default=1.0, gt=0, le=3, description="slope of the calibration of log odds")
    geseran: float = Field(default=0.0, ge=-5, le=5, description="shift of the calibration of log odds (nats)")
