"""What the report's template shows, worked out beforehand: the template only places it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from workbench.analysis.calibration import expected_calibration_error, reliability_bins
from workbench.analysis.charts import bar, confidence_chart, curve_chart, reliability_chart
from workbench.analysis.confusions import ConfusedPair, confused_pairs, confused_spans, confusion_matrix
from workbench.analysis.curve_points import CurvePoint, band_over_seeds
from workbench.analysis.figures import ClassificationFigures, LabelFigures, SpanFigures
from workbench.analysis.intervals import MaybeInterval
from workbench.analysis.judged import JudgedDocument
from workbench.analysis.marked_text import ShownText, show_text
from workbench.analysis.metrics import classification_figures, span_figures
from workbench.analysis.span_errors import VERDICTS, JudgedSpan, judge_each_span
from workbench.analysis.wording import as_facts, as_figure
from workbench.domain.runs import Run

MATRIX_LABELS = 30  # beyond, a matrix is a sparse diagonal: the pairs say it better
MANY_LABELS = 25  # rows of the label table that are open
PAIRS = 25
DOCUMENTS_EACH = 10
EXAMPLES = 20
HEATS = 5


@dataclass(frozen=True, slots=True)
class Card:
    """A headline figure with what it was measured on."""

    name: str
    value: str
    note: str
    interval: str = ""


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One document as shown: its text and the answers, each predicted one with its confidence."""

    id: str
    text: ShownText
    gold: tuple[str, ...]
    predicted: tuple[tuple[str, float | None], ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Documents under a heading; `n_hidden` more are not on the page."""

    name: str
    gold: str
    predicted: str
    n: int
    bar: Markup
    documents: tuple[DocumentView, ...]
    n_hidden: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A count of the matrix; `heat` from 0 (none) to HEATS, or "right" on the diagonal."""

    n: int
    heat: str


def view_page(run: Run, curves: Mapping[str, Sequence[CurvePoint]], *, curve_metric: str) -> dict[str, Any]:
    """Return the parts that every kind of question has: the curve and the facts of the run."""
    bands = [band_over_seeds(name, points) for name, points in curves.items()]
    is_line = any(len(band.n_labelled) > 1 for band in bands)
    facts = {
        "Run": run.id,
        "Learner": run.learner,
        "Seed": run.seed,
        "Trained on": f"{run.n_examples:,} examples",
        "Labels": f"{len(run.labels):,} (version {run.label_version})",
        "Data (SHA-256)": run.data_hash,
        "Training took": f"{run.seconds:,.1f} s",
        "Finished": run.created_at or "–",
    }
    return {
        "curve": curve_chart(bands, metric=curve_metric) if is_line else None,
        "single_points": [] if is_line else [(b.name, b.n_labelled[0], b.mean[0]) for b in bands],
        "n_seeds": max((band.n_seeds for band in bands), default=0),
        "facts": [
            ("Run", facts),
            ("Configuration", as_facts(run.config)),
            ("Versions", as_facts(run.versions)),
        ],
    }


def view_classes(documents: Sequence[JudgedDocument], labels: Sequence[str], *, basis: str) -> dict[str, Any]:
    """Return what is shown of a textcat or textcat-multi question."""
    gold = [document.example.labels for document in documents]
    predicted = [document.predicted_labels for document in documents]
    figures = classification_figures(gold, predicted, labels, basis=basis)
    pairs = confused_pairs(gold, predicted, [d.example.document_id for d in documents])
    exclusive = all(len(answer) == 1 for answer in (*gold, *predicted))
    order = [label.label for label in figures.per_label]
    small = exclusive and len(order) <= MATRIX_LABELS
    matrix = view_matrix(confusion_matrix(gold, predicted, order).tolist()) if small else None
    return {
        "cards": [*_class_cards(figures, exclusive=exclusive), *_calibration_card(documents, basis)],
        **_shared(documents, figures.per_label, pairs, {}),
        "matrix": matrix,
        "matrix_labels": order,
        "exclusive": exclusive,
        "verdicts": [],
        "schemes": [],
        "examples": view_confident_mistakes(documents),
    }


def view_spans(documents: Sequence[JudgedDocument], labels: Sequence[str], *, basis: str) -> dict[str, Any]:
    """Return what is shown of a ner question."""
    gold = [document.example.spans for document in documents]
    predicted = [document.predicted_spans for document in documents]
    ids = [document.example.document_id for document in documents]
    figures = span_figures(gold, predicted, labels, basis=basis)
    judged = judge_each_span(gold, predicted, ids)
    by_document: dict[str, list[JudgedSpan]] = {}
    for span in judged:
        by_document.setdefault(span.document_id, []).append(span)
    worst = sorted(documents, key=lambda d: -_n_wrong(by_document.get(d.example.document_id, [])))
    return {
        "cards": [*_span_cards(figures), *_calibration_card(documents, basis)],
        **_shared(documents, figures.per_label, confused_spans(judged), by_document),
        "matrix": None,
        "matrix_labels": [],
        "exclusive": False,
        "verdicts": view_verdicts(judged, documents, by_document),
        "schemes": figures.error_kinds,
        "examples": [_show(d, by_document) for d in worst[:EXAMPLES] if not d.right],
    }


def view_verdicts(
    judged: Sequence[JudgedSpan],
    documents: Sequence[JudgedDocument],
    by_document: Mapping[str, Sequence[JudgedSpan]],
) -> list[Bucket]:
    """Return a bucket for each verdict; of the correct spans no documents are listed."""
    found = []
    for verdict in VERDICTS:
        ids = [span.document_id for span in judged if span.verdict == verdict]
        listed = () if verdict == "correct" else tuple(dict.fromkeys(ids))
        pair = ConfusedPair("", "", len(ids), listed)
        found.append(_bucket(pair, documents, by_document, most=len(judged), name=verdict))
    return found


def view_matrix(counts: list[list[int]]) -> list[list[Cell]]:
    """Return the cells of a confusion matrix; heats compare the mistakes with each other."""
    worst = max((n for r, row in enumerate(counts) for c, n in enumerate(row) if r != c), default=0)
    return [
        [
            Cell(n, "right" if r == c else str(-(-HEATS * n // worst) if worst else 0))
            for c, n in enumerate(row)
        ]
        for r, row in enumerate(counts)
    ]


def view_confident_mistakes(documents: Sequence[JudgedDocument]) -> list[DocumentView]:
    """Return documents by the surest wrong label: often the gold answer is the one that is wrong."""
    sure = [(max((c for c, right in d.outcomes() if not right), default=0.0), d) for d in documents]
    worst = sorted((pair for pair in sure if pair[0] > 0), key=lambda pair: -pair[0])
    return [_show(document, {}) for _, document in worst[:EXAMPLES]]


def _shared(
    documents: Sequence[JudgedDocument],
    per_label: Sequence[LabelFigures],
    pairs: Sequence[ConfusedPair],
    by_document: Mapping[str, Sequence[JudgedSpan]],
) -> dict[str, Any]:
    worst_first = sorted(per_label, key=lambda f: (f.f1 is None, f.f1, -f.support, f.label))
    rows = [(figures, bar(figures.f1)) for figures in worst_first]
    most = pairs[0].n if pairs else 1
    sure = [outcome for document in documents for outcome in document.outcomes()]
    confidences, right = [c for c, _ in sure], [r for _, r in sure]
    return {
        "label_rows": rows[:MANY_LABELS],
        "more_label_rows": rows[MANY_LABELS:],
        "pairs": [_bucket(pair, documents, by_document, most=most) for pair in pairs[:PAIRS]],
        "n_pairs": len(pairs),
        "n_wrong": sum(not document.right for document in documents),
        "n_documents": len(documents),
        "histogram": confidence_chart(reliability_bins(confidences, right, n_bins=20)) if sure else None,
        "reliability": reliability_chart(reliability_bins(confidences, right)) if sure else None,
        "n_confidences": len(sure),
    }


def _bucket(
    pair: ConfusedPair,
    documents: Sequence[JudgedDocument],
    by_document: Mapping[str, Sequence[JudgedSpan]],
    *,
    most: int,
    name: str = "",
) -> Bucket:
    wanted = set(pair.document_ids[:DOCUMENTS_EACH])
    shown = tuple(_show(d, by_document) for d in documents if d.example.document_id in wanted)
    hidden = len(pair.document_ids) - len(shown)
    return Bucket(name, pair.gold, pair.predicted, pair.n, bar(pair.n / max(1, most)), shown, hidden)


def _show(document: JudgedDocument, by_document: Mapping[str, Sequence[JudgedSpan]]) -> DocumentView:
    example = document.example
    confidences: Iterable[float | None] = document.confidences or [None] * len(document.predicted_labels)
    predicted = zip(document.predicted_labels, confidences, strict=False)
    of_spans = dict(zip(document.predicted_spans, document.confidences, strict=False))
    text = show_text(example.text, by_document.get(example.document_id, []), of_spans)
    return DocumentView(example.document_id, text, example.labels, tuple(predicted))


def _n_wrong(judged: Sequence[JudgedSpan]) -> int:
    return sum(span.verdict != "correct" for span in judged)


def _class_cards(figures: ClassificationFigures, *, exclusive: bool) -> list[Card]:
    basis = f"{figures.basis}, n = {figures.n:,}"
    accuracy = Card(
        "Accuracy" if exclusive else "Exact match",
        as_figure(figures.accuracy),
        basis,
        _interval(figures.accuracy_interval),
    )
    macro = Card("Macro-F1", as_figure(figures.macro_f1), basis, _interval(figures.macro_f1_interval))
    micro = [] if exclusive else [Card("Micro-F1", as_figure(figures.micro_f1), basis)]
    wrong = Card("Wrong", f"{figures.n - figures.n_exact:,}", f"of {figures.n:,} {figures.basis} documents")
    return [macro, accuracy, *micro, wrong]


def _span_cards(figures: SpanFigures) -> list[Card]:
    basis = f"{figures.basis}, n = {figures.n_documents:,} documents"
    return [
        Card("Strict F1", as_figure(figures.strict_f1), f"{basis}, {figures.n_gold:,} spans"),
        Card(
            "Precision",
            as_figure(figures.strict_precision),
            f"{figures.basis}, of {figures.n_predicted:,} predicted spans",
        ),
        Card(
            "Recall", as_figure(figures.strict_recall), f"{figures.basis}, of {figures.n_gold:,} gold spans"
        ),
        Card("Macro-F1", as_figure(figures.macro_f1), basis, _interval(figures.macro_f1_interval)),
    ]


def _calibration_card(documents: Sequence[JudgedDocument], basis: str) -> list[Card]:
    sure = [outcome for document in documents for outcome in document.outcomes()]
    if not sure:
        return []
    bins = reliability_bins([c for c, _ in sure], [r for _, r in sure])
    error = as_figure(expected_calibration_error(bins))
    return [Card("Calibration error", error, f"{basis}, {len(sure):,} predictions; 0 is ideal")]


def _interval(interval: MaybeInterval) -> str:
    if interval is None:
        return ""
    return f"95 %: {as_figure(interval.low)} to {as_figure(interval.high)}"
