"""Ask about the doubtful words of a document only, where a model says which they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.domain.arrays import Rows
from workbench.domain.questions import Question
from workbench.domain.runs import Proposal
from workbench.domain.scores import Scores, TokenScores
from workbench.errors import InputError
from workbench.strategies.scopes import doubtful_scope


def check_spans_can_be_asked(question: Question) -> None:
    """Raise InputError unless the question asks about parts of a text."""
    if question.kind != "ner":
        raise InputError(
            f"The question '{question.name}' ({question.kind}) is about whole documents.",
            hint="Only words of entity questions (ner) can be asked by themselves: leave out --spans.",
        )


def with_scopes(
    proposals: Sequence[Proposal], rows: Rows, *, texts: Sequence[str], scores: Scores | None
) -> tuple[Proposal, ...]:
    """Return the proposals, each with the scope that the scores of its text (its row among `texts`) give it.

    Without scores of words the whole documents are asked.
    """
    if not isinstance(scores, TokenScores):
        return tuple(proposals)
    return tuple(
        replace(proposal, scope=doubtful_scope(scores.documents[row], scores.labels, texts[row]))
        for proposal, row in zip(proposals, rows.tolist(), strict=True)
    )


def first_other_scope(found: Sequence[Proposal], kept: Sequence[Proposal]) -> str | None:
    """Return the first document that both ask, in different words; None when there is none."""
    scopes = {proposal.document_id: proposal.scope for proposal in kept}
    return next(
        (p.document_id for p in found if p.document_id in scopes and scopes[p.document_id] != p.scope), None
    )
