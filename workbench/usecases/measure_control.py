"""What the control answers say of a model: accuracy and recalls with intervals, and the gain over random labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import catalog
from workbench.analysis.control import ControlFigures, control_figures
from workbench.analysis.gain import Gain
from workbench.domain.ports import Progress, silent
from workbench.errors import InputError, NotEnoughDataError
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.judge import judge
from workbench.usecases.measure_gain import measure_gain
from workbench.usecases.project import Project, open_folder
from workbench.usecases.runs import load_model, need_run, refuse_old_labels


@dataclass(frozen=True, slots=True)
class ControlReport:
    """The control part of a question: its documents, its answers, and what they say of a run.

    `gain` is None where it cannot be measured; `no_gain` then says why.
    """

    question: str
    run: str
    n_documents: int
    figures: ControlFigures
    gain: Gain | None
    no_gain: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "question": self.question,
            "run": self.run,
            "n_documents": self.n_documents,
            "figures": self.figures.as_dict(),
            "gain": self.gain.as_dict() if self.gain else None,
            "no_gain": self.no_gain,
        }


def measure_control(
    project: Project,
    question_name: str,
    *,
    run_id: str = "",
    seed: int = 0,
    progress: Progress = silent,
) -> ControlReport:
    """Judge a run, by default the newest, on the control answers, which no run ever learned from.

    Raises NotEnoughDataError without a run or without control answers, and InputError when the labels
    changed since the run.
    """
    question = project.store.question(question_name)
    n_documents = project.store.n_documents("control")
    answers = collect_examples(project, question_name, part="control")
    if not answers:
        raise none_answered(question_name, n_documents)
    run = need_run(project, question_name, run_id)
    refuse_old_labels(project, question, run)
    scores = load_model(project, run).score([example.text for example in answers])[question_name]
    figures = control_figures(judge(question, answers, scores, basis="control sample").figures)
    encoder = str(run.config.get("encoder", catalog.DEFAULT_ENCODER))
    gain, no_gain = None, ""
    try:
        gain = measure_gain(project, question_name, seed=seed, encoder=encoder, progress=progress)
    except (InputError, NotEnoughDataError) as error:
        no_gain = f"{error.message} {error.hint}".rstrip()
    return ControlReport(question_name, run.id, n_documents, figures, gain, no_gain)


def none_answered(question: str, n_documents: int) -> NotEnoughDataError:
    """Say why there are no control answers, and what to do about it."""
    if n_documents:
        return NotEnoughDataError(
            f"None of the {n_documents} control documents has an answer to '{question}'.",
            hint="Propose a batch and answer it: each asks some of them.",
        )
    return NotEnoughDataError(
        "The project has no control part.",
        hint="It is drawn when at least 100 documents without an answer are imported into a project with a "
        "control share (workbench init --control-share).",
    )


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `control`; arguments: `question`, `run_id` ('' for the newest) and `seed`."""
    settings = dict(arguments)
    question = settings.pop("question")
    with open_folder(folder) as project:
        return measure_control(project, question, **settings, progress=progress).as_dict()
