"""Several processes at once: nobody gets another's document or job, and the file stays whole.

The harness must find the double claims of a store that does not begin with BEGIN IMMEDIATE.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal
from workbench.store.doctor import doctor
from workbench.store.jobs import Jobs
from workbench.store.project_store import ProjectStore

pytestmark = pytest.mark.slow

N_PROCESSES = 4
N_DOCUMENTS = 120
QUESTION = Question("topic", "textcat", ("billing", "other"))

BEGINNING = """
import sys, time
from pathlib import Path
from workbench.store import database, jobs
from workbench.store.project_store import ProjectStore

folder, me, fault = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
if fault == "autocommit":
    database.BEGIN_WRITE = "SELECT 1"
store = ProjectStore.open(folder)
print("ready", flush=True)
sys.stdin.readline()
"""

CLAIM_DOCUMENTS = (
    BEGINNING
    + """
from workbench.domain.annotations import Annotation, new_client_id
while found := store.claim("topic", me, 2):
    for proposal in found:
        print(proposal.document_id, flush=True)
        store.record([Annotation(new_client_id(), proposal.document_id, "topic", me, labels=("other",))])
"""
)

CLAIM_JOBS = (
    BEGINNING
    + """
mine = jobs.Jobs(store)
while job := mine.claim(me):
    print(job.id, flush=True)
"""
)

WRITE_AND_READ = (
    BEGINNING
    + """
from workbench.domain.annotations import Annotation, new_client_id
database.WAL_LIMIT_BYTES, database.CHECKPOINT_PAUSE_SECONDS = 50_000, 0.0
end = time.monotonic() + 4
while time.monotonic() < end:
    sent = Annotation(new_client_id(), "d0", "topic", me, labels=("other",), comment="x" * 3000)
    if me in ("p0", "p1"):
        store.record([sent])
        print(sent.client_id, flush=True)
    else:
        store.answered_ids("topic")
        store.database.checkpoint()
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = tuple(LabelledDocument(Document(f"d{i}", "text")) for i in range(N_DOCUMENTS))
    with ProjectStore.create(tmp_path / "desk", "desk", [QUESTION]) as store:
        imported = Imported((), documents, ConversionReport())
        store.import_documents(imported, file_name="x", file_sha256="0" * 64, format="csv")
        proposals = tuple(Proposal(f"d{i}", -float(i), "") for i in range(N_DOCUMENTS))
        store.save_batch(Batch("b", "topic", "uniform", 1, proposals))
        for i in range(N_DOCUMENTS):
            Jobs(store).enqueue("train", {"i": i})
    return tmp_path / "desk"


def together(code: str, folder: Path, fault: str = "none") -> list[str]:
    """Start processes, let them go at once, and return every line that they said."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(folder), f"p{i}", fault],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(N_PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said: list[str] = []
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert fault != "none" or (process.returncode, errors) == (0, "")
        said += output.split()
    return said


def n_double(said: list[str]) -> int:
    return sum(n > 1 for n in Counter(said).values())


@pytest.mark.parametrize("code", [CLAIM_DOCUMENTS, CLAIM_JOBS], ids=["documents", "jobs"])
def test_nothing_is_claimed_twice_and_everything_once(folder: Path, code: str) -> None:
    said = together(code, folder)
    assert n_double(said) == 0
    assert len(said) == N_DOCUMENTS


@pytest.mark.parametrize("code", [CLAIM_DOCUMENTS, CLAIM_JOBS], ids=["documents", "jobs"])
def test_the_harness_finds_double_claims_without_begin_immediate(folder: Path, code: str) -> None:
    assert n_double(together(code, folder, "autocommit")) > 0


def test_writing_reading_and_folding_the_log_at_once_leaves_the_database_whole(folder: Path) -> None:
    said = together(WRITE_AND_READ, folder)
    assert len(said) > 50
    assert [found for found in doctor(folder) if found.level != "ok"] == []
    with ProjectStore.open(folder) as store:
        assert set(said) == {annotation.client_id for annotation in store.annotations()}
