"""Tasks as a server lists them: what is taken of them, what is left out, and which spans are odd."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from workbench.domain.spans import Span
from workbench.sources.label_studio.config import read_config
from workbench.sources.label_studio.pulled import ext_id, odd_spans, read_pulled, without_derived
from workbench.sources.label_studio.tasks import TaskReader

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="topic" toName="text"><Choice value="billing"/><Choice value="delivery"/></Choices>
  <Labels name="parts" toName="text"><Label value="PERSON"/></Labels>
</View>"""
READER = TaskReader(read_config(CONFIG, "a config"), "unknown", {1: "ana@example.com", 2: "ben@example.com"})
TEXT = "Zoë lost the blue kettle"


def annotation(number: int, label: str = "billing", **fields: Any) -> dict[str, Any]:
    region = {"from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": [label]}}
    return {
        "id": number,
        "project": 3,
        "completed_by": 1,
        "result": [region],
        "was_cancelled": False,
        "created_at": "2026-01-05T10:00:00.000000Z",
        "updated_at": "2026-01-05T10:00:00.000000Z",
        **fields,
    }


def listed(*annotations: Any, **fields: Any) -> dict[str, Any]:
    return {
        "id": 41,
        "project": 3,
        "data": {"text": TEXT, "ext_id": "kettle"},
        "annotations": list(annotations),
        "updated_at": "2026-01-05T10:00:01.000000Z",
        **fields,
    }


def of(task: dict[str, Any], question: str = "topic") -> list[tuple[Any, ...]]:
    labelled = read_pulled(task, READER).labelled
    assert labelled is not None
    return [(a.annotator, a.status, a.labels) for a in labelled.annotations if a.question == question]


def test_a_task_is_a_document_with_the_answers_of_all() -> None:
    pulled = read_pulled(listed(annotation(1), annotation(2, "delivery", completed_by=2)), READER)
    assert (pulled.number, pulled.updated_at) == (41, "2026-01-05T10:00:01.000000Z")
    assert pulled.problems == ()
    assert pulled.labelled is not None
    assert (pulled.labelled.document.id, pulled.labelled.document.text) == ("kettle", TEXT)
    assert of(listed(annotation(1), annotation(2, "delivery", completed_by=2))) == [
        ("ana@example.com", "answered", ("billing",)),
        ("ben@example.com", "answered", ("delivery",)),
    ]


def test_a_skip_is_a_skip_and_a_draft_a_draft() -> None:
    draft = {**annotation(8, "delivery"), "user": "ben@example.com"}
    assert of(listed(annotation(1, result=[], was_cancelled=True))) == [("ana@example.com", "skipped", ())]
    assert of(listed(drafts=[draft])) == [("ben@example.com", "draft", ("delivery",))]


def test_one_wrong_annotation_keeps_the_others_in_and_stays_where_it_came() -> None:
    task = listed(annotation(1), annotation(2, "weather", completed_by=2))
    pulled = read_pulled(task, READER)
    assert of(task) == [("ana@example.com", "answered", ("billing",))]
    (problem,) = pulled.problems
    assert problem.record == "task 41"
    assert "weather" in problem.message
    assert pulled.labelled is not None
    assert pulled.labelled.document.layout is not None
    (left_out,) = pulled.labelled.document.layout["unanswered"]
    assert left_out[:2] == ["annotations", 1]
    assert left_out[2]["id"] == 2


def test_a_wrong_draft_keeps_no_annotation_out() -> None:
    task = listed(annotation(1), drafts=[{**annotation(8, "weather"), "user": "ben@example.com"}])
    assert of(task) == [("ana@example.com", "answered", ("billing",))]
    assert len(read_pulled(task, READER).problems) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"data": {"ext_id": "kettle"}}, "no $text"),
        ({"data": {"text": 7, "ext_id": "kettle"}}, "not a text"),
        ({"data": {"text": "a\0b", "ext_id": "kettle"}}, "NUL"),
        ({"data": {"text": " \n", "ext_id": "kettle"}}, "empty"),
        ({"data": {"text": TEXT, "ext_id": [1]}}, "an id is"),
        ({"data": None}, "no object 'data'"),
    ],
)
def test_a_task_that_is_no_document_is_left_out_as_a_whole_with_its_reason(
    fields: dict[str, Any], said: str
) -> None:
    pulled = read_pulled(listed(annotation(1), **fields), READER)
    assert pulled.labelled is None
    assert [problem.record for problem in pulled.problems] == ["task 41"]
    assert said in pulled.problems[0].message


