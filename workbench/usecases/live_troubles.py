"""What happens when a question cannot be ranked live: it is noted, said, and tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from workbench.domain.annotations import now
from workbench.errors import WorkbenchError
from workbench.store.live_troubles import LiveTroubles, Trouble
from workbench.usecases.live_rules import why_not_live
from workbench.usecases.project import Project
from workbench.usecases.queue_documents import ranked_by

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 120.0  # a full disk does not become free by asking again at once
LIVE_LOG = "data/logs/live.log"


class Trials:
    """When each question is tried: always, but after an error only when its pause, which doubles, is over."""

    def __init__(self, project: Project, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._troubles = LiveTroubles(project.folder)
        self._noted = set(self._troubles.all())  # by a process before this one, too
        self._clock = clock
        self._pauses: dict[str, float] = {}
        self._next: dict[str, float] = {}

    def rests(self, question: str) -> bool:
        """Tell whether the question is left alone for now."""
        return self._clock() < self._next.get(question, 0.0)

    @property
    def is_one_due(self) -> bool:
        """Whether a question that could not be ranked is to be tried again."""
        return any(not self.rests(question) for question in self._next)

    def failed(self, question: str, error: Exception) -> None:
        """Note why it could not be ranked and begin a pause."""
        self._pauses[question] = min(2 * self._pauses.get(question, FIRST_PAUSE / 2), LONGEST_PAUSE)
        self._next[question] = self._clock() + self._pauses[question]
        self._noted.add(question)
        self._troubles.note(question, why_of(error))

    def succeeded(self, question: str) -> None:
        """Forget that there was trouble, if there was any."""
        self._pauses.pop(question, None)
        self._next.pop(question, None)
        if question in self._noted:
            self._troubles.clear(question)
            self._noted.discard(question)


def why_of(error: Exception) -> str:
    """Return in one line what went wrong; of what nobody foresaw, where more stands.

    >>> why_of(IndexError("index 7 is out of bounds"))
    'IndexError: index 7 is out of bounds. More in data/logs/live.log.'
    """
    if isinstance(error, WorkbenchError):
        where = f"{error.where}: " if error.where else ""
        return " ".join(f"{where}{error.message} {error.hint}".split())
    said = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".: ")
    return f"{said}. More in {LIVE_LOG}."


def live_troubles(project: Project, question_names: Sequence[str]) -> dict[str, str]:
    """Return in words since when and why questions are not ranked live, of those that should be.

    Raises UnknownNameError.
    """
    found = LiveTroubles(project.folder).all()
    return {
        name: trouble_in_words(found[name])
        for name in question_names
        if name in found and not why_not_live(project, name)
    }


def note_dead_ranker(project: Project, code: int) -> None:
    """Note for all questions that are ranked live that the process which ranks them ended by itself."""
    troubles = LiveTroubles(project.folder)
    for question in project.store.questions():
        if not why_not_live(project, question.name):
            troubles.note(question.name, f"The ranker ended by itself (code {code}). More in {LIVE_LOG}.")


def order_told(project: Project, question_names: Sequence[str]) -> dict[str, str]:
    """Return in words who put the documents in order, by question, and why nobody does so any more."""
    troubles = live_troubles(project, question_names)
    return {
        name: f"{words}. {troubles[name]}" if name in troubles else words
        for name, words in ranked_by(project, question_names).items()
    }


def trouble_in_words(trouble: Trouble) -> str:
    """Return since when, with the day when it is not today's, and why.

    >>> trouble_in_words(Trouble("2020-02-03T14:05:06.000000+00:00", "The disk is full."))
    'Not ranked live since 2020-02-03 14:05 UTC: The disk is full.'
    """
    moment = trouble.since[:16].replace("T", " ")
    return f"Not ranked live since {moment.removeprefix(now()[:10]).strip()} UTC: {trouble.why}"
