"""Charts are well-formed, safe SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from workbench.analysis.calibration import reliability_bins
from workbench.analysis.charts import bar, confidence_chart, curve_chart, reliability_chart, ticks
from workbench.analysis.curve_points import CurvePoint, band_over_seeds


def parse(svg) -> ET.Element:
    return ET.fromstring(str(svg))


@pytest.mark.parametrize(
    ("low", "high", "n", "expected"),
    [
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.33, 0.91, 6, [0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
        (0, 0, 5, [0]),
        (0, 1200, 7, [0, 200, 400, 600, 800, 1000, 1200]),
    ],
)
def test_ticks_are_round(low, high, n, expected):
    assert ticks(low, high, n) == pytest.approx(expected)


def test_counts_have_no_broken_ticks():
    assert ticks(0, 2, 5, least_step=1) == [0, 1, 2]


def test_a_bar_is_filled_to_its_share():
    assert [parse(bar(share))[1].get("width") for share in (0.25, None, 7.0)] == ["25.0", "0.0", "100.0"]


def test_curves_are_named_at_their_ends_and_safe():
    bands = [
        band_over_seeds("</svg><script>x", [CurvePoint(10, 0.5), CurvePoint(20, 0.7)]),
        band_over_seeds("random", [CurvePoint(10, 0.4, s) for s in (0, 1)]),
    ]
    drawn = curve_chart(bands, metric="<macro>")
    texts = [element.text for element in parse(drawn).iter("text")]
    assert "0.700  </svg><script>x" in texts
    assert "0.400  random" in texts
    assert "<script" not in drawn


def test_a_flat_curve_of_one_point_can_be_drawn():
    for value in (0.0, 0.5, 1.0):
        drawn = curve_chart([band_over_seeds("x", [CurvePoint(0, value)])], metric="F1")
        parse(drawn)
        assert "nan" not in drawn
        assert "inf" not in drawn


def test_the_histogram_counts_right_and_wrong():
    bins = reliability_bins([0.9, 0.9, 0.9, 0.2], [True, True, False, False])
    assert "2 right and 2 wrong" in parse(confidence_chart(bins)).get("aria-label")


def test_the_reliability_chart_has_a_dot_a_filled_bin():
    bins = reliability_bins([0.95, 0.55, 0.56], [True, True, False])
    assert len(list(parse(reliability_chart(bins)).iter("circle"))) == 2
