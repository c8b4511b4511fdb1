"""Why records are wrong, by reason: thirty bad lines are seldom thirty things to mend."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from markupsafe import Markup

from workbench.errors import Problem

VARYING = re.compile(r"'[^']*'|\d+")
SHOWN_PLACES = 5
SHOWN_REASONS = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """What is wrong with some records: in the words of the first, and where the first few are."""

    message: str
    n: int
    places: tuple[str, ...]


def by_reason(problems: Sequence[Problem]) -> list[Reason]:
    """Return the reasons, the most frequent first; what differs in a name or number alone is one.

    >>> by_reason([Problem("x", "'a' is new", 3), Problem("x", "'b' is new", 7), Problem("y", "Empty", 9)])[0]
    Reason(message="'a' is new", n=2, places=('line 3', 'line 7'))
    """
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.code, VARYING.sub("…", problem.message)), []).append(problem)
    ordered = sorted(groups.values(), key=len, reverse=True)
    return [Reason(found[0].message, len(found), _places(found)) for found in ordered]


def _places(problems: Sequence[Problem]) -> tuple[str, ...]:
    places = (
        f"line {problem.line:,}" if problem.line is not None else problem.record or ""
        for problem in problems[:SHOWN_PLACES]
    )
    return tuple(filter(None, places))


def show_reasons(problems: Sequence[Problem]) -> None:
    """Show how many records are wrong for which reason, and where the first of them are."""
    reasons = by_reason(problems)
    rows = Markup("").join(_row(reason) for reason in reasons[:SHOWN_REASONS])
    hidden = len(reasons) - SHOWN_REASONS
    more = Markup("<li>and {:,} other reasons</li>").format(hidden) if hidden > 0 else ""
    st.html(Markup("<ul>{}{}</ul>").format(rows, more))


def _row(reason: Reason) -> Markup:
    more = " …" if reason.n > len(reason.places) > 0 else ""
    return Markup("<li><b>{:,}</b> × {} <span class='wb-quiet'>{}{}</span></li>").format(
        reason.n, reason.message, ", ".join(reason.places), more
    )
