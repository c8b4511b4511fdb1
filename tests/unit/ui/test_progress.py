"""The pages Progress and Bulk, without a browser."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.unit.ui.pages import html_of, open_view
from workbench.config import Home
from workbench.domain.annotations import FROM_A_FILE, Annotation, new_client_id
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.spans import Span
from workbench.domain.suggestions import Suggestion
from workbench.store.suggestions import Suggestions
from workbench.ui import sessions
from workbench.ui.charts import INK, LINES, WORDS, with_theme
from workbench.ui.launch import MAIN, OPTIONS
from workbench.ui.progress.charts import days_spec
from workbench.usecases.collect_examples import settled_answers
from workbench.usecases.manage_accounts import add_account, list_accounts
from workbench.usecases.project import open_project

pytestmark = pytest.mark.slow

SIGNS = "*a* :red[b] <script>alert(1)</script>"


def button(page: AppTest, text: str) -> Any:
    (found,) = [button for button in page.button if text in button.label]
    return found


def record(home: Home, *annotations: tuple[str, str, str], **more: Any) -> None:
    with open_project(home, "tickets") as project:
        project.store.record(
            [
                Annotation(new_client_id(), document, "topic", who, (label,), **more)
                for who, document, label in annotations
            ]
        )


def decided(home: Home) -> dict[str, tuple[str, ...]]:
    with open_project(home, "tickets") as project:
        return {id: answer.labels for id, answer in settled_answers(project, "topic").items()}


@pytest.fixture
def disputed(tickets: Home) -> Home:
    """`ticket-0` is answered differently, `ticket-2` is flagged with a comment full of signs."""
    record(tickets, ("ana", "ticket-0", "billing"))
    record(tickets, ("ana", "ticket-2", "fault"), flagged=True, comment=SIGNS)
    return tickets


def test_work_shows_the_curve_the_pace_and_the_labels(tickets: Home) -> None:
    page = open_view("progress", project="tickets", question="topic")
    assert [heading.value for heading in page.subheader] == [
        "Learning curve",
        "Recall of the rarest labels",
        "Answers per day",
        "Pace",
        "Answers by label",
    ]
    pace, labels = (table.value for table in page.dataframe)
    assert pace["annotator"].tolist() == ["ben"]
    assert pace["answers"].tolist() == [1]
    assert dict(zip(labels["label"], labels["documents"], strict=True)) == {
        "delivery": 1,
        "billing": 0,
        "fault": 0,
    }
    assert "tfidf, held-out: delivery on 1 answers" in html_of(page)


def test_a_question_without_answers_says_so(tickets: Home) -> None:
    page = open_view("progress", project="tickets", question="entities")
    assert "Nobody answered yet." in html_of(page)
    page = open_view("progress", project="tickets", question="entities", tab="agreement")
    assert "two annotators" in page.info[0].value
    page = open_view("progress", project="tickets", question="entities", tab="conflicts")
    assert "No conflict is open" in page.success[0].value


def test_answers_that_came_with_a_file_are_not_said_to_be_nobodys(tickets: Home) -> None:
    record(tickets, (FROM_A_FILE, "ticket-3", "billing"))
    with open_project(tickets, "tickets") as project:
        project.store.record([Annotation("gone", "ticket-0", "topic", "ben", status="withdrawn")])
        project.store.record([Annotation("gone too", "ticket-1", "topic", "ben", status="withdrawn")])
    shown = html_of(open_view("progress", project="tickets", question="topic"))
    assert "None were given here: 1 document came answered, with a file." in shown
    assert "Nobody answered yet." not in shown


def test_agreement_names_the_pair_its_documents_and_that_they_are_few(disputed: Home) -> None:
    page = open_view("progress", project="tickets", question="topic", tab="agreement")
    pairs, disputes = (table.value for table in page.dataframe)
    assert pairs["annotators"].tolist() == ["ana and ben"]
    assert pairs["note"].tolist() == ["fewer than 20: hardly more than chance"]
    assert disputes.iloc[0].tolist() == ["billing", "delivery", 1]
    assert "My parcel is late." in html_of(page)


def test_one_click_settles_and_the_next_conflict_comes(disputed: Home) -> None:
    page = open_view("progress", project="tickets", question="topic", tab="conflicts")
    assert 'data-open="2" data-settled="0"' in html_of(page)
    button(page, "Settle on billing").click().run()
    assert not page.exception
    assert decided(disputed)["ticket-0"] == ("billing",)
    assert 'data-open="1" data-settled="1"' in html_of(page)
    assert "Smoke" in html_of(page)
    with open_project(disputed, "tickets") as project:
        assert len(project.store.annotations("topic")) == 5  # nobody's answer is gone


def test_a_label_that_nobody_gave_settles_too(disputed: Home) -> None:
    page = open_view("progress", project="tickets", question="topic", tab="conflicts", document="ticket-2")
    assert button(page, "Settle on this").disabled
    (another,) = [box for box in page.selectbox if box.label == "Another label"]
    another.select("delivery").run()
    button(page, "Settle on this").click().run()
    assert decided(disputed)["ticket-2"] == ("delivery",)


def test_a_settled_conflict_can_be_looked_up_and_settled_otherwise(disputed: Home) -> None:
    page = open_view("progress", project="tickets", question="topic", tab="conflicts")
    button(page, "Settle on billing").click().run()
    page = open_view("progress", project="tickets", question="topic", tab="conflicts", document="ticket-0")
    assert "settled: billing" in " ".join(element.value for element in page.markdown)
    button(page, "Settle on delivery").click().run()
    assert decided(disputed)["ticket-0"] == ("delivery",)
    (settled,) = (table.value for table in page.dataframe)
    assert settled.iloc[0].tolist()[:2] == ["ticket-0", "delivery"]


def test_the_value_of_another_metadata_key_begins_anew(tickets: Home) -> None:
    facts = [{"channel": "mail", "language": "en"}, {"channel": "chat", "language": "de"}]
    documents = [LabelledDocument(Document(f"more-{n}", f"More {n}.", fact)) for n, fact in enumerate(facts)]
    with open_project(tickets, "tickets") as project:
        imported = Imported((), tuple(documents), ConversionReport(kept=2))
        project.store.import_documents(imported, file_name="g", file_sha256="1" * 64, format="csv")
    page = open_view(
        "bulk", project="tickets", question="topic", annotator="ana", key="channel", value="chat"
    )
    assert page.dataframe[0].value["document"].tolist() == ["more-1"]
    (key,) = [box for box in page.selectbox if box.label == "Metadata"]
    key.select("language").run()
    assert not page.exception
    assert page.dataframe[0].value["document"].tolist() == ["more-0"]


def test_comments_are_shown_as_text(disputed: Home) -> None:
    page = open_view("progress", project="tickets", question="topic", tab="conflicts", document="ticket-2")
    html = html_of(page)
    assert "*a* :red[b] &lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&lt;b&gt;Smoke&lt;/b&gt;" in html
    assert "<script>" not in html
    assert "<b>Smoke" not in html
    assert "flagged by ana" in " ".join(element.value for element in page.markdown)


@pytest.fixture
def signed_in(disputed: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the pages see the cookie of an account: `ana` and `ben` are annotators, `lea` leads."""
    monkeypatch.setattr("workbench.store.passwords.N", 2)
    for name, role in (("root", "admin"), ("ana", "annotator"), ("ben", "annotator"), ("lea", "lead")):
        add_account(disputed, name, role=role, password="correct horse battery")

    def sign_in(name: str) -> None:
        (account,) = [known for known in list_accounts(disputed) if known.name == name]
        cookies = dict([sessions.session_cookie(disputed, account)])
        monkeypatch.setattr(type(st.context), "cookies", property(lambda _: cookies))

    return sign_in


