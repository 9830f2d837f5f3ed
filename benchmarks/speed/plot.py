"""The plot of docs/speed.md: seconds and memory over the number of people, both axes logarithmic."""

from __future__ import annotations

from statistics import median
from typing import Any

NAMES = {"padan": "padan", "splink": "Splink 5", "recordlinkage": "recordlinkage", "floor": "floor"}
COLOURS = {"padan": "#1b7837", "Splink 5": "#762a83", "recordlinkage": "#b35806", "floor": "#888888"}
PANELS = (("wall", "wall seconds", 1.0), ("peak_mb", "peak memory, GB", 1024.0))


def points(results: dict[str, Any]) -> list[dict[str, Any]]:
    """One point per engine, size and panel: the median over the repeats of two lists linked."""
    found = []
    for case in results["kasus"].values():
        if case["jenis"] != "link":
            continue
        for engine, cell in case["mesin_pencari"].items():
            for key, title, unit in PANELS:
                values = [one[key] / unit for one in cell.get("ulangan", []) if key in one]
                if values:
                    value = round(median(values), 4)
                    found.append({"engine": NAMES[engine], "people": case["orang"], "panel": title, "value": value})
    return sorted(found, key=lambda p: (p["panel"], p["engine"], p["people"]))


def svg(results: dict[str, Any]) -> str:
    """The plot as SVG text."""
    import altair as alt
    import vl_convert

    panels = []
    rows = points(results)
    order = [name for name in NAMES.values() if any(p["engine"] == name for p in rows)]
    for _key, title, _unit in PANELS:
        chosen = [p for p in rows if p["panel"] == title]
        base = alt.Chart(alt.InlineData(values=chosen), title=title, width=330, height=260)
        panels.append(
            base.mark_line(point=True).encode(
                alt.X("people:Q", title="people").scale(type="log").axis(format="~s", values=[1e5, 3e5, 1e6, 3e6, 1e7]),
                alt.Y("value:Q", title=None).scale(type="log").axis(format="~g", tickCount=6),
                alt.Color("engine:N", title=None, sort=order).scale(
                    domain=order, range=[COLOURS[name] for name in order]
                ),
            )
        )
    chart = alt.hconcat(*panels).configure_view(strokeWidth=0)
    return str(vl_convert.vegalite_to_svg(chart.to_json()))
