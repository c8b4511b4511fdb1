from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import Imported
from workbench.domain.documents import Document
from workbench.domain.questions import LabelChange, Question
from workbench.domain.spans import Span
from workbench.errors import InputError, SourceError, UnknownNameError
from workbench.store.project_store import ImportCounts, ProjectStore

Bring = Callable[..., ImportCounts]
Answer = Callable[..., Annotation]


def test_documents_come_back_verbatim_and_in_import_order(store: ProjectStore, bring: Bring) -> None:
    texts = [
        "",
        " \t\r\n ",
        "Zürich 🏔️ e\u0301",
        "a\u2028b\x0bc\x1f\x85",
        "\ufeffBOM",
        "'); DROP TABLE documents;--",
    ]
    documents = [Document(f"z{9 - i}", text, {"i": i, "n": None, "l": [1.5]}) for i, text in enumerate(texts)]
    counts = bring(documents)
    assert counts == ImportCounts(documents_new=6)
    assert store.documents() == documents
    assert store.document_ids() == [d.id for d in documents]
    assert store.documents(ids=["z4", "z9", "z4"]) == [documents[5], documents[0], documents[5]]
    assert store.document("z9") == documents[0]


def test_the_same_file_again_brings_nothing(store: ProjectStore, bring: Bring, answer: Answer) -> None:
    sent = ([Document("a", "one"), Document("b", "two")], [answer("a", "billing"), answer("b", "other")])
    assert bring(*sent) == ImportCounts(documents_new=2, annotations_new=2)
    assert bring(*sent) == ImportCounts(documents_same=2, annotations_same=2)
    assert len(store.annotations()) == 2


def test_skips_drafts_and_withdrawals_are_counted_apart_from_answers(bring: Bring, answer: Answer) -> None:
    sent = [answer("a", "billing"), answer("a", status="skipped"), answer("a", status="draft")]
    documents = [Document("a", "one")]
    counts = bring(documents, sent)
    assert (counts.answers_new, counts.skipped_new, counts.draft_new, counts.withdrawn_new) == (1, 1, 1, 0)
    again = bring(documents, sent)
    assert (again.annotations_new, again.answers_same, again.skipped_same, again.draft_same) == (0, 1, 1, 1)


def test_a_file_with_a_known_and_a_new_document_brings_the_new_one(store: ProjectStore, bring: Bring) -> None:
    bring([Document("a", "one")])
    assert bring([Document("b", "two"), Document("a", "one")]) == ImportCounts(
        documents_new=1, documents_same=1
    )
    assert store.document_ids() == ["a", "b"]


def test_the_same_id_twice_in_one_file_is_one_document(store: ProjectStore, bring: Bring) -> None:
    assert bring([Document("a", "one"), Document("a", "one")]) == ImportCounts(
        documents_new=1, documents_same=1
    )


def test_other_texts_under_known_ids_refuse_everything_and_twenty_are_named(
    store: ProjectStore, bring: Bring
) -> None:
    bring([Document(f"d{i:02}", "old") for i in range(30)])
    with pytest.raises(SourceError) as caught:
        bring([Document("new", "new"), *(Document(f"d{i:02}", "changed") for i in range(25))])
    text = str(caught.value)
    assert "record d00: The project has this id with a different text." in text
    assert "record d19:" in text
    assert "record d20:" not in text
    assert "… and 5 more" in text
    assert "Nothing was imported" in text
    assert len(caught.value.problems) == 25
    assert store.n_documents() == 30


@pytest.mark.parametrize(("before", "after"), [("pool", "held-out"), ("held-out", "pool")])
def test_a_document_does_not_change_its_part_silently(
    store: ProjectStore, bring: Bring, before: str, after: str
) -> None:
    bring([Document("a", "one", part=before)])  # type: ignore[arg-type]
    with pytest.raises(SourceError, match=f"record a: .*part '{before}', the file in '{after}'"):
        bring([Document("a", "one", part=after)])  # type: ignore[arg-type]


