"""The plain baseline."""

import json

import pytest

from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.questions import Question
from workbench.errors import ArtefactError, InputError, NotEnoughDataError
from workbench.learners.tfidf import TfidfLearner

TOPIC = Question("topic", "textcat", ("billing", "delivery"))
TAGS = Question("tags", "textcat-multi", ("urgent", "polite"))
TEXTS = (
    "the invoice is wrong",
    "my parcel never came",
    "refund the invoice now",
    "where is the parcel please",
)


def examples():
    topics = ("billing", "delivery", "billing", "delivery")
    tags = ((), (), ("urgent",), ("polite",))
    return {
        TOPIC: [Example(str(i), text, (topics[i],)) for i, text in enumerate(TEXTS)],
        TAGS: [Example(str(i), text, tags[i]) for i, text in enumerate(TEXTS)],
    }


def learner(**options):
    return TfidfLearner(LearnerContext(config=options))


def test_several_questions_are_answered_by_their_own_heads():
    scores = learner().fit(examples(), seed=0).score(["an invoice", "a parcel please"])
    assert scores["topic"].probabilities[0, 0] > 0.6
    assert scores["topic"].probabilities[1, 1] > 0.6
    assert scores["tags"].probabilities[1, 1] > scores["tags"].probabilities[1, 0]
    assert not scores["tags"].exclusive


def test_a_text_without_known_words_gets_an_answer():
    scores = learner().fit(examples(), seed=0).score(["", "xyzzy", "🗽"])["topic"]
    assert scores.probabilities.sum(axis=1) == pytest.approx([1, 1, 1])


def test_no_texts_get_no_scores():
    assert learner().fit(examples(), seed=0).score([])["topic"].probabilities.shape == (0, 2)


def test_words_of_one_letter_and_of_other_scripts_count():
    texts = {"甲": "billing", "b": "delivery"}
    given = {TOPIC: [Example(text, text, (label,)) for text, label in texts.items()]}
    scores = learner().fit(given, seed=0).score(["甲", "b"])["topic"].probabilities
    assert scores[0, 0] > 0.5
    assert scores[1, 1] > 0.5


def test_texts_without_any_word_are_too_little():
    given = {TOPIC: [Example("1", "🗽", ("billing",)), Example("2", "", ("delivery",))]}
    with pytest.raises(NotEnoughDataError, match="holds a word"):
        learner().fit(given, seed=0)


def test_the_run_length_has_bounds():
    with pytest.raises(InputError, match="1 to 5"):
        learner(longest_run=9)


@pytest.mark.parametrize(
    "damage",
    [
        {"runs": []},
        {"runs": ["a", "a"]},
        {"runs": "abc"},
        {"longest_run": 0},
        {"longest_run": True},
        {"questions": []},
    ],
)
def test_a_damaged_vocabulary_is_refused(tmp_path, damage):
    learner().fit(examples(), seed=0).save(tmp_path)
    facts = json.loads((tmp_path / "tfidf.json").read_text())
    (tmp_path / "tfidf.json").write_text(json.dumps({**facts, **damage}))
    with pytest.raises(ArtefactError):
        learner().load(tmp_path)
