"""The way back: what came from Label Studio is written as it was, and everything else so that it can be read."""

import json
from dataclasses import replace

import pytest

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import SourceError
from workbench.sources.label_studio.config import read_config
from workbench.sources.label_studio.source import LabelStudioSource

CONFIG = """<View>
  <Text name="doc" value="$body"/>
  <Choices name="Topic" toName="doc"><Choice value="billing"/><Choice value="delivery"/></Choices>
  <Choices name="flags" toName="doc" choice="multiple"><Choice value="angry "/></Choices>
  <Labels name="parts" toName="doc"><Label value="PER"/></Labels>
  <Rating name="stars" toName="doc"/>
</View>"""
SPAN = {
    "id": "b",
    "from_name": "parts",
    "to_name": "doc",
    "type": "labels",
    "origin": "manual",
    "score": 0.5,
    "value": {"start": 0, "end": 3, "text": "Ada", "labels": ["PER"], "note": "kept"},
}
RELATION = {"type": "relation", "from_id": "b", "to_id": "b", "labels": ["same"]}
STARS = {"id": "s", "type": "rating", "from_name": "stars", "to_name": "doc", "value": {"rating": 4}}
BILLING = {
    "id": "a",
    "from_name": "Topic",
    "to_name": "doc",
    "type": "choices",
    "value": {"choices": ["billing"]},
}
ANGRY = {
    "id": "f",
    "from_name": "flags",
    "to_name": "doc",
    "type": "choices",
    "value": {"choices": ["angry "]},
}
EXPORT = [
    {
        "id": 7,
        "data": {"channel": "mail", "body": "Ada paid 😀 twice", "ext_id": 12, "nested": {"a": [1]}},
        "meta": {"batch": 3},
        "annotations": [
            {
                "id": 2,
                "completed_by": 4,
                "result": [STARS, SPAN, BILLING, RELATION, ANGRY],
                "unique_id": "u-2",
            },
            {
                "id": 1,
                "completed_by": {"id": 5, "email": "a@b.c"},
                "result": [STARS],
                "created_at": "2024-05-01T10:00:00Z",
            },
            {
                "id": 3,
                "completed_by": 4,
                "result": [],
                "was_cancelled": True,
                "ground_truth": True,
                "extra": {"x": None},
            },
        ],
        "drafts": [{"id": 1, "user": "a@b.c", "result": [BILLING]}, 9, {"id": 2, "result": []}],
        "predictions": [{"id": 1, "result": [SPAN], "score": 0.25, "model_version": "m"}],
        "total_annotations": 2,
        "cancelled_annotations": 1,
        "inner_id": 1,
        "unheard_of": ["x"],
        "created_at": "2024-05-01T09:00:00Z",
    },
    {"id": 9, "data": {"body": "second"}},
]
QUESTIONS = (
    Question("topic", "textcat", ("billing", "delivery")),
    Question("tags", "textcat-multi", ("angry", "spam")),
    Question("parts", "ner", ("PER", "LOC")),
)
TEXT = "Ada met Bob"
SOURCE = LabelStudioSource()


