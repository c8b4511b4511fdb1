"""Text files, read whole and exactly: bytes to characters, characters to lines, and back.

Nothing is guessed. A file that is not text, not in the named encoding, too long, or that changes while
it is read is refused. A line ends at LF, CR LF or CR and nowhere else: U+2028, U+0085, VT and FF are
characters, which is why `str.splitlines` is not used here.
"""

from __future__ import annotations

import codecs
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.artefacts import write_whole
from workbench.config import LIMITS, MEBIBYTE
from workbench.errors import InputError, MachineError, Problem, SourceError

LINE_BREAK = re.compile(r"\r\n|\n|\r")
MARK = "\ufeff"

MAGIC = (
    (b"PK\x03\x04", "a zip archive or an office file (.zip, .xlsx, .docx)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a rar archive"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF89a", "a GIF picture"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office file (.xls, .doc)"),
    (b"ARROW1\0\0", "an Arrow file"),
    (b"\x7fELF", "a program"),
)
BOMS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    ("utf-32-le", codecs.BOM_UTF32_LE),
    ("utf-32-be", codecs.BOM_UTF32_BE),
    ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE),
    ("utf-8", codecs.BOM_UTF8),
)


@dataclass(frozen=True, slots=True)
class TextFile:
    """The characters of a file, without its byte-order mark, and what is needed to write it again."""

    text: str
    encoding: str
    bom: bool


def read_text(path: Path, encoding: str = "utf-8") -> TextFile:
    """Read a file of text.

    Raises SourceError when there is no such file, when it is empty, too long, not text, not in
    `encoding`, holds a NUL character, or changes while it is read.
    """
    content = read_unchanged(path)
    if not content:
        raise refused(path, Problem("empty", "The file is empty."))
    what = foreign_kind(content)
    if what:
        raise refused(
            path,
            Problem("not-text", f"This is not text but {what}, whatever its name says."),
            hint="Unpack it, or save it as plain text (CSV, JSON Lines, IOB2), and import that file.",
        )
    codec, body, bom = _without_bom(path, content, encoding)
    text = _decoded(path, body, codec, n_before=len(content) - len(body))
    nul = text.find("\0")
    if nul >= 0:
        problem = Problem("nul", "A NUL character: no text file holds one.", line=line_of(text, nul))
        raise refused(path, problem, hint="If the file is UTF-16, say so: --encoding utf-16.")
    return TextFile(text, codec, bom)


def read_unchanged(path: Path) -> bytes:
    """Return all bytes of a regular file. Raises SourceError when it changes while it is read."""
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):  # opening a named pipe would wait for ever
            raise refused(path, Problem("no-file", "This is not a regular file."))
        if before.st_size > LIMITS.file_bytes:
            limit = LIMITS.file_bytes // MEBIBYTE
            message = f"The file has {before.st_size // MEBIBYTE} MiB; the limit is {limit}."
            raise refused(path, Problem("too-long", message), hint="Split it into several files.")
        content = path.read_bytes()
        after = path.stat()
    except OSError as error:
        raise refused(path, Problem("unreadable", f"Cannot be read: {error.strerror}.")) from error
    stamps = {(len(content), before.st_mtime_ns), (before.st_size, before.st_mtime_ns)}
    if stamps != {(after.st_size, after.st_mtime_ns)}:
        problem = Problem("changed", "The file changed while it was read; nothing was imported.")
        raise refused(path, problem, hint="Wait until it is written, then import it again.")
    return content


def foreign_kind(content: bytes) -> str:
    """Say what kind of file that is not text the first bytes announce, or return ''."""
    for magic, what in MAGIC:
        if content.startswith(magic):
            return what
    if len(content) >= 12 and content[:4] == content[-4:] == b"PAR1":
        return "a Parquet file"
    if re.match(rb"BZh[1-9]1AY&SY", content):
        return "a bzip2 archive"
    if content[257:262] == b"ustar" and b"\0" in content[:257]:
        return "a tar archive"
    return ""


def codec_name(encoding: str) -> str:
    """Return Python's name of an encoding. Raises InputError when there is none of that name."""
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        hint = "For example utf-8, utf-16, cp1252, cp1251 or latin-1."
        raise InputError(f"There is no encoding '{encoding}'.", hint=hint) from None


