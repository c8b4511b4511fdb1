"""A text as spaCy's tokens: cut so that spans begin and end with tokens, joined again to the same text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from workbench.domain.spans import Span

Token: TypeAlias = tuple[int, int]


class Tokenised(NamedTuple):
    """Tokens [start, end) in order, and whether one space follows each that belongs to no token.

    `n_cut` bounds of spans lay inside a word, which was cut there.
    """

    tokens: list[Token]
    spaces: list[bool]
    n_cut: int


def tokenised(text: str, words: Sequence[Token], spans: Sequence[Span]) -> Tokenised:
    """Return tokens that cover the text, so that tokens and spaces joined are the text.

    Every bound of a word or span is a bound of a token. As spaCy has it, one space after a token belongs
    to no token; other white space is a token, and so is a space at which a span begins or ends.
    """
    own_starts, own_ends = {start for start, _ in words}, {end for _, end in words}
    starts = own_starts | {span.start for span in spans}
    ends = own_ends | {span.end for span in spans}
    tokens: list[Token] = []
    spaces: list[bool] = []
    for start, end in pairwise(sorted(starts | ends | {0, len(text)})):
        if tokens and text[start] == " " and start not in starts and start + 1 not in ends:
            spaces[-1] = True
            start += 1
        if start < end:
            tokens.append((start, end))
            spaces.append(False)
    cut = {at for span in spans for at in (span.start, span.end)} - own_starts - own_ends
    return Tokenised(tokens, spaces, sum(_is_inside(text, at) for at in cut))


def _is_inside(text: str, at: int) -> bool:
    """Tell whether a place has characters on both sides, none of them white space."""
    return 0 < at < len(text) and not text[at - 1].isspace() and not text[at].isspace()


def tokens_under(tokens: Sequence[Token], spans: Iterable[Span]) -> list[tuple[int, int, str]]:
    """Return spans as (first token, token behind the last, label)."""
    first = {start: number for number, (start, _) in enumerate(tokens)}
    behind = {end: number + 1 for number, (_, end) in enumerate(tokens)}
    return [(first[span.start], behind[span.end], span.label) for span in spans]
