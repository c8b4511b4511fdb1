"""Finding many documents, and giving them one answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event

from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.domain.settings import QuestionSettings
from workbench.domain.suggestions import Suggestion
from workbench.errors import InputError, UnknownNameError
from workbench.store.settings import Settings
from workbench.store.suggestions import Suggestions
from workbench.store.vectors import VectorFile
from workbench.usecases.answer_many import answer_many, count_last_bulk, take_back_bulk
from workbench.usecases.filter_pool import (
    Filter,
    find_documents,
    metadata_values,
    read_found,
    suggestion_counts,
)
from workbench.usecases.find_similar import find_similar
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.queue_documents import queue_documents

TEXTS = ("Große STRASSE", "a street", "A lane", "The avenue")
TOPIC = Question("topic", "textcat", ("road", "other"))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    home = Home(tmp_path)
    create_project(home, "tickets", [TOPIC])
    facts = ({"channel": "mail"}, {"channel": "chat", "stars": 3}, {"channel": "mail"}, {})
    documents = [
        LabelledDocument(Document(f"d{n}", text, metadata))
        for n, (text, metadata) in enumerate(zip(TEXTS, facts, strict=True))
    ]
    with open_project(home, "tickets") as opened:
        imported = Imported((), tuple(documents), ConversionReport(kept=len(documents)))
        opened.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        yield opened


def find(project: Project, **wanted: object) -> list[str]:
    return find_documents(project, "topic", Filter(**wanted))  # type: ignore[arg-type]


def answers(project: Project) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(a.document_id, a.annotator): a.labels for a in project.store.current("topic") if a.counts}


def test_texts_are_found_whatever_their_case(project: Project) -> None:
    assert find(project, contains="große strasse") == ["d0"]
    assert find(project, contains="A ") == ["d1", "d2"]
    assert find(project, contains="%") == []


def test_metadata_are_compared_as_they_are_written(project: Project) -> None:
    assert metadata_values(project) == {"channel": ["mail", "chat"], "stars": ["3"]}
    assert find(project, key="channel", value="mail") == ["d0", "d2"]
    assert find(project, key="stars", value="3") == ["d1"]


def test_filters_hold_together_and_answered_documents_are_left_out(project: Project) -> None:
    suggested = [
        Suggestion(f"d{n}", "run", 0, ("road",), (("road", 0.75), ("other", 0.25))) for n in (0, 1, 2)
    ]
    Suggestions(project.store).replace("topic", suggested)
    assert find(project, suggested="road") == ["d0", "d1", "d2"]
    assert find(project, suggested="road", key="channel", value="mail") == ["d0", "d2"]
    project.store.record([Annotation("one", "d0", "topic", "ana", ("road",))])
    assert find(project, suggested="road", key="channel", value="mail") == ["d2"]
    assert find(project, contains="straße", only_unanswered=False) == ["d0"]
    (row,) = read_found(project, "topic", ["d2"])
    assert (row.text, row.suggested, row.likelihood) == ("A lane", "road", 0.75)


def test_similar_documents_come_nearest_first_from_stored_vectors(project: Project) -> None:
    assert find_similar(project, "d0", n=3) is None
    vectors = VectorFile(project.folder / "data" / "vectors", "encoder", 2)
    vectors.append(TEXTS[:3], np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32))
    found = find_similar(project, "d0", n=3)
    assert found is not None
    assert [id for id, _ in found] == ["d2", "d1"]  # d3 has no vector
    assert found[0][1] == pytest.approx(0.6, abs=1e-3)
    assert find_similar(project, "d0", n=3, among={"d1"}) == [("d1", pytest.approx(0, abs=1e-3))]
    assert find_similar(project, "d3", n=3) is None
    with pytest.raises(UnknownNameError):
        find_similar(project, "nowhere", n=3)


@pytest.mark.slow
def test_a_large_pool_is_looked_through_with_as_few_statements_as_a_small_one(tmp_path: Path) -> None:
    few, many = (n_statements(tmp_path, n) for n in (200, 2_000))
    assert few == many
    assert max(many) <= 15


def n_statements(root: Path, n: int) -> tuple[int, int]:
    """Return how many statements finding documents takes among n, by words and by a similar one."""
    create_project(Home(root), f"pool-{n}", [TOPIC])
    texts = [f"Document {i} about word{i % 97} and word{i % 101}." for i in range(n)]
    documents = tuple(
        LabelledDocument(Document(f"d{i}", text, {"channel": "mail"})) for i, text in enumerate(texts)
    )
    with open_project(Home(root), f"pool-{n}") as project:
        imported = Imported((), documents, ConversionReport(kept=n))
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        project.store.record([Annotation(f"a{i}", f"d{i}", "topic", "ana", ("road",)) for i in range(n // 2)])
        vectors = np.random.default_rng(0).normal(size=(n, 384)).astype(np.float32)
        VectorFile(project.folder / "data" / "vectors", "encoder", 384).append(texts, vectors)
        asked: list[str] = []
        event.listen(
            project.store.database._engine,
            "before_cursor_execute",
            lambda connection, cursor, statement, *_: asked.append(statement),
        )
        assert find(project, contains="word7", key="channel", value="mail")
        found = len(asked)
        assert find_similar(project, f"d{n - 1}", n=40)
        return found, len(asked) - found


def test_a_bulk_sent_twice_is_recorded_once(project: Project) -> None:
    ids = ["d0", "d1"]
    assert answer_many(project, "topic", ids, labels=("road",), by="ana", bulk="b1") == 2
    assert answer_many(project, "topic", ids, labels=("road",), by="ana", bulk="b1") == 0
    assert answers(project) == {("d0", "ana"): ("road",), ("d1", "ana"): ("road",)}
    assert len(project.store.annotations("topic")) == 2


def test_a_bulk_that_does_not_fit_records_nothing(project: Project) -> None:
    with pytest.raises(InputError):
        answer_many(project, "topic", ["d0", "nowhere"], labels=("road",), by="ana", bulk="b1")
    assert project.store.annotations("topic") == []


def test_taking_back_withdraws_exactly_the_last_bulk_of_this_annotator(project: Project) -> None:
    answer_many(project, "topic", ["d0"], labels=("other",), by="ana", bulk="b1")
    answer_many(project, "topic", ["d1", "d2"], labels=("road",), by="ana", bulk="b2")
    answer_many(project, "topic", ["d3"], labels=("road",), by="ben", bulk="b3")
    assert count_last_bulk(project, "topic", "ana") == 2
    assert take_back_bulk(project, "topic", "ana") == 2
    assert answers(project) == {("d0", "ana"): ("other",), ("d3", "ben"): ("road",)}
    assert take_back_bulk(project, "topic", "ana") == 1  # the one before
    assert take_back_bulk(project, "topic", "ana") == 0
    assert answers(project) == {("d3", "ben"): ("road",)}


def test_taking_back_brings_earlier_answers_again_and_spares_later_ones(project: Project) -> None:
    project.store.record([Annotation("first", "d0", "topic", "ana", ("other",), comment="why")])
    answer_many(project, "topic", ["d0", "d1", "d2"], labels=("road",), by="ana", bulk="b1")
    project.store.record([Annotation("later", "d2", "topic", "ana", ("other",))])
    assert take_back_bulk(project, "topic", "ana") == 2
    assert answers(project) == {("d0", "ana"): ("other",), ("d2", "ana"): ("other",)}
    assert [a.comment for a in project.store.current("topic")] == ["why", ""]


def suggest(project: Project, *ids: str) -> None:
    found = [Suggestion(id, "run", 0, ("road",), (("road", 0.75), ("other", 0.25))) for id in ids]
    Suggestions(project.store).replace("topic", found)


def test_a_question_that_hides_suggestions_hides_them_here_too(project: Project) -> None:
    suggest(project, "d0", "d1")
    Settings(project.store).change("topic", QuestionSettings(suggests=False))
    assert suggestion_counts(project, "topic") == {}
    assert find(project, suggested="road") == []
    assert [(row.suggested, row.likelihood, row.run) for row in read_found(project, "topic", ["d0"])] == [
        ("", None, "")
    ]


def test_a_control_sample_shows_no_suggestion_and_is_not_found_by_one(project: Project) -> None:
    suggest(project, "d0", "d1", "d2")
    drawn = (Proposal("d1", 0.0, "drawn by chance"),)
    project.store.save_batch(Batch("control", "topic", "random", 0, drawn))
    assert suggestion_counts(project, "topic") == {"road": 2}
    assert find(project, suggested="road") == ["d0", "d2"]
    assert [row.run for row in read_found(project, "topic", ["d0", "d1"])] == ["run", ""]


def test_a_primed_bulk_answer_says_so_and_is_taken_back_with_the_others(project: Project) -> None:
    ids = ["d0", "d1", "d2"]
    answer_many(project, "topic", ids, labels=("road",), by="ana", bulk="b", shown={"d1": "run"})
    assert [a.raw for a in project.store.annotations("topic")] == [
        {"bulk": "b"},
        {"bulk": "b", "suggested_by": "run"},
        {"bulk": "b"},
    ]
    assert take_back_bulk(project, "topic", "ana") == 3


def test_unanswered_is_what_still_wants_an_answer_of_this_annotator(tmp_path: Path) -> None:
    create_project(Home(tmp_path), "twice", [Question("topic", "textcat", ("road", "other"), overlap=2)])
    documents = tuple(LabelledDocument(Document(f"d{n}", text)) for n, text in enumerate(TEXTS))
    with open_project(Home(tmp_path), "twice") as project:
        imported = Imported((), documents, ConversionReport(kept=4))
        project.store.import_documents(imported, file_name="f", file_sha256="0" * 64, format="csv")
        said = [("d0", "ana"), ("d0", "ben"), ("d1", "ana")]
        project.store.record(
            [Annotation(f"{id} {who}", id, "topic", who, ("road",)) for id, who in said]
            + [Annotation("skip", "d2", "topic", "ben", status="skipped")]
        )
        assert find(project, annotator="ana") == ["d2", "d3"]
        assert find(project, annotator="ben") == ["d1", "d3"]
        queue_documents(project, ["topic"], "cy", n=1)
        assert find(project, annotator="ben") == ["d3"]  # d1 lies on cy's desk
        assert find(project, annotator="cy") == ["d1", "d2", "d3"]
        rows = read_found(project, "topic", ["d0", "d1", "d2"], annotator="ana")
        assert [row.by_others for row in rows] == [True, False, False]  # a skip is no answer
