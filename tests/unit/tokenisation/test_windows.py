"""Where long texts are cut, and how their windows become one answer again."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.domain.arrays import AnyArray, Rows
from workbench.errors import InputError
from workbench.tokenisation.pieces import Pieces, SpecialPieces
from workbench.tokenisation.windows import (
    Batching,
    by_length,
    class_logits,
    merge,
    padded,
    probabilities,
    shuffled_by_length,
    window_of_words,
    windows,
    word_logits,
    word_means,
)

SPECIAL = SpecialPieces(first=101, last=102, pad=0)


def of_words(*lengths: int) -> Pieces:
    """Return a text of words with these many pieces; piece number n has the id n."""
    n = sum(lengths)
    first = np.cumsum([0, *lengths])[: len(lengths)]
    spread = np.stack([np.arange(n), np.arange(n) + 1], axis=1).astype(np.int32)
    words = np.stack([first, first + lengths], axis=1).astype(np.int32)
    return Pieces(np.arange(n, dtype=np.int64), spread, words.reshape(-1, 2), first.astype(np.int32))


def test_a_short_text_is_one_window() -> None:
    assert windows(of_words(1, 1, 1), 3) == [(0, 3)]


def test_a_text_without_pieces_is_one_empty_window() -> None:
    assert windows(of_words(), 3) == [(0, 0)]


def test_windows_overlap_and_reach_the_end() -> None:
    assert windows(of_words(*[1] * 10), 4, 2) == [(0, 4), (2, 6), (4, 8), (6, 10)]


def test_windows_end_at_word_bounds() -> None:
    assert windows(of_words(1, 3, 3, 1), 5, 5) == [(0, 4), (4, 8)]


def test_a_word_longer_than_a_window_is_cut_inside() -> None:
    assert windows(of_words(1, 7, 1), 3, 3) == [(0, 1), (1, 4), (4, 7), (7, 9)]


def test_a_stride_beyond_the_window_is_refused() -> None:
    with pytest.raises(InputError, match="cannot move 5"):
        windows(of_words(1), 4, 5)


def test_a_word_is_spoken_for_where_it_has_most_context() -> None:
    text = of_words(*[1] * 8)
    # Word 3 is one piece from the cut of the first window and one from that of the second: a tie.
    assert window_of_words(text, [(0, 5), (2, 8)]).tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_the_ends_of_a_text_are_no_cuts() -> None:
    assert window_of_words(of_words(*[1] * 4), [(0, 3), (0, 4)]).tolist() == [1, 1, 1, 1]


def test_merging_takes_the_first_piece_of_each_word_from_its_window() -> None:
    text = of_words(2, 1, 2, 1)
    cuts = [(0, 3), (2, 6)]
    scores = [np.array([[0.0], [1.0], [2.0]]), np.array([[12.0], [13.0], [14.0], [15.0]])]
    assert merge(text, cuts, scores).tolist() == [[0.0], [2.0], [13.0], [15.0]]


def test_rows_are_framed_and_filled_up() -> None:
    ids, mask = padded([np.array([7, 8]), np.array([], dtype=np.int64)], SPECIAL)
    assert ids.tolist() == [[101, 7, 8, 102], [101, 102, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]


def mean_id(ids: Rows, mask: Rows) -> AnyArray:
    """Answer with the mean of a row's own pieces: what stands in the window is seen in the answer."""
    own = np.where(ids > 100, 0, ids * mask)
    return own.sum(axis=1, keepdims=True) / np.maximum(1, (mask.sum(axis=1, keepdims=True) - 2))


def each_id(ids: Rows, _: Rows) -> AnyArray:
    return ids[:, :, None].astype(np.float64)


def test_a_long_text_answers_with_the_mean_of_its_windows() -> None:
    texts = [of_words(*[1] * 8), of_words(1, 1), of_words()]
    found = class_logits(texts, mean_id, Batching(SPECIAL, max_pieces=6, batch_size=2))
    # Windows (0, 4), (2, 6), (4, 8) have the means 1.5, 3.5 and 5.5.
    assert found.tolist() == [[3.5], [0.5], [0.0]]
    assert found.dtype == np.float32


def test_words_keep_their_place_through_batches_and_windows() -> None:
    texts = [of_words(2, 1, 3, 2, 1, 1), of_words(), of_words(1)]
    found = word_logits(texts, each_id, Batching(SPECIAL, max_pieces=6, batch_size=2))
    assert [values[:, 0].tolist() for values in found] == [[0, 2, 3, 6, 8, 9], [], [0]]
    assert found[1].shape == (0, 1)


def test_no_texts_have_no_logits() -> None:
    batching = Batching(SPECIAL)
    assert class_logits([], mean_id, batching).shape == (0, 0)
    assert word_logits([], each_id, batching) == []


def test_progress_counts_windows() -> None:
    seen: list[tuple[int, int]] = []
    batching = Batching(SPECIAL, 6, 2, lambda done, total, what: seen.append((done, total)))
    class_logits([of_words(*[1] * 8), of_words(1)], mean_id, batching)
    assert seen == [(2, 4), (4, 4)]


def test_a_word_has_the_mean_of_its_pieces() -> None:
    def own_id(ids: Rows, mask: Rows) -> AnyArray:
        return ids[:, :, None].astype(np.float32)

    texts = [of_words(1, 3, 2), of_words(), of_words(2, 1, 1, 2, 1)]
    found = word_means(texts, own_id, Batching(SPECIAL, 6, 2))
    assert [means[:, 0].tolist() for means in found] == [[0, 2, 4.5], [], [0.5, 2, 3, 4.5, 6]]
    # A word that is longer than a window has the mean of what its window holds of it.
    (long,) = word_means([of_words(6)], own_id, Batching(SPECIAL, 6, 2))
    assert long.tolist() == [[1.5]]


def test_batches_hold_rows_of_like_length() -> None:
    assert list(by_length([5, 1, 4, 1, 3], 2)) == [[1, 3], [4, 2], [0]]


def test_shuffled_batches_hold_every_row_once_and_differ_by_epoch() -> None:
    lengths = np.random.default_rng(0).integers(1, 50, size=1000).tolist()
    first, second = (list(shuffled_by_length(lengths, 16, np.random.default_rng(e))) for e in (1, 2))
    again = list(shuffled_by_length(lengths, 16, np.random.default_rng(1)))
    assert sorted(row for batch in first for row in batch) == list(range(1000))
    assert first == again
    assert first != second
    assert np.mean([np.ptp([lengths[row] for row in batch]) for batch in first]) < 5


def test_probabilities_sum_to_one_or_stand_alone() -> None:
    logits = np.array([[0.0, np.log(3.0)], [1e4, -1e4]], dtype=np.float32)
    assert probabilities(logits, exclusive=True) == pytest.approx(np.array([[0.25, 0.75], [1, 0]]))
    assert probabilities(logits, exclusive=False) == pytest.approx(np.array([[0.5, 0.75], [1, 0]]))
    assert probabilities(np.zeros((0, 3), dtype=np.float32), exclusive=True).shape == (0, 3)


@pytest.mark.parametrize(("max_pieces", "batch_size"), [(3, 1), (8, 0)])
def test_senseless_batches_are_refused(max_pieces: int, batch_size: int) -> None:
    with pytest.raises(InputError, match="at least"):
        Batching(SPECIAL, max_pieces, batch_size)
