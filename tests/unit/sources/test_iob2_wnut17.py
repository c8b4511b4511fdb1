"""WNUT-17 as published: the counts of its authors, and every byte back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.domain.conversion import ReadOptions, WriteOptions
from workbench.sources.iob2 import Iob2Source

DATA = Path(os.environ.get("WORKBENCH_DATA", Path(__file__).parents[4] / "shared" / "data")) / "wnut17"
SIZES = {"train": (3394, 62730, 1975), "dev": (1009, 15733, 836), "test": (1287, 23394, 1079)}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="wnut17 is not beside the project (see WORKBENCH_DATA)"),
]


@pytest.mark.parametrize("part", SIZES)
def test_counts_are_the_published_ones_and_the_file_comes_back(tmp_path: Path, part: str) -> None:
    path = DATA / f"{part}.conll"
    imported = Iob2Source().read(path, ReadOptions())
    counts = imported.report.counts
    assert (counts["sentences"], counts["tokens"], counts["entities"]) == SIZES[part]
    copy = tmp_path / path.name
    Iob2Source().write(imported.documents, imported.questions, copy, WriteOptions(), imported.file_layout)
    assert copy.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("scheme", ["iob1", "bioes", "bilou"])
def test_entities_come_back_from_other_schemes(tmp_path: Path, scheme: str) -> None:
    source = Iob2Source()
    imported = source.read(DATA / "test.conll", ReadOptions())
    other = tmp_path / "test.conll"
    source.write(
        imported.documents, imported.questions, other, WriteOptions(scheme=scheme), imported.file_layout
    )
    again = source.read(other, ReadOptions(scheme=scheme))
    spans = [labelled.annotations[0].spans for labelled in imported.documents]
    assert [labelled.annotations[0].spans for labelled in again.documents] == spans
