"""Characters, words and pieces stay aligned whatever the text is, and windows lose nothing."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from workbench.domain.decoding import spans_from_tags, tags_from_spans
from workbench.domain.spans import Span
from workbench.tokenisation.pieces import Pieces, SpecialPieces, cut, load_tokenizer
from workbench.tokenisation.windows import Batching, window_of_words, windows, word_logits

AWKWARD = st.sampled_from(
    (
        *(
            "NYC🗽",
            "👨\u200d👩\u200d👧",
            "👍🏽",
            "🇩🇪",
            "e\u0301",
            "\u0301",
            "\u200b",
            "\u200d",
            "\ufeff",
            "\u200f",
        ),
        *("\u202e", "a" * 120, "[SEP]", " ", "\n", "\x85", "\u2028", "can't", "...", "ß", "İ", "ﬁ", "㈱"),
        *("한국어", "東京", "क्षि", "ﷺ", "\U0001d518"),
    )
)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
TEXTS = st.lists(AWKWARD | ANY_TEXT, max_size=12).map("".join)
WORD_LENGTHS = st.lists(st.integers(1, 9), max_size=40)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789.,'[]"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters)]
    made = Tokenizer(models.WordPiece({p: n for n, p in enumerate(pieces)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return load_tokenizer(path)


@given(text=TEXTS)
def test_words_are_ascending_disjoint_and_inside_the_text(tokenizer: Tokenizer, text: str) -> None:
    pieces = cut(tokenizer, text)
    flat = pieces.words.flatten().tolist()
    assert flat == sorted(flat)
    assert (pieces.words[:, 0] < pieces.words[:, 1]).all()
    assert not flat or (flat[0] >= 0 and flat[-1] <= len(text))
    assert (np.diff(pieces.first_piece) > 0).all()
    assert len(pieces.first_piece) == len(pieces.words)


@given(text=TEXTS)
def test_the_first_piece_of_a_word_lies_inside_the_word(tokenizer: Tokenizer, text: str) -> None:
    pieces = cut(tokenizer, text)
    starts = pieces.offsets[pieces.first_piece, 0]
    assert (starts == pieces.words[:, 0]).all()


@given(text=TEXTS, data=st.data())
def test_spans_on_word_bounds_survive_the_way_through_tags(
    tokenizer: Tokenizer, text: str, data: st.DataObject
) -> None:
    words = cut(tokenizer, text).words
    bounds = sorted(data.draw(st.sets(st.integers(0, len(words)), max_size=6)))
    spans = tuple(
        Span.of(text, int(words[first, 0]), int(words[last - 1, 1]), label)
        for first, last, label in zip(bounds[:-1], bounds[1:], "ABABA", strict=False)
    )
    assert spans_from_tags(words, tags_from_spans(words, spans), text) == spans


def of_words(lengths: list[int]) -> Pieces:
    first = np.cumsum([0, *lengths])[: len(lengths)].astype(np.int32)
    ids = np.arange(sum(lengths), dtype=np.int64)
    words = np.stack([first, first + np.array(lengths, dtype=np.int32)], axis=1)
    return Pieces(ids, np.stack([ids, ids + 1], axis=1).astype(np.int32), words, first)


@given(lengths=WORD_LENGTHS, size=st.integers(2, 20), data=st.data())
def test_windows_hold_every_piece_and_cut_no_word_that_fits(
    lengths: list[int], size: int, data: st.DataObject
) -> None:
    pieces = of_words(lengths)
    cuts = windows(pieces, size, data.draw(st.integers(1, size)))
    assert cuts[0][0] == 0
    assert cuts[-1][1] == len(pieces)
    assert all(0 <= end - start <= size for start, end in cuts)
    assert all(before[0] < after[0] <= before[1] for before, after in pairwise(cuts))
    bounds = {*pieces.first_piece.tolist(), len(pieces), 0}
    longest = max(lengths, default=0)
    assert longest > size or all(start in bounds and end in bounds for start, end in cuts)


@given(lengths=WORD_LENGTHS, size=st.integers(2, 20))
def test_the_window_that_speaks_for_a_word_holds_its_first_piece(lengths: list[int], size: int) -> None:
    pieces = of_words(lengths)
    cuts = np.array(windows(pieces, size))[window_of_words(pieces, windows(pieces, size))]
    first = pieces.first_piece
    assert ((cuts[:, 0] <= first) & (first < cuts[:, 1])).all()


@given(texts=st.lists(WORD_LENGTHS, max_size=6), max_pieces=st.integers(4, 20), batch_size=st.integers(1, 4))
def test_each_word_gets_the_score_of_its_own_first_piece(
    texts: list[list[int]], max_pieces: int, batch_size: int
) -> None:
    cut_texts = [of_words(lengths) for lengths in texts]
    batching = Batching(SpecialPieces(10_001, 10_002, 10_000), max_pieces, batch_size)
    found = word_logits(cut_texts, lambda ids, _: ids[:, :, None].astype(np.float32), batching)
    assert [values[:, 0].tolist() for values in found] == [p.first_piece.tolist() for p in cut_texts]
