"""The neighbours of a pool are found once and kept beside its vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.unit.usecases.live_desk import add_texts, answer, embed, ids, live_desk
from workbench.artefacts import read_tensors, write_tensors
from workbench.domain.arrays import Vectors
from workbench.domain.neighbours import N_NEAREST, Neighbours
from workbench.domain.ports import Progress, silent
from workbench.store.neighbours import DTYPES, NeighbourFile, digest_of
from workbench.store.vectors import CachedEncoder
from workbench.usecases import find_neighbours, live_pool
from workbench.usecases.find_neighbours import nearest_of, neighbours_among, pool_documents
from workbench.usecases.live_pool import LiveNearness, LivePool
from workbench.usecases.project import Project


class Nobody:
    """An encoder that must not be asked: all vectors are in the file."""

    id, width = "made", 16

    def encode(self, texts: Sequence[str], *, progress: Progress = silent) -> Vectors:
        raise AssertionError(texts)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Project]:
    with live_desk(tmp_path) as project:
        yield project


def found(project: Project) -> Neighbours:
    candidates = [document for document in pool_documents(project) if int(document.id[1:]) % 2]
    neighbours = neighbours_among(project, CachedEncoder(Nobody(), embed(project, [])), candidates)
    assert neighbours is not None
    return neighbours


def test_they_are_those_of_the_pool_and_answers_change_nothing(desk: Project) -> None:
    add_texts(desk, ids(80, 90), part="held-out")
    before = found(desk)
    assert before.n_documents == 80
    assert before.places.tolist() == list(range(1, 80, 2))
    answer(desk, ids(20, 60))
    assert np.array_equal(found(desk).others, before.others)


def test_they_are_found_once_and_again_when_documents_come(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    nearest_of = find_neighbours.nearest_of
    monkeypatch.setattr(
        find_neighbours, "nearest_of", lambda v, **named: (sizes.append(len(v)), nearest_of(v, **named))[1]
    )
    assert np.array_equal(found(desk).cosines, found(desk).cosines)
    assert sizes == [80]
    add_texts(desk, ids(80, 85))
    embed(desk, ids(80, 85))
    assert found(desk).n_documents == 85
    assert sizes == [80, 85]
    folder = embed(desk, []).folder
    assert len(list(folder.glob("neighbours-*"))) == 1


def changed(**arrays: object) -> Callable[[Path], None]:
    """Return who writes some arrays anew, with a digest that fits: what follows must not rest on it alone."""

    def change(path: Path) -> None:
        kept = read_tensors(path)
        for name, place_and_value in arrays.items():
            array = kept[name].copy()
            place, value = place_and_value  # type: ignore[misc]
            array[place] = value
            kept[name] = array
        write_tensors(path, {**kept, "sha256": digest_of(kept)})

    return change


def in_range(path: Path) -> None:
    """Let one document have another neighbour, which could be right, without a new digest."""
    kept = read_tensors(path)
    others = kept["others"].copy()
    others[1] = 79 if others[1] != 79 else 78
    write_tensors(path, {**kept, "others": others})


def lacking(name: str) -> Callable[[Path], None]:
    """Return who leaves an array out."""
    return lambda path: write_tensors(path, {k: v for k, v in read_tensors(path).items() if k != name})


def empty(path: Path) -> None:
    """Write arrays of nothing, with their digest."""
    none = {name: np.zeros(0, dtype) for name, dtype in DTYPES.items()}
    write_tensors(path, {**none, "sha256": digest_of(none)})


def of_fewer(path: Path) -> None:
    """Write whole neighbours of a document less."""
    found = nearest_of(np.eye(79, 80, dtype=np.float32))
    arrays = {name: getattr(found, name) for name in DTYPES}
    write_tensors(path, {**arrays, "sha256": digest_of(arrays)})


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:200]),
    "nothing": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(np.random.default_rng(0).bytes(9_000)),
    "a header of another kind": lambda path: path.write_bytes((3).to_bytes(8, "little") + b"[1]"),
    "an unknown dtype": lambda path: path.write_bytes(path.read_bytes().replace(b'"F32"', b'"F9X"')),
    "a byte": lambda path: path.write_bytes(path.read_bytes()[:-9] + b"\x07" + path.read_bytes()[-8:]),
    "another neighbour": in_range,
    "beyond the pool": changed(others=(5, 2_000_000)),
    "before the pool": changed(others=(5, -1)),
    "starts that fall": changed(starts=(3, 9_999)),
    "starts behind the first": changed(starts=(0, 1)),
    "a cosine that is none": changed(cosines=(2, np.nan)),
    "a cosine above one": changed(cosines=(2, 1.5)),
    "a cosine below minus one": changed(cosines=(2, -1.5)),
    "no cosines": lacking("cosines"),
    "no digest": lacking("sha256"),
    "arrays of nothing": empty,
    "of another number of documents": of_fewer,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_is_damaged_counts_as_absent_and_is_found_again(
    desk: Project, damage: Callable[[Path], object]
) -> None:
    before = found(desk)
    (path,) = embed(desk, []).folder.glob("neighbours-*")
    whole = path.read_bytes()
    damage(path)
    live = LivePool(desk, embed(desk, []))
    assert live.neighbours(np.array([3])) is None
    assert live.lacks_neighbours, "so that the job that embeds finds them"
    again = found(desk)
    assert np.array_equal(again.others, before.others)
    assert np.array_equal(again.cosines, before.cosines)
    assert path.read_bytes() == whole


def test_of_a_pool_that_is_too_large_none_are_found(desk: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_neighbours, "MOST_DOCUMENTS", 79)
    assert neighbours_among(desk, CachedEncoder(Nobody(), embed(desk, [])), ()) is None


def test_a_live_pool_takes_those_that_are_kept_and_says_when_there_are_none(
    desk: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = np.array([3, 5])
    empty = LivePool(desk, embed(desk, []))
    assert empty.neighbours(places) is None
    assert empty.lacks_neighbours
    kept = found(desk)
    taken = LivePool(desk, embed(desk, [])).neighbours(places)
    assert taken is not None
    assert np.array_equal(taken.cosines, kept.cosines)
    assert taken.places.tolist() == [3, 5]
    monkeypatch.setattr(live_pool, "MOST_DOCUMENTS", 79)
    large = LivePool(desk, embed(desk, []))
    assert large.neighbours(places) is None
    assert not large.lacks_neighbours


def test_nearness_grows_with_the_answers_and_is_counted_anew_when_one_is_taken_back(desk: Project) -> None:
    pool = LivePool(desk, embed(desk, []))
    every = pool.vectors_of(pool.ids)
    followed = LiveNearness(80)
    for answered in (ids(0, 5), ids(0, 9), ids(0, 30), ids(3, 30), ids(3, 40)):
        places = np.array([p for p in range(80) if pool.ids[p] not in answered])
        near = followed.update(places, every[places], answered, pool.vectors_of)
        expected = (every[places] @ pool.vectors_of(answered).T).max(axis=1)
        assert near == pytest.approx(expected, abs=1e-6)
    opened = np.arange(5, 80)  # some are open again that were skipped, and not compared since
    near = followed.update(opened, every[opened], ids(3, 40), pool.vectors_of)
    assert near == pytest.approx((every[opened] @ pool.vectors_of(ids(3, 40)).T).max(axis=1), abs=1e-6)


def test_without_answers_nothing_is_near(desk: Project) -> None:
    pool = LivePool(desk, embed(desk, []))
    assert pool.nearness(np.array([1, 2]), []).tolist() == [-1.0, -1.0]


def test_the_file_is_told_by_texts_and_their_order(desk: Project) -> None:
    folder, kept = embed(desk, []).folder, found(desk)
    texts = [document.text for document in pool_documents(desk)]
    assert NeighbourFile(folder, texts, n_nearest=N_NEAREST).read() is not None
    assert NeighbourFile(folder, texts[::-1], n_nearest=N_NEAREST).read() is None
    assert NeighbourFile(folder, texts, n_nearest=N_NEAREST + 1).read() is None
    assert kept.n_nearest == N_NEAREST
