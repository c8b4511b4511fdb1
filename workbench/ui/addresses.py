"""Where the app stands on its server: a proxy may serve it below a path."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import streamlit as st


def base_path() -> str:
    """Return what stands before every path of the app: nothing, or where a proxy serves it."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}" if base else ""


def unknown_page() -> str:
    """Return the address of the first page that is none of its own; "" when it is.

    Streamlit shows the first page wherever there is none.
    """
    path = unquote(urlsplit(st.context.url or "").path).removeprefix(base_path()).strip("/")
    return f"/{path[:80]}" if path else ""
