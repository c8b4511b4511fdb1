"""How fast the annotators of a question work, and how many answers came on each day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.analysis.pace import Pace, Work, answers_per_day, measure_pace
from workbench.store.teamwork import Entry, Teamwork
from workbench.usecases.project import Project


@dataclass(frozen=True, slots=True)
class TeamPace:
    """The pace of each annotator, and how many answers came by day (UTC) and annotator, bulk ones too."""

    paces: tuple[Pace, ...]
    days: Mapping[tuple[str, str], int]

    def only(self, annotator: str) -> TeamPace:
        """Return what one annotator did."""
        return TeamPace(
            tuple(pace for pace in self.paces if pace.annotator == annotator),
            {key: n for key, n in self.days.items() if key[1] == annotator},
        )


def show_pace(project: Project, question: str) -> TeamPace:
    """Measure the pace on a question; each document counts once for each annotator, by what stands.

    Answers that came with a file or decided a conflict do not count.
    """
    work = [_work_of(entry) for entry in Teamwork(project.store).entries(question)]
    return TeamPace(tuple(measure_pace(work)), answers_per_day(work))


def _work_of(entry: Entry) -> Work:
    time = datetime.fromisoformat(entry.created_at)
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return Work(entry.annotator, time.timestamp(), entry.seconds, entry.status == "answered", entry.is_bulk)