def test_parts_are_told_apart(store: ProjectStore, bring: Bring) -> None:
    bring([Document("a", "one"), Document("b", "two", part="held-out")])
    assert (store.document_ids("pool"), store.document_ids("held-out")) == (["a"], ["b"])
    assert (store.n_documents(), store.n_documents("held-out")) == (2, 1)
    assert [d.id for d in store.documents(part="held-out")] == ["b"]
    assert [d.id for d in store.documents(part="pool", ids=["b", "a"])] == ["a"]


def test_new_metadata_is_added_and_known_metadata_kept_and_counted(store: ProjectStore, bring: Bring) -> None:
    bring([Document("a", "one", {"channel": "mail", "n": 1})])
    counts = bring([Document("a", "one", {"channel": "phone", "language": "de", "n": 1})])
    assert counts == ImportCounts(documents_same=1, metadata_kept=1)
    assert store.document("a").metadata == {"channel": "mail", "language": "de", "n": 1}


def test_metadata_of_a_document_that_stands_twice_in_a_file_is_joined(
    store: ProjectStore, bring: Bring
) -> None:
    bring([Document("a", "one")])
    bring([Document("a", "one", {"x": 1}), Document("a", "one", {"y": 2})])
    assert store.document("a").metadata == {"x": 1, "y": 2}


def test_the_documents_of_one_file_come_in_its_order_as_it_was_last_imported(
    store: ProjectStore, bring: Bring
) -> None:
    bring([Document("a", "one"), Document("b", "two"), Document("c", "three")], file_name="first.csv")
    bring([Document("d", "four"), Document("b", "two"), Document("a", "one")], file_name="second.csv")

    def ids(file_name: str) -> list[str]:
        return [d.document.id for d in store.labelled_documents(file_name=file_name)]

    assert (ids("first.csv"), ids("second.csv")) == (["a", "b", "c"], ["d", "b", "a"])
    bring([Document("c", "three"), Document("a", "one")], file_name="first.csv")
    assert ids("first.csv") == ["c", "a"]
    with pytest.raises(UnknownNameError, match=r"second\.csv"):
        ids("secnd.csv")


def test_each_format_keeps_its_layout_of_a_document_and_of_the_file(
    store: ProjectStore, bring: Bring
) -> None:
    bring([Document("a", "one", layout={"tokens": [[0, 3]]})], format="iob2", file_name="a.iob")
    bring([Document("a", "one", layout={"row": 1}), Document("b", "two")], format="csv")
    bring([Document("a", "one", layout={"row": 2})], format="csv")
    assert [d.document.layout for d in store.labelled_documents("iob2")] == [{"tokens": [[0, 3]]}, None]
    assert [d.document.layout for d in store.labelled_documents("csv")] == [{"row": 2}, None]
    assert [d.document.layout for d in store.labelled_documents()] == [None, None]
    assert store.file_layout("iob2") == store.file_layout("iob2", "a.iob") == {"bom": False}
    assert store.file_layout("iob2", "b.iob") == store.file_layout("docbin") == {}


def test_new_questions_and_labels_are_added_and_counted(
    store: ProjectStore, bring: Bring, answer: Answer
) -> None:
    questions = [Question("topic", "textcat", ("other", "praise")), Question("urgency", "textcat", ("high",))]
    sent = [answer("a", "praise"), answer("a", "high", question="urgency")]
    counts = bring([Document("a", "one")], sent, questions)
    assert counts == ImportCounts(questions_new=1, labels_new=1, documents_new=1, annotations_new=2)
    assert store.question("topic").labels == ("billing", "delivery", "other", "praise")
    assert store.current("topic")[0].label_version == 1


def test_a_question_of_another_kind_is_refused(bring: Bring) -> None:
    with pytest.raises(InputError, match="'topic' is textcat, not ner"):
        bring([Document("a", "one")], [], [Question("topic", "ner", ("X",))])