@pytest.fixture
def exported(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "export.json"
    path.write_text(json.dumps(EXPORT), encoding="utf-8")
    (tmp_path / "in" / "label_config.xml").write_text(CONFIG, encoding="utf-8")
    return path


def written(tmp_path, documents, questions=QUESTIONS, *, layout=None, **options):
    (tmp_path / "out").mkdir(exist_ok=True)
    path = tmp_path / "out" / "export.json"
    report = SOURCE.write(documents, questions, path, WriteOptions(**options), layout or {})
    return path, report


def answer(question, *, labels=(), spans=(), document="d1", annotator="ada@example.com", **more):
    fields = {
        "client_id": f"{document}-{question}-{annotator}",
        "created_at": "2024-05-01T10:00:00.000000+00:00",
    }
    return Annotation(
        **{**fields, **more},
        document_id=document,
        question=question,
        annotator=annotator,
        labels=labels,
        spans=spans,
    )


def labelled(*annotations, text=TEXT, **fields):
    return LabelledDocument(Document(**{"id": "d1", **fields}, text=text), annotations)


@pytest.mark.parametrize(
    "asked", [("topic",), ("parts",), ("flags",), ("topic", "parts"), ("parts", "topic", "flags")]
)
def test_an_export_read_for_some_of_its_questions_goes_back_whole(exported, tmp_path, asked):
    imports = [SOURCE.read(exported, ReadOptions(question=name)) for name in asked]
    questions = [question for imported in imports for question in imported.questions]
    assert [question.name for question in questions] == list(asked)
    joined = [
        LabelledDocument(same[-1].document, tuple(a for one in same for a in one.annotations))
        for same in zip(*(imported.documents for imported in imports), strict=True)
    ]
    path, report = written(tmp_path, joined, questions, layout=imports[-1].file_layout)
    assert json.loads(path.read_text(encoding="utf-8")) == EXPORT
    assert (path.parent / "export.label_config.xml").read_text(encoding="utf-8") == CONFIG
    assert (report.kept, report.adjusted, report.rejected) == (2, 0, 0)


def without_layout(documents):
    """Return documents as they were before they went through a file."""
    return [
        LabelledDocument(
            replace(one.document, layout=None),
            tuple(replace(annotation, raw=None) for annotation in one.annotations),
        )
        for one in documents
    ]


def test_an_export_is_written_with_every_field_that_it_had(tmp_path, exported):
    imported = SOURCE.read(exported, ReadOptions())
    path, report = written(tmp_path, imported.documents, imported.questions, layout=imported.file_layout)
    assert json.loads(path.read_text(encoding="utf-8")) == EXPORT
    assert (path.parent / "export.label_config.xml").read_text(encoding="utf-8") == CONFIG
    assert (report.kept, report.total) == (2, 2)


def test_an_export_that_was_written_reads_the_same_again(tmp_path, exported):
    imported = SOURCE.read(exported, ReadOptions())
    path, _ = written(tmp_path, imported.documents, imported.questions, layout=imported.file_layout)
    assert SOURCE.read(path, ReadOptions()) == imported


def test_a_unique_id_like_the_number_of_another_annotation_keeps_the_two_apart(tmp_path, exported):
    export = json.loads(json.dumps(EXPORT))
    export[0]["annotations"][0]["unique_id"] = 3
    exported.write_text(json.dumps(export), encoding="utf-8")
    imported = SOURCE.read(exported, ReadOptions())
    path, _ = written(tmp_path, imported.documents, imported.questions, layout=imported.file_layout)
    assert json.loads(path.read_text(encoding="utf-8")) == export


def test_the_old_key_is_written_as_the_new_one(tmp_path, exported):
    old = [
        {
            "id": 1,
            "data": {"body": "Ada"},
            "completions": [{"id": 1, "result": [BILLING]}],
            "total_annotations": 1,
        }
    ]
    exported.write_text(json.dumps(old))
    imported = SOURCE.read(exported, ReadOptions())
    path, _ = written(tmp_path, imported.documents, imported.questions, layout=imported.file_layout)
    (task,) = json.loads(path.read_text())
    assert [a["result"] for a in task["annotations"]] == [[BILLING]]
    assert "completions" not in task


def test_documents_of_other_sources_come_back_with_all_that_they_said(tmp_path):
    documents = [
        labelled(
            answer("topic", labels=("billing",), comment="sure", seconds=2.0, label_version=3),
            answer("parts", spans=(Span(0, 3, "PER", "Ada"), Span(0, 7, "LOC", "Ada met")), scope=((0, 8),)),
            answer("tags", labels=(), annotator="bob"),
            answer("topic", status="skipped", annotator="bob"),
            answer("topic", labels=("delivery",), client_id="second", annotator="bob"),
            answer("topic", labels=("billing",), client_id="third", status="draft"),
            answer("topic", labels=("billing",), client_id="fourth", status="withdrawn"),
            metadata={"channel": "mail", "id": 4, "meta": {"a": 1}},
        ),
        labelled(text="\ufeff  two\r\nlines 😀\u2028", id="d/2", metadata={"x": None}),
    ]
    path, report = written(tmp_path, documents)
    assert report.kept == 2
    imported = SOURCE.read(path, ReadOptions())
    assert imported.questions == QUESTIONS

    def by_client_id(found):
        return [sorted(one.annotations, key=lambda annotation: annotation.client_id) for one in found]

    back = without_layout(imported.documents)
    assert [one.document for one in back] == [one.document for one in documents]
    assert by_client_id(back) == by_client_id(documents)
    again, _ = written(tmp_path, imported.documents, layout=imported.file_layout)
    assert SOURCE.read(again, ReadOptions()) == imported


def test_what_one_annotator_said_together_is_one_annotation(tmp_path):
    documents = [
        labelled(
            answer("topic", labels=("billing",), seconds=1.0),
            answer("parts", spans=(Span(0, 3, "PER", "Ada"),), seconds=2.0),
            answer("topic", labels=("delivery",), client_id="changed her mind"),
            answer("topic", labels=("delivery",), annotator="bob"),
        )
    ]
    path, _ = written(tmp_path, documents)
    (task,) = json.loads(path.read_text())
    assert [(a["completed_by"]["email"], len(a["result"]), a["lead_time"]) for a in task["annotations"]] == [
        ("ada@example.com", 2, 3.0),
        ("ada@example.com", 1, None),
        ("bob", 1, None),
    ]
    regions = [region for a in task["annotations"] for region in a["result"]]
    assert len({region["id"] for region in regions}) == 4
    assert task["data"] == {"text": TEXT, "ext_id": "d1"}


def test_offsets_are_written_as_code_points_with_the_slice_beside_them(tmp_path):
    document = labelled(answer("parts", spans=(Span(2, 5, "PER", "Ada"),)), text="😀 Ada")
    path, _ = written(tmp_path, [document])
    (task,) = json.loads(path.read_text(encoding="utf-8"))
    assert task["annotations"][0]["result"][0]["value"] == {
        "start": 2,
        "end": 5,
        "text": "Ada",
        "labels": ["PER"],
    }


def test_new_tasks_get_numbers_that_no_other_task_has(tmp_path, exported):
    imported = SOURCE.read(exported, ReadOptions())
    new = LabelledDocument(Document("new", "text"))
    path, _ = written(
        tmp_path, [new, *imported.documents, new], imported.questions, layout=imported.file_layout
    )
    assert [task["id"] for task in json.loads(path.read_text(encoding="utf-8"))] == [10, 7, 9, 13]


def test_a_renamed_label_changes_its_regions_and_nothing_else(tmp_path, exported):
    imported = SOURCE.read(exported, ReadOptions())

    def renamed(annotation):
        spans = tuple(replace(span, label="PERSON") for span in annotation.spans)
        return replace(annotation, spans=spans)

    documents = [replace(one, annotations=tuple(map(renamed, one.annotations))) for one in imported.documents]
    questions = [replace(q, labels=("PERSON",)) if q.name == "parts" else q for q in imported.questions]
    path, _ = written(tmp_path, documents, questions, layout=imported.file_layout)
    task = json.loads(path.read_text(encoding="utf-8"))[0]
    stars, span, billing, relation, angry = task["annotations"][0]["result"]
    assert (stars, billing, relation, angry) == (STARS, BILLING, RELATION, ANGRY)
    assert span["value"] == {"start": 0, "end": 3, "text": "Ada", "labels": ["PERSON"]}
    assert span["id"] == SPAN["id"]


def test_a_new_answer_to_an_exported_task_is_counted_in_it(tmp_path, exported):
    imported = SOURCE.read(exported, ReadOptions())
    first, second = imported.documents
    new = answer("topic", labels=("delivery",), document="12")
    documents = [replace(first, annotations=(*first.annotations, new)), second]
    path, _ = written(tmp_path, documents, imported.questions, layout=imported.file_layout)
    task = json.loads(path.read_text(encoding="utf-8"))[0]
    assert (len(task["annotations"]), task["total_annotations"], task["cancelled_annotations"]) == (4, 3, 1)
    assert {**task, "annotations": task["annotations"][:3], "total_annotations": 2} == EXPORT[0]


def test_a_field_of_the_old_text_moves_with_a_config_that_names_another(tmp_path, exported):
    imported = SOURCE.read(exported, ReadOptions())
    path, _ = written(tmp_path, imported.documents, imported.questions)
    task = json.loads(path.read_text(encoding="utf-8"))[0]
    assert task["data"]["text"] == "Ada paid 😀 twice"
    assert "body" not in task["data"]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (answer("topic", labels=("other",)), "no label 'other'"),
        (answer("parts", spans=(Span(0, 3, "PER", "Eve"),)), "is not in the text"),
        (answer("parts", spans=(Span(5, 15, "PER", "x" * 10),)), "is not in the text"),
        (answer("topic", spans=(Span(0, 3, "billing", "Ada"),)), "does not answer a textcat question"),
        (answer("parts", labels=("PER",)), "does not answer a ner question"),
        (answer("topic"), "one label, not 0"),
        (answer("topic", labels=("billing", "delivery")), "one label, not 2"),
    ],
)
def test_an_answer_that_cannot_be_said_is_refused_or_left_out_and_counted(tmp_path, annotation, words):
    documents = [labelled(annotation, answer("tags", labels=("spam",)))]
    with pytest.raises(SourceError, match=words):
        written(tmp_path, documents)
    assert not (tmp_path / "out" / "export.json").exists()
    assert not (tmp_path / "out" / "export.label_config.xml").exists()
    path, report = written(tmp_path, documents, allow_loss=True)
    assert (report.adjusted, report.total) == (1, 1)
    assert any(reason.startswith("left out") for reason in report.warnings)
    (back,) = SOURCE.read(path, ReadOptions()).documents
    assert [a.question for a in back.annotations] == ["tags"]


