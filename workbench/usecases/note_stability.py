"""Note how far two models in a row answer alike: what the literature's stopping rules look at."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from hashlib import sha256
from itertools import chain
from typing import Any

from workbench.analysis.agreement import cohen_kappa
from workbench.domain.decoding import best_tags, decode_labels
from workbench.domain.runs import Run
from workbench.domain.scores import Scores, TokenScores
from workbench.errors import WorkbenchError
from workbench.usecases.project import Project
from workbench.usecases.runs import load_model

N_STOP_SET = 2000


def note_stability(project: Project, run: Run) -> dict[str, Any]:
    """Compare a run's answers with those of the run before it, on the stop set; {} when there is none.

    `kappa` is Cohen's, over documents, of entities over words by their tags; `changed` is the share of
    documents with another answer (of entities: other spans). A run before it is one of the same learner on
    the same labels. When its files or its encoder are gone, `missing` says so: a round does not fail for this.
    """
    before = _run_before(project, run)
    if before is None:
        return {}
    ids = stop_set(project.store.document_ids(part="pool"))
    texts = [document.text for document in project.store.documents(ids=ids)]
    try:
        old = load_model(project, before).score(texts)[run.question]
    except WorkbenchError as error:
        return {"against": before.id, "missing": str(error)}
    new = load_model(project, run).score(texts)[run.question]
    return {"against": before.id, "n_documents": len(texts), **compare_answers(old, new)}


def stop_set(ids: Sequence[str]) -> list[str]:
    """Return up to 2,000 ids, in their order: the same ones however many answers or documents come.

    Only a document whose hash is lower than all of theirs takes the place of one.
    """
    chosen = set(sorted(ids, key=lambda id: sha256(id.encode()).digest())[:N_STOP_SET])
    return [id for id in ids if id in chosen]


def compare_answers(old: Scores, new: Scores) -> dict[str, float | None]:
    """Return kappa and the share of changed documents of two models' scores of the same texts."""
    before, after = _answers(old), _answers(new)
    changed = sum(a != b for a, b in zip(before, after, strict=True))
    if isinstance(old, TokenScores):
        # A learner that was set to other words gives other tags: those cannot be laid beside each other.
        same_words = [len(tags) for tags in before] == [len(tags) for tags in after]
        kappa = cohen_kappa([*chain(*before)], [*chain(*after)]) if same_words else None
    else:
        kappa = cohen_kappa(before, after)
    return {"kappa": kappa, "changed": changed / len(before) if before else None}


def _answers(scores: Scores) -> list[tuple[Hashable, ...]]:
    """Return the labels of each document, or the tag of each of its words."""
    if isinstance(scores, TokenScores):
        return [tuple(best_tags(document.probabilities)) for document in scores.documents]
    return [tuple(sorted(labels)) for labels in decode_labels(scores)]


def _run_before(project: Project, run: Run) -> Run | None:
    """Return the newest run before this one that can be compared with it."""
    same = (run.learner, run.label_version, run.labels)
    runs = project.store.runs(run.question)
    ids = [one.id for one in runs]
    older = runs[ids.index(run.id) + 1 :] if run.id in ids else runs
    comparable = (one for one in older if (one.learner, one.label_version, one.labels) == same)
    return next(comparable, None)
