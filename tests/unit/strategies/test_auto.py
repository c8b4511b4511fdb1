"""The default strategy, on small pools in which one can see what it should ask."""

import numpy as np
import pytest

from workbench.domain.ports import StrategyInputs
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.strategies import near_copies
from workbench.strategies.auto import Auto, RareLabels
from workbench.strategies.coverage import Kernel, lay_out
from workbench.strategies.measures import share_without
from workbench.strategies.near_copies import Families, NearCopies, Wording


def around(*degrees):
    angles = np.deg2rad(np.array(degrees, dtype=np.float64))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def class_scores(*rows, labels=("a", "b", "c")):
    return ClassScores(labels, np.array(rows, dtype=np.float32))


def ask(n, **inputs):
    given = StrategyInputs(len(inputs["vectors"]), **inputs)
    return Auto()(given, n, np.random.default_rng(0))


def test_without_a_model_each_group_gives_its_middle():
    choice = ask(3, vectors=around(0, 3, 6, 120, 124, 128, 240, 245, 250))
    assert sorted(choice.rows.tolist()) == [1, 4, 7]
    assert choice.reasons == ("nothing like it was asked yet; 2 open documents are like it",) * 3


def test_what_was_answered_is_not_covered_again():
    choice = ask(1, vectors=around(0, 3, 6, 120, 124), labelled_vectors=around(2))
    assert choice.rows.tolist() in ([3], [4])


def test_with_a_model_the_doubtful_group_comes_first():
    sure, doubtful = [0.98, 0.01, 0.01], [0.45, 0.45, 0.1]
    choice = ask(
        1,
        vectors=around(0, 3, 6, 9, 120, 124),
        scores=class_scores(sure, sure, sure, sure, doubtful, doubtful),
    )
    assert choice.rows.tolist() in ([4], [5])
    assert choice.reasons[0].startswith("the model wavers between 'a' and 'b'; 1 open document is like it")


def test_of_two_equal_doubts_the_one_about_a_rare_label_is_asked():
    scores = class_scores([0.45, 0.45, 0.1], [0.45, 0.1, 0.45])
    targets = np.zeros((41, 3), dtype=np.bool_)
    targets[:20, 0] = targets[20:40, 1] = targets[40:, 2] = True
    choice = ask(1, vectors=around(0, 120), scores=scores, labelled_targets=targets)
    assert choice.rows.tolist() == [1]
    assert choice.reasons == ("it may be 'c', which has 1 answer so far",)


def test_a_document_is_worth_the_mean_of_the_labels_it_may_have():
    targets = np.zeros((5, 3), dtype=np.bool_)
    targets[:4, 0] = targets[4:, 1] = True
    scores = class_scores([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5])
    rows = np.array([2, 0, -1, 1])
    worth = RareLabels(lambda places: scores.probabilities[rows[places]], targets)
    assert worth(np.array([1, 3, 0]), []) == pytest.approx([0.25, 1.0, 0.625])


def test_what_is_chosen_counts_as_its_probabilities_say():
    scores = class_scores([0.0, 1.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0])
    worth = RareLabels(scores.probabilities.__getitem__, np.array([[False, True, False]]))
    every = np.arange(3)
    assert worth(every, []) == pytest.approx([1.0, 1.0, 1.0])
    assert worth(every, [0]) == pytest.approx([0.5, 0.75, 1.0])
    assert worth(every, [0, 1]) == pytest.approx([1 / 2.5, (1 / 2.5 + 1) / 2, 1.0])


def test_a_batch_is_not_filled_with_one_rare_label():
    """Six documents that may be the rare `c` and two that may be `b`: both labels are asked about."""
    scores = class_scores(*[[0.5, 0.0, 0.5]] * 6, *[[0.5, 0.5, 0.0]] * 2)
    targets = np.zeros((9, 3), dtype=np.bool_)
    targets[:6, 0] = targets[6:8, 1] = targets[8:, 2] = True
    choice = ask(4, vectors=np.eye(8, dtype=np.float32), scores=scores, labelled_targets=targets)
    assert {row >= 6 for row in choice.rows.tolist()} == {True, False}


