"""Mix the next documents of the control part into a batch, to measure while it teaches."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.domain.runs import Proposal
from workbench.store.control import ControlPart
from workbench.usecases.project import Project
from workbench.usecases.unanswered import unanswered_control

DRAWN_BY_CHANCE = "drawn by chance, to measure; no suggestion is shown"
SHORT_OF_COPIES = ("auto", "seeds")
LEAST_FOR_ONE = 10  # a batch of so many has one control document at least


def next_control(project: Project, question: str, n: int) -> list[Proposal]:
    """Return the control documents that a batch of n is to ask, in the fixed order of asking.

    What an earlier batch proposed and nobody answered comes again: none is passed over.
    """
    share = ControlPart(project.store.database).share()
    wanted = n_control(n, share)
    ids = unanswered_control(project, question)[:wanted] if wanted else []
    return [Proposal(id, 0.0, DRAWN_BY_CHANCE) for id in ids]


def control_alone(project: Project, question: str, n: int) -> list[Proposal]:
    """Return the next n control documents, for when nothing else is left."""
    return [Proposal(id, 0.0, DRAWN_BY_CHANCE) for id in unanswered_control(project, question)[:n]]


def texts_of(project: Project, proposals: Sequence[Proposal]) -> list[str]:
    """Return the texts of proposed documents: no strategy that avoids near-copies asks one beside them."""
    ids = [proposal.document_id for proposal in proposals]
    return [document.text for document in project.store.documents(ids=ids)] if ids else []


def n_control(n: int, share: float) -> int:
    """Return how many of n places are for control documents.

    >>> [n_control(n, 0.1) for n in (5, 9, 10, 20, 100)], n_control(100, 0.0)
    ([0, 1, 1, 2, 10], 0)
    """
    least = 1 if share > 0.0 and n >= LEAST_FOR_ONE else 0
    return max(round(n * share), least)


def in_proportion(
    control: Sequence[Proposal], strategy: str, *, n_chosen: int, n_wanted: int
) -> Sequence[Proposal]:
    """Return as many control documents as go with a batch that is short of near-copies; one at least.

    The batches of other strategies are short at the end of a pool alone, where all may be asked.

    >>> control = [Proposal(id, 0.0, "") for id in "wxyz"]
    >>> [len(in_proportion(control, "auto", n_chosen=n, n_wanted=36)) for n in (36, 20, 3)]
    [4, 2, 1]
    """
    if n_chosen >= n_wanted or strategy not in SHORT_OF_COPIES:
        return control
    return control[: max(len(control) * n_chosen // n_wanted, 1)]


def mixed(
    chosen: Sequence[Proposal], control: Sequence[Proposal], *, since: float | None = None
) -> tuple[Proposal, ...]:
    """Return both kinds in one batch, each in its order, the control documents evenly spread.

    `since` is how many documents were asked after the last control document: where batches follow each other
    after a few answers, the first one comes when its turn is, and not always in the middle.

    >>> a, b, c, x = (Proposal(id, 0.0, "") for id in "abcx")
    >>> for since in (None, 0, 2, 9): print([one.document_id for one in mixed([a, b, c], [x], since=since)])
    ['a', 'b', 'x', 'c']
    ['a', 'b', 'c', 'x']
    ['a', 'b', 'x', 'c']
    ['x', 'a', 'b', 'c']
    """
    n = len(chosen) + len(control)
    apart = n / max(len(control), 1)
    first = min(max(apart - (apart / 2 if since is None else since), 0.0), apart - 1.0)
    places = {int(first + k * apart) for k in range(len(control))}
    ordinary, drawn = iter(chosen), iter(control)
    return tuple(next(drawn) if place in places else next(ordinary) for place in range(n))
