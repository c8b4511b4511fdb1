"""Lengths as bars, and the language of texts."""

from __future__ import annotations

import pytest

from workbench.analysis.languages import UNKNOWN, languages_of
from workbench.analysis.lengths import LengthBar, length_bars


def test_bars_are_equally_wide_and_hold_every_text() -> None:
    bars = length_bars([0, 1, 2, 9], [9], n_bars=5)
    assert bars[0] == LengthBar(0, 2, 2, 0)
    assert bars[1] == LengthBar(2, 4, 1, 0)
    assert bars[-1] == LengthBar(8, 10, 1, 1)
    assert {bar.high - bar.low for bar in bars} == {2}


def test_texts_of_one_length_and_no_texts_have_bars_too() -> None:
    assert sum(bar.n_pool for bar in length_bars([7, 7, 7], [])) == 3
    assert length_bars([], []) == []


@pytest.mark.slow
def test_languages_are_told_and_what_is_too_short_is_not() -> None:
    texts = [
        "My parcel has not arrived yet, could you please look where it is?",
        "Mein Paket ist noch nicht angekommen, können Sie bitte nachsehen, wo es bleibt?",
        "Mon colis n'est pas encore arrivé, pourriez-vous vérifier où il se trouve ?",
        "ok",
        "12345 67890 !!!",
    ]
    found = languages_of(texts)
    assert [language.code for language in found] == ["en", "de", "fr", UNKNOWN, UNKNOWN]
    assert found[0].probability > 0.5