@pytest.mark.parametrize("tab", ["work", "agreement", "conflicts"])
def test_annotators_see_their_own_pace_and_nobody_elses_answers(
    signed_in: Callable[[str], None], tab: str
) -> None:
    signed_in("ana")
    page = open_view("progress", project="tickets", question="topic", tab=tab, document="ticket-0")
    pace, labels = (table.value for table in page.dataframe)
    assert pace["annotator"].tolist() == ["ana"]
    assert labels["label"].tolist()  # counts are everybody's
    assert "My parcel is late." not in html_of(page)
    assert "ben" not in str([element.proto for element in page.main])
    assert not page.main.children[0].get("subheader")  # that is the row of choices
    assert not page.button
    assert [control.label for control in page.segmented_control] == ["Question"]
    told = [info.value for info in page.info]
    assert told == [] if tab == "work" else told[0].startswith(f"{tab.title()} is for leads and admins")


def test_leads_see_everybodys_pace_and_the_conflicts(signed_in: Callable[[str], None]) -> None:
    signed_in("lea")
    page = open_view("progress", project="tickets", question="topic")
    assert page.dataframe[0].value["annotator"].tolist() == ["ana", "ben"]
    page = open_view("progress", project="tickets", question="topic", tab="conflicts")
    assert "My parcel is late." in html_of(page)
    button(page, "Settle on billing").click().run()


