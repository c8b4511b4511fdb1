"""What is found wrong or odd in one task, before anybody decides what to do about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from workbench.errors import Problem


@dataclass(slots=True)
class Findings:
    """Problems refuse the record, warnings are counted, and `adjusted` says that it was changed.

    `within` names the part of the record that is being read, for the messages.
    """

    record: str
    problems: list[Problem] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    adjusted: bool = False
    within: str = ""

    def refuse(self, code: str, message: str) -> None:
        """Note why the record cannot be accepted."""
        self.problems.append(Problem(code, self.within + message, record=self.record))

    def warn(self, reason: str) -> None:
        """Count something that is accepted but deserves a look."""
        self.warnings[reason] += 1

    def adjust(self, reason: str) -> None:
        """Count something that was changed while it was read."""
        self.warn(reason)
        self.adjusted = True

    def as_one_problem(self) -> Problem:
        """Join all problems of the record, for the list of rejects."""
        message = "; ".join(problem.message for problem in self.problems)
        return Problem(self.problems[0].code, message, record=self.record)
