"""The part Slices: how the model does on one kind of document after another, and since another run."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from markupsafe import Markup

from workbench.analysis.judged import JudgedDocument
from workbench.analysis.slices import SMALL, Slice, in_reading_order, slice_documents
from workbench.analysis.wording import plain
from workbench.domain.runs import Run
from workbench.ui.charts import show_chart
from workbench.ui.choices import linked
from workbench.ui.jobs import show_job, start_job
from workbench.ui.messages import errors_shown
from workbench.ui.review.charts import slices_spec
from workbench.ui.review.other_run import choose_other_run
from workbench.ui.review.subject import Subject, mistakes_of
from workbench.ui.visitors import current_visitor
from workbench.ui.words import whole_height
from workbench.usecases.detect_languages import languages_version
from workbench.usecases.project import Project
from workbench.usecases.runs import need_run_folder
from workbench.usecases.slice_documents import slice_values

JOB = "languages_job"
TABLE_HEIGHT = 500


def show(subject: Subject) -> None:
    """Show the part."""
    values = values_of(subject.project, subject.run)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        aspect = choose_aspect(list(values))
        other = choose_other_run(subject, "Difference from", key="slices")
    offer_languages(subject)
    if aspect is None:
        st.info("These documents differ in nothing that is known of them.")
        return
    slices = in_reading_order(slices_of(subject, subject.run, aspect))
    before = {s.value: s for s in slices_of(subject, other, aspect)} if other is not None else {}
    st.html(
        Markup(
            '<p class="wb-quiet">Share of documents answered exactly right, with its 95 % interval (Wilson) · '
            "{} · fewer than {} documents are grey: they say little</p>"
        ).format(subject.basis_in_words(), SMALL)
    )
    described = ", ".join(f"{s.value} {s.share_right:.3f} of {s.n}" for s in slices[:20])
    show_chart(slices_spec(slices), alt=f"Share right by {aspect}: {described}")
    show_table(aspect, slices, before)
    if other is not None:
        show_basis_of_difference(subject, other)


def choose_aspect(aspects: Sequence[str]) -> str | None:
    """Ask what to cut the documents by; the URL says it."""
    if not aspects:
        return None
    named = linked("by", aspects, called="property")
    aspect = st.selectbox(
        "By",
        aspects,
        index=aspects.index(named) if named is not None else 0,
        key="slices by",
        format_func=plain,
        width=240,
    )
    st.query_params["by"] = aspect
    return aspect


def show_table(aspect: str, slices: Sequence[Slice], before: dict[str, Slice]) -> None:
    """Show the figures of each slice."""
    columns: dict[str, list[object]] = {
        plain(aspect): [plain(s.value) for s in slices],
        "documents": [s.n for s in slices],
        "right": [s.share_right for s in slices],
        "from": [s.interval.low if s.interval else None for s in slices],
        "to": [s.interval.high if s.interval else None for s in slices],
        "micro-F1": [s.f1 for s in slices],
    }
    if before:
        earlier = [before.get(s.value) for s in slices]
        columns["difference"] = [
            s.share_right - b.share_right if b else None for s, b in zip(slices, earlier, strict=True)
        ]
        columns["documents then"] = [b.n if b else None for b in earlier]
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        columns,
        hide_index=True,
        height=min(TABLE_HEIGHT, whole_height(len(slices))),
        placeholder="–",
        column_config={
            **dict.fromkeys(("right", "from", "to", "micro-F1"), number),
            "difference": st.column_config.NumberColumn(format="%+.3f"),
        },
        alt=f"Figures by {aspect}",
    )


def slices_of(subject: Subject, run: Run, aspect: str) -> list[Slice]:
    """Return the slices of a run, on the documents of the run under review and by what is known of them.

    So quarters of the length have the same bounds in both. Kept from click to click.
    """
    folders = [str(need_run_folder(subject.project, one)) for one in (subject.run, run)]
    version = languages_version(subject.project)
    return _slice(folders[0], folders[1], version, aspect, _subject=subject, _run=run)


@st.cache_resource(max_entries=16, show_spinner="Judging the slices …")
def _slice(
    folder: str, of: str, languages: float, aspect: str, *, _subject: Subject, _run: Run
) -> list[Slice]:
    values = values_of(_subject.project, _subject.run)[aspect]
    ids = [document.example.document_id for document in _subject.mistakes().documents]
    value_of = dict(zip(ids, values, strict=True))
    documents: list[JudgedDocument] = [
        document
        for document in mistakes_of(_subject.project, _run).documents
        if document.example.document_id in value_of
    ]
    return slice_documents(documents, [value_of[document.example.document_id] for document in documents])


def show_basis_of_difference(subject: Subject, other: Run) -> None:
    """Say on what the other run was judged, when that is not the same."""
    if other.basis != subject.run.basis:
        st.warning(
            f"This run was judged {subject.run.basis}, the other {other.basis}: part of the differences "
            "comes from that.",
            icon=":material/warning:",
        )
    st.html(
        '<p class="wb-quiet">The difference is on the documents of this run that the other run was judged '
        "on too: so many as “documents then” says.</p>"
    )


def offer_languages(subject: Subject) -> None:
    """Offer to guess the languages where nobody did, and show the job; the URL remembers it."""
    if languages_version(subject.project) or not current_visitor().leads:
        return
    if st.button("Detect languages", icon=":material/translate:", key="detect languages"):
        st.query_params[JOB] = str(start_job(subject.project, "languages", {}).id)
    asked = st.query_params.get(JOB, "")
    if asked.isascii() and asked.isdigit():
        with errors_shown():
            show_job(subject.project, int(asked))


def values_of(project: Project, run: Run) -> dict[str, list[str]]:
    """Return what is known of a run's documents, kept from visit to visit."""
    folder = str(need_run_folder(project, run))
    return _read(folder, languages_version(project), _project=project, _run=run)


@st.cache_resource(max_entries=4, show_spinner="Reading what is known of the documents …")
def _read(folder: str, languages: float, *, _project: Project, _run: Run) -> dict[str, list[str]]:
    return slice_values(_project, mistakes_of(_project, _run).documents)
