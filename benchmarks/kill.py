"""Kill `padan run` at random moments, start it again each time, and compare what comes out with an unbroken run.

    python -m benchmarks.kill [--kills 10] [--seed 1] [--people 1m] [--folder DIR] [--work DIR] [--results F] [-- RUN]

Without arguments of `padan run` after `--` (all but --out) it runs the three registers of `padan synth`. Half of the
kills (`kill -9`) hit the process alone, as when the system runs out of memory, half its children too, as when the power
fails. A run that ends before its kill is compared and begun anew until all kills have hit. Every byte of every file is
compared but run.json, padan.log and .padan/, which hold times. Ends with 1 when a file differs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed import commands, page, results
from benchmarks.speed.cases import size

OUTSIDE = ("run.json", "padan.log")  # they hold times
LONGEST = 0.4  # of an unbroken run: latest moment of a kill after a start


def fingerprints(out: Path) -> dict[str, str]:
    """SHA-256 of every file that a run promises to write the same way, by its path inside `out`."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_file() and name not in OUTSIDE and not name.startswith(".padan/"):
            with path.open("rb") as stream:
                found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Names of the files that are not the same in both, or only in one."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def start(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start `command` as the head of a process group of its own."""
    with log.open("ab") as out:
        return subprocess.Popen(command, cwd=results.ROOT, stdout=out, stderr=out, start_new_session=True)


def kill(process: subprocess.Popen[bytes], *, children: bool) -> None:
    """`kill -9`, with all its children or alone."""
    try:
        if children:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass
    process.wait()


def finish(process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for the end; SystemExit when it failed."""
    if process.wait() != 0:
        sys.exit(f"padan run failed:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def torment(command: list[str], work: Path, kills: int, seed: int) -> dict[str, object]:
    """Run `command` unbroken and killed `kills` times; which files differ, how many were compared, when it was hit."""
    chance = random.Random(seed)
    whole, broken, log = work / "unbroken", work / "broken", work / "kill.log"
    for folder in (whole, broken):
        shutil.rmtree(folder, ignore_errors=True)
    begun = time.perf_counter()
    finish(start([*command, "--out", str(whole)], log), log)
    length = time.perf_counter() - begun
    wanted = fingerprints(whole)
    print(f"unbroken: {length:.1f} s, {len(wanted)} files", flush=True)
    hits: list[float] = []
    differ: set[str] = set()
    rounds = 0
    while True:
        process = start([*command, "--out", str(broken)], log)
        if len(hits) < kills:
            pause, children = chance.uniform(0.0, LONGEST * length), chance.random() < 0.5
            try:
                process.wait(pause)
            except subprocess.TimeoutExpired:
                kill(process, children=children)
                hits.append(round(pause, 2))
                print(f"killed after {pause:.1f} s {'with its children' if children else 'alone'}", flush=True)
                continue
        finish(process, log)
        rounds += 1
        found = differing(wanted, fingerprints(broken))
        differ |= set(found)
        print(f"ended, {len(hits)} kills so far; differs: {', '.join(found) or 'nothing'}", flush=True)
        if len(hits) >= kills:
            break
        shutil.rmtree(broken)
    return {"kali": len(hits), "detik": hits, "putaran": rounds, "berkas": len(wanted), "beda": sorted(differ)}


def main() -> None:
    """Parse the command line, torment the run, note what differs."""
    own = sys.argv[1:]
    given = own[own.index("--") + 1 :] if "--" in own else []
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=size, default=1_000_000, help="of the registers, as 1m")
    parser.add_argument("--folder", type=Path, default=None, help="registers that `padan synth` made before")
    parser.add_argument("--work", type=Path, default=None, help="folder for the files; a temporary one by default")
    parser.add_argument("--results", type=Path, default=results.RESULTS, help="another results file; writes no page")
    args = parser.parse_args(own[: len(own) - len(given)])
    work = (args.work or Path(tempfile.mkdtemp(prefix="padan-kill-"))).resolve()
    work.mkdir(parents=True, exist_ok=True)
    if given:
        command = [*commands.PADAN, "run", *given, "--quiet"]
    else:
        command = commands.run_command(args.folder or commands.synthetic(args.people, work))
    found = torment(command, work, args.kills, args.seed)
    kept = results.load(args.results)
    stamp = {"versi": results.engine_version("padan"), "mesin": results.machine()}
    kept["mati_listrik"] = {**found, **stamp, "benih": args.seed, **({} if given else {"orang": args.people})}
    results.save(kept, args.results)
    if args.results == results.RESULTS:
        page.write(kept)
    sys.exit(1 if found["beda"] else 0)


if __name__ == "__main__":
    main()
