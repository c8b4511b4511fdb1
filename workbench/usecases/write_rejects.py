"""The records that an import left out, as a table beside the project's data."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from workbench import artefacts
from workbench.domain.conversion import ConversionReport
from workbench.errors import MachineError
from workbench.sources.csv_rows import excel_safe
from workbench.usecases.project import Project

COLUMNS = ("reason", "file", "line", "record")
LONGEST_NAME = 50  # of the imported file's name, in characters; with the rest it stays below 255 bytes


def write_rejects(project: Project, path: Path, report: ConversionReport, *, named: str) -> Path | None:
    """Write all that was left out of a file, one a row in the order of the report, and return where.

    The table is `data/rejects/FILE-NAMED.csv` in the project's folder, UTF-8, its cells safe in spreadsheets;
    `named` tells the file's content and the question apart. Importing again writes it anew: nothing left
    out takes it away, and gives None. Raises MachineError when it cannot be written.
    """
    table = project.folder / "data" / "rejects" / f"{path.name[:LONGEST_NAME]}-{named.strip('-')}.csv"
    try:
        if not report.rejects:
            table.unlink(missing_ok=True)
            return None
        table.parent.mkdir(parents=True, exist_ok=True)
        with artefacts.write_whole(table) as file:
            file.write(as_csv(report, path.name).encode("utf-8", errors="backslashreplace"))
    except OSError as error:
        raise MachineError(
            f"The table of what is left out cannot be written: {error.strerror}. Nothing was imported.",
            where=str(table),
        ) from error
    return table


def as_csv(report: ConversionReport, file_name: str) -> str:
    """Return the table; what comes from the file cannot run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for problem in report.rejects:
        record = excel_safe(problem.record or "")
        writer.writerow([excel_safe(problem.message), excel_safe(file_name), problem.line, record])
    return text.getvalue()
