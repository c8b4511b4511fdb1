"""Choose every batch of a question again from what was known then, and compare document by document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from workbench import catalog
from workbench.domain.history import RECIPE_VERSION, chain_link, chooses_so_since, read_moment
from workbench.domain.ports import Progress, silent
from workbench.domain.questions import Kind
from workbench.domain.runs import Batch
from workbench.errors import InputError, WorkbenchError
from workbench.usecases.ask_parts import first_other_scope
from workbench.usecases.batch_recipe import KEYS, known_of, project_at
from workbench.usecases.gather_inputs import wanted
from workbench.usecases.project import Project
from workbench.usecases.propose_batch import VECTOR_INPUTS, Ranking, choose
from workbench.usecases.rebuild_model import Rebuilding, Rebuilt, encoder_as_then, rebuild_model
from workbench.usecases.replay_live import replay_live

State: TypeAlias = Literal["same", "differs", "cannot be replayed"]
BROKEN = "its chain does not follow from recipe, documents and the batch before: one of them was changed"
WHAT = {"labels": "labels", "answers": "settled answers", "documents": "documents that could be asked"}
AGAIN = "the vectors of the texts are not those that it was chosen from: they were computed again since"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one batch, numbered from 1.

    `place` is the first place, from 1, that holds another document; `remarks` say what else is not as it
    was; `reason` says why the batch cannot be replayed.
    """

    number: int
    batch: Batch
    place: int | None = None
    remarks: tuple[str, ...] = ()
    reason: str = ""

    @property
    def state(self) -> State:
        """The same, different, or not replayable."""
        if self.place is not None or self.remarks:
            return "differs"
        return "cannot be replayed" if self.reason else "same"

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON values."""
        return {
            "number": self.number,
            "batch": self.batch.id,
            "strategy": self.batch.strategy,
            "state": self.state,
            "place": self.place,
            "remarks": list(self.remarks),
            "reason": self.reason,
        }


def replay(
    project: Project,
    question: str,
    rebuilding: Rebuilding | None = None,
    *,
    progress: Progress = silent,
) -> Iterator[Verdict]:
    """Yield a verdict on each batch of a question, oldest first; the store is only read.

    A batch that cannot be replayed, as those from before recipes were kept, says why and the next one
    is replayed all the same.
    """
    batches = project.store.batches(question)
    models = _Models(project, rebuilding or Rebuilding(), progress)
    previous = ""
    for number, batch in enumerate(batches, start=1):
        progress(number - 1, len(batches), "batches replayed")
        is_old = not batch.chain and not batch.recipe
        remarks = [] if is_old or batch.chain == chain_link(previous, batch) else [BROKEN]
        previous, place, reason = batch.chain, None, ""
        try:
            before = batches[number - 2] if number > 1 else None
            place = _replayed(project, batch, before, models, remarks)
        except WorkbenchError as error:
            reason = " ".join(str(error).split())
        yield Verdict(number, batch, place, tuple(remarks), reason)
    progress(len(batches), len(batches), "batches replayed")


def _replayed(
    project: Project, batch: Batch, before: Batch | None, models: _Models, remarks: list[str]
) -> int | None:
    """Return the first place that differs, and add what is not as it was, also when the choice fails."""
    ranking = read_recipe(batch, project.store.question(batch.question).kind)
    moment = read_moment(batch.recipe, f"The batch {batch.id}")
    with project_at(project, batch.question, moment) as seen:
        if "live" in batch.recipe:
            found, hashes = replay_live(seen, batch, before)
            remarks += changed_since(hashes, batch.recipe["hashes"])
        else:
            known = known_of(seen, batch.question, moment)
            remarks += changed_since(known.hashes(), batch.recipe["hashes"])
            rebuilt = models.of(batch)
            remarks += rebuilt.remarks
            if VECTOR_INPUTS & wanted(catalog.strategy(ranking.strategy)):
                encoder_as_then(seen, ranking.encoder, batch.recipe.get("encoder_id"))
            chosen = choose(seen, known, ranking, model=rebuilt.model)
            found, hashes = chosen.proposals, {**known.hashes(), "vectors": chosen.vectors}
    remarks += [AGAIN] if has_other_vectors(hashes, batch.recipe["hashes"]) else []
    other = first_other_scope(found, batch.proposals)
    remarks += [] if other is None else [f"of the document {other} other words are asked"]
    return first_difference([proposal.document_id for proposal in found], asked(batch))


def read_recipe(batch: Batch, kind: Kind) -> Ranking:
    """Return the ranking that a recipe of a question records. Raises InputError when it cannot be followed."""
    recipe = batch.recipe
    if not recipe:
        raise InputError("It has no recipe: it was kept before recipes were written, or by another program.")
    unknown, version = sorted(set(recipe) - KEYS), recipe.get("version")
    if not (isinstance(version, int) and 1 <= version <= RECIPE_VERSION) or unknown:
        what = f"says {', '.join(unknown)}" if unknown else f"has the version {version}"
        raise InputError(f"Its recipe {what}, which cannot be followed here.", hint="Update the workbench.")
    try:
        ranking = Ranking(**recipe["ranking"])
    except (KeyError, TypeError) as error:
        raise InputError(f"Its recipe cannot be read: {error}.") from None
    if not isinstance(recipe.get("hashes"), Mapping):
        raise InputError("Its recipe cannot be read: it has no hashes.")
    if version < chooses_so_since(ranking.strategy, kind):
        raise InputError(f"The strategy '{ranking.strategy}' chose otherwise when it was made.")
    return ranking


def changed_since(today: Mapping[str, str], hashes: Mapping[str, Any]) -> list[str]:
    """Say which parts of what was known, by their hashes, are not those that a recipe hashed."""
    return [
        f"the {words} are not those that it was chosen from"
        for part, words in WHAT.items()
        if today[part] != hashes.get(part)
    ]


def has_other_vectors(today: Mapping[str, str], hashes: Mapping[str, Any]) -> bool:
    """Tell whether the same texts have other vectors; those of other texts say nothing, and old recipes know none."""
    is_same = all(today[part] == hashes.get(part) for part in WHAT)
    vectors = hashes.get("vectors", "")
    return bool(is_same and vectors and today["vectors"] and today["vectors"] != vectors)


def asked(batch: Batch) -> list[str]:
    """Return the ids of the documents of a batch, best first."""
    return [proposal.document_id for proposal in batch.proposals]


def first_difference(found: list[str], kept: list[str]) -> int | None:
    """Return the first place, from 1, at which two lists differ; None when they are equal.

    >>> first_difference(["a", "b"], ["a", "c"]), first_difference(["a"], ["a", "b"]), first_difference([], [])
    (2, 2, None)
    """
    if found == kept:
        return None
    pairs = zip(found, kept, strict=False)
    return next((place for place, (a, b) in enumerate(pairs, 1) if a != b), min(len(found), len(kept)) + 1)


class _Models:
    """Rebuilds a model once for the batches that follow each other."""

    def __init__(self, project: Project, rebuilding: Rebuilding, progress: Progress) -> None:
        self._project, self._rebuilding, self._progress = project, rebuilding, progress
        self._key: tuple[Any, ...] | None = None
        self._newest = Rebuilt(None)

    def of(self, batch: Batch) -> Rebuilt:
        """Return the model that ranked a batch."""
        key = (batch.run, batch.recipe["hashes"].get("model"))
        if key != self._key:
            self._newest = rebuild_model(self._project, batch, self._rebuilding, progress=self._progress)
            self._key = key
        return self._newest
