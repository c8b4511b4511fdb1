"""What every strategy of the workbench keeps: the contract, over all of the catalogue."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.register_assert_rewrite("tests.contracts.strategy_contract")

from tests.contracts.strategy_contract import *  # noqa: E402, F403
from tests.contracts.strategy_contract import KINDS, ask, inputs_of, scores_of  # noqa: E402
from workbench import catalog  # noqa: E402
from workbench.domain.label_names import LabelNames  # noqa: E402
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores  # noqa: E402
from workbench.errors import InputError  # noqa: E402

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "strategies.md"


@pytest.fixture(params=catalog.STRATEGIES)
def name(request):
    return request.param


@pytest.fixture
def strategy(name):
    return catalog.strategy(name)


@pytest.fixture
def kinds(name):
    return [kind for kind in KINDS if name in catalog.strategy_names(kind)]


def test_scores_of_another_kind_of_question_are_refused(name, strategy):
    for other in KINDS:
        if name not in catalog.strategy_names(other):
            with pytest.raises(InputError, match=r"not about (spans|labels of documents)"):
                strategy(inputs_of(20, other), 5, np.random.default_rng(0))


def test_values_that_are_no_numbers_are_refused(strategy, some_kind):
    for what in {"vectors", "features", "labelled_vectors"} & strategy.needs:
        broken = getattr(inputs_of(20, some_kind), what).copy()
        broken[1, 1] = np.nan
        with pytest.raises(InputError, match=f"in its {what} that is not finite"):
            strategy(inputs_of(20, some_kind, **{what: broken}), 5, np.random.default_rng(0))


def test_a_pool_is_never_multiplied_with_itself(strategy, some_kind):
    """What a strategy allocates at once grows with the pool, and not with its square."""
    inputs = inputs_of(9000, some_kind)
    tracemalloc.start()
    ask(strategy, inputs, 20)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 9000 * 9000 * 4


def test_the_guide_has_a_line_for_it(name):
    assert f"\n| `{name}` |" in GUIDE.read_text(encoding="utf-8")


@pytest.mark.parametrize("peer", catalog.SMALL_TEXT_STRATEGIES)
def test_the_guide_names_those_of_small_text(peer):
    assert f"`{peer}`" in GUIDE.read_text(encoding="utf-8")


@pytest.mark.parametrize("any_name", catalog.strategy_names())
def test_the_catalogue_knows_for_which_questions_it_is_without_loading_it(any_name):
    listed = {kind for kind in KINDS if any_name in catalog.strategy_names(kind)}
    assert listed == catalog.strategy(any_name).kinds


def test_without_any_answer_it_chooses_or_says_what_is_missing(strategy, kind):
    none = {
        "labelled_vectors": np.zeros((0, 8), dtype=np.float32),
        "labelled_targets": np.zeros((0, 3), dtype=np.bool_),
        "labelled_scores": scores_of(kind, 0, np.random.default_rng(0)),
    }
    inputs = inputs_of(30, kind, **none)
    if "labelled_scores" in strategy.needs:
        with pytest.raises(InputError, match="answered documents; there are none"):
            strategy(inputs, 10, np.random.default_rng(0))
    else:
        assert len(ask(strategy, inputs, 10)[0]) == 10


def test_one_label_only_is_no_obstacle(strategy, kind):
    assert len(ask(strategy, with_one_label(inputs_of(30, kind)), 10)[0]) == 10


def with_one_label(inputs):
    def only(scores):
        if isinstance(scores, TokenScores):
            documents = [DocumentTokenScores(d.words, d.probabilities[:, :3]) for d in scores.documents]
            return TokenScores(("a",), tuple(documents))
        p = np.ones_like(scores.probabilities[:, :1]) if scores.exclusive else scores.probabilities[:, :1]
        return ClassScores(("a",), p, scores.exclusive)

    return replace(
        inputs,
        scores=only(inputs.scores),
        labelled_scores=only(inputs.labelled_scores),
        labelled_targets=inputs.labelled_targets[:, :1],
        samples=inputs.samples[:, :, :1],
        label_names=LabelNames(("a",), inputs.label_names.vectors[:1]) if inputs.label_names else None,
    )
