"""What every strategy keeps; each suite imports all of it and gives the fixtures `strategy` and `kinds`."""

from dataclasses import replace

import numpy as np
import pytest

from workbench.domain.label_names import LabelNames
from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.domain.terms import Term
from workbench.errors import InputError
from workbench.strategies.neighbourhoods import find_neighbours

LABELS = ("a", "b", "c")
KINDS = ("textcat", "textcat-multi", "ner")


GIVEN = (
    "scores",
    "vectors",
    "labelled_vectors",
    "labelled_targets",
    "labelled_scores",
    "features",
    "samples",
    "n_words",
    "texts",
    "terms",
    "neighbours",
    "nearness",
    "beside",
    "label_names",
)


@pytest.fixture(params=KINDS)
def kind(request, kinds):
    """A kind of question that the strategy serves."""
    if request.param not in kinds:
        pytest.skip(f"it is not for {request.param}")
    return request.param


@pytest.fixture
def some_kind(kinds):
    return next(kind for kind in KINDS if kind in kinds)


def scores_of(kind, n, rng, equal=False):
    if kind == "ner":
        documents = []
        for _ in range(n):
            k = int(rng.integers(0, 5))
            p = np.full((k, 7), 1 / 7) if equal else rng.dirichlet(np.ones(7), size=k).reshape(k, 7)
            words = np.array([(2 * i, 2 * i + 1) for i in range(k)], dtype=np.int32).reshape(k, 2)
            documents.append(DocumentTokenScores(words, p.astype(np.float32)))
        return TokenScores(LABELS, tuple(documents))
    p = np.full((n, 3), 1 / 3) if equal else rng.dirichlet(np.ones(3), size=n).reshape(n, 3)
    return ClassScores(LABELS, p.astype(np.float32), exclusive=kind == "textcat")


def p_of(n, rng):
    return rng.dirichlet(np.ones(3), size=n).reshape(n, 3).astype(np.float32)


def unit(n, rng, width=8):
    vectors = rng.normal(size=(n, width)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def inputs_of(n, kind="textcat", seed=0, **changes):
    rng = np.random.default_rng(seed)
    scores, vectors = scores_of(kind, n, rng), unit(n, rng)
    given = {
        "n_candidates": n,
        "scores": scores,
        "vectors": vectors,
        "neighbours": find_neighbours(vectors, n_nearest=9),
        "nearness": rng.uniform(-1, 1, size=n).astype(np.float32),
        "labelled_vectors": unit(3, rng),
        "labelled_targets": np.eye(3, dtype=np.bool_),
        "features": unit(n, rng, width=6),
        "samples": np.stack([p_of(n, rng) for _ in range(4)]),
        "n_words": rng.integers(0, 9, size=n),
        "texts": ["".join(letters) for letters in rng.choice(list("abcdefghijklmnopqrstuvwxyz"), (n, 30))],
        "labelled_scores": scores_of(kind, 3, rng),
        "terms": (Term("a", "b"), Term("c")),
        "beside": ("a text that is asked with every batch",),
        "label_names": LabelNames(LABELS, unit(3, rng)) if kind == "textcat" else None,
    }
    return StrategyInputs(**{**given, **changes})


def ask(strategy, inputs, n, seed=0):
    choice = strategy(inputs, n, np.random.default_rng(seed))
    rows, values = choice.rows, choice.utilities
    assert rows.dtype == np.int64
    assert len(rows) == len(values) == len(set(rows.tolist()))
    assert np.isfinite(values).all()
    assert not len(rows) or (rows.min() >= 0 and rows.max() < inputs.n_candidates)
    assert len(choice.reasons) == len(rows)
    assert all(choice.reasons)
    return rows, values


@pytest.mark.parametrize("n", [1, 7, 40])
def test_it_gives_as_many_different_rows_as_asked(strategy, kind, n):
    assert len(ask(strategy, inputs_of(200, kind), n)[0]) == n


@pytest.mark.parametrize("n", [5, 6, 100])
def test_a_pool_smaller_than_the_batch_is_given_whole(strategy, kind, n):
    assert sorted(ask(strategy, inputs_of(5, kind), n)[0]) == [0, 1, 2, 3, 4]


def test_an_empty_pool_gives_no_rows(strategy, kind):
    assert len(ask(strategy, inputs_of(0, kind), 10)[0]) == 0


def test_no_rows_are_given_when_none_are_asked(strategy, some_kind):
    assert len(ask(strategy, inputs_of(20, some_kind), 0)[0]) == 0


def test_a_negative_number_is_refused(strategy):
    with pytest.raises(InputError, match="-1 documents"):
        strategy(inputs_of(20), -1, np.random.default_rng(0))


def test_the_same_seed_gives_the_same_rows(strategy, some_kind):
    inputs = inputs_of(200, some_kind)
    assert ask(strategy, inputs, 20, seed=7)[0].tolist() == ask(strategy, inputs, 20, seed=7)[0].tolist()


def test_equal_scores_and_equal_vectors_are_no_obstacle(strategy, kind):
    rng = np.random.default_rng(0)
    same = scores_of(kind, 50, rng, equal=True)
    vectors = np.repeat(unit(1, rng), 50, axis=0)
    samples = np.full((4, 50, 3), 1 / 3, dtype=np.float32)
    inputs = inputs_of(50, kind, scores=same, vectors=vectors, features=vectors, samples=samples)
    assert len(ask(strategy, inputs, 10)[0]) == 10


def test_what_it_looks_at_it_declares(strategy, kind):
    """A project gives it what it declares and nothing else."""
    inputs = inputs_of(200, kind)
    declared = strategy.needs | strategy.uses
    only_that = replace(inputs, **{what: None for what in GIVEN if what not in declared})
    assert ask(strategy, only_that, 40)[0].tolist() == ask(strategy, inputs, 40)[0].tolist()


def test_what_it_needs_and_does_not_get_is_named(strategy, some_kind):
    for need in strategy.needs:
        with pytest.raises(InputError, match=f"needs {need}"):
            strategy(inputs_of(20, some_kind, **{need: None}), 5, np.random.default_rng(0))


def test_what_it_does_not_need_may_be_missing(strategy, some_kind):
    unneeded = set(GIVEN) - strategy.needs
    ask(strategy, inputs_of(20, some_kind, **dict.fromkeys(unneeded)), 5)


def test_it_names_only_what_there_is(strategy):
    assert strategy.needs | strategy.uses <= set(GIVEN)
    assert not strategy.needs & strategy.uses


def test_scores_and_vectors_of_another_pool_are_refused(strategy, some_kind):
    for what in ("scores", "vectors", "features", "n_words", "texts", "neighbours", "nearness"):
        other = getattr(inputs_of(19, some_kind), what)
        with pytest.raises(InputError, match="19"):
            strategy(inputs_of(20, some_kind, **{what: other}), 5, np.random.default_rng(0))
