"""The colours of the report can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files


def palettes() -> Iterator[dict[str, tuple[float, float, float]]]:
    css = files("workbench.analysis").joinpath("templates/report.css").read_text(encoding="utf-8")
    light: dict[str, tuple[float, float, float]] = {}
    for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        colours = {
            name: tuple(int(value[k : k + 2], 16) / 255 for k in (0, 2, 4))
            for name, value in re.findall(r"--([\w-]+): #([0-9a-f]{6})", block)
        }
        light = light or colours
        yield {**light, **colours}


def luminance(colour: tuple[float, float, float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_all_words_reach_the_contrast_of_wcag_aa_in_both_themes():
    themes = list(palettes())
    assert len(themes) == 2
    for colours in themes:
        words = ["ink", "quiet", "good", "bad", *(f"s{k}" for k in range(7))]
        pairs = [(word, ground) for word in words for ground in ("paper", "panel")]
        pairs += [("ink", name) for name in colours if name.startswith("heat")]
        for word, ground in pairs:
            assert contrast(colours[word], colours[ground]) >= 4.5, (word, ground)
        for shape in ("accent", "right", "wrong"):
            assert contrast(colours[shape], colours["paper"]) >= 3, shape
