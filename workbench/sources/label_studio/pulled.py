"""Tasks as a server gives them, to documents: one wrong annotation does not keep the others out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.domain.conversion import LabelledDocument
from workbench.domain.spans import Span
from workbench.errors import Problem
from workbench.sources.label_studio.facts import annotator_of
from workbench.sources.label_studio.findings import Findings
from workbench.sources.label_studio.tasks import LISTS, TaskReader

# What a listing works out for its columns. An export does not have it, and it changes with every ranking.
DERIVED = frozenset(
    {
        "annotations_ids",
        "annotations_results",
        "annotators",
        "avg_lead_time",
        "completed_at",
        "draft_exists",
        "predictions",
        "predictions_model_versions",
        "predictions_results",
        "predictions_score",
        "storage_filename",
        "total_predictions",
        "updated_by",
    }
)
# Below this key of a task's `meta` a push leaves its mark, which says nothing about the document.
MARK = "workbench"
DERIVED_OF_ANNOTATION = frozenset({"created_ago", "created_username"})
# The fields of a task without annotations; a listing of these is ten times faster than one of all.
LIGHT = "id,data,meta,created_at,updated_at,inner_id,is_labeled,overlap,total_annotations,cancelled_annotations,project"


@dataclass(frozen=True, slots=True)
class PulledTask:
    """What a task says. `labelled` is None when nothing of it can be used.

    `problems` name what was left out: the task, or some of its annotations, by the annotators in
    `unreadable`. `counts` and `warnings` are those of reading, with the spans that need a policy (see
    `odd_spans`) among them. `overlap` is how many annotators it asks.
    """

    number: int
    updated_at: str
    labelled: LabelledDocument | None
    problems: tuple[Problem, ...]
    counts: Counter[str]
    warnings: Counter[str]
    unreadable: frozenset[str] = frozenset()
    overlap: int = 0


def read_pulled(task: Mapping[str, Any], reader: TaskReader) -> PulledTask:
    """Read a task of a listing; annotations with problems are left out and stay in the layout as they came."""
    number, updated_at = task["id"], str(task.get("updated_at") or "")
    task = without_derived(task)
    findings = Findings(f"task {number}")
    labelled = reader.read(task, findings)
    problems, unreadable = list(findings.problems), frozenset[str]()
    if problems:
        labelled, findings, unreadable = _without_wrong(task, reader)
        if labelled is None:
            findings = Findings(f"task {number}")
    if labelled is not None and not labelled.document.text.strip():
        problems.append(Problem("empty-text", "The text is empty.", record=f"task {number}"))
        labelled = None
    warnings = Counter(findings.warnings)
    for annotation in labelled.annotations if labelled else ():
        warnings.update(odd_spans(labelled.document.text if labelled else "", annotation.spans))
    overlap = task.get("overlap")
    return PulledTask(
        number,
        updated_at,
        labelled,
        tuple(problems),
        Counter(findings.counts),
        warnings,
        unreadable,
        overlap if type(overlap) is int else 0,
    )


def without_derived(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the task with the fields that an export would have.

    Drafts come in lists of objects, as in no export, and say their user by name. The mark of a push goes too.
    """
    kept = {key: value for key, value in task.items() if key not in DERIVED}
    if isinstance(kept.get("meta"), Mapping):
        kept["meta"] = {key: value for key, value in kept["meta"].items() if key != MARK}
    for name in LISTS:
        if isinstance(kept.get(name), list):
            kept[name] = [_entry_without_derived(entry) for entry in kept[name]]
    return kept


def _entry_without_derived(entry: Any) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    return {key: value for key, value in entry.items() if key not in DERIVED_OF_ANNOTATION}


def _without_wrong(
    task: Mapping[str, Any], reader: TaskReader
) -> tuple[LabelledDocument | None, Findings, frozenset[str]]:
    """Read the task without the annotations that have problems of their own, and say whose they are.

    The document is None when it is not they.
    """
    kept, wrong = dict(task), list[list[Any]]()
    for name in LISTS:
        good = []
        for place, entry in enumerate(task.get(name) or ()):
            alone = Findings("")
            others: dict[str, list[Any]] = {other: [] for other in LISTS if other in task}
            reader.read({**task, **others, name: [entry]}, alone)
            if alone.problems:
                wrong.append([name, place, entry])
            else:
                good.append(entry)
        if name in task:
            kept[name] = good
    findings = Findings(f"task {task['id']}")
    labelled = reader.read(kept, findings)
    if labelled is None or findings.problems:
        return None, findings, frozenset()
    layout = dict(labelled.document.layout or {})
    layout["unanswered"] = [*layout.get("unanswered", []), *wrong]
    document = replace(labelled.document, layout=layout)
    whose = frozenset(_author(entry, reader) for _, _, entry in wrong)
    return LabelledDocument(document, labelled.annotations), findings, whose


def _author(entry: Any, reader: TaskReader) -> str:
    said = entry.get("completed_by", entry.get("user")) if isinstance(entry, Mapping) else None
    return annotator_of(said, reader.emails, reader.annotator, Findings(""))


def odd_spans(text: str, spans: Iterable[Span]) -> Counter[str]:
    """Count the spans that people can mark and tags of words cannot say exactly.

    All are kept as they were marked. IOB2 leaves white space off, cuts words at a span's ends, and has no
    place for a span that overlaps a longer one; taggers learn the whole words that a span touches.

    >>> odd_spans("Ana Müller", [Span.of("Ana Müller", 0, 4, "A"), Span.of("Ana Müller", 5, 10, "A")])
    Counter({'spans with white space at an end': 1, 'spans that begin or end inside a word': 1})
    """
    found: Counter[str] = Counter()
    ordered = sorted(spans, key=lambda span: (span.start, -span.end))
    reach: Span | None = None
    for span in ordered:
        if span.covered != span.covered.strip():
            found["spans with white space at an end"] += 1
        if _inside_a_word(text, span.start) or _inside_a_word(text, span.end):
            found["spans that begin or end inside a word"] += 1
        if reach is not None and span.start < reach.end:
            kind = "spans inside another one" if span.end <= reach.end else "spans that overlap another one"
            found[kind] += 1
        if reach is None or span.end > reach.end:
            reach = span
    return found


def _inside_a_word(text: str, place: int) -> bool:
    return 0 < place < len(text) and text[place - 1].isalnum() and text[place].isalnum()


def ext_id(task: Mapping[str, Any]) -> str:
    """Return the id that the workbench gave a task, '' for a task of somebody else."""
    data = task.get("data")
    value = data.get("ext_id") if isinstance(data, dict) else None
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
