from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import Imported
from workbench.domain.documents import Document
from workbench.domain.spans import Span
from workbench.errors import InputError, UnknownNameError
from workbench.store.project_store import ProjectStore, RecordCounts

Answer = Callable[..., Annotation]
ADA = Span(13, 16, "PER", "Ada")


def test_an_annotation_comes_back_as_it_was_sent(five: ProjectStore, answer: Answer) -> None:
    sent = answer(
        "t3",
        question="entities",
        spans=(ADA,),
        scope=((0, 8), (13, 16)),
        seconds=2.5,
        comment="sure — „ganz“",
        raw={"lead_time": 2.5, "nested": {"a": [1]}},
        created_at="2026-02-03T04:05:06+00:00",
    )
    assert five.record([sent]) == RecordCounts(new=1)
    assert five.annotations() == [sent]
    assert five.annotations("entities", "t3") == [sent]
    assert five.annotations("topic") == five.annotations(document_id="t1") == []


def test_sending_again_changes_nothing_even_with_another_time(five: ProjectStore, answer: Answer) -> None:
    sent = answer("t0", "billing")
    five.record([sent])
    again = replace(sent, created_at="2030-01-01T00:00:00+00:00", seconds=9.0, raw={"x": 1})
    assert five.record([again, answer("t1", "other")]) == RecordCounts(new=1, same=1)
    assert five.annotations()[0] == sent


def test_a_client_id_twice_in_one_call_counts_once(five: ProjectStore, answer: Answer) -> None:
    sent = answer("t0", "billing")
    assert five.record([sent, sent]) == RecordCounts(new=1, same=1)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ("other",)},
        {"document_id": "t1"},
        {"annotator": "bob"},
        {"status": "skipped"},
        {"comment": "x"},
    ],
)
def test_a_client_id_with_another_content_is_refused_and_all_that_came_with_it(
    five: ProjectStore, answer: Answer, change: dict[str, object]
) -> None:
    sent = answer("t0", "billing")
    five.record([sent])
    with pytest.raises(InputError, match="another content"):
        five.record([answer("t4", "other"), replace(sent, **change)])  # type: ignore[arg-type]
    assert five.annotations() == [sent]


def test_the_newest_answer_is_the_one_recorded_last_whatever_the_clock_said(
    five: ProjectStore, answer: Answer
) -> None:
    five.record([answer("t0", "billing", created_at="2026-06-01T12:00:00+00:00")])
    five.record([answer("t0", "other", created_at="1970-01-01T00:00:00+00:00")])
    assert [a.labels for a in five.current("topic")] == [("other",)]


def test_each_annotator_has_a_newest_answer(five: ProjectStore, answer: Answer) -> None:
    five.record([answer("t1", "billing"), answer("t0", "other", annotator="bob")])
    five.record([answer("t1", "other", annotator="bob"), answer("t1", "delivery")])
    assert [(a.document_id, a.annotator, a.labels) for a in five.current("topic")] == [
        ("t0", "bob", ("other",)),
        ("t1", "bob", ("other",)),
        ("t1", "ada", ("delivery",)),
    ]


def test_a_draft_takes_no_answers_place_and_is_none_itself(five: ProjectStore, answer: Answer) -> None:
    five.record(
        [answer("t0", "billing"), answer("t0", "other", status="draft"), answer("t1", status="draft")]
    )
    assert [(a.document_id, a.labels) for a in five.current("topic")] == [("t0", ("billing",))]
    assert five.answered_ids("topic") == ["t0"]


def test_a_withdrawn_answer_is_gone_from_today_but_not_from_history(
    five: ProjectStore, answer: Answer
) -> None:
    five.record([answer("t0", "billing"), answer("t0", status="withdrawn")])
    assert five.current("topic") == []
    assert five.answered_ids("topic") == []
    assert len(five.annotations()) == 2


def test_answers_are_counted_that_a_model_can_learn_from(
    five: ProjectStore, answer: Answer, make_import: Callable[..., Imported]
) -> None:
    held_out = make_import([Document("h0", "Held out.", part="held-out")], [answer("h0", "other")])
    five.import_documents(held_out, file_name="h.csv", file_sha256="0" * 64, format="csv")
    assert five.n_answers("topic") == 0
    five.record([answer("t0", "billing"), answer("t1", status="skipped")])
    five.record([answer("t0", "other")])
    assert five.n_answers("topic") == 2


def test_a_skip_is_told_from_an_answer(five: ProjectStore, answer: Answer) -> None:
    five.record([answer("t1", status="skipped"), answer("t0", status="skipped"), answer("t2", "other")])
    five.record([answer("t0", "other", annotator="bob")])
    assert five.answered_ids("topic") == ["t0", "t2"]
    assert five.skipped_ids("topic") == ["t1"]
    assert [a.counts for a in five.current("topic")] == [False, True, False, True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ("praise",)}, "'praise' is no label"),
        ({"labels": ("billing", "other")}, "exactly one label, not 2"),
        ({"labels": ()}, "exactly one label, not 0"),
        ({"labels": (), "spans": (ADA,)}, "'PER' is no label"),
        ({"label_version": 1}, "label versions 0 to 0, not 1"),
        ({"label_version": -1}, "not -1"),
        ({"status": "lost"}, "cannot be 'lost'"),
        ({"annotator": "x" * 201}, "cannot name an annotator"),
        ({"annotator": "a\u202eb"}, "cannot name an annotator"),
        ({"annotator": " ada"}, "cannot name an annotator"),
        ({"seconds": -1.0}, "cannot take"),
        ({"seconds": float("nan")}, "cannot take"),
        ({"comment": "\0"}, "NUL"),
        ({"comment": "\udc00"}, "surrogate"),
        ({"client_id": "a\0"}, "NUL"),
        ({"document_id": "t9"}, "not in the project: t9"),
        ({"scope": ((0, 99),)}, "scope .* does not lie in the text"),
        ({"scope": ((3, 3),)}, "scope .* does not lie in the text"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(
    five: ProjectStore, answer: Answer, change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        five.record([answer("t1", "other"), replace(answer("t0", "billing"), **change)])  # type: ignore[arg-type]
    assert five.annotations() == []


def test_spans_must_say_what_the_text_says_and_belong_to_a_span_question(
    five: ProjectStore, answer: Answer
) -> None:
    with pytest.raises(InputError, match=r"says 'Ada', but the text has 'r A'"):
        five.record([answer("t0", question="entities", spans=(Span(11, 14, "PER", "Ada"),))])
    with pytest.raises(InputError, match="the text has '' there"):
        five.record([answer("t0", question="entities", spans=(Span(90, 93, "PER", "Ada"),))])
    with pytest.raises(InputError, match="with spans, not with labels"):
        five.record([answer("t0", "PER", question="entities")])
    assert five.record([answer("t0", question="entities")]).new == 1, "no entity is an answer"


def test_an_answer_to_an_unknown_question_is_refused(five: ProjectStore, answer: Answer) -> None:
    with pytest.raises(UnknownNameError, match="no question 'colour'"):
        five.record([answer("t0", "red", question="colour")])


def test_more_annotations_than_fit_one_statement_are_recorded_in_order(
    five: ProjectStore, answer: Answer
) -> None:
    sent = [answer(f"t{i % 5}", "other", comment=str(i)) for i in range(1203)]
    assert five.record(sent) == RecordCounts(new=1203)
    assert [a.comment for a in five.annotations()] == [str(i) for i in range(1203)]
    assert five.record(sent) == RecordCounts(same=1203)
