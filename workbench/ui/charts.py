"""Charts in the colours of the theme that the visitor sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

# Streamlit's own grey of axes is too faint on a light ground (3.7 : 1).
WORDS = {"light": "#57606a", "dark": "#c6ccd3"}
LINES = {"light": "#e3e3de", "dark": "#33383e"}


def show_chart(spec: Mapping[str, Any], *, height: int, alt: str) -> None:
    """Show a Vega-Lite chart; `alt` says in words what it shows, its height is in pixels.

    Series without colours of their own get those of the theme (`chartCategoricalColors`).
    """
    themed = with_theme(spec, st.context.theme.type or "light")
    st.vega_lite_chart(themed, width="stretch", height=height, alt=alt)


def with_theme(spec: Mapping[str, Any], theme: str) -> dict[str, Any]:
    """Return the chart with words and lines that can be read in a theme, `light` or `dark`."""
    words, lines = WORDS[theme], LINES[theme]
    text = {"labelColor": words, "titleColor": words}
    config = {"axis": {**text, "gridColor": lines}, "legend": text, "header": text}
    return {**spec, "config": {**config, **spec.get("config", {})}}