def test_a_lead_settles_on_spans_that_nobody_marked_like_this(tickets: Home) -> None:
    with open_project(tickets, "tickets") as project:
        text = "Bob saw Ana. Bob left."
        imported = Imported((), (LabelledDocument(Document("more", text)),), ConversionReport(kept=1))
        project.store.import_documents(imported, file_name="g", file_sha256="1" * 64, format="csv")
        marked = {"ana": ((0, 7), (8, 11)), "ben": ((13, 21),)}
        project.store.record(
            [
                Annotation(
                    who, "more", "entities", who, spans=tuple(Span.of(text, *at, "PERSON") for at in places)
                )
                for who, places in marked.items()
            ]
        )
    page = open_view("progress", project="tickets", question="entities", tab="conflicts")
    (spans,) = page.multiselect
    assert spans.options == ["Bob saw · PERSON", "Ana · PERSON", "Bob left · PERSON"]
    spans.select("Ana · PERSON").run()
    (words,) = [field for field in page.text_input if field.label == "Words of the text"]
    words.input("Zoe").run()
    assert "is not in the text" in page.warning[0].value
    assert button(page, "Add the span").disabled
    words.input("Bob").run()
    assert button(page, "Add the span").disabled  # it is there twice
    (which,) = [box for box in page.selectbox if box.label == "Which of the 2"]
    which.select_index(1).run()
    (label,) = [box for box in page.selectbox if box.label == "Label"]
    label.select("PRODUCT").run()
    button(page, "Add the span").click().run()
    assert not page.exception
    button(page, "Settle on these spans").click().run()
    assert not page.exception
    with open_project(tickets, "tickets") as project:
        spans = settled_answers(project, "entities")["more"].spans
    assert spans == (Span(8, 11, "PERSON", "Ana"), Span(13, 16, "PRODUCT", "Bob"))


def test_of_three_sets_of_spans_the_majority_can_settle(tickets: Home) -> None:
    parcel, late = Span(3, 9, "PRODUCT", "parcel"), Span(13, 17, "PERSON", "late")
    marked = {"ana": (parcel, late), "ben": (parcel,), "cem": (late,)}
    with open_project(tickets, "tickets") as project:
        project.store.record(
            [Annotation(who, "ticket-0", "entities", who, spans=spans) for who, spans in marked.items()]
        )
    page = open_view("progress", project="tickets", question="entities", tab="conflicts")
    assert html_of(page).count("chip given") == 2 + 1 + 1 + 2
    button(page, "Settle on these spans").click().run()
    with open_project(tickets, "tickets") as project:
        assert settled_answers(project, "entities")["ticket-0"].spans == (parcel, late)


