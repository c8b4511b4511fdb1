"""Near-duplicates: planted ones are found, others are not."""

from __future__ import annotations

import pytest

from workbench.analysis.near_duplicates import NearGroup, near_duplicates, shingles, similarity
from workbench.domain.documents import Document

WORDS = ["river", "stone", "lamp", "cedar", "north", "violet", "engine", "paper", "salt", "window", "glass"]


def documents(*texts: str) -> list[Document]:
    return [Document(f"d{n}", text) for n, text in enumerate(texts)]


def test_similarity_is_the_share_of_common_word_pairs() -> None:
    left, right = shingles("a b c d"), shingles("A b c e")
    assert left == {"a b", "b c", "c d"}
    assert similarity(left, right) == 2 / 4
    assert similarity(frozenset(), frozenset()) == 0.0


def test_a_text_with_one_word_added_is_found_with_its_similarity() -> None:
    found = near_duplicates(
        documents(
            "my parcel did not arrive on monday",
            "the printer is broken again",
            "my parcel did not arrive on monday please",
        )
    )
    assert found == [NearGroup(("d0", "d2"), 6 / 7)]


def test_equal_texts_are_none_but_those_that_differ_in_case_or_spaces_are() -> None:
    assert near_duplicates(documents("where is it now", "where is it now")) == []
    assert near_duplicates(documents("where is it now", "Where  is it NOW")) == [NearGroup(("d0", "d1"), 1.0)]


def test_copies_join_the_group_of_a_third_text() -> None:
    found = near_duplicates(documents("where is it now", "where is it now", "Where is it now"))
    assert found == [NearGroup(("d0", "d1", "d2"), 1.0)]


def test_texts_that_share_less_are_left_alone() -> None:
    assert near_duplicates(documents("where is my parcel", "where is my invoice")) == []
    assert near_duplicates(documents("", " ", "a", "b")) == []


@pytest.mark.slow
def test_of_two_hundred_planted_pairs_among_two_thousand_texts_nearly_all_are_found() -> None:
    import numpy as np

    rng = np.random.default_rng(7)
    texts = [" ".join(rng.choice(WORDS, size=25)) + f" number {n}" for n in range(2000)]
    changed = [text.replace(" number", " count", 1) for text in texts[:200]]  # 25 of 27 + 2 pairs in common
    found = near_duplicates(documents(*texts, *changed))
    pairs = {group.document_ids for group in found}
    planted = {(f"d{n}", f"d{2000 + n}") for n in range(200)}
    assert len(planted & pairs) >= 199
    assert len(pairs - planted) <= 1
