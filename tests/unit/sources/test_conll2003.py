"""CoNLL-2003: four columns, of which the middle two are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.domain.conversion import Imported, LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.spans import Span
from workbench.errors import SourceError
from workbench.sources.conll2003 import Conll2003Source

FILE = """\
-DOCSTART- -X- O O

Ada NNP B-NP B-PER
wrote VBD B-VP O
. . O O

# id = # text
# # -X- O
-DOCSTART- -X- -X- O

in IN B-PP O
Paris NNP B-NP B-LOC
"""


def read(tmp_path: Path, content: str = FILE, **options: object) -> Imported:
    path = tmp_path / "a.conll"
    path.write_bytes(content.encode())
    return Conll2003Source().read(path, ReadOptions(**options))  # type: ignore[arg-type]


def written(tmp_path: Path, imported: Imported, *documents: LabelledDocument, scheme: str = "iob2") -> str:
    path = tmp_path / "b.conll"
    Conll2003Source().write(
        documents or imported.documents,
        imported.questions,
        path,
        WriteOptions(scheme=scheme),
        imported.file_layout,
    )
    return path.read_bytes().decode()


def test_a_document_is_a_sentence_and_all_columns_are_kept(tmp_path: Path) -> None:
    imported = read(tmp_path)
    texts = {labelled.document.id: labelled.document.text for labelled in imported.documents}
    assert texts == {"a-1": "Ada wrote .", "# text": "#", "a-3": "in Paris"}
    assert imported.report.counts == {"sentences": 3, "tokens": 6, "entities": 2}
    assert written(tmp_path, imported) == FILE


def test_columns_parted_by_a_tab_are_kept_so(tmp_path: Path) -> None:
    content = FILE.replace(" ", "\t").replace("#\tid\t=\t#\ttext", "# id = # text")
    assert written(tmp_path, read(tmp_path, content)) == content


def test_a_file_in_iob1_is_given_back_in_iob1(tmp_path: Path) -> None:
    content = FILE.replace("B-PER", "I-PER").replace("B-LOC", "I-LOC")
    assert "B-PER" in written(tmp_path, read(tmp_path, content, scheme="iob1"))
    assert written(tmp_path, read(tmp_path, content, scheme="iob1"), scheme="iob1") == content


def test_pieces_of_a_word_share_its_columns(tmp_path: Path) -> None:
    imported = read(tmp_path)
    last = imported.documents[-1]
    newer = replace(last.annotations[0], client_id="n", spans=(Span.of("in Paris", 3, 6, "LOC"),))
    changed = LabelledDocument(last.document, (newer,))
    expected = "# text = in Paris\nin IN B-PP O\nPar NNP B-NP B-LOC\nis NNP B-NP O\n"
    assert written(tmp_path, imported, changed).endswith(expected)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Ada NNP B-PER", "column-count"),
        ("Ada NNP B-NP X B-PER", "column-count"),
        ("Ada  B-NP B-PER", "empty-cell"),
        ("Ada\tNNP\tB-NP\tB-PER", "mixed-separators"),
        ("Ada", "no-tag"),
        ("Ada NNP B-NP PER", "tag"),
        ("New York NNP B-NP B-LOC", "column-count"),
    ],
)
def test_a_line_of_another_form_is_refused_with_its_number(tmp_path: Path, line: str, code: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, f"in IN B-PP O\n{line}\n")
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [(code, 2)]


@pytest.mark.parametrize(
    ("row", "hint"), [("EU B-ORG", "--format iob2"), ("EU NNP B-ORG", "Keep two columns")]
)
def test_a_file_of_another_number_of_columns_gets_a_hint(tmp_path: Path, row: str, hint: str) -> None:
    with pytest.raises(SourceError, match="columns parted by a space, not 4") as caught:
        read(tmp_path, f"{row}\n")
    assert hint in caught.value.hint