def encoding_to_write(wanted: str, own: str = "utf-8", *, bom: bool = False) -> tuple[str, bool]:
    """Return the encoding to write and whether a byte-order mark comes first.

    They are those of the file that the documents came from, unless another encoding is wanted.

    >>> encoding_to_write("", "cp1252"), encoding_to_write("UTF8", "cp1252"), encoding_to_write("utf-16")
    (('cp1252', False), ('utf-8', False), ('utf-16-le', True))
    """
    name = codec_name(wanted) if wanted else own
    if name == own:
        return own, bom
    if name in ("utf-16", "utf-32"):
        return f"{name}-le", True
    return name.removesuffix("-sig"), name.endswith("-sig")


def _without_bom(path: Path, content: bytes, encoding: str) -> tuple[str, bytes, bool]:
    name = codec_name(encoding).removesuffix("-sig")
    for codec, mark in BOMS:
        if codec.startswith(name) and content.startswith(mark):
            return codec, content[len(mark) :], True
    if name in ("utf-16", "utf-32"):
        return f"{name}-le", content, False
    if name == "utf-8" and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _not_in(path, "utf-8", 0, "The file begins like UTF-16: name it with --encoding utf-16.")
    return name, content, False


def _decoded(path: Path, body: bytes, codec: str, *, n_before: int) -> str:
    try:
        text = body.decode(codec)
        if codec == "utf-7":
            text.encode()  # the one codec that lets lone surrogates through
    except UnicodeDecodeError as error:
        if b"\0" in body[:4096] and codec == "utf-8":
            raise refused(path, Problem("not-text", "This is not text: it holds NUL bytes.")) from None
        hint = "Name the encoding it was saved in: --encoding cp1252 (Excel), latin-1, cp1251, utf-16 …"
        raise _not_in(path, codec, n_before + error.start, hint) from None
    except (UnicodeError, LookupError) as error:
        raise refused(path, Problem("encoding", f"Not readable as {codec}: {error}.")) from None
    return text


def _not_in(path: Path, codec: str, byte: int, hint: str) -> SourceError:
    return refused(path, Problem("encoding", f"Not {codec.upper()} at byte {byte}."), hint=hint)


def refused(path: Path, *problems: Problem, hint: str = "") -> SourceError:
    """Return the error that refuses a file."""
    return SourceError(str(path), problems, hint=hint)


def lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield each line and the break that ends it ('' at the end of a text without a final one)."""
    start = 0
    for found in LINE_BREAK.finditer(text):
        yield text[start : found.start()], found.group()
        start = found.end()
    if start < len(text):
        yield text[start:], ""


def line_of(text: str, place: int) -> int:
    """Return the number, from 1, of the line that holds the character at `place`."""
    return 1 + sum(1 for _ in LINE_BREAK.finditer(text, 0, place))


def usual_newline(breaks: Iterable[str]) -> tuple[str, int]:
    """Return the most frequent line break (LF when there is none) and how many others there are."""
    counts = Counter(found for found in breaks if found)
    if not counts:
        return "\n", 0
    newline, n = counts.most_common(1)[0]
    return newline, counts.total() - n


def checked_newline(newline: str) -> str:
    """Return a line break to write. Raises InputError for anything that ends no line here."""
    if not LINE_BREAK.fullmatch(newline):
        raise InputError(f"{newline!r} cannot end a line.", hint="Use LF, CR LF or CR.")
    return newline


def write_text(path: Path, text: str, *, encoding: str = "utf-8", bom: bool = False) -> None:
    """Write a text file whole or not at all. Raises SourceError when a character has no code."""
    # A text that itself begins with U+FEFF would lose it to the next reader without a mark before it.
    marked = MARK + text if bom or text.startswith(MARK) else text
    try:
        content = marked.encode(encoding)
    except UnicodeEncodeError as error:
        raise _no_code(path, marked, error.start, encoding) from None
    except (UnicodeError, LookupError) as error:
        raise refused(path, Problem("encoding", f"Cannot be written as {encoding}: {error}.")) from None
    try:
        with write_whole(path) as file:
            file.write(content)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise refused(path, Problem("unwritable", f"Cannot be written: {error.strerror}.")) from error
    except OSError as error:
        raise MachineError(f"Cannot be written: {error.strerror}.", where=str(path)) from error


def _no_code(path: Path, text: str, place: int, encoding: str) -> SourceError:
    """Return the error that refuses to write a character that an encoding lacks."""
    message = f"{text[place]!r} cannot be written in {encoding}."
    hint = "" if encoding.startswith("utf") else "Every character can be written with --encoding utf-8."
    return refused(path, Problem("encoding", message, line=line_of(text, place)), hint=hint)
