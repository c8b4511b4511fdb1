"""Which pages a role may see. A page that somebody may not see says so and shows no data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from workbench.domain.accounts import Role
from workbench.errors import RefusedError
from workbench.ui.visitors import Visitor

# By the page's address; the first page has none. A page that is not listed is for admins.
LEAST_ROLE: Mapping[str, Role] = MappingProxyType(
    {
        "": "annotator",
        "annotate": "annotator",
        "bulk": "annotator",
        "progress": "annotator",
        "review": "lead",
        "data": "lead",
        "models": "lead",
        "people": "annotator",
        "account": "annotator",
    }
)


def may_see(visitor: Visitor, url_path: str) -> bool:
    """Tell whether a page is for this visitor."""
    return visitor.may(LEAST_ROLE.get(url_path, "admin"))


def pages_for(visitor: Visitor, pages: Sequence[StreamlitPage]) -> list[StreamlitPage]:
    """Return the pages as this visitor has them: others are not in the menu and refuse at their address."""
    return [page if may_see(visitor, page.url_path) else _refusing(page, visitor) for page in pages]


def _refusing(page: StreamlitPage, visitor: Visitor) -> StreamlitPage:
    return st.Page(_refusal(page, visitor), title=page.title, url_path=page.url_path, visibility="hidden")


def _refusal(page: StreamlitPage, visitor: Visitor) -> Callable[[], None]:
    least = LEAST_ROLE.get(page.url_path, "admin")

    def refuse() -> None:
        raise RefusedError(
            f"The page {page.title} is for {'admins' if least == 'admin' else 'leads and admins'}.",
            hint=f"You are signed in as {visitor.name}, {visitor.role}. An admin can change your role.",
        )

    return refuse