def test_several_labels_and_words_have_reasons_of_their_own():
    said = [[0.9, 0.5], [0.3, 0.1]]
    labelwise = ClassScores(("a", "b"), np.array(said, dtype=np.float32), exclusive=False)
    assert (
        ask(1, vectors=around(0, 120), scores=labelwise).reasons[0].startswith("the model is unsure of 'a'")
    )
    words = np.array([(0, 1)], dtype=np.int32)
    tokens = TokenScores(
        ("a",),
        tuple(
            DocumentTokenScores(words, np.array([p], dtype=np.float32))
            for p in ([0.5, 0.4, 0.1], [0.98, 0.01, 0.01])
        ),
    )
    choice = ask(1, vectors=around(0, 120), scores=tokens)
    assert choice.rows.tolist() == [0]
    assert choice.reasons[0].startswith(
        "of 1 words the model is least sure at word 1: nothing or the start of 'a'; "
    )
    told = ask(1, vectors=around(0, 120), scores=tokens, texts=["x", "y"]).reasons[0]
    assert told.startswith("of 1 words the model is least sure of 'x': ")


def labels_of_their_own(*rows):
    return ClassScores(("a", "b", "c"), np.array(rows, dtype=np.float32), exclusive=False)


def test_of_labels_of_their_own_a_document_that_seems_to_have_none_is_asked():
    scores = labels_of_their_own([0.9, 0.4, 0.02], [0.02, 0.02, 0.02])
    choice = ask(1, vectors=around(0, 120), scores=scores)
    assert choice.rows.tolist() == [1]
    assert choice.reasons[0].startswith("the model knows no label for it; ")


def test_where_most_answers_are_without_a_label_seeming_to_have_none_is_no_doubt():
    scores = labels_of_their_own([0.9, 0.4, 0.02], [0.02, 0.02, 0.02])
    targets = np.zeros((10, 3), dtype=np.bool_)
    targets[:3] = np.eye(3, dtype=np.bool_)
    choice = ask(1, vectors=around(0, 120), scores=scores, labelled_targets=targets)
    assert choice.rows.tolist() == [0]
    assert share_without(targets) == 0.7


def family(rng, size):
    """Return a text and `size` - 1 copies of it, each with one word misspelt, and their vectors."""
    words = ["".join(rng.choice(list("abcdefghiklmnoprstuw"), size=6)) for _ in range(10)]
    centre = rng.normal(size=24)
    texts, vectors = [" ".join(words)], [centre]
    for copy in range(1, size):
        changed = list(words)
        place = int(rng.integers(len(words)))
        changed[place] = changed[place][:-1] + "x" * (copy % 3)
        texts.append(" ".join(changed))
        vectors.append(centre + rng.normal(size=24) * 0.1)
    found = np.array(vectors, dtype=np.float32)
    return texts, found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.mark.parametrize("n", [10, 15, 40])
