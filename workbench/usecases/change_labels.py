"""Change the labels of a question; old answers follow, or return to the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.domain.questions import LabelChange, Question, check_new_labels, label_now, labels_after
from workbench.errors import InputError
from workbench.usecases.collect_examples import settled_answers
from workbench.usecases.project import Project


def change_labels(project: Project, question: str, changes: Sequence[LabelChange]) -> Question:
    """Append the changes in order and return the question as it is then.

    Answers with a renamed or merged label follow it; those with a split or retired one count as
    unanswered. Raises InputError for the first change that does not fit; those before it stay.
    """
    asked = project.store.question(question)
    check_new_labels(asked.kind, (label for change in changes for label in change.after))
    for change in changes:
        asked = project.store.change_labels(question, change)
    return asked


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What changes would do: the labels then, and the answers (one an annotator and document) of each fate.

    `n_requeued` counts the documents of the answers that return to the queue.
    """

    labels: tuple[str, ...]
    n_following: int
    n_returning: int
    n_requeued: int


def preview_changes(project: Project, question: str, changes: Sequence[LabelChange]) -> ChangePreview:
    """Count the answers that would follow a renamed or merged label, and those that would be given again.

    Nothing is changed. Raises InputError for the first change that does not fit.
    """
    labels = labels_after(project.store.question(question).labels, changes)
    touched = {label for change in changes for label in change.before}
    n_following, returning = 0, list[str]()
    for annotation in project.store.current(question):
        used = {*annotation.labels, *(span.label for span in annotation.spans)} & touched
        if any(label_now(label, changes) is None for label in used):
            returning.append(annotation.document_id)
        elif used:
            n_following += 1
    return ChangePreview(labels, n_following, len(returning), len(set(returning)))


def count_labels(project: Project, question: str) -> Counter[str]:
    """Return how many documents (of entities: spans) have each label, by the answer that settles each."""
    counts: Counter[str] = Counter()
    for annotation in settled_answers(project, question).values():
        counts.update(annotation.labels)
        counts.update(span.label for span in annotation.spans)
    return counts


def parse_change(action: str, text: str) -> LabelChange:
    """Read a change: `OLD=NEW` to rename, `A,B=NEW` to merge, `OLD=A,B` to split. Raises InputError."""
    before, equals, after = text.partition("=")
    olds = tuple(label.strip() for label in before.split(",") if label.strip())
    news = tuple(label.strip() for label in after.split(",") if label.strip())
    if action == "add":
        return LabelChange("add", (), (text.strip(),))
    if action == "retire":
        return LabelChange("retire", (text.strip(),), ())
    if not equals or not olds or not news:
        forms = {"rename": "OLD=NEW", "merge": "A,B=NEW", "split": "OLD=A,B"}
        raise InputError(f"'{text}' is no {action}.", hint=f"Write --{action} {forms[action]}.")
    if action == "rename":
        return LabelChange("rename", olds, news)
    return LabelChange("merge", olds, news) if action == "merge" else LabelChange("split", olds, news)
