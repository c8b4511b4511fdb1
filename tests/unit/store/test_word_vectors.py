"""The file of word vectors keeps every acknowledged text, whatever happens to its tail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.domain.word_vectors import WordVectors, joined, marks_of, quantised
from workbench.errors import ArtefactError, InputError, StoreError
from workbench.store.word_vectors import TEXT, CachedWords, FileWords, WordVectorFile, stored_words

WIDTH = 6


class SplitWords:
    """A word encoder that needs no weights: words between spaces, vectors of their letters."""

    def __init__(self, id: str = "split-1", width: int = WIDTH) -> None:
        self.id = id
        self.width = width
        self.asked: list[str] = []

    def encode_words(self, texts: Any, *, progress: Any = None) -> WordVectors:
        self.asked += texts
        return joined([self._one(text) for text in texts], self.width)

    def _one(self, text: str) -> WordVectors:
        bounds, at = [], 0
        for word in text.split(" "):
            if word:
                bounds.append((at, at + len(word)))
            at += len(word) + 1
        words = np.array(bounds, dtype=np.int32).reshape(-1, 2)
        vectors = np.zeros((len(words), self.width), dtype=np.float32)
        for row, (start, end) in enumerate(bounds):
            for letter in text[start:end]:
                vectors[row, ord(letter) % self.width] += 1.0
        codes, scales = quantised(vectors)
        return WordVectors(np.array([0, len(words)]), words, codes, scales, marks_of(text, words))


def cached(folder: Path, encoder: SplitWords | None = None) -> tuple[CachedWords, SplitWords]:
    encoder = encoder or SplitWords()
    return CachedWords(encoder, WordVectorFile(folder, encoder.id, encoder.width)), encoder


def same(first: WordVectors, second: WordVectors) -> None:
    for name in ("bounds", "words", "codes", "scales", "marks"):
        found, wanted = getattr(first, name), getattr(second, name)
        assert found.dtype == wanted.dtype, name
        assert np.array_equal(found, wanted), name


TEXTS = ["Ada is in NYC", "", "so bad", "Ada is in NYC", "rome"]


def test_words_come_back_as_they_were_in_the_order_of_the_texts(tmp_path: Path) -> None:
    words, _ = cached(tmp_path)
    same(words.encode_words(TEXTS), SplitWords().encode_words(TEXTS))
    same(words.encode_words(TEXTS[::-1]), SplitWords().encode_words(TEXTS[::-1]))


def test_no_texts_have_no_words(tmp_path: Path) -> None:
    assert len(cached(tmp_path)[0].encode_words([])) == 0


def test_a_text_is_encoded_once_even_by_another_process(tmp_path: Path) -> None:
    first, counting = cached(tmp_path)
    first.encode_words(["a", "b c", "a"])
    again, second_count = cached(tmp_path)
    again.encode_words(["b c", "d"])
    assert counting.asked == ["a", "b c"]
    assert second_count.asked == ["d"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text("ab c", max_size=9), min_size=1, max_size=6, unique=True),
    st.lists(st.text("ab c", max_size=9), min_size=1, max_size=6, unique=True),
    st.data(),
)
def test_what_a_killed_append_left_behind_is_written_over(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], after: list[str], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("words")
    cached(folder)[0].encode_words(before)
    (inner,) = (path.parent for path in folder.glob("*/facts.json"))
    for name in ("words.i4", "codes.i8", "scales.f2", "marks.u1", "texts.bin"):
        # The last file gets less than a whole row: a whole one would have been acknowledged.
        most = 39 if name == "texts.bin" else 100
        with (inner / name).open("ab") as file:
            file.write(b"\xff" * data.draw(st.integers(0, most), label=name))
    words, counting = cached(folder)
    same(words.encode_words(before + after), SplitWords().encode_words(before + after))
    assert counting.asked == [text for text in after if text not in before]


@pytest.mark.parametrize("name", ["words.i4", "codes.i8", "scales.f2", "marks.u1", "texts.bin"])
@pytest.mark.parametrize("cut", [True, False])
def test_texts_whose_words_are_gone_are_encoded_again_with_a_word(
    tmp_path: Path, name: str, cut: bool, caplog: pytest.LogCaptureFixture
) -> None:
    cached(tmp_path)[0].encode_words(["a", "b c"])
    (path,) = tmp_path.glob(f"*/{name}")
    if cut:
        path.write_bytes(path.read_bytes()[:-1])
    else:
        path.unlink()
    words, counting = cached(tmp_path)
    same(words.encode_words(["a", "b c"]), SplitWords().encode_words(["a", "b c"]))
    asked = ["b c"] if cut else ["a", "b c"]
    assert counting.asked == asked
    said = f"{len(asked)} text(s) of word vectors were damaged and are computed again"
    assert (said in caplog.text) is (name != "texts.bin"), "nobody knows of texts that are not there"


def test_texts_behind_one_with_an_end_that_cannot_be_are_encoded_again(tmp_path: Path) -> None:
    cached(tmp_path)[0].encode_words(["a", "b c", "d"])
    (path,) = tmp_path.glob("*/texts.bin")
    rows = np.frombuffer(path.read_bytes(), dtype=TEXT).copy()
    rows["end"][1] = -5
    path.write_bytes(rows.tobytes())
    words, counting = cached(tmp_path)
    same(words.encode_words(["a", "d", "b c"]), SplitWords().encode_words(["a", "d", "b c"]))
    assert counting.asked == ["d", "b c"]


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("scales.f2", 1, np.nan),
        ("scales.f2", 1, np.inf),
        ("scales.f2", 2, -1.0),
        ("words.i4", 5, 99),  # behind the end of the text
        ("words.i4", 2, -3),
        ("words.i4", 4, 9),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_text_with_a_damaged_word_is_encoded_again_and_no_other_is(
    tmp_path: Path, name: str, place: int, value: float, caplog: pytest.LogCaptureFixture
) -> None:
    texts = ["a", "b c", "", "d"]
    cached(tmp_path)[0].encode_words(texts)
    before = WordVectorFile(tmp_path, "split-1", WIDTH)
    (path,) = tmp_path.glob(f"*/{name}")
    content = np.frombuffer(path.read_bytes(), dtype=f"<{path.suffix[1:]}").copy()
    content[place] = value
    path.write_bytes(content.tobytes())
    assert before.rows(texts).tolist() == [0, -1, 2, 3]
    words, counting = cached(tmp_path)
    same(words.encode_words(texts), SplitWords().encode_words(texts))
    assert counting.asked == ["b c"]
    assert "1 text(s) of word vectors were damaged" in caplog.text
    before.refresh()
    same(before.read(before.rows(texts)), SplitWords().encode_words(texts))


def test_a_damaged_word_is_named_not_returned(tmp_path: Path) -> None:
    cached(tmp_path)[0].encode_words(["a b c"])
    (scales,) = tmp_path.glob("*/scales.f2")
    scales.write_bytes(np.array([1, np.nan, 1], dtype="<f2").tobytes())
    with pytest.raises(StoreError, match="damaged") as raised:
        WordVectorFile(tmp_path, "split-1", WIDTH).read(np.array([0]))
    assert "workbench embed NAME" in raised.value.hint


def test_words_of_another_encoder_are_refused(tmp_path: Path) -> None:
    file = WordVectorFile(tmp_path, "split-1", WIDTH)
    with pytest.raises(InputError, match="none of split-2"):
        CachedWords(SplitWords("split-2"), file)
    with pytest.raises(ArtefactError, match="not of"):
        WordVectorFile(tmp_path, "split-1", WIDTH + 1)
    with pytest.raises(InputError, match="width 7"):
        file.append(["a"], SplitWords(width=7).encode_words(["a"]))


def test_two_processes_that_append_the_same_text_keep_one_of_it(tmp_path: Path) -> None:
    first, second = (WordVectorFile(tmp_path, "split-1", WIDTH) for _ in range(2))
    first.append(["a b", "c"], SplitWords().encode_words(["a b", "c"]))
    second.append(["c", "d e f"], SplitWords().encode_words(["c", "d e f"]))
    first.refresh()
    assert (len(first), first.n_words) == (3, 6)
    same(first.read(first.rows(["d e f", "c"])), SplitWords().encode_words(["d e f", "c"]))


def test_files_are_found_without_their_encoders(tmp_path: Path) -> None:
    assert stored_words(tmp_path / "none") == []
    for encoder in (SplitWords(), SplitWords("other", 4)):
        cached(tmp_path, encoder)[0].encode_words(TEXTS[: encoder.width - 2])
    found = {file.encoder_id: (file.width, len(file)) for file in stored_words(tmp_path)}
    assert found == {"split-1": (6, 3), "other": (4, 2)}


def test_words_that_are_only_read_are_those_of_the_file(tmp_path: Path) -> None:
    words, _ = cached(tmp_path)
    encoded = words.encode_words(TEXTS)
    (file,) = stored_words(tmp_path)
    reading = FileWords(file)
    assert (reading.id, reading.width) == ("split-1", WIDTH)
    same(reading.encode_words(TEXTS), encoded)
    with pytest.raises(InputError, match="1 of 2 texts have no word vectors"):
        reading.encode_words(["rome", "paris"])
