"""Charts in the colours of the theme that the visitor sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

# Streamlit's own grey of axes is too faint on a light ground (3.7 : 1).
WORDS = {"light": "#57606a", "dark": "#c6ccd3"}
INK = {"light": "#1f2328", "dark": "#e4e6e9"}  # of numbers inside a chart; black is lost on a dark page
LINES = {"light": "#e3e3de", "dark": "#33383e"}


def show_chart(
    spec: Mapping[str, Any],
    *,
    alt: str,
    height: int | None = None,
    key: str | None = None,
    on_select: Callable[[], None] | None = None,
) -> Any:
    """Show a Vega-Lite chart; `alt` says in words what it shows, its height is in pixels.

    Series without colours of their own get those of the theme (`chartCategoricalColors`). Returns what is
    selected when `on_select` takes note of it.
    """
    themed = with_theme(spec, st.context.theme.type or "light")
    if height is not None:
        themed["height"] = height
    if on_select is None:
        return st.vega_lite_chart(themed, width="stretch", alt=alt, key=key)
    return st.vega_lite_chart(themed, width="stretch", alt=alt, key=key, on_select=on_select)


def with_theme(spec: Mapping[str, Any], theme: str) -> dict[str, Any]:
    """Return the chart with words and lines that can be read in a theme, `light` or `dark`."""
    words, lines = WORDS[theme], LINES[theme]
    text = {"labelColor": words, "titleColor": words}
    config = {
        "axis": {**text, "gridColor": lines, "titlePadding": 8},
        # Streamlit moves the first and the last name into the plot, away from their bars.
        "axisDiscrete": {"labelFlush": False, "labelBound": False},
        "legend": {**text, "offset": 6, "padding": 0},
        "header": text,
        "text": {"color": INK[theme]},
    }
    return {**spec, "config": {**config, **spec.get("config", {})}}
