"""Tasks, their ids, and everybody's annotations; ends with what is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from workbench.config import Limits
from workbench.domain.conversion import ReadOptions
from workbench.domain.spans import Span
from workbench.errors import SourceError
from workbench.sources.label_studio.source import LabelStudioSource

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="topic" toName="text"><Choice value="billing"/><Choice value="delivery"/></Choices>
  <Labels name="parts" toName="text"><Label value="PER"/></Labels>
</View>"""
BILLING = {
    "id": "a",
    "from_name": "topic",
    "to_name": "text",
    "type": "choices",
    "value": {"choices": ["billing"]},
}
DELIVERY = {**BILLING, "value": {"choices": ["delivery"]}}
ADA = {
    "id": "b",
    "from_name": "parts",
    "to_name": "text",
    "type": "labels",
    "value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"]},
}


def annotation(*result, **fields):
    given = {"id": 5, "completed_by": 1, "created_at": "2024-05-01T10:00:00.000001Z", "result": list(result)}
    return {**given, **fields}


def task(*annotations, **fields):
    return {"id": 7, "data": {"text": "Ada paid"}, "annotations": list(annotations), **fields}


@pytest.fixture
def read(tmp_path):
    (tmp_path / "config.xml").write_text(CONFIG, encoding="utf-8")

    def read_tasks(*tasks, content=None, **options):
        path = tmp_path / "export.json"
        path.write_bytes(json.dumps(list(tasks)).encode() if content is None else content)
        return LabelStudioSource().read(path, ReadOptions(**options))

    return read_tasks


@pytest.fixture
def refusal(read):
    def message(*tasks, **options):
        with pytest.raises(SourceError) as caught:
            read(*tasks, **options)
        return str(caught.value)

    return message


def annotations_of(imported):
    return [a for labelled in imported.documents for a in labelled.annotations]


def answers_of(imported):
    return {a.question: a.labels or a.spans for a in annotations_of(imported)}


def test_one_annotation_a_question_is_read(read):
    imported = read(task(annotation(BILLING, ADA)))
    assert answers_of(imported) == {"topic": ("billing",), "parts": (Span(0, 3, "PER", "Ada"),)}
    assert [(q.name, q.kind, q.labels) for q in imported.questions] == [
        ("topic", "textcat", ("billing", "delivery")),
        ("parts", "ner", ("PER",)),
    ]
    assert imported.report.counts["tasks"] == imported.report.total == imported.report.kept == 1


def test_the_answers_to_one_question_are_read_and_the_others_counted_by_their_control(read):
    imported = read(task(annotation(BILLING, ADA)), question="topic")
    assert [(a.question, a.labels) for a in annotations_of(imported)] == [("topic", ("billing",))]
    assert [question.name for question in imported.questions] == ["topic"]
    assert imported.report.warnings["regions of the control 'parts' are kept, but not used"] == 1


def test_a_question_that_no_control_asks_is_refused_with_those_that_are_asked(refusal):
    assert "No control asks the question 'mood'; these are asked: topic, parts." in refusal(
        task(annotation(BILLING)), question="mood"
    )


@pytest.mark.parametrize(
    ("data", "document_id"),
    [
        ({"ext_id": "t-1", "id": "x"}, "t-1"),
        ({"id": "x/1"}, "x/1"),
        ({"ext_id": None, "id": 12}, "12"),
        ({"ext_id": -1}, "-1"),
        ({"ext_id": 2**63}, str(2**63)),
        ({}, "7"),
    ],
)
def test_the_id_is_ext_id_then_id_then_the_number_of_the_task(read, data, document_id):
    (labelled,) = read(task(data={"text": "Ada paid", **data})).documents
    assert labelled.document.id == document_id


def test_a_task_without_any_id_is_named_by_its_text_each_time_alike(read):
    bare = {"data": {"text": "Ada paid"}}
    first, again = read(bare), read({"data": {"text": "other"}}, bare)
    assert first.documents[0].document.id == again.documents[1].document.id
    assert first.report.warnings["tasks without an id are named by their text"] == 1


@pytest.mark.parametrize("wrong", ["", 1.5, True, [1], {}])
def test_an_id_that_is_no_name_is_refused(refusal, wrong):
    assert "data.ext_id is" in refusal(task(data={"text": "Ada paid", "ext_id": wrong}))


