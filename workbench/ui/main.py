"""What Streamlit runs for every visit: the pages and what they share."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.errors import WorkbenchError
from workbench.ui.messages import errors_shown, show_error
from workbench.ui.roles import pages_for
from workbench.ui.views import annotate, bulk, data, home, models, people, progress, review
from workbench.ui.visitors import current_visitor
from workbench.ui.who import show_who

HERE = Path(__file__).parent

# A named icon would be fetched from a font server.
st.set_page_config(page_title="Workbench", page_icon=HERE / "icon.svg", layout="wide")
try:
    visitor = current_visitor()
except WorkbenchError as error:
    show_error(error)
    st.stop()
annotate_page = st.Page(annotate.show, title="Annotate", icon=":material/edit_note:", url_path="annotate")
progress_page = st.Page(progress.show, title="Progress", icon=":material/trending_up:", url_path="progress")
review_page = st.Page(review.show, title="Review", icon=":material/troubleshoot:", url_path="review")
data_page = st.Page(data.show, title="Data", icon=":material/database:", url_path="data")
models_page = st.Page(models.show, title="Models", icon=":material/deployed_code:", url_path="models")
people_page = st.Page(
    people.show,
    title="People" if visitor.may("admin") else "Account",
    icon=":material/group:",
    url_path="people",
)
# Annotate leads there.
bulk_page = st.Page(
    bulk.show, title="Bulk", icon=":material/checklist:", url_path="bulk", visibility="hidden"
)

# Where many look for it; the page is the same.
account_page = st.Page(people.show, title="Account", url_path="account", visibility="hidden")


def show_home() -> None:
    """Show the projects with links to the other pages."""
    leads = visitor.leads
    home.show(annotate_page, review_page if leads else None, data_page if leads else None)


home_page = st.Page(show_home, title="Projects", icon=":material/folder_open:", default=True)
pages = [
    home_page,
    annotate_page,
    progress_page,
    review_page,
    data_page,
    models_page,
    people_page,
    bulk_page,
    account_page,
]
page = st.navigation(pages_for(visitor, pages), position="top")
for sheet in sorted((HERE / "styles").glob("*.css")):
    st.html(sheet)
if page in (progress_page, review_page, data_page, models_page):  # tables and charts have use for the room
    st.html(HERE / "wide.css")
show_who(visitor)
with errors_shown():
    page.run()
