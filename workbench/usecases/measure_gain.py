"""What choosing has bought over chance: heads on equal numbers of chosen and of control labels, cross-fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from workbench import catalog
from workbench.analysis.control import LEAST_ANSWERS
from workbench.analysis.gain import Gain, counts_of, gain_of, span_counts_of
from workbench.config import n_training_threads, stay_offline
from workbench.domain.annotations import FROM_A_FILE
from workbench.domain.decoding import decode_labels, decode_spans
from workbench.domain.documents import folded_text
from workbench.domain.examples import Example
from workbench.domain.ports import Learner, LearnerContext, Progress, silent
from workbench.domain.questions import Question
from workbench.domain.scores import ClassScores
from workbench.errors import NotEnoughDataError
from workbench.store.answer_log import AnswerLog, Said
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.embed_pool import project_encoder, project_words
from workbench.usecases.project import Project
from workbench.usecases.queue_documents import CONTROL_STRATEGIES
from workbench.usecases.score_folds import answer_of, stratified_folds

N_REPEATS = 5
MOST_BEFORE = 10  # answers of elsewhere before the first batch; few of them change little
# Heads on stored vectors: fitting dozens of them takes seconds, of words a minute.
LEARNER = {"textcat": "linear", "textcat-multi": "linear", "ner": "tags"}
MORE = {
    "chosen": "Propose a batch by 'auto' or another strategy, and answer it.",
    "control": "Answer more batches: each asks some control documents.",
}
Answers: TypeAlias = list[tuple[Any, ...]]  # of each document its labels, or its spans


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
    """Compare the chosen answers so far with the control answers, label for label, of entities word for word.

    Chosen is what a batch asked and somebody then answered; answers that came with a file, or to documents
    that no batch asked, count on no side. Raises NotEnoughDataError with fewer than thirty answers on either
    side, where they do not tell two labels apart, or where the first batch already had answers to build on.
    """
    stay_offline()
    question = project.store.question(question_name)
    sides = Sides(
        chosen_answers(project, question_name), collect_examples(project, question_name, part="control")
    )
    for answers, what in ((sides.chosen, "chosen"), (sides.control, "control")):
        if len(answers) < LEAST_ANSWERS:
            raise NotEnoughDataError(
                f"The gain needs {LEAST_ANSWERS} {what} answers to '{question_name}'; there are {len(answers)}.",
                hint=MORE[what],
            )
    name = LEARNER[question.kind]
    on_vectors = name in catalog.LEARNERS_ON_VECTORS
    context = LearnerContext(
        encoder=project_encoder(project, encoder) if on_vectors else None,
        n_threads=n_training_threads(),
        words=project_words(project, name),
    )
    learner = catalog.learner(name, question.kind, context)
    return compare_heads(learner, question, sides, seed=seed, progress=progress)


def chosen_answers(project: Project, question_name: str) -> list[Example]:
    """Return the answers that a strategy's batch asked for, those that were given first first.

    Raises NotEnoughDataError when more than ten answers of elsewhere came before the first of them.
    """
    batches = project.store.batches(question_name)
    asked = {proposal.document_id for batch in batches for proposal in batch.proposals}
    by_strategy = {
        proposal.document_id
        for batch in batches
        if batch.strategy not in CONTROL_STRATEGIES
        for proposal in batch.proposals
    }
    first = first_words(project, question_name)
    of_people = {id for id, said in first.items() if said.annotator != FROM_A_FILE}
    answered = sorted(
        collect_examples(project, question_name), key=lambda example: first[example.document_id].sequence
    )
    places = [n for n, e in enumerate(answered) if e.document_id in by_strategy & of_people]
    n_before = sum(e.document_id not in asked & of_people for e in answered[: places[0]]) if places else 0
    if n_before > MOST_BEFORE:
        raise NotEnoughDataError(
            f"{n_before} answers to '{question_name}' were there before a batch asked the first one: what was "
            "chosen since builds on them, and taken alone it says nothing of how well it was chosen."
        )
    return [answered[place] for place in places]


def first_words(project: Project, question_name: str) -> dict[str, Said]:
    """Return the first annotation about each document."""
    first: dict[str, Said] = {}
    for said in AnswerLog(project.store).since(question_name, 0):
        first.setdefault(said.document_id, said)
    return first


def compare_heads(
    learner: Learner, question: Question, sides: Sides, *, seed: int, progress: Progress = silent
) -> Gain:
    """Fit both kinds of heads for each fold of the control answers, and judge both on that fold.

    Both learn from equally much (see `evened`): as much as the other folds have, or as there is chosen. The
    chosen answers are the first: what a project that had stopped there would have got, and not the late,
    doubtful ones without the easy ones before them. How the folds fall is drawn anew in each repeat.
    """
    rng = np.random.default_rng(seed)
    chosen: list[Answers] = []
    random: list[Answers] = []
    sizes: list[int] = []
    for repeat in range(N_REPEATS):
        progress(repeat, N_REPEATS, "fitting heads on chosen and on random labels")
        said = _one_repeat(learner, question, sides, rng)
        chosen.append(said[0])
        random.append(said[1])
        sizes += said[2]
    progress(N_REPEATS, N_REPEATS, "fitting heads on chosen and on random labels")
    n = round(sum(sizes) / len(sizes))
    if question.kind == "ner":
        spans = [example.spans for example in sides.control]
        return gain_of(
            span_counts_of(spans, chosen), span_counts_of(spans, random), n_labels=n, seed=seed, unit="words"
        )
    gold, labels = [example.labels for example in sides.control], question.labels
    return gain_of(counts_of(gold, chosen, labels), counts_of(gold, random, labels), n_labels=n, seed=seed)


def _one_repeat(
    learner: Learner, question: Question, sides: Sides, rng: np.random.Generator
) -> tuple[Answers, Answers, list[int]]:
    """Return what the heads on chosen and on random labels say of each control answer, and on how many."""
    control = sides.control
    texts = [folded_text(example.text) for example in control]
    fold_of = np.array(stratified_folds([answer_of(example) for example in control], texts, rng))
    chosen: Answers = [()] * len(control)
    random: Answers = [()] * len(control)
    sizes = []
    for fold in np.unique(fold_of):
        judged = np.flatnonzero(fold_of == fold)
        others = rng.permutation(np.flatnonzero(fold_of != fold))
        on_chosen, on_random, size = evened(question, sides.chosen, [control[row] for row in others])
        sizes.append(size)
        for said, examples, side in ((chosen, on_chosen, "chosen"), (random, on_random, "control")):
            try:
                answers = _answers(learner, question, examples, [control[row].text for row in judged])
            except NotEnoughDataError as error:
                raise NotEnoughDataError(
                    f"The gain compares heads on parts of the answers to '{question.name}', and {len(examples)} "
                    f"{side} ones are too alike to learn from: {error.message}",
                    hint=MORE[side],
                ) from error
            for row, answer in zip(judged, answers, strict=True):
                said[row] = answer
    return chosen, random, sizes


def evened(
    question: Question, one: Sequence[Example], other: Sequence[Example]
) -> tuple[Sequence[Example], Sequence[Example], int]:
    """Return the first examples of both that cost the same, and what: labels, of entities words.

    A strategy may choose long sentences, and whoever marks one reads all of it, also where only some of its
    words are asked. At least one of each.
    """
    if question.kind != "ner":
        m = min(len(one), len(other))
        return one[:m], other[:m], m
    costs = [np.cumsum([max(1, len(example.text.split())) for example in side]) for side in (one, other)]
    most = min(int(cost[-1]) for cost in costs)
    n_one, n_other = (max(1, int(np.searchsorted(cost, most, side="right"))) for cost in costs)
    return one[:n_one], other[:n_other], most


def _answers(
    learner: Learner, question: Question, examples: Sequence[Example], texts: Sequence[str]
) -> Sequence[tuple[Any, ...]]:
    scores = learner.fit({question: examples}, seed=0).score(texts)[question.name]
    return decode_labels(scores) if isinstance(scores, ClassScores) else decode_spans(scores, texts)