def test_answers_of_a_file_are_said_in_the_labels_of_today(
    store: ProjectStore, bring: Bring, answer: Answer
) -> None:
    store.change_labels("topic", LabelChange("rename", ("billing",), ("money",)))
    store.change_labels("topic", LabelChange("rename", ("delivery",), ("billing",)))
    bring([Document("a", "one")], [answer("a", "billing")])
    assert store.current("topic")[0].labels == ("billing",)


def test_a_label_that_was_renamed_away_is_refused_in_new_answers_but_known_ones_pass(
    store: ProjectStore, bring: Bring, answer: Answer
) -> None:
    topic = Question("topic", "textcat", ("billing",))
    first = ([Document("a", "one")], [answer("a", "billing")], [topic])
    bring(*first)
    store.change_labels("topic", LabelChange("rename", ("billing",), ("money",)))
    assert bring(*first) == ImportCounts(documents_same=1, annotations_same=1)
    with pytest.raises(SourceError, match=r"'billing' is no label .* any more"):
        bring([Document("b", "two")], [answer("b", "billing")], [topic])


def test_every_wrong_answer_of_a_file_is_reported_at_once(
    store: ProjectStore, bring: Bring, answer: Answer
) -> None:
    documents = [Document(id, "Ada Byron") for id in "abcd"]
    sent = [
        answer("a", "praise"),
        answer("b", question="entities", spans=(Span(0, 3, "PER", "Bob"),)),
        answer("c", "billing", question="colour"),
        answer("d", "billing"),
    ]
    with pytest.raises(SourceError) as caught:
        bring(documents, sent)
    assert [p.record for p in caught.value.problems] == ["a", "b", "c"]
    assert store.n_documents() == 0


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (Document("a", "half \ud83d"), "Character 6 .* half of a surrogate pair"),
        (Document("a\0", "one"), "NUL"),
        (Document("a", "one", {"x": float("nan")}), "cannot be kept as JSON"),
        (Document("a", "one", {"x": object()}), "cannot be kept as JSON"),
        (Document("a", "one", {"x": "\ud83d"}), "half of a surrogate"),
    ],
)
def test_what_no_database_can_keep_is_refused_by_id(
    store: ProjectStore, bring: Bring, document: Document, message: str
) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        bring([Document("fine", "one"), document])
    assert caught.value.problems[0].record == document.id
    assert store.n_documents() == 0


def test_an_annotation_about_another_document_is_refused(
    store: ProjectStore, make_import: Callable[..., Imported], answer: Answer
) -> None:
    imported = make_import([Document("a", "one")], [answer("a", "billing")])
    wrong = imported.documents[0].__class__(Document("b", "two"), imported.documents[0].annotations)
    broken = Imported(imported.questions, (wrong,), imported.report)
    with pytest.raises(SourceError, match="about the document 'a'"):
        store.import_documents(broken, file_name="x", file_sha256="0" * 64, format="csv")


def test_layouts_and_answers_come_back_for_the_export_of_a_part(
    store: ProjectStore, bring: Bring, answer: Answer
) -> None:
    documents = [Document("a", "one", layout={"row": 1}), Document("b", "two", part="held-out")]
    bring(documents, [answer("a", "billing"), answer("b", "other"), answer("a", question="entities")])
    (found,) = store.labelled_documents("csv", "pool")
    assert found.document == documents[0]
    assert [(a.question, a.labels) for a in found.annotations] == [("topic", ("billing",)), ("entities", ())]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def counter() -> Iterator[int]:
    return iter(range(10**9))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, metadata=st.dictionaries(texts, json_values, max_size=3))
@pytest.mark.slow
def test_any_text_and_metadata_come_back_as_they_were(
    store: ProjectStore,
    bring: Bring,
    counter: Iterator[int],
    text: str,
    metadata: dict[str, object],
) -> None:
    document = Document(f"d{next(counter)}", text, metadata)
    bring([document])
    assert store.document(document.id) == document