@pytest.mark.parametrize("metadata", [{"text": "x"}, {"ext_id": 3}])
def test_metadata_that_would_take_the_place_of_the_text_are_refused(tmp_path, metadata):
    with pytest.raises(SourceError, match="is taken in the task"):
        written(tmp_path, [labelled(metadata=metadata)])


@pytest.mark.parametrize("value", [float("nan"), object(), "\ud800"])
def test_what_json_cannot_say_is_refused_with_the_document(tmp_path, value):
    documents = [labelled(metadata={"x": value}), labelled(id="d2")]
    with pytest.raises(SourceError, match="record d1: it cannot be written as JSON"):
        written(tmp_path, documents)
    path, report = written(tmp_path, documents, allow_loss=True)
    assert (report.kept, report.rejected) == (1, 1)
    assert len(json.loads(path.read_text())) == 1


def test_a_field_that_the_config_shows_must_be_there(tmp_path):
    config = CONFIG.replace(
        "<Rating", '<Text name="s" value="$subject"/><Choices name="x" toName="s"/><Rating'
    )
    questions = read_config(config).questions
    with pytest.raises(SourceError, match="no field 'subject'"):
        written(tmp_path, [labelled()], questions, layout={"label_config": config})


def test_answers_to_other_questions_stay_out_and_are_counted(tmp_path):
    documents = [labelled(answer("topic", labels=("billing",)), answer("elsewhere", labels=("x",)))]
    _, report = written(tmp_path, documents, QUESTIONS[:1])
    assert report.counts["answers to other questions"] == 1


