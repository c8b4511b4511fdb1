"""What is known of a question at a moment, and the recipe of a batch that was chosen from it.

| key of a recipe | what it says                                                                      |
|-----------------|-----------------------------------------------------------------------------------|
| version         | `RECIPE_VERSION`; which older ones are replayed: `chooses_so_since`              |
| ranking         | the fields of `Ranking`: strategy, n, seed, encoder, terms, spans                 |
| encoder_id      | model, version and precision of the encoder, if the strategy looked at vectors    |
| saw             | the `Moment`: last annotation, number of documents, label version                 |
| live            | of a batch ranked live: was a sample looked at, were names of labels read,        |
|                 | how many documents had no vector, and by which word vectors entities were ranked  |
| hashes          | SHA-256 of labels, settled answers, candidates, of what the model follows from,   |
|                 | and of the vectors that were looked at: computed again they may be others         |

Who adds a key changes what a batch follows from; `replay` refuses keys that it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from workbench.domain.documents import Document
from workbench.domain.examples import Example
from workbench.domain.history import RECIPE_VERSION, Moment, hash_documents, hash_json, hash_training
from workbench.domain.questions import Question
from workbench.domain.runs import Run, hash_examples
from workbench.store.past import as_of, moment_of
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.project import Project
from workbench.usecases.unanswered import unanswered

KEYS = frozenset({"version", "ranking", "encoder_id", "saw", "live", "hashes"})


@dataclass(frozen=True, slots=True)
class Known:
    """What a ranking may look at: the question, its settled answers, the documents that may be asked."""

    question: Question
    answered: tuple[Example, ...]
    candidates: tuple[Document, ...]
    moment: Moment

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each part, so that two histories can say which of them differs."""
        return {
            "labels": hash_json(list(self.question.labels)),
            "answers": hash_examples(self.answered),
            "documents": hash_documents(self.candidates),
        }


@contextmanager
def project_at(project: Project, question: str, moment: Moment) -> Iterator[Project]:
    """Open a project as it was at a moment; nothing can be written."""
    with as_of(project.store, question, moment) as past:
        yield replace(project, store=past)


def look(project: Project, question: str, moment: Moment | None = None) -> Known:
    """Return what was known of a question at a moment, by default now.

    All of it is of one moment, whatever annotators send meanwhile.
    """
    then = moment or moment_of(project.store, question)
    with project_at(project, question, then) as seen:
        return known_of(seen, question, then)


def known_of(seen: Project, question: str, moment: Moment) -> Known:
    """Return what is known in a project that is open as of a moment."""
    left = seen.store.documents(ids=unanswered(seen, question))
    return Known(seen.store.question(question), tuple(collect_examples(seen, question)), tuple(left), moment)


def learned_from(project: Project, question: str, moment: Moment) -> tuple[Question, list[Example]]:
    """Return a question and its settled answers as they were at a moment."""
    with project_at(project, question, moment) as seen:
        return seen.store.question(question), collect_examples(seen, question)


def recipe_of(
    known: Known, ranking: Mapping[str, Any], run: Run | None, *, encoder_id: str | None, vectors: str = ""
) -> dict[str, Any]:
    """Return the recipe of a batch that is ranked by these settings, this run, if any, and vectors of this hash."""
    hashes = {**known.hashes(), "model": hash_training(run) if run is not None else ""}
    hashes |= {"vectors": vectors} if vectors else {}
    recipe = {"version": RECIPE_VERSION, "ranking": dict(ranking), "saw": known.moment.as_dict()}
    used = {} if encoder_id is None else {"encoder_id": encoder_id}
    return {**recipe, **used, "hashes": hashes}
