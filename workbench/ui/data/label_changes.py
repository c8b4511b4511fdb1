"""How the labels of a question change, with a look at what a change would do."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from markupsafe import Markup

from workbench.domain.questions import LabelAction, LabelChange, Question
from workbench.ui.data.new_project import tried
from workbench.ui.messages import say
from workbench.usecases.add_question import typed_labels
from workbench.usecases.change_labels import ChangePreview, change_labels, preview_changes
from workbench.usecases.project import Project

ACTIONS: Mapping[LabelAction, str] = {
    "add": "Add",
    "rename": "Rename",
    "merge": "Merge",
    "split": "Split",
    "retire": "Retire",
}
WHAT_HAPPENS: Mapping[LabelAction, str] = {
    "add": "New labels can be given from now on; old answers stay as they are.",
    "rename": "Every answer with the label follows it.",
    "merge": "Several labels become one; their answers follow.",
    "split": "One label becomes several: nobody knows which, so its answers are given again.",
    "retire": "The label is taken away; documents that had it are answered again.",
}


def show_changes(project: Project, question: Question) -> None:
    """Ask for a change of the labels, show what it would do, and make it once it is confirmed."""
    st.subheader("Change labels", anchor=False)
    place = f"{project.name} {question.name}"
    action = st.segmented_control(
        "Change",
        list(ACTIONS),
        default="add",
        required=True,
        format_func=ACTIONS.__getitem__,
        key=f"action {place}",
        label_visibility="collapsed",
    )
    st.html(Markup('<p class="wb-quiet">{}</p>').format(WHAT_HAPPENS[action]))
    change = ask_change(question, action, f"{action} {place}")
    if change is None:
        return
    preview = tried(lambda: preview_changes(project, question.name, [change]))
    if preview is None:
        return
    show_preview(preview)
    confirmed = not preview.n_returning or st.checkbox(
        f"Yes, {preview.n_requeued:,} documents are to be answered again", key=f"sure {action} {place}"
    )
    if st.button("Change the labels", type="primary", key=f"apply {action} {place}", disabled=not confirmed):
        change_labels(project, question.name, [change])
        for name in [name for name in st.session_state if str(name).endswith(place)]:
            del st.session_state[name]
        say(f"changed {project.name}", f"The labels are changed: {len(preview.labels):,} now.")


def ask_change(question: Question, action: LabelAction, key: str) -> LabelChange | None:
    """Ask what a change needs; None until that is complete, or wrong (which is shown)."""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    if action in ("rename", "split"):
        label = st.selectbox(
            "Label", question.labels, index=None, key=f"before {key}", placeholder="which label"
        )
        before = (label,) if label else ()
    elif action in ("merge", "retire"):
        before = tuple(
            st.multiselect("Labels", question.labels, key=f"before {key}", placeholder="which labels")
        )
    if action in ("rename", "merge"):
        name = st.text_input("New name", key=f"after {key}").strip()
        after = (name,) if name else ()
    elif action in ("add", "split"):
        after = typed_labels(st.text_area("New labels, one a line", key=f"after {key}", height=100))
    if (action != "add" and not before) or (action != "retire" and not after):
        return None
    change: LabelChange | None = tried(lambda: LabelChange(action, before, after))
    return change


def show_preview(preview: ChangePreview) -> None:
    """Say what a change would do to the answers."""
    parts = [f"{preview.n_following:,} answers follow"] if preview.n_following else []
    if preview.n_returning:
        parts.append(
            f"{preview.n_returning:,} answers fall: {preview.n_requeued:,} documents return to the queue"
        )
    said = "; ".join(parts) or "No answer changes"
    st.markdown(f"{said}. {len(preview.labels):,} labels after it. A change cannot be taken back.")
