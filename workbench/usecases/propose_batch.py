"""Choose the documents whose answers teach most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from workbench import catalog
from workbench.domain.annotations import now
from workbench.domain.ports import Choice, Encoder, Model, Progress, Strategy, silent
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Proposal, Run
from workbench.domain.scores import Scores
from workbench.errors import InputError, NotEnoughDataError
from workbench.store.past import moment_of
from workbench.store.rankings import replace_batch
from workbench.store.vectors import CachedEncoder
from workbench.usecases.ask_parts import check_spans_can_be_asked, with_scopes
from workbench.usecases.batch_recipe import Known, known_of, project_at, recipe_of
from workbench.usecases.embed_pool import project_encoder
from workbench.usecases.find_neighbours import neighbours_among
from workbench.usecases.gather_inputs import Evidence, gather_inputs, wanted
from workbench.usecases.mix_control import control_alone, in_proportion, mixed, next_control, texts_of
from workbench.usecases.project import Project, open_folder
from workbench.usecases.read_terms import terms_wanted
from workbench.usecases.runs import load_model, newest_run, refuse_old_labels, remark_on_labels
from workbench.usecases.suggest_answers import keep_suggestions
from workbench.usecases.unanswered import unanswered_control

MODEL_INPUTS = frozenset({"scores", "labelled_scores", "features", "samples"})
VECTOR_INPUTS = frozenset({"vectors", "labelled_vectors"})
ANSWER_INPUTS = frozenset({"labelled_vectors", "labelled_targets", "labelled_scores"})


@dataclass(frozen=True, slots=True)
class Ranking:
    """How to choose: n documents by a strategy, ties and chance by the seed.

    `terms` are pairs of a word and its label ("" for none) for a strategy that looks for words. `spans` asks
    about the doubtful words of each document only, where the strategy looks at a model of entities.
    """

    strategy: str = "auto"
    n: int = 20
    seed: int = 0
    encoder: str = catalog.DEFAULT_ENCODER
    terms: Sequence[Sequence[str]] = ()
    spans: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the ranking as JSON values; `spans` only where it is set, so that old recipes stay what they are."""
        said = {**asdict(self), "terms": [list(pair) for pair in self.terms]}
        return said if self.spans else {name: value for name, value in said.items() if name != "spans"}


@dataclass(frozen=True, slots=True)
class Ranked:
    """The choice among the candidates, and the model's scores of all of them if the strategy looked at them."""

    choice: Choice
    scores: Scores | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The documents of a batch, the model's scores of all candidates if any, the encoder that was asked."""

    proposals: tuple[Proposal, ...]
    scores: Scores | None = None
    encoder_id: str | None = None
    vectors: str = ""  # the SHA-256 of the vectors that were looked at; "" for none, or none that are kept


def propose_batch(
    project: Project,
    question_name: str,
    ranking: Ranking,
    *,
    progress: Progress = silent,
    is_first: bool = False,
) -> Batch:
    """Rank the unanswered pool by the newest run's scores and store the best n as the next batch.

    Without a run yet the strategy must need no scores, as `auto` and `random`. Raises NotEnoughDataError
    when every document of the pool is answered or skipped, and InputError when scores are needed and the
    labels changed since the run, or when the batch should be the first one (`is_first`) and is not.
    """
    strategy = catalog.strategy(ranking.strategy)  # a wrong name is said before anything else
    moment = moment_of(project.store, question_name)
    with project_at(project, question_name, moment) as seen:
        known = known_of(seen, question_name, moment)
        if ranking.spans:
            check_spans_can_be_asked(known.question)
        check_serves(ranking.strategy, known.question)
        _check_left(seen, known)
        run = _run_for(project, known.question, strategy)
        model = load_model(project, run) if run is not None else None
        chosen = choose(seen, known, ranking, model=model, progress=progress)
    batch = _batch(known, ranking, run, chosen)
    if not is_first:
        project.store.save_batch(batch)
    elif not replace_batch(project.store, batch, (), newest=None):
        raise InputError(f"Another batch of '{question_name}' was proposed meanwhile.")
    if run is not None and chosen.scores is not None:
        left = known.candidates
        keep_suggestions(project, run, [d.id for d in left], [d.text for d in left], chosen.scores)
    return batch


def choose(
    seen: Project, known: Known, ranking: Ranking, *, model: Model | None, progress: Progress = silent
) -> Chosen:
    """Choose the documents of a batch; `replay` calls it again, and the same arguments give the same ones.

    `seen` is the project as of the moment at which that much was known: nothing else may be read here.
    """
    if not known.candidates:  # what chance drew is left: it is asked alone
        return Chosen(tuple(control_alone(seen, known.question.name, ranking.n)))
    control = next_control(seen, known.question.name, ranking.n)
    evidence = replace(
        evidence_of(seen, known, ranking, model, progress=progress), beside=texts_of(seen, control)
    )
    learning = replace(ranking, n=ranking.n - len(control))
    texts = [document.text for document in known.candidates]
    ranked = rank(texts, learning, evidence, progress=progress)
    chosen = proposals_of([document.id for document in known.candidates], ranked.choice)
    if ranking.spans:
        chosen = with_scopes(chosen, ranked.choice.rows, texts=texts, scores=ranked.scores)
    proposals = mixed(
        chosen, in_proportion(control, ranking.strategy, n_chosen=len(chosen), n_wanted=learning.n)
    )
    if evidence.encoder is None:
        return Chosen(proposals, ranked.scores)
    looked_at = hash_vectors(evidence.encoder, known)
    return Chosen(proposals, ranked.scores, evidence.encoder.id, looked_at)


