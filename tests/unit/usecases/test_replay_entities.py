"""Batches of entities, ranked by a tagger that was fine-tuned, are chosen again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ReadOptions
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.usecases.import_documents import import_documents
from workbench.usecases.project import Project, create_project, open_project
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.rebuild_model import Rebuilding
from workbench.usecases.replay import replay
from workbench.usecases.run_round import run_round
from workbench.usecases.train_model import Training

pytestmark = [pytest.mark.slow, pytest.mark.torch]
QUICK = {"max_epochs": 1, "min_steps": 1, "batch_size": 4}


@pytest.fixture
def project(tmp_path: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Three rounds: one drawn by chance, two ranked by a tagger."""
    monkeypatch.setattr("workbench.learners.fine_tuning.default_base", lambda: tiny_bert)
    texts = [f"ada is in {place} {'so ' * (n % 4)}and {n}" for n in range(12) for place in ("rome", "nyc")]
    (tmp_path / "in.csv").write_text("text\n" + "\n".join(texts))
    create_project(Home(tmp_path), "p", [Question("names", "ner", ("PER", "LOC"))])
    with open_project(Home(tmp_path), "p") as opened:
        import_documents(opened, tmp_path / "in.csv", options=ReadOptions())
        batch = propose_batch(opened, "names", Ranking("random", 10, 3))
        for number in range(2):
            for proposal in batch.proposals:
                text = opened.store.document(proposal.document_id).text
                spans = (Span.of(text, 0, 3, "PER"), Span.of(text, 10, text.index(" ", 10), "LOC"))
                id = proposal.document_id
                opened.store.record([Annotation(f"{id}", id, "names", "ann", spans=spans)])
            training = Training("names", "bert", seed=number, config=QUICK)
            _, batch = run_round(opened, training, Ranking("mnlp", 3, number))
        yield opened


def test_batches_of_entities_are_chosen_again_by_kept_and_by_retrained_taggers(project: Project) -> None:
    for rebuilding in (Rebuilding(), Rebuilding(retrain_all=True)):
        verdicts = list(replay(project, "names", rebuilding))
        assert [verdict.state for verdict in verdicts] == ["same"] * 3
