"""F1 per label of several runs as a dot plot in Vega-Lite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.ui.words import run_in_words
from workbench.usecases.compare_runs import Shown

ROW_PIXELS = 22


def dots_spec(runs: Sequence[Shown], *, most: int = 1000) -> dict[str, Any]:
    """Return one row a label and one dot a run, with its 95 % interval; the `most` widest apart first.

    A filled dot differs from the first run's beyond their intervals. Runs of another basis are left out.
    """
    shown = [run for run in runs if run.comparable]
    names = {run.run.id: f"{place + 1}. {run_in_words(run.run)}" for place, run in enumerate(runs)}
    labels = sorted(runs[0].labels, key=lambda label: -_spread(shown, label))[:most]
    values = [
        {
            "label": label,
            "run": names[run.run.id],
            "f1": found.value,
            "low": found.interval.low if found.interval else None,
            "high": found.interval.high if found.interval else None,
            "beyond": "yes" if found.differs else "no",
        }
        for run in shown
        for label, found in run.labels.items()
        if found.value is not None and label in labels
    ]
    y = {
        "field": "label",
        "type": "nominal",
        "sort": labels,
        "title": None,
        "axis": {"labelLimit": 220},
    }
    x = {"field": "f1", "type": "quantitative", "title": "F1", "scale": {"domain": [0, 1]}, "axis": {"tickCount": 6}}
    colour = {
        "field": "run",
        "type": "nominal",
        "legend": {"orient": "top", "title": None, "columns": 1, "labelLimit": 600, "symbolOpacity": 1},
    }
    offset = {"field": "run", "type": "nominal"}
    tooltip = [{"field": name, "type": "nominal"} for name in ("label", "run", "beyond")]
    tooltip.append({"field": "f1", "type": "quantitative", "format": ".3f"})
    return {
        "data": {"values": values},
        "height": {"step": ROW_PIXELS / max(1, len(shown)) if len(shown) > 2 else ROW_PIXELS / 2},
        "encoding": {"y": y, "yOffset": offset, "color": colour},
        "layer": [
            {
                "mark": {"type": "rule", "opacity": 0.35, "strokeWidth": 2},
                "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "size": 55, "strokeWidth": 2},
                "encoding": {
                    "x": x,
                    "fillOpacity": {"condition": {"test": "datum.beyond == 'yes'", "value": 1}, "value": 0.15},
                    "fill": {**colour, "legend": None},
                    "tooltip": tooltip,
                },
            },
        ],
    }


def _spread(runs: Sequence[Shown], label: str) -> float:
    found = [run.labels[label].value for run in runs if label in run.labels]
    values = [value for value in found if value is not None]
    return max(values) - min(values) if values else -1.0
