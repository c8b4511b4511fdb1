"""Who looks at a page, and what they may do there."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["admin", "lead", "annotator"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with an account; without accounts whoever sits at this machine (`is_local`) is an admin."""

    name: str
    role: Role
    is_local: bool = False

    @property
    def leads(self) -> bool:
        """Whether this visitor may change the project, and train and export models."""
        return self.role in ("admin", "lead")


def current_visitor() -> Visitor:
    """Return who looks at this page."""
    return Visitor(_account(), "admin", is_local=True)


def visitor_of(request: object) -> Visitor | None:
    """Return who sends a request."""
    return current_visitor()


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        return "annotator"