def test_metadata_are_the_other_fields_and_the_meta_of_the_task(read):
    data = {"text": "Ada paid", "ext_id": "t", "channel": "mail", "tags": ["x"]}
    (labelled,) = read(task(data=data, meta={"batch": 3})).documents
    assert labelled.document.metadata == {"channel": "mail", "tags": ["x"], "meta": {"batch": 3}}


def test_who_when_and_how_long_are_kept(read):
    imported = read(task(annotation(BILLING, lead_time=12.5, created_at="2024-05-01T12:00:00+02:00")))
    one = annotations_of(imported)[0]
    assert (one.annotator, one.seconds, one.created_at) == (
        "user-1",
        12.5,
        "2024-05-01T10:00:00.000000+00:00",
    )


def test_an_annotator_is_an_email_wherever_the_file_shows_it(read):
    known = annotation(BILLING, id=6, completed_by={"id": 1, "email": "ada@example.com", "first_name": "Ada"})
    imported = read(
        task(annotation(BILLING), known, annotation(BILLING, id=8, completed_by=None)), annotator="bulk"
    )
    assert {a.annotator for a in annotations_of(imported)} == {"ada@example.com", "bulk"}


def test_an_empty_email_names_nobody(read):
    imported = read(task(annotation(BILLING, completed_by={"id": 1, "email": ""})))
    assert {a.annotator for a in annotations_of(imported)} == {"user-1"}


def test_a_skipped_task_is_a_skip_of_each_question_and_no_label(read):
    imported = read(task(annotation(BILLING, was_cancelled=True)))
    assert [(a.question, a.status, a.labels) for a in annotations_of(imported)] == [
        ("topic", "skipped", ("billing",)),
        ("parts", "skipped", ()),
    ]
    assert not any(a.counts for a in annotations_of(imported))


def test_drafts_are_kept_as_drafts_of_their_author(read):
    draft = {"id": 3, "user": "bob@example.com", "result": [BILLING], "created_at": "2024-05-02T00:00:00Z"}
    imported = read(task(drafts=[draft]))
    assert [(a.question, a.status, a.annotator) for a in annotations_of(imported)] == [
        ("topic", "draft", "bob@example.com")
    ]


def test_ground_truth_stays_in_raw_and_is_an_answer(read):
    one = annotations_of(read(task(annotation(BILLING, ground_truth=True))))[0]
    assert one.counts
    assert one.raw["label_studio"]["fields"]["ground_truth"] is True


def test_two_annotators_who_disagree_are_both_kept_oldest_first(read):
    late = annotation(BILLING, completed_by=1, created_at="2024-05-03T00:00:00Z")
    early = annotation(DELIVERY, completed_by=2, id=6, created_at="2024-05-01T00:00:00Z")
    topics = [a for a in annotations_of(read(task(late, early))) if a.question == "topic"]
    assert [(a.annotator, a.labels) for a in topics] == [("user-2", ("delivery",)), ("user-1", ("billing",))]


def test_predictions_are_no_annotations_and_stay_with_the_task(read):
    prediction = {"id": 1, "result": [BILLING], "score": 0.5, "model_version": "v1"}
    nothing = {"id": 2, "result": [], "score": None, "model_version": None}
    imported = read(task(predictions=[prediction, nothing, 12]))
    assert annotations_of(imported) == []
    assert imported.report.counts["predictions"] == 3
    assert imported.documents[0].document.layout["task"]["predictions"][0] == prediction


@pytest.mark.parametrize("score", ["high", -1, 2, True, [0.5]])
def test_scores_that_are_no_probability_are_refused(refusal, score):
    assert "is not from 0 to 1" in refusal(task(predictions=[{"result": [], "score": score}]))


def test_a_score_that_is_no_number_to_json_is_refused(refusal):
    content = b'[{"id": 1, "data": {"text": "a"}, "predictions": [{"score": NaN}]}]'
    assert "not finite" in refusal(content=content)


@pytest.mark.parametrize("version", ["v" * 1_001, 3, {}])
def test_model_versions_that_are_no_short_text_are_refused(refusal, version):
    assert "model_version" in refusal(task(predictions=[{"result": [], "model_version": version}]))


def test_no_annotations_are_none_and_the_old_key_is_converted(read):
    assert annotations_of(read({"id": 1, "data": {"text": "a"}})) == []
    old = {"id": 1, "data": {"text": "Ada paid"}, "completions": [annotation(BILLING)]}
    imported = read(old)
    assert answers_of(imported)["topic"] == ("billing",)
    assert imported.report.adjusted == 1


