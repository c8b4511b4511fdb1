"""Which mistakes are shown: the URL says it, chips show it and take it away."""

from __future__ import annotations

import streamlit as st

from workbench.analysis.confusions import NO_LABEL
from workbench.analysis.mistakes import Wanted
from workbench.analysis.wording import plain
from workbench.ui.messages import as_markdown
from workbench.ui.review.subject import NOTHING

NAMES = {"gold": "right answer", "predicted": "model says", "label": "label", "kind": "kind of error"}
TURNS = "filters taken away"  # counts them: tables and charts forget what was selected in them


def wanted() -> Wanted:
    """Return what the URL asks for."""
    return Wanted(**{name: st.query_params.get(name) for name in NAMES})


def ask_for(**values: str | None) -> None:
    """Put a filter into the URL in the place of the one before; None leaves a name out."""
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value


def ask_for_pair(gold: str, predicted: str) -> None:
    """Show the documents of one confused pair."""
    forget()
    ask_for(gold=gold, predicted=predicted)


def ask_for_label(label: str) -> None:
    """Show the mistakes with one label on either side."""
    forget()
    ask_for(label=label)


def forget(*names: str) -> None:
    """Take filters away, all when none is named."""
    for name in names or NAMES:
        st.query_params.pop(name, None)
    st.session_state[TURNS] = turns() + 1


def turns() -> int:
    """Return a number that grows whenever a filter is taken away."""
    n: int = st.session_state.get(TURNS, 0)
    return n


def show_chips() -> None:
    """Show each filter as a button that takes it away."""
    asked = {name: value for name in NAMES if (value := st.query_params.get(name)) is not None}
    if not asked:
        return
    with st.container(horizontal=True, gap="small", key="wb-chips"):
        for name, value in asked.items():
            st.button(
                f"{NAMES[name]}: **{as_markdown(shown(value))}**",
                key=f"take away {name}",
                icon=":material/close:",
                icon_position="right",
                help="Take this filter away",
                on_click=forget,
                args=(name,),
            )
        if len(asked) > 1:
            st.button("All mistakes", key="take away all", type="tertiary", on_click=forget)


def shown(label: str) -> str:
    """Return a label as a reader sees it."""
    return NOTHING if label == NO_LABEL else plain(label)
