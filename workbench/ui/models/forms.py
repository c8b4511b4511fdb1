"""What can be started: a training, a distillation, an export. Wrong input is said before a job is queued."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from workbench import catalog
from workbench.domain.questions import Kind, Question
from workbench.domain.runs import Run
from workbench.ui.choices import linked
from workbench.ui.jobs import start_job
from workbench.ui.messages import errors_shown
from workbench.ui.models.old_labels import choice_in_words, warn_of_old_labels
from workbench.ui.words import headline_in_words
from workbench.usecases.offer_export import (
    PRECISIONS,
    bundle_name,
    check_distillation,
    check_export,
    exportable,
    teachers,
)
from workbench.usecases.offer_training import Offer, Setting, Value, changed_settings, check_training, offers
from workbench.usecases.project import Project
from workbench.usecases.propose_batch import Ranking
from workbench.usecases.show_progress import headline, question_progress
from workbench.usecases.train_model import Training

MOST_SEED = 2**31 - 1
PRECISION_WORDS = {
    "int8": "int8: small and fast; the gate says what it loses",
    "float32": "float32: as trained; about four times as large",
}

STRATEGY_WORDS = {
    "auto": "stands for others, doubtful, or rare",
    "random": "chance",
    "least-confidence": "least sure of the best answer",
    "margin": "two best answers close to each other",
    "entropy": "most answers still possible",
    "cluster-margin": "unsure, and unlike each other",
    "coverage": "what stands for most that the model doubts",
    "typiclust": "typical of texts nobody has answered",
    "core-set": "farthest from all answers",
    "badge": "would change the model most, each otherwise",
    "contrastive": "judged otherwise than answered texts like it",
    "bald": "the model contradicts itself",
    "mnlp": "least sure of the tags, whatever the length",
    "token-entropy": "most doubt in each word",
    "total-token-entropy": "most doubt in the whole text, long texts first",
    "rare-first": "may have a rare label",
    "seeds": "contains the name of a label",
}
CHOICE_WORDS = {
    ("balance", "none"): "count as they come",
    ("balance", "sqrt"): "count somewhat more",
    ("balance", "balanced"): "count as much as frequent ones",
    ("offsets", "none"): "nothing: as the model comes",
    ("offsets", "macro-f1"): "all labels alike (macro-F1)",
    ("offsets", "recall"): "finding rare labels (recall)",
}


def start(project: Project, verb: str, arguments: Mapping[str, Any], check: Callable[[], object]) -> None:
    """Queue a job unless the check speaks against it, put its id into the URL, and show it."""
    with errors_shown():
        check()
        job = start_job(project, verb, arguments)
        st.query_params["job"] = str(job.id)
        st.rerun()


def show_training(project: Project, question: Question) -> None:
    """Ask how to train, and start it."""
    known = {offer.learner: offer for offer in offers(question)}
    default = next(iter(known))
    name = st.segmented_control(
        "Learner", list(known), default=default, required=True, key=f"learner of {question.name}"
    )
    offer = known[name or default]
    n_answered = question_progress(project, question).n_answered
    words = f"{offer.words} {n_answered:,} documents of the pool are answered."
    st.html(Markup('<p class="wb-quiet wb-note">{}</p>').format(words))
    # Outside of the form, which sends nothing before it is pressed: what follows from it must show.
    then = st.checkbox("Then choose the next documents to label", key=f"then {question.name}")
    with st.form(f"train {question.name} {offer.learner}", border=True):
        ranking = ask_ranking(question.kind, key=question.name) if then else Ranking()
        chosen = ask_settings([s for s in offer.settings if not s.expert], offer, key=question.name)
        with st.expander("Expert settings"):
            chosen |= ask_settings([s for s in offer.settings if s.expert], offer, key=question.name)
            seed = ask_seed(f"seed {question.name}")
        pressed = st.form_submit_button("Start training", type="primary")
    if pressed:
        training: dict[str, Any] = {
            "question": question.name,
            "learner": offer.learner,
            "seed": int(seed),
            "config": changed_settings(offer, chosen),
        }
        choosing: dict[str, Any] = {"strategy": ranking.strategy, "n": ranking.n, "seed": int(seed)}
        choosing |= {"spans": True} if ranking.spans else {}
        asked = {"training": training, "ranking": choosing} if then else training
        start(
            project,
            "round" if then else "train",
            asked,
            lambda: check_training(project, Training(**training)),
        )


def ask_ranking(kind: Kind, *, key: str) -> Ranking:
    """Ask how the next documents are chosen, and how many."""
    left, right = st.columns([2, 1])
    peers = catalog.SMALL_TEXT_STRATEGIES  # to compare with, by commands and benchmarks
    names = [name for name in catalog.strategy_names(kind) if name not in peers]
    strategy = left.selectbox(
        "Choose documents by",
        names,
        index=names.index(Ranking().strategy),
        format_func=lambda name: STRATEGY_WORDS.get(name, name),
        key=f"strategy {key}",
    )
    n = right.number_input("How many documents", 1, 1000, Ranking().n, key=f"how many {key}")
    words = "The rest of each text is greyed, and stays unknown: less to read, less learned from each text."
    spans = kind == "ner" and st.checkbox(
        "Ask about the doubtful words only", help=words, key=f"spans {key}"
    )
    return Ranking(strategy=strategy, n=int(n), spans=spans)


def ask_settings(settings: Sequence[Setting], offer: Offer, *, key: str) -> dict[str, Value]:
    """Ask for settings of a learner, two a row, each with the learner's own default."""
    chosen: dict[str, Value] = {}
    if not settings:
        return chosen
    columns = st.columns(2)
    for place, setting in enumerate(settings):
        with columns[place % 2]:
            chosen[setting.name] = ask_setting(setting, key=f"{setting.name} of {offer.learner}, {key}")
    return chosen