def test_the_bulk_view_lists_what_a_filter_finds(tickets: Home) -> None:
    page = open_view("bulk", project="tickets", question="topic", annotator="ana")
    assert page.dataframe[0].value["document"].tolist() == ["ticket-2", "ticket-3"]
    assert [one.disabled for one in page.button] == [True] * 3
    (contains,) = [field for field in page.text_input if field.label == "Text contains"]
    contains.input("HELLO").run()
    assert page.dataframe[0].value["document"].tolist() == ["ticket-3"]
    contains.input("nowhere").run()
    assert "No document without an answer is like this" in page.info[0].value


def test_the_bulk_view_of_an_answered_pool_names_the_switch_that_shows_it(tickets: Home) -> None:
    record(tickets, *(("ana", f"ticket-{n}", "fault") for n in range(4)))
    page = open_view("bulk", project="tickets", question="topic", annotator="ana")
    assert page.info[0].value.startswith("No document waits for your answer. Turn *Only unanswered* off")
    page.toggle(key="unanswered").set_value(False).run()
    assert len(page.dataframe[0].value) == 4


def test_the_bulk_view_leaves_empty_columns_out(tickets: Home) -> None:
    page = open_view("bulk", project="tickets", question="topic", annotator="ana")
    assert list(page.dataframe[0].value.columns) == ["text", "document"]
    with open_project(tickets, "tickets") as project:
        suggestion = Suggestion("ticket-3", "topic-tfidf-2", 0, ("fault",), (("fault", 0.75),))
        Suggestions(project.store).replace("topic", [suggestion])
    page = open_view("bulk", project="tickets", question="topic", annotator="ana")
    assert list(page.dataframe[0].value.columns) == ["text", "suggested", "sure", "document"]
    assert page.dataframe[0].value["sure"].tolist()[1] == 75


def test_the_bulk_view_shows_selected_texts_whole(tickets: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "read its text whole" in html_of(open_view("bulk", project="tickets", question="topic"))

    def third(desk: Any, found: Any) -> list[Any]:
        st.session_state.setdefault("bulk table", "a table")
        return [document for document in found if document.id == "ticket-2"]

    monkeypatch.setattr("workbench.ui.views.bulk.choose_rows", third)
    page = open_view("bulk", project="tickets", question="topic")
    assert "&lt;b&gt;Smoke&lt;/b&gt; comes out of it. 🔥" in html_of(page)


def test_the_bulk_view_of_spans_and_without_vectors_says_what_to_do(tickets: Home) -> None:
    page = open_view("bulk", project="tickets", question="entities", annotator="ana")
    assert "Annotate" in page.info[0].value
    page = open_view("bulk", project="tickets", question="topic", annotator="ana", like="ticket-0")
    assert "no vectors" in page.info[0].value
    assert button(page, "Compute the vectors")


def test_a_link_to_documents_like_one_that_is_not_there_says_so_and_shows_the_filter(
    tickets: Home,
) -> None:
    page = open_view("bulk", project="tickets", question="topic", annotator="ana", like="<b>nowhere")
    assert not page.error
    assert "a document that cannot be chosen here: <b>nowhere" in page.warning[0].value.replace("\\", "")
    assert "like" not in page.query_params
    assert page.dataframe[0].value["document"].tolist() == ["ticket-2", "ticket-3"]
    page = open_view("bulk", project="tickets", question="topic", like="ticket-0", job="9" * 30)
    assert "a job that cannot be chosen here" in page.warning[0].value
    assert button(page, "Compute the vectors")


def test_a_link_to_another_view_or_document_of_progress_says_so_and_shows_the_first(disputed: Home) -> None:
    page = open_view("progress", project="tickets", question="topic", tab="zz")
    assert "a view that cannot be chosen here: zz" in page.warning[0].value
    assert page.query_params["tab"] in ("work", ["work"])
    page = open_view("progress", project="tickets", question="topic", tab="conflicts", document="ticket-3")
    assert "a document of a conflict that cannot be chosen here" in page.warning[0].value
    assert "document" not in page.query_params
    assert "Document ticket\\-0" in page.subheader[0].value


def test_the_last_bulk_answer_can_be_taken_back_in_another_session(tickets: Home) -> None:
    from workbench.usecases.answer_many import answer_many

    with open_project(tickets, "tickets") as project:
        answer_many(project, "topic", ["ticket-2", "ticket-3"], labels=("fault",), by="ana", bulk="b")
    page = open_view("bulk", project="tickets", question="topic", annotator="ana")
    button(page, "Undo the last bulk answer (2 documents)").click().run()
    assert not page.exception
    assert set(decided(tickets)) == {"ticket-0"}
    assert page.dataframe[0].value["document"].tolist() == ["ticket-2", "ticket-3"]


def test_a_new_answer_is_counted_at_once(disputed: Home) -> None:
    page = open_view("progress", project="tickets", question="topic")
    assert page.dataframe[0].value["answers"].tolist() == [2, 1]
    record(disputed, ("cem", "ticket-3", "fault"))
    page.run()
    assert page.dataframe[0].value["annotator"].tolist() == ["ana", "ben", "cem"]


def test_no_page_has_a_single_key_of_its_own() -> None:
    # The card of Annotate has keys, with a way to turn them off; a button with a key would have none.
    files = [path for path in MAIN.parent.rglob("*.py")]
    calls = [n for file in files for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Call)]
    assert len(files) > 10
    assert [call.lineno for call in calls if any(word.arg == "shortcut" for word in call.keywords)] == []


