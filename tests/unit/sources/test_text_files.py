"""Bytes to text: what is no text, is in another encoding, or changes (rows 12 to 15, 26, 27)."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import tarfile
import zipfile
from pathlib import Path

import pytest

from workbench.domain.conversion import ReadOptions
from workbench.errors import InputError, MachineError, SourceError
from workbench.sources.iob2 import Iob2Source
from workbench.sources.text_files import line_of, lines, read_text, usual_newline, write_text


def refusal(path: Path, encoding: str = "utf-8") -> SourceError:
    with pytest.raises(SourceError) as caught:
        read_text(path, encoding)
    return caught.value


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.conll", "a\tO\n")
    return target.getvalue()


def tarred() -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.conll"))
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (zipped(), "zip"),
        (b"PK\x05\x06" + b"\0" * 18, "empty zip"),
        (gzip.compress(b"a\tO\n", mtime=0), "gzip"),
        (bz2.compress(b"a\tO\n"), "bzip2"),
        (lzma.compress(b"a\tO\n"), "xz"),
        (tarred(), "tar"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"PAR1....PAR1", "Parquet"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x7fELF\x02", "program"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
        (b"\xff\x00\x81" * 100, "NUL"),
    ],
)
@pytest.mark.parametrize("suffix", [".conll", ".csv", ".jsonl"])
def test_what_is_not_text_is_refused_whatever_its_name(
    tmp_path: Path, content: bytes, what: str, suffix: str
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    error = refusal(path)
    assert error.problems[0].code == "not-text"
    assert "not text" in error.message
    assert what in error.message


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(random.Random(1).randbytes(10_000))
    assert refusal(path).problems[0].code in ("not-text", "encoding")


@pytest.mark.parametrize(
    ("encoding", "byte"), [("latin-1", 4), ("cp1251", 4), ("utf-16", 0), ("utf-16-be", None)]
)
def test_another_encoding_is_refused_and_read_when_it_is_named(
    tmp_path: Path, encoding: str, byte: int | None
) -> None:
    path = tmp_path / "a.conll"
    text = "caf" + ("ж" if encoding == "cp1251" else "é") + "\tO\n"
    path.write_bytes(("\n" + text).encode(encoding))
    error = refusal(path)
    if byte is not None:
        assert f"Not UTF-8 at byte {byte}." in error.message
        assert "--encoding" in error.hint
    assert read_text(path, encoding).text == "\n" + text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_byte_order_mark_is_no_text_and_is_written_back(tmp_path: Path, encoding: str) -> None:
    path, copy = tmp_path / "a", tmp_path / "b"
    path.write_bytes("\ufeffEU\tO\n".encode(encoding))
    file = read_text(path, encoding.removesuffix("-le").removesuffix("-be"))
    assert (file.text, file.bom) == ("EU\tO\n", True)
    write_text(copy, file.text, encoding=file.encoding, bom=file.bom)
    assert copy.read_bytes() == path.read_bytes()


def test_a_text_that_begins_with_a_zero_width_space_keeps_it(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "\ufeffx")
    assert read_text(tmp_path / "a").text == "\ufeffx"


def test_a_nul_character_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a\tO\nb\0\tO\n")
    assert [(p.code, p.line) for p in refusal(tmp_path / "a").problems] == [("nul", 2)]


def test_an_unknown_encoding_is_an_error_in_the_options(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    with pytest.raises(InputError, match="no encoding"):
        read_text(tmp_path / "a", "utf-9")
    assert refusal(tmp_path / "a", "base64").problems[0].code == "encoding"


def test_half_of_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"+2AA-")
    assert refusal(tmp_path / "a", "utf-7").problems[0].code == "encoding"


def test_a_file_that_is_not_there_empty_or_no_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none").problems[0].code == "unreadable"
    (tmp_path / "empty").touch()
    assert refusal(tmp_path / "empty").problems[0].code == "empty"
    assert refusal(tmp_path).problems[0].code == "no-file"
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe").problems[0].code == "no-file"


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(1024**3 + 1)
    assert "1024" in refusal(tmp_path / "a").message


@pytest.mark.parametrize("change", ["shrinks", "grows", "is rewritten"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "a.conll"
    path.write_text("a\tO\n" * 100)
    read_bytes = Path.read_bytes

    def read_and_change(self: Path) -> bytes:
        if change == "shrinks":
            os.truncate(self, 40)
        content = read_bytes(self)
        if change == "grows":
            self.write_bytes(content + b"b\tO\n")
        if change == "is rewritten":
            self.write_bytes(content)
            os.utime(self, ns=(1, 1))
        return content

    monkeypatch.setattr(Path, "read_bytes", read_and_change)
    with pytest.raises(SourceError, match="changed while it was read"):
        Iob2Source().read(path, ReadOptions())


def test_lines_end_at_three_breaks_only() -> None:
    assert list(lines("a\nb\r\nc\rd\u2028e\x85f\x0bg\x0ch\x1ci")) == [
        ("a", "\n"),
        ("b", "\r\n"),
        ("c", "\r"),
        ("d\u2028e\x85f\x0bg\x0ch\x1ci", ""),
    ]
    assert list(lines("")) == []
    assert list(lines("a\n\n")) == [("a", "\n"), ("", "\n")]


def test_line_numbers_count_from_one() -> None:
    assert [line_of("a\r\nb\rc", place) for place in (0, 3, 5)] == [1, 2, 3]


def test_the_usual_newline_is_the_most_frequent_one() -> None:
    assert usual_newline(["\r\n", "\n", "\r\n", ""]) == ("\r\n", 1)
    assert usual_newline([]) == ("\n", 0)


def test_a_character_without_a_code_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"line 2.*cp1252"):
        write_text(tmp_path / "a", "a\n😀", encoding="cp1252")
    assert not (tmp_path / "a").exists()


def test_writing_where_there_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Cannot be written"):
        write_text(tmp_path / "none" / "a", "x")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def no_space(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(MachineError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
