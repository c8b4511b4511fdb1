"""A text file is written in the encoding that is asked for, else in that of the imported file."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench import catalog
from workbench.domain.conversion import ReadOptions, WriteOptions
from workbench.errors import InputError, SourceError

FILES = {
    "csv": "text,topic\ncafé,a\n",
    "jsonl": '{"id": "1", "text": "café", "label": "a"}\n',
    "iob2": "café\tB-PER\n",
}


def rewritten(tmp_path: Path, format_name: str, encoding: str, *, own: str = "cp1252") -> bytes:
    path, copy = tmp_path / "in.txt", tmp_path / "out.txt"
    path.write_bytes(FILES[format_name].encode(own))
    source = catalog.source(format_name)
    imported = source.read(path, ReadOptions(encoding=own))
    options = WriteOptions(encoding=encoding)
    source.write(imported.documents, imported.questions, copy, options, imported.file_layout)
    return copy.read_bytes()


@pytest.mark.parametrize("format_name", FILES)
def test_the_imported_file_gives_the_encoding_unless_another_is_asked_for(
    tmp_path: Path, format_name: str
) -> None:
    content = FILES[format_name]
    assert rewritten(tmp_path, format_name, "") == content.encode("cp1252")
    assert rewritten(tmp_path, format_name, "utf-8") == content.encode()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-be", "latin-1"])
def test_a_file_can_be_read_in_the_encoding_that_it_was_written_in(tmp_path: Path, encoding: str) -> None:
    written = rewritten(tmp_path, "csv", encoding)
    assert written.decode(encoding) == FILES["csv"]


def test_a_byte_order_mark_goes_with_its_encoding(tmp_path: Path) -> None:
    assert rewritten(tmp_path, "csv", "", own="utf-8-sig").startswith(b"\xef\xbb\xbf")
    assert rewritten(tmp_path, "csv", "cp1252", own="utf-8-sig") == FILES["csv"].encode("cp1252")


def test_an_encoding_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no encoding 'utf-9'"):
        rewritten(tmp_path, "csv", "utf-9")
    with pytest.raises(SourceError, match="Cannot be written as base64"):
        rewritten(tmp_path, "csv", "base64")
