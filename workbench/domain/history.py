"""History: what a batch followed from, and the chain of hashes that shows where two histories part."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from workbench.domain.documents import Document
from workbench.domain.questions import Kind
from workbench.domain.runs import Batch, Run
from workbench.errors import InputError

RECIPE_VERSION = 4
# From which version of recipes on a strategy chooses as it does today; others always did.
CHOOSES_SO_SINCE = {"auto": 3, "seeds": 3}
ANY_LABELS_SO_SINCE = {"auto": 4}  # where a document may have any number of labels


@dataclass(frozen=True, slots=True)
class Moment:
    """How far the facts had grown: the last annotation, how many documents and label changes there were."""

    annotations: int
    documents: int
    label_version: int

    def as_dict(self) -> dict[str, int]:
        """Return the moment as JSON values."""
        return asdict(self)


def chooses_so_since(strategy: str, kind: Kind) -> int:
    """Return from which version of recipes on a strategy chooses as it does today for a kind of question.

    >>> [chooses_so_since("auto", kind) for kind in ("textcat", "textcat-multi")], chooses_so_since("margin", "ner")
    ([3, 4], 1)
    """
    since = CHOOSES_SO_SINCE.get(strategy, 1)
    return max(since, ANY_LABELS_SO_SINCE.get(strategy, 1)) if kind == "textcat-multi" else since


def read_moment(facts: Mapping[str, Any], what: str) -> Moment:
    """Return the moment that a recipe or a run noted under `saw`. Raises InputError when it noted none."""
    try:
        return Moment(**{name: int(value) for name, value in facts["saw"].items()})
    except (KeyError, AttributeError, TypeError, ValueError):
        raise InputError(
            f"{what} does not say which answers there were: it was written before that."
        ) from None


def hash_json(value: object) -> str:
    """Return the SHA-256 of a JSON value, however its keys are ordered, as 64 hex digits."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def hash_documents(found: Sequence[Document]) -> str:
    """Return the SHA-256 of the ids and texts of documents, in their order."""
    digest = sha256()
    for document in found:
        digest.update(repr((document.id, document.text)).encode())
    return digest.hexdigest()


def hash_training(run: Run) -> str:
    """Return the SHA-256 of all that a run's model follows from; its id and time are chance."""
    learned = [run.learner, run.seed, dict(run.config), list(run.labels), run.label_version, run.data_hash]
    return hash_json(learned)


def chain_link(previous: str, batch: Batch) -> str:
    """Return the chain of a batch that follows the one whose chain is `previous` ("" for the first).

    Two histories have equal chains as long as they asked the same documents for the same reasons. The
    moment is no part of it: it numbers the annotations of all questions. Scopes are, where there are any:
    the chains of batches from before there were stay what they are.
    """
    recipe = {name: value for name, value in batch.recipe.items() if name != "saw"}
    asked = [proposal.document_id for proposal in batch.proposals]
    scopes = [proposal.scope for proposal in batch.proposals]
    parts = [scopes] if any(scope is not None for scope in scopes) else []
    return hash_json([previous, batch.strategy, batch.seed, recipe, asked, *parts])
