"""Documents and annotations to tasks: what came from Label Studio goes back as it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.domain.annotations import Annotation, derived_client_id
from workbench.domain.conversion import LabelledDocument
from workbench.domain.documents import Document
from workbench.sources.label_studio.config import Control, LabelConfig
from workbench.sources.label_studio.facts import FIELD, facts_of
from workbench.sources.label_studio.findings import Findings
from workbench.sources.label_studio.offsets import CountedText
from workbench.sources.label_studio.regions import Placed, read_result
from workbench.sources.label_studio.tasks import RAW

OWN_ID_KEY = "ext_id"
TEXT_KEY = "text"  # when no config names another


@dataclass(frozen=True, slots=True)
class TaskWriter:
    """Writes tasks of a config; answers to other questions than `questions` stay out."""

    config: LabelConfig
    questions: frozenset[str]

    def write(self, labelled: LabelledDocument, task_id: int, findings: Findings) -> dict[str, Any]:
        """Return the task of a document; `task_id` is for documents that Label Studio has not seen.

        What Label Studio cannot say goes to the findings as a problem and stays out of the task.
        """
        document = labelled.document
        layout = _own_layout(document)
        lists: dict[str, list[tuple[int, Any]]] = {"annotations": [], "drafts": []}
        wanted = [a for a in labelled.annotations if a.question in self.questions]
        came_with = {_came_with(raw) for raw in map(_raw, wanted) if raw is not None}
        for name, place, fields in layout.get("unanswered", ()):
            if type(fields) is int or _entry_key(name, place, fields) not in came_with:
                lists[name].append((place, fields))
        findings.counts["answers to other questions"] += len(labelled.annotations) - len(wanted)
        for group in _groups([a for a in wanted if self._is_sayable(a, document, findings)]):
            name, place, fields = self._entry(group, document, findings)
            lists[name].append((place, fields))
        task = dict(layout.get("task", {"id": task_id, "predictions": []}))
        task["data"] = self._data(document, layout, findings)
        had = layout.get("lists", {"annotations": 0})
        for name, entries in lists.items():
            if entries or name in had or (name == "annotations" and "completions" in had):
                task[name] = [fields for _, fields in sorted(entries, key=lambda entry: entry[0])]
        n_had = had.get("annotations", had.get("completions", 0))
        if "total_annotations" in task and len(task.get("annotations", ())) != n_had:
            _recount(task)
        return task

    def data_of_new(self, document: Document, findings: Findings) -> dict[str, Any]:
        """Return the data of a task for a document that Label Studio has not seen, with its id and metadata."""
        return self._data(document, {}, findings)

    def _data(self, document: Document, layout: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
        text_key, metadata = self.config.text_key or TEXT_KEY, dict(document.metadata)
        data: dict[str, Any] = {}
        if layout:
            given = layout["id"] or {"key": "", "value": None}
            for key in layout["data_keys"]:
                if key == layout["text_key"]:
                    data[text_key] = document.text
                elif key == given["key"]:
                    data[key] = given["value"]
                elif key in metadata and key != text_key:
                    data[key] = metadata.pop(key)
            if layout["task"].get("meta") == metadata.get("meta"):
                metadata.pop("meta", None)
        else:
            data = {text_key: document.text, OWN_ID_KEY: document.id}
        for key in metadata.keys() & data.keys():
            findings.refuse("field-twice", f"its metadata has a field '{key}', which is taken in the task")
        data |= {key: value for key, value in metadata.items() if key not in data}
        for key in self.config.shown_keys:
            if key not in data:
                findings.refuse("no-field", f"it has no field '{key}', which is shown")
        return data

    def _is_sayable(self, annotation: Annotation, document: Document, findings: Findings) -> bool:
        """Tell whether the answer can be said in the config; if not, the findings say why."""
        control = self.config.control_of(annotation.question)
        n_before = len(findings.problems)
        findings.within = f"'{annotation.question}' by {annotation.annotator}: "
        known = control.label_names if control else ()
        used = dict.fromkeys((*annotation.labels, *(span.label for span in annotation.spans)))
        if unknown := [label for label in used if label not in known]:
            findings.refuse("unknown-label", f"the question has no label {', '.join(map(repr, unknown))}")
        if wrong := [span for span in annotation.spans if not span.fits(document.text)]:
            shown = f"[{wrong[0].start}, {wrong[0].end}) {wrong[0].covered!r}"
            findings.refuse("bad-span", f"the span {shown} is not in the text")
        kind = control.kind if control else "textcat"
        if annotation.labels if kind == "ner" else annotation.spans:
            findings.refuse("other-kind", f"it does not answer a {kind} question")
        n_labels = len(annotation.labels)
        if kind == "textcat" and (n_labels > 1 or (n_labels == 0 and annotation.counts)):
            findings.refuse("not-one-choice", f"it takes one label, not {n_labels}")
        findings.within = ""
        return len(findings.problems) == n_before

    def _entry(
        self, group: Sequence[Annotation], document: Document, findings: Findings
    ) -> tuple[str, int, dict[str, Any]]:
        """Return list, place and fields of the item that a group of annotations makes."""
        raws = [_raw(annotation) for annotation in group]
        if raws[0] is None:
            if any(annotation.status == "withdrawn" for annotation in group):
                findings.warn("withdrawn answers are written as cancelled")
            regions = [r for a in group for r in self._regions(a, [])]
            name = "drafts" if group[0].status == "draft" else "annotations"
            return name, _AFTER_ALL, {**_fields(group), "result": regions}
        placed: list[Placed] = _others([raw for raw in raws if raw])
        for annotation, raw in zip(group, raws, strict=True):
            own = raw["regions"] if raw else []
            placed += own if self._says(own, annotation, document) else self._replaced(own, annotation)
        placed.sort(key=lambda item: item[0])
        result = [region for _, region in placed]
        return raws[0]["list"], raws[0]["place"], {**raws[0]["fields"], "result": result}

    def _says(self, placed: Sequence[Placed], annotation: Annotation, document: Document) -> bool:
        """Tell whether the regions as they came still say what the annotation says."""
        findings = Findings("")
        regions = [region for _, region in placed]
        answer = read_result(regions, self.config, CountedText(document.text), findings).answer(
            annotation.question
        )
        said = (tuple(answer.labels), tuple(answer.spans))
        return not findings.problems and said == (annotation.labels, annotation.spans)

    def _replaced(self, placed: Sequence[Placed], annotation: Annotation) -> list[Placed]:
        place = placed[0][0] if placed else _AFTER_ALL
        return [[place, region] for region in self._regions(annotation, [region for _, region in placed])]

    def _regions(self, annotation: Annotation, earlier: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return new regions; one where an earlier region stood keeps its id, for relations to it."""
        control = self.config.control_of(annotation.question)
        if control is None:
            return []
        values = list(_values(annotation, control))
        ids = {_where(region["value"]): region["id"] for region in earlier if region.get("id") is not None}
        return [
            {
                "id": ids.pop(_where(value), None)
                or derived_client_id(RAW, annotation.client_id, str(number)),
                "from_name": control.name,
                "to_name": control.text,
                "type": control.region_type,
                "origin": "manual",
                "value": value,
            }
            for number, value in enumerate(values)
        ]


