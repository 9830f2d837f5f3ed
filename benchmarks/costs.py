"""Fit the costs by which padan plans (padan/costs.toml) to finished runs.

    python -m benchmarks.costs RUN... [--out padan/costs.toml] [--where "2 cores, 24 GB, Linux"] [--cpu-share 0.75]

RUN are folders of `padan run` and `padan link`. Of each run the sizes (rencana, terukur) and the peak and seconds of
every stage (tahap) are taken from run.json. Coefficients are never negative and fitted by relative error, so a small
run counts as much as a large one. Stages that were taken from a checkpoint are left out. Prints how far each stage of
each run is from what the fit foretells.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from padan.costs import FILE

# What each stage depends on; anything else it needs is in proportion to these.
MEMORY: Final[Mapping[str, tuple[str, ...]]] = {
    "muat": ("teks",),
    "taut": ("rekaman", "pasangan"),
    "temuan": ("rekaman", "bayar"),
    "laporan": ("rekaman", "bayar"),
    "link": ("rekaman",),
}
SECONDS: Final[Mapping[str, tuple[str, ...]]] = {
    "muat": ("teks",),
    "taut": ("rekaman", "pasangan"),
    "temuan": ("rekaman", "bayar"),
    "laporan": ("rekaman", "bayar"),
    "link": ("rekaman", "pasangan"),
}
SHEET_SHARE: Final = 0.6  # a byte of unpacked sheet beside one of text: tags around every cell
# Bytes that are known from how it is done: of a pair while it is compared and while it is held; of lists that `padan
# link` holds as text (parquet stays on disk until a column is wanted).
KNOWN: Final[Mapping[str, Mapping[str, float]]] = {
    "taut": {"sekaligus": 150.0},
    "link": {"sekaligus": 24.0, "ditahan": 24.0, "teks": 2.5, "lembar": 1.0},
}
F64 = npt.NDArray[np.float64]


def sizes_of(info: Mapping[str, Any]) -> dict[str, float]:
    """The sizes of a run as they were, named as in costs.toml."""
    plan, true = info.get("rencana") or info["plan"], info.get("terukur") or {}
    sizes = {name: float(value) for name, value in plan["ukuran"].items()}
    pairs = float(true.get("pasangan", info.get("pairs_compared", sizes["pasangan"])))
    return sizes | {
        "rekaman": float(true.get("rekaman", sizes["rekaman"])),
        "bayar": float(true.get("bayar", sizes["bayar"])),
        "pasangan": pairs,
        "ditahan": pairs if plan["ditahan"] else 0.0,
    }


def stages_of(info: Mapping[str, Any], share: float | None) -> dict[str, tuple[float, float]]:
    """Peak MB and wall seconds, or `share` of the CPU seconds, of the stages that were worked through."""
    if "measured" in info:
        return {"link": (float(info["measured"]["peak_mb"]), float(info["measured"]["seconds"]))}
    return {
        name: (float(one["puncak_mb"]), float(one["detik"] if share is None else share * one["detik_cpu"]))
        for name, one in info["tahap"].items()
        if not one.get("dipakai_ulang")
    }


def fitted(rows: Sequence[Mapping[str, float]], names: Sequence[str], truth: Sequence[float], fixed: float) -> F64:
    """(1 + names) coefficients, none negative: a constant of at least `fixed`, and one per size."""
    y = np.array(truth)
    x = np.array([[1.0, *(row[name] for name in names)] for row in rows])
    rest = np.maximum(y - fixed, 0.01 * y)
    scale = 1 / y
    found = nnls(x * scale[:, None], rest * scale)[0]
    found[0] += fixed
    return np.asarray(found, dtype=np.float64)


def inline(values: Mapping[str, float]) -> str:
    """A TOML inline table."""
    return "{ " + ", ".join(f"{name} = {float(f'{value:.4g}')}" for name, value in values.items()) + " }"


def cost_of(stage: str, known: Sequence[tuple[str, Mapping[str, float], float, float]]) -> list[str]:
    """The lines of costs.toml for `stage` from (run, sizes, peak MB, seconds); prints what they miss."""
    rows = [row for _name, row, _peak, _seconds in known]
    given = KNOWN.get(stage, {})
    peaks = [peak - sum(cost * row[size] for size, cost in given.items()) / 1e6 for _name, row, peak, _seconds in known]
    mb = fitted(rows, MEMORY[stage], peaks, 150.0)
    time = fitted(rows, SECONDS[stage], [seconds for *_rest, seconds in known], 0.0)
    per = dict(zip(MEMORY[stage], mb[1:] * 1e6, strict=True)) | dict(given)
    each = dict(zip(SECONDS[stage], time[1:] * 1e6, strict=True))
    for table in (per, each) if stage == "muat" else ():
        if "teks" in table:  # sheets and parquet are measured by what they would be as text
            table |= {"lembar": SHEET_SHARE * table["teks"], "kolom": table["teks"]}
    for name, row, peak, seconds in known:
        told = mb[0] + sum(cost * row[size] for size, cost in per.items()) / 1e6
        quick = time[0] + sum(cost * row[size] for size, cost in each.items()) / 1e6
        print(
            f"{stage:8} {name:20} {peak:7.0f} MB told {told:7.0f} ({told / peak - 1:+.0%})  "
            f"{seconds:7.1f} s told {quick:7.1f} ({quick / max(seconds, 0.01) - 1:+.0%})"
        )
    return [
        f"mb = {mb[0]:.0f}",
        f"detik = {time[0]:.2f}",
        f"bita_per = {inline(per)}",
        f"detik_per_juta = {inline(each)}",
    ]


def main() -> None:
    """Fit, print the misses, write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=FILE)
    parser.add_argument("--where", default="", help="the machine, in words")
    parser.add_argument(
        "--cpu-share", type=float, help="take this share of the CPU seconds for wall seconds: on a busy machine"
    )
    args = parser.parse_args()
    runs = [json.loads((path / "run.json").read_text(encoding="utf-8")) for path in args.runs]
    sizes, stages = [sizes_of(one) for one in runs], [stages_of(one, args.cpu_share) for one in runs]
    old = FILE.read_text(encoding="utf-8")
    counts = ", ".join(f"{row['rekaman']:,.0f}" for row in sizes)
    lines = [old.partition("\n[perkiraan]")[0].partition("\n# Measured")[0].rstrip()]
    lines += [f"# Measured on {args.where or 'an unnamed machine'}; records of the runs: {counts}.", ""]
    lines += ["[perkiraan]  # of lists that nobody has read yet"]
    whole = [row for row, one in zip(sizes, runs, strict=True) if "rencana" in one] or sizes
    for name, of in (("rekaman", "baris"), ("kandidat", "rekaman"), ("pasangan", "rekaman")):
        lines.append(f"{name} = {float(np.median([row[name] / row[of] for row in whole])):.3g}  # per {of}")
    for stage in MEMORY:
        known = [
            (path.name, row, *one[stage])
            for path, row, one in zip(args.runs, sizes, stages, strict=True)
            if stage in one
        ]
        if len(known) < 2:
            print(f"{stage}: too few runs, kept")
            lines += ["", f"[tahap.{stage}]" + old.split(f"[tahap.{stage}]")[1].split("\n[")[0].rstrip()]
        else:
            lines += ["", f"[tahap.{stage}]", *cost_of(stage, known)]
    args.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
