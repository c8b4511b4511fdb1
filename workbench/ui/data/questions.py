"""The tab of questions: how they look, their guidelines, and what happens while people answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st
from markupsafe import Markup

from workbench.analysis.wording import as_percent
from workbench.domain.questions import Question
from workbench.domain.settings import KEYS, MOST_EVERY, QuestionSettings
from workbench.ui.choices import choose_question, remember
from workbench.ui.data.label_changes import show_changes
from workbench.ui.data.new_project import ask_question, tried
from workbench.ui.messages import as_markdown, say, show_said
from workbench.usecases.add_question import add_question
from workbench.usecases.change_labels import count_labels
from workbench.usecases.live_troubles import live_troubles
from workbench.usecases.project import Project
from workbench.usecases.set_question import question_settings, set_question
from workbench.usecases.train_meanwhile import SLOW_LEARNER, slow_learners

SHOWN_LABELS = 200
AUTOMATIC = "automatic"
LIVE: Mapping[bool | None, str] = {None: "where it can be done", True: "yes", False: "no"}


def show(project: Project) -> None:
    """Show one question at a time, and the form of a further one."""
    question = choose_question(project)
    settings = question_settings(project, question.name)
    counts = count_labels(project, question.name)
    show_said(f"changed {project.name}")
    left, right = st.columns([5, 6], gap="large")
    with left:
        show_labels(question, settings, counts)
        show_look(project, question, settings)
    with right:
        show_changes(project, question)
        show_guidelines(project, question, settings)
        show_while_answering(project, question, settings)
    show_new_question(project)


def show_labels(question: Question, settings: QuestionSettings, counts: Mapping[str, int]) -> None:
    """List the labels with colour, key and answers."""
    asked = (
        f", {question.overlap} annotators on {as_percent(question.overlap_share)}"
        if question.overlap > 1
        else ""
    )
    st.html(
        Markup('<h3 class="wb-beside">Labels <span class="wb-quiet">{} · {}{}</span></h3>').format(
            question.kind, f"{len(question.labels)} labels", asked
        )
    )
    if not question.labels:
        st.info("There is no label yet: add some, or import documents that have answers.")
        return
    keys = settings.key_of(question.labels)
    # The card colours spans, and of other labels those that were given a colour.
    colours = settings.colour_of(question.labels) if question.kind == "ner" else settings.colours
    rows = Markup().join(
        Markup("<tr><td>{}{}</td><td>{}</td><td>{:,}</td></tr>").format(
            swatch(colours.get(label)), label, key_cap(keys.get(label)), counts.get(label, 0)
        )
        for label in question.labels[:SHOWN_LABELS]
    )
    more = len(question.labels) - SHOWN_LABELS
    rest = Markup("<tr><td>and {:,} more</td><td></td><td></td></tr>").format(more) if more > 0 else ""
    unit = "spans" if question.kind == "ner" else "answers"
    st.html(
        Markup(
            '<div class="wb-label-list" tabindex="0" role="region" aria-label="Labels"><table><thead><tr>'
            '<th scope="col">label</th><th scope="col">key</th>'
            '<th scope="col">{}</th></tr></thead><tbody>{}{}</tbody></table></div>'
        ).format(unit, rows, rest)
    )


def swatch(colour: str | None) -> Markup:
    """Return a square in a label's own colour; nothing but its outline without one."""
    if colour is None:
        return Markup('<span class="wb-swatch wb-none" title="no colour of its own"></span>')
    return Markup('<span class="wb-swatch" style="background:{}"></span>').format(colour)


def key_cap(key: str | None) -> Markup:
    """Return a key as it looks on a keyboard."""
    return Markup("<kbd>{}</kbd>").format(key) if key else Markup("–")


def show_look(project: Project, question: Question, settings: QuestionSettings) -> None:
    """Ask for the colour and the key of one label."""
    if not question.labels:
        return
    st.subheader("Colour and key of a label", anchor=False)
    label = st.selectbox("Label", question.labels, key=f"look of {question.name}")
    place = f"{project.name} {question.name} {label}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        own = st.checkbox("Own colour", value=label in settings.colours, key=f"own colour {place}")
        colour = st.color_picker(
            "Colour", settings.colour_of(question.labels)[label], key=f"colour {place}", disabled=not own
        )
        keys = [AUTOMATIC, *KEYS]
        known = keys.index(settings.keys[label]) if label in settings.keys else 0
        key = st.selectbox("Key", keys, index=known, key=f"key {place}", width=140)
        save = st.button("Save", key=f"save look {place}")
    if save:
        colours = {name: value for name, value in settings.colours.items() if name != label}
        chosen = {name: value for name, value in settings.keys.items() if name != label}
        if own:
            colours[label] = colour.lower()
        if key != AUTOMATIC:
            chosen[label] = key
        if tried(lambda: _set(project, question, replace_look(settings, colours, chosen))):
            say(f"changed {project.name}", f"'{label}' looks as you chose.")


