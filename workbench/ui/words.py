"""Figures, times and runs in words, and how tall a table of them is."""

from __future__ import annotations

from workbench.domain.runs import Run
from workbench.usecases.show_progress import Headline

ROW_PIXELS = 33  # 2.1875 rem of a dataframe's row, at the theme's 15 pixels
EDGE = 18


def headline_in_words(headline: Headline) -> str:
    """Return a run's figure with its basis."""
    return f"{headline.name} {headline.value:.3f} ({headline.basis}, {headline.n_documents:,} documents)"


def run_in_words(run: Run) -> str:
    """Return what tells a run from the others of its question."""
    return f"{run.learner}, {run.n_examples:,} answers, {when(run.created_at)}"


def when(time: str) -> str:
    """Return a stored time (ISO 8601, UTC) without its seconds.

    >>> when("2026-03-04T09:05:07.000001+00:00")
    '2026-03-04 09:05 UTC'
    """
    return f"{time[:16].replace('T', ' ')} UTC"


def figure(value: float | None) -> str:
    """Return a figure with three decimals, an undefined one as a dash."""
    return "–" if value is None else f"{value:.3f}"


def table_height(n_rows: int, *, most: int = 8) -> int:
    """Return the pixels that show a table's header and up to `most` rows, and of more the next one's edge.

    >>> table_height(12, most=12) == whole_height(12), table_height(77, most=12) - whole_height(12)
    (True, 18)
    """
    return whole_height(max(1, n_rows)) if n_rows <= most else whole_height(most) + EDGE


def whole_height(n_rows: int) -> int:
    """Return the pixels that show a table's header and all its rows."""
    return 2 + ROW_PIXELS * (n_rows + 1)
