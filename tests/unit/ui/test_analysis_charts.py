"""What the charts of the analysis show."""

from __future__ import annotations

from workbench.ui.data.charts import balance_spec, lengths_spec

ROWS = [{"label": "a", "pool": 30, "held_out": 1}, {"label": "b", "pool": 10, "held_out": 3}]


def test_each_part_is_shown_as_shares_of_itself() -> None:
    values = balance_spec(ROWS, "answers")["data"]["values"]
    assert {(v["label"], v["part"]): (v["n"], v["share"]) for v in values} == {
        ("a", "pool"): (30, 0.75),
        ("b", "pool"): (10, 0.25),
        ("a", "held out"): (1, 0.25),
        ("b", "held out"): (3, 0.75),
    }
    assert balance_spec(ROWS, "spans")["encoding"]["y"]["sort"] == ["a", "b"]


def test_without_a_held_out_set_there_is_one_bar_a_label_and_no_legend() -> None:
    spec = balance_spec([{"label": "a", "pool": 2, "held_out": 0}], "answers")
    assert [value["part"] for value in spec["data"]["values"]] == ["pool"]
    assert spec["encoding"]["color"]["legend"] is None


def test_the_histogram_has_every_bar_of_both_parts() -> None:
    bars = [{"low": 0, "high": 10, "n_pool": 3, "n_held_out": 1}]
    values = lengths_spec(bars)["data"]["values"]
    assert [(v["low"], v["high"], v["part"], v["n"]) for v in values] == [
        (0, 10, "pool", 3),
        (0, 10, "held out", 1),
    ]
