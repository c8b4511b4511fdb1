"""Errors and names in the words and signs that a page can show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from workbench.errors import WorkbenchError

MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&])")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error that a person can mend, with its hint, in the place of what was to come."""
    try:
        yield
    except WorkbenchError as error:
        show_error(error)


def show_error(error: WorkbenchError) -> None:
    """Show what is wrong, where, and what to do."""
    where = f"{error.where}: " if error.where else ""
    text = as_markdown(where + error.message)
    st.error(f"{text}\n\n{as_markdown(error.hint)}" if error.hint else text, icon=":material/error:")


def as_markdown(text: str) -> str:
    """Return Markdown that shows a foreign text (a label, an id, a message) as it is.

    >>> as_markdown("*a* :red[b]")
    '\\\\*a\\\\* \\\\:red\\\\[b\\\\]'
    """
    return MARKDOWN_SIGNS.sub(r"\\\1", text)


def say(key: str, words: str) -> None:
    """Run the page again and say there what was done."""
    st.session_state[f"said {key}"] = words
    st.rerun()


def show_said(key: str) -> None:
    """Show once what was done."""
    words = st.session_state.pop(f"said {key}", None)
    if words:
        st.success(as_markdown(words), icon=":material/check:")
