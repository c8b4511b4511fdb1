"""Long texts in windows: cut at word bounds with overlap, run, and merged again. numpy only.

Training, `networks` and `serving` share it; they differ only in the `Run` that turns a padded batch
into logits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from workbench.domain.arrays import AnyArray, Probabilities, Rows
from workbench.domain.ports import Progress, silent
from workbench.errors import InputError
from workbench.tokenisation.pieces import Pieces, SpecialPieces

SORTED_TOGETHER = 40  # batches: enough to save filling up, few enough to stay random
Window: TypeAlias = tuple[int, int]  # pieces [start, end) of one text
Run: TypeAlias = Callable[[Rows, Rows], AnyArray]  # ids and mask, both (b, p) int64, to logits


@dataclass(frozen=True, slots=True)
class Batching:
    """How texts become batches: at most `max_pieces` pieces a row, special pieces included."""

    special: SpecialPieces
    max_pieces: int = 128
    batch_size: int = 32
    progress: Progress = silent

    def __post_init__(self) -> None:
        if self.max_pieces < 4 or self.batch_size < 1:
            raise InputError("A batch needs rows of at least 4 pieces and at least one row.")

    @property
    def size(self) -> int:
        """How many pieces of a text fit into one window."""
        return self.max_pieces - 2


def windows(pieces: Pieces, size: int, stride: int | None = None) -> list[Window]:
    """Return the windows of a text, in order, that together hold every piece; at least one.

    A window has at most `size` pieces and begins and ends at word bounds, unless one word alone is
    longer. Each begins at most `stride` pieces (default: half of size) after the one before it.
    """
    step = max(1, size // 2) if stride is None else stride
    if not 0 < step <= size:
        raise InputError(f"Windows of {size} pieces cannot move {step} pieces at a time.")
    n_pieces, bounds = len(pieces), pieces.first_piece
    found: list[Window] = []
    start = 0
    while True:
        if n_pieces - start <= size:
            return [*found, (start, n_pieces)]
        end = _last_bound(bounds, start, start + size) or start + size
        found.append((start, end))
        start = _last_bound(bounds, start, start + step) or end


def _last_bound(bounds: AnyArray, after: int, up_to: int) -> int | None:
    """Return the last word bound in (after, up_to], if there is one."""
    place = int(np.searchsorted(bounds, up_to, side="right")) - 1
    return int(bounds[place]) if place >= 0 and bounds[place] > after else None


def merge(pieces: Pieces, cuts: Sequence[Window], piece_scores: Sequence[AnyArray]) -> AnyArray:
    """Return `(k, t)` scores of the words of a text from the `(p, t)` scores of each of its windows.

    A word's scores are those of its first piece in its window, see `window_of_words`.
    """
    n_words, n_tags = len(pieces.first_piece), piece_scores[0].shape[1]
    merged = np.zeros((n_words, n_tags), dtype=piece_scores[0].dtype)
    homes = window_of_words(pieces, cuts)
    for number, ((start, _), scores) in enumerate(zip(cuts, piece_scores, strict=True)):
        words = np.flatnonzero(homes == number)
        merged[words] = scores[pieces.first_piece[words] - start]
    return merged


def window_of_words(pieces: Pieces, cuts: Sequence[Window]) -> Rows:
    """Return for each word `(k,)` the number of the window that speaks for it.

    It is the one where the word's first piece is farthest from a cut (the ends of the text are none);
    ties go to the earlier window.
    """
    first = pieces.first_piece
    homes = np.zeros(len(first), dtype=np.int64)
    most = np.full(len(first), -1, dtype=np.int64)
    endless = np.full(len(first), len(pieces) + 1)
    for number, (start, end) in enumerate(cuts):
        before = first - start if start > 0 else endless
        after = end - 1 - first if end < len(pieces) else endless
        context = np.where((first >= start) & (first < end), np.minimum(before, after), -1)
        homes[context > most] = number
        most = np.maximum(most, context)
    return homes


def padded(rows: Sequence[Rows], special: SpecialPieces) -> tuple[Rows, Rows]:
    """Return ids and mask `(b, p)` int64 of rows of pieces, framed by the special pieces and filled up."""
    width = max(len(row) for row in rows) + 2
    ids = np.full((len(rows), width), special.pad, dtype=np.int64)
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for place, row in enumerate(rows):
        ids[place, 0] = special.first
        ids[place, 1 : len(row) + 1] = row
        ids[place, len(row) + 1] = special.last
        mask[place, : len(row) + 2] = 1
    return ids, mask


def class_logits(pieces: Sequence[Pieces], run: Run, batching: Batching) -> AnyArray:
    """Return `(n, l)` float32 logits of the texts: of a long one the mean over its windows.

    `run` gives `(b, l)`. Without texts the answer has no columns.
    """
    cuts, logits = _run_windows(pieces, run, batching)
    if not logits:
        return np.zeros((0, 0), dtype=np.float32)
    bounds = np.cumsum([0, *(len(text_cuts) for text_cuts in cuts)])
    means = [np.mean(logits[bounds[n] : bounds[n + 1]], axis=0) for n in range(len(cuts))]
    return np.stack(means).astype(np.float32)


def word_logits(pieces: Sequence[Pieces], run: Run, batching: Batching) -> list[AnyArray]:
    """Return the `(k, t)` float32 logits of the words of each text. `run` gives `(b, p, t)`."""
    cuts, logits = _run_windows(pieces, run, batching)
    bounds = np.cumsum([0, *(len(text_cuts) for text_cuts in cuts)])
    return [
        merge(text, text_cuts, [row[1:] for row in logits[bounds[n] : bounds[n + 1]]]).astype(np.float32)
        for n, (text, text_cuts) in enumerate(zip(pieces, cuts, strict=True))
    ]


def word_means(pieces: Sequence[Pieces], run: Run, batching: Batching) -> list[AnyArray]:
    """Return `(k, d)` float32: of each word the mean of what `run` gives `(b, p, d)` for its pieces.

    Of a long text each word is looked at in one window, see `window_of_words`.
    """
    cuts, outputs = _run_windows(pieces, run, batching)
    bounds = np.cumsum([0, *(len(text_cuts) for text_cuts in cuts)])
    found: list[AnyArray] = []
    for number, (text, text_cuts) in enumerate(zip(pieces, cuts, strict=True)):
        own = outputs[bounds[number] : bounds[number + 1]]
        means = np.zeros((len(text.first_piece), own[0].shape[1]), dtype=np.float32)
        homes = window_of_words(text, text_cuts)
        for place, ((start, end), values) in enumerate(zip(text_cuts, own, strict=True)):
            words = np.flatnonzero(homes == place)
            if len(words):
                means[words] = _means(values[1 : 1 + end - start], text.first_piece - start, words)
        found.append(means)
    return found


def _means(values: AnyArray, first_piece: AnyArray, words: Rows) -> AnyArray:
    """Return the mean of each word's pieces in a window `(p, d)`; a word that goes on after it counts up to there."""
    ends = np.minimum(np.append(first_piece[1:], len(values)), len(values))[words]
    starts = first_piece[words]
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts)[:, None])