def hash_vectors(encoder: Encoder, known: Known) -> str:
    """Return the SHA-256 of the vectors of all that is known, "" where the encoder keeps none."""
    if not isinstance(encoder, CachedEncoder):
        return ""
    texts = [*(example.text for example in known.answered), *(d.text for d in known.candidates)]
    return encoder.hash_of(texts)


def check_serves(strategy: str, question: Question) -> None:
    """Raise InputError when a strategy cannot choose for this kind of question, with or without a model.

    Raises UnknownNameError for a name that no strategy has.
    """
    if question.kind not in catalog.strategy(strategy).kinds:
        names = catalog.strategy_names(question.kind)
        raise InputError(
            f"The strategy '{strategy}' is not for the question '{question.name}' ({question.kind}).",
            hint=f"Choose one of {', '.join(name for name in names if '/' not in name)}.",
        )


def _check_left(seen: Project, known: Known) -> None:
    """Raise NotEnoughDataError when no document is left to ask."""
    if known.candidates or unanswered_control(seen, known.question.name):
        return
    if not seen.store.document_ids(part="pool"):
        said = "The project has no documents to ask about yet."
    else:
        said = f"Every document of the pool is answered or skipped for '{known.question.name}'."
    raise NotEnoughDataError(said, hint=f"Import documents: workbench import {seen.name} FILE")


def _batch(known: Known, ranking: Ranking, run: Run | None, chosen: Chosen) -> Batch:
    recipe = recipe_of(known, ranking.as_dict(), run, encoder_id=chosen.encoder_id, vectors=chosen.vectors)
    return Batch(
        uuid4().hex,
        known.question.name,
        ranking.strategy,
        ranking.seed,
        chosen.proposals,
        run.id if run is not None else None,
        now(),
        recipe,
    )


def proposals_of(ids: Sequence[str], choice: Choice) -> tuple[Proposal, ...]:
    """Return the proposals that a choice among documents makes, best first."""
    chosen = zip(choice.rows, choice.utilities, choice.reasons, strict=True)
    return tuple(Proposal(ids[row], float(utility), reason) for row, utility, reason in chosen)


def _run_for(project: Project, question: Question, strategy: Strategy) -> Run | None:
    """Return the run that ranks, None when there is none or the strategy does not look at models.

    Raises InputError when the labels changed since the run and the strategy cannot do without it.
    """
    if not MODEL_INPUTS & wanted(strategy):
        return None
    run = newest_run(project, question.name)
    if run is None:
        return None
    if not MODEL_INPUTS & strategy.needs and remark_on_labels(question, run):
        return None
    refuse_old_labels(project, question, run)
    return run


def evidence_of(
    project: Project, known: Known, ranking: Ranking, model: Model | None, *, progress: Progress = silent
) -> Evidence:
    """Gather what the strategy looks at, and nothing that it does not."""
    names = wanted(catalog.strategy(ranking.strategy))
    answered = known.answered if ANSWER_INPUTS & names else ()
    encoder = project_encoder(project, ranking.encoder) if VECTOR_INPUTS & names else None
    neighbours = None
    if encoder is not None and "neighbours" in names:
        neighbours = neighbours_among(project, encoder, known.candidates, progress=progress)
    return Evidence(known.question, answered, model, encoder, neighbours)


def rank(
    texts: Sequence[str], ranking: Ranking, evidence: Evidence, *, progress: Progress = silent
) -> Ranked:
    """Rank texts without touching the store; the same arguments give the same rows."""
    strategy = catalog.strategy(ranking.strategy)
    terms = terms_wanted(ranking.strategy, evidence.question, ranking.terms)
    progress(0, len(texts), "ranking")
    inputs = replace(gather_inputs(strategy, texts, evidence, seed=ranking.seed), terms=terms)
    choice = strategy(inputs, ranking.n, np.random.default_rng(ranking.seed))
    progress(len(texts), len(texts), "ranking")
    return Ranked(choice, inputs.scores)


def run_job(folder: Path, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Do the job `propose`; arguments: `question` and the fields of `Ranking`."""
    settings = dict(arguments)
    question = settings.pop("question")
    with open_folder(folder) as project:
        batch = propose_batch(project, question, Ranking(**settings), progress=progress)
        return {"batch": batch.id, "n_proposed": len(batch.proposals)}
