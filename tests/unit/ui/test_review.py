"""What the page Review shows, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.unit.ui.pages import as_plain, html_of, open_review
from workbench.config import Home
from workbench.ui.curve import curve_spec
from workbench.ui.review import growth
from workbench.usecases.project import open_project
from workbench.usecases.show_progress import learning_curve

pytestmark = pytest.mark.slow


def test_all_mistakes_are_shown_first_with_markup_escaped(tickets: Home) -> None:
    shown = html_of(open_review())
    assert "All mistakes" in shown
    assert "It sparks &lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>" not in shown
    assert "Where is it?" not in shown  # the model is right there


def test_a_click_on_a_confused_pair_puts_it_into_the_url_and_shows_its_documents(tickets: Home) -> None:
    page = open_review()
    pair = page.button(key="wb-pair-0")
    assert as_plain(pair.label) == "1 × fault → **delivery**"
    pair.click().run()
    assert page.query_params["gold"] == "fault"
    assert page.query_params["predicted"] == "delivery"
    assert 'data-documents="1" data-filter="fault|delivery"' in html_of(page)
    page.button(key="take away gold").click().run()
    assert "gold" not in page.query_params
    assert page.query_params["predicted"] == "delivery"


def test_a_deep_link_shows_the_same_documents(tickets: Home) -> None:
    page = open_review(gold="fault", predicted="delivery", run="topic-tfidf-1")
    assert 'data-documents="1" data-filter="fault|delivery"' in html_of(page)
    assert page.query_params["run"] == "topic-tfidf-1"
    assert page.button(key="take away gold").label == "right answer: **fault**"


def test_a_label_of_the_url_that_nobody_knows_is_shown_as_text_with_no_documents(tickets: Home) -> None:
    page = open_review(label="<img src=x onerror=alert(1)>")
    shown = html_of(page)
    assert 'data-documents="0"' in shown
    assert "<img" not in shown
    assert "No document has such a mistake" in shown


def test_filters_go_when_another_question_is_chosen(tickets: Home) -> None:
    page = open_review(gold="fault", predicted="delivery")
    page.segmented_control(key="question of tickets").set_value("entities").run()
    assert "gold" not in page.query_params


def test_the_labels_are_listed_worst_first(tickets: Home) -> None:
    labels = open_review().dataframe[0].value
    assert labels["label"].tolist()[0] == "fault"


def test_figures_name_their_basis(tickets: Home) -> None:
    assert "2 held-out documents, none of them trained on" in html_of(open_review())


def test_calibration_names_the_predictions_behind_it(tickets: Home) -> None:
    page = open_review(part="labels")
    shown = html_of(page)
    # One right at 0.9, one wrong at 0.7: half of 0.1 and half of 0.7.
    assert "Expected calibration error <b>0.400</b>" in shown
    assert "2 predicted labels in 2 held-out documents" in shown


def test_the_chosen_part_is_kept_in_the_url(tickets: Home) -> None:
    page = open_review(part="curve")
    assert page.segmented_control(key="part").value == "curve"
    page.segmented_control(key="part").set_value("labels").run()
    assert page.query_params["part"] == "labels"
    assert "Expected calibration error" in html_of(page)


def test_a_curve_without_a_line_shows_its_points_with_intervals_and_says_so(
    tickets: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_project(tickets, "tickets") as project:
        steps = learning_curve(project, "topic")[:1]
    monkeypatch.setattr(growth, "learning_curve", lambda project, question: steps)
    page = open_review(part="curve")
    assert "tfidf: macro-F1 0.333 (held-out, 2 documents) · There is no line yet" in html_of(page)
    (chart,) = page.get("vega_lite_chart")
    assert "tfidf, held-out" in str(chart.proto)


def test_what_was_judged_once_has_an_upright_for_its_interval_and_a_line_has_none(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        steps = learning_curve(project, "topic")
    alone, line = curve_spec(steps[:1]), curve_spec(steps)
    assert [row["alone"] for row in alone["data"]["values"]] == [True]
    assert [row["alone"] for row in line["data"]["values"]] == [False, False]
    (upright,) = [layer for layer in alone["layer"] if layer["mark"]["type"] == "rule"]
    assert "datum.alone" in upright["transform"][0]["filter"]
    assert upright["encoding"]["y2"] == {"field": "high"}
    assert alone["encoding"]["x"]["scale"]["domain"] == [0, 25]
    assert upright["encoding"]["y"]["scale"] == {"domain": [0, 1]}
    assert "scale" not in line["encoding"]["x"]


def test_the_answers_on_the_curve_are_whole_numbers(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        spec = curve_spec(learning_curve(project, "topic"))
    assert spec["encoding"]["x"]["axis"]["format"] == ",d"


def test_a_question_without_a_model_leads_to_where_one_is_trained(tickets: Home) -> None:
    page = open_review(question="entities")
    assert "No model was trained for entities yet" in page.info[0].value
    (link,) = [element.proto for element in page.main if element.type == "page_link"]
    assert (link.label, link.page) == ("Train a model", "models")
    assert "question=entities" in link.query_string
    assert "section=train" in link.query_string


def test_it_is_said_that_only_the_most_frequent_pairs_are_listed() -> None:
    script = """
from workbench.analysis.confusions import ConfusedPair
from workbench.ui.review.errors import show_pairs
show_pairs([ConfusedPair("fault", f"label {n}", 1, ()) for n in range(40)])
"""
    page = AppTest.from_string(script, default_timeout=60).run()
    assert "The 25 most frequent of 40 pairs" in html_of(page)
    assert page.subheader[0].value == "Confused pairs"


def test_the_newest_run_is_shown_unless_another_is_chosen(tickets: Home) -> None:
    page = open_review()
    run = page.selectbox(key="run of topic")
    assert run.value == "topic-tfidf-2"
    assert "run" not in page.query_params
    run.set_value("topic-tfidf-1").run()
    assert page.query_params["run"] == "topic-tfidf-1"


def test_a_run_of_the_url_that_there_is_none_of_is_said(tickets: Home) -> None:
    page = open_review(run="<b>nope</b>")
    assert "a run that cannot be chosen here: <b>nope</b>" in as_plain(page.warning[0].value)
    assert page.selectbox(key="run of topic").value == "topic-tfidf-2"


def test_a_link_to_another_part_or_property_says_so_and_keeps_the_controls(tickets: Home) -> None:
    page = open_review(part="zz")
    assert "a part that cannot be chosen here: zz" in as_plain(page.warning[0].value)
    assert page.segmented_control(key="part").value == "errors"
    page = open_review(part="slices", by="zz")
    assert "a property that cannot be chosen here: zz" in as_plain(page.warning[0].value)
    assert page.selectbox(key="slices by").value == "length"


def test_a_link_to_a_comparison_with_a_run_that_is_gone_compares_with_no_other(tickets: Home) -> None:
    page = open_review(part="compare", other="zz")
    assert "a run to compare with that cannot be chosen here: zz" in as_plain(page.warning[0].value)
    assert "data-fixed" not in html_of(page)
    assert "other" not in page.query_params
    (choice,) = [box for box in page.selectbox if box.label == "Since the run"]
    choice.set_value("topic-tfidf-1").run()
    assert "data-fixed" in html_of(page)
