"""The main job on the sample project, step by step, with what each step found."""

from __future__ import annotations

import time
from pathlib import Path

from workbench.cli.printing import print_run, progress_bar
from workbench.config import Home
from workbench.domain.conversion import ReadOptions
from workbench.errors import InputError
from workbench.usecases.project import Project

SAMPLE = "support-tickets"
QUESTIONS = ("topic:textcat", "urgency:textcat", "entities:ner")
STRATEGIES = ("random", "margin", "auto")
SEEDS = (0, 1, 2)
BATCH, ROUNDS = 40, 8
TEACHERS = {"topic": "setfit", "entities": "bert"}
NEW_TICKETS = (
    "The Brio Kettle I got on Friday trips the fuse and there was a burning smell, Zoë had to pull the plug.",
    "my parcel NV-771203 was due on 4 march, tracking hasn't moved since",
    "Fourth wrong invoice this year. We have a supplier's offer on the table and I am minded to sign it.",
)


def run() -> None:
    """Import, simulate, train, judge, distil, export and predict; everything stays on this machine."""
    from workbench.usecases.project import create_project, open_project, parse_question

    started = time.monotonic()
    home = Home.find()
    sample = home.projects / SAMPLE
    if not (sample / "label-studio" / "pool.json").exists():
        raise InputError(
            "The sample project is not here.",
            where=str(sample),
            hint="Run `make demo` in a checkout of the project.",
        )
    name = free_name(home)
    create_project(home, name, [parse_question(question) for question in QUESTIONS])
    with open_project(home, name) as project:
        import_sample(project, sample)
        simulate_topics(project)
        bundles = [make_bundle(project, question, learner) for question, learner in TEACHERS.items()]
        show_predictions(bundles)
    print(
        f"\nDone in {(time.monotonic() - started) / 60:.1f} minutes. Look at the project with: workbench app"
    )


def free_name(home: Home) -> str:
    """Return `demo`, or `demo-2` and so on when there is one: nothing is overwritten."""
    number = 1
    while home.project(name := "demo" if number == 1 else f"demo-{number}").exists():
        number += 1
    return name


def heading(text: str) -> None:
    """Print the heading of a step."""
    print(f"\n== {text}", flush=True)


def import_sample(project: Project, sample: Path) -> None:
    """Import the Label Studio export, then the IOB2 file of the same tickets, which adds no document."""
    from workbench.usecases.import_documents import import_documents

    heading(f"Import the sample into project '{project.name}'")
    for folder, suffix in (("label-studio", "json"), ("iob2", "conll")):
        for part in ("pool", "held-out"):
            path = sample / folder / f"{part}.{suffix}"
            options = ReadOptions(question="entities") if suffix == "conll" else ReadOptions()
            result = import_documents(project, path, options=options, held_out=part == "held-out")
            stored = result.stored
            print(
                f"{folder}/{path.name}: {result.report.in_words()}; documents {stored.documents_new} new, "
                f"{stored.documents_same} known; answers {stored.answers_new} new"
            )


def simulate_topics(project: Project) -> None:
    """Replay the loop on the topics with three strategies and draw the curves."""
    from workbench.usecases.draw_curves import draw_simulations
    from workbench.usecases.simulate import Simulation, simulate

    heading(f"The loop on 'topic': {ROUNDS} rounds of {BATCH} labels, {len(SEEDS)} seeds")
    reports = []
    with progress_bar() as progress:
        for strategy in STRATEGIES:
            for seed in SEEDS:
                simulation = Simulation("linear", strategy, BATCH, ROUNDS, seed)
                reports.append(simulate(project, "topic", simulation, progress=progress))
    for strategy in STRATEGIES:
        own = [report for report in reports if report.simulation.strategy == strategy]
        curve = [sum(r.values[k] for r in own) / len(own) for k in range(len(own[0].values))]
        points = " ".join(f"{value:.3f}" for value in curve)
        print(f"  {strategy:15} macro-F1 {points}   ALC {sum(r.alc for r in own) / len(own):.3f}")
    project.models.mkdir(parents=True, exist_ok=True)
    picture = project.models / "learning-curve.png"
    draw_simulations(reports, picture, title="Support tickets: topic")
    print(f"wrote {picture}")


def make_bundle(project: Project, question: str, learner: str) -> Path:
    """Train a teacher, report on it, distil it, and export the student through the gate."""
    from workbench.usecases.distil_model import distil_model
    from workbench.usecases.evaluate_model import evaluate_model
    from workbench.usecases.export_model import export_model
    from workbench.usecases.train_model import Training, train_model

    heading(f"Train '{learner}' for '{question}'")
    with progress_bar() as progress:
        teacher = train_model(project, Training(question, learner), progress=progress)
    print_run(teacher)
    print(f"wrote {evaluate_model(project, question, run_id=teacher.id).html}")
    heading(f"Distil '{question}' to fewer layers, then export it as int8")
    with progress_bar() as progress:
        student = distil_model(project, question, run_id=teacher.id, progress=progress)
        bundle = export_model(project, question, run_id=student.id, progress=progress)
    key = "strict_f1" if question == "entities" else "macro_f1"
    print(f"{key.replace('_', ' ')}: teacher {teacher.figures[key]:.3f}, student {student.figures[key]:.3f}")
    print(bundle.gate.in_words())
    print(f"wrote {bundle.folder} (model.onnx {bundle.bytes / 1e6:.1f} MB)")
    return bundle.folder


def show_predictions(folders: list[Path]) -> None:
    """Predict three new tickets with the bundles, as whoever serves them would."""
    from workbench.serving.bundle import Bundle

    heading("Predict new tickets with the two bundles")
    for text in NEW_TICKETS:
        print(f"\n  {text}")
        for folder in folders:
            bundle = Bundle.load(folder)
            prediction = bundle.predict([text])[0]
            for label, probability in zip(prediction.labels, prediction.probabilities, strict=True):
                print(f"    {bundle.question.name}: {label} ({probability:.0%})")
            for entity in prediction.entities:
                span = entity.span
                print(f"    {span.label}: {span.covered!r} [{span.start}, {span.end})")
