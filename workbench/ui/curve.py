"""The learning curve as a Vega-Lite chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.usecases.show_progress import CurveStep


def curve_spec(steps: Sequence[CurveStep]) -> dict[str, Any]:
    """Return one line a learner and basis, with the 95 % intervals where runs have them."""
    name = steps[0].headline.name
    rows = [
        {
            "model": f"{step.run.learner}, {step.headline.basis}",
            "answers": step.run.n_examples,
            "figure": step.headline.value,
            "low": step.headline.low,
            "high": step.headline.high,
            "run": step.run.id,
        }
        for step in steps
    ]
    shared = {
        "x": {
            "field": "answers",
            "type": "quantitative",
            "title": "answered documents",
            "axis": {"tickMinStep": 1, "tickCount": 8, "format": ",d"},
        },
        "color": {
            "field": "model",
            "type": "nominal",
            "legend": {
                "orient": "bottom",
                "title": None,
                "symbolOpacity": 1,
                "symbolType": "circle",
                "symbolSize": 70,
            },
        },
    }
    scale = {"zero": min(step.headline.value for step in steps) < 0.3}
    y = {"field": "figure", "type": "quantitative", "title": name, "scale": scale}
    tooltip = [{"field": field, "type": "nominal"} for field in ("run", "model")] + [
        {"field": "answers", "type": "quantitative"},
        {"field": "figure", "type": "quantitative", "title": name, "format": ".3f"},
    ]
    band = {
        "y": {"field": "low", "type": "quantitative", "title": name, "scale": scale},
        "y2": {"field": "high"},
    }
    return {
        "data": {"values": rows},
        "encoding": shared,
        "layer": [
            {"mark": {"type": "area", "opacity": 0.18}, "encoding": band},
            {"mark": {"type": "line", "point": {"size": 60}}, "encoding": {"y": y, "tooltip": tooltip}},
        ],
    }
