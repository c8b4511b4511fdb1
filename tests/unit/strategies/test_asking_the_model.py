"""BADGE, contrastive and BALD on figures that can be checked by hand."""

import numpy as np
import pytest

from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import ClassScores
from workbench.errors import InputError
from workbench.strategies.badge import Badge, presumed, spread_out
from workbench.strategies.bald import Bald, mutual_information
from workbench.strategies.contrastive import Contrastive, divergences

LABELS = ("fault", "praise", "order")


def of_labels(*rows, exclusive=True):
    p = np.array(rows, dtype=np.float32)
    return ClassScores(LABELS[: p.shape[1]], p, exclusive)


def rng(seed=0):
    return np.random.default_rng(seed)


def ask_badge(scores, features, n, seed=0):
    inputs = StrategyInputs(len(scores), scores=scores, features=np.array(features, dtype=np.float32))
    return Badge()(inputs, n, rng(seed))


def test_the_presumed_answer_is_the_best_label_or_each_that_is_likely():
    assert presumed(of_labels([0.2, 0.7, 0.1])).tolist() == [[0, 1, 0]]
    assert presumed(of_labels([0.6, 0.5, 0.1], exclusive=False)).tolist() == [[1, 1, 0]]


def test_the_longest_gradient_comes_first():
    # Errors (-.5, .5), (-.1, .1), (-.5, .5); features of length 1, 5 and 2: products .707, .707 and 1.414.
    choice = ask_badge(of_labels([0.5, 0.5], [0.9, 0.1], [0.5, 0.5]), [[1, 0], [5, 0], [2, 0]], 1)
    assert choice.rows.tolist() == [2]
    assert choice.utilities == pytest.approx([2 * 0.5**0.5])
    assert "'fault' 50%" in choice.reasons[0]


@pytest.mark.parametrize("seed", range(10))
def test_equal_gradients_are_not_asked_together(seed):
    # Rows 0 and 1 are copies, row 2 points elsewhere, row 3 is certain and teaches nothing.
    scores = of_labels([0.5, 0.5], [0.5, 0.5], [0.6, 0.4], [1.0, 0.0])
    assert ask_badge(scores, [[1, 0], [1, 0], [0, 1], [3, 3]], 2, seed).rows.tolist() in ([0, 2], [0, 3])
    assert ask_badge(scores, [[1, 0], [1, 0], [0, 1], [0, 1]], 4, seed).rows.tolist()[3] == 1


def test_the_factors_give_the_distances_of_the_whole_gradients():
    random = rng(1)
    errors, features = random.normal(size=(30, 4)), random.normal(size=(30, 5)).astype(np.float32)
    whole = np.einsum("nl,nd->nld", errors, features).reshape(30, -1)
    drawn, plain = rng(3), rng(3)
    lengths = (whole**2).sum(axis=1)
    rows = spread_out(errors, features, lengths, 8, drawn)
    expected = [int(lengths.argmax())]
    while len(expected) < 8:
        apart = ((whole[:, None] - whole[expected]) ** 2).sum(axis=2).min(axis=1)
        expected.append(int(plain.choice(30, p=apart / apart.sum())))
    assert rows == expected


def contrast(scores, said, vectors, labelled, n, **options):
    inputs = StrategyInputs(
        len(scores),
        scores=scores,
        vectors=np.array(vectors, dtype=np.float32),
        labelled_vectors=np.array(labelled, dtype=np.float32).reshape(-1, 2),
        labelled_scores=said,
    )
    return Contrastive(**options)(inputs, n, rng())


def test_who_is_judged_otherwise_than_its_neighbour_comes_first():
    said = of_labels([0.9, 0.1], [0.1, 0.9])
    scores = of_labels([0.9, 0.1], [0.9, 0.1], [0.5, 0.5])
    choice = contrast(scores, said, [[1, 0], [0, 1], [1, 0]], [[1, 0], [0, 1]], 3, n_neighbours=1)
    assert choice.rows.tolist() == [1, 2, 0]
    far = 0.9 * np.log(9) + 0.1 * np.log(1 / 9)
    half = 0.9 * np.log(1.8) + 0.1 * np.log(0.2)
    assert -np.log(1 - choice.utilities) == pytest.approx([far, half, 0], abs=1e-5)
    assert choice.reasons[0] == (
        "the model gives 'fault' 90% here, but 10% to the answered documents most like it"
    )


def test_the_divergence_is_the_mean_over_the_neighbours():
    said = of_labels([1.0, 0.0], [0.5, 0.5])
    values = divergences(of_labels([0.5, 0.5]), said, np.array([[0, 1]]))
    assert values == pytest.approx([np.log(2) / 2], abs=1e-6)


def test_labels_of_their_own_add_their_divergences_up():
    said, own = of_labels([0.5, 0.5], exclusive=False), of_labels([0.25, 0.5], exclusive=False)
    expected = 0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)
    assert divergences(own, said, np.array([[0]])) == pytest.approx([expected], abs=1e-6)


def test_a_certainty_contradicted_is_a_large_number_and_no_endless_one():
    said, own = of_labels([1.0, 0.0]), of_labels([0.0, 1.0])
    assert 10 < divergences(own, said, np.array([[0]]))[0] < 20


def test_without_answered_documents_there_is_no_contrast():
    said = ClassScores(LABELS[:2], np.zeros((0, 2), dtype=np.float32))
    with pytest.raises(InputError, match="there are none"):
        contrast(of_labels([0.5, 0.5]), said, [[1, 0]], [], 1)


def test_scores_of_other_answered_documents_are_refused():
    said = of_labels([0.9, 0.1], [0.1, 0.9])
    with pytest.raises(InputError, match="2 labelled scores for 1 labelled vectors"):
        contrast(of_labels([0.5, 0.5]), said, [[1, 0]], [[1, 0]], 1)


def test_no_neighbours_are_refused():
    with pytest.raises(InputError):
        Contrastive(n_neighbours=0)


# Two samples of four documents: sure and of one mind, sure and contradicting, unsure twice, a bit of both.
SAMPLES = np.array(
    [[[1, 0], [1, 0], [0.5, 0.5], [0.9, 0.1]], [[1, 0], [0, 1], [0.5, 0.5], [0.5, 0.5]]], dtype=np.float32
)


def test_samples_that_contradict_each_other_count_and_ambiguity_does_not():
    values = mutual_information(SAMPLES, exclusive=True)
    assert values[:3] == pytest.approx([0, 1, 0], abs=1e-6)
    assert 0 < values[3] < 0.5


def test_labels_of_their_own_give_the_mean_over_the_labels():
    one = np.array([[[1, 0.5]], [[0, 0.5]]], dtype=np.float32)
    assert mutual_information(one, exclusive=False) == pytest.approx([0.5], abs=1e-6)


def test_the_contradicted_document_is_asked_and_told_why():
    p = SAMPLES.mean(axis=0)
    choice = Bald()(StrategyInputs(4, scores=of_labels(*p), samples=SAMPLES), 2, rng())
    assert choice.rows.tolist() == [1, 3]
    assert choice.reasons[1] == "asked 2 times with parts left out, the model gives 'fault' from 50% to 90%"


def test_information_in_blocks_is_the_information(monkeypatch):
    whole = mutual_information(SAMPLES, exclusive=True)
    monkeypatch.setattr("workbench.strategies.distances.BLOCK_VALUES", 4)
    assert mutual_information(SAMPLES, exclusive=True).tolist() == whole.tolist()
