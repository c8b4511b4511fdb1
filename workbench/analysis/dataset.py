"""Facts about documents and their answers that deserve a look before anybody trains on them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from workbench.domain.documents import Document
from workbench.domain.examples import Example
from workbench.domain.spans import Span

Answer: TypeAlias = tuple[str, ...] | tuple[Span, ...]
SHARES = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class SameText:
    """Documents whose texts are equal, character by character; ids in the order given."""

    document_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One text with different answers: each answer in words, with the documents that have it."""

    answers: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Leak:
    """A text that stands both in the pool and in the held-out set: it flatters the figures."""

    pool_ids: tuple[str, ...]
    held_out_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataFacts:
    """What `data_facts` found. Lengths are in characters.

    `n_by_label` counts examples (textcat) or spans (ner) of the pool, most frequent first;
    `held_out_by_label` likewise of the held-out set.
    """

    n_pool: int
    n_held_out: int
    n_blank: int
    n_labelled: int
    n_by_label: Mapping[str, int]
    held_out_by_label: Mapping[str, int]
    length_quantiles: Mapping[float, int]
    duplicates: tuple[SameText, ...]
    conflicts: tuple[Conflict, ...]
    leaks: tuple[Leak, ...]

    def warnings(self, labels: Sequence[str] = ()) -> list[str]:
        """Say in sentences, each with its count, what may spoil a training; worst first.

        `labels` are those of the question; the sentences on labels leave out what is not among them.
        """
        return [*self._about_texts(), *self._about_labels(labels)]

    def _about_texts(self) -> list[str]:
        n_copies = sum(len(same.document_ids) - 1 for same in self.duplicates)
        n_leaked = sum(len(leak.held_out_ids) for leak in self.leaks)
        counted = [
            (n_leaked, "held-out document(s) have the text of a pool document: figures on them flatter."),
            (len(self.conflicts), "text(s) have different answers in different documents."),
            (n_copies, "document(s) repeat the text of another one."),
            (self.n_blank, "document(s) have no visible text."),
        ]
        return [f"{n} {what}" for n, what in counted if n]

    def _about_labels(self, labels: Sequence[str]) -> list[str]:
        if not self.n_labelled:
            return ["No document is labelled yet."]
        found = []
        if len(labels) > 1 and len(self.n_by_label) == 1:
            found.append(f"All answers have the one label '{next(iter(self.n_by_label))}'; two are needed.")
        without = [label for label in labels if not self.n_by_label.get(label)]
        once = [label for label in labels if self.n_by_label.get(label) == 1]
        unseen = [label for label in labels if self.n_held_out and not self.held_out_by_label.get(label)]
        return [
            *found,
            *_name("label(s) have no example and cannot be learned", without),
            *_name("label(s) have a single example", once),
            *_name("label(s) have no held-out document and no figures", unseen),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return {
            "n_pool": self.n_pool,
            "n_held_out": self.n_held_out,
            "n_blank": self.n_blank,
            "n_labelled": self.n_labelled,
            "n_by_label": dict(self.n_by_label),
            "held_out_by_label": dict(self.held_out_by_label),
            "length_quantiles": {f"{share:g}": length for share, length in self.length_quantiles.items()},
            "duplicates": [list(same.document_ids) for same in self.duplicates],
            "conflicts": [{a: list(ids) for a, ids in c.answers.items()} for c in self.conflicts],
            "leaks": [{"pool": list(k.pool_ids), "held_out": list(k.held_out_ids)} for k in self.leaks],
        }


def data_facts(documents: Sequence[Document], examples: Sequence[Example]) -> DataFacts:
    """Look at the documents and at the answers of one question to them.

    Texts are compared verbatim. Examples of documents that are not among `documents` count as pool.
    """
    held_out = {document.id for document in documents if document.part == "held-out"}
    by_text = group_by_text(documents)
    return DataFacts(
        n_pool=len(documents) - len(held_out),
        n_held_out=len(held_out),
        n_blank=sum(not has_visible_text(document.text) for document in documents),
        n_labelled=len(examples),
        n_by_label=count_labels(e for e in examples if e.document_id not in held_out),
        held_out_by_label=count_labels(e for e in examples if e.document_id in held_out),
        length_quantiles=length_quantiles([document.text for document in documents]),
        duplicates=tuple(SameText(ids) for ids in by_text if len(ids) > 1),
        conflicts=find_conflicts(examples),
        leaks=tuple(leak for ids in by_text if (leak := _leak(ids, held_out)) is not None),
    )


def has_visible_text(text: str) -> bool:
    """Tell whether anything can be seen: spaces, control and zero-width characters cannot."""
    return any(character.isprintable() and not character.isspace() for character in text)


def group_by_text(documents: Iterable[Document]) -> list[tuple[str, ...]]:
    """Return the ids of documents with equal texts together, in order of first sight."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for document in documents:
        groups[document.text].append(document.id)
    return [tuple(ids) for ids in groups.values()]


def find_conflicts(examples: Iterable[Example]) -> tuple[Conflict, ...]:
    """Return the texts whose examples answer differently; the order of labels or spans is no difference.

    Examples that were asked about a part of the text only are left out: what they do not say, they
    were not asked.
    """
    answers: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for example in examples:
        if example.scope is None:
            answers[example.text][_in_words(example)].append(example.document_id)
    return tuple(
        Conflict({answer: tuple(ids) for answer, ids in found.items()})
        for found in answers.values()
        if len(found) > 1
    )


def count_labels(examples: Iterable[Example]) -> dict[str, int]:
    """Count labels and the labels of spans, most frequent first, ties by name."""
    counts: Counter[str] = Counter()
    for example in examples:
        counts.update(example.labels)
        counts.update(span.label for span in example.spans)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def length_quantiles(texts: Sequence[str]) -> dict[float, int]:
    """Return the shortest, quartile, 95 % and longest lengths; each is a length that occurs."""
    if not texts:
        return {}
    lengths = np.quantile([len(text) for text in texts], SHARES, method="inverted_cdf")
    return {share: int(length) for share, length in zip(SHARES, lengths, strict=True)}


def _in_words(example: Example) -> str:
    spans = [f"{span.label} [{span.start}, {span.end})" for span in sorted(example.spans)]
    return ", ".join([*sorted(example.labels), *spans]) or "nothing"


def _leak(ids: tuple[str, ...], held_out: set[str]) -> Leak | None:
    inside = tuple(i for i in ids if i in held_out)
    outside = tuple(i for i in ids if i not in held_out)
    return Leak(outside, inside) if inside and outside else None


def _name(what: str, labels: Sequence[str]) -> list[str]:
    if not labels:
        return []
    shown = ", ".join(labels[:10]) + (f" and {len(labels) - 10} more" if len(labels) > 10 else "")
    return [f"{len(labels)} {what}: {shown}."]
