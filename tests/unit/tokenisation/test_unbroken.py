"""What a reader takes for one word stays one."""

from __future__ import annotations

import time

import pytest

from workbench.tokenisation.unbroken import begins_word, unbroken


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in unbroken(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("see https://example.org/a?b=c#d, please", ["https://example.org/a?b=c#d"]),
        ("(www.example.org)", ["www.example.org"]),
        ("WWW.EXAMPLE.ORG!", ["WWW.EXAMPLE.ORG"]),
        ("write to zoë.b+x@ex-ample.co.uk.", ["zoë.b+x@ex-ample.co.uk"]),
        ('<a href="https://example.org">Ada</a>', ["https://example.org"]),
        ("[Berlin](https://example.org/a)Paris", ["https://example.org/a"]),
        ("https://example.org|Berlin https://example.org,Paris", ["https://example.org"] * 2),
        ("https://example.org/Ada_(given_name)?a=1,2", ["https://example.org/Ada_(given_name)?a=1,2"]),
        ("thanks @norrvik_support!", ["@norrvik_support"]),
        ("order #RT-8820, then #95520", ["#RT-8820", "#95520"]),
        ("#StarWars #Москва", ["#StarWars", "#Москва"]),
        ("well ... no!!", ["...", "!!"]),
        ("M&amp;M &#39;s", ["&amp;", "&#39;"]),
    ],
)
def test_addresses_names_hashtags_and_runs_are_found(text: str, words: list[str]) -> None:
    assert found(text) == words


@pytest.mark.parametrize(
    "text",
    [
        *("", "no such thing", "a @ b", "C# and F#", "rock-n-roll", "Zoë's", "12.50", "London.Please", "?!"),
        *("London/Paris", "#", "@", "&copy", "awwww.cool", "👍👍", "x@y"),
    ],
)
def test_other_words_are_left_to_the_tokenizer(text: str) -> None:
    assert found(text) == []


def test_names_end_where_a_script_without_spaces_begins() -> None:
    assert found("@norrvik東京 #東京 #tag東京") == ["@norrvik", "#tag"]


def test_only_the_first_word_inside_begins_one() -> None:
    words = [(0, 1), (1, 8), (9, 10), (10, 11), (12, 15)]
    assert begins_word(words, "@norrvik !! yes").tolist() == [True, False, True, False, True]
    assert begins_word([], "").tolist() == []


def test_a_word_that_reaches_out_of_a_name_is_not_joined() -> None:
    assert begins_word([(0, 1), (1, 5)], "#abcd").tolist() == [True, False]
    assert begins_word([(0, 1), (1, 6)], "#abcd\u0301").tolist() == [True, True]


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["a", "a-", "@", "a@", "www.", "a.", "a@b.", "#a-", "&ab", "-"])
def test_the_search_does_not_grow_with_the_square_of_the_text(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.perf_counter()
    unbroken(text)
    assert time.perf_counter() - started < 20