def test_of_twenty_paraphrases_one_is_asked_and_a_batch_may_be_shorter(n):
    rng = np.random.default_rng(0)
    families = [family(rng, 21) for _ in range(15)]
    texts = [text for found, _ in families for text in found]
    vectors = np.concatenate([found for _, found in families])
    p = rng.dirichlet(np.ones(3), size=len(texts)).astype(np.float32)
    for scores in (None, ClassScores(("a", "b", "c"), p)):
        rows = ask(n, vectors=vectors, texts=texts, scores=scores).rows
        assert len(rows) == min(n, 15)
        assert len(set((rows // 21).tolist())) == len(rows)


def test_no_near_copy_of_a_text_that_is_asked_beside_the_batch_is_asked():
    texts = ["where is my parcel", "where is my parcell", "a garden of kettles", "sell me a boat"]
    vectors = around(0, 5, 60, 120)
    assert set(ask(4, vectors=vectors, texts=texts).rows.tolist()) in ({0, 2, 3}, {1, 2, 3})
    beside = ["Where is MY parcel?", "something else"]
    assert set(ask(4, vectors=vectors, texts=texts, beside=beside).rows.tolist()) == {2, 3}
    assert set(ask(4, vectors=vectors, beside=beside).rows.tolist()) <= {0, 1, 2, 3}, "no wording to compare"


def test_where_all_is_like_a_text_beside_the_batch_one_is_asked_all_the_same():
    texts = [f"the invoice number {n} was paid" for n in range(100, 104)]
    rows = ask(4, vectors=around(0, 5, 10, 15), texts=texts, beside=["the invoice number 99 was paid"]).rows
    assert len(rows) == 1


def test_long_texts_are_compared_by_trigrams_alone_and_at_once(monkeypatch):
    def never(one, two):
        raise AssertionError("letters in order take seconds for long texts")

    monkeypatch.setattr(near_copies, "_matching", never)
    letters = np.random.default_rng(0).choice(list("abcdefghiklmnoprstuw"), (80, 6))
    words = ["".join(word) for word in letters]
    one, other = " ".join(words[:60]), " ".join(words[20:])
    shared = Wording.of(one).trigrams & Wording.of(other).trigrams
    assert 0.3 < len(shared) / len(Wording.of(one).trigrams | Wording.of(other).trigrams) < 0.6
    copies = NearCopies(around(0, 20, 40), [one, one.replace(words[0], words[1]), other])
    assert copies.among(1, [0])
    assert not copies.among(2, [0, 1])


def test_near_copies_are_told_by_wording_and_by_direction():
    vectors = around(0, 20, 80, 0)
    texts = ["where is my parcel", "where is my parcell", "where is my parcel?", "a garden of kettles"]
    copies = NearCopies(vectors, texts)
    assert copies.among(1, [0])
    assert not copies.among(2, [0])  # a cosine below 0.2: not compared
    assert not copies.among(3, [0])  # the same direction, other words
    assert not copies.among(0, [])
    assert NearCopies(vectors, None).among(3, [0])


def test_many_misspelt_words_are_told_by_letters_in_order():
    texts = [
        "my card payment is still pending",
        "My card apyment is stil pendnig",
        "is my payment card pending still",
    ]
    copies = NearCopies(around(0, 50, 100), texts)
    assert copies.among(1, [0])
    assert not copies.among(2, [1])


def test_words_that_were_moved_and_misspelt_are_told_by_letters_of_sorted_words():
    texts = ["what is the daily limit", "the limit wat is dialy", "the daily bread is late"]
    copies = NearCopies(around(0, 50, 60), texts)
    assert copies.among(1, [0])
    assert not copies.among(2, [0])


def test_short_texts_that_were_cut_and_misspelt_in_other_places_are_told_by_their_words():
    texts = ["send me my pass", "send me my sapr.", "send me somme mail", "sell my mess"]
    copies = NearCopies(around(0, 70, 60, 50), texts)
    assert copies.among(1, [0])  # three of four words
    assert not copies.among(2, [0])  # two of four words
    assert not copies.among(3, [0])  # one of three words


def test_copies_of_one_text_are_one_family_though_unlike_each_other():
    texts = ["a b c d e f g h i j k l", "a b c d e f g h i", "d e f g h i j k l", "another text of no family"]
    vectors = around(0, 25, -25, 60)
    copies = NearCopies(vectors, texts)
    assert copies.among(1, [0])
    assert copies.among(2, [0])
    assert not copies.among(2, [1])
    inputs = StrategyInputs(4, vectors=vectors, texts=texts)
    field = lay_out(inputs, np.ones(4), Kernel(0.4), 4, np.random.default_rng(0))
    families = Families(copies, field)
    assert families.may_join(1, [])
    assert [families.may_join(place, [1]) for place in range(4)] == [False, False, False, True]
    assert not Families(copies, field, taken=[0]).may_join(1, [])


def doubts(*values):
    """Scores of two labels: 1 is a tie, 0 is sure."""
    return class_scores(*([1 - value / 2, value / 2] for value in values), labels=("a", "b"))


def test_a_sure_model_asks_about_the_few_doubts_and_not_about_the_crowd():
    choice = ask(1, vectors=around(*[0] * 30, *[120] * 3), scores=doubts(*[0.2] * 30, *[0.9] * 3))
    assert choice.rows[0] >= 30


def test_an_unsure_model_asks_about_the_crowd_and_not_about_the_few_that_it_doubts_most():
    choice = ask(1, vectors=around(*[0] * 30, *[120] * 3), scores=doubts(*[0.5] * 30, *[1.0] * 3))
    assert choice.rows[0] < 30


def test_of_two_that_stand_for_the_same_the_doubtful_one_is_asked():
    assert ask(1, vectors=around(0, 0, 120), scores=doubts(0.2, 0.9, 0.1)).rows.tolist() == [1]


def test_with_a_model_one_that_stands_for_several_comes_before_a_lonely_one():
    choice = ask(1, vectors=around(200, 0, 40, 80), scores=doubts(0.9, 0.8, 0.8, 0.8))
    assert choice.rows.tolist() == [2]


def test_without_a_model_one_that_stands_for_several_comes_before_a_small_tight_group():
    assert ask(1, vectors=around(150, 150, 0, 30, 60)).rows.tolist() == [3]


def test_the_first_batch_turns_from_a_crowd_to_a_small_topic():
    # The second half of the crowd would add 2.2, the small topic 2; both are less the larger their crowd is.
    vectors = around(*[0] * 6, *[37] * 6, 160, 160)
    assert {row // 6 for row in ask(2, vectors=vectors).rows.tolist()} in ({0, 2}, {1, 2})


def test_the_first_batch_takes_back_a_middle_that_two_others_make_needless():
    groups = [row // 3 for row in ask(2, vectors=around(*[0] * 3, *[50] * 3, 25)).rows.tolist()]
    assert sorted(groups) == [0, 1]
