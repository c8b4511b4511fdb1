"""Small charts as inline SVG. Colours come from the page's style sheet, so that they follow its theme."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import floor, log10, sqrt

from markupsafe import Markup

from workbench.analysis.calibration import ReliabilityBin
from workbench.analysis.curve_points import BASELINES, CurveBand, spread
from workbench.analysis.wording import plain, shorten_name

FEW = 15  # points that are dotted
N_SERIES = 7  # colours of lines that the style sheet knows


def bar(share: float | None) -> Markup:
    """Return a thin bar filled to a share in [0, 1]; empty for None."""
    width = 100 * min(1.0, max(0.0, share or 0.0))
    return Markup(
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="8"/><rect class="fill" width="{:.1f}" height="8"/></svg>'
    ).format(width)


def ticks(low: float, high: float, n: int, *, least_step: float = 0.0) -> list[float]:
    """Return at most n + 1 round numbers from low to high, 1, 2 or 5 times a power of ten apart.

    >>> ticks(0.0, 1.0, 5)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if high <= low:
        return [low]
    rough = max((high - low) / n, least_step)
    power = 10.0 ** floor(log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * (1 - 1e-9))
    first = floor(low / step + 1e-9)
    found = [round((first + k) * step, 10) for k in range(n + 3)]
    return [t for t in found if low - 1e-9 <= t <= high + 1e-9]


def curve_chart(bands: Sequence[CurveBand], *, metric: str) -> Markup:
    """Return the learning curves, named at their ends; a random or uniform curve is grey and dotted."""
    width, height, left, right, top, bottom = 1100, 340, 52, 860, 30, 296
    most = max(1, *(band.n_labelled[-1] for band in bands))
    lowest, highest = min(min(b.low) for b in bands), max(max(b.high) for b in bands)
    room = max(0.02, (highest - lowest) * 0.06)
    lowest, highest = max(0.0, lowest - room), min(1.0, highest + room)

    def x(n: float) -> float:
        return left + (right - left) * n / most

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - lowest) / (highest - lowest)

    parts = [_text(left, 14, metric, "quiet")]
    for value in ticks(lowest, highest, 7):
        parts += [
            _line(left, y(value), right, y(value), "grid"),
            _text(left - 8, y(value) + 4, f"{value:g}", "end"),
        ]
    parts += [_text(x(n), bottom + 20, f"{n:,.0f}", "middle") for n in ticks(0, most, 7, least_step=1)]
    parts.append(_text((left + right) / 2, bottom + 40, "labelled documents", "middle"))
    places = spread([y(band.mean[-1]) for band in bands], gap=17, low=float(top), high=float(bottom))
    for series, (band, place) in enumerate(zip(bands, places, strict=True)):
        style = "base" if band.name in BASELINES else f"s{series % N_SERIES}"
        parts += _series(band, style, x, y)
        name = f"{band.mean[-1]:.3f}  {shorten_name(band.name)}"
        parts.append(_line(x(band.n_labelled[-1]) + 5, y(band.mean[-1]), right + 26, place, f"lead {style}"))
        parts.append(_text(right + 32, place + 4, name, f"name {style}"))
    return _svg(width, height, f"Learning curves, {metric} over labelled documents", parts)


def confidence_chart(bins: Sequence[ReliabilityBin]) -> Markup:
    """Return a histogram of confidences: right predictions below, wrong ones stacked on them."""
    width, height, left, right, top, bottom = 560, 270, 46, 546, 26, 222
    most = max(1, *(b.n for b in bins))
    step = (right - left) / len(bins)
    parts = [_text(left, 12, "predictions", "quiet")]
    for n in ticks(0, most, 5, least_step=1):
        y = bottom - (bottom - top) * n / most
        parts += [_line(left, y, right, y, "grid"), _text(left - 8, y + 4, f"{n:,.0f}", "end")]
    for place, b in enumerate(bins):
        n_right = round(b.n * (b.accuracy or 0.0))
        ends = [bottom - (bottom - top) * n / most for n in (0, n_right, b.n)]
        for style, low, high in (("right", ends[0], ends[1]), ("wrong", ends[1], ends[2])):
            parts.append(_rect(left + place * step + 1, high, step - 2, low - high, style))
    parts += _share_axis(left, right, bottom, "confidence")
    n_wrong = sum(b.n - round(b.n * (b.accuracy or 0.0)) for b in bins)
    n = sum(b.n for b in bins)
    label = f"Histogram of confidences: {n - n_wrong} right and {n_wrong} wrong predictions"
    return _svg(width, height, label, parts)


def reliability_chart(bins: Sequence[ReliabilityBin]) -> Markup:
    """Return accuracy over confidence; the dots grow with the predictions, the diagonal is ideal."""
    width, height, left, right, top, bottom = 560, 270, 46, 546, 26, 222

    def place(b: ReliabilityBin) -> tuple[float, float]:
        sure, share = b.confidence or 0.0, b.accuracy or 0.0
        return left + (right - left) * sure, bottom - (bottom - top) * share

    filled = [b for b in bins if b.n]
    most = max((b.n for b in filled), default=1)
    parts = [_text(left, 12, "share that is right", "quiet")]
    for share in ticks(0, 1, 5):
        y = bottom - (bottom - top) * share
        parts += [_line(left, y, right, y, "grid"), _text(left - 8, y + 4, f"{share:g}", "end")]
    parts.append(_line(left, bottom, right, top, "ideal"))
    parts.append(Markup('<polyline class="line s0" points="{}"/>').format(_points(map(place, filled))))
    parts += [_dot(*place(b), 2.5 + 6 * sqrt(b.n / most), "dot s0") for b in filled]
    parts += _share_axis(left, right, bottom, "confidence")
    return _svg(width, height, "Reliability: share of right predictions by confidence", parts)


def _series(
    band: CurveBand, style: str, x: Callable[[float], float], y: Callable[[float], float]
) -> list[Markup]:
    xs = [x(n) for n in band.n_labelled]
    rows = [[*zip(xs, map(y, row), strict=True)] for row in (band.mean, band.high, band.low)]
    line, above, below = rows
    parts = []
    if band.n_seeds > 1:
        around = _points([*above, *reversed(below)])
        parts.append(Markup('<polygon class="band {}" points="{}"/>').format(style, around))
    parts.append(Markup('<polyline class="line {}" points="{}"/>').format(style, _points(line)))
    if len(line) <= FEW:
        parts += [_dot(px, py, 3.2, f"dot {style}") for px, py in line]
    return parts


def _share_axis(left: float, right: float, bottom: float, name: str) -> list[Markup]:
    marks = [_text(left + (right - left) * s, bottom + 18, f"{s:g}", "middle") for s in ticks(0, 1, 5)]
    return [
        _line(left, bottom, right, bottom, "axis"),
        *marks,
        _text((left + right) / 2, bottom + 38, name, "middle"),
    ]


def _svg(width: int, height: int, label: str, parts: Iterable[Markup]) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        width, height, plain(label), Markup().join(parts)
    )


def _text(x: float, y: float, text: str, style: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(style, x, y, plain(text))


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        style, x1, y1, x2, y2
    )


def _rect(x: float, y: float, width: float, height: float, style: str) -> Markup:
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        style, x, y, width, height
    )


def _dot(x: float, y: float, radius: float, style: str) -> Markup:
    return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>').format(style, x, y, radius)


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
