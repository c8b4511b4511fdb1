import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import MachineError, UnknownNameError
from workbench.tokenisation.spacy_words import words_of

pytestmark = pytest.mark.torch  # which spaCy imports

ODD_TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from(list(" \t\r\n\u00a0\u2028\u200d\u0301.,:;()'-😀👩漢字مرحبا")),
    ),
    max_size=60,
)


def cut(text: str, language: str = "xx") -> list[str]:
    return [text[start:end] for start, end in words_of(text, language).tolist()]


def test_punctuation_is_a_word_of_its_own():
    assert cut("Hello, world!") == ["Hello", ",", "world", "!"]


def test_offsets_are_code_points_as_int32():
    words = words_of("😀 ab")
    assert words.dtype == "int32"
    assert words.tolist() == [[0, 1], [2, 4]]


def test_the_empty_text_has_no_words_and_keeps_the_shape():
    assert words_of("").shape == (0, 2)
    assert words_of(" \r\n\t ").shape == (0, 2)


def test_the_english_rules_part_contractions_and_the_neutral_ones_do_not():
    assert cut("don't", "en") == ["do", "n't"]
    assert cut("don't") == ["don't"]


def test_chinese_rules_make_each_character_a_word():
    assert cut("漢字は", "zh") == ["漢", "字", "は"]


def test_an_unknown_language_is_answered_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"There is no language 'klingon'[\s\S]*Known: af, am"):
        words_of("a", "klingon")


def test_a_language_whose_package_is_missing_says_so(monkeypatch):
    def missing(name):
        raise ImportError("no such package")

    monkeypatch.setattr("workbench.tokenisation.spacy_words.spacy.blank", missing)
    with pytest.raises(MachineError, match="not installed"):
        words_of("a", "th")


@pytest.mark.slow
def test_a_text_longer_than_a_million_characters_has_words_too():
    assert len(words_of(" ".join(["word"] * 210_000))) == 210_000


@pytest.mark.parametrize("language", ["xx", "en"])
@settings(deadline=None)
@given(text=ODD_TEXTS)
def test_every_character_but_white_space_belongs_to_exactly_one_word(language, text):
    covered = [place for start, end in words_of(text, language).tolist() for place in range(start, end)]
    assert covered == [place for place, character in enumerate(text) if not character.isspace()]