def replace_look(
    settings: QuestionSettings, colours: Mapping[str, str], keys: Mapping[str, str]
) -> QuestionSettings:
    """Return the settings with other colours and keys. Raises InputError for a key that two labels have."""
    return replace(settings, colours=dict(colours), keys=dict(keys))


def _set(project: Project, question: Question, settings: QuestionSettings) -> bool:
    set_question(project, question.name, settings)
    return True


def show_guidelines(project: Project, question: Question, settings: QuestionSettings) -> None:
    """Ask for the guidelines and whether the model's answer is shown."""
    st.subheader("Guidelines", anchor=False)
    place = f"{project.name} {question.name}"
    with st.form(f"guidelines of {place}", border=False):
        text = st.text_area(
            "What annotators read beside the card (Markdown)",
            settings.guidelines,
            height=220,
            key=f"guidelines {place}",
        )
        suggests = st.checkbox(
            "Show the model's answer to annotators",
            settings.suggests,
            key=f"suggests {place}",
            help="Off, nobody is primed by the model: for a control sample, or while it is still weak.",
        )
        if st.form_submit_button("Save") and tried(
            lambda: _set(project, question, replace(settings, guidelines=text, suggests=suggests))
        ):
            say(
                f"changed {project.name}", "The guidelines are saved; annotators see them at their next card."
            )


def show_while_answering(project: Project, question: Question, settings: QuestionSettings) -> None:
    """Ask what happens by itself while people answer: a new order of the queue, and a training."""
    st.subheader("While people answer", anchor=False)
    for trouble in live_troubles(project, [question.name]).values():
        st.warning(as_markdown(trouble))
    place = f"{project.name} {question.name}"
    with st.form(f"while answering {place}", border=False):
        live, every = ask_for_live(settings, place)
        meanwhile = ask_for_meanwhile(question, settings, place)

        def save() -> bool:
            fresh = replace(settings, live=live, live_every=every, meanwhile=meanwhile)
            return _set(project, question, fresh)

        if st.form_submit_button("Save") and tried(save):
            say(f"changed {project.name}", "It is saved, and holds from the next answer on.")


def ask_for_live(settings: QuestionSettings, place: str) -> tuple[bool | None, int]:
    """Ask whether the pool is ranked while people answer, and after how many answers."""
    left, right = st.columns(2)
    live = left.selectbox(
        "Rank the pool anew",
        list(LIVE),
        list(LIVE).index(settings.live),
        format_func=LIVE.__getitem__,
        key=f"live {place}",
        help="The first batch, and then a new order of the queue, without a click; not after a control sample.",
    )
    every = right.number_input(
        "After how many answers", 1, MOST_EVERY, settings.live_every, key=f"every {place}"
    )
    return live, int(every)


def ask_for_meanwhile(question: Question, settings: QuestionSettings, place: str) -> str | None:
    """Ask which learner is trained by itself while people answer; None: the usual one, "": none."""
    usual = SLOW_LEARNER[question.kind]
    others = [name for name in slow_learners(question) if name != usual]
    words: dict[str | None, str] = {None: f"{usual} (usual)", **dict(zip(others, others, strict=True))}
    words[""] = "nothing"
    chosen = settings.meanwhile if settings.meanwhile in words else None
    return st.selectbox(
        "Train beside it, by itself",
        list(words),
        list(words).index(chosen),
        format_func=words.__getitem__,
        key=f"meanwhile {place}",
        help="After 100, 150, 225, … answers, behind all other jobs. It ranks once its figure is the better one.",
    )


def show_new_question(project: Project) -> None:
    """Ask for one more question."""
    with st.expander("Ask one more question", icon=":material/add:"):
        read = ask_question("the question", f"more {project.name}")
        if st.button("Add the question", key=f"add question {project.name}"):
            question = read()
            added = tried(lambda: add_question(project, question)) if question is not None else None
            if added is not None:
                remember("question", added.name)
                st.session_state.pop(f"question of {project.name}", None)
                for name in [n for n in st.session_state if str(n).startswith(f"more {project.name}")]:
                    del st.session_state[name]
                say(f"changed {project.name}", f"'{added.name}' is asked from now on.")
