"""What somebody wants to download: the labelled documents of a question in one format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench import catalog
from workbench.domain.conversion import ConversionReport, Rule, WriteOptions
from workbench.domain.documents import Part
from workbench.domain.questions import check_slug
from workbench.errors import UnknownNameError
from workbench.usecases.collect_examples import parse_rule
from workbench.usecases.export_data import export_data
from workbench.usecases.project import Project, parse_part

ENDINGS = {
    "iob2": ".iob2",
    "conll2003": ".conll",
    "csv": ".csv",
    "jsonl": ".jsonl",
    "label-studio": ".json",
    "docbin": ".spacy",
}


@dataclass(frozen=True, slots=True)
class Download:
    """Which answers, in which format. `part` None means all documents."""

    question: str
    format: str = "jsonl"
    part: Part | None = None
    rule: Rule = "gold-first"
    excel_safe: bool = False
    allow_loss: bool = False

    @classmethod
    def parse(cls, question: str, asked: Mapping[str, str]) -> Download:
        """Read a question's name and the rest as words. Raises InputError for what is none of them."""
        check_slug("question", question)
        name = asked.get("format", "jsonl")
        if name not in catalog.source_names():
            raise UnknownNameError("format", name, catalog.source_names())
        part = parse_part(asked["part"]) if asked.get("part") else None
        rule = parse_rule(asked.get("rule", "gold-first"))
        excel_safe, allow_loss = (asked.get(flag) == "yes" for flag in ("excel-safe", "allow-loss"))
        return cls(question, name, part, rule, excel_safe, allow_loss)

    def as_query(self) -> dict[str, str]:
        """Return what `parse` reads."""
        flags = {"excel-safe": self.excel_safe, "allow-loss": self.allow_loss}
        said = {"format": self.format, "part": self.part or "", "rule": self.rule}
        return {name: value for name, value in said.items() if value} | {
            n: "yes" for n, f in flags.items() if f
        }

    def file_name(self, project: str) -> str:
        """Return the name of the file, made of slugs alone."""
        part = f"-{self.part}" if self.part else ""
        return f"{project}-{self.question}{part}{ENDINGS.get(self.format, '.txt')}"


def write_download(project: Project, download: Download, path: Path) -> ConversionReport:
    """Write the file; see `export_data`."""
    options = WriteOptions(excel_safe=download.excel_safe, rule=download.rule, allow_loss=download.allow_loss)
    return export_data(
        project, download.question, path, format_name=download.format, part=download.part, options=options
    )


def try_download(project: Project, download: Download) -> tuple[ConversionReport, int]:
    """Write the file where nobody sees it, and return its report and its bytes.

    Raises SourceError for answers that the format cannot say, NotEnoughDataError without answers.
    """
    with TemporaryDirectory(prefix="workbench-download-") as folder:
        path = Path(folder) / download.file_name(project.name)
        report = write_download(project, download, path)
        return report, sum(file.stat().st_size for file in (path, *report.beside))
