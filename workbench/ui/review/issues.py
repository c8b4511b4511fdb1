"""The part Label issues: answers that the model disputes, each to keep or to relabel on the spot."""

from __future__ import annotations

from collections import Counter

import streamlit as st
from markupsafe import Markup

from workbench.analysis.marked_text import show_text
from workbench.analysis.span_errors import judge_each_span
from workbench.analysis.wording import as_percent
from workbench.domain.documents import Document
from workbench.ui.choices import linked_number, remember
from workbench.ui.jobs import show_job, start_job
from workbench.ui.messages import as_markdown, errors_shown
from workbench.ui.review.deciding import Disputed, names_of, offer_decision
from workbench.ui.review.subject import Subject
from workbench.ui.visitors import current_visitor
from workbench.ui.words import run_in_words, when
from workbench.usecases.label_issue_files import FoundIssues, LabelIssue, open_issues, read_issues
from workbench.usecases.runs import STUDENT

AT_ONCE = 10
BELIEVED = {
    "textcat": "the model gives the answer",
    "textcat-multi": "the model gives the most disputed label",
    "ner": "the model gives the most disputed word",
}
JOB = "issues_job"


def show(subject: Subject) -> None:
    """Show the part."""
    found = read_issues(subject.project, subject.run.id)
    st.html(
        '<p class="wb-quiet">Answers that a model disputes which was not trained on them. '
        "It may be wrong: look, then keep or relabel. Your decision stands above the answers before.</p>"
    )
    if subject.run.learner == STUDENT:
        point_to_teacher(subject)
        return
    if current_visitor().leads:
        ask_for_issues(subject, again=found is not None)
    if found is None:
        st.info("Nobody has looked for label issues with this run yet.", icon=":material/search:")
        return
    show_issues(subject, found)


def point_to_teacher(subject: Subject) -> None:
    """Say why a student disputes nothing, and lead to the label issues of its teacher."""
    teacher = next((run for run in subject.runs if run.id == subject.run.config.get("teacher")), None)
    st.info(
        "This run is a student: it learned from its teacher, not from the answers, and so it cannot "
        "dispute them. "
        + (
            f"Its teacher can: {as_markdown(run_in_words(teacher))}."
            if teacher is not None
            else "Its teacher could, but is not among the runs any more: choose another run above."
        ),
        icon=":material/school:",
    )
    if teacher is not None:
        st.button(
            "Label issues of its teacher",
            icon=":material/arrow_forward:",
            on_click=choose_run,
            args=(subject.question.name, teacher.id),
        )


def ask_for_issues(subject: Subject, *, again: bool) -> None:
    """Offer the job that finds issues, and show it while it runs; the URL remembers it."""
    label = "Find label issues again" if again else "Find label issues"
    if st.button(label, icon=":material/search:", key="find issues"):
        job = start_job(
            subject.project, "find-issues", {"question": subject.question.name, "run_id": subject.run.id}
        )
        st.query_params[JOB] = str(job.id)
    asked = linked_number(JOB)
    if asked is not None:
        with errors_shown():
            show_job(subject.project, asked)


def choose_run(question: str, run_id: str) -> None:
    """Choose a run for the visitor, as if they had taken it from the list above."""
    remember("run", None)  # a list with a choice of its own takes none from elsewhere
    st.session_state[f"run of {question}"] = run_id


def show_issues(subject: Subject, found: FoundIssues) -> None:
    """Show the issues that nobody decided yet, most disputed first."""
    left = open_issues(subject.project, found)
    looked = ", ".join(f"{n:,} answers {basis}" for basis, n in found.n_looked_at.items())
    about = f"{len(left):,} open of {len(found.issues):,} found · {looked} · {when(found.created_at)}"
    st.html(Markup('<p class="wb-quiet" data-open-issues="{}">{}</p>').format(len(left), about))
    if not left:
        st.success("Every disputed answer is decided.", icon=":material/check:")
    if len(left) < len(found.issues):
        st.html(
            '<p class="wb-quiet">The figures above count the answers before: train again to count yours.</p>'
        )
    if not left:
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        left = narrowed(left)
        n_pages = -(-len(left) // AT_ONCE)
        page = st.pagination(n_pages, key=f"issues of {found.run}, {n_pages}") if n_pages > 1 else 1
    on_page = left[(page - 1) * AT_ONCE : page * AT_ONCE]
    documents = subject.project.store.documents(ids=[issue.document_id for issue in on_page])
    for issue, document in zip(on_page, documents, strict=True):
        show_issue(subject, issue, document)


def narrowed(issues: list[LabelIssue]) -> list[LabelIssue]:
    """Ask on which part to look where there are two."""
    counts = Counter(issue.basis for issue in issues)
    if len(counts) < 2:
        return issues
    basis = st.segmented_control(
        "Scores",
        sorted(counts),
        format_func=lambda name: f"{name} · {counts[name]:,}",
        key="issues by basis",
        label_visibility="collapsed",
    )
    return [issue for issue in issues if basis in (None, issue.basis)]


def show_issue(subject: Subject, issue: LabelIssue, document: Document) -> None:
    """Show one issue with its buttons."""
    with st.container(border=True):
        st.html(issue_html(issue, document, believed=BELIEVED[subject.question.kind]))
        if not current_visitor().leads:
            return
        offer_decision(
            subject,
            Disputed(
                issue.document_id,
                f"{issue.basis} {issue.document_id}",
                issue.labels,
                issue.spans,
                issue.suggested_labels,
                issue.suggested_spans,
            ),
        )


def issue_html(issue: LabelIssue, document: Document, *, believed: str) -> str:
    """Return the text with both answers, and how far which part is `believed`; foreign text is escaped."""
    judged = judge_each_span([issue.spans], [issue.suggested_spans], [issue.document_id])
    text = show_text(document.text, judged)
    style = "text marked" if judged else "text"
    about = (
        Markup("line: the answer · dashed: model")
        if judged
        else Markup("the answer <b>{}</b> · model says <b>{}</b>").format(
            names_of(issue.labels), names_of(issue.suggested_labels)
        )
    )
    return str(
        Markup(
            '<div class="wb-documents"><p class="{}" dir="auto">{}</p><p class="about">{} · '
            "{} {} · {} · {}</p></div>"
        ).format(
            style, text.excerpt, about, believed, as_percent(issue.quality), issue.basis, issue.document_id
        )
    )
