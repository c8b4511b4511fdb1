"""Where the app stands on its server: a proxy may serve it below a path."""

from __future__ import annotations

import streamlit as st


def base_path() -> str:
    """Return what stands before every path of the app: nothing, or where a proxy serves it."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}" if base else ""
