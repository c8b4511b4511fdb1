"""Opens a page of the app without a browser, and reads what it shows."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def open_view(view: str, **chosen: str) -> AppTest:
    """Return a page that was opened with these choices in its URL; errors stand in it, as in the app."""
    script = (
        f"from workbench.ui.views import {view}\n"
        "from workbench.ui.messages import errors_shown\n"
        f"with errors_shown():\n    {view}.show()"
    )
    page = AppTest.from_string(script, default_timeout=60)
    for name, value in chosen.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception, page.exception
    return page


def open_review(**chosen: str) -> AppTest:
    """Return the page Review of the question `topic` of `tickets`, or of another."""
    return open_view("review", **{"project": "tickets", "question": "topic", **chosen})


def html_of(page: AppTest) -> str:
    """Return all HTML that stands on a page."""
    return "\n".join(element.proto.body for element in page.main if element.type == "html")


def as_plain(markdown: str) -> str:
    """Return Markdown without what keeps its signs from being read as such."""
    return markdown.replace("\\", "")
