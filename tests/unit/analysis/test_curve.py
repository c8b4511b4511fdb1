"""Learning curves as numbers and as a picture."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analysis.curve import CurvePoint, alc, draw_curves
from workbench.analysis.curve_points import band_over_seeds, spread
from workbench.analysis.wording import shorten_name
from workbench.errors import InputError, NotEnoughDataError


def test_the_area_is_the_unweighted_mean_over_rounds():
    assert alc([0.5, 0.7, 0.9]) == pytest.approx(0.7)
    assert alc([0.4]) == 0.4


def test_a_curve_without_values_has_no_area():
    with pytest.raises(NotEnoughDataError):
        alc([])
    with pytest.raises(InputError):
        alc([0.5, float("nan")])
    with pytest.raises(InputError):
        CurvePoint(100, float("inf"))


def test_a_band_holds_mean_and_extremes_of_the_seeds():
    points = [CurvePoint(10, 0.2, 0), CurvePoint(20, 0.6, 0), CurvePoint(10, 0.4, 1), CurvePoint(20, 0.8, 1)]
    band = band_over_seeds("margin", points)
    assert band.n_labelled == (10, 20)
    assert band.mean == pytest.approx((0.3, 0.7))
    assert (band.low, band.high, band.n_seeds) == ((0.2, 0.6), (0.4, 0.8), 2)


def test_seeds_measured_at_other_places_are_read_off_their_lines():
    points = [CurvePoint(0, 0.0, 0), CurvePoint(20, 1.0, 0), CurvePoint(10, 0.7, 1), CurvePoint(30, 0.9, 1)]
    band = band_over_seeds("margin", points)
    assert band.n_labelled == (10, 20)
    assert band.mean == pytest.approx(((0.5 + 0.7) / 2, (1.0 + 0.8) / 2))


def test_a_place_measured_twice_is_refused():
    with pytest.raises(InputError, match="two values after 10"):
        band_over_seeds("margin", [CurvePoint(10, 0.2), CurvePoint(10, 0.3)])


def test_seeds_without_a_shared_range_are_refused():
    with pytest.raises(InputError, match="share no range"):
        band_over_seeds("margin", [CurvePoint(10, 0.2, 0), CurvePoint(20, 0.3, 1)])
    with pytest.raises(NotEnoughDataError):
        band_over_seeds("margin", [])


def test_names_that_would_touch_are_moved_apart():
    assert spread([0.5, 0.5], gap=0.1, low=0, high=1) == pytest.approx([0.45, 0.55])
    assert spread([0.9, 0.1], gap=0.1, low=0, high=1) == pytest.approx([0.9, 0.1])
    assert spread([], gap=0.1, low=0, high=1) == []


@given(st.lists(st.floats(-0.2, 1.2), min_size=1, max_size=20))
def test_spread_names_keep_their_order_their_gap_and_the_bounds(wanted):
    placed = spread(wanted, gap=0.05, low=0.0, high=1.0)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in placed)
    for (w_a, a), (w_b, b) in zip(
        sorted(zip(wanted, placed, strict=True)), sorted(zip(wanted, placed, strict=True))[1:], strict=False
    ):
        assert w_a <= w_b
        assert b - a >= 0.05 - 1e-9


def test_a_long_name_keeps_its_ends():
    assert shorten_name("short") == "short"
    assert shorten_name("a-very-long-name-of-a-strategy") == "a-very-long…a-strategy"


@pytest.mark.slow
def test_the_picture_is_a_png_of_the_promised_size(tmp_path):
    curves = {
        "random": [CurvePoint(n, n / 1000, s) for n in (100, 200) for s in (0, 1)],
        "margin $x_{": [CurvePoint(100, 0.3)],
        "<script>": [CurvePoint(n, 0.5) for n in range(0, 2000, 100)],
    }
    path = tmp_path / "curve.png"
    draw_curves(curves, path, title="Tickets $5", note="Held-out, n = 80 documents.")
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (1600, 1000)
    assert [p.name for p in tmp_path.iterdir()] == ["curve.png"]


@pytest.mark.slow
def test_no_curves_make_no_picture(tmp_path):
    with pytest.raises(NotEnoughDataError):
        draw_curves({}, tmp_path / "curve.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_drawing_leaves_pyplot_alone():
    import subprocess
    import sys

    code = "import sys, workbench.analysis.curve; print('matplotlib.pyplot' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"
