"""What the charts of the page Review draw."""

from __future__ import annotations

from pathlib import Path

from workbench.analysis.calibration import reliability_bins
from workbench.analysis.slices import Slice
from workbench.ui.review.charts import fitted_domain, histogram_spec, reliability_spec, slices_spec

STYLES = Path(__file__).parents[3] / "workbench" / "ui" / "styles"


def test_a_few_wrong_predictions_are_drawn_beside_thousands_that_are_right() -> None:
    spec = histogram_spec([0.97] * 1_005, [True] * 1_000 + [False] * 5)
    wrong, right = spec["data"]["values"]
    assert (right["outcome"], right["n"], wrong["outcome"], wrong["n"]) == ("right", 1_000, "wrong", 5)
    assert (right["confidence"], wrong["confidence"]) == ("0.95 to 1.00", "0.95 to 1.00")
    assert spec["encoding"]["y2"] == {"datum": 0}, "else a bar is a dash"
    assert right["to"] == wrong["from"], "neither hides the other"
    assert spec["encoding"]["y"]["scale"] == {"type": "sqrt"}
    assert spec["encoding"]["y"]["stack"] is None, "a root of a sum is no sum of roots"


def test_a_number_stands_on_the_side_of_its_point_that_is_turned_away_from_the_diagonal() -> None:
    bins = reliability_bins([0.25] * 2 + [0.95] * 2, [True, True, True, False])
    spec = reliability_spec(bins)
    assert [row["above"] for row in spec["data"]["values"]] == [True, False]
    above, below = spec["layer"][2:]
    assert (above["transform"][0]["filter"], below["transform"][0]["filter"]) == (
        "datum.above",
        "!datum.above",
    )
    assert above["mark"]["dy"] < 0 < below["mark"]["dy"]


def test_the_axis_of_the_slices_is_fitted_to_shares_and_intervals() -> None:
    slices = [Slice("a", 1000, 850, 850, 1000, 1000), Slice("b", 1000, 870, 870, 1000, 1000)]
    assert fitted_domain(slices) == [0.8, 0.9]
    assert slices_spec(slices)["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0.8, 0.9]
    assert fitted_domain([*slices, Slice("c", 2, 0, 0, 2, 2)]) == [0.0, 0.9]
    assert fitted_domain([Slice("d", 2, 2, 2, 2, 2)])[1] == 1.0


def test_nothing_of_the_primary_colour_shows_behind_the_bar_of_a_chosen_pair() -> None:
    sheet = (STYLES / "review.css").read_text(encoding="utf-8")
    rule = next(line for line in sheet.split("}") if "linear-gradient" in line)
    assert ".st-key-wb-pairs button:not(:disabled) {" in rule, "weaker than Streamlit's own under the mouse"
    assert "no-repeat transparent" in rule
