"""Keep what a model would answer about unanswered documents, for annotators to accept, mend or reject."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.analysis.calibration import span_confidence
from workbench.domain.decoding import decode_labels, decode_spans
from workbench.domain.ports import Progress, silent
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores, Scores, TokenScores
from workbench.domain.suggestions import Suggestion
from workbench.store.suggestions import Suggestions
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import load_model, need_run, refuse_old_labels
from workbench.usecases.unanswered import unanswered

N_LIKELY = 3


def suggest_answers(
    project: Project, question_name: str, *, run_id: str = "", progress: Progress = silent
) -> int:
    """Score every unanswered document with a run, by default the newest, and return how many there were.

    Raises NotEnoughDataError without a run, and InputError when the labels changed since.
    """
    question = project.store.question(question_name)
    run = need_run(project, question_name, run_id)
    refuse_old_labels(project, question, run)
    ids = unanswered(project, question_name)
    texts = [document.text for document in project.store.documents(ids=ids)]
    progress(0, len(texts), "documents scored")
    scores = load_model(project, run).score(texts)[question_name]
    keep_suggestions(project, run, ids, texts, scores)
    progress(len(texts), len(texts), "documents scored")
    return len(ids)


def keep_suggestions(
    project: Project, run: Run, ids: Sequence[str], texts: Sequence[str], scores: Scores
) -> None:
    """Read the answers off the scores of these documents and put them in the place of earlier ones."""
    Suggestions(project.store).replace(run.question, suggestions_of(run, ids, texts, scores))


def suggestions_of(run: Run, ids: Sequence[str], texts: Sequence[str], scores: Scores) -> list[Suggestion]:
    """Return the answers read off the scores of these documents: labels or spans."""
    if isinstance(scores, TokenScores):
        return span_suggestions(run, ids, texts, scores)
    return label_suggestions(run, ids, scores)


def label_suggestions(run: Run, ids: Sequence[str], scores: ClassScores) -> list[Suggestion]:
    """Return the answer to each document with its most probable labels."""
    best = np.argsort(-scores.probabilities, axis=1, kind="stable")[:, :N_LIKELY]
    return [
        Suggestion(
            document_id,
            run.id,
            run.label_version,
            labels=labels,
            likely=tuple((scores.labels[k], float(row[k])) for k in columns),
        )
        for document_id, labels, row, columns in zip(
            ids, decode_labels(scores), scores.probabilities, best, strict=True
        )
    ]


def span_suggestions(
    run: Run, ids: Sequence[str], texts: Sequence[str], scores: TokenScores
) -> list[Suggestion]:
    """Return the spans of each document with how sure the model is of each."""
    return [
        Suggestion(
            document_id,
            run.id,
            run.label_version,
            spans=spans,
            sureness=tuple(span_confidence(document, span, scores.labels) for span in spans),
        )
        for document_id, spans, document in zip(
            ids, decode_spans(scores, texts), scores.documents, strict=True
        )
    ]


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `suggest`; arguments: `question` and `run_id` ('' for the newest)."""
    with open_folder(folder) as project:
        n = suggest_answers(
            project, arguments["question"], run_id=arguments.get("run_id", ""), progress=progress
        )
        return {"n_documents": n}
