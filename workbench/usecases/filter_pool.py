"""Find documents of the pool by what they say, where they come from, and what a model says of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.domain.suggestions import Suggestion
from workbench.store.desk import Desk
from workbench.store.search import metadata_of, standing_answers, texts_of
from workbench.store.suggestions import Suggestions, first_label
from workbench.usecases.project import Project
from workbench.usecases.queue_documents import control_sample, shows_suggestions, suggestions_for

MOST_VALUES = 200  # of one metadata key that a page offers


@dataclass(frozen=True, slots=True)
class Filter:
    """What documents must be; what is empty asks for nothing.

    `contains` is looked for in the text, whatever its case. `suggested` is the first label that a model
    suggests; `key` and `value` are one of the metadata, the value as it is written in `metadata_values`.
    `only_unanswered` are those that still want an answer of the `annotator`, and lie on nobody else's desk.
    """

    contains: str = ""
    suggested: str = ""
    key: str = ""
    value: str = ""
    only_unanswered: bool = True
    annotator: str = ""


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """One document for a table; `likelihood` is the probability of the suggestion, from 0 to 1.

    `run` is the one that suggested it, '' where no suggestion may be shown. `by_others` tells whether
    somebody else answered it already.
    """

    id: str
    text: str
    suggested: str
    likelihood: float | None
    run: str = ""
    by_others: bool = False


def find_documents(project: Project, question: str, wanted: Filter) -> list[str]:
    """Return the ids of the pool's documents that are all that is wanted, in import order.

    Nothing is found by a suggestion that may not be shown.
    """
    desk, pool = Desk(project.store, wanted.annotator), project.store.document_ids
    ids = desk.open_ids(question) if wanted.only_unanswered else pool(part="pool")
    if wanted.suggested:
        suggested = set(_with_suggestion(project, question, wanted.suggested))
        ids = [id for id in ids if id in suggested]
    if wanted.key:
        rows = metadata_of(project.store)
        having = {
            id for id, facts in rows if wanted.key in facts and written(facts[wanted.key]) == wanted.value
        }
        ids = [id for id in ids if id in having]
    if wanted.contains:
        part = wanted.contains.casefold()
        saying = {id for id, text in texts_of(project.store) if part in text.casefold()}
        ids = [id for id in ids if id in saying]
    return ids


def read_found(
    project: Project, question: str, ids: Sequence[str], *, annotator: str = ""
) -> list[FoundDocument]:
    """Return these documents with what may be shown of a model's suggestions, and what others answered."""
    suggestions = suggestions_for(project, question, ids)
    said = standing_answers(project.store, question, ids)
    by_others = {answer.document_id for answer in said if answer.counts and answer.annotator != annotator}
    return [
        FoundDocument(
            document.id,
            document.text,
            *_suggested(suggestions.get(document.id)),
            by_others=document.id in by_others,
        )
        for document in project.store.documents(ids=ids)
    ]


def suggestion_counts(project: Project, question: str) -> dict[str, int]:
    """Return how many documents have each label as their first suggestion, of those that may be shown."""
    if not shows_suggestions(project, question):
        return {}
    suggestions = Suggestions(project.store)
    counts = Counter(suggestions.counts(question))
    of_sample = suggestions.of(question, list(control_sample(project, question)))
    counts.subtract(first_label(suggestion) for suggestion in of_sample.values())
    return {label: n for label, n in counts.items() if n > 0}


def _with_suggestion(project: Project, question: str, label: str) -> list[str]:
    if not shows_suggestions(project, question):
        return []
    found = Suggestions(project.store).ids_with(question, label)
    of_sample = control_sample(project, question)
    return [id for id in found if id not in of_sample]


def metadata_values(project: Project) -> dict[str, list[str]]:
    """Return the values of each metadata key in the pool, most frequent first; the most frequent 200."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, facts in metadata_of(project.store):
        for key, value in facts.items():
            counts[key][written(value)] += 1
    return {key: [value for value, _ in counts[key].most_common(MOST_VALUES)] for key in sorted(counts)}


def written(value: Any) -> str:
    """Return a value of the metadata as a page writes it."""
    return value if isinstance(value, str) else repr(value)


def _suggested(suggestion: Suggestion | None) -> tuple[str, float | None, str]:
    if suggestion is None:
        return "", None, ""
    likely = dict(suggestion.likely)
    known = [likely[label] for label in suggestion.labels if label in likely]
    return " + ".join(suggestion.labels), min(known) if known else None, suggestion.run
