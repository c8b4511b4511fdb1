"""The labelling card as a Streamlit component. Its parts are the readable files beside this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
# One module in the browser: each file uses the ones before it.
SCRIPTS = ("text.js", "outbox.js", "drawing.js", "spans.js", "help.js", "card.js", "labeler.js")


@cache
def _component() -> Callable[..., Any]:
    return st.components.v2.component(
        "workbench_labeler",
        html=_asset("labeler.html"),
        css=_asset("labeler.css"),
        js="\n".join(_asset(name) for name in SCRIPTS),
        # A selection with the mouse cannot be read inside a shadow root.
        isolate_styles=False,
    )


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def labeler(data: Mapping[str, Any], *, key: str, on_submit: Callable[[], None]) -> None:
    """Show the card. `on_submit` is called when answers came; `st.session_state[key].submit` has them.

    `data` holds `task` (project, question, kind, annotator, label_version, labels), `queue` (version,
    documents, n_answered, n_pool) and `receipt` (number, saved, refused). Sent are `answers`, oldest
    first, `n_left` and the ids `showing`; the same answers come again until a receipt names them.
    """
    _component()(key=key, data=dict(data), on_submit_change=on_submit)
