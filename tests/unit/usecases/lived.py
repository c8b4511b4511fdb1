"""Ten rounds of a small project, with all that happens to answers, for tests of its history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from workbench.config import Home
from workbench.domain.annotations import Annotation, derived_client_id
from workbench.domain.conversion import ReadOptions
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import LabelChange
from workbench.domain.runs import Batch
from workbench.usecases.import_documents import import_documents
from workbench.usecases.project import Project, create_project, open_project, parse_question
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.run_round import run_round
from workbench.usecases.train_model import Training

WORDS = {"delivery": "where is my parcel", "returns": "please refund this", "billing": "the invoice is wrong"}
ROUNDS, BATCH, RENAMED = 10, 5, 5


class WordEncoder:
    """Means of vectors that follow from the words' hashes."""

    id, width = "words@1", 24

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> np.ndarray:
        """Return unit vectors `(n, width)`."""
        rows = np.stack([np.sum([vector(word) for word in text.split()], axis=0) for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def vector(word: str) -> np.ndarray:
    """Return the vector of a word."""
    return np.frombuffer(sha256(word.encode()).digest()[:24], dtype=np.uint8) / 128.0 - 1.0


def make(root: Path, name: str, n: int = 40) -> None:
    """Make a project of 3n documents, and of 12 that are held out."""
    create_project(Home(root), name, [parse_question("topic:textcat")])
    pool = [(f"d{i}-{t}", f"{said} {i % 9} item{i}") for i in range(n) for t, said in WORDS.items()]
    held = [(f"h{i}-{t}", f"{said} sir {i}", t) for i in range(4) for t, said in WORDS.items()]
    (root / "held.csv").write_text("id,text,topic\n" + "".join(f"{a},{b},{c}\n" for a, b, c in held))
    (root / "pool.csv").write_text("id,text\n" + "".join(f"{a},{b}\n" for a, b in pool))
    with open_project(Home(root), name) as project:
        options = ReadOptions(question="topic")
        import_documents(project, root / "held.csv", options=options, held_out=True)
        import_documents(project, root / "pool.csv", options=options)


def live(
    project: Project, strategy: str, learner: str, *, rounds: int = ROUNDS, flipped: int | None = None
) -> None:
    """Ask and answer; in round `flipped` (from 1) the answer to the best document is another one."""
    batch = propose_batch(project, "topic", Ranking("auto" if strategy == "auto" else "random", 12, 1))
    for number in range(1, rounds):
        project.store.record(answers(project, batch, number, wrong=number == flipped))
        if number == RENAMED:
            project.store.change_labels("topic", LabelChange("rename", ("returns",), ("refund",)))
        _, batch = run_round(
            project, Training("topic", learner, number), Ranking(strategy, BATCH, 100 + number)
        )


def answers(project: Project, batch: Batch, number: int, *, wrong: bool) -> list[Annotation]:
    """Return ada's answers, of which she skips one and takes one back, and bob's about the last."""
    question = project.store.question("topic")
    ids = [proposal.document_id for proposal in batch.proposals]
    say = speaker(number, question.label_version)
    told = [say("ada", id, (truth(id, question.labels),)) for id in ids[:-1]]
    if wrong:
        told[0] = say(
            "ada", ids[0], (next(a for a in question.labels if a != truth(ids[0], question.labels)),)
        )
    skip = say("ada", ids[-1], (), "skipped")
    back = say("ada", ids[1], (), "withdrawn")
    other = next(label for label in question.labels if label != truth(ids[2], question.labels))
    return [
        *told,
        skip,
        back,
        say("bob", ids[2], (other,)),
        say("bob", ids[1], (truth(ids[1], question.labels),)),
    ]


def truth(id: str, labels: Sequence[str]) -> str:
    """Return the label of a document, as it is called now."""
    said = id.partition("-")[2]
    return said if said in labels else "refund"


def speaker(number: int, version: int) -> Callable[..., Annotation]:
    """Return who says answers with ids that follow from them."""

    def say(who: str, id: str, labels: tuple[str, ...], status: str = "answered") -> Annotation:
        client_id = derived_client_id(who, id, *labels, status, str(number))
        return Annotation(client_id, id, "topic", who, labels, status=status, label_version=version)  # type: ignore[arg-type]

    return say
