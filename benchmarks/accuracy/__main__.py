"""Run the accuracy benchmark.

    python -m benchmarks.accuracy [--only febrl registers] [--variants standar ...] [--engines padan splink ...]
                                  [--penduduk N] [--seeds 1 2 3] [--work DIR] [--resume] [--page]

Every cell (data set, seed, engine) is written to the results file as soon as it is measured, so a run may be done in
pieces or stopped; `--resume` skips the cells that are there at the same size and version. At the end docs/accuracy.md
and the table in README.md are written from the results. Splink and recordlinkage are in requirements-bench.lock.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.accuracy import febrl, page, registers, results, variants, with_padan
from benchmarks.accuracy.near_persons import wrong_merges
from benchmarks.accuracy.scoring import judge
from benchmarks.accuracy.task import Task

# recordlinkage compares some 50,000 pairs a second and holds all of them in pandas; above this it is left out.
MOST_PAIRS = 5_000_000
Figures = dict[str, Any]


def splink(task: Task, kind: str) -> Figures:
    """Splink on a task of the kind `febrl` or `registers`."""
    from benchmarks.accuracy import with_splink as peer

    settings = peer.febrl_settings() if kind == "febrl" else peer.register_settings()
    return judge(task.truth, peer.link(task, settings), peer.THRESHOLD)


def splink_lean(task: Task, _kind: str) -> Figures:
    """Splink on the registers without the fields that a household shares."""
    from benchmarks.accuracy import with_splink as peer

    return judge(task.truth, peer.link(task, peer.register_settings(family=False)), peer.THRESHOLD)


def recordlinkage(task: Task, kind: str) -> Figures:
    """recordlinkage on a task of the kind `febrl` or `registers`."""
    from benchmarks.accuracy import with_recordlinkage as peer

    comparison = peer.febrl_comparison if kind == "febrl" else peer.register_comparison
    return judge(task.truth, peer.link(task, comparison), peer.THRESHOLD)


PEERS: dict[str, Callable[[Task, str], Figures]] = {
    "splink": splink,
    "splink_ringkas": splink_lean,
    "recordlinkage": recordlinkage,
}
ENGINES = ("padan", *PEERS)
ONLY_REGISTERS = ("splink_ringkas",)


class Bench:
    """The results while they grow: measures one cell at a time and saves after each."""

    def __init__(self, found: dict[str, Any], target: Path, *, again: bool) -> None:
        self.found, self.target, self.again = found, target, again

    def measure(self, place: tuple[str, ...], engine: str, about: Figures, work: Callable[[], Figures]) -> bool:
        """Measure a cell, put it under `place` and `engine` with what it is `about`; False when it was there."""
        here = results.cell(self.found, *place)
        stamp = {**about, "versi": results.engine_version(engine), "mesin": results.machine()}
        if not self.again and engine in here and {k: here[engine].get(k) for k in stamp} == stamp:
            return False
        begun = time.perf_counter()
        figures = work()
        here[engine] = {**figures, **stamp, "detik": round(time.perf_counter() - begun, 1)}
        results.save(self.found, self.target)
        default, best = figures["entitas"]["f1"], figures["entitas_terbaik"]["f1"]
        print(*place, engine, f"F1 {default:.4f} best {best:.4f}", flush=True)
        return True


def run_febrl(bench: Bench, engines: list[str], work: Path) -> None:
    """FEBRL 1-4."""
    for name in febrl.NAMES:
        task = febrl.task(name)
        if "padan" in engines:
            bench.measure(("febrl", name), "padan", {}, partial(with_padan.generic, name, task, work / name))
        for engine in (e for e in PEERS if e in engines and e not in ONLY_REGISTERS):
            bench.measure(("febrl", name), engine, {}, partial(PEERS[engine], task, "febrl"))


def run_registers(bench: Bench, engines: list[str], key: str, seed: int, people: int, work: Path) -> None:
    """One variant of the registers with one seed."""
    variant = variants.VARIANTS[key]
    folder = variants.make(variant, seed, people, work)
    out = work / f"hasil-{folder.name}-{key}"
    with_padan.run(folder, out, variant.lists)
    data = registers.read(out, folder / "truth")
    task = registers.task(data)
    pairs = len(task.pairs()[0])
    place = ("daftar", key, str(seed))
    about = {"penduduk": people, "baris": data.records.height, "pasangan_calon": pairs}
    if "padan" in engines:
        cuts = with_padan.THRESHOLDS if variant.peers else with_padan.FEW
        own = partial(with_padan.registers, out, data, task, cuts)
        if bench.measure(place, "padan", about, own) and key == variants.MERGES:
            merges = wrong_merges(data, with_padan.run_labels(out))
            results.cell(bench.found, "salah_gabung")[str(seed)] = {"penduduk": people, "jenis": merges}
            results.save(bench.found, bench.target)
    for engine in (e for e in PEERS if e in engines and variant.peers):
        if engine == "recordlinkage" and pairs > MOST_PAIRS:
            print(*place, "recordlinkage is left out: too many pairs", flush=True)
            continue
        bench.measure(place, engine, about, partial(PEERS[engine], task, "registers"))


def main() -> None:
    """Parse the command line, measure, write the results and the pages made from them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=("febrl", "registers"), default=["febrl", "registers"])
    parser.add_argument("--variants", nargs="+", choices=tuple(variants.VARIANTS), default=list(variants.VARIANTS))
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--penduduk", type=int, default=100_000, help="people of a synthetic kabupaten")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--work", type=Path, default=None, help="folder for the files; a temporary one by default")
    parser.add_argument("--results", type=Path, default=results.RESULTS, help="another results file; writes no pages")
    parser.add_argument("--resume", action="store_true", help="skip cells measured at this size and version")
    parser.add_argument("--page", action="store_true", help="only write the pages from the results")
    args = parser.parse_args()
    bench = Bench(results.load(args.results), args.results, again=not args.resume)
    if not args.page:
        work = args.work or Path(tempfile.mkdtemp(prefix="padan-accuracy-"))
        work.mkdir(parents=True, exist_ok=True)
        if "febrl" in args.only:
            run_febrl(bench, args.engines, work)
        if "registers" in args.only:
            for key in args.variants:
                for seed in args.seeds:
                    run_registers(bench, args.engines, key, seed, args.penduduk, work)
    if args.results == results.RESULTS:
        page.write(bench.found)
    else:
        print(page.readme_table(bench.found))


if __name__ == "__main__":
    main()
