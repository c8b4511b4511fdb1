"""The labelling card as a Streamlit component. Its parts are the readable files beside this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent
# One module in the browser: each file uses the ones before it.
SCRIPTS = (
    "text.js",
    "scope.js",
    "documents.js",
    "outbox.js",
    "drafts.js",
    "drawing.js",
    "moves.js",
    "spans.js",
    "labels.js",
    "decisions.js",
    "comment.js",
    "session.js",
    "queue.js",
    "ranking.js",
    "marking.js",
    "status.js",
    "card.js",
    "keys.js",
    "labeler.js",
)


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


def labeler(data: Mapping[str, Any], *, key: str) -> None:
    """Show the card. It sends answers and asks for documents by itself (`labelling_routes.py`).

    `data` holds `task` and `queue`, as `card.py` makes them; a new queue replaces what is not yet seen.
    """
    _component()(key=key, data=dict(data))
