"""Texts with soft labels as padded batches of windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from workbench.domain.arrays import AnyArray, Rows
from workbench.domain.scores import ClassScores, Scores, TokenScores, tags_of
from workbench.errors import InputError
from workbench.networks.network import Network
from workbench.networks.training import Batch
from workbench.tokenisation.pieces import Pieces, cut_many, special_pieces
from workbench.tokenisation.windows import Window, padded, shuffled_by_length, windows


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """One window: its pieces `(p,)`, where the soft labels stand `(k,)`, and the soft labels `(k, l)`.

    A classifier has one place, 0; a tagger has the first piece of each word, counted with the special
    piece before the text.
    """

    pieces: Rows
    places: Rows
    soft: AnyArray


class Lessons:
    """All windows of all texts, given out in another order each epoch.

    Raises InputError when the scores are not those of the texts by a network like the teacher.
    """

    def __init__(
        self, teacher: Network, scores: Scores, texts: Sequence[str], *, batch_size: int, seed: int
    ) -> None:
        if len(scores) != len(texts):
            raise InputError(f"{len(scores)} soft scores do not fit {len(texts)} texts.")
        expected = TokenScores if teacher.kind == "ner" else ClassScores
        if not isinstance(scores, expected) or scores.labels != teacher.labels:
            raise InputError("The soft scores are not for the labels of the teacher.")
        self.special = special_pieces(teacher.tokenizer)
        self.batch_size, self.seed = batch_size, seed
        self.tagger = teacher.kind == "ner"
        self.n_outputs = len(tags_of(teacher.labels)) if self.tagger else len(teacher.labels)
        cuts = cut_many(teacher.tokenizer, texts)
        self.lessons = [
            _lesson(pieces, window, scores, text)
            for text, pieces in enumerate(cuts)
            for window in windows(pieces, teacher.max_pieces - 2)
        ]

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Give the batches of an epoch: `input_ids`, `attention_mask`, `soft` and `taught`.

        `soft` is (b, l) with `taught` (b,), or (b, p, t) with `taught` (b, p): 1 where a soft label
        stands, else 0.
        """
        rng = np.random.default_rng((self.seed, epoch))
        lengths = [len(lesson.pieces) for lesson in self.lessons]
        for places in shuffled_by_length(lengths, self.batch_size, rng):
            yield self._batch([self.lessons[place] for place in places])

    def _batch(self, lessons: Sequence[Lesson]) -> Batch:
        ids, mask = padded([lesson.pieces for lesson in lessons], self.special)
        width = ids.shape[1] if self.tagger else 1
        soft = np.zeros((len(lessons), width, self.n_outputs), dtype=np.float32)
        taught = np.zeros((len(lessons), width), dtype=np.float32)
        for row, lesson in enumerate(lessons):
            soft[row, lesson.places] = lesson.soft
            taught[row, lesson.places] = 1.0
        arrays = {"input_ids": ids, "attention_mask": mask, "soft": soft, "taught": taught}
        if not self.tagger:
            arrays |= {"soft": soft[:, 0], "taught": taught[:, 0]}
        return {name: torch.from_numpy(array) for name, array in arrays.items()}


def _lesson(pieces: Pieces, window: Window, scores: Scores, text: int) -> Lesson:
    start, end = window
    if isinstance(scores, ClassScores):
        return Lesson(pieces.ids[start:end], np.zeros(1, dtype=np.int64), scores.probabilities[text][None])
    document = scores.documents[text]
    if not np.array_equal(document.words, pieces.words):
        raise InputError(f"The soft scores of text {text} are about other words than the teacher's.")
    inside = (pieces.first_piece >= start) & (pieces.first_piece < end)
    places = pieces.first_piece[inside].astype(np.int64) - start + 1
    return Lesson(pieces.ids[start:end], places, document.probabilities[inside])
