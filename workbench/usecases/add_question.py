"""Ask one more question about every document, and read a question as somebody types it."""

from __future__ import annotations

from workbench import artefacts
from workbench.domain.questions import Kind, Question, check_new_labels
from workbench.usecases.project import Project, project_toml


def add_question(project: Project, question: Question) -> Question:
    """Ask the project's annotators one more question. Raises InputError for a name that is taken and bad labels."""
    check_new_labels(question.kind, question.labels)
    added = project.store.add_question(question)
    with artefacts.write_whole(project.folder / "project.toml") as file:
        file.write(project_toml(project.name, project.store.questions()).encode())
    return added


def typed_question(
    name: str, kind: Kind, *, labels: str = "", overlap: int = 1, share: float = 1.0
) -> Question:
    """Return a question with the labels of a pasted text, one a line. Raises InputError.

    >>> typed_question("topic", "textcat", labels="billing\\n\\n  delivery \\n").labels
    ('billing', 'delivery')
    """
    return Question(name.strip(), kind, typed_labels(labels), overlap, share)


def typed_labels(text: str) -> tuple[str, ...]:
    """Return the labels of a text, one a line; empty lines and space around a label do not count."""
    return tuple(label for line in text.splitlines() if (label := line.strip()))
