"""docs/speed.md, its plot and the block in README.md, all made from the results file."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from benchmarks.speed import plot
from benchmarks.speed.results import ROOT, UNRESTED, Figures, load, median_of
from benchmarks.speed.targets import targets

PAGE, PLOT = ROOT / "docs" / "speed.md", ROOT / "docs" / "speed.svg"
TEXT = ROOT / "benchmarks" / "speed" / "settings.md"
BEGIN, END = "<!-- speed:begin (python -m benchmarks.speed --page) -->", "<!-- speed:end -->"
TITLES = {"padan": "padan", "splink": "Splink 5 (DuckDB)", "recordlinkage": "recordlinkage (ECM)", "floor": "floor"}
# Stages of all engines in the order of the work; the results file sorts its keys.
ORDER = [
    *("import", "read", "share", "u", "m", "key", "index", "prepare", "join", "compare", "predict", "model"),
    *("cluster", "write", "muat", "taut", "temuan", "laporan"),
]
HEAD = ["engine", "wall s", "CPU s", "peak MB", "times padan: wall / CPU / memory", "wall s without u"]
KINDS = {"link": "Two lists linked", "trio": "Three lists linked and searched for duplicates"}


def people(n: int) -> str:
    """1,000,000 as 1 million, 300,000 as 300,000."""
    return f"{n // 1_000_000} million" if n % 1_000_000 == 0 else f"{n:,}"


def runs(case: Figures, engine: str) -> list[Figures]:
    """The repeats of an engine that did not fail."""
    return [one for one in case["mesin_pencari"].get(engine, {}).get("ulangan", []) if "gagal" not in one]


def ordered(results: Figures) -> list[Figures]:
    """The cases by kind and size."""
    return sorted(results["kasus"].values(), key=lambda one: (list(KINDS).index(one["jenis"]), one["orang"]))


def _spread(found: list[Figures], key: str, places: int = 1) -> str:
    middle = median_of(found, key)
    if middle is None:
        return "-"
    values = [one[key] for one in found]
    if len(values) == 1:
        return f"{middle:,.{places}f}"
    return f"{middle:,.{places}f} ({min(values):,.{places}f} - {max(values):,.{places}f})"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(r) + " |" for r in rows), ""]


def _less_u(found: list[Figures]) -> str:
    """Median wall without the step in which Splink counts chance agreement."""
    values = [{"wall": one["wall"] - one["stages"]["u"]} for one in found if "u" in one.get("stages", {})]
    return _spread(values, "wall") if values else ""


def _times(case: Figures) -> list[list[str]]:
    own = {key: median_of(runs(case, "padan"), key) for key in ("wall", "cpu", "peak_mb")}
    rows = []
    for engine, title in TITLES.items():
        told = case["mesin_pencari"].get(engine, {}).get("ulangan", [])
        found = runs(case, engine)
        if not found:
            if told:
                rows.append([title, f"failed: {told[-1]['gagal']}", "", "", "", ""])
            continue
        times = []
        for key in ("wall", "cpu", "peak_mb"):
            base, other = own[key], median_of(found, key)
            times.append(f"{other / base:.2g}" if base and other else "-")
        row = [title, _spread(found, "wall"), _spread(found, "cpu"), _spread(found, "peak_mb", 0)]
        rows.append([*row, " / ".join(times), _less_u(found)])
    return rows


def _quality(case: Figures) -> list[list[str]]:
    rows = []
    for engine, title in TITLES.items():
        told = case["mesin_pencari"].get(engine, {}).get("mutu")
        if not told:
            continue
        pair = told["pasangan"]
        rows.append(
            [title]
            + [f"{pair[k]:.4f}" for k in ("presisi", "perolehan", "f1")]
            + [f"{told[k]['f1']:.4f}" for k in ("pasangan_terbaik", "entitas", "entitas_terbaik")]
        )
    return rows


def _in_order(stages: Figures) -> list[str]:
    return sorted(stages, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


def _stages(case: Figures) -> list[str]:
    """One line per engine: the median of each stage."""
    lines = []
    for engine, title in TITLES.items():
        found = [one["stages"] for one in runs(case, engine) if one.get("stages")]
        if found:
            parts = [f"{name} {median_of(found, name):.2f}" for name in _in_order(found[0])]
            lines.append(f"- {title}: " + ", ".join(parts))
    return [*lines, ""] if lines else []


def _pairs(case: Figures) -> float | None:
    return median_of(runs(case, "padan"), "pairs")


def rows_of(case: Figures) -> int:
    """Rows of all lists of a case, about: 80 % of the people and 2 % of these twice."""
    return round(int(case["orang"]) * 0.8 * 1.02) * (2 if case["jenis"] == "link" else 3)


def exponent(points: list[tuple[float, float]]) -> float | None:
    """Slope of log(y) on log(x) by least squares; None with fewer than two points."""
    if len(points) < 2:
        return None
    x, y = ([math.log(p[k]) for p in points] for k in (0, 1))
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)


def growth(results: Figures, engine: str, key: str) -> list[tuple[int, float, float]]:
    """(people, pairs, median of `key`) of an engine over the sizes at which two lists were linked."""
    found = []
    for case in ordered(results):
        middle = median_of(runs(case, engine), key)
        if case["jenis"] == "link" and middle is not None:
            found.append((case["orang"], _pairs(case) or 0.0, middle))
    return found


def _growth(results: Figures) -> list[str]:
    rows = []
    for engine in ("padan", "splink", "floor"):
        for key, unit in (("wall", "wall s"), ("cpu", "CPU s"), ("peak_mb", "peak MB")):
            points = growth(results, engine, key)
            if len(points) < 2:
                continue
            large = [p for p in points if p[0] >= 300_000]
            by_people = exponent([(p[0], p[2]) for p in large])
            by_pairs = exponent([(p[1], p[2]) for p in large if p[1]])
            steps = ", ".join(f"{math.log(b[2] / a[2]) / math.log(b[0] / a[0]):.2f}" for a, b in pairwise(points))
            shown = ["-" if e is None else f"{e:.2f}" for e in (by_people, by_pairs)]
            rows.append([TITLES[engine], unit, *shown, steps])
    head = ["engine", "figure", "exponent in records, from 300,000 on", "in pairs", "from size to size"]
    return _table(head, rows)


def _forecasts(results: Figures) -> list[str]:
    rows = []
    for case in ordered(results):
        told = case["mesin_pencari"].get("padan", {}).get("ramalan", {})
        found = runs(case, "padan")
        if told and found:
            rows.append([f"{case['jenis']}, {people(case['orang'])}", *_beside(told, found)])
    for run in results["perintah"].get("run", {}).get("ulangan", [])[:1]:
        if run.get("ramalan"):
            rows.append(["padan run", *_beside(run["ramalan"], [run])])
    head = ["case", "pairs foretold", "measured", "ratio", "peak MB foretold", "measured", "ratio"]
    return _table(head, rows)


def _beside(told: Figures, found: list[Figures]) -> list[str]:
    cells = []
    for key, measured in (("pasangan", median_of(found, "pairs")), ("puncak_mb", median_of(found, "peak_mb"))):
        if key in told and measured:
            cells += [f"{told[key]:,.0f}", f"{measured:,.0f}", f"{told[key] / measured:.2f}"]
        else:
            cells += ["-", "-", "-"]
    return cells


def _commands(results: Figures) -> list[str]:
    rows = []
    for name, title in (("run", "`padan run`"), ("decode", "`padan decode NIK`"), ("help", "`padan --help`")):
        found = [one for one in results["perintah"].get(name, {}).get("ulangan", []) if "gagal" not in one]
        if found:
            cells = [_spread(found, "wall", 2), _spread(found, "cpu", 2), _spread(found, "peak_mb", 0)]
            rows.append([title, str(len(found)), *cells])
    lines = _table(["command", "repeats", "wall s", "CPU s", "peak MB"], rows)
    whole = results["perintah"].get("run", {})
    found = [one["stages"] for one in whole.get("ulangan", []) if "stages" in one]
    if found:
        parts = [f"{name} {median_of(found, name):.1f}" for name in _in_order(found[0])]
        lines += [f"`padan run` on DTKS, P3KE and Regsosek of {people(whole['orang'])} people, reports included."]
        lines += [f"Seconds of its stages: {', '.join(parts)}.", ""]
    return lines


def _kills(results: Figures) -> list[str]:
    found = results.get("mati_listrik")
    if not found:
        return []
    same = "every file is the same" if not found["beda"] else "these differ: " + ", ".join(found["beda"])
    about = f" on registers of {people(found['orang'])} people" if "orang" in found else ""
    return [
        "## Killed and resumed",
        "",
        f"`padan run`{about} was ended with `kill -9` {found['kali']} times at random moments, each time started again",
        f"by the same command and at last let run to its end. Beside an unbroken run {same} ({found['berkas']} files;",
        "`run.json` and `padan.log` hold times and are outside that promise).",
        "To repeat it: `python -m benchmarks.kill`.",
        "",
    ]


def tables(results: Figures) -> str:
    """All tables of the page."""
    lines: list[str] = []
    for case in ordered(results):
        lines += [f"## {KINDS[case['jenis']]}: {people(case['orang'])} people", ""]
        pairs = _pairs(case)
        about = f"{rows_of(case):,} rows" + (f", {pairs:,.0f} pairs" if pairs else "")
        lines += [f"{about}. Median (least - most) of the repeats.", ""]
        lines += _table(HEAD, _times(case))
        head = [
            "engine",
            "pair precision",
            "recall",
            "F1",
            "F1 at best",
            "entity F1",
            "entity F1 at best",
        ]
        lines += _table(head, _quality(case))
        lines += _stages(case)
    parts = [("Growth", _growth(results)), ("Foretold and measured", _forecasts(results))]
    parts += [("Whole commands", _commands(results))]
    for title, found in parts:
        if found:
            lines += [f"## {title}", "", *found]
    return "\n".join([*lines, *_kills(results)])


def _unrested(results: Figures) -> list[str]:
    """Those cases again for which the machine was not brought to rest."""
    lines: list[str] = []
    for case in ordered(results):
        about = f"{KINDS[case['jenis']]}, {people(case['orang'])} people"
        lines += [f"## {about}: the machine not brought to rest", ""]
        lines += ["Engines one after another, as it comes. What that means is told below.", ""]
        lines += _table(HEAD, _times(case))
    return lines


def document(results: Figures, unrested: Figures) -> str:
    """The page docs/speed.md; `unrested`: results of `--no-rest`."""
    machines = {
        cell["mesin"]
        for case in results["kasus"].values()
        for cell in case["mesin_pencari"].values()
        if "mesin" in cell
    }
    lines = [
        "# Speed and memory, beside Splink and recordlinkage",
        "",
        "Generated by `python -m benchmarks.speed` from `benchmarks/results/speed.json`; do not edit.",
        f"Measured on: {'; '.join(sorted(machines)) or '-'}.",
        "",
    ]
    if results["kasus"]:
        lines += ["![Time and memory by number of people](speed.svg)", ""]
    shown = targets(results, unrested)
    if shown:
        lines += ["## In short", "", *_table(["what", "asked for", "measured"], shown)]
    return "\n".join([*lines, tables(results), *_unrested(unrested), TEXT.read_text(encoding="utf-8").rstrip(), ""])


def readme_block(results: Figures) -> str:
    """What stands between the markers in README.md: medians at a million people, engines side by side."""
    rows = []
    for case in ordered(results):
        if case["orang"] != 1_000_000:
            continue
        for engine in ("padan", "splink"):
            found = runs(case, engine)
            if not found:
                continue
            wall, cpu, peak = (median_of(found, key) or 0.0 for key in ("wall", "cpu", "peak_mb"))
            told = case["mesin_pencari"][engine].get("mutu")
            f1 = f"{told['pasangan']['f1']:.4f} / {told['pasangan_terbaik']['f1']:.4f}" if told else "-"
            rows.append([KINDS[case["jenis"]], TITLES[engine], f"{wall:.1f}", f"{cpu:.1f}", f"{peak / 1024:.2f}", f1])
    head = ["1 million people", "engine", "wall s", "CPU s", "peak GB", "pair F1, default / best"]
    return "\n".join([BEGIN, *_table(head, rows), END])


def write(results: dict[str, Any]) -> None:
    """Write docs/speed.md, docs/speed.svg, and the block in README.md where it has the markers."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    if BEGIN in text and END in text:
        readme.write_text(text.split(BEGIN)[0] + readme_block(results) + text.split(END)[1], encoding="utf-8")
    PAGE.write_text(document(results, load(UNRESTED)), encoding="utf-8")
    if results["kasus"]:
        PLOT.write_text(plot.svg(results), encoding="utf-8")
