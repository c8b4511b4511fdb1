"""What every strategy of small-text keeps in the workbench: the same contract, and what is its own."""

import numpy as np
import pytest

pytest.register_assert_rewrite("tests.contracts.strategy_contract")

from tests.contracts.strategy_contract import *  # noqa: E402, F403
from tests.contracts.strategy_contract import KINDS, ask, inputs_of, unit  # noqa: E402
from tests.neighbours import stand_in_unless_installed  # noqa: E402
from workbench import catalog  # noqa: E402
from workbench.domain.scores import ClassScores  # noqa: E402
from workbench.errors import InputError  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.slow]


@pytest.fixture(params=catalog.SMALL_TEXT_STRATEGIES)
def strategy(request, monkeypatch):
    stand_in_unless_installed(monkeypatch)
    return catalog.strategy(request.param)


@pytest.fixture
def kinds(strategy):
    return strategy.kinds


def a_kind_of(strategy):
    return next(kind for kind in KINDS if kind in strategy.kinds)


def test_a_kind_that_it_does_not_serve_is_refused_in_words(strategy):
    for kind in set(KINDS) - strategy.kinds:
        with pytest.raises(InputError, match=f"'{strategy.name}'"):
            strategy(inputs_of(20, kind), 5, np.random.default_rng(0))


def test_chance_of_others_is_left_as_it_was(strategy):
    np.random.seed(5)
    expected = np.random.random(3).tolist()
    np.random.seed(5)
    ask(strategy, inputs_of(200, a_kind_of(strategy)), 20)
    assert np.random.random(3).tolist() == expected


def test_another_state_of_others_chance_gives_the_same_rows(strategy):
    inputs = inputs_of(1200, a_kind_of(strategy))
    chosen = []
    for state in (1, 2):
        np.random.seed(state)
        chosen.append(ask(strategy, inputs, 20, seed=7)[0].tolist())
    assert chosen[0] == chosen[1]


def test_without_an_answered_document_it_says_so_or_needs_none(strategy):
    none = {"labelled_vectors": unit(0, np.random.default_rng(0)), "labelled_targets": np.zeros((0, 3), bool)}
    inputs = inputs_of(20, a_kind_of(strategy), **none, labelled_scores=None)
    if strategy.needs & set(none):
        with pytest.raises(InputError, match="there is none"):
            strategy(inputs, 5, np.random.default_rng(0))
    else:
        ask(strategy, inputs, 5)


def test_a_single_label_is_refused_or_not_looked_at(strategy):
    scores = ClassScores(("a",), np.ones((20, 1), np.float32), exclusive=a_kind_of(strategy) == "textcat")
    inputs = inputs_of(20, scores=scores, labelled_targets=np.ones((3, 1), bool), label_names=None)
    if "scores" in strategy.needs:
        with pytest.raises(InputError, match="only 1"):
            strategy(inputs, 5, np.random.default_rng(0))
    else:
        ask(strategy, inputs, 5)


def test_a_pool_of_one_document_is_asked(strategy):
    assert ask(strategy, inputs_of(1, a_kind_of(strategy)), 3)[0].tolist() == [0]
