"""Limits of time and memory, in processor time so that a busy machine does not matter."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.domain.annotations import Annotation, derived_client_id, new_client_id
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.store.project_store import ProjectStore

pytestmark = pytest.mark.slow

N_DOCUMENTS = 100_000
N_CALLS = 50
MEBIBYTE = 1024 * 1024


def labelled(i: int) -> LabelledDocument:
    document = Document(
        f"doc-{i}", f"The parcel number {i} did not arrive although the courier said so.", {"i": i}
    )
    annotation = Annotation(derived_client_id(document.id), document.id, "topic", "import", labels=("other",))
    return LabelledDocument(document, (annotation,))


def largest_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectStore]:
    folder: Path = tmp_path_factory.mktemp("large") / "desk"
    topic = Question("topic", "textcat", ("billing", "other"))
    documents = tuple(labelled(i) for i in range(N_DOCUMENTS))
    imported = Imported((topic,), documents, ConversionReport(kept=N_DOCUMENTS))
    with ProjectStore.create(folder, "desk", [Question("urgency", "textcat", ("high", "low"))]) as store:
        before, start = largest_memory(), time.process_time()
        store.import_documents(imported, file_name="x", file_sha256="0" * 64, format="csv")
        assert time.process_time() - start < 10
        assert largest_memory() - before < 300
        assert store.database.wal_bytes() < 16 * MEBIBYTE, "the log of a large import is folded in"
        yield store


def median_milliseconds(call: Callable[[int], object]) -> float:
    spent = []
    for i in range(N_CALLS):
        start = time.process_time()
        call(i)
        spent.append(time.process_time() - start)
    return 1000 * statistics.median(spent)


def test_an_annotation_is_recorded_in_milliseconds_among_many(large: ProjectStore) -> None:
    def record(i: int) -> None:
        large.record([Annotation(new_client_id(), f"doc-{i * 37}", "topic", "ada", labels=("billing",))])

    assert median_milliseconds(record) < 10


def test_a_document_is_claimed_in_milliseconds_among_many(large: ProjectStore) -> None:
    proposals = tuple(Proposal(f"doc-{i}", 0.5, "margin") for i in range(2000))
    large.save_batch(Batch("b", "urgency", "margin", 1, proposals))
    done = [
        Annotation(new_client_id(), f"doc-{i}", "urgency", "ada", labels=("low",)) for i in range(0, 2000, 2)
    ]
    large.record(done)
    assert median_milliseconds(lambda i: large.claim("urgency", "ada", 1)) < 10
    assert large.claim("urgency", "ada", 1)[0].document_id == "doc-1"


def test_everything_is_read_in_seconds(large: ProjectStore) -> None:
    start = time.process_time()
    assert len(large.document_ids("pool")) == N_DOCUMENTS
    assert len(large.answered_ids("topic")) == N_DOCUMENTS
    assert len(large.labelled_documents("csv")) == N_DOCUMENTS
    assert time.process_time() - start < 15
