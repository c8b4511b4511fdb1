from __future__ import annotations

import numpy as np

from workbench.domain.decoding import (
    best_tags,
    decode_labels,
    decode_spans,
    spans_from_tags,
    tags_from_spans,
    unaligned_spans,
)
from workbench.domain.scores import ClassScores, DocumentTokenScores, TokenScores
from workbench.domain.spans import Span

TEXT = "Ann Lee met Bob"
WORDS = np.array([[0, 3], [4, 7], [8, 11], [12, 15]], dtype=np.int32)


def rows(*values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_the_most_probable_label_answers_and_ties_go_to_the_first() -> None:
    scores = ClassScores(("a", "b"), rows([0.2, 0.8], [0.5, 0.5]))
    assert decode_labels(scores) == [("b",), ("a",)]


def test_every_label_over_its_threshold_answers_a_question_with_several() -> None:
    scores = ClassScores(("a", "b", "c"), rows([0.6, 0.5, 0.1], [0.1, 0.2, 0.3]), exclusive=False)
    assert decode_labels(scores) == [("a", "b"), ()]
    assert decode_labels(scores, thresholds={"a": 0.7, "c": 0.05}) == [("b", "c"), ("c",)]


def test_a_tag_sequence_that_iob2_forbids_is_never_chosen() -> None:
    # The columns are O, B-X, I-X. Word by word the best would be O then I-X, which cannot be.
    assert best_tags(rows([0.6, 0.4, 0.0], [0.1, 0.2, 0.7])) == [1, 2]
    assert best_tags(rows([0.1, 0.0, 0.9])) == [0]
    assert best_tags(np.zeros((0, 3), dtype=np.float32)) == []


def test_spans_read_from_scores_cover_their_words() -> None:
    probabilities = rows([0.1, 0.9, 0.0], [0.1, 0.0, 0.9], [0.9, 0.1, 0.0], [0.0, 1.0, 0.0])
    scores = TokenScores(("PER",), (DocumentTokenScores(WORDS, probabilities),))
    assert decode_spans(scores, [TEXT]) == [
        (Span(0, 7, "PER", "Ann Lee"), Span(12, 15, "PER", "Bob")),
    ]


def test_adjacent_spans_of_one_label_stay_two() -> None:
    spans = (Span(0, 3, "PER", "Ann"), Span(4, 7, "PER", "Lee"))
    tags = tags_from_spans(WORDS, spans)
    assert tags == ["B-PER", "B-PER", "O", "O"]
    assert spans_from_tags(WORDS, tags, TEXT) == spans


def test_an_inside_tag_without_a_beginning_starts_a_span() -> None:
    assert spans_from_tags(WORDS, ["I-PER", "I-LOC", "O", "O"], TEXT) == (
        Span(0, 3, "PER", "Ann"),
        Span(4, 7, "LOC", "Lee"),
    )


def test_a_span_that_cuts_a_word_is_told_as_unaligned() -> None:
    cut, whole = Span(0, 2, "PER", "An"), Span(12, 15, "PER", "Bob")
    assert unaligned_spans(WORDS, [cut, whole]) == [cut]
    assert tags_from_spans(WORDS, [cut]) == ["B-PER", "O", "O", "O"]
