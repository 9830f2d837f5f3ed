"""Run the speed benchmark.

    python -m benchmarks.speed [--only link trio run commands] [--sizes 100k 300k 1m 3m 10m] [--engines padan ...]
                               [--repeats 3] [--work DIR] [--resume] [--results FILE] [--no-rest] [--page]

`link`: two lists, at every size; `trio`: three lists linked and searched for duplicates, at 1m and 10m; `run`: the
whole `padan run` on three registers of `--registers` people (or in the folder `--folder`); `commands`: those that
answer at once. The engines take turns (padan, splink, floor, padan ...), each in a process of its own and the machine
brought to rest before it (`settled`; not with `--no-rest`, which has a results file of its own); each repeat is written
to the results file as soon as it is done; `--resume` skips the repeats that are there for this code and machine. An
engine that fails or runs out of memory is noted and the rest goes on. At the end docs/speed.md is written. Splink and
recordlinkage are in requirements-bench.lock. Let nothing else run on the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speed import commands, page, results
from benchmarks.speed.cases import ENGINES, SIZES, Case, cases, command, size
from benchmarks.speed.forecast import forecast
from benchmarks.speed.lists import write
from benchmarks.speed.measured import NO_REST, CommandError, measure, settle
from benchmarks.speed.with_padan import info

KINDS = ("link", "trio", "run", "commands")
WARM = 20_000  # people of a first run of padan that is not counted: it compiles and fills caches
SHORT_REPEATS = 9


class Bench:
    """The results while they grow."""

    def __init__(self, target: Path, work: Path, repeats: int, *, keep: bool) -> None:
        self.found, self.target, self.work = results.load(target), target, work
        self.repeats, self.keep = repeats, keep

    def repeat(self, runs: list[dict[str, Any]], name: str, work: Callable[[], dict[str, Any]]) -> bool:
        """Do `work` once more, append its figures to `runs` and save; False when it failed."""
        load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0
        try:
            figures = work()
        except CommandError as error:
            print(name, "FAILED:", error, flush=True)
            # The results file names no folder of this machine.
            runs.append({"gagal": re.sub(r"\S*/\S*", "...", str(error).splitlines()[-1])[:200]})
            results.save(self.found, self.target)
            return False
        runs.append({**figures, "beban": load})
        results.save(self.found, self.target)
        wall, cpu, peak = (figures[k] for k in ("wall", "cpu", "peak_mb"))
        print(f"{name} {len(runs)}: {wall:.2f} s, {cpu:.2f} CPU s, {peak:,.0f} MB", flush=True)
        return True

    def warm(self) -> None:
        """A first run that is not counted."""
        folder = self.work / f"lists-{WARM}"
        write(WARM, 1, folder)
        case = Case("link", WARM)
        measure(command("padan", case, case.files(self.work), self.work / "warm"), self.work, "warm")

    def case(self, case: Case, wanted: list[str]) -> None:
        """Measure all engines of a case, taking turns."""
        here = results.cell(self.found, "kasus", case.key)
        here |= {"jenis": case.kind, "orang": case.people}
        engines = {}
        for name in case.engines(wanted):
            cell = results.cell(here, "mesin_pencari", name)
            stamp = {"versi": results.engine_version(name), "mesin": results.machine()}
            engines[name] = (cell, results.fresh(cell, stamp, keep=self.keep))
        if all(self._done(case, name, cell) for name, (cell, _runs) in engines.items()):
            return
        files = case.make(self.work)
        for turn in range(self.repeats):
            for name, (cell, runs) in engines.items():
                broken = any("gagal" in one for one in runs)
                if len(runs) > turn or turn >= case.repeats(name, self.repeats) or broken:
                    continue
                out = self.work / "out" / f"{case.kind}-{case.people}-{name}"
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir(parents=True)
                ok = self.repeat(runs, f"{case.key} {name}", partial(self._engine, name, case, files, out))
                if ok and "mutu" not in cell:
                    self._aside(cell, name, case, out)
                shutil.rmtree(out, ignore_errors=True)

    def _done(self, case: Case, name: str, cell: dict[str, Any]) -> bool:
        runs = cell["ulangan"]
        return len(runs) >= case.repeats(name, self.repeats) or any("gagal" in one for one in runs)

    def _engine(self, name: str, case: Case, files: list[Path], out: Path) -> dict[str, Any]:
        settle()
        found = measure(command(name, case, files, out), self.work, f"{case.kind}-{name}")
        told = info(out) if name == "padan" else json.loads((out / "run.json").read_text(encoding="utf-8"))
        return {**found, **told}

    def _aside(self, cell: dict[str, Any], name: str, case: Case, out: Path) -> None:
        """What is measured once and costs no engine time: how right it was, what padan had foretold."""
        if name == "padan":
            told = forecast(out)
            if told:
                cell["ramalan"] = told
        if name != "floor":
            arguments = [name, case.key, str(case.folder(self.work)), str(out)]
            judge = [sys.executable, "-m", "benchmarks.speed.judge", *arguments]
            done = subprocess.run(judge, cwd=results.ROOT, stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode == 0:
                cell["mutu"] = json.loads(done.stdout)
        results.save(self.found, self.target)

    def command(self, name: str, about: dict[str, Any], repeats: int, work: Callable[[], dict[str, Any]]) -> None:
        """Measure a whole command."""
        cell = results.cell(self.found, "perintah", name)
        stamp = {**about, "versi": results.engine_version("padan"), "mesin": results.machine()}
        runs = results.fresh(cell, stamp, keep=self.keep)
        while len(runs) < repeats and self.repeat(runs, name, work):
            pass


def main() -> None:
    """Parse the command line, measure, write the results and the page made from them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--sizes", nargs="+", type=size, default=list(SIZES), help="people, as 300k or 3m")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--registers", type=size, default=1_000_000, help="people of the three registers of `run`")
    parser.add_argument("--folder", type=Path, default=None, help="registers that `padan synth` made before")
    parser.add_argument("--work", type=Path, default=None, help="folder for the files; a temporary one by default")
    parser.add_argument("--results", type=Path, default=None, help="another results file; writes no page")
    parser.add_argument("--no-rest", action="store_true", help="do not bring the machine to rest before each engine")
    parser.add_argument("--resume", action="store_true", help="keep the repeats of this code on this machine")
    parser.add_argument("--page", action="store_true", help="only write the page from the results")
    args = parser.parse_args()
    if args.no_rest:
        os.environ[NO_REST] = "1"
    target = args.results or (results.UNRESTED if args.no_rest else results.RESULTS)
    if not args.page:
        work = (args.work or Path(tempfile.mkdtemp(prefix="padan-speed-"))).resolve()
        work.mkdir(parents=True, exist_ok=True)
        bench = Bench(target, work, args.repeats, keep=args.resume)
        bench.warm()
        for case in cases(args.only, args.sizes):
            bench.case(case, args.engines)
        if "run" in args.only:
            folder = args.folder or commands.synthetic(args.registers, work)
            about = {"orang": args.registers}
            bench.command("run", about, args.repeats, partial(commands.whole_run, folder, work))
        if "commands" in args.only:
            for name in commands.SHORT:
                bench.command(name, {}, SHORT_REPEATS, partial(commands.short, name, work))
    if args.results is None:
        page.write(results.load(results.RESULTS))
    else:
        print(page.tables(results.load(target)))


if __name__ == "__main__":
    main()
