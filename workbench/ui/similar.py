"""The documents like the one that the URL names, for the page on which many get one answer."""

from __future__ import annotations

import streamlit as st

from workbench.domain.documents import Document
from workbench.domain.questions import Question
from workbench.errors import UnknownNameError
from workbench.ui.choices import linked, linked_number
from workbench.ui.jobs import show_job, start_job
from workbench.ui.messages import as_markdown
from workbench.usecases.filter_pool import Filter, FoundDocument, find_documents, read_found
from workbench.usecases.find_similar import find_similar
from workbench.usecases.project import Project

MOST_SIMILAR = 40


def linked_document(project: Project) -> Document | None:
    """Return the document that the URL names, if it names one of the project's."""
    try:
        return project.store.document(named) if (named := st.query_params.get("like")) else None
    except UnknownNameError:
        linked("like", (), called="document")
        return None


def similar_documents(
    project: Project, question: Question, annotator: str, document: Document
) -> list[FoundDocument] | None:
    """Return the documents like this one; None while there are no vectors."""
    with st.container(border=True):
        st.markdown(f"**Similar to {as_markdown(document.id)}:** {as_markdown(document.text[:400])}")
        st.button("Back to the filter", icon=":material/filter_alt:", on_click=forget_like)
    only_unanswered = st.toggle("Only unanswered", value=True, key="unanswered", bind="query-params")
    wanted = Filter(annotator=annotator)
    among = set(find_documents(project, question.name, wanted)) if only_unanswered else None
    near = find_similar(project, document.id, n=MOST_SIMILAR, among=among)
    if near is None:
        offer_vectors(project)
        return None
    return read_found(project, question.name, [id for id, _ in near], annotator=annotator)


def forget_like() -> None:
    """Go back to the filter."""
    st.query_params.pop("like", None)


def offer_vectors(project: Project) -> None:
    """Offer the job that makes vectors, or show how far it is."""
    number = linked_number("job")
    if number is not None:
        show_job(project, number)
        return
    st.info("There are no vectors of this project's texts yet; they say what is similar.")
    if st.button("Compute the vectors", icon=":material/hub:"):
        st.query_params["job"] = str(start_job(project, "embed", {}).id)
        st.rerun()
