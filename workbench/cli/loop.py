"""Commands of the loop: embed, propose, train, evaluate, simulate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.jobs import Later, leave_to_worker
from workbench.cli.options import (
    EncoderName,
    LearnerName,
    ProjectName,
    QuestionName,
    ReportFile,
    RunId,
    Seed,
    Settings,
    StrategyName,
)
from workbench.cli.outputs import check_outputs, check_picture
from workbench.cli.printing import (
    parse_settings,
    print_batch,
    print_figures,
    print_pairs,
    print_run,
    progress_bar,
    write_report,
)
from workbench.cli.seeding import SeedTerms, TermsFile, gather_terms
from workbench.config import Home

BatchSize = Annotated[int, typer.Option("--batch", min=1, help="How many documents.")]
Spans = Annotated[bool, typer.Option("--spans", help="Ask about the doubtful words only (entities).")]


def embed(name: ProjectName, encoder: EncoderName = "minilm", later: Later = False) -> None:
    """Compute the vectors of all documents; interrupted, it goes on where it stopped."""
    if later:
        return leave_to_worker(name, "embed", {"encoder_name": encoder})
    from workbench.usecases.embed_pool import embed_pool
    from workbench.usecases.project import open_project

    with open_project(Home.find(), name) as project, progress_bar() as progress:
        n_documents = embed_pool(project, encoder_name=encoder, progress=progress)
    print(f"{n_documents:,} documents have vectors")


def propose(
    name: ProjectName,
    question: QuestionName,
    strategy: StrategyName = "auto",
    batch: BatchSize = 20,
    seed: Seed = 0,
    encoder: EncoderName = "minilm",
    term: SeedTerms = None,
    terms: TermsFile = None,
    spans: Spans = False,
    later: Later = False,
) -> None:
    """Choose the documents to ask next; they are what the app shows next."""
    words = gather_terms(name, question, term, terms)
    if later:
        asked = {"strategy": strategy, "n": batch, "seed": seed, "encoder": encoder, "terms": words}
        asked |= {"spans": True} if spans else {}
        return leave_to_worker(
            name, "propose", {"question": question, **asked}, question=question, strategy=strategy
        )
    from workbench.usecases.project import open_project
    from workbench.usecases.propose_batch import Ranking, propose_batch

    ranking = Ranking(strategy, batch, seed, encoder, words, spans)
    with open_project(Home.find(), name) as project, progress_bar() as progress:
        proposed = propose_batch(project, question, ranking, progress=progress)
        documents = project.store.documents(ids=[p.document_id for p in proposed.proposals])
    print_batch(proposed, [document.text for document in documents])


def train(
    name: ProjectName,
    question: QuestionName,
    learner: LearnerName = "",
    seed: Seed = 0,
    encoder: EncoderName = "minilm",
    settings: Settings = None,
    report: ReportFile = None,
    later: Later = False,
) -> None:
    """Train a model on the answers so far and judge it on documents it has not seen."""
    from dataclasses import asdict

    from workbench.usecases.project import open_project
    from workbench.usecases.train_model import Training, train_model

    check_outputs(report)
    training = Training(question, learner, seed, encoder, parse_settings(settings))
    if later:
        return leave_to_worker(name, "train", asdict(training))
    with open_project(Home.find(), name) as project, progress_bar() as progress:
        run = train_model(project, training, progress=progress)
    print_run(run)
    write_report(report, asdict(run))


def round_(
    name: ProjectName,
    question: QuestionName,
    learner: LearnerName = "",
    strategy: StrategyName = "auto",
    batch: BatchSize = 20,
    seed: Seed = 0,
    encoder: EncoderName = "minilm",
    settings: Settings = None,
    term: SeedTerms = None,
    terms: TermsFile = None,
    spans: Spans = False,
    later: Later = False,
) -> None:
    """Train on the answers so far, note the figures, and choose the documents to ask next."""
    from dataclasses import asdict

    from workbench.usecases.project import open_project
    from workbench.usecases.propose_batch import Ranking
    from workbench.usecases.run_round import run_round
    from workbench.usecases.train_model import Training

    training = Training(question, learner, seed, encoder, parse_settings(settings))
    words = gather_terms(name, question, term, terms)
    ranking = Ranking(strategy, batch, seed, encoder, terms=words, spans=spans)
    if later:
        asked = {"training": asdict(training), "ranking": asdict(ranking)}
        return leave_to_worker(name, "round", asked, question=question, strategy=strategy)
    with open_project(Home.find(), name) as project, progress_bar() as progress:
        run, proposed = run_round(project, training, ranking, progress=progress)
    print_run(run)
    print(f"{len(proposed.proposals)} documents wait in the app, chosen by {proposed.strategy}")


def evaluate(
    name: ProjectName,
    question: QuestionName,
    run: RunId = "",
    html: Annotated[
        Path | None,
        typer.Option(help="Where to write the HTML report; by default beside the run.", dir_okay=False),
    ] = None,
    report: ReportFile = None,
) -> None:
    """Show where a model is wrong: figures, confused pairs, and an HTML report with the documents."""
    from workbench.usecases.evaluate_model import evaluate_model
    from workbench.usecases.project import open_project

    check_outputs(html, report)
    with open_project(Home.find(), name) as project:
        evaluation = evaluate_model(project, question, run_id=run, html=html)
    print(f"run {evaluation.run.id}")
    for warning in evaluation.warnings:
        print(f"  warning: {warning}")
    print_figures(evaluation.run.figures)
    print_pairs(evaluation.pairs[:10])
    print(f"wrote {evaluation.html}")
    write_report(report, evaluation.as_dict())


def simulate(
    name: ProjectName,
    question: QuestionName,
    learner: LearnerName = "",
    strategy: StrategyName = "auto",
    batch: BatchSize = 20,
    rounds: Annotated[int, typer.Option(min=1, help="How many batches.")] = 10,
    seed: Seed = 0,
    encoder: EncoderName = "minilm",
    settings: Settings = None,
    report: ReportFile = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the learning curve as PNG.", show_default=False, dir_okay=False)
    ] = None,
    later: Later = False,
) -> None:
    """Replay the loop with the pool's known answers: what would each label have bought?"""
    from dataclasses import asdict

    from workbench.usecases.draw_curves import PICTURE_ENDINGS, draw_simulations
    from workbench.usecases.project import open_project
    from workbench.usecases.simulate import Simulation
    from workbench.usecases.simulate import simulate as replay
    from workbench.usecases.train_model import DEFAULT_LEARNER

    check_outputs(report)
    check_picture(picture, PICTURE_ENDINGS)
    with open_project(Home.find(), name) as project, progress_bar() as progress:
        chosen = learner or DEFAULT_LEARNER[project.store.question(question).kind]
        simulation = Simulation(chosen, strategy, batch, rounds, seed, encoder, parse_settings(settings))
        if later:
            asked = {"question": question, **asdict(simulation)}
            return leave_to_worker(name, "simulate", asked, question=question, strategy=strategy)
        result = replay(project, question, simulation, progress=progress)
    for n_labelled, value in zip(result.n_labelled, result.values, strict=True):
        print(f"  {n_labelled:6,} labels  {value:.3f}")
    if result.remark:
        print(f"  {result.remark}")
    print(f"ALC {result.alc:.4f} ({chosen}, {strategy}, seed {seed}) in {result.seconds:.1f} s")
    if picture is not None:
        draw_simulations([result], picture)
        print(f"wrote {picture}")
    write_report(report, result.as_dict())
