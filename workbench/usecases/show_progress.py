"""How far a project is: answers, the learning curve of its runs, and the bundles that left it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench import artefacts
from workbench.domain.gates import gate_failures, keeps_limit
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.errors import ArtefactError
from workbench.usecases.project import Project
from workbench.usecases.runs import newest_run

GRAPH = "model.onnx"
BUNDLE_MANIFEST = "bundle.json"  # what serving.bundle reads; that module would load onnxruntime
GATE_FIELDS = ("name", "value", "limit", "direction", "basis", "passed")


@dataclass(frozen=True, slots=True)
class QuestionProgress:
    """How many documents of the pool and the control part are answered or only skipped, and the newest run."""

    question: Question
    n_pool: int
    n_answered: int
    n_skipped: int
    newest: Run | None

    @property
    def share(self) -> float:
        """The share of the pool that is answered, from 0 to 1."""
        return self.n_answered / self.n_pool if self.n_pool else 0.0


@dataclass(frozen=True, slots=True)
class Headline:
    """The figure that stands for a run, with its 95 % interval where there is one, and its basis."""

    name: str
    value: float
    low: float | None
    high: float | None
    basis: str
    n_documents: int


@dataclass(frozen=True, slots=True)
class CurveStep:
    """One run on the learning curve."""

    run: Run
    headline: Headline


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """What the manifest of an exported bundle says.

    `n_bytes` is the size of its graph, `gate` has one figure with its limit a row; whether it passed is
    computed anew from values and limits.
    """

    name: str
    n_bytes: int
    question: str
    run: str
    n_examples: int
    created_at: str
    gate: tuple[Mapping[str, Any], ...]
    passed: bool


def question_progress(project: Project, question: Question) -> QuestionProgress:
    """Count the answers to a question, of the pool and of the control part: both are asked."""
    pool = set(project.store.document_ids()).difference(project.store.document_ids(part="held-out"))
    answered = pool.intersection(project.store.answered_ids(question.name))
    skipped = pool.intersection(project.store.skipped_ids(question.name))
    newest = newest_run(project, question.name)
    return QuestionProgress(question, len(pool), len(answered), len(skipped), newest)


def n_answered(project: Project, question_names: Sequence[str]) -> tuple[int, int]:
    """Return how many documents have an answer to each of these questions, and how many can; held-out ones apart."""
    pool = set(project.store.document_ids()).difference(project.store.document_ids(part="held-out"))
    n_pool = len(pool)
    for name in question_names:
        pool.intersection_update(project.store.answered_ids(name))
    return len(pool), n_pool


def headline(run: Run) -> Headline | None:
    """Return strict F1 of entities or macro-F1 of texts; None when it is undefined.

    The interval is that of macro-F1: strict F1 has none.
    """
    figures = run.figures
    name = "strict F1" if "strict_f1" in figures else "macro-F1"
    value = figures.get("strict_f1" if "strict_f1" in figures else "macro_f1")
    if value is None:
        return None
    low, high = (figures.get("macro_f1_interval") if name == "macro-F1" else None) or (None, None)
    n_documents = int(figures.get("n", figures.get("n_documents", 0)))
    return Headline(name, float(value), low, high, run.basis or "", n_documents)


def learning_curve(project: Project, question: str) -> list[CurveStep]:
    """Return the judged runs of a question by learner, basis and number of answers.

    Of several runs at one place the newest stands.
    """
    places: dict[tuple[str, str, int], CurveStep] = {}
    for run in reversed(project.store.runs(question)):
        figure = headline(run)
        if figure is not None:
            places[run.learner, figure.basis, run.n_examples] = CurveStep(run, figure)
    return [places[place] for place in sorted(places)]


def has_line(steps: Sequence[CurveStep]) -> bool:
    """Tell whether any learner was judged on one basis after two numbers of answers."""
    places = Counter((step.run.learner, step.headline.basis) for step in steps)
    return max(places.values(), default=0) > 1


def bundle_folders(project: Project) -> list[Path]:
    """Return the folders of the project's exported bundles, by name."""
    return sorted(manifest.parent for manifest in project.models.glob(f"*/{BUNDLE_MANIFEST}"))


def _gate_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    numbers = {name: float(row[name]) for name in ("value", "limit")}
    return {**{name: row[name] for name in GATE_FIELDS}, **numbers, "passed": keeps_limit(row)}


def read_bundle_facts(folder: Path) -> BundleFacts:
    """Read a bundle's manifest. Raises ArtefactError when it is not readable.

    Its files are not verified: whoever predicts with a bundle checks every one of them.
    """
    facts = artefacts.read_json(folder / BUNDLE_MANIFEST)
    try:
        return BundleFacts(
            name=folder.name,
            n_bytes=int(facts["files"][GRAPH]["bytes"]),
            question=str(facts["question"]),
            run=str(facts["run"]),
            n_examples=int(facts["n_examples"]),
            created_at=str(facts["created_at"]),
            gate=tuple(_gate_row(row) for row in facts["gate"]["figures"]),
            passed=not gate_failures(facts["gate"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtefactError(
            f"The manifest lacks what a bundle says of itself: {error!r}.",
            where=str(folder / BUNDLE_MANIFEST),
            hint="Export the model again.",
        ) from error
