"""Tagging schemes: the tags of a sentence to entities and back, and what is wrong with the tags.

| scheme | one word | several words | next to an entity of the same type |
|--------|----------|---------------|------------------------------------|
| iob2   | B        | B I I         | B                                  |
| iob1   | I        | I I I         | B I I                              |
| bioes  | S        | B I E         | as always                          |
| bilou  | U        | B I L         | as always                          |

All four say the same entities; between them conversion is exact (Tjong Kim Sang and Veenstra 1999,
https://aclanthology.org/E99-1023; Ratinov and Roth 2009, https://aclanthology.org/W09-1119).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from workbench.domain.questions import check_label
from workbench.errors import InputError, UnknownNameError

SCHEMES = ("iob2", "iob1", "bioes", "bilou")
MARKS = {"iob2": "BIO", "iob1": "BIO", "bioes": "BIOES", "bilou": "BILOU"}
ONE_WORD = {"iob2": "B", "iob1": "I", "bioes": "S", "bilou": "U"}
LAST_WORD = {"iob2": "I", "iob1": "I", "bioes": "E", "bilou": "L"}
TAG = re.compile(r"([BIESLU])-(.*)", re.DOTALL)


class Tag(NamedTuple):
    """A tag in its two parts; outside an entity the mark is O and the label empty."""

    mark: str
    label: str = ""


class Entity(NamedTuple):
    """The words [first, end) of a sentence, with their label."""

    first: int
    end: int
    label: str


class Fault(NamedTuple):
    """A word whose tag the scheme does not allow where it stands."""

    word: int
    code: str
    message: str


OUTSIDE = Tag("O")


def check_scheme(name: str) -> str:
    """Return the name of a scheme. Raises UnknownNameError for another."""
    if name not in SCHEMES:
        raise UnknownNameError("tagging scheme", name, SCHEMES)
    return name


@lru_cache(maxsize=65_536)
def parse_tag(text: str) -> Tag:
    """Return the parts of a tag of any scheme. Raises InputError for anything else.

    >>> parse_tag("B-PER-X")
    Tag(mark='B', label='PER-X')
    """
    if text == "O":
        return OUTSIDE
    found = TAG.fullmatch(text)
    if not found or not found[2] or found[2].startswith("-"):
        raise InputError(f"{text[:80]!r} is not a tag: a tag is O, or B- or I- and a label.")
    return Tag(found[1], check_label(found[2]))


def entities_of(tags: Sequence[Tag]) -> list[Entity]:
    """Join tags to entities, by the same rule for every scheme.

    I, E and L go on with an open entity of their label; where there is none they begin one, so that
    no tag is lost. `faults` tells whether the tags keep to a scheme.
    """
    entities: list[Entity] = []
    first, label = 0, ""
    for word, tag in enumerate(tags):
        if label and not (tag.mark in "IEL" and tag.label == label):
            entities.append(Entity(first, word, label))
            label = ""
        if tag.mark != "O" and not label:
            first, label = word, tag.label
        if tag.mark in "ESLU":
            entities.append(Entity(first, word + 1, label))
            label = ""
    if label:
        entities.append(Entity(first, len(tags), label))
    return entities


def tags_of(entities: Sequence[Entity], n_words: int, scheme: str) -> list[str]:
    """Return the tags of a sentence's words; the entities must not overlap."""
    tags = ["O"] * n_words
    last = Entity(0, -1, "")
    for entity in sorted(entities):
        touches = entity.first == last.end and entity.label == last.label
        marks = ["I"] * (entity.end - entity.first)
        if scheme != "iob1" or touches:
            marks[0] = "B"
        if scheme in ("bioes", "bilou"):
            marks[-1] = LAST_WORD[scheme] if len(marks) > 1 else ONE_WORD[scheme]
        tags[entity.first : entity.end] = [f"{mark}-{entity.label}" for mark in marks]
        last = entity
    return tags


def faults(tags: Sequence[Tag], scheme: str) -> list[Fault]:
    """Return where the tags of one sentence break the rules of the scheme, in order."""
    check = _closed_fault if scheme in ("bioes", "bilou") else _open_fault
    found = []
    before = OUTSIDE
    for word, tag in enumerate([*tags, OUTSIDE]):
        if tag.mark not in MARKS[scheme]:
            found.append(Fault(word, "foreign-mark", f"{tag.mark}- is no mark of {scheme.upper()}."))
        elif (tag.mark, before.mark) != ("O", "O"):
            fault = check(word, before, tag, scheme)
            if fault:
                found.append(fault)
        before = tag
    return found


def _open_fault(word: int, before: Tag, tag: Tag, scheme: str) -> Fault | None:
    follows = before.mark in "BI" and before.label == tag.label
    if scheme == "iob1":
        if tag.mark == "B" and not follows:
            message = f"B-{tag.label} follows no {tag.label}: in IOB1 it only parts two that touch."
            return Fault(word, "needless-begin", message)
        return None
    if tag.mark != "I" or follows:
        return None
    if before.mark in "BI":
        message = f"I-{tag.label} follows {before.mark}-{before.label}: the type changes inside an entity."
        return Fault(word, "type-change", message)
    return Fault(
        word, "stray-inside", f"I-{tag.label} goes on with nothing: there is no B-{tag.label} before."
    )


def _closed_fault(word: int, before: Tag, tag: Tag, scheme: str) -> Fault | None:
    last = LAST_WORD[scheme]
    is_open = before.mark in "BI"
    joins = tag.mark in ("I", last)
    if is_open and joins and before.label == tag.label:
        return None
    if is_open:
        now = "the sentence ends" if tag == OUTSIDE else f"{tag.mark}-{tag.label} follows"
        message = f"{before.mark}-{before.label} is not closed by {last}-{before.label}: {now}."
        return Fault(word - 1, "unclosed", message.replace("the sentence ends", "O or the end follows"))
    if joins:
        return Fault(word, "stray-inside", f"{tag.mark}-{tag.label} without a B-{tag.label} before.")
    return None


def evidence(tags: Sequence[Tag]) -> dict[str, int]:
    """Return, for each scheme that only this sentence's tags can mean, the first word that shows it."""
    shown: dict[str, int] = {}
    for entity in entities_of(tags):
        first, last = tags[entity.first], tags[entity.end - 1]
        touches = entity.first > 0 and tags[entity.first - 1].label == entity.label
        if last.mark in "ES":
            shown.setdefault("bioes", entity.end - 1)
        elif last.mark in "LU":
            shown.setdefault("bilou", entity.end - 1)
        elif first.mark == "I":
            shown.setdefault("iob1", entity.first)
        elif not touches:
            shown.setdefault("iob2", entity.first)
    return shown
