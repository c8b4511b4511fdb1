"""Say which format a file has by what it holds; its name does not count."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

SNIFFED_BYTES = 64 * 1024
SNIFFED_LINES = 200
DOCBIN_STARTS = (b"\x78\x01", b"\x78\x9c", b"\x78\xda")  # spaCy packs its files with zlib
TAG = re.compile(r"O|[BIESLU]-\S.*")
TASK = re.compile(r'"(?:annotations|predictions|completions)"\s*:\s*\[')
TASK_DATA = re.compile(r'"data"\s*:\s*\{')
SHARE_OF_TAGS = 0.9


def sniff_content(path: Path) -> str:
    """Return the format of a file; see `sniff_bytes`."""
    with path.open("rb") as file:
        return sniff_bytes(file.read(SNIFFED_BYTES))


def sniff_bytes(start: bytes) -> str:
    """Return the format that the beginning of a file looks like; a table when it looks like nothing else."""
    if start.startswith(DOCBIN_STARTS):
        return "docbin"
    text = start.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if re.match(r"\[\s*[{\]]|\{\s*[\"}]", text):
        return "label-studio" if TASK_DATA.search(text) or TASK.search(text) else "jsonl"
    n_columns = columns_of_tags(text)
    if n_columns:
        return "conll2003" if n_columns == 4 else "iob2"
    return "csv"


def columns_of_tags(text: str) -> int:
    """Return how many columns a file of tokens with tags has, 0 when it is none.

    >>> columns_of_tags("Ana B-PERSON\\nsmiles O\\n"), columns_of_tags("text,topic\\nhello,a\\n")
    (2, 0)
    """
    lines = text.split("\n")[:SNIFFED_LINES]
    rows = [line.split() for line in lines[: max(1, len(lines) - 1)] if line.strip()]
    rows = [row for row in rows if row[0] != "-DOCSTART-" and not row[0].startswith("#")]
    if not rows:
        return 0
    n_columns, n_same = Counter(map(len, rows)).most_common(1)[0]
    tagged = sum(len(row) == n_columns and bool(TAG.fullmatch(row[-1])) for row in rows)
    is_tagged = n_columns > 1 and n_same >= SHARE_OF_TAGS * len(rows) and tagged >= SHARE_OF_TAGS * len(rows)
    return n_columns if is_tagged else 0
