"""Who looks at a page, and what they may do there."""

from __future__ import annotations

import streamlit as st

from workbench.domain.accounts import Role
from workbench.errors import RefusedError
from workbench.ui.sessions import Visitor, visitor_with

__all__ = ["Role", "Visitor", "current_visitor"]


def current_visitor() -> Visitor:
    """Return who looks at this page. Raises RefusedError when the session ended while it was open."""
    visitor = visitor_with(st.context.cookies)
    if visitor is None:
        raise RefusedError("You are signed out.", hint="Load this page again to sign in.")
    return visitor
