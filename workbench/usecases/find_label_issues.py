"""Find answers that a model disputes, by scores of models that have not seen them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench import catalog
from workbench.analysis.figures import FigureBasis
from workbench.config import n_training_threads, stay_offline
from workbench.domain.annotations import now
from workbench.domain.decoding import decode_labels, decode_spans, tags_from_spans, words_under
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, Progress, silent
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores, DocumentTokenScores, Scores, TokenScores
from workbench.domain.spans import Span
from workbench.errors import ArtefactError, InputError
from workbench.usecases.collect_examples import collect_examples, need_examples
from workbench.usecases.embed_pool import project_encoder, project_words
from workbench.usecases.label_issue_files import FoundIssues, LabelIssue, write_issues
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import STUDENT, judged_documents, judged_scores, need_run, refuse_old_labels
from workbench.usecases.score_folds import out_of_fold_scores

if TYPE_CHECKING:
    from workbench.analysis.label_issues import RankedIssue

MOST_ISSUES = 5000  # more than anybody looks at; the most disputed are kept


def find_label_issues(
    project: Project, question_name: str, *, run_id: str = "", progress: Progress = silent
) -> FoundIssues:
    """Look at every answer of the pool and of the held-out set, and write down those that are disputed.

    Pool answers are scored out of fold, by the learner of the run (the newest by default) with its
    settings; held-out answers by the run itself, which was not trained on them. Raises InputError when the
    labels changed since the run, and NotEnoughDataError when there are too few answers for folds.
    """
    stay_offline()
    question = project.store.question(question_name)
    run = need_run(project, question_name, run_id)
    refuse_old_labels(project, question, run)
    pool = list(need_examples(collect_examples(project, question_name), question_name))
    progress(0, 3, "scoring the pool out of fold")
    parts = [("out-of-fold", *pool_scores(project, question, run, pool, progress=progress))]
    progress(1, 3, "looking at the held-out answers")
    if run.basis == "held-out":
        held_out = collect_examples(project, question_name, part="held-out")
        parts.append(("held-out", *judged_answers(project, run, held_out)))
    progress(2, 3, "ranking")
    ranked = [pair for basis, examples, scores in parts for pair in rank(_basis(basis), examples, scores)]
    found = [issue for _, issue in sorted(ranked, key=lambda pair: pair[0])]
    issues = FoundIssues(
        run.id,
        question.name,
        question.label_version,
        now(),
        {_basis(basis): len(examples) for basis, examples, _ in parts},
        tuple(found[:MOST_ISSUES]),
    )
    write_issues(project, issues)
    progress(3, 3, "done")
    return issues


def pool_scores(
    project: Project, question: Question, run: Run, pool: Sequence[Example], *, progress: Progress
) -> tuple[list[Example], Scores]:
    """Return pool examples with out-of-fold scores: those that the run was judged by, else new ones.

    Raises InputError for a student, which learned from its teacher and not from answers.
    """
    if run.basis == "out-of-fold":
        try:
            return judged_answers(project, run, pool)
        except ArtefactError:
            pass  # the run was judged before scores were kept: fit again
    if run.learner == STUDENT:
        raise InputError(
            f"The run {run.id} learned from a teacher: it cannot be fitted on folds of the answers.",
            hint="Choose the run of its teacher.",
        )
    encoder = project_encoder(project, run.config["encoder"]) if "encoder" in run.config else None
    context = LearnerContext(
        encoder=encoder,
        config=run.options,
        n_threads=n_training_threads(),
        progress=progress,
        words=project_words(project, run.learner),
    )
    learner = catalog.learner(run.learner, question.kind, context)
    rng = np.random.default_rng(run.seed)
    return list(pool), out_of_fold_scores(learner, question, pool, seed=run.seed, rng=rng)


def judged_answers(project: Project, run: Run, examples: Sequence[Example]) -> tuple[list[Example], Scores]:
    """Return today's answers to the documents that a run was judged on, with its scores, in one order."""
    today = {example.document_id: example for example in examples}
    ids = [judged.example.document_id for judged in judged_documents(project, run)]
    rows = [row for row, id in enumerate(ids) if id in today]
    scores = judged_scores(project, run)
    return [today[ids[row]] for row in rows], rows_of(scores, rows)


