"""One document of a DocBin as a text with an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from workbench.domain.documents import Document
from workbench.domain.questions import KINDS, Kind
from workbench.domain.spans import Span
from workbench.errors import InputError, SourceError
from workbench.sources.docbin_content import RawDoc, read_groups, unpacked
from workbench.sources.docbin_tokens import Token
from workbench.sources.strict_json import parse_json

FACTS = "workbench"  # the key in doc.user_data
GROUP = "sc"  # spaCy's usual key for spans that may overlap
OUTSIDE, BEGIN, INSIDE = 2, 3, 1


@dataclass(frozen=True, slots=True)
class Facts:
    """What a document says about itself in `user_data`; empty in files of other programs."""

    id: str = ""
    question: str = ""
    kind: Kind | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A document with its tokens and all answers that it holds: None where there is none."""

    text: str
    tokens: list[Token]
    facts: Facts
    cats: Mapping[str, Any]
    spans: tuple[Span, ...] | None

    def document(self, default_id: str) -> Document:
        """Return the document; the tokens are what its format needs for the way back."""
        layout = {"docbin_tokens": [list(token) for token in self.tokens]}
        return Document(self.facts.id or default_id, self.text, self.facts.metadata, layout)

    def labels(self, kind: Kind) -> tuple[str, ...] | None:
        """Return the labels whose category is 1. Raises InputError unless all others are 0."""
        if not self.cats:
            return None
        for label, score in self.cats.items():
            if not isinstance(label, str):
                raise InputError(f"A category has the name {str(label)[:80]!r}, which is no text.")
            if isinstance(score, bool) or score not in (0, 1):
                raise InputError(f"The category {label[:80]!r} is {str(score)[:40]}; an answer has 1 or 0.")
        labels = tuple(label for label, score in self.cats.items() if score == 1)
        if kind == "textcat" and len(labels) != 1:
            raise InputError(f"{len(labels)} categories are 1; an answer to a textcat question has one.")
        return labels


def read_record(raw: RawDoc, strings: Mapping[int, str]) -> Record:
    """Return the record of a document. Raises InputError when it contradicts itself or is damaged."""
    try:
        words = [strings[number] for number in raw.orth.tolist()]
        entities = _entities(raw, strings)
        groups = read_groups(raw.groups)
        group = None
        if GROUP in groups:
            group = [(start, end, strings[label]) for start, end, label in groups[GROUP]]
    except KeyError as error:
        raise InputError(
            f"A word or label is missing among the strings of the file (hash {error})."
        ) from error
    except (ValueError, TypeError) as error:
        raise InputError(f"The document is damaged: {error}.") from error
    ends = list(accumulate(len(word) + space for word, space in zip(words, raw.spaces.tolist(), strict=True)))
    starts = [0, *ends]
    tokens = [(start, start + len(word)) for start, word in zip(starts, words, strict=False)]
    text = "".join(word + " " * space for word, space in zip(words, raw.spaces.tolist(), strict=True))
    if "\0" in text:
        raise InputError("The text holds a NUL character.")
    spans = None if entities is None else _spans(text, tokens, entities)
    if group is not None:
        grouped = _spans(text, tokens, group)
        if spans and grouped and set(spans) - set(grouped):
            raise InputError(f"doc.ents and doc.spans[{GROUP!r}] say different things.")
        spans = grouped or spans or ()
    return Record(text, tokens, _facts(raw.user_data), raw.cats, spans)


def _entities(raw: RawDoc, strings: Mapping[int, str]) -> list[tuple[int, int, str]] | None:
    """Return the entities as ranges of tokens, None when nobody has said where there are any."""
    codes = raw.ent_iob.tolist()
    if not any(codes):
        return None
    found: list[tuple[int, int, str]] = []
    for place, (code, number) in enumerate(zip(codes, raw.ent_type.tolist(), strict=True)):
        if code == BEGIN:
            found.append((place, place + 1, strings[number]))
        elif code == INSIDE:
            if not found or found[-1][1] != place or found[-1][2] != strings[number]:
                raise ValueError(f"token {place + 1} continues an entity that is not there")
            found[-1] = (found[-1][0], place + 1, found[-1][2])
        elif code not in (0, OUTSIDE):
            raise ValueError(f"token {place + 1} has the IOB code {code}")
    return found


def _spans(text: str, tokens: list[Token], ranges: Iterable[tuple[int, int, str]]) -> tuple[Span, ...]:
    spans = []
    for first, behind, label in ranges:
        if not 0 <= first < behind <= len(tokens):
            raise InputError(f"A span covers the tokens {first} to {behind}, but there are {len(tokens)}.")
        spans.append(Span.of(text, tokens[first][0], tokens[behind - 1][1], label))
    return tuple(sorted(spans))


def _facts(user_data: bytes | None) -> Facts:
    """Return what the document says about itself. Raises InputError when our own field is damaged."""
    if user_data is None:
        return Facts()
    try:
        found = unpacked(user_data, use_list=False)  # spaCy's own keys are tuples
        packed = found.get(FACTS) if isinstance(found, dict) else None
        said = {} if packed is None else parse_json(packed.encode(), "user_data")
        facts = Facts(
            said.get("id", ""), said.get("question", ""), said.get("kind"), said.get("metadata", {})
        )
    except (ValueError, TypeError, AttributeError, SourceError) as error:
        raise InputError(f"Its user_data is damaged: {error}.") from error
    texts = isinstance(facts.id, str) and isinstance(facts.question, str) and isinstance(facts.metadata, dict)
    if not texts or facts.kind not in (None, *KINDS):
        raise InputError(f"Its user_data[{FACTS!r}] is damaged.")
    return facts
