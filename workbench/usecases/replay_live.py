"""Choose a batch again that followed another one while people answered."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.domain.runs import Batch, Proposal, is_live_run
from workbench.errors import InputError
from workbench.store.vectors import VectorFile, stored_vectors
from workbench.store.word_vectors import WordVectorFile, stored_words
from workbench.usecases.live_answers import LiveAnswers
from workbench.usecases.live_batch import next_batch, view_hashes
from workbench.usecases.live_heads import live_heads
from workbench.usecases.live_inputs import LiveModel, LiveView
from workbench.usecases.live_pool import LivePool
from workbench.usecases.live_takeover import FORMER_OPTIONS, kept_scores
from workbench.usecases.project import Project
from workbench.usecases.rank_live import live_view


def replay_live(
    seen: Project, batch: Batch, before: Batch | None
) -> tuple[tuple[Proposal, ...], Mapping[str, str]]:
    """Return what is asked after a batch, and the hashes of what was known; `seen` is the project of then.

    Live heads are fitted again; of a run its kept scores are read. Raises InputError when what it was
    ranked with is gone.
    """
    if before is None:
        raise InputError("The batch that it followed is gone.")
    answers = LiveAnswers(seen, seen.store.question(batch.question))
    answers.update()
    sampled = _was_sampled(batch)
    pool = LivePool(seen, _vector_file(seen, batch.recipe.get("encoder_id", "")), _word_file(seen, batch))
    pool.fix_neighbours(sampled=sampled)
    pool.fix_names(answers.question, known=bool(batch.recipe["live"].get("names")))
    head = batch.recipe["live"].get("head", FORMER_OPTIONS[answers.question.kind])
    view = live_view(answers, pool, answers.examples(pool.text_of), head=head)
    model: LiveModel
    if batch.run is None or is_live_run(batch.question, batch.run):
        model = live_heads(view.question).fit(view)
    else:
        model = _scores_of_run(seen, view, batch.run)
    found = next_batch(seen, view, model, before, every=int(batch.recipe["ranking"]["n"]))
    return found.batch.proposals, view_hashes(view, model)


def _was_sampled(batch: Batch) -> bool:
    try:
        return bool(batch.recipe["live"]["sampled"])
    except (KeyError, TypeError):
        raise InputError("Its recipe cannot be read: it does not say whether it was sampled.") from None


def _vector_file(project: Project, encoder_id: str) -> VectorFile:
    files = stored_vectors(project.folder / "data" / "vectors")
    found = next((file for file in files if file.encoder_id == encoder_id), None)
    if found is None:
        raise InputError(
            f"The vectors of '{encoder_id}' are gone.", hint=f"Compute them: workbench embed {project.name}"
        )
    return found


def _word_file(project: Project, batch: Batch) -> WordVectorFile | None:
    """Return the word vectors that a batch was ranked by; None when it was not ranked by words."""
    words_id = batch.recipe["live"].get("words")
    if words_id is None:
        return None
    files = stored_words(project.folder / "data" / "words")
    found = next((file for file in files if file.encoder_id == words_id), None)
    if found is None:
        raise InputError(
            f"The word vectors of '{words_id}' are gone.",
            hint=f"Compute them: workbench embed {project.name}",
        )
    return found


def _scores_of_run(project: Project, view: LiveView, run_id: str) -> LiveModel:
    found = kept_scores(project, view.question, project.store.run(run_id), view.pool)
    if found is None:
        raise InputError(f"The pool's scores by the run {run_id}, which ranked it, are gone.")
    return found
