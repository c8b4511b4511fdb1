"""Fine-tuning for spans: which words are taught what, and that nothing is lost without a count."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.domain.decoding import decode_spans
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext, Model
from workbench.domain.questions import Question
from workbench.domain.spans import Span
from workbench.errors import InputError, NotEnoughDataError, UnknownNameError

pytestmark = [pytest.mark.torch]

NAMES = Question("names", "ner", ("PER", "LOC", "ORG"))
QUICK: dict[str, Any] = {
    "learning_rate": 1e-2,
    "head_learning_rate": 1e-2,
    "epochs": 8,
    "min_steps": 0,
    "dropout": 0.0,
}
WORDS = np.array([[0, 3], [3, 4], [5, 7], [8, 12]], dtype=np.int32)  # "NYC🗽 is rome"
TEXT = "NYC🗽 is rome"


def spans(text: str, *parts: tuple[int, int, str]) -> tuple[Span, ...]:
    return tuple(Span.of(text, start, end, label) for start, end, label in parts)


def example(text: str, *parts: tuple[int, int, str], scope: Any = None) -> Example:
    return Example(text, text, spans=spans(text, *parts), scope=scope)


EXAMPLES = [
    example("ada is in rome", (0, 3, "PER"), (10, 14, "LOC")),
    example("ada is in nyc", (0, 3, "PER"), (10, 13, "LOC")),
    example("rome is big and good", (0, 4, "LOC")),
    example("so very bad"),
]


@pytest.fixture
def make(tiny_bert: Path) -> Callable[..., Any]:
    """Return a function that makes the learner, quick but for what the options say."""

    def made(**options: Any) -> Any:
        from workbench.learners.bert_ner import BertNerLearner

        return BertNerLearner(LearnerContext(base_model=tiny_bert, config={**QUICK, **options}))

    return made


def tags(*parts: tuple[int, int, str]) -> tuple[list[str], dict[str, int]]:
    from workbench.learners.bert_ner import word_tags

    found, counts = word_tags(WORDS, spans(TEXT, *parts))
    return found, {name: count for name, count in counts.items() if count}


def test_spans_become_tags_of_words() -> None:
    assert tags((0, 4, "ORG"), (8, 12, "LOC")) == (["B-ORG", "I-ORG", "O", "B-LOC"], {"spans": 2})


def test_a_span_inside_a_word_is_taught_as_the_word_and_counted() -> None:
    assert tags((8, 10, "LOC")) == (["O", "O", "O", "B-LOC"], {"spans": 1, "adjusted_spans": 1})


def test_of_spans_that_share_a_word_the_longer_is_taught_and_the_other_counted() -> None:
    found, counts = tags((0, 3, "LOC"), (0, 7, "ORG"), (8, 12, "LOC"))
    assert found == ["B-ORG", "I-ORG", "I-ORG", "B-LOC"]
    assert counts == {"spans": 3, "overlapping_spans": 1}


def test_two_spans_in_one_word_are_not_both_taught() -> None:
    found, counts = tags((8, 10, "LOC"), (10, 12, "PER"))
    assert found == ["O", "O", "O", "B-LOC"]
    assert counts == {"spans": 2, "overlapping_spans": 1, "adjusted_spans": 1}


def test_a_span_without_a_word_is_counted() -> None:
    assert tags((4, 5, "LOC")) == (["O"] * 4, {"spans": 1, "spans_without_words": 1})


def test_words_outside_the_scope_are_unknown() -> None:
    from workbench.learners.bert_ner import in_scope

    assert in_scope(WORDS, None).tolist() == [True] * 4
    assert in_scope(WORDS, ((8, 12),)).tolist() == [False, False, False, True]
    assert in_scope(WORDS, ((1, 2), (5, 6))).tolist() == [True, False, True, False]
    assert in_scope(WORDS, ()).tolist() == [False] * 4


def rows(make: Callable[..., Any], *examples: Example, max_pieces: int = 16) -> tuple[Any, dict[str, int]]:
    from workbench.learners.bert_ner import rows_of

    network = make(max_pieces=max_pieces, epochs=1).fit({NAMES: EXAMPLES}, seed=0).network("names")
    found, counts = rows_of(network, examples)
    return found, {name: count for name, count in counts.items() if count}


def test_only_the_first_piece_of_a_word_is_taught(make: Callable[..., Any]) -> None:
    (row,), counts = rows(make, example("bigger ada", (0, 6, "ORG")))
    assert row.targets.tolist() == [5, -100, 0]
    assert counts == {"spans": 1}


def test_an_answer_with_a_scope_teaches_nothing_outside(make: Callable[..., Any]) -> None:
    found, _ = rows(
        make, example("ada is in rome", (10, 14, "LOC"), scope=((7, 14),)), example("bad", scope=())
    )
    assert [row.targets.tolist() for row in found] == [[-100, -100, 0, 3]]


def test_every_word_of_a_long_text_is_taught_once(make: Callable[..., Any]) -> None:
    text = "bigger ada " * 20 + "rome"
    found, _ = rows(make, example(text, (220, 224, "LOC")), max_pieces=10)
    taught = [tag for row in found for tag in row.targets.tolist() if tag >= 0]
    assert len(found) > 5
    assert taught == [0] * 40 + [3]
    assert max(len(row.ids) for row in found) == 8


@pytest.mark.slow
def test_it_learns_names(make: Callable[..., Any]) -> None:
    model = make(epochs=25).fit({NAMES: EXAMPLES * 4}, seed=0)
    assert isinstance(model, Model)
    texts = ["ada is in nyc", "so good", ""]
    found = decode_spans(model.score(texts)["names"], texts)
    assert found[0] == spans(texts[0], (0, 3, "PER"), (10, 13, "LOC"))
    assert found[1] == found[2] == ()


def test_a_label_without_examples_has_probability_zero(make: Callable[..., Any]) -> None:
    scores = make().fit({NAMES: EXAMPLES}, seed=0).score(["ada is in nyc"])["names"]
    assert scores.tags[5:] == ("B-ORG", "I-ORG")
    assert (scores.documents[0].probabilities[:, 5:] == 0.0).all()


def test_facts_count_what_words_could_not_say(make: Callable[..., Any]) -> None:
    model = make().fit({NAMES: [*EXAMPLES, example("adas rome", (0, 3, "PER"), (5, 6, "LOC"))]}, seed=0)
    assert model.facts["spans"] == 7
    assert model.facts["adjusted_spans"] == 2
    assert model.facts["overlapping_spans"] == model.facts["spans_without_words"] == 0


def test_the_same_seed_gives_the_same_scores_also_from_its_folder(
    make: Callable[..., Any], tmp_path: Path
) -> None:
    def probabilities(model: Any) -> np.ndarray[Any, Any]:
        found: np.ndarray[Any, Any] = model.score(["ada is in nyc"])["names"].documents[0].probabilities
        return found

    first, again = (make(dropout=0.2).fit({NAMES: EXAMPLES}, seed=3) for _ in range(2))
    assert np.array_equal(probabilities(first), probabilities(again))
    first.save(tmp_path)
    loaded = make().load(tmp_path)
    assert np.array_equal(probabilities(loaded), probabilities(first))
    assert loaded.facts == first.facts


def test_dev_chooses_the_checkpoint_by_strict_f1(make: Callable[..., Any]) -> None:
    model = make().fit({NAMES: EXAMPLES}, seed=0, dev={NAMES: EXAMPLES[:2]})
    assert model.facts["dev_examples"] == 2
    assert model.facts["best_epoch"] == 1 + int(np.argmax(model.facts["dev_figures"]))


def test_what_is_said_outside_a_scope_is_neither_right_nor_wrong() -> None:
    from workbench.learners.bert_ner import _keys

    found = spans(TEXT, (0, 3, "LOC"), (8, 12, "LOC"))
    assert _keys(found, None) == {(0, 3, "LOC"), (8, 12, "LOC")}
    assert _keys(found, ((5, 12),)) == {(8, 12, "LOC")}


@pytest.mark.parametrize(
    ("examples", "error", "message"),
    [
        ({NAMES: []}, NotEnoughDataError, "0 answers"),
        ({NAMES: [example("ada is")]}, NotEnoughDataError, "no span"),
        ({NAMES: [example("ada is", (0, 3, "PERS"))]}, UnknownNameError, "Did you mean 'PER'"),
        (
            {NAMES: [Example("7", "ada is", spans=(Span(0, 3, "PER", "Bob"),))]},
            InputError,
            "document 7: .*'Bob'",
        ),
        ({NAMES: [example("\u200b\u200b", (0, 1, "PER"))]}, NotEnoughDataError, "no word|a word"),
        ({Question("topic", "textcat", ("a", "b")): []}, InputError, "is textcat"),
    ],
)
def test_what_cannot_be_learnt_is_refused(
    make: Callable[..., Any], examples: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make().fit(examples, seed=0)
