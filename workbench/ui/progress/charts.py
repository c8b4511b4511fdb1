"""What the page Progress draws, as Vega-Lite charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.usecases.count_labels import RecallStep

PLOT_PIXELS = 530  # of a chart in one of two columns at 1,280 pixels
WIDEST_BAR = 44
LONG_NAME = 16  # characters
LEGEND = {"orient": "bottom", "title": None, "symbolOpacity": 1, "columns": 3, "offset": 4, "padding": 4}


def recall_spec(steps: Sequence[RecallStep]) -> dict[str, Any]:
    """Return one line a label, all of one learner and basis."""
    rows = [
        {
            "label": step.label,
            "answers": step.n_examples,
            "recall": step.recall,
            "support": step.support,
        }
        for step in steps
    ]
    x = {"field": "answers", "type": "quantitative", "title": "answered documents"}
    return {
        "data": {"values": rows},
        "mark": {"type": "line", "point": {"size": 50}},
        "encoding": {
            "x": {**x, "axis": {"tickMinStep": 1, "tickCount": 5, "format": ",d"}},
            "y": {"field": "recall", "type": "quantitative", "scale": {"domain": [0, 1]}},
            "color": {
                "field": "label",
                "type": "nominal",
                "legend": legend_of([step.label for step in steps]),
            },
            "tooltip": [{"field": field, "type": "nominal"} for field in ("label", "answers", "support")]
            + [{"field": "recall", "type": "quantitative", "format": ".2f"}],
        },
    }


def legend_of(names: Sequence[str]) -> dict[str, Any]:
    """Return a legend in which long names stand two in a row: three are cut off at the chart's edge.

    >>> legend_of(["billing"])["columns"], legend_of(["contactless_not_working"])["columns"]
    (3, 2)
    """
    return {**LEGEND, "columns": 3 if max(map(len, names), default=0) <= LONG_NAME else 2}


def bar_width(n_bars: int) -> int:
    """Return how many pixels wide a bar is: no wider than looks like one, and as many as fit.

    >>> bar_width(1), bar_width(10), bar_width(60)
    (44, 37, 6)
    """
    return min(WIDEST_BAR, max(2, round(0.7 * PLOT_PIXELS / n_bars)))


def days_spec(days: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """Return one bar a day, one colour an annotator."""
    rows = [{"day": day, "annotator": name, "answers": n} for (day, name), n in days.items()]
    return {
        "data": {"values": rows},
        "mark": {"type": "bar", "size": bar_width(len({row["day"] for row in rows}))},
        "encoding": {
            "x": {
                "field": "day",
                "type": "ordinal",
                "title": None,
                "axis": {"labelAngle": 0, "labelOverlap": True},
            },
            "y": {"field": "answers", "type": "quantitative", "axis": {"tickMinStep": 1}},
            "color": {"field": "annotator", "type": "nominal", "legend": LEGEND},
            "tooltip": [{"field": field, "type": "nominal"} for field in ("day", "annotator", "answers")],
        },
    }