def test_a_chart_keeps_its_own_settings_beside_those_of_the_theme() -> None:
    themed = with_theme({"mark": "bar", "config": {"legend": {"columns": 2}}}, "dark")
    assert themed["mark"] == "bar"
    assert themed["config"]["legend"] == {"columns": 2}
    assert themed["config"]["text"]["color"] == INK["dark"], "black numbers are lost on a dark page"
    assert themed["config"]["axis"]["labelColor"] == WORDS["dark"]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour as WCAG 2.1 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_and_lines_of_a_theme_stand_out_from_its_grounds(theme: str) -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    chosen = {name.split(".")[-1]: value for name, value in OPTIONS.items() if f"theme.{theme}." in name}
    for ground in (chosen["backgroundColor"], chosen["secondaryBackgroundColor"]):
        for word in (chosen["textColor"], chosen["linkColor"], chosen["primaryColor"], WORDS[theme]):
            assert contrast(word, ground) >= 4.5, (word, ground)
    for colour in chosen["chartCategoricalColors"]:
        assert contrast(colour, chosen["backgroundColor"]) >= 3, colour
    assert contrast(LINES[theme], chosen["backgroundColor"]) < 2  # the grid stays behind the lines


def test_one_day_is_a_bar_and_no_wall_and_many_days_fit() -> None:
    def width(n: int) -> float:
        return float(days_spec({(f"2026-01-{day:02}", "ana"): 1 for day in range(n)})["mark"]["size"])

    assert width(1) <= 50
    assert 25 * width(25) <= 530


def test_below_the_curve_stands_what_the_next_labels_bring(tickets: Home) -> None:
    shown = html_of(open_view("progress", project="tickets", question="topic"))
    assert 'data-advice="too early"' in shown
    assert 'class="wb-table"' not in shown
    with open_project(tickets, "tickets") as project:
        newest = project.store.runs("topic")[0]
        for number in range(3, 12):
            figures = {**newest.figures, "macro_f1": 0.8 - number**-2.0, "macro_f1_interval": None}
            project.store.save_run(
                replace(newest, id=f"later-{number}", n_examples=40 * number, figures=figures)
            )
    shown = html_of(open_view("progress", project="tickets", question="topic"))
    assert re.search(r"The next \d+ labels? (are|is) likely to bring \+", shown)  # as many as are left
    for rule in ("gain of the next labels", "models agree", "predictions change"):
        assert rule in shown
    entities = html_of(open_view("progress", project="tickets", question="entities"))
    assert "data-advice" not in entities
