"""Label Studio's JSON export: read with its labelling config, and written so that it can be imported."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from workbench.domain.conversion import (
    ConversionReport,
    Imported,
    LabelledDocument,
    ReadOptions,
    WriteOptions,
)
from workbench.domain.questions import Question
from workbench.errors import Problem, SourceError
from workbench.sources.intake import check_count
from workbench.sources.label_studio.collecting import Collected
from workbench.sources.label_studio.config import LabelConfig, read_config, read_config_file
from workbench.sources.label_studio.config_writing import write_config
from workbench.sources.label_studio.facts import emails_of
from workbench.sources.label_studio.findings import Findings
from workbench.sources.label_studio.tasks import TaskReader
from workbench.sources.label_studio.writing import TaskWriter
from workbench.sources.strict_json import parse_json
from workbench.sources.text_files import read_unchanged, write_text

OWN_ENDING = ".label_config.xml"
RECORDS_HINT = "JSON Lines, and a list of records with texts, are another format (--format jsonl)."
CONFIG_NAMES = ("label_config.xml", "labelling_config.xml", "config.xml")


class LabelStudioSource:
    """The format "JSON" of Label Studio, with the labelling config in a file of its own.

    A document's id is `data.ext_id`, else `data.id`, else the task's number; its metadata are the other
    fields of `data` and the task's `meta`. Each annotation and draft of each annotator gives one
    annotation a question; predictions are no annotations and stay with the task.
    """

    def read(self, path: Path, options: ReadOptions) -> Imported:
        """Read an export with all its questions, or with the one that the options name.

        What answers other controls is kept for the way back. Raises SourceError with every problem.
        """
        config = find_config(path, options.label_config)
        if options.question:
            config = config.asking_only(options.question)
        tasks = read_tasks(path)
        reader = TaskReader(config, options.annotator, emails_of(tasks))
        collected = Collected(config, skip_bad=options.skip_bad)
        for place, task in enumerate(tasks):
            check_count(place, path)
            number = task.get("id") if isinstance(task, dict) else None
            findings = Findings(f"no. {place + 1}" if number is None else f"task {number}")
            collected.add(reader.read(task, findings), findings)
        return collected.imported(path)

    def write(
        self,
        documents: Sequence[LabelledDocument],
        questions: Sequence[Question],
        path: Path,
        options: WriteOptions,
        file_layout: Mapping[str, object],
    ) -> ConversionReport:
        """Write an export, and with questions the config beside it, as `<its stem>.label_config.xml`.

        New annotations name their annotator by email, as Label Studio's import expects. Raises
        SourceError for answers that the questions do not allow; `allow_loss` leaves them out.
        """
        original = file_layout.get("label_config")
        xml = write_config(questions, original if isinstance(original, str) else None)
        writer = TaskWriter(read_config(xml), frozenset(question.name for question in questions))
        report, problems, written = ConversionReport(), list[Problem](), list[str]()
        for labelled, number in zip(documents, _free_task_numbers(documents), strict=False):
            findings = Findings(labelled.document.id)
            text = _as_json(writer.write(labelled, number, findings), findings)
            problems += findings.problems
            _count(report, findings, is_written=bool(text))
            written += [text] if text else []
        if problems and not options.allow_loss:
            raise SourceError(str(path), problems, hint="Leave out what cannot be said with --allow-loss.")
        if questions:
            report.beside.append(own_config(path))
            write_text(own_config(path), xml)
        write_text(path, "[\n" + ",\n".join(written) + "\n]\n")
        return report


def own_config(path: Path) -> Path:
    """Return where the config that belongs to this export alone stands."""
    return path.with_name(path.stem + OWN_ENDING)


def find_config(path: Path, named: str = "") -> LabelConfig:
    """Return the config that belongs to an export: the named file, else its own, else one beside it.

    Raises SourceError when there is none, or when it asks nothing that can be asked here.
    """
    candidates = [own_config(path), *(path.with_name(name) for name in CONFIG_NAMES)]
    beside = [file for file in candidates if file.is_file()]
    if not named and not beside:
        names = ", ".join(file.name for file in candidates)
        message = f"The labelling config is missing; beside the file there is no {names}."
        hint = (
            "Copy it from the project's settings into a file, and name that with --label-config. "
            f"If the file is no export of Label Studio: {RECORDS_HINT}"
        )
        raise SourceError(str(path), [Problem("no-config", message)], hint=hint)
    file = Path(named) if named else beside[0]
    config = read_config_file(file)
    if not config.controls:
        message = "The config asks nothing that can be asked here: " + (
            "; ".join(config.warnings) or "no tags"
        )
        hint = "<Choices> and <Labels> about a <Text> are questions."
        raise SourceError(str(file), [Problem("no-question", message[:2_000])], hint=hint)
    return config


def read_tasks(path: Path) -> list[Any]:
    """Return the tasks of an export, not looked at yet. Raises SourceError unless it is a list of some."""
    content = read_unchanged(path)
    hint = "Export the project as JSON: a list of tasks."
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        problem = Problem("no-list", "The file begins with one object, not with a list of tasks.", line=1)
        raise SourceError(str(path), [problem], hint=f"{hint} {RECORDS_HINT}")
    tasks = parse_json(content, str(path))
    if not isinstance(tasks, list) or not tasks:
        message = "The file holds 0 tasks." if tasks == [] else "The file is no list of tasks."
        raise SourceError(str(path), [Problem("no-tasks", message)], hint=hint)
    return tasks


def _free_task_numbers(documents: Sequence[LabelledDocument]) -> Iterator[int]:
    """Yield numbers above those that tasks have already."""
    tasks = ((labelled.document.layout or {}).get("task", {}) for labelled in documents)
    taken = [task["id"] for task in tasks if isinstance(task, dict) and type(task.get("id")) is int]
    return count(max([0, *taken]) + 1)


def _as_json(task: dict[str, Any], findings: Findings) -> str:
    """Return the task as JSON, '' when it cannot be said."""
    try:
        text = json.dumps(task, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError) as error:
        findings.refuse("no-json", f"it cannot be written as JSON: {error}")
        return ""
    return text


def _count(report: ConversionReport, findings: Findings, *, is_written: bool) -> None:
    report.warnings += findings.warnings
    report.counts += findings.counts
    if not is_written:
        report.reject(findings.as_one_problem())
        return
    report.counts["tasks"] += 1
    for problem in findings.problems:
        report.warn(f"left out: {problem.code}")
    report.adjusted += bool(findings.problems)
    report.kept += not findings.problems
