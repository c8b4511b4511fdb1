"""Push and pull as jobs of the project's worker; `publish` is one already."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.domain.ports import Progress
from workbench.usecases.label_studio.pull import PullReport, pull_answers
from workbench.usecases.label_studio.push import PushReport, push_documents
from workbench.usecases.project import open_folder


def run_push_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `ls-push`; arguments: `unanswered_only`."""
    with open_folder(folder) as project:
        report = push_documents(
            project, unanswered_only=arguments.get("unanswered_only", False), progress=progress
        )
        return _as_json(report)


def run_pull_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `ls-pull`; arguments: `whole` and `accept_deletions`."""
    with open_folder(folder) as project:
        accepts = arguments.get("accept_deletions", False)
        whole = accepts or arguments.get("whole", False)
        report = pull_answers(project, whole=whole, accept_deletions=accepts, progress=progress)
        return _as_json(report)


def _as_json(report: PushReport | PullReport) -> dict[str, Any]:
    return {**asdict(report), "problems": [str(problem) for problem in report.problems]}
