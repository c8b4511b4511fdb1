"""How often each label was answered so far, and how well a model finds the rarest ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.domain.questions import Question
from workbench.usecases.collect_examples import settled_answers
from workbench.usecases.project import Project
from workbench.usecases.show_progress import CurveStep


@dataclass(frozen=True, slots=True)
class RecallStep:
    """The recall of one label after a number of answers; `support` counts the documents or spans behind it."""

    label: str
    learner: str
    basis: str
    n_examples: int
    recall: float
    support: int


def count_labels(project: Project, question: Question) -> dict[str, int]:
    """Return how many documents of the pool (of entities: spans) have each label, most frequent first.

    Each document counts once, with the answer that holds for it. Labels without answers count 0.
    """
    pool = set(project.store.document_ids(part="pool"))
    counts = Counter(
        label
        for document_id, answer in settled_answers(project, question.name).items()
        if document_id in pool
        for label in (*answer.labels, *(span.label for span in answer.spans))
    )
    return {label: counts[label] for label in sorted(question.labels, key=lambda label: -counts[label])}


def rarest_labels(counts: Mapping[str, int], n: int = 3) -> list[str]:
    """Return the n labels with the fewest answers, rarest first; those without any teach nothing yet."""
    return sorted((label for label in counts if counts[label]), key=lambda label: counts[label])[:n]


def recall_of(steps: Sequence[CurveStep], labels: Sequence[str]) -> list[RecallStep]:
    """Return the recall of these labels in each run that was judged on some of their answers.

    Only of the newest run's learner and basis: others do not belong on one line with it.
    """
    newest = max(steps, key=lambda step: step.run.created_at, default=None)
    return [
        RecallStep(
            row["label"],
            step.run.learner,
            step.headline.basis,
            step.run.n_examples,
            float(row["recall"]),
            int(row["support"]),
        )
        for step in steps
        if newest is not None
        and (step.run.learner, step.headline.basis) == (newest.run.learner, newest.headline.basis)
        for row in step.run.figures.get("per_label", ())
        if row["label"] in labels and row["recall"] is not None
    ]
