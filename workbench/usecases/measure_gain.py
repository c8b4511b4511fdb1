"""What choosing has bought over chance: heads on equal numbers of chosen and of control labels, cross-fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench import catalog
from workbench.analysis.control import LEAST_ANSWERS
from workbench.analysis.gain import Gain, counts_of, gain_of
from workbench.config import n_training_threads, stay_offline
from workbench.domain.decoding import decode_labels
from workbench.domain.documents import folded_text
from workbench.domain.examples import Example
from workbench.domain.ports import Learner, LearnerContext, Progress, silent
from workbench.domain.questions import Question
from workbench.domain.scores import ClassScores
from workbench.errors import InputError, NotEnoughDataError
from workbench.store.answer_log import AnswerLog
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.embed_pool import project_encoder
from workbench.usecases.project import Project
from workbench.usecases.queue_documents import CONTROL_STRATEGIES
from workbench.usecases.score_folds import answer_of, stratified_folds

N_REPEATS = 5
MOST_BEFORE = 10  # answers of elsewhere before the first batch; few of them change little
LEARNER = "linear"  # heads on stored vectors: fitting dozens of them takes seconds


@dataclass(frozen=True, slots=True)
class Sides:
    """The answers to learn from: those that a strategy or a person chose, first answered first, and chance's."""

    chosen: Sequence[Example]
    control: Sequence[Example]


def measure_gain(
    project: Project,
    question_name: str,
    *,
    seed: int = 0,
    encoder: str = catalog.DEFAULT_ENCODER,
    progress: Progress = silent,
) -> Gain:
    """Compare the chosen answers so far with the control answers, label for label.

    Chosen is what a batch asked; answers that came with a file, or were given elsewhere, count on no side.
    Raises InputError for entities, and NotEnoughDataError with fewer than thirty answers on either side,
    where they do not tell two labels apart, or where the first batch already had answers to build on.
    """
    stay_offline()
    question = project.store.question(question_name)
    if question.kind == "ner":
        raise InputError("The gain over random labels is measured for text classification only.")
    batches = project.store.batches(question_name)
    asked = {proposal.document_id for batch in batches for proposal in batch.proposals}
    proposed = {
        proposal.document_id
        for batch in batches
        if batch.strategy not in CONTROL_STRATEGIES
        for proposal in batch.proposals
    }
    answered = in_order_of_answering(project, question_name, collect_examples(project, question_name))
    chosen = [example for example in answered if example.document_id in proposed]
    sides = Sides(chosen, collect_examples(project, question_name, part="control"))
    for answers, what in ((sides.chosen, "chosen"), (sides.control, "control")):
        if len(answers) < LEAST_ANSWERS:
            raise NotEnoughDataError(
                f"The gain needs {LEAST_ANSWERS} {what} answers to '{question_name}'; there are {len(answers)}.",
                hint="Answer more batches: each asks some control documents.",
            )
    n_before = sum(e.document_id not in asked for e in answered[: answered.index(chosen[0])])
    if n_before > MOST_BEFORE:
        raise NotEnoughDataError(
            f"{n_before} answers to '{question_name}' were there before a batch asked the first one: what was "
            "chosen since builds on them, and taken alone it says nothing of how well it was chosen."
        )
    context = LearnerContext(encoder=project_encoder(project, encoder), n_threads=n_training_threads())
    learner = catalog.learner(LEARNER, question.kind, context)
    return compare_heads(learner, question, sides, seed=seed, progress=progress)


def compare_heads(
    learner: Learner, question: Question, sides: Sides, *, seed: int, progress: Progress = silent
) -> Gain:
    """Fit both kinds of heads for each fold of the control answers, and judge both on that fold.

    Both learn from equally many labels: as many as the other folds have, or as there are chosen ones. The
    chosen ones are the first: what a project that had stopped there would have got, and not the late,
    doubtful ones without the easy ones before them. How the folds fall is drawn anew in each repeat.
    """
    rng = np.random.default_rng(seed)
    chosen: list[list[tuple[str, ...]]] = []
    random: list[list[tuple[str, ...]]] = []
    sizes: list[int] = []
    for repeat in range(N_REPEATS):
        progress(repeat, N_REPEATS, "fitting heads on chosen and on random labels")
        said = _one_repeat(learner, question, sides, rng)
        chosen.append(said[0])
        random.append(said[1])
        sizes += said[2]
    progress(N_REPEATS, N_REPEATS, "fitting heads on chosen and on random labels")
    gold, labels = [example.labels for example in sides.control], question.labels
    return gain_of(
        counts_of(gold, chosen, labels),
        counts_of(gold, random, labels),
        n_labels=round(sum(sizes) / len(sizes)),
        seed=seed,
    )


def in_order_of_answering(project: Project, question: str, examples: Sequence[Example]) -> list[Example]:
    """Return examples by the first word on each, oldest first: the order in which they were asked."""
    first: dict[str, int] = {}
    for said in AnswerLog(project.store).since(question, 0):
        first.setdefault(said.document_id, said.sequence)
    return sorted(examples, key=lambda example: first[example.document_id])


Said = list[tuple[str, ...]]


def _one_repeat(
    learner: Learner, question: Question, sides: Sides, rng: np.random.Generator
) -> tuple[Said, Said, list[int]]:
    """Return what the heads on chosen and on random labels say of each control answer, and on how many."""
    control = sides.control
    texts = [folded_text(example.text) for example in control]
    fold_of = np.array(stratified_folds([answer_of(example) for example in control], texts, rng))
    chosen: Said = [()] * len(control)
    random: Said = [()] * len(control)
    sizes = []
    for fold in np.unique(fold_of):
        judged = np.flatnonzero(fold_of == fold)
        others = np.flatnonzero(fold_of != fold)
        m = min(len(others), len(sides.chosen))
        sizes.append(m)
        on_chosen = sides.chosen[:m]
        on_random = [control[row] for row in rng.permutation(others)[:m]]
        for said, examples in ((chosen, on_chosen), (random, on_random)):
            answers = _answers(learner, question, examples, [control[row].text for row in judged])
            for row, answer in zip(judged, answers, strict=True):
                said[row] = answer
    return chosen, random, sizes


def _answers(
    learner: Learner, question: Question, examples: Sequence[Example], texts: Sequence[str]
) -> Sequence[tuple[str, ...]]:
    scores = learner.fit({question: examples}, seed=0).score(texts)[question.name]
    assert isinstance(scores, ClassScores)
    return decode_labels(scores)
