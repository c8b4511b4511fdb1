"""Word vectors are rounded, never changed; marks say what lower case hides."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.domain.word_vectors import MARKS, WordVectors, joined, marks_of, quantised
from workbench.errors import InputError


def named(word: str) -> set[str]:
    (bits,) = marks_of(word, np.array([[0, len(word)]], dtype=np.int32))
    return {mark for place, mark in enumerate(MARKS) if bits >> place & 1}


def test_a_rounded_vector_has_length_one_but_for_rounding() -> None:
    vectors = np.array([[3.0, -4.0, 0.0], [0.0, 0.0, 0.0], [1e-3, 1e-3, 1e-3]], dtype=np.float32)
    codes, scales = quantised(vectors)
    assert codes.tolist() == [[95, -127, 0], [0, 0, 0], [127, 127, 127]]
    assert (codes * scales[:, None])[0] == pytest.approx([0.6, -0.8, 0.0], abs=0.004)
    assert scales[1] == 0
    assert (codes * scales[:, None])[2] == pytest.approx([3**-0.5] * 3, abs=0.001)


def test_marks_tell_the_shapes_of_words() -> None:
    assert named("Rome") == {"capital first", "letters only"}
    assert named("NYC") == {"capital first", "all capitals", "letters only", "short"}
    assert named("iPhone5") == {"small first", "capital inside", "digit"}
    assert named("@ada") == {"account or hashtag"}
    assert named("I") == {"capital first", "letters only", "short"}


def test_words_of_several_lots_stand_one_after_the_other() -> None:
    def lot(*lengths: int) -> WordVectors:
        n = sum(lengths)
        codes = np.arange(2 * n, dtype=np.int8).reshape(n, 2)
        return WordVectors(
            np.cumsum([0, *lengths]), np.zeros((n, 2), np.int32), codes, np.ones(n, np.float32), np.zeros(n, np.uint8)
        )  # fmt: skip

    both = joined([lot(1, 0), lot(2)], 2)
    assert both.bounds.tolist() == [0, 1, 1, 3]
    assert both.codes.tolist() == [[0, 1], [0, 1], [2, 3]]
    assert both.lengths.tolist() == [1, 0, 2]
    assert both.text_of_word.tolist() == [0, 2, 2]
    assert len(joined([], 2)) == 0


def test_bounds_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit"):
        WordVectors(
            np.array([0, 2]),
            np.zeros((1, 2), np.int32),
            np.zeros((1, 2), np.int8),
            np.ones(1, np.float32),
            np.zeros(1, np.uint8),
        )