def rows_of(scores: Scores, rows: Sequence[int]) -> Scores:
    """Return the scores of some documents."""
    if isinstance(scores, ClassScores):
        return ClassScores(scores.labels, scores.probabilities[list(rows)], scores.exclusive)
    return TokenScores(scores.labels, tuple(scores.documents[row] for row in rows))


def rank(basis: FigureBasis, examples: Sequence[Example], scores: Scores) -> list[tuple[float, LabelIssue]]:
    """Return the examples that the scores dispute, where the model would answer something else.

    With each stands what it is ranked by, the most disputed first.
    """
    from workbench.analysis.label_issues import rank_label_sets, rank_labels

    if isinstance(scores, TokenScores):
        return rank_spans(basis, examples, scores)
    column = {label: place for place, label in enumerate(scores.labels)}
    sets = [[column[label] for label in example.labels] for example in examples]
    ranked: list[RankedIssue]
    if scores.exclusive:
        ranked = rank_labels([columns[0] for columns in sets], scores.probabilities)
    else:
        ranked = rank_label_sets(sets, scores.probabilities)
    answers = decode_labels(scores)
    return [
        (
            issue.order,
            LabelIssue(
                examples[issue.row].document_id,
                basis,
                issue.quality,
                labels=examples[issue.row].labels,
                suggested_labels=answers[issue.row],
            ),
        )
        for issue in ranked
        if set(answers[issue.row]) != set(examples[issue.row].labels)
    ]


def rank_spans(
    basis: FigureBasis, examples: Sequence[Example], scores: TokenScores
) -> list[tuple[float, LabelIssue]]:
    """Return the examples whose spans the tags dispute.

    Left out are answers that tags cannot say: spans that overlap, and questions about a part of the text.
    """
    from workbench.analysis.label_issues import rank_tags

    rows = [
        row for row, example in enumerate(examples) if example.scope is None and not overlap(example.spans)
    ]
    place = {tag: column for column, tag in enumerate(scores.tags)}
    given = [tags_of_example(examples[row], scores.documents[row], place) for row in rows]
    ranked = rank_tags(given, [scores.documents[row].probabilities for row in rows])
    spans = decode_spans(rows_of(scores, rows), [examples[row].text for row in rows])  # type: ignore[arg-type]
    return [
        (
            issue.order,
            LabelIssue(
                examples[rows[issue.row]].document_id,
                basis,
                issue.quality,
                spans=examples[rows[issue.row]].spans,
                suggested_spans=spans[issue.row],
            ),
        )
        for issue in ranked
        if sorted(spans[issue.row]) != sorted(examples[rows[issue.row]].spans)
    ]


def tags_of_example(example: Example, document: DocumentTokenScores, place: dict[str, int]) -> list[int]:
    """Return the column of each word's tag."""
    held = [span for span in example.spans if words_under(document.words, span)]
    return [place[tag] for tag in tags_from_spans(document.words, held)]


def overlap(spans: Sequence[Span]) -> bool:
    """Tell whether any two spans share a character."""
    ordered = sorted(spans)
    return any(left.overlaps(right) for k, left in enumerate(ordered) for right in ordered[k + 1 :])


def _basis(name: str) -> FigureBasis:
    return "held-out" if name == "held-out" else "out-of-fold"


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `find-issues`; arguments: `question` and `run_id` ('' for the newest)."""
    with open_folder(folder) as project:
        found = find_label_issues(
            project, arguments["question"], run_id=arguments.get("run_id", ""), progress=progress
        )
        return {"run": found.run, "n_issues": len(found.issues)}
