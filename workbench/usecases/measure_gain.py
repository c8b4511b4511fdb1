"""What choosing has bought over chance: heads on equal numbers of chosen and of control labels, cross-fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from workbench import catalog
from workbench.analysis.control import LEAST_ANSWERS
from workbench.analysis.gain import Counts, Gain, SpanCounts, counts_of, gain_of, span_counts_of
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
MOST_TIMES = 10  # as many answers before the first batch as there are to compare: more would drown these
# Heads on stored vectors: fitting dozens of them takes seconds, of words a minute.
LEARNER = {"textcat": "linear", "textcat-multi": "linear", "ner": "tags"}
MORE = {
    "chosen": "Propose a batch by 'auto' or another strategy, and answer it.",
    "control": "Answer more batches: each asks some control documents.",
}
Answers: TypeAlias = list[tuple[Any, ...]]  # of each document its labels, or its spans


@dataclass(frozen=True, slots=True)
class Sides:
    """The answers to learn from: those that a strategy or a person chose, first answered first, and chance's.

    `before` are those that were there before the first of the chosen ones: both sides learn from all of them,
    as whoever began to choose, or to draw by chance, would have had them in any case.
    """

    chosen: Sequence[Example]
    control: Sequence[Example]
    before: Sequence[Example] = ()


def measure_gain(
    project: Project,
    question_name: str,
    *,
    seed: int = 0,
    encoder: str = catalog.DEFAULT_ENCODER,
    progress: Progress = silent,
) -> Gain:
    """Compare the chosen answers so far with the control answers, label for label, of entities word for word.

    Chosen is what a batch asked and somebody then answered. All answers from before the first of these are
    learned from on both sides; later ones that came with a file, or to documents that no batch asked, on
    none. Raises NotEnoughDataError with fewer than thirty answers on either side, where they do not tell two
    labels apart, or where so many were there before that these make no difference.
    """
    stay_offline()
    question = project.store.question(question_name)
    before, chosen = parted_answers(project, question_name)
    sides = Sides(chosen, collect_examples(project, question_name, part="control"), before)
    for answers, what in ((sides.chosen, "chosen"), (sides.control, "control")):
        if len(answers) < LEAST_ANSWERS:
            raise NotEnoughDataError(
                f"The gain needs {LEAST_ANSWERS} {what} answers to '{question_name}'; there are {len(answers)}.",
                hint=MORE[what],
            )
    check_before(question_name, sides)
    name = LEARNER[question.kind]
    on_vectors = name in catalog.LEARNERS_ON_VECTORS
    context = LearnerContext(
        encoder=project_encoder(project, encoder) if on_vectors else None,
        n_threads=n_training_threads(),
        words=project_words(project, name),
    )
    learner = catalog.learner(name, question.kind, context)
    return compare_heads(learner, question, sides, seed=seed, progress=progress)


def check_before(question_name: str, sides: Sides) -> None:
    """Raise NotEnoughDataError when the answers from before would drown those that are compared."""
    n, what = min((len(sides.chosen), "chosen"), (len(sides.control), "control"))
    if len(sides.before) > MOST_TIMES * n:
        raise NotEnoughDataError(
            f"{len(sides.before):,} answers to '{question_name}' were there before a batch asked the first one, and "
            f"{n:,} {what} ones came since: beside so many it makes no difference how these were chosen.",
            hint=MORE[what],
        )


def parted_answers(project: Project, question_name: str) -> tuple[list[Example], list[Example]]:
    """Return the answers from before, and those that a strategy's batch asked for, first answered first.

    From before are all that were given before the first of the others, wherever they come from.
    """
    by_strategy = {
        proposal.document_id
        for batch in project.store.batches(question_name)
        if batch.strategy not in CONTROL_STRATEGIES
        for proposal in batch.proposals
    }
    first = first_words(project, question_name)
    of_people = {id for id, said in first.items() if said.annotator != FROM_A_FILE}
    answered = sorted(
        collect_examples(project, question_name), key=lambda example: first[example.document_id].sequence
    )
    chosen = by_strategy & of_people
    places = [place for place, example in enumerate(answered) if example.document_id in chosen]
    return answered[: places[0] if places else None], [answered[place] for place in places]


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

    Both learn from all that was there before, and from equally much of their own (see `evened`): as much as
    the other folds have, or as there is chosen. The chosen answers are the first: what a project that had
    stopped there would have got, and not the late, doubtful ones without the easy ones before them. How the
    folds fall is drawn anew in each repeat.
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
    counted = [counts_for(question, sides.control, answers) for answers in (chosen, random)]
    unit = "words" if question.kind == "ner" else "labels"
    gain = gain_of(*counted, n_labels=round(sum(sizes) / len(sizes)), seed=seed, unit=unit)
    return replace(gain, n_before=len(sides.before))


def counts_for(
    question: Question, control: Sequence[Example], said: Sequence[Answers]
) -> Counts | SpanCounts:
    """Count what each repeat said of the control answers."""
    if question.kind == "ner":
        return span_counts_of([example.spans for example in control], said)
    return counts_of([example.labels for example in control], said, question.labels)


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
                learned = [*sides.before, *examples]
                answers = _answers(learner, question, learned, [control[row].text for row in judged])
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
