"""Draw the learning curves of simulations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.analysis.curve_points import CurvePoint
from workbench.usecases.simulate import SimulationReport

PICTURE_ENDINGS = (".png",)


def draw_simulations(reports: Sequence[SimulationReport], path: Path, *, title: str = "") -> None:
    """Draw one line a strategy (and learner, when they differ), a band over its seeds, as PNG."""
    from workbench.analysis.curve import draw_curves

    several_learners = len({report.simulation.learner for report in reports}) > 1
    curves: dict[str, list[CurvePoint]] = {}
    for report in reports:
        simulation = report.simulation
        name = f"{simulation.learner}, {simulation.strategy}" if several_learners else simulation.strategy
        points = (
            CurvePoint(n, value, simulation.seed)
            for n, value in zip(report.n_labelled, report.values, strict=True)
        )
        curves.setdefault(name, []).extend(points)
    first = reports[0]
    metric = "strict F1" if first.question.kind == "ner" else "macro-F1"
    note = f"Measured on {len(first.judgements[0].documents)} held-out documents."
    draw_curves(curves, path, metric=metric, title=title or first.question.name, note=note)
