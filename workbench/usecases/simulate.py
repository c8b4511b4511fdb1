"""Replay the loop with known answers: what would a strategy have bought, label by label?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from workbench import catalog
from workbench.analysis.curve_points import alc
from workbench.config import n_training_threads, stay_offline
from workbench.domain.examples import Example
from workbench.domain.neighbours import Neighbours
from workbench.domain.ports import Encoder, LearnerContext, Progress, WordEncoder, silent
from workbench.domain.questions import Question
from workbench.errors import InputError, NotEnoughDataError
from workbench.usecases.collect_examples import collect_examples, need_examples
from workbench.usecases.embed_pool import project_encoder, project_words
from workbench.usecases.find_neighbours import MOST_DOCUMENTS, nearest_of
from workbench.usecases.gather_inputs import Evidence, wanted
from workbench.usecases.judge import Judgement, judge
from workbench.usecases.project import Project, open_folder
from workbench.usecases.propose_batch import MODEL_INPUTS, VECTOR_INPUTS, Ranking, rank
from workbench.usecases.runs import versions
from workbench.usecases.train_model import recorded_config


@dataclass(frozen=True, slots=True)
class Simulation:
    """What to replay: `rounds` batches of `batch` documents.

    The first batch is chosen at random when the strategy needs a model.
    """

    learner: str
    strategy: str
    batch: int
    rounds: int
    seed: int = 0
    encoder: str = catalog.DEFAULT_ENCODER
    config: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.batch < 1 or self.rounds < 1 or self.seed < 0:
            raise InputError("A simulation needs a batch and rounds of at least 1, and a seed of at least 0.")

    @property
    def starts_at_random(self) -> bool:
        """Whether the strategy cannot choose the first batch itself."""
        return bool((MODEL_INPUTS | {"labelled_targets"}) & catalog.strategy(self.strategy).needs)


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """The learning curve, one judgement a round; the figures are those of the held-out documents.

    `config` is the learner's whole configuration, with the encoder if there was one.
    """

    simulation: Simulation
    question: Question
    n_labelled: tuple[int, ...]
    judgements: tuple[Judgement, ...]
    chosen: tuple[tuple[str, ...], ...]
    seconds: float
    config: Mapping[str, Any] = field(default_factory=dict)
    n_pool: int = 0

    @property
    def values(self) -> list[float]:
        """Macro-F1, or strict F1 for entities, after each round."""
        return [judgement.headline for judgement in self.judgements]

    @property
    def remark(self) -> str:
        """Say that the pool was used up before all rounds were full, or batches were short; "" when neither."""
        asked, batch, n = self.simulation.rounds, self.simulation.batch, self.n_labelled[-1]
        if n == asked * batch:
            return ""
        if n < self.n_pool:
            return (
                f"Only {n:,} of {min(asked * batch, self.n_pool):,} documents were asked: batches were short, as what "
                "was left was nearly a copy of what was in them."
            )
        return (
            f"The pool has only {n:,} answered documents, too few for {asked:,} x {batch:,}: "
            f"it was used up in round {len(self.n_labelled):,}."
        )

    @property
    def alc(self) -> float:
        """The unweighted mean of the figure over the rounds, the first point after the first batch."""
        return alc(self.values)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "question": self.question.name,
            "kind": self.question.kind,
            "strategy": self.simulation.strategy,
            "learner": self.simulation.learner,
            "seed": self.simulation.seed,
            "batch": self.simulation.batch,
            "rounds": self.simulation.rounds,
            "remark": self.remark,
            "config": dict(self.config),
            "alc": self.alc,
            "seconds": round(self.seconds, 3),
            "curve": [
                {"n_labelled": n, **judgement.figures.as_dict()}
                for n, judgement in zip(self.n_labelled, self.judgements, strict=True)
            ],
            "chosen": [list(ids) for ids in self.chosen],
            "versions": versions(),
        }


def simulate(
    project: Project, question_name: str, simulation: Simulation, *, progress: Progress = silent
) -> SimulationReport:
    """Replay the loop on a project's answered pool; the store is only read.

    Raises NotEnoughDataError without answered pool documents or without held-out ones.
    """
    question = project.store.question(question_name)
    pool = need_examples(collect_examples(project, question_name), question_name)
    held_out = collect_examples(project, question_name, part="held-out")
    if not held_out:
        raise NotEnoughDataError(
            f"A simulation is judged on held-out documents, and none is answered for '{question_name}'.",
            hint=f"workbench import {project.name} FILE --held-out",
        )
    stay_offline()
    on_vectors = simulation.learner in catalog.LEARNERS_ON_VECTORS
    wants_vectors = on_vectors or bool(VECTOR_INPUTS & wanted(catalog.strategy(simulation.strategy)))
    encoder = project_encoder(project, simulation.encoder) if wants_vectors else None
    words = project_words(project, simulation.learner)
    return simulate_on(question, pool, held_out, simulation, encoder=encoder, words=words, progress=progress)


def simulate_on(
    question: Question,
    pool: Sequence[Example],
    held_out: Sequence[Example],
    simulation: Simulation,
    *,
    encoder: Encoder | None = None,
    words: WordEncoder | None = None,
    progress: Progress = silent,
) -> SimulationReport:
    """Replay the loop on examples; the oracle is the pool's own answers."""
    started = time.monotonic()
    context = LearnerContext(encoder, config=simulation.config, n_threads=n_training_threads(), words=words)
    learner = catalog.learner(simulation.learner, question.kind, context)
    left = list(range(len(pool)))
    known: list[int] = []
    model, counts, judgements, chosen = None, [], [], []
    held_out_texts = [example.text for example in held_out]
    neighbours = _neighbours(simulation, pool, encoder)
    for number in range(simulation.rounds):
        if not left:
            break
        seed = int(np.random.SeedSequence([simulation.seed, number]).generate_state(1)[0])
        name = "random" if model is None and simulation.starts_at_random else simulation.strategy
        near = neighbours.among(left) if neighbours is not None else None
        evidence = Evidence(question, [pool[row] for row in known], model, encoder, near)
        ranked = rank([pool[row].text for row in left], Ranking(name, simulation.batch, seed), evidence)
        batch = [left[row] for row in ranked.choice.rows]
        known += batch
        taken = set(batch)
        left = [row for row in left if row not in taken]
        model = learner.fit({question: [pool[row] for row in known]}, seed=simulation.seed)
        scores = model.score(held_out_texts)[question.name]
        judgements.append(judge(question, held_out, scores, basis="held-out"))
        counts.append(len(known))
        chosen.append(tuple(pool[row].document_id for row in batch))
        progress(number + 1, simulation.rounds, f"{simulation.strategy}, {len(known)} labels")
    return SimulationReport(
        simulation,
        question,
        tuple(counts),
        tuple(judgements),
        tuple(chosen),
        time.monotonic() - started,
        recorded_config(learner, encoder, simulation.encoder),
        len(pool),
    )


def _neighbours(
    simulation: Simulation, pool: Sequence[Example], encoder: Encoder | None
) -> Neighbours | None:
    """Return the neighbours of the pool, for a strategy that looks at them."""
    names = wanted(catalog.strategy(simulation.strategy))
    if encoder is None or "neighbours" not in names or not 0 < len(pool) <= MOST_DOCUMENTS:
        return None
    return nearest_of(encoder.encode([example.text for example in pool]))


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `simulate`; arguments: `question` and the fields of `Simulation`."""
    settings = dict(arguments)
    question = settings.pop("question")
    with open_folder(folder) as project:
        return simulate(project, question, Simulation(**settings), progress=progress).as_dict()
