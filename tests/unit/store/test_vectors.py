"""The vector file keeps every acknowledged row, whatever happens to its tail."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ArtefactError, InputError, StoreError
from workbench.store.vectors import CHUNK_TEXTS, CachedEncoder, VectorFile, stored_vectors

WIDTH = 5


def vector_of(text):
    """Return a unit vector that belongs to the text alone."""
    raw = np.frombuffer(sha256(text.encode()).digest()[:WIDTH], dtype=np.uint8).astype(np.float32) - 127.5
    return raw / np.linalg.norm(raw)


def vectors_of(texts):
    return np.array([vector_of(text) for text in texts], dtype=np.float32).reshape(-1, WIDTH)


class CountingEncoder:
    """An encoder that remembers what it was asked."""

    def __init__(self, name="hash-1", width=WIDTH):
        self.id = name
        self.width = width
        self.calls = []

    def encode(self, texts, *, progress=None):
        self.calls.append(list(texts))
        return vectors_of(texts)


def cached(folder, encoder=None):
    encoder = encoder or CountingEncoder()
    return CachedEncoder(encoder, VectorFile(folder, encoder.id, encoder.width)), encoder


def files_of(folder):
    (inner,) = [path for path in folder.iterdir() if path.is_dir()]
    return inner / "rows.f16", inner / "texts.sha256"


def assert_right(vectors, texts):
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-6)
    assert vectors == pytest.approx(vectors_of(texts), abs=1e-3)


def test_vectors_come_back_in_the_order_of_the_texts(tmp_path):
    encoder, _ = cached(tmp_path)
    texts = ["where is my parcel", "", "refund 🗽", "where is my parcel"]
    assert_right(encoder.encode(texts), texts)
    assert_right(encoder.encode(texts[::-1]), texts[::-1])


def test_a_text_is_encoded_once_even_by_another_process(tmp_path):
    first, counting = cached(tmp_path)
    first.encode(["a", "b", "a"])
    again, second_count = cached(tmp_path)
    again.encode(["b", "c"])
    assert counting.calls == [["a", "b"]]
    assert second_count.calls == [["c"]]


def test_new_and_stored_vectors_are_the_same_bits(tmp_path):
    encoder, _ = cached(tmp_path)
    new = encoder.encode(["a", "b"])
    assert (encoder.encode(["a", "b"]) == new).all()


def test_no_texts_give_no_vectors(tmp_path):
    encoder, counting = cached(tmp_path)
    assert encoder.encode([]).shape == (0, WIDTH)
    assert counting.calls == []


def test_missing_texts_are_encoded_in_chunks_with_progress(tmp_path):
    encoder, counting = cached(tmp_path)
    seen = []
    encoder.encode(
        [str(i) for i in range(CHUNK_TEXTS + 1)],
        progress=lambda done, total, what: seen.append((done, total)),
    )
    assert [len(call) for call in counting.calls] == [CHUNK_TEXTS, 1]
    assert seen == [(CHUNK_TEXTS, CHUNK_TEXTS + 1), (CHUNK_TEXTS + 1, CHUNK_TEXTS + 1)]


def test_progress_within_a_chunk_is_progress_of_the_whole(tmp_path):
    class Reporting(CountingEncoder):
        def encode(self, texts, *, progress=None):
            progress(1, 4, "windows")
            return super().encode(texts)

    seen = []
    encoder, _ = cached(tmp_path, Reporting())
    texts = [str(i) for i in range(CHUNK_TEXTS + 4)]
    encoder.encode(texts, progress=lambda done, total, what: seen.append((done, total)))
    whole = CHUNK_TEXTS + 4
    assert seen == [
        (CHUNK_TEXTS // 4, whole),
        (CHUNK_TEXTS, whole),
        (CHUNK_TEXTS + 1, whole),
        (whole, whole),
    ]


def test_work_that_was_cut_off_goes_on_where_it_stopped(tmp_path):
    class Failing(CountingEncoder):
        def encode(self, texts, *, progress=None):
            if self.calls:
                raise KeyboardInterrupt
            return super().encode(texts)

    texts = [str(i) for i in range(CHUNK_TEXTS + 10)]
    failing, _ = cached(tmp_path, Failing())
    with pytest.raises(KeyboardInterrupt):
        failing.encode(texts)
    resumed, counting = cached(tmp_path)
    assert_right(resumed.encode(texts), texts)
    assert counting.calls == [texts[CHUNK_TEXTS:]]


def test_vectors_of_two_encoders_are_never_mixed(tmp_path):
    cached(tmp_path)[0].encode(["a"])
    other, counting = cached(tmp_path, CountingEncoder("hash-2"))
    other.encode(["a"])
    assert counting.calls == [["a"]]
    with pytest.raises(InputError, match="hash-1 are none of hash-2"):
        CachedEncoder(CountingEncoder("hash-2"), VectorFile(tmp_path, "hash-1", WIDTH))


def test_another_width_under_the_same_id_is_refused(tmp_path):
    VectorFile(tmp_path, "hash-1", WIDTH)
    with pytest.raises(ArtefactError, match="'width': 5"):
        VectorFile(tmp_path, "hash-1", WIDTH + 1)


@settings(max_examples=60, deadline=None)
@given(lost_rows=st.integers(0, 50), lost_digests=st.integers(0, 130))
def test_whatever_was_cut_off_the_tail_what_remains_is_right(tmp_path_factory, lost_rows, lost_digests):
    folder = tmp_path_factory.mktemp("cut")
    texts = ["a", "b", "c", "d", "e"]
    cached(folder)[0].encode(texts)
    for path, lost in zip(files_of(folder), (lost_rows, lost_digests), strict=True):
        os.truncate(path, max(0, path.stat().st_size - lost))
    whole = min((50 - lost_rows) // (2 * WIDTH), (160 - lost_digests) // 32)
    encoder, counting = cached(folder)
    assert_right(encoder.encode([*texts, "new"]), [*texts, "new"])
    assert counting.calls == [[*texts[whole:], "new"]]
    assert_right(cached(folder)[0].encode([*texts, "new"]), [*texts, "new"])


def test_rows_without_digests_are_written_over(tmp_path):
    cached(tmp_path)[0].encode(["a"])
    rows, digests = files_of(tmp_path)
    with rows.open("ab") as file:
        file.write(b"\xff" * 33)
    encoder, _ = cached(tmp_path)
    assert_right(encoder.encode(["a", "b"]), ["a", "b"])
    assert rows.stat().st_size // (2 * WIDTH) == digests.stat().st_size // 32 == 2


def damage(folder, row, content=b"\xff" * 2 * WIDTH):
    """Write over a row."""
    with files_of(folder)[0].open("r+b") as file:
        file.seek(row * 2 * WIDTH)
        file.write(content)


def signalling():
    """A row of values that numpy warns of when they are converted."""
    return np.array([1, 0x7C01, 0xFC01, 0x7BFF, 0x7C00], dtype="<u2").tobytes()


@pytest.mark.parametrize("content", [b"\xff" * 10, b"\x00\x7c" + b"\x00" * 8, signalling()])
@pytest.mark.filterwarnings("error")
def test_a_damaged_row_is_computed_again_with_a_word_and_no_other_is(tmp_path, content, caplog):
    texts = ["a", "b", "c", "b"]
    cached(tmp_path)[0].encode(texts)
    damage(tmp_path, 1, content)
    assert VectorFile(tmp_path, "hash-1", WIDTH).rows(texts).tolist() == [0, -1, 2, -1]
    encoder, counting = cached(tmp_path)
    assert_right(encoder.encode(texts), texts)
    assert counting.calls == [["b"]]
    assert [r.getMessage().split(": ")[1] for r in caplog.records] == [
        "1 vector(s) were damaged and are computed again"
    ]
    assert VectorFile(tmp_path, "hash-1", WIDTH).rows(texts).tolist() == [0, 3, 2, 3]
    again, counting = cached(tmp_path)
    assert_right(again.encode(texts), texts)
    assert counting.calls == []
    assert len(caplog.records) == 1


def test_a_row_that_was_mended_can_be_damaged_again(tmp_path):
    for row in (0, 1, 2):
        assert_right(cached(tmp_path)[0].encode(["a"]), ["a"])
        damage(tmp_path, row)
    assert_right(cached(tmp_path)[0].encode(["a"]), ["a"])


def test_who_opened_the_file_before_finds_the_new_row_too(tmp_path):
    cached(tmp_path)[0].encode(["a", "b"])
    before = VectorFile(tmp_path, "hash-1", WIDTH)
    damage(tmp_path, 0)
    assert before.rows(["a"]).tolist() == [-1]
    with pytest.raises(StoreError, match="damaged") as raised:
        before.read(np.array([0]))
    assert "workbench embed NAME" in raised.value.hint
    assert "elete" not in raised.value.hint
    cached(tmp_path)[0].encode(["a"])
    before.refresh()
    assert_right(before.read(before.rows(["a", "b"])), ["a", "b"])


@pytest.mark.parametrize("name", ["rows.f16", "texts.sha256"])
def test_a_file_that_is_gone_is_filled_again(tmp_path, name, caplog):
    cached(tmp_path)[0].encode(["a", "b"])
    (tmp_path / next(tmp_path.glob("*")).name / name).unlink()
    encoder, counting = cached(tmp_path)
    assert_right(encoder.encode(["b", "a"]), ["b", "a"])
    assert counting.calls == [["b", "a"]]
    assert ("2 vector(s)" in caplog.text) is (name == "rows.f16"), "without digests nobody knows of them"


def test_a_file_that_was_cut_behind_an_open_one_is_read_anew(tmp_path):
    encoder, counting = cached(tmp_path)
    encoder.encode(["a", "b"])
    os.truncate(files_of(tmp_path)[1], 0)
    assert_right(encoder.encode(["b"]), ["b"])
    assert counting.calls == [["a", "b"], ["b"]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"format": 1}',
        b'{"encoder": "other", "width": 5}',
        b'{"encoder": "hash-1"}',
    ],
)
def test_facts_that_cannot_be_read_say_what_to_do(tmp_path, content):
    cached(tmp_path)[0].encode(["a"])
    facts = files_of(tmp_path)[0].with_name("facts.json")
    facts.write_bytes(content)
    for opened in (lambda: stored_vectors(tmp_path), lambda: VectorFile(tmp_path, "hash-1", WIDTH)):
        with pytest.raises(ArtefactError) as raised:
            opened()
        assert str(facts.parent) in raised.value.where
        assert "Move its folder away and run `workbench embed NAME`" in raised.value.hint
    facts.parent.rename(tmp_path / "away")
    assert_right(cached(tmp_path)[0].encode(["a"]), ["a"])


def test_vectors_that_are_not_finite_or_do_not_fit_are_refused(tmp_path):
    vector_file = VectorFile(tmp_path, "hash-1", WIDTH)
    with pytest.raises(InputError, match="not finite"):
        vector_file.append(["a"], np.full((1, WIDTH), np.nan, dtype=np.float32))
    with pytest.raises(InputError, match="not finite"):
        vector_file.append(["a"], np.full((1, WIDTH), 1e6, dtype=np.float32))  # beyond float16
    with pytest.raises(InputError, match="shape"):
        vector_file.append(["a", "b"], np.zeros((1, WIDTH), dtype=np.float32))
    assert len(vector_file) == 0


def test_rows_that_do_not_exist_are_refused(tmp_path):
    vector_file = VectorFile(tmp_path, "hash-1", WIDTH)
    vector_file.append(["a"], vectors_of(["a"]))
    for row in (-1, 1):
        with pytest.raises(InputError, match="There are 1 rows"):
            vector_file.read(np.array([row]))


def append_many(folder, prefix, n_calls):
    encoder, _ = cached(Path(folder))
    for i in range(int(n_calls)):
        encoder.encode([f"shared {i}", f"{prefix} {i}"])


def start_appending(folder, prefix, n_calls):
    """Run `append_many` in a process of its own."""
    code = "import runpy, sys; runpy.run_path(sys.argv[1])['append_many'](*sys.argv[2:])"
    return subprocess.Popen([sys.executable, "-c", code, __file__, str(folder), prefix, str(n_calls)])


def test_appending_waits_for_the_process_that_appends(tmp_path):
    vector_file = VectorFile(tmp_path, "hash-1", WIDTH)
    thread = threading.Thread(target=vector_file.append, args=(["a"], vectors_of(["a"])))
    with (files_of(tmp_path)[0].parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread.start()
        thread.join(timeout=0.2)
        assert thread.is_alive()
        assert files_of(tmp_path)[0].stat().st_size == 0
    thread.join()
    assert vector_file.rows(["a"]).tolist() == [0]


@pytest.mark.slow
def test_two_processes_at_once_do_not_disturb_each_other(tmp_path):
    running = [start_appending(tmp_path, name, 60) for name in ("left", "right")]
    assert [process.wait() for process in running] == [0, 0]
    texts = [f"{name} {i}" for name in ("left", "right", "shared") for i in range(60)]
    encoder, counting = cached(tmp_path)
    assert_right(encoder.encode(texts), texts)
    assert counting.calls == []
    assert len(VectorFile(tmp_path, "hash-1", WIDTH)) == 180


@pytest.mark.slow
def test_a_killed_process_leaves_a_file_that_is_right(tmp_path):
    texts = [f"{prefix} {i}" for i in range(2_000) for prefix in ("shared", "killed")]
    n_known = 0
    for _ in range(3):
        with start_appending(tmp_path, "killed", 100_000) as process:
            known = wait_for_rows(tmp_path, texts, n_known + 20)
            process.kill()
        n_known = len(known)
        vector_file = VectorFile(tmp_path, "hash-1", WIDTH)
        assert_right(vector_file.read(vector_file.rows(known)), known)


def wait_for_rows(folder, texts, n):
    """Return the texts that have a vector, once there are n."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        rows = VectorFile(folder, "hash-1", WIDTH).rows(texts)
        if (rows >= 0).sum() >= n:
            return [text for text, row in zip(texts, rows, strict=True) if row >= 0]
    raise AssertionError("the other process wrote nothing")
