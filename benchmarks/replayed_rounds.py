"""Claim: ten rounds are chosen again id for id, and one flipped label parts the histories there and not before.

The support tickets of the sample project with a control part, question `topic`, learner `linear`, strategy `auto`, ten
rounds of 40 answers that are the sample's own; in the middle of each round the pool is ranked live as well. `replay`
trains and chooses again every batch. In a copy of the database one answer is changed as nobody may change it: that to
the best document of the sixth round's batch. `compare_histories` must name the batch after it, and the document.
Peer: batches chosen from today's answers, without going back.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.reporting import write_result
from workbench import catalog
from workbench.config import Home
from workbench.domain.annotations import Annotation, now
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument, ReadOptions
from workbench.domain.runs import Batch
from workbench.usecases.compare_histories import compare_histories
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.rank_live import LiveRanking
from workbench.usecases.replay import replay
from workbench.usecases.run_round import run_round
from workbench.usecases.train_model import Training

SAMPLE = Path(__file__).parents[1] / "projects" / "support-tickets" / "label-studio"
QUESTION, ROUNDS, BATCH, FLIPPED = "topic", 10, 40, 6


def make_project(home: Home, name: str) -> dict[str, Annotation]:
    """Make a project of the sample's texts and return the answers that are given later, by document."""
    pool = catalog.source("label-studio").read(SAMPLE / "pool.json", ReadOptions())
    create_project(home, name, pool.questions)
    with open_project(home, name) as project:
        texts = tuple(LabelledDocument(labelled.document) for labelled in pool.documents)
        only = Imported((), texts, ConversionReport(kept=len(texts)))
        project.store.import_documents(
            only, file_name="pool.json", file_sha256="0" * 64, format="label-studio"
        )
    answers = (a for labelled in pool.documents for a in labelled.annotations if a.question == QUESTION)
    return {answer.document_id: answer for answer in answers}


def live_ten_rounds(project: Project, gold: dict[str, Annotation]) -> list[Batch]:
    """Answer, rank live in the middle of the round, answer, train and propose; return all batches but the last."""
    propose_batch(project, QUESTION, Ranking("auto", BATCH))
    for _ in range(ROUNDS):
        ranking = LiveRanking(project, QUESTION)
        for half in range(2):
            batch = project.store.latest_batch(QUESTION)
            assert batch is not None
            done = set(project.store.answered_ids(QUESTION))
            left = [p.document_id for p in batch.proposals if p.document_id not in done]
            said = [replace(gold[id], created_at=now()) for id in left[: BATCH // 2] if id in gold]
            project.store.record(said)
            if not half:
                assert ranking.refresh() is not None
        run_round(project, Training(QUESTION, "linear"), Ranking("auto", BATCH))
    return project.store.batches(QUESTION)


def states(project: Project) -> list[str]:
    """Return what becomes of each batch when it is chosen again."""
    return [verdict.state for verdict in replay(project, QUESTION)]


def flip(project: Project, document: str) -> None:
    """Change a recorded answer behind the project's back."""
    labels = project.store.question(QUESTION).labels
    (answer,) = project.store.current(QUESTION, [document])
    other = next(label for label in labels if label not in answer.labels)
    with project.store.database.write() as connection:
        statement = text("UPDATE annotations SET labels = :labels WHERE client_id = :id")
        connection.execute(statement, {"labels": f'["{other}"]', "id": answer.client_id})


def chosen_today(project: Project, batches: Sequence[Batch]) -> int:
    """Return how many batches are found again among as many documents chosen from today's answers."""
    again = propose_batch(project, QUESTION, Ranking("auto", BATCH))
    ids = [proposal.document_id for proposal in again.proposals]
    return sum([p.document_id for p in batch.proposals] == ids[: len(batch.proposals)] for batch in batches)


def row(history: str, batches: int, same: int, **more: Any) -> dict[str, Any]:
    """Return a line of the table; `told` says whether the difference names the document."""
    asked = {"seconds": None, "parted": None, "told": None, **more}
    return {"history": history, "batches": batches, "same": same, **asked}


def main() -> None:
    """Live, replay, flip one answer in a copy, and see where the two part."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="replayed-") as folder:
        home = Home(Path(folder))
        gold = make_project(home, "ours")
        with open_project(home, "ours") as ours:
            batches = live_ten_rounds(ours, gold)
            started = time.perf_counter()
            alike = states(ours)
            seconds = time.perf_counter() - started
        for part in ("projects", "models"):
            shutil.copytree(home.root / part / "ours", home.root / part / "theirs")
        with open_project(home, "ours") as ours, open_project(home, "theirs") as theirs:
            flipped_in = [n for n, batch in enumerate(batches) if "live" not in batch.recipe][FLIPPED - 1]
            document = batches[flipped_in].proposals[0].document_id
            flip(theirs, document)
            compared = compare_histories(ours, theirs, QUESTION)
            theirs_alike = states(theirs)
            today = chosen_today(ours, batches)
    flipped = f"best document of batch {flipped_in + 1} answered otherwise"
    told = any(document in said for said in compared.differences)
    rows = [
        row("as it was", len(batches), alike.count("same"), seconds=seconds),
        row(flipped, len(batches), theirs_alike.count("same"), parted=compared.place, told=told),
        row("peer: chosen from today's answers", len(batches), today),
    ]
    write_result("replayed_rounds", rows, rounds=ROUNDS, batch=BATCH, documents=len(gold))


if __name__ == "__main__":
    main()
