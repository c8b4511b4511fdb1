"""The doctor's look at what was computed from the texts and can be computed again, and at the live ranking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workbench.errors import ArtefactError, StoreError
from workbench.store.appending import BEGIN_AGAIN, EMBED_AGAIN, read_facts
from workbench.store.findings import Finding
from workbench.store.live_troubles import LiveTroubles
from workbench.store.neighbours import read_arrays
from workbench.store.vectors import VectorFile
from workbench.store.word_vectors import WordVectorFile

EMBED_WORDS_AGAIN = (
    "They are computed again where they are needed: in a training of `tags`, and by `workbench embed NAME` "
    "where entities are ranked live."
)


def check_caches(folder: Path) -> list[Finding]:
    """Return what is damaged of vectors, word vectors and neighbours, and what was not ranked live."""
    data = folder / "data"
    return [
        _growing("vectors", data / "vectors", _damaged_vectors, hint=EMBED_AGAIN),
        _growing("word vectors", data / "words", _damaged_words, hint=EMBED_WORDS_AGAIN),
        _neighbours(data / "vectors"),
        _live(folder),
    ]


def _growing(check: str, parent: Path, look: Callable[[Path], str], *, hint: str) -> Finding:
    """Look at the folder of every encoder; `look` returns in words what is damaged in one, "" for nothing."""
    found = []
    paths = sorted(path.parent for path in parent.glob("*/facts.json"))
    for path in paths:
        try:
            if damaged := look(path):
                found.append(f"{path}: {damaged}")
        except (ArtefactError, StoreError) as error:
            return Finding(check, "problem", f"{error.where}: {error.message}", hint=error.hint)
        except OSError as error:
            return Finding(check, "problem", f"{path}: {error}", hint=BEGIN_AGAIN)
    if found:
        return Finding(check, "warning", "; ".join(found), hint=hint)
    return Finding(
        check, "ok", f"Those of {len(paths)} encoder(s) are whole." if paths else "There are none yet."
    )


def _damaged_vectors(path: Path) -> str:
    return _damaged(path, "encoder", VectorFile, "vector(s) are damaged")


def _damaged_words(path: Path) -> str:
    return _damaged(path, "words", WordVectorFile, "text(s) have damaged word vectors")


def _damaged(path: Path, key: str, kind: type[VectorFile | WordVectorFile], words: str) -> str:
    """Say in words what is damaged of a folder whose facts name its encoder under a key; "" for nothing."""
    facts = read_facts(path / "facts.json", key)
    if lacking := _lacking(path, kind.FILES):
        return lacking
    n_damaged = kind(path.parent, facts[key], facts["width"]).n_damaged()
    return f"{n_damaged:,} {words}" if n_damaged else ""


def _lacking(path: Path, names: tuple[str, ...]) -> str:
    """Return which files are not there: opening would make them, and the doctor changes nothing."""
    return ", ".join(f"{name} is missing" for name in names if not (path / name).exists())


def _neighbours(parent: Path) -> Finding:
    found, paths = [], sorted(parent.glob("*/neighbours-*.safetensors"))
    for path in paths:
        try:
            read_arrays(path)
        except ArtefactError as error:
            found.append(f"{error.where}: {error.message}")
    if found:
        hint = "They count as absent; `workbench embed NAME` finds them again."
        return Finding("neighbours", "warning", "; ".join(found), hint=hint)
    return Finding("neighbours", "ok", f"{len(paths)} file(s) are whole." if paths else "There are none yet.")


def _live(folder: Path) -> Finding:
    troubles = sorted(LiveTroubles(folder).all().items())
    if not troubles:
        return Finding(
            "live ranking", "ok", "Nothing kept a question from being ranked when it was tried last."
        )
    said = [f"{name}, since {one.since[:16].replace('T', ' ')} UTC: {one.why}" for name, one in troubles]
    hint = "It is tried again while a worker runs; data/logs/live.log says more."
    return Finding("live ranking", "warning", f"Not ranked live: {'; '.join(said)}", hint=hint)