def test_old_and_new_key_together_are_refused(refusal):
    assert "both" in refusal(task(annotation(BILLING), completions=[]))


@pytest.mark.parametrize("wrong", [None, {}, "x"])
def test_lists_that_are_none_are_refused(refusal, wrong):
    assert "annotations are" in refusal({"id": 1, "data": {"text": "a"}, "annotations": wrong})
    assert "predictions are" in refusal(task(predictions=wrong or 0))


def test_drafts_by_number_are_kept(read):
    imported = read(task(drafts=[4]))
    assert imported.documents[0].document.layout["unanswered"] == [["drafts", 0, 4]]


def test_importing_again_gives_the_same_client_ids_and_a_changed_answer_another(read):
    def ids(*annotations):
        return [a.client_id for a in annotations_of(read(task(*annotations)))]

    by_number = annotation(BILLING, ADA)
    by_unique_id = annotation(BILLING, ADA, unique_id="u-1", updated_at="2024-05-01T10:00:00Z")
    later = {**by_unique_id, "updated_at": "2024-05-02T10:00:00Z"}
    assert ids(by_number) == ids(by_number)
    assert ids(by_unique_id) == ids({**by_unique_id, "id": 99})
    assert not set(ids(by_unique_id)) & set(ids(later))
    assert len(set(ids(by_number, by_unique_id))) == 4


def test_one_task_twice_is_one_document_with_each_annotation_once(read):
    first = task(annotation(BILLING))
    second = task(annotation(BILLING), annotation(DELIVERY, id=6, completed_by=2))
    imported = read(first, second)
    (labelled,) = imported.documents
    assert [a.labels for a in labelled.annotations if a.question == "topic"] == [("billing",), ("delivery",)]
    assert (imported.report.kept, imported.report.adjusted) == (1, 1)


def test_one_id_with_two_texts_is_refused_by_name(refusal):
    other = task(data={"text": "another"})
    assert "the id '7' stands twice" in refusal(task(), other)


def test_one_unique_id_with_two_answers_is_refused(refusal):
    two = task(annotation(BILLING, unique_id="u"), annotation(DELIVERY, unique_id="u"))
    assert "stands twice and differs" in refusal(two)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_empty_texts_are_left_out_and_counted(read, text):
    imported = read(task(), task(id=8, data={"text": text}))
    assert len(imported.documents) == 1
    assert (imported.report.rejected, imported.report.total) == (1, 2)
    assert imported.report.warnings["empty texts left out"] == 1


@pytest.mark.parametrize("text", [None, 3, ["a"], {"a": 1}])
def test_a_text_that_is_none_is_refused_with_the_record(refusal, text):
    assert "record task 7: its $text is" in refusal(task(data={"text": text}))


def test_a_text_too_long_is_refused(refusal, monkeypatch):
    monkeypatch.setattr("workbench.sources.label_studio.tasks.LIMITS", Limits(text_characters=10))
    assert "at most 10" in refusal(task(data={"text": "a" * 11}))


def test_more_tasks_than_a_file_may_hold_are_refused(read, refusal, monkeypatch):
    monkeypatch.setattr("workbench.sources.intake.LIMITS", Limits(documents=1))
    assert len(read(task()).documents) == 1
    assert "More than 1 documents" in refusal(task(), task(id=8))


def test_a_missing_field_is_named_with_those_that_are_there(refusal):
    assert "its data has no $text; it has: Text, body" in refusal(task(data={"Text": "a", "body": "b"}))


@pytest.mark.parametrize(
    "item", [None, 3, "task", [], {"text": "a", "topic": "billing"}, {"id": 1, "data": "a"}]
)
def test_what_is_no_task_is_refused_with_its_place(refusal, item):
    assert "it is no task" in refusal(item)


@pytest.mark.parametrize(
    "when", ["yesterday", "0000-01-01T00:00:00Z", "+99999-01-01", 5, "9999-12-31T23:59:59-12:00", ["x"]]
)
def test_times_that_are_none_are_refused(refusal, when):
    assert "no point in time" in refusal(task(annotation(BILLING, created_at=when)))


def test_a_time_without_a_zone_is_taken_for_utc_with_a_warning(read):
    imported = read(task(annotation(BILLING, created_at="2024-05-01T10:00:00")))
    assert annotations_of(imported)[0].created_at == "2024-05-01T10:00:00.000000+00:00"
    assert imported.report.warnings["times without a zone were taken for UTC"] == 1


