"""The model that ranked a batch, once more: trained again on the answers it saw, or loaded as it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench import catalog
from workbench.config import n_training_threads, stay_offline
from workbench.domain.history import hash_training, read_moment
from workbench.domain.ports import Encoder, LearnerContext, Model, Progress, silent
from workbench.domain.runs import Batch, Run, hash_examples
from workbench.errors import InputError
from workbench.usecases.batch_recipe import learned_from
from workbench.usecases.embed_pool import project_encoder
from workbench.usecases.project import Project
from workbench.usecases.runs import STUDENT, load_model

# Trained in seconds, on any machine alike; the others are loaded unless somebody wants to wait.
QUICK = frozenset({"tfidf", "linear", "kernel"})


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """Which models are trained again: the quick ones by default, none or all when told so."""

    stored_models: bool = False
    retrain_all: bool = False

    def __post_init__(self) -> None:
        if self.stored_models and self.retrain_all:
            raise InputError(
                "Models cannot be both loaded and trained again.",
                hint="Say --stored-models or --retrain-all.",
            )

    def trains(self, learner: str) -> bool:
        """Tell whether a learner's model is trained again; a student's teacher is not part of its run."""
        if self.stored_models or learner == STUDENT:
            return False
        return self.retrain_all or learner in QUICK


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A model, None where none ranked, and what is other than when the batch was chosen."""

    model: Model | None
    remarks: tuple[str, ...] = ()


def rebuild_model(
    project: Project, batch: Batch, rebuilding: Rebuilding, *, progress: Progress = silent
) -> Rebuilt:
    """Return the model that ranked a batch; the store and the run's folder are only read.

    Whatever ranks without being a kept run is to be rebuilt here from the batch's recipe. Raises
    UnknownNameError when no such run is kept, InputError when it does not say what it saw or its encoder is
    another one today, and ArtefactError when the model is to be loaded and its files are gone.
    """
    if batch.run is None:
        return Rebuilt(None)
    run = project.store.run(batch.run)
    same = hash_training(run) == batch.recipe["hashes"].get("model")
    remarks = () if same else (f"the run {run.id} is not the one that ranked it",)
    if not rebuilding.trains(run.learner):
        return Rebuilt(load_model(project, run, progress=progress), remarks)
    model, is_other = _trained_again(project, run, progress)
    other = (f"the answers that the run {run.id} learned from are others today",) if is_other else ()
    return Rebuilt(model, (*remarks, *other))


def _trained_again(project: Project, run: Run, progress: Progress) -> tuple[Model, bool]:
    """Return the model, and whether the answers are other ones than the run's data hash says."""
    stay_offline()
    moment = read_moment(run.facts, f"The run {run.id}")
    question, examples = learned_from(project, run.question, moment)
    encoder = encoder_as_then(project, run.config.get("encoder"), run.config.get("encoder_id"))
    context = LearnerContext(
        encoder=encoder, config=run.options, n_threads=n_training_threads(), progress=progress
    )
    learner = catalog.learner(run.learner, question.kind, context)
    model = learner.fit({question: examples}, seed=run.seed)
    with TemporaryDirectory() as folder:  # batches are ranked by models that were read from disk
        model.save(Path(folder))
        kept = learner.load(Path(folder))
    return kept, hash_examples(examples) != run.data_hash


def encoder_as_then(project: Project, name: str | None, encoder_id: str | None) -> Encoder | None:
    """Return the encoder of a recipe or run, None for none. Raises InputError when it is another one today."""
    if name is None or encoder_id is None:
        return None
    encoder = project_encoder(project, name)
    if encoder.id != encoder_id:
        raise InputError(f"The encoder '{name}' is {encoder.id} today and was {encoder_id}.")
    return encoder
