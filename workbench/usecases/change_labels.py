"""Change the labels of a question; old answers follow, or return to the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from workbench.domain.questions import LabelChange, Question
from workbench.errors import InputError
from workbench.usecases.collect_examples import settled_answers
from workbench.usecases.project import Project


def change_labels(project: Project, question: str, changes: Sequence[LabelChange]) -> Question:
    """Append the changes in order and return the question as it is then.

    Answers with a renamed or merged label follow it; those with a split or retired one count as
    unanswered. Raises InputError for the first change that does not fit; those before it stay.
    """
    asked = project.store.question(question)
    for change in changes:
        asked = project.store.change_labels(question, change)
    return asked


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
