"""The documents of one export: each id once, each annotation once, every task counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ConversionReport, Imported, LabelledDocument
from workbench.errors import Problem, SourceError
from workbench.sources.label_studio.config import LabelConfig
from workbench.sources.label_studio.findings import Findings

ABOUT_THE_CONFIG = {"no-text", "unknown-name", "unknown-label"}


class Collected:
    """Takes what was read of each task; a task with problems is refused as a whole."""

    def __init__(self, config: LabelConfig, *, skip_bad: bool) -> None:
        self._config = config
        self._skip_bad = skip_bad
        self._report = ConversionReport("tasks")
        self._problems: list[Problem] = []
        self._documents: dict[str, LabelledDocument] = {}
        self._annotations: dict[str, Annotation] = {}
        self._report.beside.append(Path(config.file))
        for warning in config.warnings:
            self._report.warn(warning)

    def add(self, labelled: LabelledDocument | None, findings: Findings) -> None:
        """Take one task."""
        if labelled is not None:
            self._check_id(labelled, findings)
            labelled = self._without_repeats(labelled, findings)
        if findings.problems or labelled is None:
            self._refuse(findings)
        elif not labelled.document.text.strip():
            self._report.reject(Problem("empty-text", "The text is empty.", record=findings.record))
            self._report.warn("empty texts left out")
        else:
            self._take(labelled, findings)

    def _refuse(self, findings: Findings) -> None:
        if self._skip_bad:
            self._report.reject(findings.as_one_problem())
        else:
            self._problems += findings.problems

    def _without_repeats(self, labelled: LabelledDocument, findings: Findings) -> LabelledDocument:
        """Leave out annotations that the file has given before; one id with two answers is a problem."""
        new: dict[str, Annotation] = {}
        for annotation in labelled.annotations:
            client_id = annotation.client_id
            earlier = self._annotations.get(client_id) or new.get(client_id)
            if earlier is None:
                new[client_id] = annotation
            elif _same_answer(earlier, annotation):
                findings.adjust("annotations that stand twice count once")
            else:
                findings.refuse(
                    "annotation-twice", "an annotation with one unique_id stands twice and differs"
                )
        return replace(labelled, annotations=tuple(new.values()))

    def _check_id(self, labelled: LabelledDocument, findings: Findings) -> None:
        known = self._documents.get(labelled.document.id)
        if known is not None and known.document.text != labelled.document.text:
            name = labelled.document.id
            findings.refuse("duplicate-id", f"the id '{name[:80]}' stands twice, with different texts")

    def _take(self, labelled: LabelledDocument, findings: Findings) -> None:
        self._annotations.update({annotation.client_id: annotation for annotation in labelled.annotations})
        known = self._documents.get(labelled.document.id)
        if known is not None:
            findings.adjust("tasks with the same id and text were joined")
            joined = sorted(known.annotations + labelled.annotations, key=lambda a: a.created_at)
            labelled = LabelledDocument(known.document, tuple(joined))
        self._documents[labelled.document.id] = labelled
        self._report.warnings += findings.warnings
        self._report.counts += findings.counts
        self._report.adjusted += findings.adjusted
        self._report.kept += not findings.adjusted

    def imported(self, path: Path) -> Imported:
        """Return everything that was read. Raises SourceError with every problem."""
        if self._problems:
            hint = "Nothing was imported. Leave bad tasks out with --skip-bad."
            if any(problem.code in ABOUT_THE_CONFIG for problem in self._problems):
                hint += f" The config is {self._config.file}; --label-config names another."
            raise SourceError(str(path), self._problems, hint=hint)
        self._report.counts["tasks"] = self._report.total
        layout: dict[str, object] = {"label_config": self._config.xml}
        return Imported(self._config.questions, tuple(self._documents.values()), self._report, layout)


def _same_answer(one: Annotation, other: Annotation) -> bool:
    return (one.document_id, one.labels, one.spans, one.status) == (
        other.document_id,
        other.labels,
        other.spans,
        other.status,
    )
