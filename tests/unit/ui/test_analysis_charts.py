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


def test_of_many_labels_the_most_frequent_and_the_rarest_are_drawn_as_shares_of_all() -> None:
    many = [{"label": f"label {n}", "pool": 100 - n, "held_out": 0} for n in range(40)]
    values = balance_spec(many, "answers", ends=3)["data"]["values"]
    assert [value["label"] for value in values] == [f"label {n}" for n in (0, 1, 2, 37, 38, 39)]
    assert values[0]["share"] == 100 / sum(row["pool"] for row in many)


def test_a_question_with_few_labels_is_drawn_whole() -> None:
    assert len(balance_spec(ROWS, "answers", ends=1)["data"]["values"]) == 4


def test_the_parts_have_the_colours_of_the_theme() -> None:
    assert "range" not in balance_spec(ROWS, "answers")["encoding"]["color"]["scale"]


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
