"""TypiClust and core-set on points that can be checked by eye."""

import numpy as np
import pytest

from workbench.domain.ports import StrategyInputs
from workbench.errors import InputError
from workbench.strategies import typiclust
from workbench.strategies.core_set import CoreSet
from workbench.strategies.distances import blocks, finite, nearest, products, squared_norms
from workbench.strategies.typiclust import TypiClust, typicality


def on_a_line(*places):
    return np.array([[place, 0.0] for place in places], dtype=np.float32)


def ask(strategy, vectors, labelled=(), n=2, seed=0):
    answered = on_a_line(*labelled) if len(labelled) else np.zeros((0, 2), dtype=np.float32)
    inputs = StrategyInputs(len(vectors), vectors=vectors, labelled_vectors=answered)
    return strategy(inputs, n, np.random.default_rng(seed))


# A heap of seven around 0, one of five around 10, two odd ones far out.
HEAPS = on_a_line(-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 9.8, 9.9, 10, 10.1, 10.2, 50, 51)


def test_the_middle_of_the_largest_heap_comes_first_then_that_of_the_next():
    choice = ask(TypiClust(most_clusters=3), HEAPS, n=3)
    assert choice.rows[:2].tolist() == [3, 9]
    assert choice.reasons[0] == "typical of 7 documents of the pool; none like them is answered yet"
    assert choice.utilities[:2] == pytest.approx([7 / 14, 5 / 14])


def test_a_heap_with_an_answer_comes_after_one_without():
    choice = ask(TypiClust(most_clusters=3), HEAPS, labelled=[0.05], n=2)
    assert choice.rows.tolist()[0] == 9
    assert choice.rows[1] in (3, 4)
    assert choice.reasons[1] == "typical of 7 documents of the pool; 1 like them answered"


def test_odd_texts_come_last_and_still_fill_the_batch():
    choice = ask(TypiClust(most_clusters=3), HEAPS, n=14)
    assert choice.rows[2] in (12, 13)
    assert sorted(choice.rows) == list(range(14))


def test_there_are_as_many_clusters_as_answers_and_choices():
    assert ask(TypiClust(), HEAPS[:12], n=2).rows.tolist() == [3, 9]


def test_typical_is_near_to_its_neighbours():
    # From 0: 1 and 3; from 1: 1 and 2; from 3: 2 and 3; on average 2, 1.5 and 2.5.
    assert typicality(on_a_line(0, 1, 3), 5) == pytest.approx([1 / 2, 1 / 1.5, 1 / 2.5])
    assert typicality(on_a_line(0, 1, 3), 1) == pytest.approx([1, 1, 1 / 2])
    assert typicality(on_a_line(7), 5).tolist() == [1.0]


def test_of_a_very_large_cluster_a_part_is_compared_and_all_can_be_asked(monkeypatch):
    monkeypatch.setattr(typiclust, "MOST_COMPARED", 3)
    choice = ask(TypiClust(most_clusters=1), HEAPS[:7], n=7)
    assert sorted(choice.rows) == list(range(7))


def test_large_pools_are_clustered_in_small_batches(monkeypatch):
    monkeypatch.setattr(typiclust, "WHOLE_UP_TO", 5)
    assert ask(TypiClust(most_clusters=2), HEAPS[:12], n=2).rows.tolist() == [3, 9]


@pytest.mark.parametrize("options", [{"most_clusters": 0}, {"n_neighbours": 0}])
def test_senseless_options_are_refused(options):
    with pytest.raises(InputError):
        TypiClust(**options)


def test_the_farthest_from_the_answers_comes_first():
    choice = ask(CoreSet(), on_a_line(1, 4, 9, 10), labelled=[0], n=3)
    assert choice.rows.tolist() == [3, 1, 0]
    assert choice.utilities == pytest.approx([10, 4, 1])


def test_without_answers_the_middle_of_the_pool_is_the_first_centre():
    choice = ask(CoreSet(), on_a_line(0, 4, 5, 11), n=3)
    assert choice.rows.tolist() == [2, 3, 0]
    assert choice.utilities == pytest.approx([6, 6, 5])
    assert choice.reasons[0].startswith("in the middle of the pool")
    assert choice.reasons[1].startswith("farthest")


def test_copies_of_an_answered_document_come_last():
    assert ask(CoreSet(), on_a_line(3, 3, 5, 3), labelled=[3], n=4).rows.tolist() == [2, 0, 1, 3]


def test_distances_in_blocks_are_the_distances(monkeypatch):
    monkeypatch.setattr("workbench.strategies.distances.BLOCK_VALUES", 7)
    rng = np.random.default_rng(0)
    ours, others = rng.normal(size=(9, 3)).astype(np.float32), rng.normal(size=(5, 3)).astype(np.float32)
    apart = ((ours[:, None] - others) ** 2).sum(axis=2)
    rows, distances = nearest(ours, others, 2)
    assert np.sort(distances, axis=1) == pytest.approx(np.sort(apart, axis=1)[:, :2], abs=1e-5)
    assert np.take_along_axis(apart, rows, axis=1) == pytest.approx(distances, abs=1e-5)
    assert products(ours, others[0]) == pytest.approx(ours @ others[0], abs=1e-6)
    assert squared_norms(ours) == pytest.approx((ours**2).sum(axis=1), rel=1e-6)
    assert [(s.start, s.stop) for s in blocks(5, 3)] == [(0, 2), (2, 4), (4, 5)]
    assert finite(ours)
    ours[8, 2] = np.inf
    assert not finite(ours)


def test_half_precision_vectors_are_no_obstacle():
    assert ask(CoreSet(), on_a_line(1, 4, 9).astype(np.float16), labelled=[0], n=2).rows.tolist() == [2, 1]
    assert ask(TypiClust(most_clusters=2), HEAPS[:12].astype(np.float16), n=2).rows.tolist() == [3, 9]
