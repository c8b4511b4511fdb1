"""Tasks to documents with the annotations of everybody who worked on them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any

from workbench.config import LIMITS
from workbench.domain.annotations import Annotation, Status, derived_client_id
from workbench.domain.conversion import LabelledDocument
from workbench.domain.documents import Document
from workbench.sources.label_studio.config import Control, LabelConfig
from workbench.sources.label_studio.facts import (
    FIELD,
    Facts,
    annotator_of,
    read_facts,
    seconds_of,
    time_of,
)
from workbench.sources.label_studio.findings import Findings
from workbench.sources.label_studio.offsets import CountedText
from workbench.sources.label_studio.regions import Result, read_result

RAW = "label_studio"
ID_KEYS = ("ext_id", "id")
LISTS = ("annotations", "completions", "drafts")
MAX_VERSION_LENGTH = 1_000


@dataclass(frozen=True, slots=True)
class TaskReader:
    """Reads the tasks of one export. `annotator` is the name where the export gives none."""

    config: LabelConfig
    annotator: str = "import"
    emails: Mapping[int, str] = field(default_factory=dict)

    def read(self, task: Any, findings: Findings) -> LabelledDocument | None:
        """Return the document of a task with its annotations, oldest first.

        None when there is no document to speak of. Whether the result may be used is for the findings
        to say: a task with problems is refused.
        """
        document = self._document(task, findings)
        if document is None:
            return None
        _check_predictions(task.get("predictions"), findings)
        text = CountedText(document.text)
        annotations: list[Annotation] = []
        unanswered = _bare_drafts(task)
        for name, place, fields in _annotations(task, findings):
            findings.within = f"{name} no. {place + 1}: "
            made = self._annotations_of(document, task, _Entry(name, place, fields), text, findings)
            annotations += made
            # A draft is nobody's answer yet, so the store does not give it back among the answers.
            if not made or name == "drafts":
                unanswered.append([name, place, fields])
        findings.within = ""
        if unanswered and document.layout is not None:
            document = replace(document, layout={**document.layout, "unanswered": unanswered})
        annotations.sort(key=lambda annotation: annotation.created_at)
        return LabelledDocument(document, tuple(annotations))

    def _document(self, task: Any, findings: Findings) -> Document | None:
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict):
            findings.refuse(
                "no-data",
                "it is no task: it has no object 'data' (is this JSON_MIN? Records with texts: --format jsonl)",
            )
            return None
        keys = {self.config.data_keys[control.text] for control in self.config.controls}
        if missing := sorted(keys - data.keys()):
            named = ", ".join(f"${key}" for key in missing)
            findings.refuse(
                "no-text", f"its data has no {named}; it has: {', '.join(data) or 'nothing'}"[:400]
            )
            return None
        text, document_id = data[self.config.text_key], self._id(task, data, findings)
        if not isinstance(text, str) or "\0" in text:
            what = "holds NUL" if isinstance(text, str) else f"is {json.dumps(text)[:60]}, not a text"
            findings.refuse("bad-text", f"its ${self.config.text_key} {what}")
            return None
        if len(text) > LIMITS.text_characters:
            findings.refuse(
                "too-long", f"its text has {len(text)} characters; at most {LIMITS.text_characters}"
            )
            return None
        return None if document_id is None else self._assembled(task, data, text, document_id)

    def _id(
        self, task: Mapping[str, Any], data: Mapping[str, Any], findings: Findings
    ) -> tuple[str, str] | None:
        """Return the key of the data that holds the id ('' for none) and the id."""
        for key in ID_KEYS:
            if key != self.config.text_key and data.get(key) is not None:
                return _checked_id(key, data[key], findings)
        if task.get("id") is not None:
            return _checked_id("", task["id"], findings)
        findings.warn("tasks without an id are named by their text")
        return "", f"text-{sha256(str(data[self.config.text_key]).encode()).hexdigest()[:16]}"

    def _assembled(
        self, task: Mapping[str, Any], data: Mapping[str, Any], text: str, named: tuple[str, str]
    ) -> Document:
        id_key, document_id = named
        metadata = {key: value for key, value in data.items() if key not in (id_key, self.config.text_key)}
        if isinstance(task.get("meta"), dict) and task["meta"]:
            metadata.setdefault("meta", task["meta"])
        layout = {
            "task": {key: value for key, value in task.items() if key not in ("data", *LISTS)},
            "lists": {key: len(task[key]) for key in LISTS if isinstance(task.get(key), list)},
            "data_keys": list(data),
            "text_key": self.config.text_key,
            "id": {"key": id_key, "value": data[id_key]} if id_key else None,
        }
        return Document(document_id, text, metadata, layout)

    def _annotations_of(
        self,
        document: Document,
        task: Mapping[str, Any],
        entry: _Entry,
        text: CountedText,
        findings: Findings,
    ) -> list[Annotation]:
        """Return one annotation a question that the entry answers (or skips)."""
        result = read_result(entry.fields["result"], self.config, text, findings)
        own_facts = read_facts(entry.fields.get(FIELD), findings)
        shared = self._shared_facts(task, entry, findings)
        user = entry.fields.get("user" if shared.status == "draft" else "completed_by")
        author = annotator_of(user, self.emails, self.annotator, findings)
        findings.counts[f"{shared.status} annotations"] += 1
        made: list[Annotation] = []
        for control in self.config.controls:
            question = control.question
            if not _is_answered(control, result, shared.status, own_facts):
                continue
            answer = result.answer(question)
            facts = (own_facts or {}).get(question) or replace(
                shared, client_id=entry.client_id(document, task, question)
            )
            given = {"document_id": document.id, "question": question, "annotator": author, **asdict(facts)}
            raw = {RAW: entry.raw(result, question, is_first=not made)}
            made.append(Annotation(labels=tuple(answer.labels), spans=tuple(answer.spans), raw=raw, **given))
            findings.counts["spans"] += len(answer.spans)
        return made

    def _shared_facts(self, task: Mapping[str, Any], entry: _Entry, findings: Findings) -> Facts:
        """Return what all answers of an entry have in common; the client id is each answer's own."""
        return Facts(
            client_id="",
            created_at=time_of(entry.fields, task, findings),
            status=entry.status(findings),
            seconds=seconds_of(entry.fields, findings),
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """An item of a task's annotations or drafts, and where it stands."""

    list_name: str
    place: int
    fields: Mapping[str, Any]

    def status(self, findings: Findings) -> Status:
        cancelled = self.fields.get("was_cancelled")
        if cancelled is not None and not isinstance(cancelled, bool):
            findings.refuse("bad-status", f"was_cancelled is {str(cancelled)[:40]!r}, not true or false")
        if self.list_name == "drafts":
            return "draft"
        return "skipped" if cancelled is True else "answered"

    def client_id(self, document: Document, task: Mapping[str, Any], question: str) -> str:
        """Return the same id for the same answer each time; an answer that was changed gets another one.

        A server's listings have no unique ids, but they number projects and annotations as its exports do.
        """
        number, project = self.fields.get("id"), self.fields.get("project")
        own = self.fields.get("unique_id")
        if type(number) is int and type(project) is int:
            own = json.dumps([project, self.list_name, number])
        elif own is None:
            content = json.dumps(self.fields, sort_keys=True) if number is None else str(number)
            own = json.dumps([task.get("project"), document.id, self.list_name, content])
        return derived_client_id("label-studio", str(own), question, str(self.fields.get("updated_at")))

    def raw(self, result: Result, question: str, *, is_first: bool) -> dict[str, Any]:
        """Return what one question's annotation keeps; the first one keeps the other regions too."""
        return {
            "list": self.list_name,
            "place": self.place,
            "fields": {key: value for key, value in self.fields.items() if key != "result"},
            "regions": result.answer(question).regions,
            "others": result.others if is_first else [],
        }


def _is_answered(control: Control, result: Result, status: Status, facts: Mapping[str, Facts] | None) -> bool:
    """Tell whether an annotation answers a question.

    It does when it has a region for it, when it says so itself, when it skips the task, and, since no
    span is an answer too, when the question is about spans.
    """
    if control.question in result.answers and result.answers[control.question].regions:
        return True
    if facts is not None:
        return control.question in facts
    return status == "skipped" or (status == "answered" and control.kind == "ner")


def _annotations(task: Mapping[str, Any], findings: Findings) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Yield list name, place and fields of all annotations and drafts that have a list of regions."""
    if "annotations" in task and "completions" in task:
        findings.refuse("two-lists", "it has both 'annotations' and the old 'completions'")
        return
    if "completions" in task:
        findings.adjust("the old key 'completions' was read as 'annotations'")
    for name in LISTS:
        listed = task.get(name, [])
        if not isinstance(listed, list):
            findings.refuse("no-list", f"its {name} are {json.dumps(listed)[:40]}, not a list")
            continue
        for place, fields in enumerate(listed):
            if name == "drafts" and type(fields) is int:
                findings.warn("drafts that are given by their number only are kept, but not read")
            elif not isinstance(fields, dict) or not isinstance(fields.get("result"), list):
                said = json.dumps(fields.get("result") if isinstance(fields, dict) else fields)[:40]
                findings.refuse("no-result", f"{name} no. {place + 1}: the result is {said}, not a list")
            else:
                yield ("drafts" if name == "drafts" else "annotations"), place, fields


def _bare_drafts(task: Mapping[str, Any]) -> list[Any]:
    drafts = task.get("drafts")
    listed = drafts if isinstance(drafts, list) else []
    return [["drafts", place, number] for place, number in enumerate(listed) if type(number) is int]


def _checked_id(key: str, value: Any, findings: Findings) -> tuple[str, str] | None:
    if isinstance(value, str) and value:
        return key, value
    if type(value) is int:
        return key, str(value)
    where = f"data.{key}" if key else "its id"
    findings.refuse("bad-id", f"{where} is {json.dumps(value)[:60]}; an id is a text or a whole number")
    return None


def _check_predictions(predictions: Any, findings: Findings) -> None:
    """Predictions are no annotations: they stay in the task, once their scores and versions are sane."""
    if not isinstance(predictions, list | None):
        findings.refuse("bad-prediction", f"its predictions are {json.dumps(predictions)[:40]}, not a list")
        return
    for place, prediction in enumerate(predictions or []):
        findings.counts["predictions"] += 1
        if type(prediction) is int:  # some exports give the numbers only
            continue
        if not isinstance(prediction, dict):
            findings.refuse("bad-prediction", f"prediction no. {place + 1} is no object")
            continue
        score, version = prediction.get("score"), prediction.get("model_version")
        if score is not None and not (type(score) in (int, float) and 0 <= score <= 1):
            message = f"prediction no. {place + 1}: the score {json.dumps(score)[:40]} is not from 0 to 1"
            findings.refuse("bad-score", message)
        if version is not None and not (isinstance(version, str) and len(version) <= MAX_VERSION_LENGTH):
            most = f"no text of at most {MAX_VERSION_LENGTH} characters"
            findings.refuse("bad-version", f"prediction no. {place + 1}: the model_version is {most}")
