"""The charts of the analysis as Vega-Lite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PARTS = {"pool": "pool", "held_out": "held out"}
ROW_PIXELS, MOST_PIXELS = 26, 640


def _long(rows: Sequence[Mapping[str, Any]], *names: str) -> list[dict[str, Any]]:
    return [
        {**{name: row[name] for name in names}, "part": shown, "n": row[part]}
        for row in rows
        for part, shown in PARTS.items()
    ]


def _colour(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "field": "part",
        "type": "nominal",
        "scale": {"domain": list(PARTS.values())},  # in the colours of the theme
        "legend": {"title": None, "orient": "top"} if any(row["held_out"] for row in rows) else None,
    }


def balance_spec(rows: Sequence[Mapping[str, Any]], unit: str, *, ends: int = 1000) -> dict[str, Any]:
    """Return bars of each label, pool and held-out set beside each other, as shares of their part.

    Counts of a small held-out set could not be compared with those of a large pool. Of more than twice
    `ends` labels the first and the last so many are drawn.
    """
    drawn = rows if len(rows) <= 2 * ends else [*rows[:ends], *rows[-ends:]]
    totals = {part: sum(row[part] for row in rows) or 1 for part in PARTS}
    values = [
        {"label": row["label"], "part": shown, "n": row[part], "share": row[part] / totals[part]}
        for row in drawn
        for part, shown in PARTS.items()
        if part == "pool" or any(other["held_out"] for other in rows)
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "height": {"step": 12 if len(drawn) <= MOST_PIXELS // ROW_PIXELS else 7},
        "encoding": {
            "y": {
                "field": "label",
                "type": "nominal",
                "sort": [row["label"] for row in drawn],
                "title": None,
                "axis": {"labelLimit": 220},
            },
            "yOffset": {"field": "part", "sort": list(PARTS.values())},
            "x": {
                "field": "share",
                "type": "quantitative",
                "title": f"share of the {unit}",
                "axis": {"format": "%"},
            },
            "color": _colour(rows),
            "tooltip": [
                {"field": "label", "type": "nominal"},
                {"field": "part", "type": "nominal"},
                {"field": "n", "type": "quantitative", "title": unit, "format": ",d"},
                {"field": "share", "type": "quantitative", "format": ".1%"},
            ],
        },
    }


def lengths_spec(bars: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the histogram of the lengths, in characters, stacked by part."""
    rows = [{**bar, "pool": bar["n_pool"], "held_out": bar["n_held_out"]} for bar in bars]
    return {
        "data": {"values": _long(rows, "low", "high")},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "low", "type": "quantitative", "bin": {"binned": True}, "title": "characters"},
            "x2": {"field": "high"},
            "y": {
                "field": "n",
                "type": "quantitative",
                "title": "documents",
                "axis": {"format": ",d", "tickMinStep": 1},
            },
            "color": _colour(rows),
            "tooltip": [
                {"field": name, "type": "quantitative", "format": ",d"} for name in ("low", "high", "n")
            ],
        },
    }
