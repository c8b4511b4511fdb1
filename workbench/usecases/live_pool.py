"""The pool of a project and its vectors, held ready for ranking: what is open, and where its rows are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from workbench.domain.arrays import AnyArray, Nearness, Rows, Vectors
from workbench.domain.label_names import LabelNames, names_in_words
from workbench.domain.neighbours import N_NEAREST, Neighbours
from workbench.domain.questions import Question
from workbench.domain.word_vectors import WordVectors
from workbench.errors import InputError
from workbench.store.answer_log import AnswerLog
from workbench.store.neighbours import NeighbourFile
from workbench.store.vectors import VectorFile
from workbench.store.word_vectors import WordVectorFile
from workbench.strategies.distances import nearness_of
from workbench.usecases.find_neighbours import MOST_DOCUMENTS, nearest_of, pool_documents
from workbench.usecases.project import Project

MOST_HELD = 250_000  # vectors that are held as float32: 384 MB of width 384; more are read from the file
AT_ONCE = 16_384


class FileVectors:
    """Rows of a vector file as if they were an array: read, in float32, when they are asked for."""

    is_checked = True  # the file raises where a value is not finite: nobody need read all of it for that

    def __init__(self, file: VectorFile, rows: Rows) -> None:
        self._file = file
        self._rows = rows
        self.shape = (len(rows), file.width)
        self.ndim = 2
        self.dtype = np.dtype(np.float32)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, which: Any) -> Vectors:
        rows = self._rows[which]
        found = self._file.read(np.atleast_1d(rows))
        return found if np.ndim(rows) else found[0]

    def __array__(self, dtype: object = None, copy: bool | None = None) -> Vectors:
        """Read all of it: what a strategy does that looks at everything."""
        return self._file.read(self._rows)


class LivePool:
    """The documents of the pool that have a vector, and which of them are open.

    Where `words` are given, they have word vectors too. Documents whose text is held out too are none of it.
    `without_vector` counts those that are left out until they are embedded; `lacks_neighbours` and `lacks_names`
    tell that a ranking asked in vain for neighbours, or for vectors of the labels' names. Vectors of open documents
    are kept together: whoever answers takes a few away, and nothing else is read again.
    """

    def __init__(self, project: Project, file: VectorFile, words: WordVectorFile | None = None) -> None:
        self.file = file
        self.words = words
        self._stamp = self._stamp_of(project)
        found = pool_documents(project)
        rows = file.rows([document.text for document in found])
        word_rows = rows if words is None else words.rows([document.text for document in found])
        has_both = (rows >= 0) & (word_rows >= 0)
        self.without_vector = int((~has_both).sum())
        kept = np.flatnonzero(has_both).tolist()
        self.ids = [found[place].id for place in kept]
        self.texts = [found[place].text for place in kept]
        self.text_of = dict(zip(self.ids, self.texts, strict=True))
        self.place_of = {document_id: place for place, document_id in enumerate(self.ids)}
        self._rows: Rows = rows[kept]
        self._word_rows: Rows = word_rows[kept]
        self._open: Rows = np.zeros(0, dtype=np.int64)
        self._held: Vectors | None = None
        self._neighbours: Neighbours | None = None
        self.lacks_neighbours = self.lacks_names = False
        self._may_read_names = True
        self._may_look = not self.without_vector and 0 < len(self.ids) <= MOST_DOCUMENTS
        self._nearness = LiveNearness(len(kept))

    @property
    def n_documents(self) -> int:
        """How many documents the project had, of whatever part, when the pool was read."""
        return self._stamp[0] + 1

    def is_today(self, project: Project) -> bool:
        """Tell whether documents and vectors are still those that were read."""
        self.file.refresh()
        if self.words is not None:
            self.words.refresh()
        return self._stamp == self._stamp_of(project)

    def _stamp_of(self, project: Project) -> tuple[int, int, int]:
        n_words = len(self.words) if self.words is not None else 0
        return AnswerLog(project.store).last_position(), len(self.file), n_words

    def open_places(self, done: Collection[str]) -> Rows:
        """Return the places of the documents that are not done, in import order."""
        is_open = np.ones(len(self.ids), dtype=np.bool_)
        is_open[[self.place_of[id] for id in done if id in self.place_of]] = False
        return np.flatnonzero(is_open)

    def vectors(self, places: Rows) -> Vectors | FileVectors:
        """Return the vectors `(n, d)` of open places, in their order; valid until the next call."""
        if len(places) > MOST_HELD:
            return FileVectors(self.file, self._rows[places])
        if self._held is None or not _leaves(self._open, places):
            self._held = self._read(places)
        elif len(places) < len(self._open):
            self._held = _without(self._held, np.isin(self._open, places, assume_unique=True))
        self._open = places
        return self._held

    def neighbours(self, places: Rows) -> Neighbours | None:
        """Return the neighbours of open places; None while nobody has found those of this pool."""
        if self._neighbours is None and self._may_look:
            self._neighbours = NeighbourFile(self.file.folder, self.texts, n_nearest=N_NEAREST).read()
            self.lacks_neighbours = self._neighbours is None
        return self._neighbours.among(places) if self._neighbours is not None else None

    def fix_neighbours(self, *, sampled: bool) -> None:
        """Rank as another process did: by a sample, or by neighbours, which are found when nobody kept them."""
        if sampled:
            self._may_look = False
        elif self.neighbours(np.zeros(0, dtype=np.int64)) is None:
            self._neighbours = nearest_of(self.vectors_of(self.ids))

    def label_names(self, question: Question) -> LabelNames | None:
        """Return the names of a question's labels with their vectors; None where several labels answer a document.

        None, too, while nobody has embedded one of them.
        """
        if not question.exclusive or not question.labels or not self._may_read_names:
            return None
        rows = self.file.rows(names_in_words(question.labels))
        self.lacks_names = bool((rows < 0).any())
        return None if self.lacks_names else LabelNames(question.labels, self.file.read(rows))

    def fix_names(self, question: Question, *, known: bool) -> None:
        """Rank as another process did: without the names of labels, or with them. Raises InputError without."""
        self._may_read_names = known
        if known and self.label_names(question) is None:
            raise InputError(
                "The vectors of the labels' names are gone.", hint="Compute them: workbench embed"
            )

    def hash_of(self, places: Rows) -> str:
        """Return the SHA-256 of ids and texts of the pool, and of which of them are open."""
        return sha256(self._digest + np.asarray(places, dtype="<i8").tobytes()).hexdigest()

    @cached_property
    def hash_of_vectors(self) -> str:
        """The SHA-256 of the vectors of the pool, in its order."""
        return self.file.hash_of(self._rows)

    @cached_property
    def _digest(self) -> bytes:
        said = sha256()
        for document_id, text in zip(self.ids, self.texts, strict=True):
            said.update(repr((document_id, text)).encode())
        return said.digest()

    def nearness(self, places: Rows, document_ids: Sequence[str]) -> Nearness:
        """Return the cosine of each open place to the nearest of some answered documents, `(n,)`."""
        vectors: AnyArray = self.vectors(places)  # type: ignore[assignment]
        return self._nearness.update(places, vectors, document_ids, self.vectors_of)

    def vectors_of(self, document_ids: Sequence[str]) -> Vectors:
        """Return the vectors `(m, d)` of any documents of the pool."""
        return self.file.read(self._rows[[self.place_of[id] for id in document_ids]])

    def words_at(self, places: Rows) -> WordVectors:
        """Return the words of the documents at these places; they are read from the file each time.

        Raises InputError for a pool without word vectors.
        """
        if self.words is None:
            raise InputError("The words of this pool were not asked for.")
        return self.words.read(self._word_rows[places])

    @cached_property
    def n_words(self) -> Rows:
        """How many words each document has, divided by white space."""
        return np.array([len(text.split()) for text in self.texts], dtype=np.int64)

    def _read(self, places: Rows) -> Vectors:
        held = np.empty((len(places), self.file.width), dtype=np.float32)
        for start in range(0, len(places), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            held[some] = self.file.read(self._rows[places[some]])
        return held


class LiveNearness:
    """How near each document is to the answered ones; only what is new is compared."""

    def __init__(self, n_documents: int) -> None:
        self._nearest = np.full(n_documents, -1.0, dtype=np.float32)
        self._known: set[str] = set()
        self._open: Rows = np.arange(n_documents, dtype=np.int64)

    def update(
        self,
        places: Rows,
        vectors: AnyArray,
        document_ids: Sequence[str],
        read: Callable[[Sequence[str]], Vectors],
    ) -> Nearness:
        """Return the nearness of open places with these vectors; `read` gives vectors of answered documents."""
        again = not np.isin(places, self._open, assume_unique=True).all()
        if again or not self._known <= set(document_ids):  # an answer was taken back: begin anew
            self._nearest.fill(-1.0)
            self._known = set()
        new = [document_id for document_id in document_ids if document_id not in self._known]
        near = nearness_of(vectors, read(new) if new else None, np.arange(len(places)))
        self._nearest[places] = np.maximum(self._nearest[places], near)
        self._known.update(new)
        self._open = places
        return self._nearest[places]


def _leaves(before: Rows, now: Rows) -> bool:
    """Tell whether all that is open now was open before."""
    return len(now) <= len(before) and bool(np.isin(now, before, assume_unique=True).all())


def _without(vectors: Vectors, kept: npt.NDArray[np.bool_]) -> Vectors:
    """Close the gaps in place: a new array of the size of the pool would cost more than the ranking."""
    first, last = int(np.flatnonzero(~kept)[0]), 0
    last = first
    for start in range(first, len(vectors), AT_ONCE):
        some = vectors[start : start + AT_ONCE][kept[start : start + AT_ONCE]]
        vectors[last : last + len(some)] = some
        last += len(some)
    return vectors[:last]
