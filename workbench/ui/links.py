"""Links from one page to the step after it, with what that page is to show."""

from __future__ import annotations

import streamlit as st

ICONS = {
    "annotate": ":material/edit_note:",
    "review": ":material/troubleshoot:",
    "data": ":material/database:",
    "models": ":material/deployed_code:",
}


def show_link(to: str, label: str, **chosen: str) -> None:
    """Show a link to a page named by its address; `chosen` stands in its URL. The label is Markdown."""
    # Streamlit knows a page by its address alone, so that what it shows need not be imported here.
    page = st.Page(_nothing, title=label, url_path=to)
    st.page_link(page, label=label, icon=ICONS[to], query_params=chosen)


def _nothing() -> None:
    """Stand for the page that `main.py` shows."""
