"""Which answers count as chosen, how much both sides learn from, and the gain of entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from tests.unit.usecases.live_desk import TOPIC, add_texts, answer, ids, live_desk, propose, text_of
from tests.unit.usecases.ner_desk import NAMES, MadeWords, embed_words, ner_desk, spans_of
from tests.unit.usecases.ner_desk import answer as answer_spans
from workbench import catalog
from workbench.domain.annotations import FROM_A_FILE
from workbench.domain.examples import Example
from workbench.domain.ports import LearnerContext
from workbench.domain.scores import ClassScores
from workbench.errors import NotEnoughDataError
from workbench.usecases import measure_gain as gain
from workbench.usecases.measure_gain import (
    Sides,
    check_before,
    compare_heads,
    evened,
    measure_gain,
    parted_answers,
)
from workbench.usecases.project import Project


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    """Open a project of 120 documents: d0 to d9 were answered before any batch, d10 to d19 are proposed."""
    with live_desk(tmp_path, n=120) as project:
        yield project


def chosen(project: Project) -> list[str]:
    return [example.document_id for example in parted_answers(project, "topic")[1]]


def before(project: Project) -> list[str]:
    return [example.document_id for example in parted_answers(project, "topic")[0]]


def test_chosen_is_what_a_batch_asked_and_a_person_answered_first_answered_first(desk: Project) -> None:
    answer(desk, ["d15", "d12", "d50"])
    assert chosen(desk) == ["d15", "d12"]
    propose(desk, ids(50, 60), strategy="random", id="by chance")
    assert chosen(desk) == ["d15", "d12"]


def test_what_came_with_a_file_is_not_chosen_though_a_batch_had_asked_it(desk: Project) -> None:
    answer(desk, ["d11"])
    answer(desk, ["d10"], by=FROM_A_FILE)
    answer(desk, ["d10"], turn=1)  # somebody looked at it later: the file said it first
    assert chosen(desk) == ["d11"]


def test_what_was_answered_before_the_first_chosen_one_is_from_before_wherever_it_comes_from(
    desk: Project,
) -> None:
    propose(desk, ids(30, 40), strategy="random", id="by chance")
    answer(desk, ["d20", "d30"])
    answer(desk, ["d19"], by=FROM_A_FILE)
    assert (before(desk), chosen(desk)) == ([*ids(0, 10), "d20", "d30", "d19"], [])
    answer(desk, ["d10", "d21", "d31", "d11"])
    assert before(desk) == [*ids(0, 10), "d20", "d30", "d19"]
    assert chosen(desk) == ["d10", "d11"], "what nobody chose counts on no side from then on"


class MostFrequent:
    """A learner that says of every text the label it has met most often, and notes what it learned from."""

    def __init__(self) -> None:
        self.learned: list[list[str]] = []
        self.judged: list[list[str]] = []

    def fit(self, examples: Any, *, seed: int) -> Any:
        ((question, given),) = examples.items()
        self.learned.append([example.document_id for example in given])
        counts = Counter(example.labels[0] for example in given)
        row = np.array([counts[label] for label in question.labels], dtype=np.float32) / len(given)

        def score(texts: Sequence[str]) -> dict[str, ClassScores]:
            self.judged.append(list(texts))
            return {question.name: ClassScores(question.labels, np.tile(row, (len(texts), 1)))}

        return SimpleNamespace(score=score)


def said(names: Sequence[str], label: str) -> list[Example]:
    return [Example(name, f"text of {name}", (label,)) for name in names]


def numbered(letter: str, n: int) -> list[str]:
    return [f"{letter}{number}" for number in range(n)]


# Of 40 control answers 10 are a and 30 b; four folds of five are 8 a and 24 b. A head says one label of all: it is
# right in 10 or in 30 of 40. Twenty a from before turn the random head: 28 a to 24 b. The chosen 32 are all b (52 of
# both, 32 to 20), or b and a by turns (16 b to 36 a).
@pytest.mark.parametrize(
    ("n_before", "mixed", "expected"),
    [(20, False, (0.75, 0.25)), (20, True, (0.25, 0.25)), (0, False, (0.75, 0.75)), (12, True, (0.25, 0.75))],
)
def test_both_sides_learn_from_what_was_there_before_and_from_equally_much_of_their_own(
    n_before: int, mixed: bool, expected: tuple[float, float]
) -> None:
    learner = MostFrequent()
    control = said(numbered("c", 10), "a") + said(numbered("d", 30), "b")
    asked = [e for n in range(40) for e in said([f"s{n}"], "a" if mixed and n % 2 else "b")]
    there = said(numbered("p", n_before), "a")
    found = compare_heads(cast("Any", learner), TOPIC, Sides(asked, control, there), seed=0)
    accuracy = found.figures["accuracy"]
    assert (accuracy.chosen, accuracy.random) == expected
    assert (found.n_before, found.n_labels) == (n_before, 32)
    assert found.as_dict()["n_before"] == n_before
    assert len(learner.learned) == 2 * 5 * 5
    for learned, judged in zip(learner.learned, learner.judged, strict=True):
        assert learned[:n_before] == numbered("p", n_before)
        own = learned[n_before:]
        assert len(own) == len(set(own)) == 32
        assert own == numbered("s", 32) or {id[0] for id in own} == {"c", "d"}
        assert len(judged) == 8
        assert not {f"text of {id}" for id in learned} & set(judged), "none is judged by what it taught"


def test_so_many_answers_from_before_that_the_others_drown_are_said() -> None:
    few, many = said(numbered("s", 30), "a"), said(numbered("p", 301), "a")
    check_before("topic", Sides(few, few, many[:300]))
    with pytest.raises(
        NotEnoughDataError, match=r"301 answers to 'topic' were there .* 30 chosen ones"
    ) as caught:
        check_before("topic", Sides(few, [*few, *few], many))
    assert (caught.value.hint or "").startswith("Propose a batch")


@pytest.mark.parametrize(("n", "what"), [(15, "chosen"), (40, "control")])
def test_too_few_answers_of_a_side_say_how_to_get_more_of_it(desk: Project, n: int, what: str) -> None:
    propose(desk, ids(10, 60), id="more")
    answer(desk, ids(10, 10 + n))
    with pytest.raises(NotEnoughDataError, match=f"needs 30 {what} answers") as caught:
        measure_gain(desk, "topic")
    assert (caught.value.hint or "").startswith({"chosen": "Propose a batch", "control": "Answer more"}[what])


def test_labels_are_evened_by_number_and_entities_by_the_words_that_are_read() -> None:
    one = [Example("a", "w w w"), Example("b", "w w w w w w")]
    other = [Example("c", "w w"), Example("d", "w w w w", scope=((0, 3),)), Example("e", "w")]
    assert evened(TOPIC, one, other) == (one, other[:2], 2)
    # Two, four (though half of them are asked) and one word: seven, which the first text of the other side fits into.
    assert evened(NAMES, one, other) == (one[:1], other, 7)
    assert evened(NAMES, [Example("f", "w " * 9)], other)[0] == [Example("f", "w " * 9)], "one text at least"


def sentences(some: Sequence[str]) -> list[Example]:
    return [Example(id, text_of(id), spans=spans_of(id)) for id in some]


@pytest.mark.slow
def test_equal_sides_gain_nothing_and_poor_answers_lose() -> None:
    learner = catalog.learner("tags", "ner", LearnerContext(words=MadeWords(), n_threads=1))
    control = sentences(ids(0, 40))
    found = compare_heads(learner, NAMES, Sides(sentences(ids(40, 80)), control), seed=0)
    f1 = found.figures["strict_f1"]
    assert f1.low <= f1.value <= f1.high
    assert abs(f1.value) < 0.1, "both sides are of one kind"
    assert f1.chosen > 0.8
    assert found.n_labels == 32 * 24  # four folds of forty sentences of 24 words
    assert (found.n_judged, found.n_repeats, found.unit) == (40, 5, "words")
    poor = [Example(e.document_id, e.text, spans=e.spans[:1]) for e in sentences(ids(40, 80))]
    worse = compare_heads(learner, NAMES, Sides(poor, control), seed=0).figures["strict_f1"]
    assert worse.high < -0.2
    better = compare_heads(learner, NAMES, Sides(sentences(ids(40, 80)), few_marked(control)), seed=0)
    assert better.figures["strict_f1"].chosen > better.figures["strict_f1"].random


def few_marked(examples: Sequence[Example]) -> list[Example]:
    """Leave the spans of every fourth sentence only."""
    return [e if n % 4 == 0 else Example(e.document_id, e.text) for n, e in enumerate(examples)]


def test_a_side_without_a_span_is_named() -> None:
    learner = catalog.learner("tags", "ner", LearnerContext(words=MadeWords(), n_threads=1))
    blank = [Example(e.document_id, e.text) for e in sentences(ids(0, 40))]
    with pytest.raises(NotEnoughDataError, match="32 control ones are too alike to learn from") as caught:
        compare_heads(learner, NAMES, Sides(sentences(ids(40, 80)), blank), seed=0)
    assert (caught.value.hint or "").startswith("Answer more")
    with pytest.raises(NotEnoughDataError, match="32 chosen ones are too alike to learn from"):
        compare_heads(learner, NAMES, Sides(blank, sentences(ids(40, 80))), seed=0)


@pytest.mark.slow
def test_the_gain_of_entities_is_measured_on_the_words_that_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gain, "project_words", lambda project, learner: MadeWords())
    with ner_desk(tmp_path, n=120) as desk:
        add_texts(desk, ids(200, 240), part="control")
        embed_words(desk, ids(200, 240))
        propose(desk, ids(10, 60), id="more")
        answer_spans(desk, ids(10, 60))
        answer_spans(desk, ids(200, 240))
        told: list[int] = []
        found = measure_gain(desk, "topic", progress=lambda done, total, what: told.append(done))
    assert found.unit == "words"
    assert np.isfinite(found.figures["strict_f1"].value)
    assert told == [0, 1, 2, 3, 4, 5]
    assert found.n_before == 10