def test_tasks_alone_are_written_without_a_config(tmp_path):
    path, _ = written(tmp_path, [labelled()], ())
    assert json.loads(path.read_text())[0]["data"]["text"] == TEXT
    assert list(path.parent.iterdir()) == [path]


def test_a_damaged_field_of_ours_is_not_used(tmp_path):
    path, _ = written(tmp_path, [labelled(answer("topic", labels=("billing",)))])
    tasks = json.loads(path.read_text())
    for damage in (3, {"topic": 3}, {"topic": {"client_id": 3}}, {"topic": {}}):
        tasks[0]["annotations"][0]["workbench"] = damage
        path.write_text(json.dumps(tasks))
        imported = SOURCE.read(path, ReadOptions())
        assert imported.report.warnings["the field 'workbench' is damaged and was not used"] == 1
        assert {a.question for a in imported.documents[0].annotations} == {"topic", "parts"}


def test_an_unwritable_place_is_an_error_of_its_own(tmp_path):
    with pytest.raises(SourceError, match="Cannot be written"):
        SOURCE.write([labelled()], QUESTIONS, tmp_path / "none" / "export.json", WriteOptions(), {})


def test_the_config_of_an_export_takes_no_other_files_place(tmp_path):
    (tmp_path / "out").mkdir()
    other = tmp_path / "out" / "label_config.xml"
    other.write_text("<View/>")
    path, report = written(tmp_path, [labelled(answer("topic", labels=("billing",)))])
    assert other.read_text() == "<View/>"
    assert report.beside == [tmp_path / "out" / "export.label_config.xml"]
    imported = SOURCE.read(path, ReadOptions())
    assert imported.report.beside == report.beside
    assert [question.name for question in imported.questions] == ["topic", "tags", "parts"]


def test_an_error_about_the_config_names_its_file(tmp_path):
    path, report = written(tmp_path, [labelled(answer("topic", labels=("billing",)))])
    (config,) = report.beside
    config.write_text(config.read_text().replace("topic", "mood"))
    with pytest.raises(SourceError, match=r"from_name 'topic' is not in export\.label_config\.xml") as caught:
        SOURCE.read(path, ReadOptions())
    assert str(config) in caught.value.hint
    assert "--label-config" in caught.value.hint
