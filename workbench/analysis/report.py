"""A run judged on one page: a single HTML file without scripts that opens anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from workbench.analysis.curve_points import CurvePoint
from workbench.analysis.judged import JudgedDocument
from workbench.analysis.report_views import view_classes, view_page, view_spans
from workbench.analysis.wording import as_figure, as_percent, plain
from workbench.artefacts import write_whole
from workbench.domain.questions import Kind
from workbench.domain.runs import Run
from workbench.errors import NotEnoughDataError

TEMPLATE = "report.html.j2"


@dataclass(frozen=True, slots=True)
class Report:
    """What stands in a report.

    `documents` are judged on `basis` (held-out, out-of-fold or control sample). `curves` are learning
    curves by name in the unit of `curve_metric`; `curve_note` says on which documents they were
    measured. `warnings` are sentences about the data, shown first.
    """

    run: Run
    kind: Kind
    documents: Sequence[JudgedDocument]
    basis: str
    project: str = ""
    curves: Mapping[str, Sequence[CurvePoint]] = field(default_factory=dict)
    curve_metric: str = "macro-F1"
    curve_note: str = ""
    warnings: Sequence[str] = ()


def write_report(report: Report, path: Path) -> None:
    """Write the report as one HTML file, whole or not at all.

    Raises NotEnoughDataError when no document was judged and UnknownNameError for a basis that
    figures cannot have.
    """
    html = render_report(report)
    with write_whole(path) as file:
        file.write(html.encode())


def render_report(report: Report) -> str:
    """Return the page; the same report gives the same page. Raises as `write_report`."""
    if not report.documents:
        raise NotEnoughDataError(
            "There is no judged document to report on.",
            hint="Put labelled documents into the held-out set and evaluate the run on them.",
        )
    view = view_spans if report.kind == "ner" else view_classes
    body = view(report.documents, report.run.labels, basis=report.basis)
    page = view_page(report.run, report.curves, curve_metric=report.curve_metric)
    return _environment().get_template(TEMPLATE).render(report=report, run=report.run, **page, **body)


def _environment() -> Environment:
    # Escaping is on for every template, whatever its name: the texts are anybody's.
    environment = Environment(
        loader=PackageLoader("workbench.analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(figure=as_figure, percent=as_percent, plain=plain)
    return environment
