"""The records that an import left out, as a table beside the project's data."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from workbench import artefacts
from workbench.domain.conversion import ConversionReport
from workbench.usecases.project import Project

COLUMNS = ("reason", "file", "line", "record")
LONGEST_NAME = 50  # of the imported file's name, in characters; with the rest it stays below 255 bytes


def write_rejects(project: Project, path: Path, report: ConversionReport, *, sha256: str) -> Path | None:
    """Write all that was left out of a file, one a row in the order of the report, and return where.

    The table is `data/rejects/FILE-….csv` in the project's folder, UTF-8, named after the file and its
    content: importing the file again writes it anew. Nothing left out, nothing written: None.
    """
    if not report.rejects:
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((p.message, path.name, p.line, p.record) for p in report.rejects)
    folder = project.folder / "data" / "rejects"
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / f"{path.name[:LONGEST_NAME]}-{sha256[:8]}.csv"
    with artefacts.write_whole(table) as file:
        file.write(text.getvalue().encode("utf-8", errors="backslashreplace"))
    return table