def ask_setting(setting: Setting, *, key: str) -> Value:
    """Ask for one setting."""
    label = setting.title or setting.name.replace("_", " ")
    if setting.choices:
        place = setting.choices.index(str(setting.default))
        return st.selectbox(
            label,
            setting.choices,
            index=place,
            format_func=lambda choice: CHOICE_WORDS.get((setting.name, choice), choice),
            help=setting.words,
            key=key,
        )
    if isinstance(setting.default, int):
        low, high = int(setting.least), int(setting.most)
        return int(st.number_input(label, low, high, setting.default, help=setting.words, key=key))
    default = float(setting.default)
    return float(
        st.number_input(
            label,
            setting.least,
            setting.most,
            default,
            step=default / 10 or (setting.most - setting.least) / 10,
            format="%.6f" if 0.0 < default < 0.01 else "%.3f",
            help=setting.words,
            key=key,
        )
    )


def ask_seed(key: str) -> int:
    """Ask for the seed."""
    words = "The same number, answers and settings give the same model."
    return int(st.number_input("Random seed", 0, MOST_SEED, 0, help=words, key=key))


def show_distillation(project: Project, question: Question) -> None:
    """Ask which run to distil, and start it."""
    run = ask_run(question, teachers(project, question.name), "Teacher", key=f"teacher of {question.name}")
    if run is None:
        st.info("No run of this question has a network to learn from. Train linear, setfit or bert first.")
        return
    words = "A smaller network learns what the run says about all documents of the pool, labelled or not."
    st.html(Markup('<p class="wb-quiet wb-note">{}</p>').format(words))
    with st.form(f"distil {question.name}", border=True):
        with st.expander("Expert settings"):
            left, right = st.columns(2)
            temperature = left.number_input(
                "Temperature", 0.1, 100.0, 2.0, help="Higher: more is learned from what is unlikely."
            )
            epochs = right.number_input(
                "Passes over the texts",
                0,
                100,
                0,
                help="How often every text is seen; 0: as often as their number needs.",
            )
            seed = ask_seed(f"seed of student {question.name}")
        pressed = st.form_submit_button("Start distillation", type="primary")
    if pressed:
        config: dict[str, Any] = {} if temperature == 2.0 else {"temperature": float(temperature)}
        config |= {"epochs": int(epochs)} if epochs else {}
        asked = {"question_name": question.name, "run_id": run.id, "seed": seed, "config": config}
        start(project, "distil", asked, lambda: check_distillation(project, run.id))


def show_export(project: Project, question: Question) -> None:
    """Ask which run to export and how, and start it."""
    run = ask_run(question, exportable(project, question.name), "Run", key=f"export of {question.name}")
    if run is None:
        st.info("No run of this question has a network to export. Train linear, setfit or bert first.")
        return
    found = headline(run)
    facts = [
        f"learned from {run.n_examples:,} answers",
        headline_in_words(found) if found else "not judged",
        f"{len(run.labels):,} labels",
    ]
    st.html(Markup('<p class="wb-quiet wb-note">{}</p>').format(" · ".join(facts)))
    with st.form(f"export {question.name}", border=True):
        precision = st.radio(
            "Weights", PRECISIONS, format_func=PRECISION_WORDS.__getitem__, key=f"precision {question.name}"
        )
        pressed = st.form_submit_button("Start export", type="primary")
    if pressed:
        asked = {"question_name": question.name, "run_id": run.id, "precision": precision}

        def check() -> None:
            check_export(project, run.id, precision)
            st.query_params["bundle"] = bundle_name(run, precision)

        start(project, "export", asked, check)


def ask_run(question: Question, runs: Sequence[Run], label: str, *, key: str) -> Run | None:
    """Ask for one of the runs, newest first; None when there is none. One of old labels is warned of."""
    if not runs:
        return None
    named = {run.id: run for run in runs}
    wanted = linked("run", named)
    place = list(named).index(wanted) if wanted is not None else 0
    chosen = st.selectbox(
        label,
        list(named),
        index=place,
        format_func=lambda id: choice_in_words(question, named[id]),
        key=key,
    )
    warn_of_old_labels(question, named[chosen])
    return named[chosen]
