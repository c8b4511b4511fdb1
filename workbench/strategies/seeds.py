"""First documents by search: those that hold words which speak for a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from workbench.domain.arrays import Vectors
from workbench.domain.documents import folded_text
from workbench.domain.ports import Choice, StrategyInputs
from workbench.domain.questions import Kind
from workbench.domain.terms import Term, holds_word
from workbench.strategies.coverage import cover, lay_out
from workbench.strategies.demands import ANY_KIND, check_inputs, choice, needed, no_choice, vectors_for
from workbench.strategies.first_batch import FIRST, without_crowds
from workbench.strategies.near_copies import Families, NearCopies

NAME = "seeds"


@dataclass(frozen=True, slots=True)
class Seeds:
    """Documents that hold a term as whole words, the labels in turns; what is left of the batch covers the pool.

    Guided search of Attenberg and Provost 2010, "Why Label When You Can Search?" (KDD), with words as the
    searcher. Case and white space make no difference. Each label (a term without one: each word) gives
    one document in its turn, its words in turns too, drawn by chance among those that hold them. No two
    near-copies come in one batch, which is why it may be shorter than asked.
    """

    kinds: ClassVar[frozenset[Kind]] = ANY_KIND
    needs: ClassVar[frozenset[str]] = frozenset({"texts", "terms", "vectors"})
    uses: ClassVar[frozenset[str]] = frozenset({"labelled_vectors", "neighbours", "beside"})

    def __call__(self, inputs: StrategyInputs, n: int, rng: np.random.Generator) -> Choice:
        """Choose at most n documents. Raises InputError without texts, terms or vectors."""
        n = check_inputs(inputs, n)
        texts: Sequence[str] = needed(NAME, inputs, "texts")
        terms: Sequence[Term] = needed(NAME, inputs, "terms")
        vectors = vectors_for(NAME, inputs)
        if n == 0:
            return no_choice()
        copies = NearCopies(vectors, texts, inputs.beside)
        found = terms_in_turns(rows_of_terms(texts, terms, rng), n, copies)
        rest = self._rest(inputs, [row for row, _ in found], n, rng)
        if not found and not rest and inputs.beside:
            # All is nearly a copy of what is asked beside it, but a batch must teach, too.
            return self(replace(inputs, beside=None), n, rng)
        return choice(
            np.array([*(row for row, _ in found), *rest]),
            np.array([1.0] * len(found) + [0.0] * len(rest)),
            [*(_reason(term) for _, term in found), *[_reason(None)] * len(rest)],
        )

    def _rest(
        self, inputs: StrategyInputs, taken: Sequence[int], n: int, rng: np.random.Generator
    ) -> list[int]:
        """Return rows that stand for what neither answers nor taken documents stand for, up to n with them."""
        left = n - len(taken)
        if left == 0:
            return []
        vectors = vectors_for(NAME, inputs)
        covering = _with_taken(vectors, taken, inputs.labelled_vectors)
        known = replace(inputs, labelled_vectors=covering, nearness=None)
        field = without_crowds(lay_out(known, np.ones(inputs.n_candidates), FIRST, n, rng))
        families = Families(NearCopies(vectors, inputs.texts, inputs.beside), field, taken)
        places, _ = cover(field, left, families.may_join)
        return [int(row) for row in field.rows[places]]


def rows_of_terms(
    texts: Sequence[str], terms: Sequence[Term], rng: np.random.Generator
) -> dict[Term, list[int]]:
    """Return for each term the rows that hold it, in an order drawn by chance, the last one first to be asked."""
    folded = [folded_text(text) for text in texts]
    order = rng.permutation(len(texts)).tolist()
    found: dict[Term, list[int]] = {}
    for term in dict.fromkeys(terms):
        word = folded_text(term.word)
        found[term] = [row for row in order if word in folded[row] and holds_word(folded[row], word)]
    return found


def terms_in_turns(waiting: dict[Term, list[int]], n: int, copies: NearCopies) -> list[tuple[int, Term]]:
    """Return up to n rows, each once with the term it is asked for; groups take turns, and terms in a group."""
    groups: dict[str, list[Term]] = {}
    for term in waiting:
        groups.setdefault(term.group, []).append(term)
    chosen: list[tuple[int, Term]] = []
    taken: list[int] = []
    while groups and len(chosen) < n:
        for group in list(groups):
            pair = _next_of(groups[group], waiting, taken, copies)
            if pair is None:
                del groups[group]
            elif len(chosen) < n:
                chosen.append(pair)
                taken.append(pair[0])
    return chosen


def _next_of(
    terms: list[Term], waiting: dict[Term, list[int]], taken: Sequence[int], copies: NearCopies
) -> tuple[int, Term] | None:
    """Return the next row of a group and its term, which goes to the end of the queue; None when none is left."""
    gone = set(taken)
    while terms:
        term = terms.pop(0)
        while waiting[term]:
            row = waiting[term].pop()
            if row not in gone and not copies.among(row, taken):
                terms.append(term)
                return row, term
    return None


def _with_taken(vectors: Vectors, taken: Sequence[int], labelled: Vectors | None) -> Vectors | None:
    own = np.asarray(vectors[list(taken)], dtype=np.float32)
    return own if labelled is None or not len(labelled) else np.concatenate([labelled, own])


def _reason(term: Term | None) -> str:
    if term is None:
        return "no word of the list is left to find; nothing like it was asked yet"
    return f"contains '{term.word}'" + (f", a word for '{term.label}'" if term.label else "")
