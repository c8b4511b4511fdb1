"""How far two models in a row answer alike, on documents that stay the same."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest

from workbench.config import Home
from workbench.domain.conversion import ReadOptions
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.usecases.import_documents import import_documents
from workbench.usecases.note_stability import N_STOP_SET, compare_answers, stop_set
from workbench.usecases.project import create_project, open_project, parse_question
from workbench.usecases.propose_batch import Ranking
from workbench.usecases.run_round import run_round
from workbench.usecases.train_model import Training


def classes(*columns: int) -> ClassScores:
    return ClassScores(("a", "b"), np.eye(2, dtype=np.float32)[list(columns)])


def tokens(*documents: list[int]) -> TokenScores:
    """Return scores of one label, whose words have these tags: 0 is O, 1 is B, 2 is I."""
    return TokenScores(
        ("X",),
        tuple(
            DocumentTokenScores(
                np.array([[k, k + 1] for k in range(len(tags))], dtype=np.int32),
                np.eye(3, dtype=np.float32)[tags],
            )
            for tags in documents
        ),
    )


def test_kappa_and_changes_of_labels_are_those_of_documents() -> None:
    found = compare_answers(classes(0, 0, 1, 1), classes(0, 0, 1, 0))
    assert found["changed"] == 0.25
    assert found["kappa"] == pytest.approx(0.5)  # 3 of 4 alike, 2 of 4 by chance


def test_entities_are_compared_by_the_word_and_changes_by_the_document() -> None:
    found = compare_answers(tokens([0, 1], [0, 0]), tokens([0, 1], [0, 1]))
    assert found["changed"] == 0.5
    assert found["kappa"] == pytest.approx(0.5)  # words: 3 of 4 alike, 2 of 4 by chance


def test_words_that_were_cut_otherwise_have_no_kappa() -> None:
    assert compare_answers(tokens([0, 1]), tokens([0, 1, 0])) == {"kappa": None, "changed": 1.0}


def test_the_stop_set_stays_when_documents_are_added() -> None:
    ids = [f"d{n}" for n in range(N_STOP_SET + 500)]
    chosen = stop_set(ids)
    assert len(chosen) == N_STOP_SET
    assert chosen == [id for id in ids if id in set(chosen)]
    more = stop_set([*(f"e{n}" for n in range(25)), *ids])
    assert len(set(more) & set(chosen)) >= N_STOP_SET - 25
    assert stop_set(ids[:3]) == ids[:3]


@pytest.mark.slow
def test_each_round_notes_how_far_it_answers_as_the_one_before(tmp_path: Path) -> None:
    create_project(Home(tmp_path), "p", [parse_question("topic:textcat")])
    rows = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(10))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}parcel again,\nrefund again,\n")
    with open_project(Home(tmp_path), "p") as project:
        import_documents(project, tmp_path / "in.csv", options=ReadOptions(question="topic"))
        for _ in range(3):
            run, _ = run_round(project, Training("topic", "tfidf"), Ranking("margin", 2))
        first, second, _ = (one["stability"] for one in project.store.rounds("topic"))
        assert first == {}
        assert second["n_documents"] == 22
        assert (second["kappa"], second["changed"]) == (1.0, 0.0)
        rmtree(project.models / run.id)
        run_round(project, Training("topic", "tfidf"), Ranking("margin", 2))
        last = project.store.rounds("topic")[-1]["stability"]
        assert last["against"] == run.id
        assert "missing" in last
