"""What many texts say word for word does not make them near-copies."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workbench.strategies.frames import common_words, without_frames
from workbench.strategies.near_copies import NearCopies

FOOTER = "this message is meant for whom it names and nobody else may read or keep any of it"
COMMON = frozenset(FOOTER.split())


def bodies(n):
    """Texts of six words each, no two with a word in common."""
    return [" ".join(f"w{6 * i + k}x" for k in range(6)) for i in range(n)]


def test_words_of_more_than_a_twentieth_of_the_texts_are_common():
    texts = [f"{body} {FOOTER if i % 10 == 0 else ''}" for i, body in enumerate(bodies(2_000))]
    assert common_words(texts) == COMMON
    assert (
        common_words([f"{body} {FOOTER if i % 40 == 0 else ''}" for i, body in enumerate(bodies(2_000))])
        == set()
    )


def test_a_family_of_near_copies_in_a_small_pool_is_no_frame():
    texts = [f"{FOOTER} {i % 3}" for i in range(40)] + bodies(160)
    assert common_words(texts) == frozenset()
    assert common_words([FOOTER] * 50) == common_words([]) == frozenset()


def test_a_run_of_common_words_is_left_out_and_single_ones_stay():
    words = ["it", "names", "a", *FOOTER.split(), "b", *FOOTER.split()[:7]]
    assert without_frames(words, COMMON) == ["it", "names", "a", "b", *FOOTER.split()[:7]]
    assert without_frames(words[:2] + words[3:11], COMMON) == words[:2] + words[3:11]  # nothing else is left


def test_names_in_a_form_are_too_little_to_tell_two_texts_apart():
    assert without_frames(["ana", "berg", *FOOTER.split()], COMMON) == ["ana", "berg", *FOOTER.split()]


@given(
    st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=60),
    st.frozensets(st.sampled_from(["a", "b", "c"])),
)
def test_what_is_no_common_word_is_never_left_out(words, common):
    kept = without_frames(words, common)
    assert [word for word in kept if word not in common] == [word for word in words if word not in common]


def test_mails_under_one_footer_are_told_apart_and_copies_found_all_the_same():
    texts = [f"{body} {FOOTER}" for body in bodies(100)]
    texts[1] = texts[0].replace("w0x", "w0")
    vectors = np.ones((100, 1), dtype=np.float32)  # under a long footer vectors are all alike
    copies = NearCopies(vectors, texts)
    assert copies.of(0, list(range(1, 100))) == [1]
    assert NearCopies(vectors, texts, beside=[texts[5]]).among(5, [])
    assert not NearCopies(vectors, texts, beside=[texts[5]]).among(6, [])
