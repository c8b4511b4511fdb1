"""What goes in and out of foreign formats, and the count of what happened to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias, get_args

from workbench.domain.annotations import FROM_A_FILE, Annotation
from workbench.domain.documents import Document
from workbench.domain.questions import Kind, Question
from workbench.errors import Problem

Rule: TypeAlias = Literal["gold-first", "majority", "latest"]
RULES: tuple[Rule, ...] = get_args(Rule)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a file. Fields that a format does not know are ignored by it.

    `question` names the question that the file's answers belong to, `kind` its kind and `labels` the
    declared labels (None: take those in the file). `scheme` is iob2, iob1 or bioes. With `skip_bad` a
    record that would be refused is put into the report instead, and the others are read. `name` is the
    file's name for its user, when it lies under another one.
    """

    question: str = ""
    kind: Kind | None = None
    labels: tuple[str, ...] | None = None
    annotator: str = FROM_A_FILE
    encoding: str = "utf-8"
    scheme: str = "iob2"
    repair_iob: bool = False
    skip_bad: bool = False
    text_column: str = ""
    label_column: str = ""
    id_column: str = ""
    delimiter: str = ""
    label_config: str = ""
    name: str = ""

    def name_of(self, path: Path) -> str:
        """Return what the file is called: its ids and messages say so, wherever it lies just now."""
        return self.name or path.name

    def stem_of(self, path: Path) -> str:
        """Return that name without its ending; ids that the file does not give begin with it."""
        return PurePosixPath(self.name_of(path)).stem


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How to write a file. Fields that a format does not know are ignored by it.

    `encoding` is that of a text file; '' takes that of the file that the documents came from, else UTF-8.
    `rule` says whose answer is written by formats that have room for one a document.
    """

    scheme: str = "iob2"
    encoding: str = ""
    newline: str = "\n"
    excel_safe: bool = False
    allow_loss: bool = False
    rule: Rule = "gold-first"


@dataclass(slots=True)
class ConversionReport:
    """Counts of one conversion: kept + adjusted + rejected = total, each deviation with its reason.

    They count records of one `unit`: what the format calls them on the way in, documents on the way out.
    `counts` holds figures a reader may check the file by: sentences, tokens, entities, rows …
    `rejects` names the records that were left out, and parts left out of others; `beside` the further
    files that were read or written.
    """

    unit: str = "documents"
    kept: int = 0
    adjusted: int = 0
    rejected: int = 0
    warnings: Counter[str] = field(default_factory=Counter)
    rejects: list[Problem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    beside: list[Path] = field(default_factory=list, compare=False)

    @property
    def total(self) -> int:
        """How many records came in."""
        return self.kept + self.adjusted + self.rejected

    def in_words(self) -> str:
        """Say how many records were kept, adjusted and rejected.

        >>> ConversionReport(unit="rows", kept=1200, rejected=1).in_words()
        '1,200 rows kept, 0 adjusted, 1 rejected'
        """
        unit = self.unit.removesuffix("s") if self.kept == 1 else self.unit
        return f"{self.kept:,} {unit} kept, {self.adjusted:,} adjusted, {self.rejected:,} rejected"

    def warn(self, reason: str, n: int = 1) -> None:
        """Count something that was accepted but deserves a look."""
        self.warnings[reason] += n

    def reject(self, problem: Problem) -> None:
        """Count a record that was left out."""
        self.rejected += 1
        self.rejects.append(problem)


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document with the annotations that came or go with it, oldest first."""

    document: Document
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file holds: its questions (with the labels seen or declared), documents and counts.

    `file_layout` is what the format needs to write the whole file again exactly (byte-order mark,
    newline style, final newline, lines before the first and after the last document); JSON values.
    """

    questions: tuple[Question, ...]
    documents: tuple[LabelledDocument, ...]
    report: ConversionReport
    file_layout: dict[str, object] = field(default_factory=dict)


def labels_seen(documents: Iterable[LabelledDocument], question: str) -> tuple[str, ...]:
    """Return the labels used in the answers to a question, sorted."""
    seen: set[str] = set()
    for labelled in documents:
        for annotation in labelled.annotations:
            if annotation.question == question:
                seen.update(annotation.labels)
                seen.update(span.label for span in annotation.spans)
    return tuple(sorted(seen))
