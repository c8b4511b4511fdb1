"""The learning curve as a Vega-Lite chart: lines where there are, and points with their intervals before that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench.ui.charts import show_chart
from workbench.ui.words import headline_in_words
from workbench.usecases.show_progress import CurveStep, has_line

NO_RUN = "No run was judged yet: the curve begins when a learner is trained."
NO_LINE = "There is no line yet: it begins when a learner is trained again, with more answers."


def show_curve(steps: Sequence[CurveStep], *, height: int) -> None:
    """Show the figures of all judged runs, and say so where they make no line, or there are none."""
    if steps:
        alt = f"{steps[0].headline.name} by number of answers"
        show_chart(curve_spec(steps), height=height, alt=alt)
    if not has_line(steps):
        figures = [f"{step.run.learner}: {headline_in_words(step.headline)}" for step in steps]
        words = " · ".join([*figures, NO_LINE] if steps else [NO_RUN])
        st.html(Markup('<p class="wb-quiet">{}</p>').format(words))


def curve_spec(steps: Sequence[CurveStep]) -> dict[str, Any]:
    """Return one line a learner and basis, with the 95 % intervals where runs have them.

    What was judged once has no line; its interval is drawn as an upright.
    """
    name = steps[0].headline.name
    places = {step.run.n_examples for step in steps}
    scale: dict[str, Any] = {"zero": min(step.headline.value for step in steps) < 0.3}
    if len(places) == 1:
        scale = {"domain": [0, 1]}
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
        "data": {"values": _rows(steps)},
        "encoding": _shared(places),
        "layer": [
            {"mark": {"type": "area", "opacity": 0.18}, "encoding": band},
            {
                "transform": [{"filter": "datum.alone && isValid(datum.low)"}],
                "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.4},
                "encoding": band,
            },
            {"mark": {"type": "line", "point": {"size": 60}}, "encoding": {"y": y, "tooltip": tooltip}},
        ],
    }


def _rows(steps: Sequence[CurveStep]) -> list[dict[str, Any]]:
    n_of = Counter((step.run.learner, step.headline.basis) for step in steps)
    return [
        {
            "model": f"{step.run.learner}, {step.headline.basis}",
            "answers": step.run.n_examples,
            "figure": step.headline.value,
            "low": step.headline.low,
            "high": step.headline.high,
            "run": step.run.id,
            "alone": n_of[step.run.learner, step.headline.basis] == 1,
        }
        for step in steps
    ]


def _shared(places: Collection[int]) -> dict[str, Any]:
    """Return the axis of answers, which end at `places`, and the colours with their legend."""
    legend = {
        "orient": "bottom",
        "title": None,
        "symbolOpacity": 1,
        "symbolType": "circle",
        "symbolSize": 70,
    }
    return {
        "x": {
            "field": "answers",
            "type": "quantitative",
            "title": "answered documents",
            # One place would be an axis without a length.
            **({"scale": {"domain": [0, 1.25 * max(1, *places)]}} if len(places) == 1 else {}),
            "axis": {"tickMinStep": 1, "tickCount": 8, "format": ",d"},
        },
        "color": {"field": "model", "type": "nominal", "legend": legend},
    }
