"""The batch that follows another one while people answer: chosen from what is held ready, with its recipe."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from uuid import uuid4

import numpy as np

from workbench import catalog
from workbench.domain.annotations import now
from workbench.domain.arrays import Rows
from workbench.domain.examples import Example
from workbench.domain.history import RECIPE_VERSION, hash_json
from workbench.domain.ports import StrategyInputs
from workbench.domain.questions import Question
from workbench.domain.runs import Batch, Run, hash_examples, is_live_run, live_run_id
from workbench.domain.scores import Scores, TokenScores
from workbench.domain.suggestions import Suggestion
from workbench.usecases.ask_parts import with_scopes
from workbench.usecases.live_inputs import LiveModel, LiveView, live_inputs
from workbench.usecases.mix_control import in_proportion, mixed, next_control, texts_of
from workbench.usecases.project import Project
from workbench.usecases.propose_batch import Ranking, proposals_of
from workbench.usecases.suggest_answers import suggestions_of

FEWEST = 10  # the queue must not run dry before the next ranking
MOST_CARRIED = 100


@dataclass(frozen=True, slots=True)
class LiveBatch:
    """A batch, and what the model that ranked says of the documents that it asks anew."""

    batch: Batch
    suggestions: list[Suggestion]


def next_batch(project: Project, view: LiveView, model: LiveModel, newest: Batch, *, every: int) -> LiveBatch:
    """Choose what to ask after `newest`: by its strategy, as many documents, the seed the number of answers.

    Documents of it that want another annotator come first. `every` is after how many answers the next
    ranking comes. It depends on its arguments and on what the project knows at the view's moment alone.
    """
    carried = [p for p in newest.proposals if p.document_id in view.waiting][:MOST_CARRIED]
    asked_for = newest.recipe.get("ranking", {}).get("n", 0)  # the batch may have been shorter
    n = max(max(len(newest.proposals), asked_for) - len(carried), every, FEWEST)
    ranking = _ranking(newest, n, seed=len(view.answered))
    control = next_control(project, view.question.name, n)
    strategy = catalog.strategy(ranking.strategy)
    beside = texts_of(project, [*carried, *control])
    inputs = live_inputs(strategy, view, model, ranking.terms, beside=beside)
    choice = strategy(inputs, n - len(control), np.random.default_rng(ranking.seed))
    fresh = proposals_of([view.pool.ids[place] for place in view.places.tolist()], choice)
    assert inputs.scores is not None
    texts = [view.pool.text_of[proposal.document_id] for proposal in fresh]
    said = _of_rows(inputs.scores, choice.rows)
    if ranking.spans:
        fresh = with_scopes(fresh, np.arange(len(fresh)), texts=texts, scores=said)
    measuring = in_proportion(control, newest.strategy, n_chosen=len(fresh), n_wanted=n - len(control))
    proposals = (*carried, *mixed(fresh, measuring, since=_since_control(view)))
    recipe = _recipe(view, model, ranking, inputs)
    batch = Batch(
        uuid4().hex,
        view.question.name,
        ranking.strategy,
        ranking.seed,
        proposals,
        model.id,
        now(),
        recipe,
    )
    ids = [proposal.document_id for proposal in fresh]
    return LiveBatch(batch, suggestions_of(_as_run(view.question, model, ranking.seed), ids, texts, said))


def _of_rows(scores: Scores, rows: Rows) -> Scores:
    """Return the scores of some of the documents, in this order."""
    if isinstance(scores, TokenScores):
        return TokenScores(scores.labels, tuple(scores.documents[row] for row in rows.tolist()))
    return replace(scores, probabilities=scores.probabilities[rows])


def _ranking(newest: Batch, n: int, *, seed: int) -> Ranking:
    """Return how to rank after a batch: as it was ranked, by its terms, and about parts where it was."""
    before = newest.recipe.get("ranking", {})
    kept = ("terms", "spans", "encoder")
    by = {name: before[name] for name in kept if name in before}
    return Ranking(newest.strategy, n, seed, **by)


def _since_control(view: LiveView) -> int:
    """Return how many documents of the pool were answered or skipped after the last control document."""
    since = 0
    for document_id in reversed(view.in_order):
        if document_id not in view.pool.place_of:
            break
        since += 1
    return since


def _recipe(view: LiveView, model: LiveModel, ranking: Ranking, inputs: StrategyInputs) -> dict[str, Any]:
    """Return what the choice followed from; see `batch_recipe`."""
    looked_at = {"sampled": inputs.neighbours is None, "names": inputs.label_names is not None}
    fitted = {"head": dict(view.head)} if is_live_run(view.question.name, model.id) else {}
    return {
        "version": RECIPE_VERSION,
        "ranking": ranking.as_dict(),
        "encoder_id": view.pool.file.encoder_id,
        "saw": view.moment.as_dict(),
        "live": {**looked_at, **fitted, "without_vector": view.pool.without_vector, **_words_noted(view)},
        "hashes": view_hashes(view, model),
    }


def _words_noted(view: LiveView) -> dict[str, str]:
    """Return which word vectors were looked at, where words are ranked by."""
    return {"words": view.pool.words.encoder_id} if view.pool.words is not None else {}


def view_hashes(view: LiveView, model: LiveModel) -> dict[str, str]:
    """Return the SHA-256 of each part of what a live ranking knows."""
    return {
        "labels": hash_json(list(view.question.labels)),
        "answers": hash_examples(view.answered),
        "documents": view.pool.hash_of(view.places),
        "model": model.training,
        "vectors": view.pool.hash_of_vectors,
    }


def live_id(question: Question, examples: Sequence[Example], config: dict[str, Any]) -> str:
    """Return the name of the head that these answers, in this order, and settings make."""
    said = json.dumps([hash_examples(examples), question.kind, question.labels, config], sort_keys=True)
    return live_run_id(question.name, sha256(said.encode()).hexdigest())


def _as_run(question: Question, model: LiveModel, seed: int) -> Run:
    """Return what a suggestion has to know of the model that made it."""
    return Run(
        model.id, question.name, "linear", seed, question.labels, question.label_version, seed, data_hash=""
    )