def test_what_a_listing_works_out_does_not_change_what_is_kept() -> None:
    plain = listed(annotation(1))
    derived = listed(
        annotation(1, created_ago="3 minutes", created_username="Ana"),
        annotators=[1],
        predictions=[{"id": 5, "score": 0.4}],
        predictions_score=0.4,
        avg_lead_time=2.0,
        draft_exists=False,
    )
    assert without_derived(derived) == plain
    assert read_pulled(derived, READER) == read_pulled(plain, READER)


def test_a_changed_annotation_is_another_answer_and_the_same_one_is_not() -> None:
    def ids(task: dict[str, Any]) -> set[str]:
        labelled = read_pulled(task, READER).labelled
        return {a.client_id for a in labelled.annotations} if labelled else set()

    same = ids(listed(annotation(1)))
    assert ids(listed(annotation(1), updated_at="2026-02-01T00:00:00.000000Z")) == same
    later = ids(listed(annotation(1, updated_at="2026-01-05T11:00:00.000000Z")))
    assert not later & same


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        ([(0, 3)], {}),
        ([(13, 17), (18, 24)], {}),
        ([(13, 18)], {"spans with white space at an end": 1}),
        ([(12, 17)], {"spans with white space at an end": 1}),
        ([(0, 2)], {"spans that begin or end inside a word": 1}),
        ([(14, 17)], {"spans that begin or end inside a word": 1}),
        ([(13, 24), (13, 17)], {"spans inside another one": 1}),
        ([(13, 17), (13, 17)], {"spans inside another one": 1}),
        ([(9, 17), (13, 24)], {"spans that overlap another one": 1}),
        ([(0, 24), (4, 8), (9, 12)], {"spans inside another one": 2}),
        ([(4, 17), (9, 12), (13, 24)], {"spans inside another one": 1, "spans that overlap another one": 1}),
    ],
)
def test_spans_that_words_cannot_say_are_counted_by_kind(
    spans: list[tuple[int, int]], found: dict[str, int]
) -> None:
    assert odd_spans(TEXT, [Span.of(TEXT, *at, "X") for at in spans]) == Counter(found)
    assert odd_spans(TEXT, [Span.of(TEXT, *at, "X") for at in reversed(spans)]) == Counter(found)


def test_letters_of_any_script_make_a_word_and_marks_do_not() -> None:
    text = "l'été d’Ana"
    assert odd_spans(text, [Span.of(text, 2, 5, "X")]) == Counter()
    assert odd_spans(text, [Span.of(text, 2, 4, "X")]) == {"spans that begin or end inside a word": 1}


def test_odd_spans_of_an_answer_are_warnings_of_its_task() -> None:
    value = {"start": 4, "end": 9, "text": "lost ", "labels": ["PERSON"]}
    region = {"id": "r", "from_name": "parts", "to_name": "text", "type": "labels", "value": value}
    pulled = read_pulled(listed(annotation(1, result=[region])), READER)
    assert pulled.problems == ()
    assert pulled.warnings["spans with white space at an end"] == 1


@pytest.mark.parametrize(
    ("data", "id"),
    [({"ext_id": "kettle"}, "kettle"), ({"ext_id": 7}, "7"), ({"text": TEXT}, ""), ([], ""), (None, "")],
)
def test_the_id_of_a_task_is_that_which_it_was_given(data: Any, id: str) -> None:
    assert ext_id({"data": data}) == id
