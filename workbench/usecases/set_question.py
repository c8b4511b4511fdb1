"""How a question is put to annotators: guidelines, suggestions, colours and keys."""

from __future__ import annotations

from workbench.domain.settings import QuestionSettings
from workbench.store.settings import Settings
from workbench.usecases.project import Project


def question_settings(project: Project, question: str) -> QuestionSettings:
    """Return how the question is put today. Raises UnknownNameError."""
    return Settings(project.store).of(question)


def set_question(project: Project, question: str, settings: QuestionSettings) -> None:
    """Put the question in another way from now on. Raises UnknownNameError."""
    Settings(project.store).change(question, settings)
