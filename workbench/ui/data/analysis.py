"""The tab that shows what may spoil a training, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench.analysis.wording import as_percent
from workbench.domain.annotations import Annotation
from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.errors import UnknownNameError
from workbench.ui.charts import show_chart
from workbench.ui.choices import choose_question, remember
from workbench.ui.data.charts import balance_spec, lengths_spec
from workbench.ui.data.shown import compared_item, document_item, labels_html, show_documents
from workbench.ui.jobs import ENDED, show_job, start_job
from workbench.ui.words import when
from workbench.usecases.analyse_data import is_out_of_date, read_analysis
from workbench.usecases.ask_for_work import find_job
from workbench.usecases.find_documents import settled_of
from workbench.usecases.project import Project

JOB = "analysis-job"
MOST_DOCUMENTS = 50
SHOWN_LANGUAGES = 6
ENDS = 8  # of the most frequent labels and of the rarest, where there are many
ADVICE: Mapping[str, tuple[str, str, str]] = {  # title, what it means and what to do, unit
    "leak": (
        "Leaks: equal texts in the pool and the held-out set",
        "Such documents of the pool are neither asked about nor learned from, so no figure flatters. Take the "
        "twins out of the held-out set if they stand there by mistake.",
        "texts",
    ),
    "near-leak": (
        "Near leaks: held-out texts that are almost in the pool",
        "A model that learned one knows the other: figures on these flatter. Hold the whole group out, or none "
        "of it, when you draw the next held-out set.",
        "groups",
    ),
    "conflict": (
        "Conflicts: one text, different answers",
        "Decide on one answer (page Review), or say in the guidelines which one holds: the model cannot learn both.",
        "texts",
    ),
    "duplicate": (
        "Duplicates: equal texts",
        "They are answered again and again and count several times. Leave them out of the next import.",
        "texts",
    ),
    "near-duplicate": (
        "Near-duplicates: almost equal texts",
        "Answer one and look at the others: they should have the same answer. Many of a kind, such as form "
        "letters, weigh more than they should.",
        "groups",
    ),
    "blank": ("Blank: nothing to see", "Skip them, or leave them out of the next import.", "documents"),
    "other-language": (
        "Another language than most",
        "Decide in the guidelines whether they belong here; a model for one language learns nothing from them. Of "
        "short texts the language is a guess.",
        "documents",
    ),
}


def show(project: Project) -> None:
    """Show the newest analysis of a question, and offer a new one."""
    question = choose_question(project)
    found = read_analysis(project, question.name)
    busy = show_running(project)
    if found is None:
        st.markdown(
            "Nothing was analysed yet. It looks for duplicates, leaks between pool and held-out set, conflicting "
            "labels and languages; 10,000 documents take about half a minute."
        )
        if not busy:
            offer_run(project, question, "Analyse", first=True)
        return
    show_state(project, question, found, busy=busy)
    show_charts(question, found)
    show_findings(project, question, found)


def show_running(project: Project) -> bool:
    """Show the job that the URL names until it ends; tell whether it goes on."""
    number = st.query_params.get(JOB, "")
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        return False
    try:
        job = find_job(project, int(number))
    except UnknownNameError:
        return False
    if job.verb != "analyse":
        return False
    if job.state == "done":
        st.query_params.pop(JOB, None)
        return False
    show_job(project, job.id)
    return job.state not in ENDED


def offer_run(project: Project, question: Question, label: str, *, first: bool) -> None:
    """Offer to analyse the data."""
    if st.button(label, type="primary" if first else "secondary", key="analyse"):
        job = start_job(project, "analyse", {"question": question.name})
        remember(JOB, str(job.id))
        st.session_state.pop(f"chosen {JOB}", None)
        st.rerun()


def show_state(project: Project, question: Question, found: Mapping[str, Any], *, busy: bool) -> None:
    """Say what was analysed when, and whether that is still so."""
    old = is_out_of_date(project, question.name, dict(found))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            f"{when(found['made_at'])}: {found['basis']['n_documents']:,} documents, {found['n_labelled']:,} of them "
            "with an answer."
        )
        if old:
            st.badge("out of date", color="orange", icon=":material/history:")
        if not busy:
            offer_run(project, question, "Analyse again", first=old)


def show_charts(question: Question, found: Mapping[str, Any]) -> None:
    """Show class balance, lengths and languages."""
    unit = "spans" if question.kind == "ner" else "answers"
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Class balance", anchor=False)
        rows = found["labels"]
        if any(row["pool"] or row["held_out"] for row in rows):
            ends = choose_ends(len(rows))
            show_chart(
                balance_spec(rows, unit, ends=ends),
                alt="Share of each label in the pool and the held-out set",
            )
        else:
            st.markdown("No document is answered yet.")
    with right:
        st.subheader("Lengths", anchor=False)
        if found["lengths"]:
            show_chart(lengths_spec(found["lengths"]), height=260, alt="Number of documents by length")
        st.subheader("Languages", anchor=False)
        st.markdown(languages_in_words(found["languages"]))


def choose_ends(n_labels: int) -> int:
    """Return how many of the most frequent and of the rarest labels to draw; ask where there are many."""
    if n_labels <= 2 * ENDS or st.toggle(f"All {n_labels:,} labels", key="all labels of the analysis"):
        return n_labels
    st.html(f'<p class="wb-quiet">The {ENDS} most frequent labels and the {ENDS} rarest ones.</p>')
    return ENDS


def languages_in_words(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the languages with their counts, most frequent first.

    >>> unclear = {"language": "und", "pool": 1, "held_out": 0}
    >>> languages_in_words([{"language": "en", "pool": 3, "held_out": 1}, unclear])
    'en 4 (80 %) · not clear 1 (20 %)'
    """
    counts = {row["language"]: row["pool"] + row["held_out"] for row in rows}
    total = sum(counts.values()) or 1
    names = {"und": "not clear"}
    parts = [
        f"{names.get(code, code)} {n:,} ({as_percent(n / total)})"
        for code, n in list(counts.items())[:SHOWN_LANGUAGES]
    ]
    more = len(counts) - SHOWN_LANGUAGES
    return " · ".join([*parts, *([f"{more} more"] if more > 0 else [])])


