"""Learning curves as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from workbench.analysis.curve_points import BASELINES, CurveBand, CurvePoint, alc, band_over_seeds, spread
from workbench.analysis.wording import shorten_name
from workbench.artefacts import write_whole
from workbench.errors import NotEnoughDataError

__all__ = ["CurvePoint", "alc", "draw_curves"]

INK, QUIET, GRID, PAPER = "#1f2933", "#52606d", "#e4e7eb", "#ffffff"
# Okabe and Ito's colours, the light ones darkened so that a label in them reads on white (4.5 : 1).
PALETTE = ("#0067a5", "#b84a00", "#007a5a", "#9c4a83", "#7a5c00", "#3d6f8f", "#8a2b2b")
DASHES: tuple[Any, ...] = ("solid", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)))
STEPS = [1, 2, 5, 10]
LABEL_GAP = 0.052  # of the height of the axes


def draw_curves(
    curves: Mapping[str, Sequence[CurvePoint]],
    path: Path,
    *,
    metric: str = "macro-F1",
    title: str = "",
    note: str = "",
    paid: str = "labelled documents",
) -> None:
    """Draw one line a curve, the mean over its seeds in a band from the lowest to the highest seed.

    The first keys get the first colours; a curve named random or uniform is grey and dotted. `note`
    stands under the picture: say there on which documents was measured; `paid` names the other axis.
    Writes a PNG of 1600 by 1000 pixels, whole or not at all. Raises NotEnoughDataError without curves.
    """
    if not curves:
        raise NotEnoughDataError("There is no learning curve to draw.")
    bands = [band_over_seeds(name, points) for name, points in curves.items()]
    figure = Figure(figsize=(8, 5), dpi=200, facecolor=PAPER)
    axes = figure.add_axes((0.085, 0.15, 0.61, 0.70))
    _dress(axes, metric, title, paid)
    styles = _styles(bands)
    for band, (colour, dash) in zip(bands, styles, strict=True):
        _draw_band(axes, band, colour, dash)
    _name_lines(axes, bands, [colour for colour, _ in styles])
    _write_note(figure, bands, note)
    with write_whole(path) as file:
        figure.savefig(file, format="png")


def _styles(bands: Sequence[CurveBand]) -> list[tuple[str, Any]]:
    styles: list[tuple[str, Any]] = []
    n_coloured = 0
    for band in bands:
        if band.name in BASELINES:
            styles.append((QUIET, (0, (1, 1.4))))
            continue
        styles.append((PALETTE[n_coloured % len(PALETTE)], DASHES[n_coloured // len(PALETTE) % len(DASHES)]))
        n_coloured += 1
    return styles


def _dress(axes: Axes, metric: str, title: str, paid: str) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#9aa5b1")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=QUIET, labelsize=9, length=0, pad=6)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=STEPS))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=STEPS))
    axes.set_xlabel(paid, color=QUIET, fontsize=9.5, labelpad=8)
    # Names are data: a $ in them is no formula.
    axes.text(0, 1.03, metric, transform=axes.transAxes, color=QUIET, fontsize=9.5, parse_math=False)
    if title:
        axes.text(
            0, 1.10, title, transform=axes.transAxes, color=INK, fontsize=13, weight="bold", parse_math=False
        )


def _draw_band(axes: Axes, band: CurveBand, colour: str, dash: Any) -> None:
    if band.n_seeds > 1:
        axes.fill_between(band.n_labelled, band.low, band.high, color=colour, alpha=0.12, linewidth=0)
    few = len(band.n_labelled) <= 15
    axes.plot(
        band.n_labelled,
        band.mean,
        color=colour,
        linestyle=dash,
        linewidth=1.8,
        marker="o" if few else "",
        markersize=4.5,
        markeredgewidth=0,
        clip_on=False,
        solid_capstyle="round",
    )


def _name_lines(axes: Axes, bands: Sequence[CurveBand], colours: Sequence[str]) -> None:
    low, high = axes.get_ylim()
    ends = [(band.mean[-1] - low) / (high - low) for band in bands]
    places = spread(ends, gap=LABEL_GAP, low=0.0, high=1.0)
    right = max(1, *(band.n_labelled[-1] for band in bands))
    axes.set_xlim(0, right)
    for band, colour, end, place in zip(bands, colours, ends, places, strict=True):
        x = band.n_labelled[-1] / right
        axes.plot(
            [x + 0.008, 1.03], [end, place], transform=axes.transAxes, color=colour, linewidth=0.7,
            alpha=0.6, clip_on=False,
        )  # fmt: skip
        axes.text(
            1.04, place, f"{band.mean[-1]:.3f}  {shorten_name(band.name)}", transform=axes.transAxes,
            color=colour, fontsize=9.5, va="center", parse_math=False,
        )  # fmt: skip


def _write_note(figure: Figure, bands: Sequence[CurveBand], note: str) -> None:
    most = max(band.n_seeds for band in bands)
    seeds = f"Lines: mean of {most} seeds; bands: lowest to highest seed." if most > 1 else ""
    text = " ".join(part for part in (note, seeds) if part)
    figure.text(0.085, 0.025, text, color=QUIET, fontsize=8, parse_math=False)
