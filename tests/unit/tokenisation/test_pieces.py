"""Which words and pieces a text has, and where they stand in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from workbench.errors import ArtefactError, InputError
from workbench.tokenisation.pieces import SYMBOLS, cut, cut_many, load_tokenizer, special_pieces

PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "nyc",
    "is",
    "big",
    "##ger",
    "cafe",
    "zurich",
    "a",
    "##b",
    "sep",
]
PIECES += ["[", "]", "\u1112", "##\u1161", "##\u11ab", "##\u1100", "##\u116e", "##\u11a8"]
NUMBER = {piece: number for number, piece in enumerate(PIECES)}


def word_piece(pieces: list[str] = PIECES) -> Tokenizer:
    made = Tokenizer(models.WordPiece({p: n for n, p in enumerate(pieces)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    if "[CLS]" in pieces:
        made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.enable_truncation(8)
    made.enable_padding(length=8)
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    word_piece().save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


@pytest.fixture
def tokenizer(path: Path) -> Tokenizer:
    return load_tokenizer(path)


def words_of(tokenizer: Tokenizer, text: str) -> list[str]:
    return [text[start:end] for start, end in cut(tokenizer, text).words.tolist()]


def test_pieces_stand_at_their_characters_without_special_pieces(tokenizer: Tokenizer) -> None:
    pieces = cut(tokenizer, "NYC  is bigger")
    assert pieces.ids.tolist() == [NUMBER[p] for p in ("nyc", "is", "big", "##ger")]
    assert pieces.offsets.tolist() == [[0, 3], [5, 7], [8, 11], [11, 14]]
    assert pieces.words.tolist() == [[0, 3], [5, 7], [8, 14]]
    assert pieces.first_piece.tolist() == [0, 1, 2]
    assert (pieces.ids.dtype, pieces.words.dtype, pieces.first_piece.dtype) == ("int64", "int32", "int32")


def test_an_emoji_glued_to_a_word_leaves_the_word_known(tokenizer: Tokenizer) -> None:
    pieces = cut(tokenizer, "NYC🗽")
    assert pieces.ids.tolist() == [NUMBER["nyc"], NUMBER["[UNK]"]]
    assert words_of(tokenizer, "NYC🗽is") == ["NYC", "🗽", "is"]


def test_a_skin_tone_belongs_to_its_emoji(tokenizer: Tokenizer) -> None:
    assert words_of(tokenizer, "👍🏽is") == ["👍🏽", "is"]


def test_a_family_of_emoji_is_cut_between_its_people_and_loses_no_joiner(tokenizer: Tokenizer) -> None:
    assert words_of(tokenizer, "a👨‍👩‍👧b") == ["a", "👨‍", "👩‍", "👧", "b"]


def test_word_ends_reach_over_combining_marks(tokenizer: Tokenizer) -> None:
    assert words_of(tokenizer, "cafe\u0301 is Zu\u0308rich") == ["cafe\u0301", "is", "Zu\u0308rich"]


def test_a_mark_that_begins_the_next_word_is_left_to_it(tokenizer: Tokenizer) -> None:
    assert words_of(tokenizer, "🗽\u093fx") == ["🗽", "\u093fx"]


def test_hangul_has_several_pieces_on_one_character(tokenizer: Tokenizer) -> None:
    pieces = cut(tokenizer, "한국 is")
    assert pieces.offsets.tolist() == [[0, 1]] * 3 + [[1, 2]] * 3 + [[3, 5]]
    assert pieces.words.tolist() == [[0, 2], [3, 5]]
    assert pieces.first_piece.tolist() == [0, 6]


@pytest.mark.parametrize("text", ["", " \t\n", "\u200b\ufeff\u200e", "\u0301"])
def test_text_that_shows_nothing_has_no_word(tokenizer: Tokenizer, text: str) -> None:
    pieces = cut(tokenizer, text)
    assert pieces.words.shape == (0, 2)
    assert pieces.offsets.shape == (len(pieces), 2)
    assert len(pieces.first_piece) == 0


def test_a_word_of_a_thousand_letters_is_one_word(tokenizer: Tokenizer) -> None:
    assert cut(tokenizer, "x" * 1000).words.tolist() == [[0, 1000]]


def test_text_that_spells_a_special_piece_stays_text(tokenizer: Tokenizer) -> None:
    assert cut(tokenizer, "[SEP]").ids.tolist() == [NUMBER["["], NUMBER["sep"], NUMBER["]"]]


def test_words_that_normalising_makes_of_one_character_are_one_word() -> None:
    made = word_piece()
    made.normalizer = normalizers.NFKC()
    made.no_truncation()
    made.no_padding()
    assert words_of(made, "a ㈱ b") == ["a", "㈱", "b"]


def test_half_a_surrogate_pair_is_refused_with_its_place(tokenizer: Tokenizer) -> None:
    with pytest.raises(InputError, match=r"text 1: .*surrogate"):
        cut_many(tokenizer, ["fine", "\ud800"])


def test_a_loaded_tokenizer_neither_pads_nor_truncates(tokenizer: Tokenizer) -> None:
    assert len(cut(tokenizer, "is " * 50)) == 50
    assert len(cut(tokenizer, "is")) == 1


def test_saving_and_loading_again_changes_nothing(tokenizer: Tokenizer, tmp_path: Path) -> None:
    saved = tmp_path / "again.json"
    saved.write_text(tokenizer.to_str(), encoding="utf-8")
    again = load_tokenizer(saved)
    assert again.to_str() == tokenizer.to_str()
    assert again.to_str().count(json.dumps(SYMBOLS)) == 1
    assert words_of(again, "[SEP]NYC🗽") == words_of(tokenizer, "[SEP]NYC🗽")


def test_special_pieces_are_found(tokenizer: Tokenizer) -> None:
    special = special_pieces(tokenizer)
    assert (special.first, special.last, special.pad) == (2, 3, 0)


def change(path: Path, change_content: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change_content(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_a_regular_expression_nobody_knows_is_refused(path: Path) -> None:
    evil = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}
    change(path, lambda content: content.update(pre_tokenizer=evil))
    with pytest.raises(ArtefactError, match=r"regular expressions nobody knows: \['\(a\+\)\+\$'\]"):
        load_tokenizer(path)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"model": {"type": "Unheard"}}', '{"a": 1, "a": 2}'])
def test_a_file_that_is_no_tokenizer_is_refused(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(ArtefactError, match="tokenizer"):
        load_tokenizer(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="missing"):
        load_tokenizer(tmp_path / "tokenizer.json")


def test_a_tokenizer_without_special_pieces_is_refused(path: Path) -> None:
    word_piece(["[UNK]", "a"]).save(str(path), pretty=False)
    with pytest.raises(ArtefactError, match="frames a text with 0 special pieces"):
        load_tokenizer(path)


def test_a_huge_file_is_refused_before_it_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.tokenisation.pieces.MAX_TOKENIZER_BYTES", 100)
    with pytest.raises(ArtefactError, match="the limit is 100"):
        load_tokenizer(path)
