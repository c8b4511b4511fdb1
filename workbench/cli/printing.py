"""How results, progress and errors look on a terminal."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import artefacts
from workbench.analysis.wording import remarks_on_training
from workbench.domain.conversion import ConversionReport
from workbench.domain.ports import Progress
from workbench.domain.runs import Batch, Proposal, Run
from workbench.errors import InputError, Problem

if TYPE_CHECKING:
    from workbench.analysis.confusions import ConfusedPair
    from workbench.usecases.label_studio.pull import PullReport

SHOWN_PROBLEMS = 20
SECONDS_BETWEEN_LINES = 10.0
NOTHING = "nothing"  # stands for an answer that has no counterpart, as in the HTML report


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show progress on standard error: a moving bar on a terminal, a line every ten seconds elsewhere."""
    if not sys.stderr.isatty():
        yield ProgressLines()
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        waiting: list[str] = []  # what is under way without anybody knowing how long it takes

        def show(done: int, total: int, what: str) -> None:
            if waiting and waiting[0] != what:
                bar.remove_task(tasks.pop(waiting.pop()))
            if not total and not waiting:
                waiting.append(what)
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total or None)
            bar.update(tasks[what], completed=done, total=total or None)

        yield show


class ProgressLines:
    """Says on standard error how far long work is, where no bar can move: what is short says nothing."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def __call__(self, done: int, total: int, what: str) -> None:
        """Print a line when the last one is ten seconds ago."""
        if time.monotonic() - self._said_at < SECONDS_BETWEEN_LINES:
            return
        self._said_at = time.monotonic()
        print(f"{what}: {done:,} of {total:,}" if total else what, file=sys.stderr, flush=True)


def print_conversion(report: ConversionReport) -> None:
    """Print what a conversion kept, adjusted and rejected, and why."""
    if report.counts:
        print(", ".join(counted(count, name) for name, count in report.counts.items()))
    print(report.in_words())
    for reason, count in report.warnings.most_common():
        print(f"  warning: {reason} ({count:,})")
    for problem in report.rejects[:20]:
        print(f"  left out: {problem}")
    if len(report.rejects) > 20:
        print(f"  … and {len(report.rejects) - 20:,} more")


def counted(n: int, plural: str) -> str:
    """Return a number with what it counts, named in the plural.

    >>> counted(1, "entities"), counted(1, "answers to other questions"), counted(1200, "tasks")
    ('1 entity', '1 answer to other questions', '1,200 tasks')
    """
    if n != 1:
        return f"{n:,} {plural}"
    first, of, rest = plural.partition(" to ")
    single = f"{first.removesuffix('ies')}y" if first.endswith("ies") else first.removesuffix("s")
    return f"1 {single}{of}{rest}"


def wrapped(text: str, *, indent: str) -> list[str]:
    """Return the lines of a text, as wide as the terminal, each after an indent."""
    width = max(40, shutil.get_terminal_size((100, 24)).columns)
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)


def print_batch(batch: Batch, texts: Sequence[str]) -> None:
    """Print the proposed documents, best first, with their utilities if the strategy gives any."""
    from workbench.usecases.mix_control import SHORT_OF_COPIES

    ranked = f"ranked by run {batch.run}" if batch.run else "no model was looked at"
    print(f"{counted(len(texts), 'documents')} by {batch.strategy} ({ranked}):")
    has_utilities = any(proposal.utility for proposal in batch.proposals)
    for proposal, text in zip(batch.proposals, texts, strict=True):
        utility = f"  {proposal.utility:7.4f}" if has_utilities else ""
        print(f"  {proposal.document_id}{utility}  {' '.join(asked_words(proposal, text).split())[:80]}")
        print(f"      why: {proposal.reason}")
    wanted = batch.recipe.get("ranking", {}).get("n", 0)
    if len(texts) < wanted:
        copies = " that is no near-copy of one of these" if batch.strategy in SHORT_OF_COPIES else ""
        print(f"{wanted:,} were asked for: no other document is left{copies}.")
    if batch.strategy == "seeds":
        n_hits = sum(proposal.utility > 0 for proposal in batch.proposals)
        print(
            f"{n_hits:,} of {counted(len(texts), 'documents')} hold one of the words; the others stand for many."
        )
    n_parts = sum(proposal.scope is not None for proposal in batch.proposals)
    if n_parts:
        print(f"Of {counted(n_parts, 'documents')} only these words are asked, not the whole text.")
    elif batch.recipe.get("ranking", {}).get("spans"):
        print("The whole texts are asked: no model was looked at, or it doubts most of each text.")


def asked_words(proposal: Proposal, text: str) -> str:
    """Return the words that are asked, with a sign for those that are not.

    >>> asked_words(Proposal("d", 1.0, "", ((0, 3), (8, 11))), "Ana saw Bob in Rome")
    'Ana … Bob …'
    """
    pieces, at = "", 0
    for start, end in proposal.scope or ((0, len(text)),):
        pieces += f"{' … ' if start > at else ''}{text[start:end]}"
        at = end
    return f"{pieces} …" if at < len(text) else pieces


def print_run(run: Run) -> None:
    """Print a finished training: what it took, what it could not learn as it is, its figures."""
    print(f"run {run.id}: {run.learner} on {run.n_examples:,} answers in {run.seconds:.1f} s")
    for remark in remarks_on_training(run.facts):
        print(f"  warning: {remark}")
    print_figures(run.figures)


def print_figures(figures: Mapping[str, Any]) -> None:
    """Print the figures of a run with their basis, every label, worst first."""
    names = ("accuracy", "macro_f1", "strict_f1", "strict_precision", "strict_recall")
    shown = [
        f"{name.replace('_', ' ')} {figures[name]:.3f}" for name in names if figures.get(name) is not None
    ]
    n = int(figures.get("n", figures.get("n_documents", 0)))
    print(f"{', '.join(shown)}   ({figures['basis']}, {n:,} documents)")
    rows = sorted(figures["per_label"], key=lambda row: row["f1"] if row["f1"] is not None else 2.0)
    width = max([len(row["label"]) for row in rows] + [5])
    print(f"  {'label':{width}}  precision  recall      f1  answers")
    for row in rows:
        cells = [
            f"{row[name]:7.3f}" if row[name] is not None else "      –"
            for name in ("precision", "recall", "f1")
        ]
        print(f"  {row['label']:{width}}    {cells[0]} {cells[1]} {cells[2]}  {row['support']:7,}")


def print_pairs(pairs: Sequence[ConfusedPair]) -> None:
    """Print what was taken for what, how often, and the first documents of each pair."""
    if pairs:
        print("most confused:")
    for pair in pairs:
        documents = ", ".join(pair.document_ids[:3]) + (" …" if len(pair.document_ids) > 3 else "")
        print(f"  {pair.n:4}  {pair.gold or NOTHING} taken for {pair.predicted or NOTHING}   ({documents})")


def write_report(path: Path | None, value: object) -> None:
    """Write a result as JSON when a file was named."""
    if path is not None:
        artefacts.write_json(path, value)
        print(f"wrote {path}")


def parse_settings(settings: Sequence[str] | None) -> dict[str, Any]:
    """Read KEY=VALUE settings; values are JSON where they can be, else text."""
    found: dict[str, Any] = {}
    for setting in settings or ():
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise InputError(
                f"'{setting}' is not a setting.", hint="Write KEY=VALUE, for example --set epochs=4."
            )
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def print_pull(report: PullReport) -> None:
    """Print what a synchronisation found."""
    print(pulled_in_words(report))
    for line in report.news:
        print(f"  {line}")
    for reason, count in report.warnings.most_common():
        print(f"  warning: {reason} ({count:,})")
    print_left_out(report.problems)


def pulled_in_words(report: PullReport) -> str:
    """Return one line of what is new, without what did not happen."""
    counts = Counter(
        {
            "documents": report.documents_new,
            "answers": report.answers_new,
            "changed answers": report.answers_changed,
            "skips": report.skips,
            "drafts": report.drafts,
            "answers taken back": report.withdrawn,
            "deleted tasks": report.tasks_gone,
        }
    )
    said = [counted(n, name) for name, n in counts.items() if n]
    return f"{', '.join(said) or 'nothing new'} (looked at {counted(report.tasks_seen, 'tasks')})"


def print_left_out(problems: list[Problem]) -> None:
    """Print what was left out and why, on standard error."""
    for problem in problems[:SHOWN_PROBLEMS]:
        print(f"  left out: {problem}", file=sys.stderr)
    if len(problems) > SHOWN_PROBLEMS:
        print(f"  … and {len(problems) - SHOWN_PROBLEMS:,} more", file=sys.stderr)