def test_without_any_time_it_is_that_of_the_task_or_of_the_import(read):
    bare = annotation(BILLING, created_at=None)
    imported = read(task(bare, created_at="2024-01-01T00:00:00Z"))
    assert annotations_of(imported)[0].created_at.startswith("2024-01-01")
    made = datetime.fromisoformat(annotations_of(read(task(bare)))[0].created_at)
    assert datetime.now(UTC) - made < timedelta(minutes=1)


@pytest.mark.parametrize("lead_time", [-1, "long", True])
def test_a_lead_time_that_is_no_duration_is_not_used(read, lead_time):
    imported = read(task(annotation(BILLING, lead_time=lead_time)))
    assert annotations_of(imported)[0].seconds is None
    assert imported.report.warnings["a lead_time that is no duration was not used"] == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"was_cancelled": "yes"}, "was_cancelled is 'yes'"),
        ({"completed_by": 1.5}, "the annotator '1.5'"),
        ({"completed_by": [1]}, "the annotator"),
    ],
)
def test_fields_of_the_wrong_type_are_refused(refusal, fields, words):
    assert words in refusal(task(annotation(BILLING, **fields)))


def test_with_skip_bad_the_good_tasks_are_read_and_each_bad_one_is_a_reject(read):
    bad = task(annotation({**BILLING, "value": {"choices": ["x"]}}, {**ADA, "to_name": "y"}), id=8)
    imported = read(task(annotation(BILLING)), bad, "nonsense", skip_bad=True)
    assert len(imported.documents) == 1
    assert (imported.report.kept, imported.report.rejected, imported.report.total) == (1, 2, 3)
    first, second = imported.report.rejects
    assert first.record == "task 8"
    assert "x" in first.message
    assert "'y'" in first.message
    assert second.record == "no. 3"


def test_without_skip_bad_all_problems_of_all_tasks_are_listed_and_nothing_is_read(refusal):
    message = refusal(task(data={}), task(id=8, data={"text": 4}))
    assert "record task 7" in message
    assert "record task 8" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"id": 1, "data": {"text": "a"}}', "one object"),
        (b'{"data": {"text": "a"}}\n{"data": {"text": "b"}}\n', "JSON Lines"),
        (b"[]", "0 tasks"),
        (b'"a"', "no list of tasks"),
        (b"", "line 1"),
        (b'[{"id": 1', "line 1"),
        (b'[{"id": 1, "id": 2}]', "'id' stands twice"),
        (b"[" * 100_000, "too deep"),
    ],
)
def test_files_that_are_no_list_of_tasks_are_refused(refusal, content, words):
    assert words in refusal(content=content)


def test_a_byte_order_mark_is_allowed(read):
    content = b"\xef\xbb\xbf" + json.dumps([task(annotation(BILLING))]).encode()
    assert len(read(content=content).documents) == 1


def test_without_a_config_the_way_to_name_one_is_said(tmp_path):
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task()]))
    with pytest.raises(SourceError, match="--label-config"):
        LabelStudioSource().read(path, ReadOptions())
    config = tmp_path / "elsewhere.xml"
    config.write_text(CONFIG)
    assert LabelStudioSource().read(path, ReadOptions(label_config=str(config))).questions[0].name == "topic"


def test_a_config_that_asks_nothing_is_refused(read, tmp_path):
    (tmp_path / "config.xml").write_text(
        '<View><Text name="t" value="$text"/><Rating name="r" toName="t"/></View>'
    )
    with pytest.raises(SourceError, match="<Rating> is kept"):
        read(task())


def test_each_text_that_questions_show_must_be_in_the_data(tmp_path, read, refusal):
    two = CONFIG.replace(
        '<Text name="text" value="$text"/>',
        '<Text name="text" value="$text"/><Text name="s" value="$subject"/>',
    )
    (tmp_path / "config.xml").write_text(two.replace('name="topic" toName="text"', 'name="topic" toName="s"'))
    assert "no $subject" in refusal(task())
    both = task(annotation({**BILLING, "to_name": "s"}), data={"text": "Ada paid", "subject": "hi"})
    imported = read(both)
    assert answers_of(imported)["topic"] == ("billing",)
    assert imported.documents[0].document.metadata == {"subject": "hi"}