def _run_windows(
    pieces: Sequence[Pieces], run: Run, batching: Batching
) -> tuple[list[list[Window]], list[AnyArray]]:
    """Run all windows, those of like length together, and give their logits in the order of the texts."""
    cuts = [windows(text, batching.size) for text in pieces]
    rows = [text.ids[start:end] for text, own in zip(pieces, cuts, strict=True) for start, end in own]
    logits: list[AnyArray] = [np.zeros(0)] * len(rows)
    done = 0
    for places in by_length([len(row) for row in rows], batching.batch_size):
        output = run(*padded([rows[p] for p in places], batching.special))
        for place, values in zip(places, output, strict=True):
            logits[place] = values
        done += len(places)
        batching.progress(done, len(rows), "scoring")
    return cuts, logits


def by_length(lengths: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Give batches of row numbers, short rows first, so that little is filled up."""
    order = np.argsort(np.asarray(lengths, dtype=np.int64), kind="stable").tolist()
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


def shuffled_by_length(
    lengths: Sequence[int], batch_size: int, rng: np.random.Generator
) -> Iterator[list[int]]:
    """Give batches of row numbers in random order, each of rows of like length.

    Only rows that are near each other in a random order are sorted together, so that batches differ
    from epoch to epoch.
    """
    order = rng.permutation(len(lengths)).tolist()
    together = batch_size * SORTED_TOGETHER
    for start in range(0, len(order), together):
        part = order[start : start + together]
        batches = list(by_length([lengths[row] for row in part], batch_size))
        for place in rng.permutation(len(batches)).tolist():
            yield [part[row] for row in batches[place]]


def probabilities(logits: AnyArray, *, exclusive: bool) -> Probabilities:
    """Return float32 probabilities of logits `(…, l)`: softmax when exclusive, else the sigmoid of each."""
    values = logits.astype(np.float64)
    if not exclusive:
        return (0.5 * (1.0 + np.tanh(0.5 * values))).astype(np.float32)
    weights = np.exp(values - values.max(axis=-1, keepdims=True)) if values.size else values
    shares: Probabilities = (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares
