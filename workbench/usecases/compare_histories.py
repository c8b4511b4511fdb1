"""Walk the batches of two projects and find the first that does not follow from the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from workbench.domain.examples import Example
from workbench.domain.history import hash_training, read_moment
from workbench.domain.ports import Progress, silent
from workbench.domain.runs import Batch
from workbench.errors import InputError, UnknownNameError
from workbench.usecases.batch_recipe import Known, look
from workbench.usecases.project import Project
from workbench.usecases.replay import asked, first_difference

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """How far two histories of a question are one.

    `n_alike` batches are equal and follow from equal answers. `differences` say, in sentences, what the
    next one differs in, or the answers since the last; none mean that the histories are equal.
    """

    n_alike: int
    n_batches: tuple[int, int]
    differences: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where the histories part."""
        return (
            "after the last batch" if self.n_alike == max(self.n_batches) else f"at batch {self.n_alike + 1}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        return {
            "n_alike": self.n_alike,
            "n_batches": list(self.n_batches),
            "parted_at": self.place if self.differences else None,
            "differences": list(self.differences),
        }


def compare_histories(
    ours: Project, theirs: Project, question: str, *, progress: Progress = silent
) -> Compared:
    """Find the first batch at which two histories part; both stores are only read.

    What a batch was chosen from is read from the facts again, so that an answer that was changed after it
    was recorded is found too. Answers from before the oldest recipe cannot be told apart by batch.
    Raises UnknownNameError when one of the projects does not ask the question.
    """
    batches = ours.store.batches(question), theirs.store.batches(question)
    lengths = (len(batches[0]), len(batches[1]))
    pairs = list(zip_longest(*batches))
    for n_alike, (one, other) in enumerate(pairs):
        progress(n_alike, len(pairs), "batches compared")
        if one is None or other is None:
            return Compared(n_alike, lengths, (_goes_on(ours, theirs, lengths),))
        found = _differences(ours, theirs, one, other)
        if found:
            return Compared(n_alike, lengths, tuple(found))
    progress(len(pairs), len(pairs), "batches compared")
    since = _of_known(look(ours, question), look(theirs, question), (ours.name, theirs.name))
    return Compared(len(pairs), lengths, tuple(since))


def _goes_on(ours: Project, theirs: Project, lengths: tuple[int, int]) -> str:
    longer, shorter = (ours, theirs) if lengths[0] > lengths[1] else (theirs, ours)
    return f"'{shorter.name}' ends after {min(lengths):,} batches, '{longer.name}' has {max(lengths):,}"


def _differences(ours: Project, theirs: Project, one: Batch, other: Batch) -> list[str]:
    """Say what two batches differ in: what they were chosen from first, then what was chosen."""
    names = ours.name, theirs.name
    found = _of_known(_known_to(ours, one), _known_to(theirs, other), names)
    for what, a, b in (
        ("the strategy", one.strategy, other.strategy),
        ("the seed", one.seed, other.seed),
        ("the settings", _settings(one), _settings(other)),
        ("the training of the model", _training(ours, one), _training(theirs, other)),
    ):
        found += [] if a == b else [_said(what, a, b, names)]
    if place := first_difference(asked(one), asked(other)):
        found.append(_said(f"place {place}", _at(one, place), _at(other, place), names))
    return found


def _known_to(project: Project, batch: Batch) -> Known | None:
    """Return what a batch was chosen from, None when it does not say."""
    try:
        moment = read_moment(batch.recipe, f"The batch {batch.id}")
    except InputError:
        return None
    return look(project, batch.question, moment)


def _of_known(one: Known | None, other: Known | None, names: tuple[str, str]) -> list[str]:
    """Say how what was known differs; nothing when one of the two is not known."""
    if one is None or other is None or one.hashes() == other.hashes():
        return []
    found = []
    if one.question.labels != other.question.labels:
        found.append(_said("the labels", _listed(one.question.labels), _listed(other.question.labels), names))
    found += _of_answers(one, other, names) + _of_candidates(one, other, names)
    return found or ["the documents are the same in another order"]


def _of_answers(one: Known, other: Known, names: tuple[str, str]) -> list[str]:
    ours = {example.document_id: example for example in one.answered}
    theirs = {example.document_id: example for example in other.answered}
    ids = [id for id in dict.fromkeys([*ours, *theirs]) if ours.get(id) != theirs.get(id)]
    found = [
        _said(f"the answer to {id}", _answer(ours.get(id)), _answer(theirs.get(id)), names)
        for id in ids[:SHOWN]
    ]
    return [*found, *_and_more(ids, "answers")]


def _of_candidates(one: Known, other: Known, names: tuple[str, str]) -> list[str]:
    ours = {document.id: document.text for document in one.candidates}
    theirs = {document.id: document.text for document in other.candidates}
    answered = {e.document_id for known in (one, other) for e in known.answered}
    ids = [id for id in dict.fromkeys([*ours, *theirs]) if ours.get(id) != theirs.get(id)]
    others = [id for id in ids if id not in answered]  # the rest stand among the answers
    found = []
    for id in others[:SHOWN]:
        if id in ours and id in theirs:
            found.append(f"the text of {id} differs")
        else:
            found.append(f"{id} could be asked in '{names[0] if id in ours else names[1]}' only")
    return [*found, *_and_more(others, "documents")]


def _and_more(ids: Sequence[str], what: str) -> list[str]:
    return [f"and {len(ids) - SHOWN:,} {what} more"] if len(ids) > SHOWN else []


def _answer(example: Example | None) -> str:
    if example is None:
        return "no answer"
    spans = [f"{span.label} [{span.start}, {span.end})" for span in example.spans]
    return _listed([*example.labels, *spans])


def _settings(batch: Batch) -> dict[str, Any]:
    """Return a recipe without what is compared by itself."""
    kept = {name: value for name, value in batch.recipe.items() if name not in ("saw", "hashes")}
    ranking = kept.get("ranking", {})
    return {**kept, "ranking": {n: v for n, v in ranking.items() if n not in ("strategy", "seed")}}


def _training(project: Project, batch: Batch) -> str:
    """Say with what and how a batch's model was trained; equal words, equal trainings."""
    if batch.run is None:
        return "none"
    try:
        run = project.store.run(batch.run)
    except UnknownNameError:  # a model that was never kept is named by what it follows from
        return batch.run
    return f"{run.learner}, seed {run.seed}, {run.n_examples:,} answers ({hash_training(run)[:12]})"


def _at(batch: Batch, place: int) -> str:
    ids = asked(batch)
    return ids[place - 1] if place <= len(ids) else "nothing"


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels) or "nothing"


def _said(what: str, one: object, other: object, names: tuple[str, str]) -> str:
    return f"{what}: {one} in '{names[0]}', {other} in '{names[1]}'"