def show_findings(project: Project, question: Question, found: Mapping[str, Any]) -> None:
    """Show each kind of finding with its documents, once it is opened."""
    st.subheader("What deserves a look", anchor=False)
    about_labels = [said for said in found["warnings"] if "label(s)" in said or "All answers" in said]
    if about_labels:
        st.html(Markup("<p>{}</p>").format(Markup("<br>").join(about_labels)))
    if not found["findings"]:
        st.success("No duplicates, leaks, conflicts or blank texts.", icon=":material/check:")
        return
    kinds = {one["kind"]: one for one in found["findings"]}
    kind = st.radio(
        "Finding",
        list(kinds),
        format_func=lambda kind: f"{ADVICE[kind][0]} ({kinds[kind]['n']:,})",
        key=f"finding of {project.name} {question.name}",
        label_visibility="collapsed",
    )
    show_finding(project, question, kinds[kind])


def show_finding(project: Project, question: Question, finding: Mapping[str, Any]) -> None:
    """Say what to do about a finding and show its first documents, group by group."""
    _, advice, unit = ADVICE[finding["kind"]]
    st.html(
        Markup('<p data-finding="{}"><b>{:,} {}, {:,} documents.</b> {}</p>').format(
            finding["kind"], finding["n"], unit, finding["n_documents"], advice
        )
    )
    ids = [id for group in finding["groups"] for id in group["ids"]][:MOST_DOCUMENTS]
    known = set(project.store.document_ids())
    documents = {
        d.id: d for d in project.store.documents(ids=[id for id in dict.fromkeys(ids) if id in known])
    }
    answers = settled_of(project, question.name, list(documents))
    left = MOST_DOCUMENTS
    for number, group in enumerate(finding["groups"]):
        shown = [documents[id] for id in group["ids"][:left] if id in documents]
        left -= len(shown)
        if not shown:
            break
        heading: Markup | str = ""
        if len(group["ids"]) > 1:
            alike = f", at least {as_percent(group['similarity'])} alike" if "similarity" in group else ""
            heading = Markup('<p class="wb-group">{}. {:,} documents{}</p>').format(
                number + 1, group["n"], alike
            )
        first = shown[0].text if "similarity" in group else None
        show_documents([item(document, answers, first) for document in shown], above=heading)


def item(document: Document, answers: Mapping[str, Annotation], first: str | None) -> Markup:
    """Return a document with its part and its settled answer; marked is what `first` does not say."""
    answer = answers.get(document.id)
    labels = labels_html(answer.labels) if answer is not None and answer.labels else ""
    part = "held out" if document.part == "held-out" else document.part
    about = [labels, part, document.id]
    if first is not None:
        return compared_item(first, document.text, about=about)
    return document_item(document.text, spans=answer.spans if answer is not None else (), about=about)
