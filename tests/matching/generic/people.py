"""Person lists with known truth, made here: distinct people, and copies with the errors of typed lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

GIVEN = ["amelia", "bruno", "carla", "dimitri", "elena", "farid", "greta", "hassan", "ingrid", "jonas", "karin", "luca"]
GIVEN += ["mira", "nadia", "oskar", "paula", "quentin", "rosa", "stefan", "tamara", "ulrich", "vera", "walter", "yusuf"]
SYLLABLES = ["ba", "den", "fel", "gor", "hin", "kal", "lun", "mar", "nor", "pet", "rik", "sol", "tan", "ver", "wes"]
STREETS = ["mill lane", "station road", "church street", "park avenue", "river walk", "high street", "oak drive"]

SPEC: dict[str, Any] = {
    "columns": {
        "given": {"clean": ["lower", "letters", "collapse"]},
        "family": {"clean": ["lower", "accents", "letters", "collapse"], "header": ["surname", "last name"]},
        "born": {"kind": "date"},
        "number": {"kind": "digits"},
        "street": {"clean": ["lower"]},
    },
    "comparisons": [
        {"column": "given", "crossed": "family", "levels": ["equal", "jaro_winkler>=0.88", "crossed>=0.9"]},
        {"column": "family", "levels": ["equal", "jaro_winkler>=0.88"], "term_frequency": [0.003]},
        {"column": "born", "levels": ["equal", "day_month", "one_digit", "one_part", "same_year"]},
        {"column": "number", "levels": ["equal", "one_digit"]},
        {"column": "street", "levels": ["equal", "jaccard>=0.5"]},
    ],
    "limits": {"random_pairs": 100_000},
    "passes": [
        {"key": ["number"]},
        {"key": ["born"]},
        {"key": ["given~family"]},
        {"key": ["family:soundex", "born:year"]},
        {"key": ["given", "street"]},
    ],
}


def _slip(text: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(0, len(text)))
    letter = "0123456789"[int(rng.integers(0, 10))] if text[place].isdigit() else "aeioun"[int(rng.integers(0, 6))]
    return text[:place] + letter + text[place + (int(rng.integers(0, 2))) :]


def people(n: int, seed: int) -> pl.DataFrame:
    """`n` different people."""
    rng = np.random.default_rng(seed)
    family = ["".join(rng.choice(SYLLABLES, 3)) for _ in range(n)]
    day = rng.integers(0, 365 * 60, n)
    return pl.DataFrame(
        {
            "who": np.arange(n),
            "given": rng.choice(GIVEN, n).tolist(),
            "family": family,
            "born": [str(d) for d in (np.datetime64("1940-01-01") + day)],
            "number": [f"{k:07d}" for k in rng.choice(10_000_000, n, replace=False)],
            "street": [f"{s} {k}" for s, k in zip(rng.choice(STREETS, n), rng.integers(1, 90, n), strict=True)],
        }
    )


def copies(frame: pl.DataFrame, seed: int, errors: float = 0.12) -> pl.DataFrame:
    """The same people in another order, fields slipped, lost or swapped at the rate `errors`."""
    rng = np.random.default_rng(seed)
    rows = []
    for row in frame.to_dicts():
        for name in ("given", "family", "born", "number", "street"):
            chance = rng.random()
            if name == "born" and row[name] and chance < errors / 3:
                row[name] = row[name][:5] + row[name][8:] + "-" + row[name][5:7]
            elif row[name] and chance < errors and name != "born":
                row[name] = _slip(row[name], rng)
            elif chance < 1.4 * errors:
                row[name] = None
        if rng.random() < errors / 3:
            row["given"], row["family"] = row["family"], row["given"]
        rows.append(row)
    return pl.DataFrame(rows, schema=frame.schema).sample(fraction=1.0, shuffle=True, seed=seed)


def f1(entities: pl.DataFrame, lists: list[pl.DataFrame]) -> float:
    """Pairwise F1 of entities against `who`."""
    truth = pl.concat(
        f.select("who", source=pl.lit(str(k + 1)), row=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32))
        for k, f in enumerate(lists)
    )
    both = entities.join(truth, on=["source", "row"])
    pairs = lambda *keys: sum(n * (n - 1) // 2 for n in both.group_by(*keys).len()["len"])  # noqa: E731
    return 2 * pairs("entity_id", "who") / (pairs("entity_id") + pairs("who"))
