"""Texts to model pieces, and pieces back to characters of the original text. numpy and tokenizers only.

Training, export and serving all cut with the `tokenizer.json` of the model's own folder, loaded by
`load_tokenizer` here, so that one text gives the same pieces everywhere.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Regex, Tokenizer, pre_tokenizers

from workbench.artefacts import read_json
from workbench.config import MEBIBYTE
from workbench.domain.arrays import AnyArray, Offsets, Rows
from workbench.errors import ArtefactError, InputError
from workbench.tokenisation.unbroken import begins_word

MAX_TOKENIZER_BYTES = 50 * MEBIBYTE
ZERO_WIDTH_JOINER = "\u200d"
# One symbol with its modifiers, or several of them that zero-width joiners make into one picture.
SYMBOLS = r"\p{So}[\p{Sk}\p{Mn}]*(?:\x{200D}\p{So}[\p{Sk}\p{Mn}]*)*|\p{Sk}"
# A regular expression in a tokenizer file can take exponential time; only these are let in.
KNOWN_PATTERNS = frozenset({SYMBOLS, " {2,}", r"\s+"})
PADDINGS = ("[PAD]", "<pad>")


@dataclass(frozen=True, slots=True)
class SpecialPieces:
    """The piece ids that stand before and after a text, and the one that fills a batch up."""

    first: int
    last: int
    pad: int


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """One text cut into p pieces of k words, without special pieces.

    `ids` (p,) int64; `offsets` (p, 2) int32 and `words` (k, 2) int32 are characters [start, end) of the
    original text; `first_piece` (k,) int32 is where each word begins among the pieces. Words are
    ascending, share no character and are never empty. Text that shows nothing has no word.
    """

    ids: Rows
    offsets: Offsets
    words: Offsets
    first_piece: Offsets

    def __len__(self) -> int:
        return len(self.ids)


def load_tokenizer(path: Path) -> Tokenizer:
    """Load a tokenizer.json that neither pads nor truncates, and that sets symbols apart as words.

    Without that, an emoji glued to a word (`NYC🗽`) makes one unknown piece of both. The change is
    part of the tokenizer, so it is saved with it; loading a saved one changes nothing more. Text
    that spells a special piece (`[SEP]`) stays text. Raises ArtefactError for a file that is not
    one, is over 50 MB, holds regular expressions nobody knows, or lacks special pieces.
    """
    content = _checked_content(path)
    content["padding"] = content["truncation"] = None
    try:
        tokenizer: Tokenizer = Tokenizer.from_str(json.dumps(content, ensure_ascii=False))
    except Exception as error:  # the Rust side raises Exception itself, nothing narrower
        raise ArtefactError(f"Not a tokenizer: {error}", where=str(path)) from error
    if SYMBOLS not in _patterns(content):
        apart = pre_tokenizers.Split(Regex(SYMBOLS), "isolated")
        rest = [] if tokenizer.pre_tokenizer is None else [tokenizer.pre_tokenizer]
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([apart, *rest])
    tokenizer.encode_special_tokens = True
    try:
        special_pieces(tokenizer)
    except ArtefactError as error:
        raise ArtefactError(error.message, where=str(path)) from None
    return tokenizer


def special_pieces(tokenizer: Tokenizer) -> SpecialPieces:
    """Return the tokenizer's special pieces. Raises ArtefactError when it lacks one."""
    frame = tokenizer.encode("", add_special_tokens=True).ids
    pad = next((i for name in PADDINGS if (i := tokenizer.token_to_id(name)) is not None), None)
    if len(frame) != 2 or pad is None:
        raise ArtefactError(
            f"The tokenizer frames a text with {len(frame)} special pieces (2 are needed) and "
            f"{'has' if pad is not None else 'lacks'} a padding piece ({' or '.join(PADDINGS)})."
        )
    return SpecialPieces(first=frame[0], last=frame[1], pad=pad)


def cut(tokenizer: Tokenizer, text: str) -> Pieces:
    """Cut one text; see `cut_many`."""
    return cut_many(tokenizer, [text])[0]


def cut_many(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Pieces]:
    """Cut the texts into pieces, in their order.

    Words are those of the tokenizer, but addresses, account names, hashtags and runs of a mark are one
    each (see `unbroken`). Their ends reach over the combining marks and joiners that follow, so that a
    span never splits what is drawn as one. Raises InputError for a text that is no valid Unicode (lone surrogates).
    """
    try:
        encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    except TypeError:
        bad = next(number for number, text in enumerate(texts) if not _is_unicode(text))
        raise InputError("The text holds half a surrogate pair.", where=f"text {bad}") from None
    return [_pieces_of(encoding, text) for encoding, text in zip(encodings, texts, strict=True)]


def _pieces_of(encoding: Any, text: str) -> Pieces:
    words: list[tuple[int, int]] = []
    first_piece: list[int] = []
    last_word = None
    for place, ((start, end), word) in enumerate(zip(encoding.offsets, encoding.word_ids, strict=True)):
        if start >= end:
            continue
        # Normalisers can make two words of one character: as spans they can only be one word.
        if words and (word == last_word or start < words[-1][1]):
            words[-1] = (words[-1][0], max(end, words[-1][1]))
        else:
            words.append((start, end))
            first_piece.append(place)
        last_word = word
    begins = begins_word(words, text)
    return Pieces(
        ids=np.array(encoding.ids, dtype=np.int64),
        offsets=np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2),
        words=_joined(_over_marks(words, text), begins),
        first_piece=np.array(first_piece, dtype=np.int32)[begins],
    )


def _joined(words: list[tuple[int, int]], begins: AnyArray) -> Offsets:
    """Join each word that does not begin one of a reader to the one before it."""
    bounds = np.array(words, dtype=np.int32).reshape(-1, 2)
    starts = np.flatnonzero(begins)
    lasts = np.append(starts, len(bounds))[1:] - 1
    return np.stack([bounds[starts, 0], bounds[lasts, 1]], axis=1)


def _over_marks(words: list[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    if text.isascii():
        return words
    limits = [*(start for start, _ in words), len(text)][1:]
    return [
        (start, _end_over_marks(text, end, limit)) for (start, end), limit in zip(words, limits, strict=True)
    ]


def _end_over_marks(text: str, end: int, limit: int) -> int:
    while end < limit and (text[end] == ZERO_WIDTH_JOINER or unicodedata.category(text[end])[0] == "M"):
        end += 1
    return end


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _checked_content(path: Path) -> dict[str, Any]:
    if path.exists() and path.stat().st_size > MAX_TOKENIZER_BYTES:
        raise ArtefactError(
            f"The tokenizer has {path.stat().st_size:,} bytes, the limit is {MAX_TOKENIZER_BYTES:,}.",
            where=str(path),
        )
    content = read_json(path)
    if not isinstance(content, dict):
        raise ArtefactError("Not a tokenizer: no JSON object.", where=str(path))
    unknown = sorted(set(_patterns(content)) - KNOWN_PATTERNS)
    if unknown:
        raise ArtefactError(
            f"The tokenizer holds regular expressions nobody knows: {unknown}.", where=str(path)
        )
    return content


def _patterns(value: Any) -> Iterator[str]:
    """Give the regular expressions of a tokenizer file; its vocabulary can hold none."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Regex" and isinstance(inner, str):
                yield inner
            elif key not in ("vocab", "merges"):
                yield from _patterns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _patterns(inner)
