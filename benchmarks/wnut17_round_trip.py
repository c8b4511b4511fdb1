"""Claim: WNUT17 comes in with every sentence, token and entity, and goes out byte for byte.

Two faults are looked for beside it: relabelling one entity must change exactly its lines, deleting one
sentence must remove exactly it. Peer: reading by empty lines alone and writing with "\\n\\n", as most
readers do.
"""

from __future__ import annotations

import argparse
import difflib
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.reporting import data_folder, write_result
from workbench import catalog
from workbench.domain.conversion import Imported, LabelledDocument, ReadOptions, WriteOptions
from workbench.domain.spans import Span


def written(imported: Imported, documents: list[LabelledDocument], folder: Path) -> bytes:
    """Return what the source writes."""
    path = folder / "out.conll"
    layout = imported.file_layout
    catalog.source("iob2").write(documents, imported.questions, path, WriteOptions(), layout)
    return path.read_bytes()


def naive(content: str) -> str:
    """Read sentences by empty lines and write them again."""
    sentences = [part.split("\n") for part in content.strip("\n").split("\n\n")]
    return "\n\n".join("\n".join(lines) for lines in sentences) + "\n"


def changed_lines(before: bytes, after: bytes) -> tuple[int, int]:
    """Return how many lines were taken out and put in."""
    matcher = difflib.unified_diff(before.decode().split("\n"), after.decode().split("\n"), n=0, lineterm="")
    lines = [line for line in matcher if not line.startswith(("---", "+++", "@@"))]
    return sum(line.startswith("-") for line in lines), sum(line.startswith("+") for line in lines)


def relabelled(labelled: LabelledDocument) -> LabelledDocument:
    """Return the document with its first entity called otherwise."""
    annotation = labelled.annotations[0]
    first, *others = annotation.spans
    other = "product" if first.label != "product" else "group"
    spans = (Span(first.start, first.end, other, first.covered), *others)
    return replace(labelled, annotations=(replace(annotation, spans=spans),))


def measure(path: Path, folder: Path) -> dict[str, Any]:
    """Return the counts and comparisons of one file."""
    content = path.read_bytes()
    started = time.perf_counter()
    imported = catalog.source("iob2").read(path, ReadOptions(question="entities", kind="ner"))
    documents = list(imported.documents)
    same = written(imported, documents, folder) == content
    seconds = time.perf_counter() - started
    at = next(n for n, d in enumerate(documents) if d.annotations and d.annotations[0].spans)
    n_lines = len(documents[at].annotations[0].spans[0].covered.split(" "))
    swapped = [*documents[:at], relabelled(documents[at]), *documents[at + 1 :]]
    without = [*documents[:at], *documents[at + 1 :]]
    n_tokens = documents[at].document.text.count(" ") + 1
    counts = imported.report.counts
    return {
        "file": path.name,
        "sentences": counts["sentences"],
        "tokens": counts["tokens"],
        "entities": counts["entities"],
        "byte for byte": same,
        "naive peer": naive(content.decode()).encode() == content,
        "relabel: lines out, in": changed_lines(content, written(imported, swapped, folder)),
        "expected": (n_lines, n_lines),
        "delete: lines out, in": changed_lines(content, written(imported, without, folder)),
        "tokens + break": (n_tokens + 1, 0),
        "s": seconds,
    }


def main() -> None:
    """Measure the three files."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    folder = data_folder("wnut17")
    with tempfile.TemporaryDirectory() as scratch:
        rows = [measure(folder / f"{name}.conll", Path(scratch)) for name in ("train", "dev", "test")]
    write_result("wnut17_round_trip", rows)


if __name__ == "__main__":
    main()
