"""From annotations to examples: one answer a document where annotators disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from workbench.domain.annotations import Annotation
from workbench.domain.documents import Part
from workbench.domain.examples import Example
from workbench.errors import NotEnoughDataError
from workbench.usecases.project import Project

Answer = tuple[tuple[str, ...], tuple[tuple[int, int, str], ...]]


def settle(annotations: Sequence[Annotation]) -> Annotation | None:
    """Choose one annotation of a document: the answer most annotators gave, the newest on a tie.

    Skips, drafts and withdrawals do not count. Returns None when nothing is left. `annotations` are in
    the order in which they were recorded.
    """
    answers = [annotation for annotation in annotations if annotation.counts]
    if not answers:
        return None
    votes = Counter(answer_of(annotation) for annotation in answers)
    most = max(votes.values())
    return next(a for a in reversed(answers) if votes[answer_of(a)] == most)


def answer_of(annotation: Annotation) -> Answer:
    """Return what an annotation says, without who said it."""
    spans = tuple(sorted((span.start, span.end, span.label) for span in annotation.spans))
    return tuple(sorted(annotation.labels)), spans


def collect_examples(project: Project, question: str, *, part: Part = "pool") -> list[Example]:
    """Return the settled answers of a part, in import order of the documents.

    Documents of the pool whose text is held out too are left out: nothing is judged on what it learned.
    """
    left_out = project.store.held_out_twins() if part == "pool" else set()
    by_document: dict[str, list[Annotation]] = {}
    for annotation in project.store.current(question):
        by_document.setdefault(annotation.document_id, []).append(annotation)
    return [
        example
        for document in project.store.documents(part=part)
        if document.id in by_document and document.id not in left_out
        for example in examples_of(document.text, by_document[document.id])
    ]


def examples_of(text: str, annotations: Sequence[Annotation]) -> Iterable[Example]:
    """Return the example that the annotations of one document make, if any."""
    chosen = settle(annotations)
    if chosen is not None:
        yield Example(chosen.document_id, text, chosen.labels, chosen.spans, chosen.scope)


def need_examples(examples: Sequence[Example], question: str, *, at_least: int = 2) -> Sequence[Example]:
    """Return the examples. Raises NotEnoughDataError when there are too few to learn from."""
    if len(examples) < at_least:
        raise NotEnoughDataError(
            f"'{question}' has {len(examples)} answered documents; at least {at_least} are needed.",
            hint="Label some documents (workbench app) or import labelled ones.",
        )
    return examples
