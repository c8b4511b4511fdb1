"""From annotations to examples: one answer a document where annotators disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

from workbench.analysis.span_errors import spans_in_scope
from workbench.domain.annotations import FROM_A_FILE, Annotation
from workbench.domain.conversion import RULES, Rule
from workbench.domain.documents import Part
from workbench.domain.examples import Example
from workbench.errors import NotEnoughDataError, UnknownNameError
from workbench.usecases.project import Project

Answer = tuple[tuple[str, ...], tuple[tuple[int, int, str], ...]]


def parse_rule(text: str) -> Rule:
    """Read the name of a rule. Raises UnknownNameError."""
    for rule in RULES:
        if rule == text:
            return rule
    raise UnknownNameError("rule", text, RULES)


def settle(annotations: Sequence[Annotation], rule: Rule = "gold-first") -> Annotation | None:
    """Choose one annotation of a document.

    | rule       | whose answer it is                                                          |
    |------------|-----------------------------------------------------------------------------|
    | gold-first | that settled here; else that marked as ground truth; else of the majority   |
    | majority   | the one that most annotators gave, the newest on a tie                      |
    | latest     | the newest                                                                  |

    What came with a file that names no annotator counts where no named one answered. Skips, drafts and
    withdrawals do not count. Returns None when nothing is left. `annotations` are in the order in which
    they were recorded.
    """
    answers = [annotation for annotation in annotations if annotation.counts]
    if not answers:
        return None
    voting = [annotation for annotation in answers if annotation.annotator != FROM_A_FILE] or answers
    if rule == "latest":
        return voting[-1]
    if rule == "gold-first":
        settled = [annotation for annotation in answers if annotation.is_settled]
        if settled:
            return settled[-1]
        voting = [annotation for annotation in answers if is_ground_truth(annotation)] or voting
    votes = Counter(answer_of(annotation) for annotation in voting)
    most = max(votes.values())
    return next(a for a in reversed(voting) if votes[answer_of(a)] == most)


def disagree(annotations: Sequence[Annotation]) -> bool:
    """Tell whether named annotators answered differently."""
    named = [a for a in annotations if a.counts and a.annotator != FROM_A_FILE]
    if len({annotation.scope for annotation in named}) > 1:
        return any(_differ(a, b) for a, b in combinations(named, 2))
    return len({answer_of(annotation) for annotation in named}) > 1


def _differ(a: Annotation, b: Annotation) -> bool:
    """Tell whether two answers differ about what both were asked."""
    one, other = (spans_in_scope(spans_in_scope(said.spans, a.scope), b.scope) for said in (a, b))
    return set(a.labels) != set(b.labels) or set(one) != set(other)


def is_ground_truth(annotation: Annotation) -> bool:
    """Tell whether the answer was settled here, or starred in Label Studio."""
    if annotation.is_settled:
        return True
    task = (annotation.raw or {}).get("label_studio")
    fields = task.get("fields") if isinstance(task, Mapping) else None
    return isinstance(fields, Mapping) and fields.get("ground_truth") is True


def answer_of(annotation: Annotation) -> Answer:
    """Return what an annotation says, without who said it."""
    spans = tuple(sorted((span.start, span.end, span.label) for span in annotation.spans))
    return tuple(sorted(annotation.labels)), spans


def collect_examples(project: Project, question: str, *, part: Part = "pool") -> list[Example]:
    """Return the settled answers of a part, in import order of the documents.

    Documents of the pool whose text is held out too are left out: nothing is judged on what it learned.
    """
    left_out = project.store.held_out_twins() if part == "pool" else set()
    chosen = settled_answers(project, question)
    return [
        example_of(document.text, chosen[document.id])
        for document in project.store.documents(part=part)
        if document.id in chosen and document.id not in left_out
    ]


def settled_answers(
    project: Project, question: str, ids: Sequence[str] | None = None
) -> dict[str, Annotation]:
    """Return the one answer of each answered document (of these, when ids are given), by its id."""
    by_document: dict[str, list[Annotation]] = {}
    for annotation in project.store.current(question, ids):
        by_document.setdefault(annotation.document_id, []).append(annotation)
    settled = {document_id: settle(annotations) for document_id, annotations in by_document.items()}
    return {document_id: chosen for document_id, chosen in settled.items() if chosen is not None}


def example_of(text: str, annotation: Annotation) -> Example:
    """Return the example that the settled answer of a document makes."""
    return Example(annotation.document_id, text, annotation.labels, annotation.spans, annotation.scope)


def need_examples(examples: Sequence[Example], question: str, *, at_least: int = 2) -> Sequence[Example]:
    """Return the examples. Raises NotEnoughDataError when there are too few to learn from."""
    if len(examples) < at_least:
        raise NotEnoughDataError(
            f"'{question}' has {len(examples)} answered documents; at least {at_least} are needed.",
            hint="Label some documents (workbench app) or import labelled ones.",
        )
    return examples
