"""Terms: words that speak for a label, to find first documents by before there is any answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.domain.documents import folded_text
from workbench.errors import InputError

# Scripts that write no spaces between words, from their first to their last character.
UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Myanmar
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3040", "\u30ff"),  # Hiragana, Katakana
    ("\u3400", "\u9fff"),  # Han
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """A word, or some in a row, and the label that it speaks for; "" for none in particular."""

    word: str
    label: str = ""

    def __post_init__(self) -> None:
        if not folded_text(self.word):
            raise InputError(
                "A term needs a word.", hint="Write WORD or WORD=LABEL, for example refund=complaint."
            )

    @property
    def group(self) -> str:
        """What a batch is balanced over: the label, or the word where there is none."""
        return self.label or folded_text(self.word)


def holds_word(folded: str, word: str) -> bool:
    """Tell whether a folded text holds a folded word as a whole one.

    Beside it stands nothing that is part of a word, but in scripts without spaces, where anything may.

    >>> holds_word("i want my refund!", "refund"), holds_word("refunds are late", "refund")
    (True, False)
    >>> holds_word("我要退款吗", "退款")
    True
    """
    start = folded.find(word)
    while start >= 0:
        end = start + len(word)
        before, after = folded[start - 1 : start], folded[end : end + 1]
        if not (_goes_on(before, word[0]) or _goes_on(after, word[-1]) or _is_mark(after)):
            return True
        start = folded.find(word, start + 1)
    return False


def terms_of_labels(labels: Iterable[str]) -> tuple[Term, ...]:
    """Return the names of labels as terms for them: what stands between their words is a space.

    >>> terms_of_labels(["late_parcel"])
    (Term(word='late parcel', label='late_parcel'),)
    """
    named = ((label, label.replace("_", " ").replace("-", " ")) for label in labels)
    return tuple(Term(words, label) for label, words in named if folded_text(words))


def _goes_on(neighbour: str, edge: str) -> bool:
    """Tell whether a neighbour makes the word that has this character at its edge a longer one."""
    if not neighbour:
        return False
    return (
        _is_of_word(neighbour) and _is_of_word(edge) and not (_is_unspaced(neighbour) or _is_unspaced(edge))
    )


def _is_of_word(character: str) -> bool:
    return character.isalnum() or character == "_" or _is_mark(character)


def _is_mark(character: str) -> bool:
    """Tell whether a character changes the one before it, as vowel signs and accents do."""
    return bool(character) and unicodedata.category(character)[0] == "M"


def _is_unspaced(character: str) -> bool:
    return any(first <= character <= last for first, last in UNSPACED)
