"""The charts of the page Review as Vega-Lite; colours are readable on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor
from typing import Any

from workbench.analysis.calibration import ReliabilityBin
from workbench.analysis.confusions import ConfusedPair
from workbench.analysis.slices import Slice
from workbench.analysis.span_errors import SpanVerdict

BLUE, RED, GREY = "#4a82bd", "#cf5c4f", "#8b949e"
N_BINS = 20


def kinds_spec(counts: Mapping[SpanVerdict, int], chosen: str | None) -> dict[str, Any]:
    """Return the kinds of error as bars; the chosen one stands out."""
    rows = [{"kind": kind, "n": n, "chosen": chosen in (None, kind)} for kind, n in counts.items()]
    y = {
        "field": "kind",
        "type": "nominal",
        "sort": list(counts),
        "title": None,
        "axis": {"labelLimit": 160, "ticks": False, "labelOverlap": False},
    }
    longest = max([1, *counts.values()])
    # A tenth is left for the number behind the longest bar.
    x = {"field": "n", "type": "quantitative", "scale": {"domain": [0, 1.1 * longest], "nice": False}}
    bar = {
        "name": "bars",
        "mark": {"type": "bar", "color": RED, "cursor": "pointer", "height": {"band": 0.7}},
        "encoding": {
            "x": {**x, "axis": None},  # the numbers stand at the bars
            "opacity": {"condition": {"test": "datum.chosen", "value": 1}, "value": 0.35},
            "tooltip": [{"field": "kind", "type": "nominal"}, {"field": "n", "type": "quantitative"}],
        },
    }
    text = {
        "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 13},
        "encoding": {
            "x": x,
            "text": {"field": "n", "type": "quantitative"},
        },
    }
    return {
        "data": {"values": rows},
        "params": [{"name": "kind", "select": {"type": "point", "fields": ["kind"]}, "views": ["bars"]}],
        "encoding": {"y": y},
        "layer": [bar, text],
    }


def matrix_spec(pairs: Sequence[ConfusedPair], labels: Sequence[str]) -> dict[str, Any]:
    """Return how often labels are taken for each other: rows are right answers, the diagonal is left out."""
    inside = set(labels)
    rows = [
        {"gold": pair.gold, "predicted": pair.predicted, "n": pair.n}
        for pair in pairs
        if pair.gold in inside and pair.predicted in inside and pair.gold != pair.predicted
    ]
    most = max((pair.n for pair in pairs), default=1)
    select = {"type": "point", "fields": ["gold", "predicted"]}
    axis = {"type": "nominal", "sort": list(labels), "scale": {"domain": list(labels)}}
    return {
        "data": {"values": rows},
        "params": [{"name": "cell", "select": select, "views": ["cells"]}],
        "height": {"step": 30},
        "encoding": {
            "x": {
                "field": "predicted",
                **axis,
                "title": "model says",
                "axis": {"labelAngle": -40, "labelLimit": 130, "labelOverlap": False},
            },
            "y": {"field": "gold", **axis, "title": "right answer", "axis": {"labelLimit": 130}},
        },
        "layer": [
            {
                "name": "cells",
                "mark": {"type": "rect", "cursor": "pointer", "cornerRadius": 2, "color": RED},
                "encoding": {
                    "opacity": {
                        "field": "n",
                        "type": "quantitative",
                        "scale": {"domain": [0, most], "range": [0.12, 0.85]},
                        "legend": None,
                    },
                    "tooltip": [
                        {"field": "gold", "title": "right answer"},
                        {"field": "predicted", "title": "model says"},
                        {"field": "n", "title": "times"},
                    ],
                },
            },
            {
                "mark": {"type": "text", "fontSize": 13, "fontWeight": 600},
                "encoding": {"text": {"field": "n", "type": "quantitative"}},
            },
        ],
    }


def histogram_spec(confidences: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    """Return how many predictions were made with which confidence, right and wrong ones side by side.

    The axis grows with the square root: a few wrong ones can be read beside thousands that are right.
    """
    counts: dict[tuple[int, bool], int] = {}
    for sure, is_right in zip(confidences, right, strict=True):
        place = min(N_BINS - 1, int(sure * N_BINS))
        counts[place, is_right] = counts.get((place, is_right), 0) + 1
    rows = [
        {
            "from": (p + (0.0 if ok else 0.5)) / N_BINS,
            "to": (p + (0.5 if ok else 1.0)) / N_BINS,
            "confidence": f"{p / N_BINS:.2f} to {(p + 1) / N_BINS:.2f}",
            "outcome": "right" if ok else "wrong",
            "n": n,
        }
        for (p, ok), n in sorted(counts.items())
    ]
    x_scale = {"domain": [0, 1], "nice": False}
    tooltip = (("outcome", "nominal"), ("n", "quantitative"), ("confidence", "nominal"))
    return {
        "data": {"values": rows},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "from",
                "type": "quantitative",
                "title": "confidence",
                "scale": x_scale,
                "axis": {"tickCount": 10, "format": ".1f"},
            },
            "x2": {"field": "to"},
            "y2": {"datum": 0},  # with two ends across, a bar would be a dash
            "y": {
                "field": "n",
                "type": "quantitative",
                "title": "predictions (square-root axis)",
                "scale": {"type": "sqrt"},
                "stack": None,
                "axis": {"tickMinStep": 1, "tickCount": 6, "format": ",d"},
            },
            "color": {
                "field": "outcome",
                "type": "nominal",
                "scale": {"domain": ["right", "wrong"], "range": [BLUE, RED]},
                "legend": None,  # the words above the chart name both: so it is as high as its neighbour
            },
            "tooltip": [{"field": name, "type": kind} for name, kind in tooltip],
        },
    }


def reliability_spec(bins: Sequence[ReliabilityBin]) -> dict[str, Any]:
    """Return the share of right predictions of each bin at its mean confidence, with its number.

    The numbers stand on the side of the points that is turned away from the dotted line.
    """
    rows = [
        {
            "confidence": b.confidence,
            "right": b.accuracy,
            "n": b.n,
            "bin": f"{b.low:.1f} to {b.high:.1f}",
            "above": (b.accuracy or 0.0) >= (b.confidence or 0.0),
        }
        for b in bins
        if b.n
    ]
    x = {
        "field": "confidence",
        "type": "quantitative",
        "title": "mean confidence",
        "scale": {"domain": [0, 1]},
        "axis": {"tickCount": 10, "format": ".1f"},
    }
    y = {
        "field": "right",
        "type": "quantitative",
        "title": "share that is right",
        "scale": {"domain": [-0.12, 1.12], "nice": False},  # room for the numbers
        "axis": {"values": [0, 0.2, 0.4, 0.6, 0.8, 1]},
    }
    ideal = {
        "data": {"values": [{"confidence": 0, "right": 0}, {"confidence": 1, "right": 1}]},
        "mark": {"type": "line", "strokeDash": [4, 4], "color": GREY},
        "encoding": {"x": x, "y": y},
    }
    curve = {
        "mark": {"type": "line", "color": BLUE, "point": {"size": 55, "color": BLUE}},
        "encoding": {
            "x": x,
            "y": y,
            "tooltip": [
                {"field": "bin", "type": "nominal"},
                {"field": "right", "type": "quantitative", "format": ".3f"},
                {"field": "n", "type": "quantitative", "title": "predictions", "format": ",d"},
            ],
        },
    }
    sides: dict[str, dict[str, Any]] = {
        "datum.above": {"align": "right", "dx": -3, "dy": -11},
        "!datum.above": {"align": "left", "dx": 3, "dy": 12},
    }
    numbers: list[dict[str, Any]] = [
        {
            "transform": [{"filter": side}],
            "mark": {**place, "type": "text", "fontSize": 12},
            "encoding": {"x": x, "y": y, "text": {"field": "n", "type": "quantitative", "format": ",d"}},
        }
        for side, place in sides.items()
    ]
    return {"data": {"values": rows}, "layer": [ideal, curve, *numbers]}


def slices_spec(slices: Sequence[Slice]) -> dict[str, Any]:
    """Return the share right of each slice with its interval; small slices are grey.

    The axis shows the part where the intervals lie, and need not begin at 0.
    """
    rows = [
        {
            "slice": s.value,
            "right": s.share_right,
            "low": s.interval.low if s.interval else None,
            "high": s.interval.high if s.interval else None,
            "documents": s.n,
            "size": "small" if s.is_small else "enough",
        }
        for s in slices
    ]
    scale = {"domain": fitted_domain(slices), "nice": False}
    color = {
        "field": "size",
        "type": "nominal",
        "scale": {"domain": ["enough", "small"], "range": [BLUE, GREY]},
        "legend": None,
    }
    tooltip = [{"field": "slice", "type": "nominal"}, {"field": "documents", "type": "quantitative"}] + [
        {"field": name, "type": "quantitative", "format": ".3f"} for name in ("right", "low", "high")
    ]
    return {
        "data": {"values": rows},
        "height": {"step": 28},
        "encoding": {
            "y": {
                "field": "slice",
                "type": "nominal",
                "sort": [row["slice"] for row in rows],
                "title": None,
                "axis": {"labelLimit": 320, "ticks": False},
            },
            "color": color,
            "tooltip": tooltip,
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.5},
                "encoding": {
                    "x": {
                        "field": "low",
                        "type": "quantitative",
                        "title": "share right",
                        "scale": scale,
                        "axis": {"tickCount": 10, "format": ".2f"},
                    },
                    "x2": {"field": "high"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
                "encoding": {"x": {"field": "right", "type": "quantitative", "scale": scale}},
            },
        ],
    }


def fitted_domain(slices: Sequence[Slice]) -> list[float]:
    """Return the tenths around all shares and intervals, from 0 to 1."""
    ends = [end for s in slices if (found := s.interval) for end in (found.low, found.high)]
    shares = [s.share_right for s in slices]
    low, high = min([1.0, *ends, *shares]), max([0.0, *ends, *shares])
    return [max(0, floor(10 * low)) / 10, min(10, ceil(10 * high)) / 10]
