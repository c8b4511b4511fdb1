"""Commands for projects and their data: init, import, export-data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.options import OptionalQuestion, ProjectName
from workbench.cli.printing import print_conversion
from workbench.config import Home
from workbench.domain.conversion import ReadOptions, WriteOptions
from workbench.domain.documents import Part

if TYPE_CHECKING:
    from workbench.usecases.import_documents import ImportResult


def init(
    name: ProjectName,
    questions: Annotated[
        list[str],
        typer.Option("--question", "-q", metavar="NAME:KIND", help="textcat, textcat-multi or ner."),
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            help="A text file, one label a line (of several questions: [NAME] before its labels); "
            "else the labels come with the data.",
            dir_okay=False,
        ),
    ] = None,
    overlap: Annotated[
        list[str] | None,
        typer.Option(
            "--overlap",
            metavar="NAME:ANNOTATORS[:SHARE]",
            help="How many annotators answer a question, on what share of the documents (0 to 1, by default "
            "all); topic:2:0.2 asks two on a fifth and one on the rest. By default one.",
        ),
    ] = None,
    control_share: Annotated[
        float,
        typer.Option(
            help="The share of the documents without an answer that is drawn by chance to measure, 0 for none; "
            "it is fixed for good."
        ),
    ] = 0.1,
) -> None:
    """Make a project that asks one or more questions about each document."""
    from workbench.usecases.project import create_project, parse_question, with_labels, with_overlaps

    asked = with_overlaps([parse_question(text) for text in questions], overlap or [])
    asked = with_labels(asked, labels) if labels else asked
    folder = create_project(Home.find(), name, asked, control_share=control_share)
    print(f"made {folder}")


def import_file(
    name: ProjectName,
    file: Annotated[Path, typer.Argument(help="The file to read.", show_default=False)],
    format_name: Annotated[
        str,
        typer.Option(
            "--format", help="iob2, conll2003, csv, jsonl, docbin or label-studio; else by the ending."
        ),
    ] = "",
    question: OptionalQuestion = "",
    held_out: Annotated[bool, typer.Option("--held-out", help="Never train on these documents.")] = False,
    scheme: Annotated[str, typer.Option(help="iob2, iob1 or bioes.")] = "iob2",
    repair_iob: Annotated[bool, typer.Option("--repair-iob", help="A stray I- starts an entity.")] = False,
    encoding: Annotated[str, typer.Option(help="How the file is encoded; never guessed.")] = "utf-8",
    skip_bad: Annotated[
        bool,
        typer.Option("--skip-bad", help="Leave bad records out, and write them with reasons into a table."),
    ] = False,
    text_column: Annotated[str, typer.Option(help="The column with the text; by default `text`.")] = "",
    label_column: Annotated[
        str,
        typer.Option(
            help="The column with the label (several parted by |); by default the only other, or the one "
            "with the question's name."
        ),
    ] = "",
    id_column: Annotated[str, typer.Option(help="The column with the id.")] = "",
    delimiter: Annotated[
        str, typer.Option(help="What parts the columns, when the file leaves it open.")
    ] = "",
    label_config: Annotated[
        str,
        typer.Option(
            help="The labelling config of a Label Studio export; by default NAME.label_config.xml "
            "for NAME.json, or label_config.xml, beside it."
        ),
    ] = "",
) -> None:
    """Import documents and the answers that come with them, all or nothing."""
    from workbench.usecases.import_documents import import_documents
    from workbench.usecases.project import open_project

    options = ReadOptions(
        question=question,
        scheme=scheme,
        repair_iob=repair_iob,
        encoding=encoding,
        skip_bad=skip_bad,
        text_column=text_column,
        label_column=label_column,
        id_column=id_column,
        delimiter=delimiter,
        label_config=label_config,
    )
    with open_project(Home.find(), name) as project:
        result = import_documents(project, file, format_name=format_name, options=options, held_out=held_out)
    print_import(file, result)


def print_import(file: Path, result: ImportResult) -> None:
    """Print what was read from a file and what of it is new to the project."""
    read = [file.name, *(beside.name for beside in result.report.beside)]
    print(f"{' with '.join(read)} read as {result.format}")
    print_conversion(result.report)
    if result.rejects:
        print(f"  all that was left out, with its reasons: {result.rejects}")
    stored = result.stored
    print(
        f"documents: {stored.documents_new:,} new, {stored.documents_same:,} known; "
        f"answers: {stored.answers_new:,} new, {stored.answers_same:,} known"
    )
    print_no_answers(result)
    if result.n_control:
        print(f"drawn by chance to measure: {result.n_control:,} of the new documents (the control part)")
    if result.n_twins:
        print(
            f"  warning: {result.n_twins:,} texts of the pool are held out or control too; those documents are neither "
            "asked about nor learned from"
        )


def print_no_answers(result: ImportResult) -> None:
    """Print how many annotations are no answers, if there are any."""
    stored = result.stored
    kinds = {
        "skips": (stored.skipped_new, stored.skipped_same),
        "drafts": (stored.draft_new, stored.draft_same),
        "withdrawals": (stored.withdrawn_new, stored.withdrawn_same),
    }
    found = [f"{name}: {new:,} new, {same:,} known" for name, (new, same) in kinds.items() if new or same]
    if found:
        print(f"kept, but no answers: {'; '.join(found)}")


def export_data(
    name: ProjectName,
    format_name: Annotated[
        str,
        typer.Option(
            "--format", help="iob2, conll2003, csv, jsonl, docbin or label-studio.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="The file to write.", show_default=False, dir_okay=False)
    ],
    question: OptionalQuestion = "",
    part: Annotated[str, typer.Option(help="pool, control or held-out; by default all.")] = "",
    file_name: Annotated[
        str,
        typer.Option("--file", help="Only the documents of this imported file, in its order and form."),
    ] = "",
    scheme: Annotated[str, typer.Option(help="Tags of column files: iob2, iob1 or bioes.")] = "iob2",
    encoding: Annotated[
        str,
        typer.Option(help="Of a text file; by default that of the imported file, else UTF-8."),
    ] = "",
    excel_safe: Annotated[
        bool, typer.Option("--excel-safe", help="Keep spreadsheets from running cells as formulas.")
    ] = False,
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Leave out what the format cannot say.")
    ] = False,
    rule: Annotated[
        str,
        typer.Option(
            help="Whose answer is written where annotators disagree: gold-first (ground truth, then the "
            "majority), majority or latest. Label Studio exports have all of them."
        ),
    ] = "gold-first",
) -> None:
    """Write a question's answers in one of the six formats."""
    from workbench.usecases.collect_examples import parse_rule
    from workbench.usecases.export_data import export_data as write
    from workbench.usecases.find_question import named_or_only
    from workbench.usecases.project import open_project, parse_part

    wanted: Part | None = parse_part(part) if part else None
    options = WriteOptions(
        scheme=scheme, encoding=encoding, excel_safe=excel_safe, allow_loss=allow_loss, rule=parse_rule(rule)
    )
    with open_project(Home.find(), name) as project:
        report = write(
            project,
            named_or_only(project, question),
            out,
            format_name=format_name,
            part=wanted,
            file_name=file_name,
            options=options,
        )
    print(f"wrote {' and '.join(map(str, [out, *report.beside]))}")
    print_conversion(report)
