"""What Streamlit runs for every visit: the pages and what they share."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.ui.messages import errors_shown
from workbench.ui.views import annotate, data, home, models, review

HERE = Path(__file__).parent

# A named icon would be fetched from a font server.
st.set_page_config(page_title="Workbench", page_icon=HERE / "icon.svg", layout="wide")
annotate_page = st.Page(annotate.show, title="Annotate", icon=":material/edit_note:", url_path="annotate")
review_page = st.Page(review.show, title="Review", icon=":material/troubleshoot:", url_path="review")
data_page = st.Page(data.show, title="Data", icon=":material/database:", url_path="data")
models_page = st.Page(models.show, title="Models", icon=":material/deployed_code:", url_path="models")


def show_home() -> None:
    """Show the projects with links to the other pages."""
    home.show(annotate_page, review_page, data_page)


home_page = st.Page(show_home, title="Projects", icon=":material/folder_open:", default=True)
page = st.navigation([home_page, annotate_page, review_page, data_page, models_page], position="top")
st.html(HERE / "style.css")
with errors_shown():
    page.run()
