"""Charts of the html report as static SVG: Altair describes, vl-convert draws, the page stays light on an old PC."""

from __future__ import annotations

from typing import Any, Final

import altair as alt
import polars as pl
import vl_convert

from reports import figures
from reports.context import GROUPS, Context
from reports.labels import severity_label, source_label
from rules.i18n import _, language
from rules.vocab import SEVERITY

SEVERITY_COLOURS: Final = ("#A4262C", "#D97B2B", "#D8B13B", "#8FA5BA")
_SERIES: Final = ("#1F3A5F", "#C8553D", "#2A9D8F", "#E9B44C", "#7B6D8D", "#588157")
_FONT: Final = "Segoe UI, Tahoma, Arial, sans-serif"
_TOP: Final = 12  # bars per chart: more cannot be told apart on a small screen


def _svg(chart: Any) -> str:  # noqa: ANN401 - Altair's chart types share no base that is typed
    styled = (
        chart.configure(font=_FONT, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, labelColor="#2B3643", domain=False, tickSize=0, labelPadding=6,
                        labelLimit=260, gridColor="#E3E8EE", title=None)
        .configure_legend(labelFontSize=12, title=None, orient="top", symbolSize=90)
    )  # fmt: skip
    thousands = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["Rp", ""]}
    text: str = vl_convert.vegalite_to_svg(styled.to_dict(), format_locale=thousands if language() == "id" else None)
    return text


def _data(rows: list[dict[str, Any]]) -> alt.Data:
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def combinations(context: Context) -> str:
    """How many persons stand in exactly which registers (payment lists apart)."""
    found = figures.register_combinations(context)
    # The exact combinations of six lists can be 63; the note of the chart says that these are the largest.
    rows = [{"x": " + ".join(source_label(s) for s in sources), "n": n} for sources, n in found[:_TOP]]
    base = alt.Chart(_data(rows)).encode(
        y=alt.Y("x:N", sort=None), x=alt.X("n:Q", axis=alt.Axis(format=",d", tickCount=5))
    )
    bars = base.mark_bar(color=_SERIES[0], height={"band": 0.7})
    numbers = base.mark_text(align="left", dx=4, fontSize=12, color="#2B3643").encode(text=alt.Text("n:Q", format=",d"))
    return _svg((bars + numbers).properties(width=330, height=26 * max(len(rows), 1)))


def findings_by_group(context: Context) -> str:
    """Findings per group, stacked by severity."""
    counts = context.findings.group_by("kelompok", "urut").len().sort("kelompok", "urut")
    names = {key: _(text) for key, text in GROUPS.items()}
    words = [severity_label(s) for s in SEVERITY]
    rows = [{"x": names[g], "t": words[u], "urut": u, "n": n} for g, u, n in counts.iter_rows()]
    order = [names[g] for g in GROUPS if any(r["x"] == names[g] for r in rows)]
    chart = (
        alt.Chart(_data(rows))
        .mark_bar(height={"band": 0.6})
        .encode(
            y=alt.Y("x:N", sort=order),
            x=alt.X("n:Q", axis=alt.Axis(format=",d", tickCount=5)),
            color=alt.Color("t:N", scale=alt.Scale(domain=words, range=list(SEVERITY_COLOURS))),
            order=alt.Order("urut:Q"),
        )
    )
    return _svg(chart.properties(width=360, height=36 * max(len(order), 1)))


def registers_by_district(context: Context) -> str:
    """Persons per register in the districts with the largest differences between the registers."""
    frame = figures.side_by_side(context, 6).filter(pl.col("ukuran") == "orang")
    top = (
        context.with_places(frame, "wilayah")
        .sort("selisih", "wilayah", descending=[True, False], nulls_last=True)
        .head(_TOP)
    )
    rows = [
        {"x": row["kecamatan"], "s": source_label(s), "n": row[s]}
        for row in top.iter_rows(named=True) for s in context.registers if row[s] is not None
    ]  # fmt: skip
    order = [row["kecamatan"] for row in top.iter_rows(named=True)]
    scale = alt.Scale(domain=[source_label(s) for s in context.registers], range=list(_SERIES))
    y, x = alt.Y("x:N", sort=order), alt.X("n:Q", axis=alt.Axis(format=",d", tickCount=5), scale=alt.Scale(zero=True))
    line = alt.Chart(_data(rows)).mark_line(color="#C9D3DF", strokeWidth=2).encode(y=y, x=x, detail="x:N")
    dots = (
        alt.Chart(_data(rows)).mark_circle(size=90, opacity=0.95).encode(y=y, x=x, color=alt.Color("s:N", scale=scale))
    )
    return _svg((line + dots).properties(width=380, height=26 * max(len(order), 1)))


def stale_by_district(context: Context) -> str:
    """Districts with the most stale families."""
    frame = figures.region_tree(context).filter((pl.col("digit") == 6) & (pl.col("usang") > 0))
    top = frame.sort("usang", "kode", descending=[True, False]).head(_TOP)
    rows = [{"x": context.region(k), "n": n} for k, n in top.select("kode", "usang").iter_rows()]
    base = alt.Chart(_data(rows)).encode(
        y=alt.Y("x:N", sort=None), x=alt.X("n:Q", axis=alt.Axis(format=",d", tickCount=5, tickMinStep=1))
    )
    bars = base.mark_bar(color=SEVERITY_COLOURS[1], height={"band": 0.7})
    numbers = base.mark_text(align="left", dx=4, fontSize=12, color="#2B3643").encode(text=alt.Text("n:Q", format=",d"))
    return _svg((bars + numbers).properties(width=360, height=26 * max(len(rows), 1)))


def all_charts(context: Context) -> list[tuple[str, str, str]]:
    """Title, explanation and SVG of every chart of the page."""
    charts = [
        (
            _("Who is in which registers"),
            _("Persons by the combination of registers they stand in; the {n} largest.").format(n=_TOP),
            combinations,
        ),
        (_("Findings by kind and severity"), _("Every finding counted once."), findings_by_group),
        (
            _("The same district in each register"),
            _("Persons per register; the longer the line, the further the registers are apart."),
            registers_by_district,
        ),
        (
            _("Stale families by district"),
            _("Family records that a newer or stronger source contradicts."),
            stale_by_district,
        ),
    ]
    return [(title, note, draw(context)) for title, note, draw in charts]
