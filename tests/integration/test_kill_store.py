"""kill -9 at random moments: what was acknowledged is there, what was not is there whole or not at all.

Each harness is shown a planted fault, and must find it, before it is believed.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.store.doctor import doctor
from workbench.store.project_store import ProjectStore

pytestmark = pytest.mark.slow

N_KILLS = 12
N_IMPORTED = 4000
QUESTION = Question("topic", "textcat", ("billing", "other"))

LABELLING = """
import os, sys
from pathlib import Path
from workbench.domain.annotations import Annotation, new_client_id
from workbench.store.project_store import ProjectStore

folder, fault = Path(sys.argv[1]), sys.argv[2]
store = ProjectStore.open(folder)
os.write(1, b"ready\\n")
while True:
    sent = Annotation(new_client_id(), "d0", "topic", "ada", labels=("billing",))
    if fault == "acknowledge-before-commit":
        os.write(1, sent.client_id.encode() + b"\\n")
    store.record([sent])
    if fault == "none":
        os.write(1, sent.client_id.encode() + b"\\n")
"""

IMPORTING = f"""
import os, sys
from pathlib import Path
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.domain.documents import Document
from workbench.store.project_store import ProjectStore

folder, fault = Path(sys.argv[1]), sys.argv[2]
documents = tuple(LabelledDocument(Document(f"i{{i}}", f"text {{i}}")) for i in range({N_IMPORTED}))
step = {N_IMPORTED} if fault == "none" else 100
store = ProjectStore.open(folder)
os.write(1, b"ready\\n")
for start in range(0, {N_IMPORTED}, step):
    imported = Imported((), documents[start : start + step], ConversionReport())
    store.import_documents(imported, file_name="x", file_sha256="0" * 64, format="csv")
os.write(1, b"imported\\n")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    first = LabelledDocument(Document("d0", "The parcel is late."))
    with ProjectStore.create(folder, "desk", [QUESTION]) as store:
        imported = Imported((), (first,), ConversionReport())
        store.import_documents(imported, file_name="x", file_sha256="0" * 64, format="csv")
    return folder


def run_and_kill(code: str, folder: Path, *, fault: str, after: float) -> list[str]:
    """Start a process, kill it some time after it is ready, and return the whole lines it said."""
    command = [sys.executable, "-c", code, str(folder), fault]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(after)
        process.kill()
        said = process.stdout.read()
    return [line.removesuffix("\n") for line in said.splitlines(keepends=True) if line.endswith("\n")]


def problems(folder: Path) -> list[str]:
    return [found.message for found in doctor(folder) if found.level == "problem"]


def lost_labels(folder: Path, fault: str, *, n_kills: int, enough: Callable[[int], bool]) -> int:
    chance = random.Random(7)
    acknowledged: set[str] = set()
    n_lost = 0
    for _ in range(n_kills):
        after = 0.02 + 0.2 * chance.random()
        acknowledged.update(run_and_kill(LABELLING, folder, fault=fault, after=after))
        assert problems(folder) == []
        with ProjectStore.open(folder) as store:
            n_lost = len(acknowledged - {a.client_id for a in store.annotations()})
        if enough(n_lost):
            break
    assert acknowledged
    return n_lost


def test_no_acknowledged_label_is_lost_by_a_kill(folder: Path) -> None:
    assert lost_labels(folder, "none", n_kills=N_KILLS, enough=lambda n: n > 0) == 0


def test_the_harness_finds_an_acknowledgement_before_the_commit(folder: Path) -> None:
    fault = "acknowledge-before-commit"
    assert lost_labels(folder, fault, n_kills=3 * N_KILLS, enough=lambda n: n > 0) > 0


def partial_imports(tmp_path: Path, fault: str, *, n_kills: int) -> tuple[int, int]:
    """Return how often an import was there in part, and how often the kill came before its end."""
    chance = random.Random(11)
    longest = duration_of_import(tmp_path / "timing", fault)
    n_partial = n_cut = 0
    for kill in range(n_kills):
        folder = tmp_path / f"kill{kill}"
        ProjectStore.create(folder, "desk", [QUESTION]).close()
        said = run_and_kill(IMPORTING, folder, fault=fault, after=longest * chance.random())
        assert problems(folder) == []
        with ProjectStore.open(folder) as store:
            n_documents = store.n_documents()
        assert n_documents == N_IMPORTED or "imported" not in said
        n_partial += n_documents not in (0, N_IMPORTED)
        n_cut += "imported" not in said
        if n_partial:
            break
    return n_partial, n_cut


def duration_of_import(folder: Path, fault: str) -> float:
    ProjectStore.create(folder, "desk", [QUESTION]).close()
    command = [sys.executable, "-c", IMPORTING, str(folder), fault]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        start = time.monotonic()
        assert process.stdout.readline() == "imported\n"
        return time.monotonic() - start


def test_an_import_that_is_killed_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    n_partial, n_cut = partial_imports(tmp_path, "none", n_kills=N_KILLS)
    assert n_partial == 0
    assert n_cut > 0, "no kill came in time to prove anything"


def test_the_harness_finds_an_import_in_several_transactions(tmp_path: Path) -> None:
    assert partial_imports(tmp_path, "several-transactions", n_kills=3 * N_KILLS)[0] == 1
