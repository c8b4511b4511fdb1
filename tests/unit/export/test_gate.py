"""The gate's figures, by hand-written scores; numpy only."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from workbench.analysis.metrics import classification_figures, span_figures
from workbench.domain.decoding import decode_spans
from workbench.domain.examples import Example
from workbench.domain.scores import ClassScores, DocumentTokenScores, Scores, TokenScores
from workbench.domain.spans import Span
from workbench.errors import NotEnoughDataError
from workbench.export.gate import (
    GateScores,
    HeldOut,
    agreement,
    aligned_f1,
    check,
    largest_difference,
    macro_f1,
    on_tokens,
    strict_f1,
)

AB = ("a", "b")


def classes(*rows: list[float], exclusive: bool = True) -> ClassScores:
    return ClassScores(AB, np.array(rows, dtype=np.float32).reshape(-1, 2), exclusive)


def tokens(*documents: tuple[list[list[int]], list[list[float]]]) -> TokenScores:
    return TokenScores(
        ("PER",),
        tuple(
            DocumentTokenScores(
                np.array(words, dtype=np.int32).reshape(-1, 2),
                np.array(rows, dtype=np.float32).reshape(-1, 3),
            )
            for words, rows in documents
        ),
    )


def all_the_same(scores: Scores) -> GateScores:
    return GateScores(scores, scores, scores, scores, scores)


def test_the_largest_difference_is_taken_over_documents_and_labels() -> None:
    assert largest_difference(
        classes([0.9, 0.1], [0.5, 0.5]), classes([0.9, 0.1], [0.25, 0.75])
    ) == pytest.approx(0.25)


def test_documents_without_words_do_not_differ() -> None:
    assert largest_difference(tokens(([], [])), tokens(([], []))) == 0.0
    assert agreement(tokens(([], [])), tokens(([], []))) == 1.0


def test_agreement_counts_documents_for_one_label_a_text() -> None:
    assert agreement(classes([0.9, 0.1], [0.4, 0.6]), classes([0.6, 0.4], [0.6, 0.4])) == 0.5


def test_agreement_counts_pairs_of_document_and_label_for_several_labels() -> None:
    ours, theirs = classes([0.9, 0.2], exclusive=False), classes([0.8, 0.4], exclusive=False)
    assert agreement(ours, theirs) == 1.0
    assert agreement(ours, theirs, {"a": 0.5, "b": 0.3}) == 0.5


def test_agreement_counts_words_for_entities() -> None:
    words = [[0, 1], [2, 3], [4, 5], [6, 7]]
    ours = tokens((words, [[1, 0, 0]] * 4))
    theirs = tokens((words, [[1, 0, 0]] * 3 + [[0, 1, 0]]))
    assert agreement(ours, theirs) == 0.75


def test_the_f1s_are_those_of_the_analysis() -> None:
    rng = np.random.default_rng(3)
    gold, predicted = ([(AB[i],) for i in rng.integers(0, 2, 50)] for _ in range(2))
    figures = classification_figures(gold, predicted, AB, basis="held-out")
    assert macro_f1(gold, predicted, AB) == pytest.approx(figures.macro_f1)
    spans = [
        [[Span(s, s + 1, AB[s % 2], "x") for s in set(rng.integers(0, 9, 4).tolist())] for _ in range(20)]
        for _ in "gp"
    ]
    judged = span_figures(spans[0], spans[1], AB, basis="held-out")
    assert strict_f1(spans[0], spans[1]) == pytest.approx(judged.strict_f1)


GOOD = classes([0.9, 0.1], [0.2, 0.8])
TWO = HeldOut([Example("1", "so", ("a",)), Example("2", "no", ("b",))])


def test_four_equal_shapes_pass() -> None:
    report = check(all_the_same(GOOD), TWO, recipe="none")
    assert report.passed
    assert report.failures == ()
    assert len(report.figures) == 7
    assert all("2 held-out documents" in figure.basis for figure in report.figures)


@pytest.mark.parametrize(
    ("shape", "scores", "failing"),
    [
        ("torch", classes([0.8985, 0.1015], [0.2, 0.8]), ["fp32 ONNX against torch"]),
        ("alone", classes([0.897, 0.103], [0.2, 0.8]), ["alone against batches", "with more padding"]),
        ("padded", classes([0.897, 0.103], [0.2, 0.8]), ["with more padding"]),
    ],
)
def test_a_shape_that_scores_otherwise_is_refused(
    shape: str, scores: ClassScores, failing: list[str]
) -> None:
    report = check(dataclasses.replace(all_the_same(GOOD), **{shape: scores}), TWO, recipe="none")
    assert not report.passed
    assert len(report.failures) == len(failing)
    for figure, part in zip(report.failures, failing, strict=True):
        assert part in figure.name
        assert "FAILED" in str(figure)
    assert report.as_json()["passed"] is False


def test_int8_that_answers_otherwise_is_refused_for_agreement_and_f1() -> None:
    other = classes([0.4, 0.6], [0.2, 0.8])
    scores = GateScores(GOOD, GOOD, other, other, other)
    names = [figure.name for figure in check(scores, TWO, recipe="none").failures]
    assert names == ["int8 against fp32: share of equal answers", "int8 against fp32: loss of macro-F1"]


def test_figures_that_are_no_numbers_are_refused() -> None:
    broken = classes([0.9, 0.1], [0.2, 0.8])
    broken.probabilities[1, 0] = np.nan
    assert not check(dataclasses.replace(all_the_same(GOOD), fp32=broken), TWO, recipe="none").passed


def test_the_gate_needs_documents() -> None:
    with pytest.raises(NotEnoughDataError):
        check(all_the_same(classes()), HeldOut([]), recipe="none")


SURE = {"O": [1, 0, 0], "B": [0, 1, 0], "I": [0, 0, 1]}


def test_entities_are_compared_on_gold_tokens_when_there_are_any() -> None:
    # The model's words are "Ada" and "'s"; the gold token is the whole "Ada's".
    scores = tokens(([[0, 3], [3, 5]], [SURE["B"], SURE["O"]]))
    example = Example("1", "Ada's", spans=(Span(0, 5, "PER", "Ada's"),))
    gold_tokens = [np.array([[0, 5]], dtype=np.int32)]
    assert aligned_f1(scores, HeldOut([example], gold_tokens)) == 1.0
    report = check(all_the_same(scores), HeldOut([example], gold_tokens), recipe="none")
    (failure,) = report.failures
    assert (
        failure.name
        == "entities served from raw text against the evaluation on gold tokens: loss of strict F1"
    )
    assert failure.value == 1.0


def test_without_gold_tokens_gold_spans_grow_to_the_words_of_the_model() -> None:
    scores = tokens(([[0, 5]], [SURE["B"]]))
    example = Example("1", "Ada's", spans=(Span(0, 3, "PER", "Ada"),))
    assert aligned_f1(scores, HeldOut([example])) == 1.0
    assert not check(all_the_same(scores), HeldOut([example]), recipe="none").passed


def test_entities_on_word_bounds_pass() -> None:
    scores = tokens(([[0, 3], [4, 8]], [SURE["B"], SURE["O"]]), ([], []))
    held_out = HeldOut([Example("1", "Ada rest", spans=(Span(0, 3, "PER", "Ada"),)), Example("2", "")])
    assert check(all_the_same(scores), held_out, recipe="none").passed


def test_a_gold_token_has_the_scores_of_its_first_word_and_none_is_outside() -> None:
    # Text "U.S. \u200b x": the model's words are U . S . and x; the middle gold token shows nothing.
    words = [[0, 1], [1, 2], [2, 3], [3, 4], [7, 8]]
    scores = tokens((words, [SURE["B"], SURE["O"], SURE["I"], SURE["O"], SURE["I"]]), ([], []))
    gold = [np.array([[0, 4], [5, 6], [7, 8]], dtype=np.int32), np.array([[0, 1]], dtype=np.int32)]
    found = on_tokens(scores, gold)
    assert [document.probabilities.argmax(axis=1).tolist() for document in found.documents] == [
        [1, 0, 2],
        [0],
    ]
    assert [document.words.tolist() for document in found.documents] == [own.tolist() for own in gold]


def test_gold_tokens_in_one_word_count_as_one() -> None:
    # Text "#95520 #1": the model's words are the hashtags, the gold tokens their marks and numbers.
    scores = tokens(([[0, 6], [7, 9]], [SURE["B"], SURE["B"]]))
    gold = [np.array([[0, 1], [1, 6], [7, 8], [8, 9]], dtype=np.int32)]
    spans = (Span(0, 6, "PER", "#95520"), Span(7, 9, "PER", "#1"))
    assert on_tokens(scores, gold).documents[0].words.tolist() == [[0, 6], [7, 9]]
    assert aligned_f1(scores, HeldOut([Example("1", "#95520 #1", spans=spans)], gold)) == 1.0


def test_an_unsure_word_of_two_gold_tokens_is_decided_as_it_is_served() -> None:
    scores = tokens(([[0, 3]], [[0.40, 0.35, 0.25]]))
    found = on_tokens(scores, [np.array([[0, 1], [1, 3]], dtype=np.int32)])
    assert decode_spans(found, ["#ab"]) == decode_spans(scores, ["#ab"]) == [()]
