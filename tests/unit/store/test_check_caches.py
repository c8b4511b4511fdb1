"""The doctor looks at what was computed from the texts, says what is damaged, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.unit.usecases.ner_desk import MadeWords
from workbench.artefacts import read_tensors, write_tensors
from workbench.domain.neighbours import N_NEAREST, Neighbours
from workbench.store.check_caches import check_caches
from workbench.store.findings import Finding
from workbench.store.live_troubles import LiveTroubles
from workbench.store.neighbours import NeighbourFile
from workbench.store.vectors import VectorFile
from workbench.store.word_vectors import WordVectorFile

TEXTS = ["one", "two words", "three"]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    vectors = VectorFile(data / "vectors", "made", 4)
    vectors.append(TEXTS, np.eye(3, 4, dtype=np.float32))
    WordVectorFile(data / "words", "made", MadeWords.width).append(TEXTS, MadeWords().encode_words(TEXTS))
    places = np.arange(3)
    found = Neighbours(np.arange(4), places.astype(np.int32), np.ones(3, np.float32), N_NEAREST, places)
    NeighbourFile(vectors.folder, TEXTS, n_nearest=N_NEAREST).write(found)
    return tmp_path


def one(folder: Path, name: str) -> Path:
    (path,) = (folder / "data").glob(name)
    return path


def wrong(folder: Path) -> list[Finding]:
    return [found for found in check_caches(folder) if found.level != "ok"]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write_over(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


def other_neighbour(folder: Path) -> None:
    path = one(folder, "vectors/*/neighbours-*")
    kept = read_tensors(path)
    write_tensors(path, {**kept, "others": np.array([0, 1, 1], dtype=np.int32)})


DAMAGES: dict[str, tuple[Callable[[Path], object], str, str, str, str]] = {
    "a row that is not finite": (
        lambda folder: write_over(one(folder, "vectors/*/rows.f16"), 8, b"\xff" * 8),
        *("vectors", "warning", "1 vector(s) are damaged", "workbench embed NAME"),
    ),
    "rows that are gone": (
        lambda folder: one(folder, "vectors/*/rows.f16").write_bytes(b""),
        *("vectors", "warning", "3 vector(s) are damaged", "workbench embed NAME"),
    ),
    "no file of rows": (
        lambda folder: one(folder, "vectors/*/rows.f16").unlink(),
        *("vectors", "warning", "rows.f16 is missing", "workbench embed NAME"),
    ),
    "facts that are no JSON": (
        lambda folder: one(folder, "vectors/*/facts.json").write_text("{"),
        *("vectors", "problem", "Not readable as JSON", "Move its folder away"),
    ),
    "facts of another encoder": (
        lambda folder: one(folder, "words/*/facts.json").write_text('{"words": "other", "width": 4}'),
        *("word vectors", "problem", "Does not say what the folder holds", "Move its folder away"),
    ),
    "a folder where a file was": (
        lambda folder: (
            one(folder, "vectors/*/lock").unlink(),
            one(folder, "vectors/*").joinpath("lock").mkdir(),
        ),
        *("vectors", "problem", "Is a directory", "Move its folder away"),
    ),
    "a scale that is not finite": (
        lambda folder: write_over(one(folder, "words/*/scales.f2"), 2, b"\xff\x7f"),
        *("word vectors", "warning", "1 text(s) have damaged word vectors", "workbench embed NAME"),
    ),
    "words that are gone": (
        lambda folder: one(folder, "words/*/codes.i8").write_bytes(b""),
        *("word vectors", "warning", "3 text(s) have damaged word vectors", "workbench embed NAME"),
    ),
    "another neighbour": (
        other_neighbour,
        *("neighbours", "warning", "not those that were written", "workbench embed NAME"),
    ),
    "neighbours that are no file of that kind": (
        lambda folder: one(folder, "vectors/*/neighbours-*").write_bytes(b"Dear diary"),
        *("neighbours", "warning", "Not readable as safetensors", "workbench embed NAME"),
    ),
    "a question that is not ranked": (
        lambda folder: LiveTroubles(folder).note("topic", "The disk is full."),
        *("live ranking", "warning", "Not ranked live: topic, since 20", "live.log"),
    ),
}


def test_a_project_without_caches_and_one_with_whole_ones_have_no_finding_but_fine_ones(whole: Path) -> None:
    assert wrong(whole) == []
    assert wrong(whole / "elsewhere") == []
    assert not (whole / "elsewhere").exists()


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.filterwarnings("error")
def test_what_is_damaged_is_said_with_what_to_do_and_left_as_it_is(whole: Path, name: str) -> None:
    damage, check, level, message, hint = DAMAGES[name]
    damage(whole)
    before = contents(whole)
    (found,) = wrong(whole)
    assert (found.check, found.level) == (check, level)
    assert message in found.message
    assert hint in found.hint
    assert contents(whole) == before


def test_a_damaged_row_that_was_replaced_is_no_finding(whole: Path) -> None:
    write_over(one(whole, "vectors/*/rows.f16"), 8, b"\xff" * 8)
    VectorFile(whole / "data" / "vectors", "made", 4).append(TEXTS, np.eye(3, 4, dtype=np.float32))
    write_over(one(whole, "words/*/scales.f2"), 2, b"\xff\x7f")
    file = WordVectorFile(whole / "data" / "words", "made", MadeWords.width)
    file.append(TEXTS, MadeWords().encode_words(TEXTS))
    assert wrong(whole) == []
