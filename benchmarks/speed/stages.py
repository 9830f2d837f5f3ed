"""Seconds of the stages of a peer's run, kept the same way for all peers; the passes; the folder a run leaves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILLER = "0" * 16  # stands for a NIK that is not known
KEYS = (  # of the passes of speed.toml; nama1: the first word, nama3: the first three letters
    ("nik",),
    ("no_kk", "tanggal_lahir"),
    ("tanggal_lahir", "nama3"),
    ("no_kk", "nama1"),
    ("nama", "kode_wilayah"),
)
# What every engine leaves in its folder, besides run.json: `list` is the position of the file, `id` the row from 1.
PAIRS, ENTITIES = "pairs.parquet", "entities.parquet"


class Stages:
    """Wall seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block and add it to the stage `name`."""
        begun = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun

    def write(self, out: Path, **more: Any) -> None:  # noqa: ANN401 - any JSON values
        """Write run.json with the stages and `more`."""
        text = json.dumps({"stages": self.seconds, **more})
        (out / "run.json").write_text(text, encoding="utf-8")