_AFTER_ALL = 1 << 60


def _values(annotation: Annotation, control: Control) -> Iterable[dict[str, Any]]:
    spelling = control.spelling
    for span in annotation.spans:
        yield {"start": span.start, "end": span.end, "text": span.covered, "labels": [spelling[span.label]]}
    # No choice is an answer to a question that takes any number of them, and needs a region to be one.
    if annotation.labels or (control.kind == "textcat-multi" and annotation.counts):
        yield {"choices": [spelling[label] for label in annotation.labels]}


def _where(value: Mapping[str, Any]) -> tuple[Any, Any]:
    return value.get("start"), value.get("end")


def _own_layout(document: Document) -> Mapping[str, Any]:
    """Return the layout that reading a task left, empty for documents of another format."""
    layout = document.layout or {}
    return layout if "task" in layout and "data_keys" in layout else {}


def _raw(annotation: Annotation) -> Mapping[str, Any] | None:
    return (annotation.raw or {}).get(RAW)


def _others(raws: Sequence[Mapping[str, Any]]) -> list[Placed]:
    """Return the regions that answer none of the questions, each once.

    Questions that were imported one by one each keep the regions of all others.
    """
    answered = {place for raw in raws for place, _ in raw["regions"]}
    others = {place: region for raw in raws for place, region in raw["others"] if place not in answered}
    return [[place, region] for place, region in others.items()]


def _came_with(raw: Mapping[str, Any]) -> str:
    return _entry_key(raw["list"], raw["place"], raw["fields"])


def _entry_key(name: str, place: int, fields: Mapping[str, Any]) -> str:
    """Return what tells an item of a task's lists from the others."""
    return json.dumps([name, place, fields.get("unique_id"), fields.get("id")])


def _groups(annotations: Iterable[Annotation]) -> list[list[Annotation]]:
    """Join the answers that one annotator gave together: one group is one annotation in Label Studio.

    Answers that came from there join as they came; of others, those of one annotator join until a
    question comes again, which begins a new, later annotation.
    """
    groups: dict[str, list[Annotation]] = {}
    newest: dict[tuple[str, str], str] = {}
    for annotation in annotations:
        raw = _raw(annotation)
        if raw is not None:
            key = _came_with(raw)
        else:
            author = (annotation.annotator, annotation.status)
            key = newest.get(author, "")
            if not key or annotation.question in {other.question for other in groups[key]}:
                key = newest[author] = annotation.client_id
        groups.setdefault(key, []).append(annotation)
    return list(groups.values())


def _fields(group: Sequence[Annotation]) -> dict[str, Any]:
    """Return the fields of a new annotation or draft, without its regions."""
    first = group[0]
    times = [annotation.seconds for annotation in group if annotation.seconds is not None]
    fields = {
        "unique_id": derived_client_id("label-studio", *(annotation.client_id for annotation in group)),
        "created_at": first.created_at,
        "lead_time": sum(times) if times else None,
        FIELD: {annotation.question: facts_of(annotation) for annotation in group},
    }
    if first.status == "draft":
        return {**fields, "user": first.annotator}
    return {
        **fields,
        "completed_by": {"email": first.annotator},
        "was_cancelled": first.status != "answered",
        "ground_truth": any(annotation.is_settled for annotation in group),
    }


def _recount(task: dict[str, Any]) -> None:
    cancelled = sum(bool(annotation.get("was_cancelled")) for annotation in task.get("annotations", ()))
    task["total_annotations"] = len(task.get("annotations", ())) - cancelled
    if "cancelled_annotations" in task:
        task["cancelled_annotations"] = cancelled
